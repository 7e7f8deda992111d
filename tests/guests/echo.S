# echo.S - a byte from the serial line and two from the keyboard; the exit code is their sum.
    .globl _start
_start:
    mov $0x60, %al          # the 8042: both of its lines open, translation
    out %al, $0x64
    mov $0x41, %al
    out %al, $0x60
1:  mov $0x3fd, %edx
    in %dx, %al
    test $1, %al
    jz 1b
    mov $0x3f8, %edx
    in %dx, %al
    mov %al, %bl
    mov $2, %ecx
2:  in $0x64, %al
    test $1, %al
    jz 2b
    in $0x60, %al
    add %al, %bl
    loop 2b
    mov %bl, %al
    out %al, $0xf4
