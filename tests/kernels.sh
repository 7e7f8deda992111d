#!/bin/sh
# kernels.sh - kernels that nobody here wrote, as Debian packages them, each where it is installed:
#   memtest86+ (memtest86+)           by the Linux boot protocol; its tests find no error
#   iPXE (ipxe, seabios)              SeaBIOS, ISOLINUX and iPXE from a disk image
#   GNU Mach (gnumach-image-1.8-486)  multiboot; up to its wish for a bootstrap program
#   Linux (linux-image-*-686, i386)   to user space, the same serial output under each engine
#   GRUB (grub-pc-bin, grub-common)   from a disk's first sectors, to its shell
#   memdisk (syslinux, syslinux-common, mtools) loaded by SYSLINUX; a floppy in memory, read through INT 13h
# BOOTERS: where the last two are unpacked (default: /).  KERNELS names folders with the files, unpacked packages for instance (default: /boot /usr/lib/ipxe
# and what tests/foreign.sh has unpacked).
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
SV=$BUILD/stepvisor bios=/usr/share/seabios
KERNELS=${KERNELS:-/boot /usr/lib/ipxe $BUILD/foreign/boot}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
cases=0 failed=0 absent=

check() { # name command..
    name=$1
    shift
    cases=$((cases + 1))
    "$@" && return
    failed=$((failed + 1))
    echo "FAILED: $name"
}
find_file() { # pattern: the path in $file
    for folder in $KERNELS; do
        for file in "$folder"/$1; do
            [ -r "$file" ] && return
        done
    done
    absent="$absent $1"
    false
}
shows() { # pattern command.. : its output has the pattern
    pattern=$1
    shift
    timeout 300 "$@" >"$dir/out" 2>&1 </dev/null
    grep -q -- "$pattern" "$dir/out" || { tail -30 "$dir/out"; false; }
}
agree() { # guest.. : no engine differs from the machine
    shows ': no difference in ' $SV diverge "$@"
}

if find_file memtest86+ia32.bin; then
    check "memtest86+ finds no error" shows 'Errors: 0' $SV show screen --kernel "$file" -m 16 --at 100000000
    check "memtest86+ in lockstep" agree --kernel "$file" -m 16 --engines native,bt,vt,interp \
        --every 100000 --until 5000000
fi
if find_file ipxe.iso && [ -e $bios/bios-256k.bin ]; then
    check "SeaBIOS, ISOLINUX, iPXE" shows 'Features: DNS HTTP' $SV show screen --disk "$file" \
        --rom $bios/bios-256k.bin --vgarom $bios/vgabios-stdvga.bin --at 200000000
fi
root=${BOOTERS:-}
mods=$root/usr/lib/grub/i386-pc mkimage=$root/usr/bin/grub-mkimage
pc="--rom $bios/bios-256k.bin --vgarom $bios/vgabios-stdvga.bin --disk $dir/disk"
if [ -e $bios/bios-256k.bin ] && [ -x "$mkimage" ] && [ -r "$mods/boot.img" ]; then
    "$mkimage" -O i386-pc -d "$mods" -o "$dir/core" -p '(hd0)/boot/grub' biosdisk normal minicmd ls &&
        cat "$mods/boot.img" "$dir/core" >"$dir/disk" && truncate -s 16M "$dir/disk" || exit 1
    check "GRUB" shows '^ *grub>' $SV show screen $pc --at 300000000
    check "GRUB in lockstep" agree $pc --engines native,bt,vt --every 100000 --until 40000000
else
    absent="$absent GRUB"
fi
fat() { PATH=$root/usr/bin:$PATH "$@"; }
if [ -e $bios/bios-256k.bin ] && fat command -v syslinux >/dev/null && fat command -v mformat >/dev/null; then
    gcc -m32 -c -o "$dir/floppy.o" tests/guests/firmware/floppy.S &&
        ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$dir/floppy" "$dir/floppy.o" &&
        truncate -s 1440K "$dir/floppy" || exit 1
    printf 'DEFAULT memdisk\nLABEL memdisk\n KERNEL memdisk\n INITRD floppy\n' >"$dir/syslinux.cfg"
    bios32=$root/usr/lib/syslinux
    rm -f "$dir/disk"
    truncate -s 33030144 "$dir/disk"
    fat mformat -i "$dir/disk" -h 16 -s 63 -t 64 -c 4 :: &&
        fat mcopy -i "$dir/disk" "$bios32/memdisk" "$bios32/modules/bios/ldlinux.c32" "$dir/floppy" \
            "$dir/syslinux.cfg" :: && fat syslinux --install "$dir/disk" || exit 1
    check "SYSLINUX, memdisk" shows 'read from the second sector' $SV show screen $pc --at 60000000
else
    absent="$absent SYSLINUX"
fi
if find_file 'gnumach-*-486.gz'; then
    gzip -dc "$file" >"$dir/gnumach"
    mach="--kernel $dir/gnumach -m 64 --append console=com0"
    check "GNU Mach" shows 'No bootstrap code loaded' $SV run $mach --until 100000000
    check "GNU Mach in lockstep" agree $mach --engines native,bt,vt --every 100000 --until 20000000
fi

# An initramfs in cpio's format "newc": each field eight digits, name and contents filled up to four bytes.
pad() { head -c $(((4 - $1 % 4) % 4)) /dev/zero; }
entry() { # name mode contents-or-"" major minor
    size=0
    [ -z "$3" ] || size=$(wc -c <"$3")
    printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\0' 0 $(($2)) 0 0 1 0 $size 0 0 \
        "$4" "$5" $((${#1} + 1)) 0 "$1"
    pad $((110 + ${#1} + 1))
    [ -z "$3" ] || cat "$3"
    pad $size
}
initrd_with() { # program: packed as /init, with a console
    entry dev 040755 "" 0 0
    entry dev/console 020600 "" 5 1
    entry init 0100755 "$1" 0 0
    entry 'TRAILER!!!' 0 "" 0 0
}
if find_file 'vmlinuz-*-686'; then
    gcc -m32 -nostdlib -static -o "$dir/init" tests/guests/linux/init.S || exit 1
    initrd_with "$dir/init" >"$dir/initrd"
    linux="--kernel $file --initrd $dir/initrd -m 128"
    for engine in native vt bt; do
        timeout 900 $SV run $linux --append "console=ttyS0 nokaslr cryptomgr.notests" --engine $engine \
            >"$dir/$engine" 2>&1 </dev/null
        echo "exit $?" >>"$dir/$engine"
        check "Linux under $engine" shows 'Hello from user space' tail -2 "$dir/$engine"
        check "Linux under $engine ends" shows 'exit 0' tail -1 "$dir/$engine"
        check "Linux under $engine says the same" cmp "$dir/native" "$dir/$engine"
    done

    # A program of today's C library, and the host's own processor as the judge of what it prints.
    gcc -Wall -Wextra -m32 -static -O2 -march=i686 -mfpmath=387 -fno-builtin -o "$dir/init" \
        tests/guests/linux/user.c -lm || exit 1
    initrd_with "$dir/init" >"$dir/initrd"
    "$dir/init" >"$dir/silicon" </dev/null
    for engine in native vt bt; do
        timeout 900 $SV run $linux --append "console=ttyS0 nokaslr cryptomgr.notests loglevel=0" \
            --engine $engine 2>&1 </dev/null | tr -d '\r' | sed -n '/^double/,$p' >"$dir/user"
        check "a program of Linux under $engine prints what silicon prints" diff "$dir/silicon" "$dir/user"
    done
fi

[ -z "$absent" ] || echo "kernels: not installed:$absent"
[ $cases -gt 0 ] || { echo "kernels: none is installed (packages memtest86+, ipxe)"; exit 77; }
echo "kernels: $cases cases, $failed failed"
[ $failed -eq 0 ]
