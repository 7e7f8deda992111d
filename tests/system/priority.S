# priority.S - what comes first when several events are due at one boundary, in the order of SDM 3A table 6-2: the T bit
# of a TSS, traps of the instruction before, NMI, interrupts, execution breakpoints, faults of fetching, of decoding, of
# executing.  " irq@N", " nmi@N", " B@N" (#DB, B: bits of DR6), N from the rule's first
# instruction; "r" as in debug.inc.  SDM 3B 17.3.1.1, 17.3.1.5 (T).
    .include "system.inc"
    .include "paging.inc"
    .include "irq.inc"
    .include "debug.inc"
    .set APIC, 0xfee00000
    begin
    pics
    outp 0x21, 0xfe
    movl $0x1ff, APIC + 0xf0    # on; LINT0: the 8259
    movl $0x8700, APIC + 0x350
    movl $0, APIC + 0x310
    on_event ordered

    .macro order text, dr7, insn:vararg # an interrupt waits, IF is clear; breakpoint 0 is at label 2, data at `buffer`
    watching "\text", 1f
    timer 100
    pending 0
    mov $buffer, %eax
    .if (\dr7) & ACCESS == 0
    mov $2f, %eax
    .endif
    mov %eax, %dr0
    mov %ss, %ecx
    mov %ecx, buffer
    push $TF + IF + 2
    push $IF + 2
    arm \dr7
1:  .irp i, \insn
    \i
    .endr
2:  nop
    push $2
    popf
    passed
    .endm
    .macro nmi                  # to itself, by the local APIC; 10 bytes
    movl $0x400, APIC + 0x300
    .endm

    # -- interrupts
    order "an interrupt, then the breakpoint", L0, "popf"
    order "sti: the breakpoint, then the interrupt with RF", L0, "sti"
    order "sti, nop: the interrupt, then the breakpoint", L0, "sti", "nop"
    order "popf sets TF and IF: the interrupt, and no trap yet", 0, "pop %eax", "popf"
    order "trap, interrupt, breakpoint", L0, "push $TF+2", "popf", "push $TF+IF+2", "popf"
    order "a data breakpoint's trap, then the interrupt", L0+ACCESS, "sti", "mov %eax, buffer"
    order "mov ss from it: the trap and the interrupt wait for the next instruction", L0+ACCESS, \
        "sti", "mov buffer, %ss", "nop"
    order "sti, mov ss: both wait", L0, "sti", "mov %ecx, %ss", "nop"
    order "a trap behind sti lets it in", 0, "push $TF+2", "popf", "sti", "nop"
    order "the interrupt, then #UD", 0, "popf", "2: ud2"
    order "the interrupt, then #GP by the length", 0, "popf", "2: .fill 15, 1, 0x3e"
    order "the breakpoint, then #UD", L0, "2: ud2"
    order "the breakpoint, then #GP by the length", L0, "2: .fill 15, 1, 0x3e"
    order "int has no boundary before its handler", 0, "sti", "int $0x43"

    # -- NMI: IF does not matter to it
    order "nmi", 0, "nmi"
    order "the nmi, then the breakpoint", L0, "nmi"
    order "the trap, then the nmi in its handler", 0, "push $TF+2", "popf", "nmi"
    order "the nmi, then the interrupt", 0, "sti", "nmi"
    order "the nmi, the interrupt, the breakpoint", L0, "sti", "nmi"
    movl $1, again
    order "a second one in the handler: after its iret", 0, "nmi"

    # -- a new task with its T bit set
    idt_gate 0x44, 0xe5, SLOT, 0
    gdt_segment SLOT, other, 0x67, 0x89
    mov %cr3, %eax
    mov %eax, other + 28
    mov %eax, tss + 28
    watching "T, the interrupt, the breakpoint of the new task", new_task
    timer 100
    pending 0
    point 0, new_task
    arm G0
    int $0x44
    passed
    outp 0x21, 0xff

    # -- faults: fetching, decoding, executing
    .macro first text, insn:vararg
    watching "\text", 1f
    mov $PLAY, %ebx
1:  \insn
    passed
    .endm
    mov %cr0, %eax
    or $8, %eax
    mov %eax, %cr0
    first "TS: lock is #UD, not #NM", .byte 0xf0, 0xd9, 0x03
    first "TS: #NM before the operand", fldl %fs:-1
    clts
    watching "hlt in ring 3: the breakpoint, then #GP", 1f
    point 0, 1f
    arm L0
    to_ring 3
1:  hlt
    passed
    paging_on
    movl $0, play_pte
    invlpg PLAY
    first "#UD before the operand's #PF", .byte 0xf0, 0x89, 0x03
    gdt_segment SLOT+16, PLAY, 0xf, 0x40f2
    mov $SLOT+16, %eax
    mov %eax, %es
    first "#GP by the limit before #PF", mov %es:0x10, %al
    rule "the interrupt, then the fetch's #PF", PLAY
    outp 0x21, 0xfe
    timer 100
    pending 0
    movb $0xc3, play_page
    mov $PLAY, %eax
    sti
    call *%eax
    cli
    passed
    on_event report
    rule "half of an opcode, the rest in a page that is not there: #PF", PLAY+0xfff
    movl $0, play_pte + 4
    invlpg PLAY+0x1000
    movb $0x0f, play_page+0xfff
    mov $PLAY+0xfff, %eax
    jmp *%eax
    passed
    # last, for machines that find no end here
    gdt_segment SLOT+8, 1f, 1, 0x409a
    on_event report
    watching "the breakpoint, not #GP at the end of CS", 2
    point 0, 2f
    arm L0
    ljmp $SLOT+8, $0
1:  nop
    nop
2:  nop
    passed
    on_event ordered
    outp 0x21, 0xfe
    order "hlt: the trap, then the interrupt", 0, "push $TF+2", "popf", "sti", "hlt"
    done

ordered:                        # the handlers run with IF clear
    mov e_vector, %eax
    cmp $2, %eax
    je 1f
    cmp $0x20, %eax
    je 3f
    movl $0, resume_flags       # RF for execution breakpoints only
    mov %dr7, %eax
    test $ACCESS, %eax
    jnz traced
    mov %dr6, %eax
    test $15, %al
    jz traced
    movl $RF, resume_flags
    jmp traced
3:
    outp 0x20, 0x20
    say " irq@"
    jmp 2f
1:  say " nmi@"
    decl again
    jnz 2f
    nmi
2:  mov e_eip, %eax
    cmp $stubs + 16, %eax
    je 1f
    sub rule_eip, %eax
    call put_number
    call tell_rf
    jmp go_on
1:  say "handler"
    jmp go_on
new_task:
    nop
    cli
    int $PASSED
    debug_handler

    .data
again:
    .long 0
other:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, new_task, IF+2
    .long 0, 0, 0, 0, start_stack-2048, 0, 0, 0
    .long DATA3, CODE0, DATA0, DATA3, DATA3, DATA3, 0
    .word 1, 104
    .bss
buffer:
    .skip 16
