# debugdata.S - data and I/O breakpoints: which accesses meet them, and where the trap comes.
# SDM 3B 17.2.4 (DR7), 17.2.5 (LEN), 17.3.1.2; SDM 3A 6.8.3 (MOV SS).
    .include "system.inc"
    .include "paging.inc"
    .include "debug.inc"
    begin
    paging_on
    on_event traced
    idt_gate 0x43, 0xee, CODE0, quiet_handler
    idt_gate 0x44, 0xe5, SLOT, 0
    gdt_segment SLOT, other, 0x67, 0x89

    .macro access text, dr7, insn:vararg    # the instruction is 0 bytes from the rule's first
    watching "\text: \insn", 1f
    point 0, buffer
    mov $buffer, %esi
    mov $buffer + 16, %edi
    mov $3, %ecx
    mov $2, %edx
    arm \dr7
1:  \insn
    nop
    passed
    .endm
    access "writes", L0 + WRITE, mov %eax, buffer
    access "writes", L0 + WRITE, mov buffer, %eax
    access "both", L0 + ACCESS, mov %eax, buffer
    access "both", G0 + ACCESS, mov buffer, %eax
    access "both, not enabled", ACCESS, mov buffer, %eax
    access "both", L0 + ACCESS, lea buffer, %eax
    access "both", L0 + ACCESS, invlpg buffer

    # -- ranges
    access "byte", L0 + WRITE, movb $1, buffer - 1
    access "byte", L0 + WRITE, movb $1, buffer + 1
    access "byte", L0 + WRITE, movl $1, buffer - 3
    access "byte", L0 + WRITE, movl $1, buffer - 4
    access "word", L0 + WRITE + LEN2, movb $1, buffer + 1
    access "word", L0 + WRITE + LEN2, movb $1, buffer + 2
    access "dword", L0 + WRITE + LEN4, movb $1, buffer + 3
    access "dword", L0 + WRITE + LEN4, movb $1, buffer + 4
    access "dword", L0 + WRITE + LEN4, movl $1, buffer - 3
    access "dword", L0 + WRITE + LEN4, movl $1, buffer + 3
    watching "a dword's address is aligned: buffer + 2 watches buffer", 1f
    point 0, buffer + 2
    arm L0 + WRITE + LEN4
1:  movb $1, buffer
    movb $1, buffer + 4
    passed
    watching "two that overlap", 1f
    point 1, buffer
    point 2, buffer + 2
    arm L1 + L2 + ((WRITE + LEN4) << 4) + ((WRITE + LEN2) << 8)
1:  movb $1, buffer + 3
    movb $1, buffer + 1
    passed
    watching "across a page, at its end", 1f
    point 0, PLAY + 0x1000
    arm L0 + ACCESS
1:  mov PLAY + 0xffd, %eax
    passed

    # -- instructions
    access "writes", L0 + WRITE, incl buffer
    access "writes", L0 + WRITE, xchg %eax, buffer
    access "writes", L0 + WRITE, cmp %eax, buffer
    access "writes, though it differs", L0 + WRITE, cmpxchg %edi, buffer
    access "both", L0 + ACCESS, bt %edx, buffer
    access "writes", L0 + WRITE, bts %edx, buffer
    access "both", L0 + ACCESS, movsb
    access "both", L0 + ACCESS, cmpsb
    access "both", L0 + ACCESS, lodsl
    access "both", L0 + ACCESS, les buffer, %eax
    access "both", L0 + ACCESS, sidt buffer
    access "both", L0 + ACCESS, setc buffer
    fninit
    access "writes", L0 + WRITE, fnstcw buffer - 1
    access "both", L0 + ACCESS, fldl buffer - 7
    access "both", L0 + ACCESS, fldl buffer - 8
    access "writes", L0 + WRITE, fnsave buffer - 16
    .macro stack text, depth, insn:vararg   # in ring 3: #DB is told on another stack
    watching "\text", 1f
    point 0, (stack_of_ring+4096-\depth)
    arm L0 + ACCESS
    to_ring 3
1:  \insn
    nop
    passed
    .endm
    stack "push, at its first byte", 4, push %ecx
    stack "push, at its last byte", 1, push %ecx
    stack "push of a word", 3, pushw %cx
    stack "pusha", 32, pusha
    stack "pusha", 33, pusha
    stack "enter", 4, enter $16, $0
    .macro by_call
    call 96f
96:
    .endm
    .macro by_lcall
    lcall $CODE3, $96f
96:
    .endm
    stack "call", 4, by_call
    stack "push and pop", 4, .byte 0x51, 0x59
    stack "call and ret", 4, .byte 0xe8, 0x02, 0, 0, 0, 0xeb, 0x01, 0xc3
    stack "leave", 4, .byte 0x55, 0x89, 0xe5, 0xc9
    stack "a far call's CS", 4, by_lcall
    stack "a far call's EIP", 8, by_lcall
    .macro by_iret
    pushf
    push %cs
    push $96f
    iret
96:
    .endm
    .macro by_retf
    push %cs
    push $96f
    lret
96:
    .endm
    stack "iret, its EFLAGS", 4, by_iret
    stack "retf, its EIP", 8, by_retf

    # -- with other reasons for #DB
    watching "with a single step: one #DB", 1f
    point 0, buffer
    arm L0 + WRITE
    push $TF + 2
    popf
1:  mov %eax, buffer
    push $2
    popf
    passed
    watching "and a breakpoint on the next instruction: two", 1f
    point 0, buffer
    point 1, 2f
    arm L0 + L1 + WRITE
    movl $0, resume_flags
    movl $2, limit
1:  mov %eax, buffer
2:  nop
    passed
    watching "mov ss from it: after the next instruction", 1f
    mov %ss, buffer
    point 0, buffer
    arm L0 + ACCESS
1:  mov buffer, %ss
    nop
    nop
    passed

    # -- with faults
    watching "a page that is not there: #PF, then the access", 1f
    movl $0, play_pte
    invlpg PLAY
    mov $PLAY, %eax
    mov %eax, %dr0
    movl $(0x400+L0+ACCESS), armed_again
    arm L0 + ACCESS
1:  mov PLAY, %eax
    nop
    passed
    movl $0x400, armed_again
    watching "a limit violation is no access", 1f
    gdt_segment SLOT + 8, buffer, 0xf, 0x0092
    mov $SLOT + 8, %eax
    mov %eax, %es
    point 0, buffer + 0x10
    arm L0 + ACCESS
1:  mov %es:0x10, %al
    passed

    # -- string instructions: after the iteration, which goes on behind it
    .macro repeated text, insn:vararg
    watching "\text", 1f
    point 0, buffer + 1
    mov $buffer, %esi
    mov $buffer + 16, %edi
    mov $3, %ecx
    arm L0 + ACCESS
1:  \insn
    nop
    show %ecx
    passed
    .endm
    repeated "rep movsb, the second read", rep movsb
    repeated "rep lodsb, the second read", rep lodsb
    watching "rep stosb, the last write", 1f
    point 0, buffer + 2
    mov $buffer, %edi
    mov $3, %ecx
    arm L0 + WRITE
1:  rep stosb
    nop
    passed
    watching "and each of a dword's bytes", 1f
    point 0, buffer
    mov $buffer, %edi
    mov $6, %ecx
    arm L0 + WRITE + LEN4
1:  rep stosb
    nop
    passed

    # -- ports
    .macro port text, dr7, insn:vararg
    watching "\text: \insn", 1f
    mov $0x80, %eax
    mov %eax, %dr0
    mov $0x7f, %edx
    mov $2, %ecx
    mov $buffer, %esi
    arm \dr7
1:  \insn
    nop
    passed
    .endm
    port "without CR4.DE", L0 + IO, out %al, $0x80
    mov $8, %eax
    mov %eax, %cr4
    port "I/O", L0 + IO, out %al, $0x80
    port "I/O", L0 + IO, in $0x80, %al
    port "I/O", L0 + IO, out %al, %dx
    port "I/O", L0 + IO, outw %ax, %dx
    port "I/O, word", L0 + IO + LEN2, in $0x81, %al
    port "I/O", L0 + IO, rep outsw
    port "memory at that address", L0 + IO, mov 0x80, %al
    port "port at that address", L0 + ACCESS, in $0x80, %al

    # -- what a program does not access itself
    watching "a descriptor", 1f
    movl $1, limit
    mov $gdt + DATA3 - 3, %eax
    mov %eax, %dr0
    arm L0 + ACCESS + LEN4
    mov %ds, %ecx
1:  mov %ecx, %ds
    nop
    passed
    watching "a page table's entry", 1f
    movl $1, limit
    invlpg PLAY
    mov $play_pte, %eax
    mov %eax, %dr0
    arm L0 + ACCESS + LEN4
1:  mov PLAY, %eax
    nop
    passed
    watching "TSSs; the switch takes L0 to L3 away, not G0 to G3", 1f
    movl $1, limit
    call fresh
    mov $other + 32, %eax
    mov %eax, %dr0
    arm L0 + G0 + L1 + ACCESS + LEN4
1:  int $0x44
    mov %dr7, %eax
    show %eax
    passed
    watching "SS0 and ESP0", 1f
    movl $1, limit
    mov $tss + 4, %eax
    mov %eax, %dr0
    arm L0 + ACCESS + LEN4
    to_ring 3
1:  int $0x43
    nop
    passed
    watching "an IDT entry", 1f
    movl $1, limit
    mov $idt + 8 * 0x43, %eax
    mov %eax, %dr0
    arm L0 + ACCESS + LEN4
1:  int $0x43
    nop
    passed

    # -- frames of events
    watching "the frame of int: in the handler", 1f
    movl $1, limit
    lea -4(%esp), %eax
    mov %eax, %dr0
    arm L0 + WRITE + LEN4
1:  int $0x43
    nop
    passed
    watching "the frame on an inner stack", 1f
    movl $1, limit
    mov $trap_stack - 20, %eax
    mov %eax, %dr0
    arm L0 + WRITE + LEN4
    to_ring 3
1:  int $0x43
    nop
    passed
    watching "pop ss from it, then int: in the handler", 1f
    movl $1, limit
    push %ss
    mov %esp, %eax
    mov %eax, %dr0
    arm L0 + ACCESS
1:  pop %ss
    int $0x43
    nop
    passed
    watching "it is read, but the write faults: when both are done", 1f
    movl $0, play_pte
    invlpg PLAY
    mov $buffer, %esi
    mov $PLAY, %edi
    movl $(0x400+L0+ACCESS), armed_again
    point 0, buffer
    arm L0 + ACCESS
1:  movsb
    nop
    passed
    done

fresh:
    mov %cr3, %eax
    mov %eax, other + 28
    mov %eax, tss + 28
    movl $other_starts, other + 32
    movl $2, other + 36
    movl $other_stack, other + 56
    movl $CODE0, other + 76
    .irp at, 72, 80, 84, 88, 92
    movl $DATA0, other + \at
    .endr
    ret
other_starts:
    iret
    debug_handler
    .bss
    .align 16
    .skip 16
buffer:
    .skip 64
other:
    .skip 104
    .skip 256
other_stack:
