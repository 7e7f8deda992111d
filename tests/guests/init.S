# init.S - the local APIC sends INIT to its own processor.
    .globl _start
_start:
    mov $'i', %al
    out %al, $0xe9
    mov $0xc500, %eax
    mov %eax, 0xfee00300
    mov $'n', %al               # not reached
    out %al, $0xe9
    hlt
