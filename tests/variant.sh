#!/bin/sh
# variant.sh - the program built otherwise; the same units, samples, system guests, commands and pictures.
#   tests/variant.sh clang      by the other compiler
#   tests/variant.sh sanitize   with address and undefined-behaviour sanitizers
#   tests/variant.sh tlb        torture: an architectural TLB of one entry
#   tests/variant.sh insn       torture: blocks of one instruction
#   tests/variant.sh cache      torture: no decode cache, no host TLB: dropped at every step
#   tests/variant.sh snapshot   torture: a snapshot at every instruction
cd "$(dirname "$0")/.." || exit 2
MAKEFLAGS=
export MAKEFLAGS
dir=${BUILD:-build}-$1
case $1 in
clang)
    command -v clang >/dev/null || { echo "no clang"; exit 77; }
    set -- CC=clang "CFLAGS=-O2 -g" ;;
sanitize)
    set -- "CFLAGS=-O1 -g" \
        "SAN=-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    ASAN_OPTIONS=detect_leaks=0
    export ASAN_OPTIONS ;;
tlb | insn | cache | snapshot) set -- "CFLAGS=-O2 -g -iquote tests/torture/$1" ;;
*) sed -n '2,/^cd/s/^# *//p' "$0"; exit 2 ;;
esac
mkdir -p "$dir"
log=$dir/variant.log
make -s -j"$(nproc)" BUILD="$dir" "$@" "$dir/stepvisor" units samples >"$log" 2>&1 || {
    grep -E "error|Error|undefined" "$log" | head -n 20
    exit 1
}
warnings=$(grep -c 'warning:' "$log")
failed=0 n=0
for t in "$dir"/tests/unit/test_*; do
    case $t in *.o | *.d | *.log) continue ;; esac
    n=$((n + 1))
    timeout 300 "$t" >"$t.log" 2>&1 </dev/null || { failed=$((failed + 1)); echo "FAILED: $t"; tail -n 15 "$t.log"; }
done
BUILD=$dir STEPVISOR=$PWD/$dir/stepvisor ENGINES="native bt vt"
LISTED=$(ls "tests/torture/${dir##*-}/engines.txt" 2>/dev/null)
export BUILD STEPVISOR ENGINES LISTED
for suite in samples.sh system/run.sh golden.sh lessons.sh cli.sh cli/run.sh; do
    sh "tests/$suite" >"$log" 2>&1 </dev/null || {
        failed=$((failed + 1))
        echo "FAILED: tests/$suite"
        grep -v '^ok \| ok$' "$log" | tail -n 30
    }
done
echo "$n unit programs, $warnings warnings, $failed failed"
[ $failed -eq 0 ]
