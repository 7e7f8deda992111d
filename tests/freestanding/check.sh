#!/bin/sh
# check.sh - the manual, the devices, the monitor and its engines compile for bare metal: -m32
# -ffreestanding, with no headers but the compiler's and tests/freestanding/string.h, assert.h; and the
# linker is asked for nothing but the doors, six functions of memory and libgcc's 64-bit arithmetic.
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
out=$BUILD/freestanding
mkdir -p "$out"
inside=$(gcc -m32 -print-file-name=include)
files=$*
[ -n "$files" ] || files=$(ls sim/api/*.c sim/dev/*.c vmm/*.c bt/*.c vt/*.c 2>/dev/null)
n=0 objects=
for f in $files; do
    o=$out/$(echo "$f" | tr / _).o
    gcc -m32 -ffreestanding -nostdinc -isystem "$inside" -isystem tests/freestanding -I. -std=gnu11 \
        -O1 -fno-pie -fno-stack-protector -fno-strict-aliasing -Wall -Wextra -Werror=unused-result \
        -Werror=implicit-function-declaration -c -o "$o" "$f" || exit 1
    objects="$objects $o"
    n=$((n + 1))
done
ld -m elf_i386 -r -o "$out/all.o" $objects || exit 1
nm -u "$out/all.o" | awk '
    $2 !~ /^(hw_[a-z0-9_]+|mem_(map|edit)|mem(cpy|set|move|cmp)|str(len|cmp)|assert_failed|__u?(div|mod|divmod|mul)di[34]|__ashldi3|__lshrdi3)$/ {
        print "asked for: " $2; bad++ }
    END { exit bad > 0 }' || exit 1
echo "freestanding: $n files, $(size -t "$out/all.o" | awk 'END { print $1 }') bytes of text"
