#!/bin/sh
# mutants.sh - are the tests of the contracts sharp?  Each row of tests/mutants breaks one line in a copy
# of the sources; the test it names must fail (or not end).
cd "$(dirname "$0")/.." || exit 2
top=$PWD BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$top/$BUILD ;; esac
copy=$BUILD/mutants
MAKEFLAGS=
export MAKEFLAGS
mkdir -p "$copy"
for d in Makefile sim vmm bt vt lessons tui tests samples; do
    cp -rp "$d" "$copy/" || exit 2
done
cd "$copy" || exit 2
make -s -j"$(nproc)" BUILD=b CFLAGS=-O1 lib samples system-guests >log 2>&1 || { tail log; exit 1; }

replace() { # file from to: false when from does not stand there just once
    awk -v from="$2" -v to="$3" '
        { at = index($0, from) }
        at { $0 = substr($0, 1, at - 1) to substr($0, at + length(from)); done++ }
        { print }
        END { exit done != 1 }' "$1" >new && cat new >"$1"
}

one() { # what file from to test
    n=$((n + 1))
    cp -p "$2" saved
    if ! replace "$2" "$3" "$4"; then
        echo "STALE: $1: $2 does not hold \"$3\" once"
        failed=$((failed + 1))
        return
    fi
    program=${5%% *}
    if ! make -s BUILD=b CFLAGS=-O1 "b/$program" >log 2>&1; then
        echo "DOES NOT COMPILE: $1"
        tail -n 3 log
        failed=$((failed + 1))
    elif (cd b && PATH=.:$PATH timeout 60 sh -c "$5") >log 2>&1 </dev/null; then
        echo "NOT NOTICED: $1"
        failed=$((failed + 1))
    fi
    cat saved >"$2"
}

n=0 failed=0
strip() { line=${line#*:}; line=${line# }; }
while IFS= read -r line; do
    case $line in
    what:*) strip; what=$line ;;
    file:*) strip; file=$line ;;
    from:*) strip; from=$line ;;
    to:*) line=${line#to:  }; to=${line# } ;;
    test:*) strip; one "$what" "$file" "$from" "$to" "$line" ;;
    esac
done <"$top/tests/mutants"
echo "mutants: $n, $failed not noticed"
[ $failed -eq 0 ] && [ $n -gt 0 ]
