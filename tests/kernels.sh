#!/bin/sh
# kernels.sh - kernels that nobody here wrote, as Debian packages them, each where it is installed:
#   memtest86+ (memtest86+)           by the Linux boot protocol; its tests find no error
#   iPXE (ipxe, seabios)              SeaBIOS, ISOLINUX and iPXE from a disk image
#   GRUB (grub-rescue-pc)             to its menu, from a disk image
#   GRUB (grub-pc-bin, grub-common)   from a disk's first sectors, to its shell
#   memdisk (syslinux, syslinux-common, mtools) loaded by SYSLINUX; a floppy in memory, read through INT 13h
#   GNU Mach (gnumach-image-1.8-486)  multiboot; up to its wish for a bootstrap program
#   Linux (linux-image-*-686, i386)   to user space, the same serial output under each engine; with and
#                                     without PAE; also by way of SeaBIOS and SYSLINUX, or GRUB
# KERNELS names folders with the kernels (default: /boot, /usr/lib/ipxe and what tests/foreign.sh has unpacked);
# BOOTERS is the root below which GRUB and SYSLINUX are (default: what tests/foreign.sh has unpacked, or /).
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
    timeout 900 "$@" >"$dir/out" 2>&1 </dev/null
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
[ -e "${BOOTERS:=$BUILD/foreign}/usr/lib/grub" ] || BOOTERS=
root=$BOOTERS
mods=$root/usr/lib/grub/i386-pc mkimage=$root/usr/bin/grub-mkimage
pc="--rom $bios/bios-256k.bin --vgarom $bios/vgabios-stdvga.bin --disk $dir/disk"
rescue=$root/usr/lib/grub-rescue/grub-rescue-cdrom.iso
if [ -e $bios/bios-256k.bin ] && [ -r "$rescue" ]; then
    check "GRUB's menu" shows 'GNU/Linux' $SV show screen --rom $bios/bios-256k.bin \
        --vgarom $bios/vgabios-stdvga.bin --disk "$rescue" --at 80000000
else
    absent="$absent grub-rescue-cdrom.iso"
fi
grub=
[ -e $bios/bios-256k.bin ] && [ -r "$mods/boot.img" ] && "$mkimage" --version >"$dir/out" 2>&1 && grub=yes
if [ $grub ]; then
    "$mkimage" -O i386-pc -d "$mods" -o "$dir/core" -p '(hd0)/boot/grub' biosdisk normal minicmd ls &&
        cat "$mods/boot.img" "$dir/core" >"$dir/disk" && truncate -s 16M "$dir/disk" || exit 1
    check "GRUB" shows '^ *grub>' $SV show screen $pc --at 300000000
    check "GRUB in lockstep" agree $pc --engines native,bt,vt --every 100000 --until 40000000
else
    absent="$absent GRUB"
fi
fat() { PATH=$root/usr/bin:$PATH "$@"; }
syslinux=
[ -e $bios/bios-256k.bin ] && fat command -v syslinux >/dev/null && fat command -v mformat >/dev/null &&
    syslinux=yes
syslinux_disk() { # file.. : a FAT file system of SYSLINUX with them
    rm -f "$dir/disk"
    truncate -s 33030144 "$dir/disk"
    fat mformat -i "$dir/disk" -h 16 -s 63 -t 64 -c 4 :: && fat mcopy -i "$dir/disk" "$@" :: &&
        fat syslinux --install "$dir/disk"
}
if [ $syslinux ]; then
    gcc -m32 -c -o "$dir/floppy.o" tests/guests/firmware/floppy.S &&
        ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$dir/floppy" "$dir/floppy.o" &&
        truncate -s 1440K "$dir/floppy" || exit 1
    printf 'DEFAULT memdisk\nLABEL memdisk\n KERNEL memdisk\n INITRD floppy\n' >"$dir/syslinux.cfg"
    bios32=$root/usr/lib/syslinux
    syslinux_disk "$bios32/memdisk" "$bios32/modules/bios/ldlinux.c32" "$dir/floppy" "$dir/syslinux.cfg" || exit 1
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

# A disk with one FAT partition from 1 MB on, and between the partition table and it GRUB, which starts Linux.
grub_disk() { # file.. : they are in the partition
    printf 'linux (hd0,msdos1)/vmlinuz %s\ninitrd (hd0,msdos1)/initrd\nboot\n' "$args" >"$dir/grub.cfg"
    rm -f "$dir/disk"
    "$mkimage" -O i386-pc -d "$mods" -c "$dir/grub.cfg" -o "$dir/core" -p '(hd0)/boot/grub' \
        biosdisk part_msdos fat linux minicmd normal && { # 6: FAT16; from sector 2048 on, 63488 of them
        head -c 446 "$mods/boot.img"
        printf '\200\040\041\000\006\376\377\377\000\010\000\000\000\370\000\000'
        head -c 48 /dev/zero
        printf '\125\252'
        cat "$dir/core"
    } >"$dir/disk" && truncate -s 32M "$dir/disk" && fat mformat -i "$dir/disk@@1M" -T 63488 -h 16 -s 63 -c 4 :: &&
        fat mcopy -i "$dir/disk@@1M" "$@" ::
}

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
    args="console=ttyS0 nokaslr cryptomgr.notests"
    for engine in native vt bt; do
        timeout 900 $SV run $linux --append "$args" --engine $engine >"$dir/$engine" 2>&1 </dev/null
        echo "exit $?" >>"$dir/$engine"
        check "Linux under $engine" shows 'Hello from user space' tail -2 "$dir/$engine"
        check "Linux under $engine ends" shows 'exit 0' tail -1 "$dir/$engine"
        check "Linux under $engine says the same" cmp "$dir/native" "$dir/$engine"
    done

    # The way a disk's kernel comes: firmware, a loader, INT 13h and 15h; in lockstep from the reset vector on.
    cp "$file" "$dir/vmlinuz" || exit 1
    if [ $syslinux ]; then
        printf 'DEFAULT linux\nLABEL linux\n KERNEL vmlinuz\n INITRD initrd\n APPEND %s\n' "$args" \
            >"$dir/syslinux.cfg"
        syslinux_disk "$bios32/modules/bios/ldlinux.c32" "$dir/vmlinuz" "$dir/initrd" "$dir/syslinux.cfg" || exit 1
        check "SYSLINUX and Linux in lockstep" shows 'no difference in .* exited with code 0' \
            $SV diverge $pc -m 128 --engines native,bt,vt --every 1000000
    fi
    if [ $grub ] && [ $syslinux ]; then
        grub_disk "$dir/vmlinuz" "$dir/initrd" || exit 1
        check "GRUB and Linux" shows 'Hello from user space' $SV run $pc -m 128
    fi

    # With PAE: tables of three levels, 64-bit entries.
    find_file 'vmlinuz-*-686-pae' &&
        check "Linux with PAE in lockstep" shows 'no difference in .* exited with code 0' \
            $SV diverge --kernel "$file" --initrd "$dir/initrd" -m 128 --append "$args" \
            --engines native,bt,vt --every 1000000

    # Its kernel at CPL 1: it finds out by itself, and so does the comparison, where it begins.
    check "Linux under direct sees its interrupts on" shows 'Interrupts were enabled \*very\* early' \
        $SV run $linux --append "$args panic=-1" --engine direct
    check "Linux under direct panics and ends" grep -q 'the guest asked for a reset' "$dir/out"
    check "the first difference of direct" shows 'pushf at .* under direct it left .* the real IF is always 1' \
        $SV diverge $linux --append "$args" --engines native,direct --every 1000000

    # A program of today's C library, and the host's own processor as the judge of what it prints.
    gcc -Wall -Wextra -m32 -static -O2 -march=i686 -mfpmath=387 -fno-builtin -o "$dir/init" \
        tests/guests/linux/user.c -lm || exit 1
    initrd_with "$dir/init" >"$dir/initrd"
    "$dir/init" >"$dir/silicon" </dev/null
    for engine in native vt bt; do
        timeout 900 $SV run $linux --append "$args loglevel=0" --engine $engine 2>&1 </dev/null | tr -d '\r' | sed -n '/^double/,$p' >"$dir/user"
        check "a program of Linux under $engine prints what silicon prints" diff "$dir/silicon" "$dir/user"
    done
fi

[ -z "$absent" ] || echo "kernels: not installed:$absent"
[ $cases -gt 0 ] || { echo "kernels: none is installed (packages memtest86+, ipxe)"; exit 77; }
echo "kernels: $cases cases, $failed failed"
[ $failed -eq 0 ]
