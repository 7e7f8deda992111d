#!/bin/sh
# run.sh - guest MIPS of Stepvisor's native engine, beside Bochs and QEMU where they are installed.
#
#   BUILD=build tests/bench/run.sh [-n RUNS] [LOAD...]
#
# All run the same code for the same number of iterations.  Instructions are counted once, by
# Stepvisor; a REP iteration is one.  Times are processor time, the median of RUNS (3), of all
# emulators in turn.  It takes some minutes.  BOCHS=, BOCHS_FLAGS= and QEMU= name other binaries.
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
QEMU=${QEMU:-qemu-system-i386}
BOCHS=${BOCHS:-bochs}
COMPUTE="prime crc sieve qsort fib"
MEMORY="rmw str"
SYSTEM="priv io pte pf sys cr3 smc"
runs=3
if [ "$1" = -n ]; then
    runs=$2
    shift 2
fi
loads=${*:-$COMPUTE $MEMORY $SYSTEM}
${MAKE:-make} -s BUILD="$BUILD" bench-programs || exit 1

at=$BUILD/tests/bench
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
echo c > "$work/continue"
: "${BOCHS_FLAGS=-rc $work/continue}"    # Debian's Bochs is built with its debugger

bochs_rc() {
    bios=/usr/share/bochs/BIOS-bochs-latest
    cat <<END
config_interface: textconfig
display_library: rfb, options="timeout=0"
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
megs: 32
romimage: file=${BOCHS_BIOS:-$bios}
vgaromimage: file=${BOCHS_VGABIOS:-/usr/share/bochs/VGABIOS-lgpl-latest}
cpu: ips=100000000
clock: sync=none
port_e9_hack: enabled=1
panic: action=fatal
log: $work/bochs.log
boot: floppy
floppya: 1_44=$at/$1.img, status=inserted
END
}

run_peer() {
    case $2 in
    bochs)
        bochs_rc "$1" > "$work/bochsrc"
        # shellcheck disable=SC2086
        "$at/watch" 300 "$BOCHS" -q -f "$work/bochsrc" $BOCHS_FLAGS ;;
    qemu)
        "$at/watch" 300 "$QEMU" -accel tcg -icount shift=0,sleep=off -m 32 -display none \
            -nodefaults -no-reboot -debugcon stdio \
            -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$at/$1.elf" ;;
    esac
}

have() {
    command -v "$1" > /dev/null 2>&1
}

# sample LOAD PEER: a line "load peer seconds checksum"
sample() {
    run_peer "$1" "$2" < /dev/null 2> "$work/err" > "$work/out" ||
        { echo "$1: no answer from $2" >&2; return; }
    awk -v peer="$2" '{ print $4, peer, $1, $5 }' "$work/out" >> "$work/samples"
}

have "$QEMU" && peers=qemu || echo "($QEMU is not installed)"
have "$BOCHS" && peers="bochs $peers" || echo "($BOCHS is not installed)"
: > "$work/samples"
for load in $loads; do
    i=0
    while [ $i -lt "$runs" ]; do
        "$at/bench" -t 0.3 "$load" > "$work/own" || exit 1
        awk '{ print $1, "stepvisor", $3, $7 }' "$work/own" >> "$work/samples"
        for peer in $peers; do
            sample "$load" "$peer"
        done
        i=$((i + 1))
    done
    awk '{ print $1, "count", $2, $7 }' "$work/own" >> "$work/samples"
    [ -t 2 ] && printf '%s ' "$load" >&2
done
[ -t 2 ] && echo >&2

awk -v loads="$loads" -v compute="$COMPUTE" -v system_loads="$SYSTEM" \
    -f tests/bench/table.awk "$work/samples"
wrong=$?

# ---- what is not MIPS ----

# the median of eleven of field FIELD of what the command prints
median() {
    field=$1
    shift
    for _ in 1 2 3 4 5 6 7 8 9 10 11; do
        "$@" < /dev/null 2> /dev/null
    done | awk -v f="$field" '{ print $f }' | sort -n | sed -n 6p
}
# exits a second: one for each of the N iterations of a load, by the seconds that one run of it takes
exits() {
    n=$1
    shift
    "$at/bench" -n 3 -t 0.3 "$@" | awk -v n="$n" '{ printf "%.2f million a second\n", n / $3 / 1e6 }'
}
if [ $# = 0 ]; then
    hello=$BUILD/samples/hello.elf
    start=$(median 2 "$at/watch" 10 "$at/bench" -1 "$hello")
    memory=$(median 3 "$at/watch" 10 "$at/bench" -1 "$hello")
    echo "start of the process to the first guest instruction: $start ms (median of 11)"
    echo "peak memory of hello in a guest of 32 MB: $memory KiB"
    for load in prime sieve qsort pte; do
        "$at/travel" "$at/long-$load.elf"
    done
    for load in prime crc sieve qsort fib; do
        echo "$load, every instruction with all registers to a reader: $("$at/bench" -n "$runs" -l "$load")"
    done
    echo "VMCALL and VMRESUME, a monitor of 10 instructions in the guest: $(exits 500000 vmcall)"
    echo "traps answered by Stepvisor's monitor, vt: $(exits 300000 -e vt cpuid)"
    echo "traps answered by Stepvisor's monitor, bt: $(exits 300000 -e bt cpuid)"
    echo "one instruction per call of machine_run: $("$at/bench" -n "$runs" -s prime)"
fi
exit $wrong
