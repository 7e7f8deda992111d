# stacks.S - where an interrupt finds the stack of an inner ring, and what it checks there.
# SDM 3A 6.12.1, 7.2.1 (SS0-2:ESP0-2); SDM 2 INT n (#TS, #SS, #NP with the stack's selector).
    .include "system.inc"
    begin

    # a handler in ring 1 or 2 shows its SS and how far below its top ESP is, then passes on
    .irp ring, 1, 2
    idt_gate 0x45+\ring, 0xee, CODE0+0x11*\ring, in_ring\ring
    .irp cpl, 1, 2, 3
    rule "int to a handler of ring \ring from cpl \cpl", 1f
    to_ring \cpl
1:  int $(0x45 + \ring)
    passed
    .endr
    .endr
    gdt_segment SLOT, 0, 0xfffff, 0xc09e
    idt_gate 0x45, 0xee, SLOT, conforming
    .irp cpl, 0, 3
    rule "int to a conforming handler from cpl \cpl: no switch", 1f
    to_ring \cpl
1:  int $0x45
    passed
    .endr

    # the stack of ring 1 from the TSS
    idt_gate 0x48, 0xee, CODE1, leave
    .macro ss1 text, selector, esp=stack_of_ring+2048, vector=0x48
    movl $\selector, tss + 16
    movl $\esp, tss + 12
    rule "SS1 \text", 1f
    to_ring 3
1:  int $\vector
    passed
    .endm
    ss1 "null", 0
    ss1 "null with RPL 1", 1
    ss1 "beyond the GDT", 0x801
    ss1 "with RPL 0", DATA1&~3
    ss1 "of DPL 0", DATA0+1
    ss1 "code", CODE1
    gdt_segment SLOT+8, 0, 0xfffff, 0xc0b0
    ss1 "read-only", SLOT+8+1
    gdt_segment SLOT+8, 0, 0xfffff, 0xc032
    ss1 "not present", SLOT+8+1
    gdt_segment SLOT+8, 0, 0xfff, 0x40b2
    ss1 "limit fff, ESP 13: one byte short", SLOT+8+1, 0x13
    gdt_segment SLOT+8, stack_of_ring, 0xfff, 0x40b2
    ss1 "limit fff, ESP 14: fits", SLOT+8+1, 0x14
    ss1 "limit fff, ESP 1004: above", SLOT+8+1, 0x1004
    ss1 "good again", DATA1, , 0x46

    # a TSS too short for the slot
    .irp limit, 0x0f, 0x10, 0x11, 0x12
    gdt_segment SLOT+16, tss, \limit, 0x0089
    mov $SLOT+16, %eax
    ltr %ax
    rule "TSS limit \limit, slot of ring 1 is 0ch to 13h", 1f
    movb $0x89, gdt + SLOT + 16 + 5
    to_ring 3
1:  int $0x48
    passed
    .endr
    done

in_ring1:
    mov $stack_of_ring + 2048, %ecx
    jmp 1f
in_ring2:
    mov $stack_of_ring + 3072, %ecx
1:
    mov %ss, %eax
    show %eax
    sub %esp, %ecx              # the frame's size
    show %ecx
    mov 4(%esp), %eax           # CS
    show %eax
conforming:
    mov %cs, %eax
    show %eax
leave:
    int $PASSED
