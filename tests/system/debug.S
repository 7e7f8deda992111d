# debug.S - execution breakpoints, general detect, the debug registers themselves.
# SDM 3B 17.2 (registers), 17.3.1.1 (RF), 17.3.1.3 (GD); SDM 3A table 6-2 (priorities), 6.8.3 (MOV SS).
    .include "system.inc"
    .include "paging.inc"
    .include "debug.inc"
    begin
    paging_on
    on_event traced
    idt_gate 0x43, 0xee, CODE0, quiet_handler

    # -- the registers
    rule "DR7 and DR6 as written with ones, with zeros"
    mov $0xffffdf00, %eax       # no enables, no GD
    mov %eax, %dr7
    mov %dr7, %ebx
    show %ebx
    mov $-1, %eax
    mov %eax, %dr6
    mov %dr6, %ebx
    show %ebx
    xor %eax, %eax
    mov %eax, %dr7
    mov %dr7, %ebx
    show %ebx
    mov %eax, %dr6
    mov %dr6, %ebx
    show %ebx
    passed
    rule "DR0 to DR3 hold what they are given"
    .irp n, 0, 1, 2, 3
    mov $0x12345678 + \n, %eax
    mov %eax, %dr\n
    .endr
    .irp n, 0, 1, 2, 3
    mov %dr\n, %ebx
    show %ebx
    .endr
    passed
    rule "DR4 is DR6, DR5 is DR7"
    xor %eax, %eax
    mov %eax, %dr6
    .byte 0x0f, 0x21, 0xe3      # mov %dr4, %ebx
    show %ebx
    .byte 0x0f, 0x21, 0xeb      # mov %dr5, %ebx
    show %ebx
    passed
    .macro undefined text, insn:vararg
    rule "with CR4.DE \text", 1f
    mov $8, %eax
    mov %eax, %cr4
1:  \insn
    passed
    .endm
    undefined "DR4", .byte 0x0f, 0x21, 0xe3
    undefined "DR5", .byte 0x0f, 0x23, 0xeb
    xor %eax, %eax
    mov %eax, %cr4
    .macro forbidden insn:vararg
    rule "ring 3: \insn", 1f
    to_ring 3
1:  \insn
    passed
    .endm
    forbidden mov %dr7, %eax
    forbidden mov %eax, %dr0

    # -- execution
    watching "before the instruction, once when the handler sets RF", 1f
    point 0, 2f
    arm L0
1:  nop
2:  nop
    nop
    passed
    watching "again and again when it does not", 1f
    point 0, 2f
    arm G0
    movl $0, resume_flags
    movl $3, limit
1:  nop
2:  nop
    passed
    watching "nothing enabled", 1f
    point 0, 2f
    arm 0
1:  nop
2:  nop
    passed
    watching "two that are enabled", 1f
    point 0, 2f
    point 3, 2f
    arm L0 + L3
1:  nop
2:  nop
    passed
    watching "in the middle of an instruction: none", 1f
    point 0, 2f + 1
    arm L0
1:  nop
2:  mov $1, %eax
    passed
    watching "at a prefix, and behind it", 1f
    point 0, 2f
    point 1, 2f + 1
    arm L0 + L1
1:  nop
2:  .byte 0x66, 0x90
    passed
    watching "a jump to it", 1f
    point 0, 2f
    arm L0
1:  jmp 2f
    nop
2:  nop
    passed
    watching "it jumps to itself: each time", 1f
    point 0, 1f
    mov $3, %ecx
    arm L0
1:  loop 1b
    passed
    watching "DR6 keeps BS, not B0 to B3", 1f
    point 0, 2f
    point 1, 3f
    movl $1, keep_dr6
    mov $0xffff4ff4, %eax
    mov %eax, %dr6
    arm L0 + L1
1:  nop
2:  nop
3:  nop
    passed
    watching "ring 3", 1f
    point 0, 2f
    arm L0
    to_ring 3
1:  nop
2:  nop
    passed
    watching "iret with RF to it", 1f
    point 0, 2f
    arm L0
    push $RF + 2
    push %cs
    push $2f
1:  iret
2:  nop
    nop
    passed
    watching "popf leaves RF clear", 1f
    point 0, 2f
    arm L0
    push $RF + 2
1:  popf
2:  nop
    passed
    watching "pushf shows no RF", 1f
    push $RF + 2
    push %cs
    push $1f
    iret
1:  pushf
    pop %eax
    and $RF, %eax
    show %eax
    passed
    watching "at the handler of an interrupt", 1f
    point 0, quiet_handler
    arm L0
1:  int $0x43
    nop
    passed

    # -- priorities
    watching "a single step before it", 1f
    point 0, 2f
    arm L0
    movl $0, resume_flags
    movl $2, limit
    push $TF + 2
    popf
1:  nop
2:  nop
    passed
    watching "before the undefined instruction's #UD", 1f
    point 0, 1f
    arm L0
1:  ud2
    passed
    watching "before the fetch's page fault", PLAY
    movl $0, play_pte
    movb $0xc3, play_page
    invlpg PLAY
    mov $PLAY, %eax
    mov %eax, %dr0
    movl $0x401, armed_again
    arm L0
    mov $PLAY, %eax
    call *%eax
    passed
    movl $0x400, armed_again
    watching "mov ss: not before the next instruction", 1f
    point 0, 2f
    arm L0
    mov %ss, %ecx
1:  mov %ecx, %ss
2:  nop
    nop
    passed
    watching "sti: before the next instruction", 1f
    point 0, 2f
    arm L0
1:  sti
2:  cli
    passed

    # -- string instructions
    watching "rep movsb: before the first iteration only", 1f
    mov $buffer, %esi
    mov $buffer + 16, %edi
    mov $3, %ecx
    point 0, 1f
    arm L0
1:  rep movsb
    nop
    show %ecx
    passed
    watching "rep movsb, single steps: RF while it goes on", 1f
    mov $buffer, %esi
    mov $buffer + 16, %edi
    mov $3, %ecx
    movl $0, resume_flags
    push $TF + 2
    popf
1:  rep movsb
    push $2
    popf
    passed
    watching "rep movsb, a fault within: RF", 1f
    mov $buffer, %esi
    mov $PLAY - 2, %edi
    movl $0, play_pte
    invlpg PLAY
    mov $4, %ecx
1:  rep movsb
    show %ecx
    passed

    # -- general detect
    .macro detect insn:vararg
    watching "GD: \insn", 1f
    arm GD
1:  \insn
    mov %dr7, %ebx
    show %ebx
    passed
    .endm
    detect mov %dr7, %ebx
    detect mov %dr0, %ebx
    detect mov %eax, %dr6
    watching "GD, DR5 with CR4.DE: #UD", 1f
    mov $8, %eax
    mov %eax, %cr4
    arm GD
1:  .byte 0x0f, 0x21, 0xeb
    passed
    watching "GD, ring 3: #GP", 1f
    xor %eax, %eax
    mov %eax, %cr4
    arm GD
    to_ring 3
1:  mov %dr0, %eax
    passed
    watching "GD and a breakpoint: the breakpoint first", 1f
    point 0, 1f
    arm GD + L0
1:  mov %dr0, %ebx
    passed
    watching "CS has a base: linear addresses count", 1f
    gdt_segment SLOT, 0x10, 0xfffff, 0xc09a
    point 0, 2f
    arm L0
1:  ljmp $SLOT, $2f - 0x10
2:  ljmp $CODE0, $3f
3:  passed
    done

    debug_handler
    .bss
buffer:
    .skip 64
