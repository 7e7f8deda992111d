#!/bin/sh
# firmware.sh - Debian's SeaBIOS boots a disk: what a boot sector sees, the screen, the disk's file.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
SV=$BUILD/stepvisor here=tests/guests/firmware bios=/usr/share/seabios
[ -e $bios/bios.bin ] || { echo "firmware: SeaBIOS is not installed (package seabios)"; exit 77; }
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
cases=0 failed=0

same() { # name file-with-what-is-wanted file-with-what-came
    cases=$((cases + 1))
    cmp -s "$2" "$3" && return
    failed=$((failed + 1))
    echo "FAILED: $1"
    diff "$2" "$3" | head -20
}
says() { # name wanted-code pattern command.. : one line that says what is wrong
    name=$1 want=$2 pattern=$3
    shift 3
    cases=$((cases + 1))
    out=$(timeout 60 "$@" 2>&1 </dev/null)
    code=$?
    [ $code -eq "$want" ] && [ "$(printf '%s\n' "$out" | wc -l)" -eq 1 ] &&
        printf '%s\n' "$out" | grep -q -- "$pattern" && return
    failed=$((failed + 1))
    echo "FAILED: $name: exit $code, wanted $want and /$pattern/: $out"
}

gcc -m32 -c -o "$dir/boot.o" $here/boot.S &&
    ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$dir/disk" "$dir/boot.o" || exit 1
truncate -s 8M "$dir/disk"
cp "$dir/disk" "$dir/before"
printf 'y?' >"$dir/keys"
head -c 4096 /dev/zero >"$dir/keys.bin"

for rom in bios bios-256k; do
    for vga in stdvga isavga; do
        pc="--rom $bios/$rom.bin --vgarom $bios/vgabios-$vga.bin --disk $dir/disk --keys $dir/keys"
        timeout 60 $SV run $pc --until 100000000 >"$dir/console" 2>&1
        echo "exit $?" >>"$dir/console"
        same "$rom, $vga" $here/boot.txt "$dir/console"
    done
done
for engine in interp bt vt; do
    timeout 120 $SV run $pc --until 100000000 --engine $engine >"$dir/console" 2>&1
    echo "exit $?" >>"$dir/console"
    same "under $engine" $here/boot.txt "$dir/console"
done
pc1="--rom $bios/bios.bin --vgarom $bios/vgabios-stdvga.bin --disk $dir/disk"
timeout 300 $SV diverge $pc1 --engines native,bt,vt,interp --every 500 --until 3000000 >"$dir/out" 2>&1
echo "native,bt,vt,interp: no difference in 3,000,000 ticks; did not end at tick 3000000" >"$dir/want"
same "in lockstep" "$dir/want" "$dir/out"
timeout 60 $SV show screen $pc >"$dir/screen" 2>&1
grep -v 'SeaBIOS (version' "$dir/screen" >"$dir/screen.txt" # the version is Debian's to choose
same "the screen" $here/screen.txt "$dir/screen.txt"
same "the disk's file" "$dir/before" "$dir/disk"
timeout 60 $SV trace $pc --until 6000000 >"$dir/one" 2>&1
timeout 60 $SV trace $pc --until 6000000 >"$dir/two" 2>&1
same "two runs" "$dir/one" "$dir/two"

head -c 100000 $bios/bios.bin >"$dir/cut.bin"
head -c 1000 $bios/vgabios-stdvga.bin >"$dir/vga.bin"
head -c 1000 "$dir/disk" >"$dir/odd"
says "a ROM cut off" 126 '64, 128 or 256 KB' $SV run --rom "$dir/cut.bin"
says "no ROM" 127 nothere $SV run --rom "$dir/nothere"
says "an option ROM cut off" 126 'cut off' $SV run --rom $bios/bios.bin --vgarom "$dir/vga.bin"
says "an option ROM that is none" 126 '55 AA' $SV run --rom $bios/bios.bin --vgarom "$dir/keys.bin"
says "an odd disk" 126 'whole sectors' $SV run --rom $bios/bios.bin --disk "$dir/odd"
says "a guest besides" 2 'no GUEST' $SV run samples/hello.S --rom $bios/bios.bin
says "--vgarom alone" 2 'without --rom' $SV run samples/hello.S --vgarom $bios/vgabios-stdvga.bin

echo "firmware: $cases cases, $failed failed"
[ $failed -eq 0 ]
