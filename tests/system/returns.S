# returns.S - RETF and IRET: what is popped, what is checked, in which order.
# SDM 2 RET, IRET ("Protected Mode Exceptions"); SDM 3A 5.8.6.
    .include "system.inc"
    begin
    .macro frames text, cs, ss=DATA3, eip=land, cpl=0
    rule "lret, \text", 1f
    to_ring \cpl
    push $\ss
    push $stack_of_ring + 4096
    push $\cs
    push $\eip
1:  lret
    passed
    rule "iret, \text", 1f
    to_ring \cpl
    push $\ss
    push $stack_of_ring + 4096
    push $2
    push $\cs
    push $\eip
1:  iret
    passed
    .endm

    frames "CS null", 0
    frames "CS null with RPL 3", 3
    frames "CS beyond the GDT", 0x7fb
    frames "CS of data", DATA3
    frames "CS is the TSS", TSS
    frames "to an inner ring", CODE1, DATA1, land, 2
    frames "RPL 3, DPL 0", CODE0+3
    frames "RPL 0, DPL 3", CODE3-3
    gdt_segment SLOT, 0, 0xfffff, 0xc07a
    frames "CS not present", SLOT+3
    gdt_segment SLOT, 0, 0xfff, 0x40fa
    frames "EIP beyond the limit", SLOT+3
    gdt_segment SLOT, 0, 0xfffff, 0xc0be
    frames "conforming, DPL 1, RPL 3", SLOT+3
    frames "conforming, DPL 1, RPL 0", SLOT
    .irp cpl, 1, 2, 3
    frames "to ring \cpl", CODE0+0x11*\cpl, DATA0+0x11*\cpl
    .endr
    frames "SS null", CODE3, 0
    frames "SS null with RPL 3", CODE3, 3
    frames "SS beyond the GDT", CODE3, 0x7fb
    frames "SS RPL 2", CODE3, DATA3-1
    frames "SS DPL 2", CODE3, DATA2+1
    frames "SS of code", CODE3, CODE3
    gdt_segment SLOT, 0, 0xfffff, 0xc0f0
    frames "SS read-only", CODE3, SLOT+3
    gdt_segment SLOT, 0, 0xfffff, 0xc072
    frames "SS not present", CODE3, SLOT+3

    # -- data segments of an inner ring do not stay behind
    gdt_segment SLOT, 0, 0xfffff, 0xc09e
    gdt_segment SLOT+8, 0, 0xfffff, 0xc0d2
    rule "ES FS GS of DPL 0, conforming DPL 0, DPL 2, after IRET to ring 2"
    mov $DATA0, %eax
    mov %eax, %es
    mov $SLOT, %eax
    mov %eax, %fs
    mov $SLOT+8, %eax
    mov %eax, %gs
    to_ring 2
    .irp segment, es, fs, gs
    mov %\segment, %eax
    show %eax
    .endr
    passed

    # -- the flags IRET may change, by the CPL it runs in and IOPL
    .macro flags_after text, cpl, flags
    rule "\text: IRET with IF IOPL NT RF AC set leaves"
    to_ring \cpl, \flags
    push $0x57202
    mov %cs, %eax
    push %eax
    push $1f
    iret
1:  pushf
    pop %eax
    and $~0x1008d5, %eax
    show %eax
    passed
    .endm
    flags_after "cpl 0", 0, 2
    flags_after "cpl 1, iopl 0", 1, 2
    flags_after "cpl 1, iopl 1", 1, 0x1002
    flags_after "cpl 3, iopl 2", 3, 0x2002
    flags_after "cpl 3, iopl 3", 3, 0x3002

    # -- 16-bit forms, the stack's limit, release
    gdt_segment SLOT, land16, 0xff, 0x409a
    rule "iretw: EIP is 16 bits, upper flags stay", 1f
    load_flags AC
    pushw $0x202
    pushw $SLOT
    pushw $0
1:  iretw
    passed
    rule "lret 8 from ring 0 to 3 releases 8 on both stacks"
    push $DATA3
    push $stack_of_ring + 4096
    push $0
    push $0
    push $CODE3
    push $1f
    lret $8
1:  mov $stack_of_ring + 4096, %eax
    sub %esp, %eax
    show %eax
    passed
    gdt_segment SLOT, 0, 0xfff, 0x40f2
    .irp top, 0xff8, 0xff9
    rule "lret in ring 3 with ESP \top, limit fff", 1f
    to_ring 3
    mov $SLOT+3, %eax
    mov %eax, %ss
    mov $\top, %esp
1:  lret
    passed
    .endr
    done

land16:
    pushf
    pop %eax
    show %eax
    int $PASSED
land:
    mov %cs, %eax
    show %eax
    mov %ss, %eax
    show %eax
    int $PASSED
