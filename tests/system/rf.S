# rf.S - RF: set in the images of faults, clear in those of traps, spent by one instruction, kept by what returns into
# an unfinished one, lost in frames of 16 bits, saved and loaded by task switches; "r" where the pushed image has it.
# SDM 3B 17.3.1.1; SDM 3A 7.2.1, 7.3.
    .include "system.inc"
    .include "paging.inc"
    .include "irq.inc"
    .include "debug.inc"
    begin
    paging_on
    fninit
    mov $0x80040031, %eax       # AM, NE
    mov %eax, %cr0
    on_event image

    # -- what each event pushes
    .macro pushed insn:vararg
    rule "\insn", 1f
    xor %eax, %eax
    mov $4, %ebx
1:  \insn
    passed
    .endm
    pushed div %eax
    pushed bound %eax, bounds
    pushed ud2
    pushed mov %ebx, %gs
    pushed ljmp $SLOT, $0
    pushed mov 0x402000, %eax
    pushed int3
    pushed int $0x44
    pushed int $0x45
    pushed .byte 0xf1
    rule "into", 1f
    load_flags 0x802
1:  into
    passed
    rule "#MF", 1f
    fldcw unmasked
    fldz
    fld1
    fdivp
1:  fwait
    passed
    fninit
    rule "#NM", 1f
    mov %cr0, %eax
    or $8, %eax
    mov %eax, %cr0
1:  fnop
    passed
    clts
    rule "#AC", 1f
    to_ring 3, 0x40002
1:  mov bounds + 1, %eax
    passed
    gdt_segment SLOT+8, 0, 0, 0x40f2
    rule "#SS", 1f
    to_ring 3
    mov $SLOT+11, %eax
    mov %eax, %ss
1:  pop %eax
    passed

    # -- RF is set when the instruction begins: an interrupt's frame does not show it, a fault's does
    .macro resumed text, at, insn:vararg
    rule "with RF set, \text", \at
    push $RF + 2
    push %cs
    push $1f
    iret
1:  \insn
    passed
    .endm
    resumed "int 44h", 1f, int $0x44
    resumed "int3", 1f, int3
    resumed "ud2", 1f, ud2
    resumed "nop", 1f, nop

    # -- breakpoint 0 is at label 2: one instruction spends RF, whatever it is
    on_event traced
    .macro spent text, insn:vararg
    watching "\text", 1f
    mov %ss, %ecx
    point 0, 2f
    arm L0
    push $RF + 2
    push %cs
    push $1f
    iret
1:  \insn
2:  nop
    passed
    .endm
    spent "nop", nop
    spent "jmp", jmp 2f
    spent "cli", cli
    spent "mov %cr0", mov %cr0, %ebx
    spent "push, pop: the second one, too", .byte 0x51, 0x59
    watching "rep movsb keeps it through its iterations, traps between them included", 1f
    point 0, 1f
    arm L0
    mov $bounds, %esi
    mov $play_page, %edi
    mov $3, %ecx
    movl $0, resume_flags
    push $RF + TF + 2
    push %cs
    push $1f
    iret
1:  rep movsb
    push $2
    popf
    passed
    watching "a loop to itself spends it", 1f
    mov $3, %ecx
    point 0, 1f
    arm L0
    movl $0, resume_flags
    movl $1, limit
    push $RF + 2
    push %cs
    push $1f
    iret
1:  loop 1b
    passed
    watching "popf cannot set it", 1f
    point 0, 1f
    arm L0
    push $RF + 2
    popf
1:  nop
    passed

    # -- an interrupt within a string instruction, between two others, and before an instruction with RF
    pics
    outp 0x21, 0xfe
    on_event image
    watching "an interrupt within rep movsb", 1f
    mov $0x100000, %esi
    mov $0x200000, %edi
    mov $0x10000, %ecx
    timer 50
    sti
1:  rep movsb
    passed
    watching "an interrupt between two instructions", 1f
    timer 100
    pending 0
    sti
    nop
1:  nop
    passed
    watching "before an instruction with RF", 1f
    timer 100
    pending 0
    push $RF + IF + 2
    push %cs
    push $1f
    iret
1:  nop
    passed
    outp 0x21, 0xff

    # -- tasks: what is saved in the old one, what the new one begins with
    .macro saved text, insn:vararg
    watching "saved by \text", 1f
    call fresh
1:  \insn
    passed
    .endm
    idt_gate 0x44, 0xe5, SLOT+24, 0
    idt_gate 6, 0x85, SLOT+24, 0
    saved "jmp to a TSS", ljmp $SLOT+24, $0
    saved "call to a TSS", lcall $SLOT+24, $0
    saved "int to a task gate", int $0x44
    saved "#UD to a task gate", ud2
    on_event traced
    watching "a TSS with RF: not before its first instruction", task
    call fresh
    movl $RF + 2, other + 36
    point 0, task
    arm G0
    ljmp $SLOT+24, $0
    passed
    watching "a TSS without", task
    call fresh
    point 0, task
    arm G0
    ljmp $SLOT+24, $0
    passed
    watching "back by iret: RF from the old TSS, and it is not met again", 1f
    call fresh
    movl $back, other + 32
    point 0, 1f
    arm G0
1:  ud2
    nop
    passed

    # -- #UD returns to its instruction once: a 16-bit gate has no room for RF, the breakpoint is met again
    .macro twice text, type, selector, offset
    watching "\text", 0
    idt_gate 6, \type, \selector, \offset
    gdt_segment SLOT+32, 1f, 0xfff, 0x409a
    movl $2, tries
    movl $4, limit
    point 0, 1f
    arm L0
    ljmp $SLOT+32, $0
1:  ud2
    ljmp $CODE0, $2f
2:  passed
    .endm
    twice "#UD by a 32-bit gate: once", 0x8e, CODE0, skip
    gdt_segment SLOT+16, skip16, 0xffff, 0x409a
    twice "#UD by a 16-bit gate: twice", 0x86, SLOT+16, 0
    done

fresh:                          # a task to go to, and to come from
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment SLOT+24, other, 0x67, 0x89
    mov $TSS, %eax
    ltr %ax
    mov %cr3, %eax
    mov %eax, other + 28
    mov %eax, tss + 28
    movl $task, other + 32
    movl $2, other + 36
    movl $start_stack - 2048, other + 56
    ret
task:
    mov tss + 36, %eax
    and $RF, %eax
    show %eax
    int $PASSED
back:
    mov tss + 36, %eax
    and $RF, %eax
    show %eax
    addl $2, tss + 32           # ud2 is not tried again
    iret
skip:
    decl tries
    jnz 1f
    addl $2, (%esp)
1:  iret
skip16:                         # the frame is one of words
    decl tries
    jnz 1f
    addw $2, (%esp)
1:  iretw
image:
    call report_event
    call tell_rf
    outp 0x20, 0x20
    jmp resume
    debug_handler

    .data
    .align 4
tries:
    .long 0
bounds:
    .long 4, 8
unmasked:
    .word 0x37b
    .align 4
other:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, task, 2
    .long 0, 0, 0, 0, 0, 0, 0, 0
    .long DATA3, CODE0, DATA0, DATA3, DATA3, DATA3, 0
    .word 0, 104
