# v86.S - virtual-8086 mode: entry by IRET, IOPL, faults that push the segments, INT, the way back.
# SDM 3B 20.2 (entry, exit), 20.2.7 (IOPL), 20.2.8 (I/O bitmap).
    .include "system.inc"
    .include "v86.inc"
    begin
    # code at 8000h, its stack below 7000h; the low 64 KB are free
    load_code16
    on_event shown

    .macro v86 text, label, iopl=0, flags=0, ip=-1
    .if \ip == -1
    rule "\text", 0x\label
    .else
    rule "\text", 1f
    .endif
    xor %eax, %eax
    push $0x7777                # GS FS DS ES
    push $0x6666
    push $0x5555
    push $0x4444
    push $0x600                 # SS:SP
    push $0x1000
    push $VM + 2 + \iopl * 0x1000 + \flags
    push $0x800
    .if \ip == -1
    push $0x\label
    .else
    push $\ip
    .endif
1:  iret
    passed
    .endm
    v86 "nop, then ud2", 01
    v86 "cli, iopl 0", 10
    v86 "sti, iopl 0", 20
    v86 "pushf, iopl 0", 30
    v86 "popf, iopl 0", 40
    v86 "int 44h, iopl 0", 50
    v86 "iret, iopl 0", 60
    v86 "int3, iopl 0", 70
    v86 "into, iopl 0", 80
    v86 "hlt", 90
    v86 "in 80h without a bitmap, iopl 3", a0, 3
    v86 "arpl is undefined", b0
    v86 "lar is undefined", c0
    v86 "mov eax, cr0", d0
    v86 "pushf, iopl 3: IOPL stays, VM does not show", 30, 3
    v86 "popf, iopl 3: IF yes, IOPL no", 40, 3
    v86 "int 44h, iopl 3, gate dpl 0", 50, 3
    idt_gate 0x44, 0xee, CODE0, stubs+0x44*16
    v86 "int 44h, iopl 3, gate dpl 3", 50, 3
    idt_gate 0x44, 0xee, CODE1, stubs+0x44*16
    v86 "int 44h, iopl 3, handler in ring 1", 50, 3
    gdt_segment SLOT, 0, 0xfffff, 0xc09e
    idt_gate 0x44, 0xee, SLOT, stubs+0x44*16
    v86 "int 44h, iopl 3, conforming handler", 50, 3
    idt_gate 0x44, 0xee, CODE0, stubs+0x44*16
    v86 "mov ax, word ffff", e0
    v86 "load of DS: any selector, base from it", f0
    v86 "jmp far", 100
    v86 "entry with EIP 10000", 01, 0, 0, 0x10000
    rule "VM set in ring 3's IRET does nothing"
    to_ring 3
    push $DATA3
    push $stack_of_ring + 4096
    push $VM + 2
    push $CODE3
    push $1f
    iret
1:  passed
    done

shown:
    call report_event
    mov e_flags, %eax
    test $VM, %eax
    jz 1f
    say " flags"
    mov e_flags, %eax
    and $0x37300, %eax
    call field
    say " cs"
    mov e_cs, %eax
    call field
    say " sp"
    mov e_esp, %eax
    call field
    say " ss es ds"
    mov e_ss, %eax
    call field
    mov e_es, %eax
    call field
    mov e_ds, %eax
    call field
    say " ax"
    mov r_eax, %eax
    call field
    mov r_es, %eax              # the registers themselves were cleared
    call field
1:  jmp resume
field:
    push %eax
    say " "
    pop %eax
    jmp put_number

    .section .rodata
    .code16
code16:
    .org code16 + 1
    nop
    ud2
    at 0x10, cli
    ud2
    at 0x20, sti
    ud2
    at 0x30, pushf
    pop %ax
    ud2
    at 0x40, pushw $0x7202
    popf
    ud2
    at 0x50, int $0x44
    ud2
    at 0x60, iret
    at 0x70, int3
    ud2
    at 0x80, mov $0x80, %al
    addb %al, %al
    into
    ud2
    at 0x90, hlt
    at 0xa0, in $0x80, %al
    ud2
    at 0xb0, arpl %ax, %ax
    at 0xc0, lar %ax, %ax
    at 0xd0, mov %cr0, %eax
    at 0xe0, mov 0xffff, %ax
    at 0xf0, mov $0x800, %ax
    mov %ax, %ds
    mov 0, %ax
    ud2
    at 0x100, ljmp $0x7f0, $0x210
    at 0x110, ud2
code16_end:
    .code32
