# disk.S - the IDE disk by programmed I/O and by interrupt, from a kernel: sector 3 is written and
# read back, the disk says who it is; a letter a fact on port E9h.  Ends with code 7.
.globl _start
_start:
    lgdt gdtr
    ljmp $8, $1f
1:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack, %esp
    mov $irq, %eax                  # gate 2Eh, IRQ 14
    mov %ax, idt + 0x2e * 8
    shr $16, %eax
    mov %ax, idt + 0x2e * 8 + 6
    lidt idtr
    mov $setup, %esi
    mov $10, %ecx
2:  lodsw
    movzbl %al, %edx
    mov %ah, %al
    outb %al, %dx
    loop 2b

    mov $0xec, %bl                  # IDENTIFY DEVICE
    call command
    call sector_in
    mov buffer + 27 * 2 + 1, %al    # the model's first letter
    out %al, $0xe9

    movl $0x64636261, buffer        # "abcd", behind it what the identity was
    mov $0x30, %bl                  # WRITE SECTORS: no interrupt before the data
    movl $0, irqs
    call ask
    mov $buffer, %esi
    mov $256, %ecx
    mov $0x1f0, %dx
    rep outsw
    call wait
    movl $0, buffer
    mov $0x20, %bl                  # READ SECTORS
    call command
    call sector_in
    mov $buffer, %esi
    mov $4, %ecx
3:  lodsb
    out %al, $0xe9
    loop 3b
    mov $7, %al
    out %al, $0xf4

sector_in:
    mov $buffer, %edi
    mov $128, %ecx
    mov $0x1f0, %dx
    cld
    rep insl
    ret
command:
    movl $0, irqs
    call ask
wait:
    cli
    cmpl $0, irqs
    jne 4f
    sti
    hlt
    jmp wait
4:  movl $0, irqs
    ret
ask:                                # one sector, LBA 3, command BL
    mov $0x1f2, %edx
    mov $1, %al
    out %al, %dx
    inc %edx
    mov $3, %al
    out %al, %dx
    inc %edx
    xor %eax, %eax
    out %al, %dx
    inc %edx
    out %al, %dx
    inc %edx
    mov $0xe0, %al
    out %al, %dx
    inc %edx
    mov %bl, %al
    out %al, %dx
    ret
irq:
    push %eax
    push %edx
    incl irqs
    mov $0x1f7, %edx                # reading the status lowers the line
    in %dx, %al
    mov $0x20, %al
    out %al, $0xa0
    out %al, $0x20
    pop %edx
    pop %eax
    iret

    .data
    .balign 8
gdt:    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr:   .word 23
        .long gdt
idtr:   .word 0x7ff
        .long idt
setup:  .byte 0x20, 0x11, 0x21, 0x20, 0x21, 4, 0x21, 1, 0xa0, 0x11, 0xa1, 0x28, 0xa1, 2, 0xa1, 1
        .byte 0x21, 0xfb, 0xa1, 0xbf
irqs:   .long 0
    .balign 8
idt:    .fill 0x2e, 8, 0
        .word 0, 8, 0x8e00, 0
        .fill 0xff - 0x2e, 8, 0
buffer: .fill 512
        .fill 4096
stack:
