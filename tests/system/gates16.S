# gates16.S - 16-bit interrupt and trap gates: what they push, and how far ESP goes; #AC by width, direction and ring.
# SDM 3A 6.12.1, 5.8.3.1 (16-bit gates push words), 6.15 #AC.
    .include "system.inc"
    begin
    gdt_segment SLOT, frame, 0xffff, 0x409a

    # -- words: IP, CS, FLAGS; from ring 3 SP and SS too; an error code is a word as well
    .macro small text, type, cpl, flags
    idt_gate 0x44, \type, SLOT, 0
    rule "\text", 1f
    to_ring \cpl, \flags
    mov %esp, %ebp
1:  int $0x44
    passed
    .endm
    small "16-bit interrupt gate, IF set: IP CS FLAGS, inside", 0xe6, 0, 0x202
    small "16-bit trap gate, IF set: IP CS FLAGS, inside", 0xe7, 0, 0x202
    small "16-bit interrupt gate from cpl 3: IP CS FLAGS SP SS, inside", 0xe6, 3, 0x202
    small "16-bit trap gate from cpl 3: IP CS FLAGS SP SS, inside", 0xe7, 3, 0x202
    idt_gate 0x44, 0x86, SLOT, 0
    rule "16-bit interrupt gate, dpl 0 from cpl 3", 1f
    to_ring 3
1:  int $0x44
    passed

    idt_gate 13, 0x86, SLOT, failed-frame
    rule "a fault through one: a word of error code, then IP CS", 1f
    mov $0x1234, %eax
1:  mov %eax, %fs
    passed
    idt_gate 13, 0x8e, CODE0, stubs+13*16

    # -- #AC: operands that do not lie at a multiple of their size, in ring 3, with AM and AC
    mov $0x40011, %eax
    mov %eax, %cr0
    .macro align text, cpl, insn:vararg
    rule "\text, cpl \cpl", 1f
    to_ring \cpl, 0x40002
1:  \insn
    passed
    .endm
    .irp cpl, 0, 3
    align "read a byte at 1", \cpl, mov data + 1, %al
    align "read a word at 1", \cpl, mov data + 1, %ax
    align "read a word at 2", \cpl, mov data + 2, %ax
    align "read a dword at 1", \cpl, mov data + 1, %eax
    align "read a dword at 2", \cpl, mov data + 2, %eax
    align "read a dword at 4", \cpl, mov data + 4, %eax
    align "write a byte at 3", \cpl, mov %al, data + 3
    align "write a word at 3", \cpl, mov %ax, data + 3
    align "write a dword at 3", \cpl, mov %eax, data + 3
    .endr
    align "add to a dword at 2", 3, addl $1, data + 2
    rule "push with ESP at 2, cpl 3", 1f
    to_ring 3, 0x40002
    lea -2(%esp), %esp
1:  push %eax
    passed
    done

frame:                          # after a 16-bit gate
    movzwl (%esp), %eax
    movzwl rule_eip, %ecx       # IP is its low half
    sub %ecx, %eax
    show %eax
    .irp at, 2, 4
    movzwl \at(%esp), %eax
    show %eax
    .endr
    testb $3, 2(%esp)
    jz 1f
    movzwl 6(%esp), %eax        # the low half of ESP
    movzwl %bp, %ecx
    sub %ecx, %eax
    show %eax
    movzwl 8(%esp), %eax
    show %eax
    jmp 2f
1:  sub %esp, %ebp
    show %ebp
2:  pushf
    pop %eax
    and $IF + TF + NT, %eax
    show %eax
    int $PASSED
failed:
    movzwl (%esp), %eax
    show %eax
    movzwl 2(%esp), %eax
    movzwl rule_eip, %ecx
    sub %ecx, %eax
    show %eax
    movzwl 4(%esp), %eax
    show %eax
    int $PASSED

    .data
    .balign 8
data:
    .long 0, 0, 0
