# nested.S - the handler of #UD is an undefined instruction: deliveries, and nothing between them.  The stack is
# of 16 bits and goes around; with the selector 16 instead of 24 it is of 32 bits, and moves down for a long time.
    .globl _start
_start:
    mov $0x80000000, %esp
    lgdt gdtr
    lidt idtr
    ljmp $8, $1f
1:  mov $16, %ax
    mov %ax, %ds
    mov $24, %ax
    mov %ax, %ss
    mov $handler, %eax
    mov %ax, idt + 6 * 8
    shr $16, %eax
    mov %ax, idt + 6 * 8 + 6
bad:
    ud2
handler:
    ud2

    .data
    .balign 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x000092200000ffff
idt:
    .rept 32
    .quad 0x00008e0000080000
    .endr
gdtr:
    .word 31
    .long gdt
idtr:
    .word 255
    .long idt
