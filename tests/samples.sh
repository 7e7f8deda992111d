#!/bin/sh
# samples.sh - every sample prints what its .expect holds, under every engine.  The three that use what
# x86 does not trap (the paper, 3.1) must print something else under direct execution.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
fails_direct="popf pushf x87"
cases=0 failed=0
out=$(mktemp) || exit 2
trap 'rm -f "$out" "$out.err"' EXIT
for expect in samples/*.expect; do
    name=$(basename "$expect" .expect)
    for engine in ${ENGINES:-native interp bt vt direct}; do
        cases=$((cases + 1)) want=0
        [ $engine = direct ] && case " $fails_direct " in *" $name "*) want=1 ;; esac
        "$BUILD/stepvisor" run "$BUILD/samples/$name.elf" --engine $engine >"$out" 2>"$out.err" </dev/null
        code=$?
        cmp -s "$expect" "$out"
        [ $? -eq $want ] && [ $code -eq 0 ] && continue
        failed=$((failed + 1))
        echo "FAILED: $name under $engine, exit $code$([ $want = 1 ] && echo ', it should not work')"
        diff "$expect" "$out" | head -5
        head -3 "$out.err"
    done
done
echo "samples: $cases runs, $failed failed"
[ $failed -eq 0 ] && [ $cases -gt 0 ]
