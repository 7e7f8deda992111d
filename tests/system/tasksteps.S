# tasksteps.S - the single-step trap and a task switch: TF of the task left, TF of the one that begins, T of its TSS.
# SDM 3B 17.3.1.4 (TF set in a TSS: after the new task's first instruction), 17.3.1.5; SDM 3A table 6-2.
    .include "system.inc"
    begin
    .set OTHER, SLOT            # a TSS of ring 0
    idt_gate 0x44, 0xe5, OTHER, 0
    idt_gate 6, 0x85, OTHER, 0
    on_event traced

    # each trap: where it came (an offset in the new task), DR6's BS and BT, T: its frame has TF
    .macro into text, old, new, trap, insn:vararg
    rule "\text"
    call fresh
    movl $2 + \new, other + 36
    movw $\trap, other + 100
    load_flags 2 + \old
old\@:
    .ifnb \insn
    \insn
    .endif
    passed
    .endm
    .irp flags, 0, TF
    .irp image, 0, TF
    into "jmp, TF old \flags, new \image", \flags, \image, 0, ljmp $OTHER, $0
    into "call, TF old \flags, new \image", \flags, \image, 0, lcall $OTHER, $0
    into "int, TF old \flags, new \image", \flags, \image, 0, int $0x44
    into "#UD, TF old \flags, new \image", \flags, \image, 0, ud2
    .endr
    .endr
    into "jmp, T set", 0, 0, 1, ljmp $OTHER, $0
    into "jmp, T set, TF old TF, new 0", TF, 0, 1, ljmp $OTHER, $0
    into "jmp, T set, TF old 0, new TF", 0, TF, 1, ljmp $OTHER, $0
    into "jmp, T set, both", TF, TF, 1, ljmp $OTHER, $0

    .macro back text, nested, link
    rule "\text"
    call fresh
    movl $leave, other + 32
    movl $2 + NT + \nested, other + 36
    movl $arrive, tss + 32
    movl $2 + \link, tss + 36
    movl $TSS, other
    orb $2, gdt + TSS + 5
    gdt_segment OTHER, other, 0x67, 0x89
    mov $OTHER, %eax
    ltr %ax
    movl $start_stack - 2048, tss + 56
    movl $CODE0, tss + 76
    .irp at, 72, 80, 84, 88, 92
    movl $DATA0, tss + \at
    .endr
    load_flags 2 + NT + \nested
leave\@:
    iret
    passed
    .endm
    .irp flags, 0, TF
    .irp image, 0, TF
    back "iret, TF old \flags, new \image", \flags, \image
    .endr
    .endr
    done

fresh:
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment OTHER, other, 0x67, 0x89
    mov $TSS, %eax
    ltr %ax
    movl $arrive, other + 32
    movl $start_stack - 2048, other + 56
    movw $0, tss + 100
    mov $0xffff0ff0, %eax
    mov %eax, %dr6
    ret
leave:
    iret
arrive:
    nop
    nop
    int $PASSED

traced:
    cmpl $PASSED, e_vector
    je report
    cmpl $1, e_vector
    jne report
    mov e_eip, %eax
    sub $arrive, %eax
    cmp $4, %eax
    jbe 1f
    say " old"
    jmp 2f
1:  push %eax
    say " "
    pop %eax
    call put_number
2:  say ":"
    mov %dr6, %eax
    and $0xe000, %eax
    call put_number
    mov $0xffff0ff0, %eax
    mov %eax, %dr6
    mov e_flags, %eax
    and $TF, %eax
    jz 1f
    say "T"
1:  jmp go_on

    .data
    .align 4
other:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, arrive, 2
    .long 0xa, 0xc, 0xd, 0xb, start_stack-2048, 0, 0, 0
    .long DATA0, CODE0, DATA0, DATA0, DATA0, DATA0, 0
    .word 0, 104
