# boot.S - what a boot sector asks of a PC's firmware: display, disk, memory map and types, clock, keyboard.
#
# Each line goes to the display (INT 10h) and to port E9h.  It ends through port F4h: 0, all as
# expected.  Sector 2 of the disk begins with "SECOND"; sector 5 is written and read back.
.code16
.globl _start
_start:
    ljmp $0, $1f
1:  xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    mov %dl, drive
    mov $hello, %si
    call print

    mov $2, %cx                 # INT 13h, AH=2: read cylinder 0, head 0, sector 2
    mov $0x0201, %ax
    call disk
    mov $buffer, %si
    call print

    movl $0x21544157, buffer    # AH=3: write sector 5 ("WAT!"), forget, read it back
    mov $5, %cx
    mov $0x0301, %ax
    call disk
    movl $0, buffer
    mov $5, %cx
    mov $0x0201, %ax
    call disk
    mov $buffer, %si
    call print

    mov $0x88, %ah              # INT 15h: KB above 1 MB
    int $0x15
    call hex
    mov $memory, %si
    call print

    mov $4, %ah                 # INT 1Ah: the date, BCD
    int $0x1a
    jc fail
    mov %cx, %ax
    push %dx
    call hex
    pop %ax
    call hex
    mov $date, %si
    call print

    mov $0x2ff, %ecx            # MTRRdefType
    rdmsr
    call hex
    mov $types, %si
    call print

    mov $asks, %si              # INT 16h: two keys
    call print
    call key
    call key
    mov $0, %al
    out %al, $0xf4
fail:
    mov $1, %al
    out %al, $0xf4
    hlt

disk:                           # AX, CX as INT 13h wants them
    mov $0, %dh
    mov drive, %dl
    mov $buffer, %bx
    int $0x13
    jc fail
    ret

key:
    mov $0, %ah
    int $0x16
    call put
    ret

hex:                            # AX, four digits
    mov $4, %cx
1:  rol $4, %ax
    push %ax
    and $15, %al
    cmp $10, %al
    sbb $0x69, %al
    das
    call put
    pop %ax
    loop 1b
    ret

print:
    lodsb
    test %al, %al
    jz 1f
    call put
    jmp print
1:  ret

put:                            # AL
    pusha
    out %al, $0xe9
    mov $0x0e, %ah
    mov $7, %bx
    int $0x10
    popa
    ret

hello:  .asciz "booted\r\n"
memory: .asciz " KB above 1 MB\r\n"
date:   .asciz " is today\r\n"
types:  .asciz " memory types\r\n"
asks:   .asciz "two keys: "
drive:  .byte 0
    .org 510
    .word 0xaa55
    .ascii "SECOND\r\n"
    .org 1024
    .set buffer, 0x8000
