#!/bin/sh
# oracle.sh - the system guests on Debian's QEMU and Bochs, against the same .expect files.
#   BUILD=build tests/system/oracle.sh [-w] [NAME..]      make check-oracle
# A line that differs must be in tests/system/differences.txt, under the reason that says who is
# right; a row that no longer happens fails too; GUEST EMULATOR - is not compared.  -w: print rows for the unlisted ones.
# QEMU=, BOCHS=, BOCHS_BIOS=, BOCHS_VGABIOS= name other files.  Exit 77: neither is installed.
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
QEMU=${QEMU:-qemu-system-i386}
BOCHS=${BOCHS:-bochs}
at=tests/system
write=
[ "$1" = -w ] && write=1 && shift
${MAKE:-make} -s BUILD="$BUILD" system-guests system-images || exit 1
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
echo c > "$work/continue"
[ $# -gt 0 ] || set -- $(cd $at && ls -- *.expect | sed 's/\.expect$//')

have() {
    command -v "$1" > /dev/null 2>&1
}
peers=
have "$QEMU" && peers=qemu || echo "($QEMU is not installed)"
have "$BOCHS" && peers="$peers bochs" || echo "($BOCHS is not installed)"
[ -n "$peers" ] || exit 77

bochs_rc() {
    cat <<END
config_interface: textconfig
display_library: rfb, options="timeout=0"
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
megs: 32
romimage: file=${BOCHS_BIOS:-/usr/share/bochs/BIOS-bochs-latest}
vgaromimage: file=${BOCHS_VGABIOS:-/usr/share/bochs/VGABIOS-lgpl-latest}
cpu: model=p3_katmai, ips=20000000, ignore_bad_msrs=0
clock: sync=none
panic: action=fatal
com1: enabled=1, mode=file, dev=$work/out
log: $work/bochs.log
boot: floppy
floppya: 1_44=$BUILD/tests/system/$1.img, status=inserted
END
}

is_absent() { # guest peer: it has nothing of what the guest is about
    awk -v g="$1" -v e="$2" '!/^#/ && $1 == g && $2 == e && $3 == "-" { found = 1 } END { exit !found }' \
        $at/differences.txt && echo "$1 $2: not compared"
}

run_peer() { # guest peer: what it prints, in $work/out
    : > "$work/out"
    case $2 in
    qemu)
        timeout 10 "$QEMU" -accel tcg -icount shift=0,sleep=off -cpu pentium3 -m 32 -display none \
            -nodefaults -no-reboot -serial "file:$work/out" \
            -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel "$BUILD/tests/system/$1.elf" ;;
    bochs)
        bochs_rc "$1" > "$work/bochsrc"
        timeout 20 "$BOCHS" -q -f "$work/bochsrc" -rc "$work/continue" ;;
    esac > "$work/log" 2>&1 < /dev/null
}

cases=0 failed=0
for name; do
    for peer in $peers; do
        is_absent "$name" "$peer" && continue
        cases=$((cases + 1))
        run_peer "$name" "$peer"
        awk -v g="$name" -v e="$peer" -v write=$write -f $at/oracle.awk \
            $at/differences.txt $at/"$name".expect "$work/out" || failed=$((failed + 1))
    done
done
echo "oracle: $cases runs, $failed failed"
[ $failed -eq 0 ] && [ $cases -gt 0 ]
