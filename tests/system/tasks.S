# tasks.S - task switches by JMP, CALL, INT and IRET: busy bits, the link, NT, what is saved.
# SDM 3A 7.3, table 7-2 (busy, NT, link); 7.2.1 (the image).
    .include "system.inc"
    begin
    .set OTHER, SLOT            # a TSS of ring 0
    .set GATE, SLOT + 8         # a task gate to it
    .set USER, SLOT + 16        # a TSS whose task is in ring 3
    .set SMALL, SLOT + 24       # a 16-bit TSS
    gdt_segment SLOT+48, 0, 0xffff, 0x0092
    gdt_segment SLOT+40, small_task, 0xffff, 0x409a
    gdt_gate GATE, 0xe5, OTHER, 0
    idt_gate 0x44, 0xe5, OTHER, 0
    idt_gate 0x45, 0xe5, USER, 0
    idt_gate 6, 0x85, OTHER, 0
    idt_gate 13, 0x85, OTHER, 0

    # -- ways in: the new task tells about itself and both TSSs
    .macro enter text, insn:vararg
    rule "\text", 1f
    call fresh
    \insn
1:  call state
    passed
    .endm
    # the handler of int PASSED runs in whatever task passes; `fresh` makes this one current again
    enter "jmp to a TSS", ljmp $OTHER, $0x1234
    enter "call to a TSS", lcall $OTHER, $0x1234
    enter "jmp to a task gate", ljmp $GATE, $0
    enter "call to a task gate", lcall $GATE, $0
    enter "int to a task gate", int $0x44
    enter "ud2 to a task gate", .byte 0x0f, 0x0b
    rule "an error code goes onto the new stack", 1f
    call fresh
    mov $0x180, %eax
1:  mov %eax, %gs
    passed
    rule "CR0.TS is set, TR and NT in the new task"
    call fresh
    clts
    movl $look, other + 32
    lcall $OTHER, $0
    passed
    rule "IRET with NT set, back from a CALL; flags and EIP are kept"
    call fresh
    load_flags 0xcd7            # all but TF, IF, NT
    movl $leave, other + 32
    lcall $OTHER, $0
    pushf
    pop %eax
    and $0x4fd5, %eax
    show %eax
    call state
    passed

    # -- from ring 3 and to ring 3
    rule "call from ring 3 to a TSS of DPL 0", 1f
    call fresh
    to_ring 3
1:  lcall $OTHER, $0
    passed
    gdt_segment SLOT+32, other, 0x67, 0xe9
    rule "call from ring 3 to a TSS of DPL 3, and back", 1f
    call fresh
    movl $leave, other + 32
    to_ring 3
1:  lcall $SLOT+32, $0
    mov %cs, %eax
    show %eax
    passed
    rule "int to a task of ring 3, which returns"
    call fresh
    int $0x45
    passed

    # -- 16 bits
    rule "jmp to a 16-bit TSS: AX, BX, FS"
    call fresh
    ljmp $SMALL, $0
    passed
    done

fresh:                          # the TSSs as at the start, the current task not nested
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment OTHER, other, 0x67, 0x89
    gdt_segment USER, user, 0x67, 0x89
    gdt_segment SMALL, small, 0x2b, 0x81
    mov $TSS, %eax
    ltr %ax
    movl $arrive, other + 32
    movl $0x4006, other + 36
    andl $~0x4000, other + 36
    movl $start_stack - 2048, other + 56
    movw $0, other
    movl $user_task, user + 32
    ret
arrive:
    call state
    cmp $start_stack - 2048, %esp
    je 1f
    say " error"
    mov (%esp), %eax
    show %eax
1:  int $PASSED
leave:
    call state
    iret
look:
    mov %cr0, %eax
    and $8, %eax
    show %eax
    str %eax
    show %eax
    pushf
    pop %eax
    and $NT, %eax
    show %eax
    iret
state:                          # TR, NT, busy of both, the link of OTHER, EIP in both images
    pushf
    pop %edx
    str %eax
    say " tr"
    show %eax
    and $NT, %edx
    say " nt"
    show %edx
    say " busy"
    .irp which, TSS, OTHER
    movzbl gdt + \which + 5, %eax
    shr $1, %eax
    and $1, %eax
    show %eax
    .endr
    say " link"
    movzwl other, %eax
    show %eax
    ret
user_task:
    mov %cs, %eax
    show %eax
    iret
small_task:                     # the upper halves are undefined
    movzwl %ax, %eax
    show %eax
    movzwl %bx, %ebx
    show %ebx
    mov %fs, %eax
    show %eax
    str %eax
    show %eax
    int $PASSED

    .data
    .align 4
.macro tss_image name, eip, flags, esp, cs, ss
\name:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, \eip, \flags
    .long 0xa, 0xc, 0xd, 0xb, \esp, 0, 0, 0
    .long DATA3, \cs, \ss, DATA3, DATA3, DATA3, 0
    .word 0, 104
.endm
tss_image other, arrive, 2, start_stack-2048, CODE0, DATA0
tss_image user, user_task, 2, stack_of_ring+4096, CODE3, DATA3
small:
    .word 0, 0, 0, 0, 0, 0, 0, 0, 2
    .word 0xa, 0xc, 0xd, 0xb, 0x1000, 0, 0, 0
    .word DATA3, SLOT + 40, SLOT + 48, DATA3, 0
