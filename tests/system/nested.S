# nested.S - three tasks deep and back, by CALL, by interrupts, from and to virtual-8086 mode: links, NT, busy bits,
# what each image holds.  SDM 3A 7.3, 7.4 (nesting, figure 7-8); SDM 3B 20.2.1, 20.2.4.
    .include "system.inc"
    .include "v86.inc"
    begin
    .set ONE, SLOT
    .set TWO, SLOT+8
    .set VIRTUAL, SLOT+16       # a task in virtual-8086 mode
    .set SMALL, SLOT+24         # a 16-bit TSS
    idt_gate 0x44, 0xe5, ONE, 0
    idt_gate 0x45, 0xe5, TWO, 0
    idt_gate 6, 0x85, TWO, 0
    idt_gate 13, 0x85, TWO, 0
    gdt_gate SLOT+32, 0xe5, TWO, 0
    load_code16

    .macro depth text, first, second, insn:vararg
    rule "\text"
    call fresh
    movl $\first, one + 32
    movl $\second, two + 32
    \insn
    call state
    passed
    .endm
    depth "call, call, iret, iret", calls_two, leaves, lcall $ONE, $0
    depth "int, int, iret, iret", ints_two, leaves, int $0x44
    depth "call, #UD, iret, iret", faults, skips, lcall $ONE, $0
    depth "call, then jmp: the new task is not nested", jumps_two, not_nested, lcall $ONE, $0
    depth "call back to a task that waits: it is busy", calls_back, skips_error, lcall $ONE, $0
    depth "jmp to a task that waits", jumps_back, skips_error, lcall $ONE, $0
    depth "NT cleared by the nested task: iret is no task switch", clears_nt, leaves, lcall $ONE, $0
    depth "a nested task begins anew where it left", again, leaves, lcall $ONE, $0
    rule "a link to a task that is not busy", spoilt
    call fresh
    movl $spoils_link, one + 32
    lcall $ONE, $0
    passed
    rule "16-bit TSS: call and iret, its words"
    call fresh
    lcall $SMALL, $0
    call state
    passed

    # -- virtual-8086 mode
    .macro v86 text, first, at, iopl=3
    rule "\text"
    call fresh
    movl $\first, two + 32
    push $0x7777                # GS FS DS ES
    push $0x6666
    push $0x5555
    push $0x4444
    push $0x600
    push $0x1000
    push $VM + 2 + \iopl * 0x1000
    push $0x800
    push $\at
    iret
    passed
    .endm
    v86 "v86: int 45h to a task, which sees its image", shows, 0x00
    v86 "v86, iopl 0: int 45h is #GP, and that is a task", shows_error, 0x00, 0
    v86 "v86: #UD to a task, and back by iret", skips, 0x10
    idt_gate 0x46, 0x85, TWO, 0
    v86 "v86: int 46h, gate dpl 0", shows_error, 0x20
    rule "call to a task in virtual-8086 mode, and back through its handler"
    call fresh
    movl $0x10, virtual + 32
    movl $VM + 0x3002, virtual + 36
    movl $from_virtual, two + 32
    lcall $VIRTUAL, $0
    call state
    passed
    rule "jmp to a task in virtual-8086 mode: its segments are not descriptors"
    call fresh
    movl $shows, two + 32
    movl $0x00, virtual + 32
    movl $0x800, virtual + 76
    movl $0x1000, virtual + 56
    .irp at, 72, 80, 84, 88, 92
    movl $0x4000 + \at, virtual + \at
    .endr
    movl $VM + 0x3002, virtual + 36
    ljmp $VIRTUAL, $0
    passed
    done

fresh:
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment ONE, one, 0x67, 0x89
    gdt_segment TWO, two, 0x67, 0x89
    gdt_segment VIRTUAL, virtual, 0x67, 0x89
    gdt_segment SMALL, small, 0x2b, 0x81
    gdt_segment SLOT+40, small_task, 0xffff, 0x409a
    gdt_segment SLOT+48, 0, 0xffff, 0x0092
    mov $TSS, %eax
    ltr %ax
    movl $2, one + 36
    movl $2, two + 36
    movl $stack_one, one + 56
    movl $stack_two, two + 56
    movl $0, tss                # the link
    movw $0, small + 14
    movw $2, small + 16
    movw $0x100, small + 26
    ret
state:                          # TR, NT, and of TSS, ONE, TWO: busy and link
    pushf
    pop %edx
    say " ["
    str %eax
    call number
    and $NT, %edx
    jz 1f
    say " nt"
1:  say ","
    .irp which, TSS, ONE, TWO
    movzbl gdt + \which + 5, %eax
    shr $1, %eax
    and $1, %eax
    show %eax
    .endr
    say ","
    .irp which, tss, one, two
    movzwl \which, %eax
    show %eax
    .endr
    say "]"
    ret
number:
    push %ecx
    call put_number
    pop %ecx
    ret
calls_two:
    call state
    lcall $SLOT+32, $0          # a task gate
    call state
    iret
ints_two:
    call state
    int $0x45
    call state
    iret
faults:
    ud2
    call state
    iret
jumps_two:
    ljmp $TWO, $0
calls_back:
    lcall $TSS, $0
    call state
    iret
jumps_back:
    ljmp $TSS, $0
    nop
    call state
    iret
spoils_link:
    andb $~2, gdt + TSS + 5
spoilt:
    iret
clears_nt:
    push $2
    popf
    call state
    push $2
    push %cs
    push $1f
    iret
1:  call state
    load_flags NT
    iret
again:
    iret                        # the saved EIP is behind it
    call state
    ud2
leaves:
    call state
    iret
    jmp leaves
not_nested:                     # NT as in its image
    call state
    int $PASSED
skips:                          # ud2 in the task that the link names
    call state
    call back_link
    addl $2, 32(%ebx)
    iret
skips_error:                    # 7 bytes of a far jump or call, or nothing
    call state
    pop %eax
    say " error"
    show %eax
    call back_link
    mov 32(%ebx), %eax
    cmpb $0xcf, (%eax)
    je 1f
    addl $7, %eax
    jmp 2f
1:  inc %eax
2:  mov %eax, 32(%ebx)
    iret
back_link:                      # ebx: the TSS that the link names
    movzwl two, %ebx
    mov gdt + 2(%ebx), %eax
    and $0xffffff, %eax
    mov %eax, %ebx
    ret
shows_error:
    pop %eax
    say " error"
    show %eax
shows:                          # EIP CS EFLAGS ESP SS ES DS FS GS of the task of the link
    call back_link
    .irp at, 32, 76, 36, 56, 80, 72, 84, 88, 92
    mov \at(%ebx), %eax
    show %eax
    .endr
    int $PASSED
from_virtual:
    call state
    movl $CODE0, virtual + 76   # it becomes a task of ring 0, and returns
    movl $leaves, virtual + 32
    movl $NT + 2, virtual + 36
    movl $stack_one, virtual + 56
    .irp at, 72, 80, 84, 88, 92
    movl $DATA0, virtual + \at
    .endr
    iret
small_task:
    movzwl small + 0, %eax
    show %eax
    iret

    .section .rodata
    .code16
code16:
    at 0x00, int $0x45
    at 0x10, ud2
    int $PASSED
    at 0x20, int $0x46
code16_end:
    .code32

    .data
    .align 4
    .macro image name, cs, data
\name:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, 0, 0, 2
    .long 0, 0, 0, 0, 0, 0, 0, 0
    .long \data, \cs, \data, \data, \data, \data, 0
    .word 0, 104
    .endm
    image one, CODE0, DATA0
    image two, CODE0, DATA0
    image virtual, 0x800, 0x800
small:
    .word 0, 0, 0, 0, 0, 0, 0, 0, 2
    .word 0, 0, 0, 0, 0x100, 0, 0, 0
    .word DATA3, SLOT+40, SLOT+48, DATA3, 0
    .bss
    .align 16
    .skip 512
stack_one:
    .skip 512
stack_two:
