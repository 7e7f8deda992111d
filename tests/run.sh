#!/bin/sh
# run.sh - run suites: one line a suite, `N passed, N failed` at the end.
#   tests/run.sh test | check | NAME..      BUILD= is the build folder
# Suites are the rows of tests/suites, and every tests/unit/test_*.c.  A suite that exits with 77 was
# skipped and counts as neither.  A failing suite's output is shown.
# SUMMARY=FILE: the counts go there instead of the last line (.ci/run adds them up).
BUILD=${BUILD:-build}
export BUILD
cd "$(dirname "$0")/.." || exit 2
logs=$BUILD/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

rows() { # name set seconds command
    grep -v '^#' tests/suites | grep .
    for f in tests/unit/test_*.c; do
        name=$(basename "$f" .c)
        echo "unit-${name#test_} test 300 $BUILD/tests/unit/$name"
    done
}

suite() { # name seconds command..
    name=$1 limit=$2
    shift 2
    log=$logs/$name.log
    begin=$(date +%s)
    timeout -k 5 "$limit" sh -c "$*" >"$log" 2>&1 </dev/null
    code=$?
    took=$(($(date +%s) - begin))
    last=$(grep . "$log" | tail -n 1 | cut -c 1-60)
    case $code in
    0) passed=$((passed + 1)) state=passed ;;
    77) skipped=$((skipped + 1)) state=skipped ;;
    124) failed=$((failed + 1)) state=failed last="not finished after $limit s" ;;
    *) failed=$((failed + 1)) state=failed ;;
    esac
    printf '%-18s %-7s %4d s  %s\n' "$name" "$state" "$took" "$last"
    if [ $state = failed ]; then
        echo "  ---- $* (exit $code)"
        tail -n 60 "$log" | sed 's/^/  | /'
    fi
}

wanted() { # name set
    for w in $what; do
        [ "$w" = "$1" ] || [ "$w" = "$2" ] && return 0
    done
    return 1
}

what=${*:-test}
rows >"$logs/rows"
while read -r name set limit command; do
    wanted "$name" "$set" && suite "$name" "$limit" "$command"
done <"$logs/rows"

if [ "$passed$failed$skipped" = 000 ]; then
    echo "run: no such suite: $what"
    failed=1
fi
[ "$skipped" -gt 0 ] && echo "$skipped skipped"
if [ -n "$SUMMARY" ]; then
    echo "$passed $failed" >>"$SUMMARY"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
