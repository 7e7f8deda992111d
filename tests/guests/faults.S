# faults.S - a handler returns to the instruction that faults, and has changed nothing.
    .globl _start
_start:
    mov $stack, %esp
    lgdt gdtr
    lidt idtr
    ljmp $8, $1f
1:  mov $16, %ax
    mov %ax, %ss
    mov %ax, %ds
    mov $handler, %eax
    mov %ax, idt + 6 * 8
    shr $16, %eax
    mov %ax, idt + 6 * 8 + 6
bad:
    ud2
handler:
    push %eax
    pop %eax
    iret

    .data
    .balign 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
idt:
    .rept 32
    .quad 0x00008e0000080000
    .endr
gdtr:
    .word 23
    .long gdt
idtr:
    .word 255
    .long idt
    .bss
    .balign 16
    .space 256
stack:
