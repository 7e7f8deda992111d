# irq.S - a pending interrupt: where STI, MOV SS, POPF, IRET, CLI and HLT let it in.
# SDM 3A 6.8.1 (IF), 6.8.3 (MOV SS); SDM 2, STI (its one instruction of delay).
    .include "system.inc"
    .include "irq.inc"
    begin
    pics
    outp 0x21, 0xfe
    on_event taken

    .macro wait_for text, insn:vararg
    rule "\text", 1f
    timer 100
    pending 0
    mov %ss, %ecx
    mov $0x202, %ebx
    jmp 1f
1:
    .irp i, \insn
    \i
    .endr
    nop
    cli
    passed
    .endm
    wait_for "sti, nop, nop", "sti", "nop", "nop"
    wait_for "sti, cli: not let in", "sti", "cli"
    wait_for "and afterwards still there", "sti", "nop"
    wait_for "sti, sti, nop: the second delays nothing", "sti", "sti", "nop"
    wait_for "popf: no delay", "push %ebx", "popf", "nop"
    wait_for "sti, then a far jump", "sti", "ljmp $CODE0, $2f", "2: nop"
    wait_for "mov ss with IF already set", "push %ebx", "mov %ss, %ecx", "sti", "mov %ecx, %ss", "nop", "pop %ebx"
    wait_for "sti, pop ss, nop", "push %ss", "sti", "pop %ss", "nop"
    wait_for "sti, hlt: it wakes at once", "sti", "hlt"
    wait_for "sti, a fault: the handler first", "sti", "ud2"
    wait_for "cli lets nothing in", "cli"
    rule "iret sets IF: no delay", 1f
    timer 100
    pending 0
    push $0x202
    push %cs
    push $1f
    iret
1:  nop
    cli
    passed
    rule "sti in ring 3, iopl 3", 1f
    timer 100
    pending 0
    to_ring 3, 0x3002
1:  sti
    nop
    cli
    passed
    rule "hlt until the timer", 1f
    timer 2000
1:  sti
    hlt
    cli
    passed
    rule "rep movsb until the timer: EIP stays on it, ECX is neither 0 nor all", 1f
    mov $0x300000, %esi
    mov $0x320000, %edi
    timer 50
    mov $0x10000, %ecx
    sti
1:  rep movsb
    cli
    mov irq_ecx, %eax
    dec %eax
    cmp $0xffff, %eax
    setb %al
    show_byte %al
    passed
    outp 0x21, 0xff
    rule "masked at the 8259", 1f
    timer 100
1:  sti
    nop
    nop
    cli
    passed
    done

taken:
    irq_or_report
    mov r_ecx, %ecx
    mov %ecx, irq_ecx
    say " irq at"
    mov e_eip, %eax
    sub rule_eip, %eax
    push %eax
    say " "
    pop %eax
    call put_number
    outp 0x20, 0x20
    jmp go_on
    .bss
irq_ecx:
    .skip 4
