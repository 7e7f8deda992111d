#!/bin/sh
# run.sh - run suites: one line a suite, `N passed, N failed` at the end.
#   tests/run.sh test | check | NAME..      BUILD= is the build folder
# Suites are the rows of tests/suites, and every tests/unit/test_*.c.  `build` comes first and alone, of the
# others as many at a time as there are processors (JOBS=N: so many), each line when its suite ends.
# A suite that exits with 77 was skipped and counts as neither.  A failing suite's output is shown.
# SUMMARY=FILE: the counts go there instead of the last line (.ci/run adds them up).
BUILD=${BUILD:-build}
export BUILD
cd "$(dirname "$0")/.." || exit 2
logs=$BUILD/logs
mkdir -p "$logs"

rows() { # name set seconds command
    grep -v '^#' tests/suites | grep .
    for f in tests/unit/test_*.c; do
        name=$(basename "$f" .c)
        echo "unit-${name#test_} test 300 $BUILD/tests/unit/$name"
    done
}

suite() { # name seconds command.. : its lines at once, its state in $logs/NAME.state
    name=$1 limit=$2
    shift 2
    log=$logs/$name.log
    begin=$(date +%s)
    timeout -k 5 "$limit" sh -c "$*" >"$log" 2>&1 </dev/null
    code=$?
    took=$(($(date +%s) - begin))
    last=$(grep . "$log" | tail -n 1 | cut -c 1-60)
    case $code in
    0) state=passed ;;
    77) state=skipped ;;
    124) state=failed last="not finished after $limit s" ;;
    *) state=failed ;;
    esac
    line=$(printf '%-18s %-7s %4d s  %s' "$name" "$state" "$took" "$last")
    [ $state = failed ] && line="$line
  ---- $* (exit $code)
$(tail -n 60 "$log" | sed 's/^/  | /')"
    printf '%s\n' "$line"
    echo $state >"$logs/$name.state"
}

if [ "$1" = --one ]; then
    set -f
    set -- $(awk -v name="$2" '$1 == name { $2 = ""; print; exit }' "$logs/rows")
    suite "$@"
    exit 0
fi

rows >"$logs/rows"
awk -v want=" ${*:-test} " 'index(want, " " $1 " ") || index(want, " " $2 " ") { print $1 }' "$logs/rows" >"$logs/wanted"
while read -r name; do
    rm -f "$logs/$name.state"
done <"$logs/wanted"
grep -qx build "$logs/wanted" && sh tests/run.sh --one build
grep -vx build "$logs/wanted" | xargs -P "${JOBS:-$(nproc)}" -I NAME sh tests/run.sh --one NAME

passed=0 failed=0 skipped=0
while read -r name; do
    case $(cat "$logs/$name.state" 2>/dev/null) in
    passed) passed=$((passed + 1)) ;;
    skipped) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
done <"$logs/wanted"
if [ ! -s "$logs/wanted" ]; then
    echo "run: no such suite: ${*:-test}"
    failed=1
fi
[ "$skipped" -gt 0 ] && echo "$skipped skipped"
if [ -n "$SUMMARY" ]; then
    echo "$passed $failed" >>"$SUMMARY"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
