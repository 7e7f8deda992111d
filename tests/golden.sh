#!/bin/sh
# golden.sh - each tests/golden/NAME.cmd is a shell line; its output must be NAME.txt, byte for byte.
#   tests/golden.sh          compare          tests/golden.sh --write NAME   accept what NAME prints now
# In a line, $SV is the program and $S the folder of the built samples.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
SV=$BUILD/stepvisor S=$BUILD/samples
export SV S
if [ "$1" = --write ]; then
    sh -c "$(cat tests/golden/"$2".cmd)" >tests/golden/"$2".txt 2>&1 </dev/null
    exit 0
fi
cases=0 failed=0
for cmd in tests/golden/*.cmd; do
    [ -e "$cmd" ] || break
    cases=$((cases + 1))
    out=$(sh -c "$(cat "$cmd")" 2>&1 </dev/null; echo .)
    if [ "$out" != "$(cat "${cmd%.cmd}.txt"; echo .)" ]; then
        failed=$((failed + 1))
        echo "FAILED: $cmd"
        printf '%s' "${out%.}" | diff "${cmd%.cmd}.txt" - | head -20
    fi
done
echo "golden: $cases files, $failed failed"
[ $failed -eq 0 ] && [ $cases -gt 0 ]
