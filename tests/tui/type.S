# type.S - echoes its serial line, halting between bytes; q ends it.  IRQ 4 wakes it.
    .globl _start
_start:
    mov $0x200000, %esp
    lgdt gdtr
    ljmp $8, $1f
1:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %ss
    mov $serial, %eax       # vector 24h: 8259 below
    mov %ax, idt + 0x24 * 8
    shr $16, %eax
    mov %ax, idt + 0x24 * 8 + 6
    lidt idtr
    mov $0x11, %al          # 8259: base 20h, a slave on 2, 8086 mode; only IRQ 4
    out %al, $0x20
    mov $0x20, %al
    out %al, $0x21
    mov $4, %al
    out %al, $0x21
    mov $1, %al
    out %al, $0x21
    mov $0xef, %al
    out %al, $0x21
    mov $0x3f9, %edx        # interrupt for data, its driver on
    mov $1, %al
    out %al, %dx
    mov $0x3fc, %edx
    mov $0xb, %al
    out %al, %dx
2:  sti
    hlt
    jmp 2b
serial:
    mov $0x3f8, %edx
    in %dx, %al
    out %al, %dx
    mov %al, %bl
    mov $0x20, %al
    out %al, $0x20
    cmp $'q', %bl
    jne 3f
    xor %eax, %eax
    out %al, $0xf4
3:  iret
    .balign 8
gdt: .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr: .word 23
    .long gdt
idtr: .word 0x24 * 8 + 7
    .long idt
    .balign 8
idt: .fill 0x24 * 8, 1, 0
    .word 0, 8, 0x8e00, 0
