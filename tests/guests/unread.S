# unread.S - what a translator cannot decode: bytes that are no instruction, one of a later processor, one
# to which LOCK does not belong, ud2 itself, and one that lies in two pages.
    .include "../../samples/boot.inc"
    multiboot_header
_start:
    mov $stack_top, %esp
    call machine_init
    gate 6, skip
    .byte 0x0f, 0x04, 0x90
    movaps %xmm1, %xmm0
    .byte 0xf0, 0x90, 0x90
    ud2
    nop
    jmp crossing
skip:
    addl $3, (%esp)
    iret
    library_machine
    .org 0xffd - 12             # behind the multiboot header: three bytes before the page's edge
crossing:
    mov $1, %eax
    exit 0
