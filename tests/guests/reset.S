# reset.S - asks the keyboard controller for a reset.
    .globl _start
_start:
    mov $'r', %al
    out %al, $0xe9
    mov $0xfe, %al
    out %al, $0x64
    mov $'n', %al               # not reached
    out %al, $0xe9
    hlt
