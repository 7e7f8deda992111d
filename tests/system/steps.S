# steps.S - where the single-step trap comes: after each instruction, by its offset from the first
# one under TF.  SDM 3B 17.3.1.4; SDM 3A 6.8.3 (MOV SS, POP SS), 6.12.1.2 (TF in gates); SDM 2, HLT.
    .include "system.inc"
    .include "paging.inc"
    begin
    paging_on
    idt_gate 0x43, 0xee, CODE0, stub_43
    idt_gate 0x4a, 0xee, CODE0, in_handler
    on_event traced
    .macro steps insn:vararg
    .irp i, \insn
    say "\i; "
    .endr
    rule "offsets", 1f
    mov %ss, %ecx
    mov $handler_return, %ebx
    push $TF + 2
    popf                        # no trap yet: TF was clear when it began
1:
    .irp i, \insn
    \i
    .endr
2:  nop
    push $2
    popf                        # still one: TF was set when it began
    passed
    .endm
    steps "nop"
    steps "pushf", "add $4, %esp"
    steps "push $0x102", "popf"
    steps "push $2", "popf"
    steps "push %cs", "pop %eax"
    steps "sti"
    steps "cli"
    steps "sti", "nop", "cli"
    steps "mov %ecx, %ss"
    steps "mov %ecx, %ss", "nop"
    steps "mov %ecx, %ss", "mov %ecx, %ss", "nop"
    steps "push %ss", "pop %ss"
    steps "mov %ecx, %ds"
    steps "push %ds", "pop %ds"
    steps "int $0x43"
    steps "int $0x4a"
    steps "int3"
    steps "into"
    steps "mov %ecx, %ss", "int $0x43"
    steps "cpuid"
    steps "mov %cr3, %eax", "mov %eax, %cr3"
    steps "mov %cr0, %eax", "mov %eax, %cr0"
    steps "in $0x80, %al"
    steps "call 2f"
    steps "jmp 2f"
    steps ".byte 0x3e, 0x3e, 0x90"

    rule "into, OF set", 1f
    push $TF + 0x802
    popf
1:  into
    nop
    push $2
    popf
    passed
    rule "rep movsb, 3 times: after each iteration", 1f
    mov $buffer, %esi
    mov $buffer + 16, %edi
    mov $3, %ecx
    push $TF + 2
    popf
1:  rep movsb
    push $2
    popf
    passed
    rule "rep movsb, not once", 1f
    xor %ecx, %ecx
    push $TF + 2
    popf
1:  rep movsb
    push $2
    popf
    passed
    rule "iret sets TF: the next instruction runs first", 1f
    push $TF + 2
    push %cs
    push $1f
    iret
1:  nop
    push $2
    popf
    passed
    rule "iret with TF set clears it: a trap all the same", 1f
    push $2
    push %cs
    push $2f
    push $TF + 2
    popf
1:  iret
2:  nop
    passed
    rule "iret sets TF before an instruction in ring 3", 1f
    to_ring 3, 0x102
1:  nop
    push $2
    popf
    passed
    rule "page fault: TF waits in the pushed image", 1f
    movl $0, play_pte
    invlpg PLAY
    push $TF + 2
    popf
1:  mov PLAY, %eax
    nop
    push $2
    popf
    passed
    rule "DR6 after a step: BS"
    mov $0xffff0ff0, %eax
    mov %eax, %dr6
    push $TF + 2
    popf
    nop
    push $2
    popf
    mov %dr6, %eax
    show %eax
    passed
    # last, for machines that sleep on
    steps "mov %ecx, %ss", "hlt"
    steps "hlt"
    done

traced:                         # " N" for a trap at offset N; another event in brackets
    mov e_vector, %eax
    cmp $PASSED, %eax
    je report
    cmp $1, %eax
    je offset
    cmp $13, %eax
    je report
    say " ["
    call report_event
    say "]"
    cmpl $14, e_vector
    jne go_on
    movl $play_page + 7, play_pte
    invlpg PLAY
    jmp go_on
offset:
    say " "
    mov e_eip, %eax
    cmp $handler_return, %eax
    je 1f
    sub rule_eip, %eax
    call put_number
    jmp go_on
1:  say "handler"
    jmp go_on
in_handler:                     # runs without TF
handler_return:
    nop
    iret
    .set stub_43, stubs + 0x43 * 16
    .bss
buffer:
    .skip 64
