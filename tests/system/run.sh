#!/bin/sh
# run.sh - the system guests: each prints what its .expect holds, under every engine.
#   BUILD=build tests/system/run.sh [NAME..]        ENGINES=native.. for some engines only
#   STEPVISOR=FILE: another binary; LISTED=FILE: more rows like those of engines.txt
# One line a case.  tests/system/engines.txt lists, with a reason, the guests that are not the same
# under some engine; one that is listed and the same all the same fails.
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
STEPVISOR=${STEPVISOR:-$BUILD/stepvisor}
at=tests/system
${MAKE:-make} -s BUILD="$BUILD" system-guests || exit 1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- $(cd $at && ls -- *.expect | sed 's/\.expect$//')
cases=0 failed=0

is_listed() { # guest engine
    awk -v g="$1" -v e="$2" '!/^#/ && $1 == g && $2 == e { found = 1 } END { exit !found }' $at/engines.txt $LISTED
}

for name; do
    [ -f "$at/$name.expect" ] || { echo "system: no such guest: $name"; exit 2; }
    for engine in ${ENGINES:-native interp bt vt}; do
        cases=$((cases + 1)) answer=ok
        timeout 60 "$STEPVISOR" run "$BUILD/tests/system/$name.elf" --engine "$engine" \
            > "$work/out" 2> "$work/err" < /dev/null
        code=$?
        [ $code -eq 0 ] && cmp -s "$at/$name.expect" "$work/out" || answer=differs
        is_listed "$name" "$engine" && answer=$answer,listed
        case $answer in
        ok | differs,listed) ;;
        *) failed=$((failed + 1))
           diff "$at/$name.expect" "$work/out" | head -n 20 | sed 's/^/    /'
           head -n 3 "$work/err" | sed 's/^/    /' ;;
        esac
        printf '%-12s %-7s %s%s\n' "$name" "$engine" "$answer" \
            "$([ $code -eq 0 ] || echo ", exit $code")"
    done
done
echo "system: $cases runs, $failed failed"
[ $failed -eq 0 ] && [ $cases -gt 0 ]
