#!/bin/sh
# samples.sh - every sample prints what its .expect holds, under every engine that can run it.
# direct execution is expected to fail on samples that name it in samples/*.expect-direct, or that use
# instructions that x86 does not trap: those listed in tests/samples.direct are left out for it.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
cases=0 failed=0
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
for expect in samples/*.expect; do
    name=$(basename "$expect" .expect)
    for engine in ${ENGINES:-native interp bt vt direct}; do
        [ $engine = direct ] && ! grep -qx "$name" tests/samples.direct && continue
        cases=$((cases + 1))
        "$BUILD/stepvisor" run "$BUILD/samples/$name.elf" --engine $engine >"$out" 2>"$out.err" </dev/null
        code=$?
        if [ $code -ne 0 ] || ! cmp -s "$expect" "$out"; then
            failed=$((failed + 1))
            echo "FAILED: $name under $engine, exit $code"
            diff "$expect" "$out" | head -5
            head -3 "$out.err"
        fi
    done
done
rm -f "$out.err"
echo "samples: $cases runs, $failed failed"
[ $failed -eq 0 ] && [ $cases -gt 0 ]
