# v86gates.S - which gates lead out of virtual-8086 mode, by IOPL, CR4.VME, the redirection bit and the gate's type and
# DPL; frames of 16 bits; and PVI, which gives VIF to ring 3.  SDM 3B 20.2, 20.3 (table 20-2), 20.4; SDM 2, INT n.
    .include "system.inc"
    .include "v86.inc"
    .include "irq.inc"
    begin
    pics
    load_code16
    movl $0x08000090, 0x44 * 4          # the 8086 program's own handler: 800:90
    movl $0x08000090, 3 * 4
    use_v86_tss
    gdt_segment SLOT+8, words, 0xffff, 0x409a
    on_event shown
    .set VIF, 0x80000
    .set VIP, 0x100000

    .macro v86 text, label, iopl, flags=IF
    rule "\text", 0x\label
    .irp i, 0, 0, 0, 0, 0x600, 0x1000, VM+2+(\iopl<<12)+(\flags), 0x800, 0x\label
    push $\i
    .endr
    xor %eax, %eax
    iret
    passed
    .endm
    .macro vectors type, selector=CODE0, offset=0
    .irp v, 0x44, 0x45
    .if \offset
    idt_gate \v, \type, \selector, 0
    .else
    idt_gate \v, \type, \selector, stubs+16*\v
    .endif
    .endr
    .endm

    # -- INT 44h stays inside where VME and the redirection bit let it, INT 45h leaves
    .irp vme, 0, 1
    mov $\vme, %eax
    mov %eax, %cr4
    .irp iopl, 0, 1, 2, 3
    vectors 0xee
    v86 "VME \vme iopl \iopl: int 44h, interrupt gate", 10, \iopl
    v86 "VME \vme iopl \iopl: int 45h, interrupt gate", 20, \iopl
    .endr
    vectors 0xef
    v86 "VME \vme iopl 3: int 44h, trap gate", 10, 3
    v86 "VME \vme iopl 3: int 45h, trap gate", 20, 3
    vectors 0x8e
    v86 "VME \vme iopl 3: int 44h, gate dpl 0", 10, 3
    v86 "VME \vme iopl 3: int 45h, gate dpl 0", 20, 3
    vectors 0x6e
    v86 "VME \vme iopl 3: int 45h, gate not present", 20, 3
    vectors 0xe6, SLOT+8, 1
    v86 "VME \vme iopl 3: int 45h, 16-bit interrupt gate", 20, 3
    vectors 0xe7, SLOT+8, 1
    v86 "VME \vme iopl 3: int 45h, 16-bit trap gate", 20, 3
    v86 "VME \vme iopl 0: int3, dpl 3", 30, 0
    idt_gate 3, 0x8e, CODE0, stubs+16*3
    v86 "VME \vme iopl 3: int3, dpl 0", 30, 3
    v86 "VME \vme iopl 3: int 3, dpl 0", 38, 3
    idt_gate 3, 0xee, CODE0, stubs+16*3
    idt_gate 6, 0x8f, CODE0, stubs+16*6
    v86 "VME \vme iopl 0: ud2, trap gate dpl 0", 40, 0
    idt_gate 6, 0x8e, CODE0, stubs+16*6
    .endr

    # -- an interrupt looks at IF, not at VIF, and at no bitmap
    .irp flags, 0, IF, VIF, IF+VIP
    outp 0x21, 0xfe
    timer 100
    pending 0
    v86 "VME 1 iopl 0, flags \flags: an interrupt waits", 50, 0, \flags
    outp 0x20, 0x20
    outp 0x21, 0xff
    .endr

    # -- PVI, in ring 3 with IOPL below 3
    .macro pvi text, cpl, flags, insn:vararg
    rule "PVI cpl \cpl, flags \text: \insn", 1f
    push $2
    popf
    to_ring \cpl, (\flags)
1:  \insn
    ud2
    passed
    .endm
    mov $2, %eax
    mov %eax, %cr4
    pvi "0", 3, 2, sti
    pvi "VIF", 3, VIF+2, cli
    pvi "VIP", 3, VIP+2, sti
    pvi "VIP", 3, VIP+2, cli
    pvi "IOPL 3", 3, 0x3002, sti
    pvi "IOPL 3 and VIF", 3, 0x3002+VIF, cli
    pvi "VIF", 3, VIF+2, pushf
    pvi "VIF", 3, VIF+2, popf
    pvi "0", 1, 2, sti
    pvi "IOPL 1", 1, 0x1002, sti
    pvi "0", 0, 2, sti
    rule "PVI cpl 3: popf of IF changes neither IF nor VIF", 1f
    to_ring 3, 2
    push $IF + 2
1:  popf
    ud2
    passed
    rule "PVI cpl 3, VIF: pushf shows both", 1f
    to_ring 3, VIF+2
    pushf
    pop %eax
    show %eax
1:  ud2
    passed
    xor %eax, %eax
    mov %eax, %cr4
    rule "without PVI: sti", 1f
    to_ring 3, 2
1:  sti
    passed
    done

shown:                                  # the event, its flags, IF inside, and where the 8086 handler found its frame
    pushf
    call report_event
    say " pushed "
    mov e_flags, %eax
    and $0x1a7300, %eax         # RF is for rf.S
    call put_number
    say ", inside "
    pop %eax
    and $IF, %eax
    call put_number
    testl $VM, e_flags
    jz resume
    say ", sp "
    mov e_esp, %eax
    call put_number
    say " ax "
    mov r_eax, %eax
    call put_number
    jmp resume
words:                                  # IP CS FLAGS SP SS ES DS FS GS, and IF inside; base 0 is here
    .irp at, 0, 2, 4, 6, 8, 10, 12, 14, 16
    movzwl %ss:\at(%esp), %eax
    show %eax
    .endr
    pushf
    pop %eax
    and $IF, %eax
    show %eax
    int $PASSED

    .section .rodata
    .code16
code16:
    at 0x10, int $0x44
    ud2
    at 0x20, int $0x45
    ud2
    at 0x30, int3
    ud2
    at 0x38, .byte 0xcd, 3
    ud2
    at 0x40, ud2
    at 0x50, nop
    ud2
    at 0x90, mov %sp, %bp               # FLAGS as the handler finds them
    mov 4(%bp), %ax
    ud2
code16_end:
    .code32

    v86_tss
