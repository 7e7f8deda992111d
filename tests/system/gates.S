# gates.S - interrupt and trap gates: flags, DPL, error codes with their IDT and EXT bits.
# SDM 3A 6.12.1 (flags), 6.12.1.2 (DPL), 6.13 (error codes); SDM 2 INT n.
    .include "system.inc"
    begin

    # -- IF, TF and NT inside the handler and in the pushed image
    idt_gate 0x43, 0xef, CODE0, stub_43     # a trap gate
    on_event inside
    rule "interrupt gate, IF TF NT set", 1f
    load_flags IF + TF + NT
    int $0x40
1:  passed
    rule "trap gate, IF TF NT set", 1f
    load_flags IF + TF + NT
    int $0x43
1:  passed
    rule "trap gate, IF clear", 1f
    int $0x43
1:  passed
    rule "#UD through an interrupt gate, IF set: RF is in the image"
    sti
1:  ud2
    passed
    on_event

    # -- the DPL of the gate against CPL
    .irp cpl, 0, 1, 2, 3
    .irp dpl, 0, 1, 2, 3
    idt_gate 0x44, 0x8e+\dpl*32, CODE0, stub_44
    rule "int 44h, gate dpl \dpl from cpl \cpl", 1f
    to_ring \cpl
1:  int $0x44
    passed
    .endr
    .endr
    idt_gate 3, 0x8e, CODE0, stubs+3*16
    idt_gate 4, 0x8e, CODE0, stubs+4*16
    rule "int3, gate dpl 0 from cpl 3", 1f
    to_ring 3
1:  int3
    passed
    rule "into, gate dpl 0 from cpl 3", 1f
    to_ring 3, 0x802
1:  into
    passed
    rule "ud2, gate dpl 0 from cpl 3", 1f
    to_ring 3
1:  ud2
    passed

    # -- bad gates, met by INT n and by an exception (EXT)
    .macro bad text, type, selector, offset
    idt_gate 0x44, \type, \selector, \offset
    idt_gate 6, \type, \selector, \offset
    rule "\text: int 44h", 1f
1:  int $0x44
    passed
    rule "\text: ud2"
    ud2
    passed
    .endm
    bad "gate not present", 0x6e, CODE0, stub_44
    bad "gate is a call gate", 0xec, CODE0, stub_44
    bad "selector null", 0xee, 0, stub_44
    bad "selector of data", 0xee, DATA0, stub_44
    bad "selector beyond the GDT", 0xee, 0x800, stub_44
    gdt_segment SLOT, 0, 0xfffff, 0xc01a
    bad "code not present", 0xee, SLOT, stub_44
    bad "code of ring 3", 0xee, CODE3, stub_44
    gdt_segment SLOT, 0, 0xfff, 0x409a
    bad "offset beyond the limit", 0xee, SLOT, stub_44
    idt_gate 6, 0x8e, CODE0, stubs+6*16

    movw $0x44 * 8 + 6, idtr
    lidt idtr
    rule "IDT limit one byte short: int 44h", 1f
1:  int $0x44
    passed
    rule "IDT limit one byte short: int 43h is inside", 1f
    int $0x43
1:  passed
    done

inside:
    pushf
    call report_event
    say " pushed "
    mov e_flags, %eax
    and $IF + TF + NT + RF, %eax
    call put_number
    say ", inside "
    pop %eax
    and $IF + TF + NT + RF, %eax
    call put_number
    jmp resume
    .set stub_43, stubs + 0x43 * 16
    .set stub_44, stubs + 0x44 * 16
