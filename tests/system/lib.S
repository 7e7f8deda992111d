# lib.S - the machine behind the system guests: tables, recording handlers, printing.
    .include "system.inc"
    .global machine_init, puts, newline, make_segment, make_gate, resume, go_on, report, finish
    .global stubs, put_hex, put_number, put_entry, putc, report_event
    .global gdt, gdtr, idt, idtr, ldt, tss, start_stack, trap_stack, stack_of_ring
    .global resume_eip, resume_esp, rule_eip, event_handler
    .global e_vector, e_error, e_eip, e_cs, e_flags, e_esp, e_ss, e_es, e_ds, r_eax, r_ecx, r_edx, r_es

    .text
machine_init:                   # the return address is a flat one: kept in ebp
    pop %ebp
    cld
    segment gdt + TSS, tss, 0x67, 0x89
    segment gdt + LDT, ldt, 0x7f, 0x82
    lgdt gdtr
    ljmp $CODE0, $1f
1:  mov $DATA0, %eax
    mov %eax, %ss
    mov $start_stack, %esp
    call flat_data
    mov $TSS, %eax
    ltr %ax
    mov $LDT, %eax
    lldt %ax
    mov $stubs, %eax            # every vector: its stub, DPL 3 for 3, 4 and 40h to 4fh
    mov $idt, %edi
    mov $CODE0, %ecx
1:  mov $0x8e00, %edx
    mov %edi, %ebx
    sub $idt, %ebx
    shr $3, %ebx
    lea -3(%ebx), %esi
    cmp $2, %esi
    jb 2f
    and $~15, %ebx
    cmp $0x40, %ebx
    jne 3f
2:  mov $0xee00, %edx
3:  call make_gate
    add $8, %edi
    add $16, %eax
    cmp $stubs_end, %eax
    jne 1b
    lidt idtr
    mov $com1_setup, %esi
1:  movzwl (%esi), %edx
    movb 2(%esi), %al
    out %al, %dx
    add $3, %esi
    cmp $com1_setup_end, %esi
    jne 1b
    mov $0xff, %al
    out %al, $0x21
    out %al, $0xa1
    push $2
    popf
    jmp *%ebp

flat_data:
    mov $DATA3, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    ret

make_segment:                   # edi: base eax, limit ecx, access and flags edx
    mov %cx, (%edi)
    mov %ax, 2(%edi)
    shr $16, %eax
    mov %al, 4(%edi)
    mov %ah, 7(%edi)
    mov %dl, 5(%edi)
    shr $16, %ecx
    or %cl, %dh
    mov %dh, 6(%edi)
    ret

make_gate:                      # edi: offset eax, selector ecx, access and count edx
    mov %ax, (%edi)
    mov %cx, 2(%edi)
    mov %dx, 4(%edi)
    rol $16, %eax
    mov %ax, 6(%edi)
    rol $16, %eax
    ret

# ---- events: the frame is taken off whatever stack it came on ----

    .align 16
stubs:
    .set vector, 0
    .rept 256
    .align 16, 0x90
    .if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
    nop
    nop
    .else
    push $0
    .endif
    push $vector
    jmp event
    .set vector, vector + 1
    .endr
    .align 16, 0x90
stubs_end:

event:
    push %ds
    push %eax
    mov $DATA0, %eax
    mov %eax, %ds
    popl r_eax
    popl r_ds
    popl e_vector
    popl e_error
    popl e_eip
    popl e_cs
    popl e_flags
    movl $0, e_words
    testl $VM, e_flags
    jnz 1f
    mov %cs, %eax
    xor e_cs, %eax
    test $3, %al
    jz 2f
    popl e_esp
    popl e_ss
    movl $2, e_words
    jmp 2f
1:  popl e_esp
    popl e_ss
    popl e_es
    popl e_ds
    popl e_fs
    popl e_gs
    movl $6, e_words
2:  mov %esp, k_esp
    mov %ss, k_ss
    mov $DATA0, %eax
    mov %eax, %ss
    mov $print_stack, %esp
    mov %ebx, r_ebx
    mov %ecx, r_ecx
    mov %edx, r_edx
    mov %ebp, r_ebp
    mov %esi, r_esi
    mov %edi, r_edi
    mov %es, r_es
    mov %ds, %eax
    mov %eax, %es
    cld
    cmpl $SHOW, e_vector
    jne 1f
    mov $' ', %al
    call putc
    mov r_eax, %eax
    call put_number
    jmp go_on
1:  jmp *event_handler

go_on:                          # back to where the event came from
    mov r_es, %es
    mov r_ebx, %ebx
    mov r_ecx, %ecx
    mov r_edx, %edx
    mov r_ebp, %ebp
    mov r_esi, %esi
    mov r_edi, %edi
    lss k_esp, %esp
    cmpl $2, e_words
    jb 2f
    je 1f
    pushl e_gs
    pushl e_fs
    pushl e_ds
    pushl e_es
1:  pushl e_ss
    pushl e_esp
2:  pushl e_flags
    pushl e_cs
    pushl e_eip
    mov r_eax, %eax
    mov r_ds, %ds
    iret

report:
    call report_event
resume:                         # the next rule
    mov $DATA0, %eax
    mov %eax, %ss
    call flat_data
    mov resume_esp, %esp
    push $2
    popf
    jmp *resume_eip

    .include "print.inc"

    .section .rodata
com1_setup:                     # divisor 1, 8 bits, no interrupts
    .irp pair, 0x3fb80, 0x3f801, 0x3f900, 0x3fb03, 0x3fc03
    .word \pair >> 8
    .byte \pair & 0xff
    .endr
com1_setup_end:

    .data
    .align 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff, 0x00cf92000000ffff
    .quad 0x00cfba000000ffff, 0x00cfb2000000ffff
    .quad 0x00cfda000000ffff, 0x00cfd2000000ffff
    .quad 0x00cffa000000ffff, 0x00cff2000000ffff
    .skip 39 * 8                # the TSS, the LDT, the guest's
gdtr:
    .word gdtr - gdt - 1
    .long gdt
idtr:
    .word 256 * 8 - 1
    .long idt
    .align 4
event_handler:
    .long report
tss:
    .long 0, trap_stack, DATA0, stack_of_ring + 2048, DATA1, stack_of_ring + 3072, DATA2
    .skip 104 - 28 - 4
    .word 0, 104

    .bss
    .align 16
idt:
    .skip 256 * 8
ldt:
    .skip 128
resume_eip: .skip 4
resume_esp: .skip 4
rule_eip:   .skip 4
k_esp:      .skip 4             # with k_ss a far pointer
k_ss:       .skip 4
e_words:    .skip 4
.irp name, e_vector, e_error, e_eip, e_cs, e_flags, e_esp, e_ss, e_es, e_ds, e_fs, e_gs
\name:      .skip 4
.endr
.irp name, r_eax, r_ebx, r_ecx, r_edx, r_ebp, r_esi, r_edi, r_ds, r_es
\name:      .skip 4
.endr
    .align 4096                 # stack pointers that a guest shows stay as they are when words are added above
    .skip 4096
start_stack:
    .skip 4096
print_stack:
    .skip 4096
trap_stack:
stack_of_ring:
    .skip 4096
