# timer.S - jumps to itself until the timer has interrupted 40 times: the state comes back, and yet there is an end.
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
    mov %ax, idt
    mov $0x34, %al
    out %al, $0x43
    xor %eax, %eax
    out %al, $0x40
    out %al, $0x40
    sti
wait:
    jmp wait
handler:
    mov $0x20, %al
    out %al, $0x20
    xor %eax, %eax
    incl count
    cmpl $40, count
    je 2f
    iret
2:  mov $7, %al
    out %al, $0xf4

    .data
    .balign 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
idt:
    .quad 0x00108e0000080000
gdtr:
    .word 23
    .long gdt
idtr:
    .word 7
    .long idt
    .bss
count:
    .long 0
    .balign 16
    .space 256
stack:
