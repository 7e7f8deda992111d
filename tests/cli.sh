#!/bin/sh
# cli.sh - the command line is a contract: verbs, exit codes, one clear line for each mistake.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
SV=$BUILD/stepvisor S=$BUILD/samples
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
XDG_STATE_HOME=$dir XDG_CONFIG_HOME=$dir STEPVISOR_LESSONS=$PWD/lessons
export XDG_STATE_HOME XDG_CONFIG_HOME STEPVISOR_LESSONS
cases=0 failed=0

try() { # name wanted-code pattern-in-output command..
    name=$1 want=$2 pattern=$3
    shift 3
    cases=$((cases + 1))
    out=$(timeout 60 "$@" 2>&1 </dev/null)
    code=$?
    if [ $code -ne "$want" ] || ! printf '%s\n' "$out" | grep -qE -- "$pattern"; then
        failed=$((failed + 1))
        echo "FAILED: $name: exit $code, wanted $want; no /$pattern/ in:"
        printf '%s\n' "$out" | head -6
    fi
}
same() { # name command.. : two runs print the same bytes
    name=$1
    shift
    cases=$((cases + 1))
    "$@" >"$dir/1" 2>&1 </dev/null
    "$@" >"$dir/2" 2>&1 </dev/null
    cmp -s "$dir/1" "$dir/2" && [ -s "$dir/1" ] && return
    failed=$((failed + 1))
    echo "FAILED: $name: two runs differ, or print nothing"
}
lines() { # command.. : one line of error, and no more
    cases=$((cases + 1))
    n=$("$@" 2>&1 >/dev/null </dev/null | wc -l)
    [ "$n" -eq 1 ] && return
    failed=$((failed + 1))
    echo "FAILED: $*: $n lines of error"
}

try help 0 'diverge GUEST' $SV --help
try help-man 0 '^\.TH' $SV --help-man
try version 0 '^stepvisor [0-9]' $SV --version

try run 0 . $SV run $S/hello.elf
try "run, one dash" 0 . $SV run $S/hello.elf -engine bt
try "run, =" 0 . $SV run $S/hello.elf --engine=interp
try "run a source" 0 . $SV run samples/hello.S
try "run --until" 124 . $SV run $S/popf.elf --until 50
try "guest's exit code" 5 '' $SV run tests/guests/exit5.S
try "triple fault" 3 . $SV run tests/guests/triple.S
try "triple fault, bt" 3 . $SV run tests/guests/triple.S --engine bt
try "--qemu-exit" 11 '' $SV run tests/guests/exit5.S --qemu-exit

try "no such file" 127 'nothere' $SV run nothere.elf
head -c 100 $S/hello.elf >"$dir/cut.elf"
try "truncated ELF" 126 'cut.elf' $SV run "$dir/cut.elf"
head -c 3000 $S/hello.elf >"$dir/half.elf"
try "half an ELF" 126 'half.elf' $SV run "$dir/half.elf"
cp /bin/true "$dir/host.elf" && try "a 64-bit ELF" 126 'host.elf' $SV run "$dir/host.elf"
: >"$dir/empty" && try "an empty file" 126 'empty' $SV run "$dir/empty"
try "a folder" 126 'samples' $SV run samples
echo '  bogus %eax' >"$dir/bad.S"
try "a source that does not assemble" 126 'bad.S' $SV run "$dir/bad.S"
try "unknown option" 2 'bogus' $SV run $S/hello.elf --bogus
try "unknown engine" 2 'warp' $SV run $S/hello.elf --engine warp
try "unknown view" 2 'nosuch' $SV show nosuch $S/hello.elf
try "no guest" 2 . $SV run
try "bad time" 2 . $SV run $S/hello.elf --until never
try "unknown lesson" 2 nosuch $SV lesson nosuch --plain
lines $SV run nothere.elf
lines $SV run "$dir/cut.elf"
lines $SV run $S/hello.elf --bogus

try "diverge agrees" 0 'no difference' $SV diverge $S/hello.elf --engines native,bt
try "diverge, popf" 1 'popf' $SV diverge samples/popf.S --engines native,direct
try "diverge, pushf" 1 'pushf' $SV diverge samples/pushf.S --engines native,direct
try "diverge --every" 1 'popf' $SV diverge $S/popf.elf --engines native,direct --every 1000
same "diverge twice" $SV diverge $S/popf.elf --engines native,direct

truncate -s 64K "$dir/disk"
try "a disk, every engine" 0 'no difference.*code 7' $SV diverge tests/guests/disk.S --disk "$dir/disk" \
    --engines native,direct,bt,vt,interp
try "a disk" 7 'Sabcd' $SV run tests/guests/disk.S --disk "$dir/disk"

try "trace" 0 . $SV trace $S/popf.elf --engine direct --until 200
try "trace json" 0 '^\{.*schema.*version' $SV trace $S/popf.elf --engine bt --format json --until 500
try "trace --only" 0 'callout' $SV trace $S/popf.elf --engine bt --only callout --until 5000
same "trace twice" $SV trace $S/popf.elf --engine bt --format json --until 3000
for view in code cpu events paging descriptors devices console ledger; do
    try "show $view" 0 . $SV show $view $S/popf.elf --engine bt --at 1000
    try "show $view --json" 0 '^[[{]' $SV show $view $S/popf.elf --engine bt --at 1000 --json
done
printf 'step 3\ninfo registers\n' >"$dir/script"
try "batch" 0 eip $SV --batch -x "$dir/script" $S/popf.elf
same "batch twice" $SV --batch -x "$dir/script" $S/popf.elf
try "batch -ex" 0 . $SV --batch -ex 'step 5' -ex 'reverse-step 2' -ex when $S/popf.elf
try "batch, unknown command" 2 frobnicate $SV --batch -ex frobnicate $S/popf.elf
try "batch, quit N" 7 '' $SV --batch -ex 'quit 7' $S/popf.elf
try "batch, no script" 2 none $SV --batch -x "$dir/none" $S/popf.elf
try "TERM=dumb" 0 . env TERM=dumb $SV --batch -ex when $S/popf.elf
try "no HOME" 0 . env -u HOME -u XDG_STATE_HOME $SV run $S/hello.elf
# 141: by SIGPIPE, as a shell says it; the trace is longer than what a pipe holds
try "a closed output" 141 '' sh -c "{ $SV trace $S/popf.elf --until 50000; echo \$? >$dir/code; } |
    head -1 >/dev/null; exit \$(cat $dir/code)"

echo "cli: $cases cases, $failed failed"
[ $failed -eq 0 ]
