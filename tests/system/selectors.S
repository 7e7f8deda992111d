# selectors.S - LAR, LSL, VERR, VERW and ARPL: they never fault on what they look at.
# SDM 2, the instructions; SDM 3A 5.10.
    .include "system.inc"
    begin
    .macro ask cpl, selector            # LAR (0: ZF clear), LSL, VERR, VERW
    to_ring \cpl
    mov $\selector, %ebx
    xor %edx, %edx
    lar %ebx, %edx
    and $0xf0ff00, %edx         # bits 16 to 19 are undefined
    show %edx
    mov $0xeee, %edx
    lsl %ebx, %edx
    show %edx
    verr %bx
    setz %al
    show_byte %al
    verw %bx
    setz %al
    show_byte %al
    .endm
    .macro look text, type, cpl=0, rpl=0
    gdt_segment SLOT, 0x123000, 0x12345, 0xc000+\type
    rule "\text, cpl \cpl rpl \rpl"
    ask \cpl, SLOT+\rpl
    passed
    .endm
    .irp type, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    look "system type \type", 0x80+\type
    .endr
    .irp type, 0, 2, 4, 6, 8, 10, 12, 14
    look "segment type \type", 0x90+\type
    .endr
    look "data not present", 0x12
    look "LDT not present", 0x02
    .irp cpl, 0, 1, 3
    .irp rpl, 0, 1, 3
    look "data of dpl 1", 0xb2, \cpl, \rpl
    look "conforming code of dpl 1", 0xbe, \cpl, \rpl
    .endr
    .endr
    look "TSS of dpl 1", 0xa9, 3, 3
    .irp selector, 0, 3, 0x180, 0x84
    rule "selector \selector"
    ask 0, \selector
    passed
    .endr

    # -- ARPL: the greater RPL, ZF if it changed something
    .irp dest, 0, 1, 2, 3
    .irp source, 0, 1, 2, 3
    rule "arpl, \dest with \source"
    mov $0x7770+\dest, %eax
    mov $0x1230+\source, %ecx
    arpl %cx, %ax
    setz %cl
    show %eax
    show_byte %cl
    passed
    .endr
    .endr
    rule "arpl to read-only memory that stays the same", 1f
    gdt_segment SLOT, 0x100000, 0xfff, 0x40f0
    mov $SLOT, %eax
    mov %eax, %fs
    xor %ecx, %ecx
1:  arpl %cx, %fs:0
    passed
    done
