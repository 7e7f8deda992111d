# calls.S - CALL and JMP through call gates: privilege, parameters, 16 and 32 bits.
# SDM 3A 5.8.3 to 5.8.5; SDM 2 CALL, JMP.
    .include "system.inc"
    begin
    .set GATE, SLOT

    # -- gate DPL, CPL and the RPL of the selector; the code is of ring 0
    .irp cpl, 0, 1, 2, 3
    .irp dpl, 0, 1, 2, 3
    gdt_gate GATE, 0x8c+\dpl*32, CODE0, target
    rule "call gate dpl \dpl from cpl \cpl, rpl 0", 1f
    to_ring \cpl
1:  lcall $GATE, $0
    passed
    .endr
    .endr
    .irp rpl, 0, 1, 2, 3
    gdt_gate GATE, 0xac, CODE0, target
    rule "call gate dpl 1 from cpl 0, rpl \rpl", 1f
1:  lcall $GATE+\rpl, $0
    passed
    .endr

    # -- which ring it reaches
    .irp ring, 1, 2, 3
    gdt_gate GATE, 0xec, CODE0+0x11*\ring, target
    rule "call from cpl 3 to code of ring \ring", 1f
    to_ring 3
1:  lcall $GATE, $0
    passed
    .endr
    rule "call from cpl 0 to code of ring 3", 1f
1:  lcall $GATE, $0
    passed
    gdt_gate GATE, 0xec, CODE0, target
    rule "jmp from cpl 3 to code of ring 0", 1f
    to_ring 3
1:  ljmp $GATE, $0
    passed
    gdt_segment SLOT+8, 0, 0xfffff, 0xc09e
    gdt_gate GATE, 0xec, SLOT+8, target
    rule "jmp from cpl 3 to conforming code of ring 0", 1f
    to_ring 3
1:  ljmp $GATE, $0
    passed

    # -- parameters: the first pushed lies highest, on both stacks
    gdt_gate GATE, 0xec, CODE0, parameters, 3
    rule "call gate, 3 dwords", 1f
    to_ring 3
    push $0xaaa1
    push $0xaaa2
    push $0xaaa3
1:  lcall $GATE, $0
    show %esp                   # RET 12 took them off both stacks
    passed
    gdt_gate GATE, 0xec, CODE3, same_ring, 3
    rule "call gate to the same ring: nothing is copied", 1f
    to_ring 3
    push $0xaaa1
1:  lcall $GATE, $0
    passed
    gdt_segment SLOT+16, words, 0xffff, 0x409a
    gdt_gate GATE, 0xe4, SLOT+16, 0, 2
    rule "16-bit call gate, 2 words", 1f
    to_ring 3
    push $0xbbb1bbb2
1:  lcall $GATE, $0
    passed
    gdt_gate GATE, 0xec, CODE0, target, 31
    gdt_segment SLOT+24, 0, 0xfff, 0x40f2
    rule "31 parameters, the caller's stack ends before them", 1f
    to_ring 3
    mov $SLOT+24+3, %eax
    mov %eax, %ss
    mov $0xff0, %esp
1:  lcall $GATE, $0
    passed

    # -- bad gates
    .macro bad text, type, selector, offset=target
    gdt_gate GATE, \type, \selector, \offset
    rule "\text", 1f
    to_ring 3
1:  lcall $GATE, $0
    passed
    .endm
    bad "gate not present", 0x6c, CODE0
    bad "selector null", 0xec, 3
    bad "selector of data", 0xec, DATA0
    bad "selector beyond the GDT", 0xec, 0x7f8
    gdt_segment SLOT+8, 0, 0xfffff, 0xc01a
    bad "code not present", 0xec, SLOT+8
    gdt_segment SLOT+8, 0, 0xfff, 0x409a
    bad "offset beyond the limit", 0xec, SLOT+8
    bad "an interrupt gate in the GDT", 0xee, CODE0
    done

target:
    mov %cs, %eax
    show %eax
    int $PASSED
parameters:
    show 8(%esp)
    show 12(%esp)
    show 16(%esp)
    show 24(%esp)               # SS
    lret $12
same_ring:
    show %esp
    show 8(%esp)
    int $PASSED
words:
    .irp at, 4, 6, 10
    movzwl \at(%esp), %eax
    show %eax
    .endr
    int $PASSED
