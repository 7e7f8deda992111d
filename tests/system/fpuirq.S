# fpuirq.S - x87 errors as a PC/AT reports them, with CR0.NE = 0: FERR#, IRQ 13, port F0h and IGNNE#.
# SDM 1 D.2 (MS-DOS compatibility; the P6 defers FERR# to the next waiting instruction); 82371SB.
    .include "system.inc"
    .include "irq.inc"
    begin
    pics
    outp 0x21, 0xfb             # the second chip
    outp 0xa1, 0xdf             # IRQ 13
    mov %cr0, %eax
    and $~0x2e, %eax
    mov %eax, %cr0
    on_event taken

    .macro zero_divide
    fninit
    fldcw word
    fld1
    fldz
    fdivrp
    .endm
    .irp insn, "fld1", "fwait", "fincstp", "fldcw word"
    rule "1/0, then \insn: the handler clears the error", 1f
    movl $clear, answer
    zero_divide
    sti
    nop
1:  \insn
    cli
    fnstsw %ax
    movzwl %ax, %eax
    show %eax
    passed
    .endr
    rule "port F0h alone: IGNNE#, so that instructions pass", 1f
    movl $ignore, answer
    zero_divide
    sti
1:  fld1
    fldz
    fwait
    cli
    fnstsw %ax
    movzwl %ax, %eax
    show %eax
    fnclex
    passed
    rule "the error was cleared: the next one reports again", 1f
    movl $clear, answer
    zero_divide
    sti
1:  fwait
    cli
    passed
    rule "instructions that do not wait", 1f
    zero_divide
    sti
1:  fnstsw %ax
    fnstcw real
    fnstenv env
    fnclex
    fwait
    cli
    passed
    rule "ring 3", 1f
    to_ring 3, 0x202
    zero_divide
1:  fld1
    fnstsw %ax
    movzwl %ax, %eax
    show %eax
    passed
    rule "masked at the 8259: the timer gets it, and then it waits again", 1f
    outp 0xa1, 0xff
    outp 0x21, 0xfa
    movl $unmask, answer
    zero_divide
    timer 2000
    sti
1:  fwait
    cli
    passed
    done

taken:
    irq_or_report to_report
    push %eax
    say " irq"
    mov (%esp), %eax
    sub $0x20, %eax
    call put_number
    say " at"
    mov e_eip, %eax
    sub rule_eip, %eax
    push %eax
    say " "
    pop %eax
    call put_number
    outp 0x20, 0x20
    pop %eax
    cmp $0x28, %eax
    jb 1f
    outp 0xa0, 0x20
1:  jmp *answer
clear:
    outp 0xf0, 0
    fnclex
    jmp go_on
ignore:
    outp 0xf0, 0
    jmp go_on
unmask:                         # the timer's turn
    outp 0x21, 0xfb
    outp 0xa1, 0xdf
    movl $clear, answer
    jmp go_on
to_report:
    fnclex
    outp 0xf0, 0
    jmp report
    .data
    .align 16
word:
    .long 0x37b
real:
    .long 0
answer:
    .long clear
env:
    .skip 32
