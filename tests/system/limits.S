# limits.S - the limit in use: every size at both sides of the edge, expand-down, null, read-only.
# SDM 3A 5.3, 5.4.1; table 6-8 for #SS where SS is used.
    .include "system.inc"
    begin
    .macro use text, type, limit, at, insn:vararg
    gdt_segment SLOT, 0x200000, \limit, \type
    rule "\text limit \limit at \at: \insn", 1f
    mov $SLOT, %eax
    mov %eax, %fs
    mov $\at, %esi
1:  \insn
    passed
    .endm

    .irp at, 0xfff, 0x1000
    use "byte", 0x40f2, 0xfff, \at, movb %fs:(%esi), %al
    .endr
    .irp at, 0xffe, 0xfff, 0xffffffff
    use "word", 0x40f2, 0xfff, \at, movw %fs:(%esi), %ax
    .endr
    .irp at, 0xffc, 0xffd, 0xffe, 0xfff, 0xfffffffd
    use "dword", 0x40f2, 0xfff, \at, movl %fs:(%esi), %eax
    .endr
    use "quad", 0x40f2, 0xfff, 0xff8, cmpxchg8b %fs:(%esi)
    use "quad", 0x40f2, 0xfff, 0xff9, cmpxchg8b %fs:(%esi)
    use "page granular", 0xc0f2, 0, 0xffc, movl %fs:(%esi), %eax
    use "page granular", 0xc0f2, 0, 0xffd, movl %fs:(%esi), %eax
    # expand-down: above the limit, up to ffff or ffffffff by the B bit
    .irp at, 0xfff, 0x1000, 0xfffc, 0xfffd
    use "down, B 0", 0x00f6, 0xfff, \at, movl %fs:(%esi), %eax
    .endr
    .irp at, 0xfff, 0x1000, 0xfffd, 0xfffffffd
    use "down, B 1", 0x40f6, 0xfff, \at, movl %fs:(%esi), %eax
    .endr
    use "down, pages", 0xc0f6, 0, 0xfff, movb %fs:(%esi), %al
    use "down, pages", 0xc0f6, 0, 0x1000, movb %fs:(%esi), %al

    # -- rights
    use "read-only", 0x40f0, 0xfff, 0, movb %fs:(%esi), %al
    use "read-only", 0x40f0, 0xfff, 0, movb %al, %fs:(%esi)
    use "read-only", 0x40f0, 0xfff, 0, addb $0, %fs:(%esi)
    use "read-only, beyond the limit", 0x40f0, 0xfff, 0x1000, movb %al, %fs:(%esi)
    use "readable code", 0x40fa, 0xfff, 0, movb %fs:(%esi), %al
    use "readable code", 0x40fa, 0xfff, 0, movb %al, %fs:(%esi)
    .irp insn, "movb %fs:(%esi), %al"
    rule "null: \insn", 1f
    xor %eax, %eax
    mov %eax, %fs
1:  \insn
    passed
    .endr
    rule "execute-only code: read through CS", 1f
    gdt_segment SLOT, 0, 0xfffff, 0xc098
    ljmp $SLOT, $1f
1:  movb %cs:(%esp), %al
    passed
    rule "code: write through CS", 1f
1:  movb %al, %cs:(%esp)
    passed

    # -- the stack, in ring 3
    gdt_segment SLOT, 0x200000, 0xfff, 0x40f2
    .macro stack at, insn:vararg
    rule "SS limit fff, ESP \at: \insn", 1f
    to_ring 3
    mov $SLOT+3, %eax
    mov %eax, %ss
    mov $\at, %esp
    mov $\at, %ebp
1:  \insn
    passed
    .endm
    stack 0x1000, pop %eax
    stack 0xffd, pop %eax
    stack 0xffd, popw %ax
    stack 0x1001, push %eax
    stack 0, push %eax
    stack 2, pushw %ax
    stack 0x18, pusha
    stack 0xffd, mov (%ebp), %eax
    stack 0xffd, mov %ds:(%ebp), %eax
    stack 0xffd, mov %ss:(%eax,%eax), %al
    stack 4, enter $4, $0
    stack 8, enter $0, $1
    stack 8, enter $4, $1
    stack 0xffd, leave
    # -- expand-down stacks: SP runs down to the limit, from 10000 (B 0) or from 0 (B 1)
    .macro down type, at, insn:vararg
    rule "SS down \type limit 3fff, ESP \at: \insn", 1f
    gdt_segment SLOT, 0x200000, 0x3fff, \type
    to_ring 3
    mov $SLOT+3, %eax
    mov %eax, %ss
    mov $\at, %esp
1:  \insn
    passed
    .endm
    down 0x00f6, 0, push %eax
    down 0x00f6, 0x4004, push %eax
    down 0x00f6, 0x4003, push %eax
    down 0x00f6, 0x4002, pushw %ax
    down 0x00f6, 0x4000, pushw %ax
    down 0x00f6, 0xfffe, pop %eax
    down 0x00f6, 0xfffc, pop %eax
    down 0x00f6, 0x2fffc, pop %eax
    down 0x00f6, 0x3fff, popw %ax
    down 0x40f6, 0x4004, push %eax
    down 0x40f6, 0x4003, push %eax
    down 0x40f6, 0x20000, pop %eax
    # -- code
    gdt_segment SLOT, 1f, 1, 0x409a
    rule "running off the end of CS", 2
    ljmp $SLOT, $0
1:  nop
    nop
    nop
    passed

    # -- an operand of two parts, each at a 16-bit offset of its own: the second at 0
    .macro wraps at, first, second, insn:vararg
    mov \first, %eax
    mov %eax, 0x200000 + \at
    mov \second, %eax
    mov %eax, 0x200000
    movl $0, 0x210000
    gdt_segment SLOT, 0x200000, 0xffff, 0x40f2
    rule "two parts, the second at 0: \insn", 1f
    mov $SLOT, %eax
    mov %eax, %fs
    mov $\at, %esi
1:  \insn
    .endm
    wraps 0xfffe, $0x1234, $DATA0, lgsw %fs:(%si), %bx
    show %gs
    passed
    wraps 0xfffe, $SLOT-1, $SLOT+1, boundw %ax, %fs:(%si)
    passed
    wraps 0xfffe, $SLOT-2, $SLOT-1, boundw %ax, %fs:(%si)
    passed
    wraps 0xfffe, $0, $0, sgdt %fs:(%si)
    mov 0x200000, %eax
    cmp gdtr + 2, %eax
    sete %al
    show_byte %al
    passed
    wraps 0xfffc, $2f, $CODE0, ljmp *%fs:(%si)
2:  passed
    fninit
    fld1
    wraps 0xfff8, $0, $0, fstpt %fs:(%si)
    show 0x200000
    passed
    fninit
    wraps 0xfff4, $0, $0, fnstenv %fs:(%si)
    show 0x20000c                               # FDS 0, and ones
    passed
    wraps 0xfffe, idtr, idtr+2, lidt %fs:(%si)
    passed
    done
