# taskfaults.S - task switches that fail: what is checked in the old task, what in the new one.
# SDM 3A 7.3, table 7-1.  Faults from the new task are told by TR at the handler.
    .include "system.inc"
    begin
    .set OTHER, SLOT
    on_event told

    # -- the descriptor: nothing has happened yet
    .macro old text, type, limit, insn:vararg
    rule "\text", 1f
    call fresh
    gdt_segment OTHER, other, \limit, \type
1:  \insn
    passed
    .endm
    old "jmp, TSS not present", 0x09, 0x67, ljmp $OTHER, $0
    old "jmp, TSS busy", 0x8b, 0x67, ljmp $OTHER, $0
    old "call, TSS busy", 0x8b, 0x67, lcall $OTHER, $0
    old "jmp, limit 66h", 0x89, 0x66, ljmp $OTHER, $0
    old "jmp, 16-bit TSS, limit 2ah", 0x81, 0x2a, ljmp $OTHER, $0
    old "jmp, an LDT", 0x82, 0x67, ljmp $OTHER, $0
    rule "jmp to a TSS in the LDT", 1f
    call fresh
    ldt_segment 0x0c, other, 0x67, 0x89
1:  ljmp $0x0c, $0
    passed
    rule "task gate to a TSS in the LDT", 1f
    gdt_gate SLOT+8, 0xe5, 0x0c, 0
1:  ljmp $SLOT+8, $0
    passed
    rule "iret with NT, the link is available", 1f
    call fresh
    movw $OTHER, tss
    load_flags NT
1:  iret
    passed
    rule "iret with NT, the link is null", 1f
    movw $0, tss
    load_flags NT
1:  iret
    passed
    idt_gate 0x44, 0xe5, OTHER, 0
    rule "int to a task gate, TSS busy: the error code names the TSS", 1f
    call fresh
    movb $0x8b, gdt + OTHER + 5
1:  int $0x44
    passed

    # -- what the new task loads.  It has no stack yet: the handlers are tasks (SDM 3A 6.15, interrupt 10)
    idt_gate 10, 0x85, SLOT+40, 0
    idt_gate 11, 0x85, SLOT+48, 0
    .macro new text, at, value
    rule "new task, \text", start
    call fresh
    movl $\value, other + \at
    ljmp $OTHER, $0
    passed
    .endm
    .set LDTR, 96
    .set rES, 72
    .set rCS, 76
    .set rDS, 84
    new "all is well", 64, 0
    new "LDT selector in the LDT", LDTR, 0x0c
    new "LDT selector of data", LDTR, DATA0
    new "LDT beyond the GDT", LDTR, 0x800
    gdt_segment SLOT+16, ldt, 0x7f, 0x02
    new "LDT not present", LDTR, SLOT+16
    new "DS of DPL 0, RPL 3", rDS, DATA0+3
    new "DS execute-only", rDS, SLOT+24
    new "DS null", rDS, 0
    new "DS beyond the GDT", rDS, 0x800
    gdt_segment SLOT+32, 0, 0xfffff, 0xc012
    new "DS not present", rDS, SLOT+32
    new "ES beyond the LDT", rES, 0x84
    new "LDT null", 100, 0
    new "the T bit: #DB before its first instruction", 100, 1
    done

fresh:
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment OTHER, other, 0x67, 0x89
    gdt_segment SLOT+24, 0, 0xfffff, 0xc098
    gdt_segment SLOT+40, catch_ts, 0x67, 0x89
    gdt_segment SLOT+48, catch_np, 0x67, 0x89
    movl $caught_ts, catch_ts + 32
    movl $caught_np, catch_np + 32
    movl $catch_stack, catch_ts + 56
    movl $catch_stack, catch_np + 56
    mov $TSS, %eax
    ltr %ax
    mov $LDT, %eax
    lldt %ax
    push %ecx
    push %esi
    push %edi
    mov $good, %esi
    mov $other, %edi
    mov $26, %ecx
    rep movsl
    pop %edi
    pop %esi
    pop %ecx
    ret
start:
    int $PASSED
caught_ts:
    say " #TS"
    jmp 1f
caught_np:
    say " #NP"
1:  mov (%esp), %eax            # the error code, who was interrupted, and where
    show %eax
    str %eax
    sub $SLOT, %eax
    imul $13, %eax              # 104 bytes a TSS, 8 a descriptor
    movzwl catch_ts - 5 * 104(%eax), %eax
    say " from"
    show %eax
    cmpl $start, other + 32
    setz %al
    say " at its start"
    show_byte %al
    int $PASSED
told:
    call report_event
    say " tr "
    str %eax
    call put_number
    jmp resume

    .data
    .align 4
good:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, start, 2
    .long 0, 0, 0, 0, task_stack, 0, 0, 0
    .long DATA3, CODE0, DATA0, DATA3, DATA3, DATA3, 0
    .word 0, 104
    .irp name, catch_ts, catch_np
\name:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, 0, 2
    .long 0, 0, 0, 0, 0, 0, 0, 0
    .long DATA3, CODE0, DATA0, DATA3, DATA3, DATA3, 0
    .word 0, 104
    .endr
    .bss
    .align 16
    .skip 512
catch_stack:
other:
    .skip 104
    .skip 512
task_stack:
