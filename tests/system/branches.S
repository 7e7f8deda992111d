# branches.S - DEBUGCTL: the last branch and the last exception, and single steps from branch to branch.
# SDM 3B 17.14 (the P6 family's registers), 17.4.3 (BTF).
    .include "system.inc"
    .set DEBUGCTL, 0x1d9
    .set BRANCH, 0x1db          # from, to; then the last exception's
    .set LBR, 1
    .set BTF, 2
    begin
    on_event told
    idt_gate 0x43, 0xee, CODE0, recorded

    .macro control bits         # changes eax, ecx, edx
    mov $\bits, %eax
    xor %edx, %edx
    mov $DEBUGCTL, %ecx
    wrmsr
    .endm
    .macro branches text, insn:vararg   # what LBR recorded while insn ran
    rule "\text", 1f
    mov $1, %ebx
    mov $DATA0, %esi
    control LBR
1:
    .irp i, \insn
    \i
    .endr
    control 0
    call tell_branch
    call tell_exception
    passed
    .endm

    rule "DEBUGCTL as written with ones", 1f
    mov $DEBUGCTL, %ecx
    mov $0x7c, %eax
    xor %edx, %edx
    wrmsr
    xor %eax, %eax
    rdmsr
    show %eax
    show %edx
    xor %eax, %eax
    wrmsr
    passed
    .macro refused msr, low, high
    rule "wrmsr \msr \low \high", 1f
    mov $\msr, %ecx
    mov $\low, %eax
    mov $\high, %edx
1:  wrmsr
    passed
    .endm
    refused 0x1d9, 0x80, 0
    refused 0x1d9, 0, 1
    refused 0x1db, 0, 0
    refused 0x1dc, 0, 0
    refused 0x1dd, 0, 0
    refused 0x1de, 0, 0
    rule "1da and 1df are none", 1f
    mov $0x1da, %ecx
1:  rdmsr
    passed
    rule "ring 3", 1f
    to_ring 3
    mov $DEBUGCTL, %ecx
1:  rdmsr
    passed

    # -- records
    rule "off: nothing is recorded", 1f
    control LBR
1:  jmp 2f
2:  control 0
    jmp 3f
3:  call tell_branch
    passed
    branches "jmp", "jmp 2f", "nop", "2:"
    branches "jmp to the next", "jmp 2f", "2:"
    branches "jcc taken", "test %ebx, %ebx", "jnz 2f", "nop", "2:"
    branches "jcc taken to the next", "test %ebx, %ebx", "jnz 2f", "2:"
    branches "jcc not taken behind a jmp", "jmp 2f", "2: test %ebx, %ebx", "jz 2b"
    branches "loop taken", "mov $2, %ecx", "2: loop 2b"
    branches "jecxz", "xor %ecx, %ecx", "jecxz 2f", "nop", "2:"
    branches "call", "call 2f", "2: pop %eax"
    branches "ret", "push $2f", "ret", "nop", "2:"
    branches "jmp *reg", "mov $2f, %eax", "jmp *%eax", "2:"
    branches "far jmp", "ljmp $CODE0, $2f", "2:"
    branches "far ret", "push $CODE0", "push $2f", "lret", "2:"
    branches "iret", "pushf", "push $CODE0", "push $2f", "iret", "2:"
    branches "rep movsb is none", "jmp 2f", "2: mov $2, %ecx", "mov $buffer, %esi", "mov %esi, %edi", "rep movsb"
    branches "int: as the last exception, the branch before it", "jmp 2f", "2: int $0x43"
    branches "#UD: and a branch in the handler", "jmp 2f", "2: ud2"
    branches "mov to cr, ss: none", "jmp 2f", "2: mov %cr3, %eax", "mov %eax, %cr3", "mov %esi, %ss", "nop"
    branches "cpuid: none", "jmp 2f", "2: xor %eax, %eax", "cpuid"

    # -- #DB ends recording
    rule "a single step clears LBR and BTF; the branch before it stays", 1f
    control LBR
    push $TF + 2
1:  jmp 2f
2:  popf
    nop
    passed
    rule "int1 does, too", 1f
    control LBR
1:  jmp 2f
2:  .byte 0xf1
    passed
    rule "int3 does not", 1f
    control LBR
1:  jmp 2f
2:  int3
    passed
    rule "a breakpoint does", 1f
    mov $3f, %eax
    mov %eax, %dr0
    mov $0x402, %eax
    mov %eax, %dr7
    control LBR
1:  jmp 2f
2:  nop
3:  nop
    mov $0x400, %eax
    mov %eax, %dr7
    passed

    # -- BTF
    movl $0, records
    .macro stepped text, insn:vararg    # until the first step
    rule "BTF: \text", 1f
    mov $1, %ebx
    control BTF
    push $TF + 2
    popf
1:
    .irp i, \insn
    \i
    .endr
    nop
    jmp 3f
3:  nop
    passed
    .endm
    stepped "nops, then a jmp", "nop", "nop"
    stepped "jcc not taken", "test %ebx, %ebx", "jz 1b"
    stepped "jcc taken", "test %ebx, %ebx", "jnz 2f", "nop", "2:"
    stepped "call", "call 2f", "2: pop %eax"
    stepped "far jmp", "ljmp $CODE0, $2f", "2:"
    stepped "rep movsb", "mov $3, %ecx", "mov $buffer, %esi", "mov %esi, %edi", "rep movsb"
    rule "BTF without TF", 1f
    control BTF
1:  jmp 2f
2:  control 0
    passed
    movl $1, records
    rule "with both: the branch that was stepped is the last", 1f
    control LBR + BTF
    push $TF + 2
    popf
1:  nop
    jmp 2f
    nop
2:  nop
    passed
    movl $0, records
    rule "BTF: ring 3", 1f
    control BTF
    to_ring 3, TF + 2
1:  nop
    jmp 2f
    nop
2:  nop
    passed
    done

told:                           # #DB: DEBUGCTL, DR6, where, the records; then without TF
    mov e_vector, %eax
    cmp $3, %eax
    je 1f
    cmp $6, %eax
    je skip
    cmp $1, %eax
    jne over
1:  andl $~TF, e_flags
    mov $DEBUGCTL, %ecx
    rdmsr
    say " ["
    call put_number
    say " "
    mov %dr6, %eax
    xor $0xffff0ff0, %eax
    call put_number
    mov $0xffff0ff0, %eax
    mov %eax, %dr6
    say "@"
    mov e_eip, %eax
    sub rule_eip, %eax
    call put_number
    control 0
    cmpl $1, e_vector
    jne 1f
    testl $1, records
    jz 1f
    call tell_branch
1:  say "]"
    orl $RF, e_flags
    jmp go_on
skip:
    jmp 1f                      # recorded
1:  control 0
    addl $2, e_eip
    jmp go_on
over:
    cmp $PASSED, %eax           # not what came after the rule
    je report
    control 0
    jmp report

recorded:
    push %eax
    push %ecx
    push %edx
    control 0
    pop %edx
    pop %ecx
    pop %eax
    iret

tell_exception:
    say ", exception"
    mov $BRANCH + 2, %esi
    jmp tell_record
tell_branch:
    mov $BRANCH, %esi
tell_record:                    # from>to, as offsets in the rule
    say " "
    call 1f
    say ">"
1:  mov %esi, %ecx
    inc %esi
    rdmsr
    cmp $recorded, %eax
    je 4f
    test %eax, %eax
    jz 3f
    sub rule_eip, %eax
    cmp $0x200, %eax
    ja 2f
3:  jmp put_number
2:  say "elsewhere"
    ret
4:  say "handler"
    ret
    .data
records: .long 1
    .bss
buffer:
    .skip 16
