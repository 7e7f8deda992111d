# double.S - faults on the way to a handler: which pairs are a double fault, and its task gate.
# SDM 3A 6.15, interrupt 8, tables 6-4 and 6-5; 7.3.
    .include "system.inc"
    .include "paging.inc"
    begin
    paging_on
    .set CATCHER, SLOT
    idt_gate 8, 0x85, CATCHER, 0

    # the handler of the first fault is spoiled, so that the second comes with its delivery
    .macro pair text, vector, type, selector, offset, insn:vararg
    rule "\text", 1f
    call fresh
    idt_gate \vector, \type, \selector, \offset
    xor %ecx, %ecx
    mov $0x180, %edx
1:  \insn
    passed
    idt_gate \vector, 0x8e, CODE0, stubs+16*\vector
    .endm
    pair "#UD, then #NP", 6, 0x0e, CODE0, 0, ud2
    pair "#UD, then #GP", 6, 0x8e, 0, 0, ud2
    pair "#DE, then #NP", 0, 0x0e, CODE0, 0, div %ecx
    pair "#DE, then #GP", 0, 0x8e, DATA0, 0, div %ecx
    pair "#GP, then #NP", 13, 0x0e, CODE0, 0, mov %edx, %fs
    pair "#GP, then #GP", 13, 0x8e, 0, 0, mov %edx, %fs
    pair "#PF, then #NP", 14, 0x0e, CODE0, 0, movl $0, PLAY + 8192
    pair "#PF, then #GP", 14, 0x8e, 0, 0, movl $0, PLAY + 8192
    pair "#BP, then #GP", 3, 0x8e, 0, 0, int3
    pair "int 40h, then #NP", 0x40, 0x6e, CODE0, 0, int $0x40

    # the stack of ring 1 is not there: a page fault on the way in
    .macro unmapped text, vector, insn:vararg
    rule "\text", 1f
    call fresh
    movl $PLAY + 8192 + 64, tss + 12
    idt_gate \vector, 0xee, CODE1, 0
    movl $play_page + 4, play_pte
    invlpg PLAY
    to_ring 3
    xor %ecx, %ecx
    mov $0x180, %edx
1:  \insn
    passed
    movl $play_page + 7, play_pte
    invlpg PLAY
    idt_gate \vector, 0x8e, CODE0, stubs+16*\vector
    .endm
    unmapped "#UD, then #PF", 6, ud2
    unmapped "#DE, then #PF", 0, div %ecx
    unmapped "#GP, then #PF", 13, mov %edx, %fs
    unmapped "int 40h, then #PF", 0x40, int $0x40
    rule "#PF, then #PF", 1f
    call fresh
    idt_gate 14, 0xee, CODE1, 0
    movl $PLAY + 8192 + 64, tss + 12
    to_ring 3
1:  movl $0, PLAY + 8192
    passed
    idt_gate 14, 0x8e, CODE0, stubs+16*14
    rule "#SS at the stack's end in ring 0", 1f
    call fresh
    gdt_segment SLOT+8, 0, 0xfff, 0x4092
    mov $SLOT+8, %eax
    mov %eax, %ss
    mov $2, %esp
1:  push %eax
    passed
    done

fresh:
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment CATCHER, catcher, 0x67, 0x89
    mov $TSS, %eax
    ltr %ax
    movl $directory, catcher + 28
    movl $caught, catcher + 32
    movl $2, catcher + 36
    movl $catcher_stack, catcher + 56
    movl $0, play_pte + 8
    ret
caught:                         # the #DF: its error code, where the interrupted task stood, the last #PF
    say " double fault"
    mov (%esp), %eax
    show %eax
    mov tss + 32, %eax
    sub rule_eip, %eax
    say " eip"
    show %eax
    say " from"
    movzwl catcher, %eax
    show %eax
    mov tss + 76, %eax
    show %eax
    say " cr2"
    mov %cr2, %eax
    show %eax
    int $PASSED

    .data
    .align 4
catcher:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, 0, 2
    .long 0, 0, 0, 0, 0, 0, 0, 0
    .long DATA3, CODE0, DATA0, DATA3, DATA3, DATA3, 0
    .word 0, 104
    .bss
    .skip 1024
catcher_stack:
