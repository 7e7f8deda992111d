#!/bin/sh
# run.sh [SECONDS [TARGET..]] - the fuzzers (libFuzzer, sanitizers on), each for so long, from their corpora.
#
#   sh tests/fuzz/run.sh             20 seconds each: what `make check` does
#   sh tests/fuzz/run.sh 3600 cpu    an hour of one; new inputs are kept in build-fuzz/corpus/cpu
#   sh tests/fuzz/run.sh merge cpu   take what is new and useful into tests/fuzz/corpus/TARGET.tar.xz
# A finding is left as build-fuzz/crash-...; run the target with that file to see it again.
cd "$(dirname "$0")/../.." || exit 2
out=${BUILD:-build}-fuzz
merge=
[ "$1" = merge ] && merge=1 && shift
seconds=20
[ -z "$merge" ] && [ $# -gt 0 ] && seconds=$1 && shift
targets=${*:-decode cpu devices image}
command -v clang >/dev/null || { echo "fuzz: no clang"; exit 77; }
SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
mkdir -p "$out"
MAKEFLAGS="" make -s -j"$(nproc)" BUILD="$out" CC=clang CFLAGS="-O1 -g" SAN="$SAN" lib > "$out/log" 2>&1 ||
    { tail -n 5 "$out/log"; exit 1; }
failed=0
for t in $targets; do
    clang -std=gnu11 -I. -O1 -g -fno-strict-aliasing -fno-pie -no-pie $SAN -fsanitize=fuzzer -o "$out/fuzz-$t" \
        "tests/fuzz/$t.c" "$out/libstepvisor.a" -lelf -ljansson 2> "$out/log" ||
        { head -n 5 "$out/log"; echo "fuzz: $t cannot be built here (libclang-rt?)"; exit 77; }
    kept=tests/fuzz/corpus/$t.tar.xz
    rm -rf "$out/kept/$t"
    mkdir -p "$out/corpus/$t" "$out/kept/$t"
    if [ -n "$merge" ]; then
        [ ! -f "$kept" ] || tar -xJf "$kept" -C "$out/corpus/$t"
        "$out/fuzz-$t" -merge=1 -max_len=4096 "$out/kept/$t" "$out/corpus/$t" > "$out/$t.log" 2>&1 || failed=1
        tar -C "$out/kept/$t" --sort=name --owner=0 --group=0 --mtime=@0 -cJf "$kept" .
        echo "fuzz $t: $(ls "$out/kept/$t" | wc -l) inputs kept"
        continue
    fi
    [ ! -f "$kept" ] || tar -xJf "$kept" -C "$out/kept/$t"
    if ASAN_OPTIONS=detect_leaks=1 "$out/fuzz-$t" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
        -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$out/crash-$t-" \
        "$out/corpus/$t" "$out/kept/$t" > "$out/$t.log" 2>&1; then
        echo "fuzz $t: $(awk '/number_of_executed_units/ { print $2 }' "$out/$t.log") inputs, \
$(cat "$out/corpus/$t"/* "$out/kept/$t"/* 2>/dev/null | wc -c) bytes of corpus, no finding"
    else
        failed=1
        echo "fuzz $t: FOUND something:"
        grep -E "ERROR|does not hold|Assertion|runtime error|artifact|Test unit" "$out/$t.log" | head -n 8
    fi
done
exit $failed
