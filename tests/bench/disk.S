# disk.S - the boot sector of a floppy with a load on it, for emulators that start with a BIOS:
# reads the sectors that follow to 1 MB, clears up to 4 MB, and enters there in protected mode.
    .code16
    .global _start
_start:
    cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %ss
    mov $0x7c00, %sp
    mov $0x1000, %ax                    # sectors 1.. to 10000h; ax is the segment
    mov $1, %bx                         # the sector
next:
    mov %ax, %es
    push %ax
    push %bx
    mov %bx, %ax
    xor %dx, %dx
    mov $18, %cx
    div %cx                             # ax: track and side, dx: sector
    mov %dl, %cl
    inc %cl
    xor %dx, %dx
    shr $1, %ax
    adc $0, %dh                         # side
    mov %al, %ch
    xor %bx, %bx
    mov $0x0201, %ax
    int $0x13
    jc stop
    pop %bx
    pop %ax
    add $0x20, %ax
    inc %bx
    cmp $SECTORS, %bx
    jbe next

    in $0x92, %al                       # A20
    or $2, %al
    and $0xfe, %al
    out %al, $0x92
    cli
    lgdt gdtr
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmp $8, $protected
stop:
    hlt
    jmp stop

    .code32
protected:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    cld
    mov $0x10000, %esi
    mov $0x100000, %edi
    mov $SECTORS * 128, %ecx
    rep movsl
    mov $0x400000, %ecx
    sub %edi, %ecx
    shr $2, %ecx
    xor %eax, %eax
    rep stosl
    mov $0x100000, %eax
    jmp *%eax

    .align 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr:
    .word gdtr - gdt - 1
    .long gdt
    .org 510
    .word 0xaa55
