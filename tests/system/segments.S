# segments.S - loading DS and SS: types, presence, DPL against CPL and RPL; limits in use.
# SDM 3A 5.3, 5.5 to 5.7; SDM 2 MOV.
    .include "system.inc"
    begin
    .macro load which, text, selector, cpl=0
    rule "mov \which, \text", 1f
    to_ring \cpl
    mov $\selector, %eax
1:  mov %eax, %\which
    passed
    .endm

    # -- types, CPL 0
    .macro types text, access, limit=0xfffff
    gdt_segment SLOT, 0, \limit, 0xc000+\access
    load ds, "\text", SLOT
    load ss, "\text", SLOT
    .endm
    types "read-only data", 0x90
    types "data", 0x92
    types "expand-down data", 0x94, 0
    types "expand-down, writable", 0x96, 0
    types "execute-only code", 0x98
    types "readable code", 0x9a
    types "conforming execute-only", 0x9c
    types "conforming readable", 0x9e
    types "data not present", 0x12
    types "LDT", 0x82
    types "busy TSS", 0x8b
    types "call gate", 0x8c
    .irp cpl, 0, 1, 3
    load ds, "null at cpl \cpl", 3, \cpl
    load ss, "null at cpl \cpl", \cpl, \cpl
    .endr
    load ds, "last byte beyond the GDT", 0x180
    load ds, "beyond the LDT", 0x84
    ldt_segment 0x7c, 0, 0xff, 0x40f2
    load ds, "the last of the LDT", 0x7c
    rule "mov cs is undefined"
    .byte 0x8e, 0xc8
    passed

    # -- DPL against CPL and RPL
    .irp cpl, 0, 1, 2, 3
    .irp rpl, 0, 1, 2, 3
    .irp dpl, 0, 1, 2, 3
    gdt_segment SLOT, 0, 0xfffff, 0xc092+0x20*\dpl
    load ds, "cpl \cpl rpl \rpl dpl \dpl", SLOT+\rpl, \cpl
    .endr
    load ss, "cpl \cpl rpl \rpl dpl \cpl", DATA0+\cpl*0x10+\rpl, \cpl
    .endr
    .endr
    gdt_segment SLOT+8, 0, 0xfffff, 0xc09e
    load ds, "conforming code of dpl 0 at cpl 3", SLOT+8+3, 3
    done
