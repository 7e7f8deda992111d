# faults.S - #DE, #BR, #OF, #UD, #NM, LOCK, the length limit, #AC, ENTER and LEAVE, BOUND.
# SDM 3A 6.15; SDM 2 LOCK; SDM 2 2.3.11 (15 bytes).
    .include "system.inc"
    begin
    .macro try text, insn:vararg
    rule "\text"
    \insn
    passed
    .endm
    .macro divide text, insn, high, low, by
    rule "\text", 1f
    mov $\high, %edx
    mov $\low, %eax
    mov $\by, %ecx
1:  \insn %ecx
    show %eax
    show %edx
    passed
    .endm
    divide "div by 0", div, 0, 1, 0
    divide "div, quotient ffffffff", div, 1, 0xffffffff, 2
    divide "div, quotient 100000000", div, 2, 0, 2
    divide "idiv, quotient 7fffffff", idiv, 0, 0x7fffffff, 1
    divide "idiv, quotient 80000000", idiv, 0, 0x80000000, 1
    divide "idiv, quotient -80000000", idiv, -1, 0x80000000, 1
    divide "idiv, -80000000 by -1", idiv, -1, 0x80000000, -1
    try "aam 0", .byte 0xd4, 0
    .irp index, 3, 4, 8, 9
    rule "bound 4..8 with \index", 1f
    mov $\index, %eax
1:  bound %eax, bounds
    passed
    .endr
    try "bound with a register", .byte 0x62, 0xc0
    rule "into, OF set", 1f
    load_flags 0x802
1:  into
    passed
    try "into, OF clear", into
    try "int1", .byte 0xf1
    try "int3", int3
    try "int $3", .byte 0xcd, 3
    try "ud2", ud2
    try "ud1", .byte 0x0f, 0xb9, 0xc0
    try "salc is defined", .byte 0xd6
    try "lea with a register", .byte 0x8d, 0xc0
    try "les with a register", .byte 0xc4, 0xc0
    try "mov cr1", .byte 0x0f, 0x20, 0xc8
    try "ff /7", .byte 0xff, 0xf8
    try "0f ff", .byte 0x0f, 0xff, 0xc0
    try "hint 0f 18 of nothing mapped", .byte 0x0f, 0x18, 0x0d, 0, 0, 0, 0xf0
    try "hint 0f 1e: endbr32", .byte 0xf3, 0x0f, 0x1e, 0xfb

    # -- LOCK: only some forms, only with memory
    .macro locked bytes:vararg
    rule "lock \bytes"
    mov $bounds, %eax
    .byte 0xf0, \bytes
    passed
    .endm
    locked 0x90                         # nop
    locked 0x0f, 0x19, 0x00             # hint
    locked 0x01, 0x00                   # add %eax, (%eax)
    locked 0x03, 0x00                   # add (%eax), %eax
    locked 0x01, 0xc0                   # add %eax, %eax
    locked 0x38, 0x00                   # cmp
    locked 0x80, 0x38, 0                # cmp imm
    locked 0x0f, 0xa3, 0x00             # bt
    locked 0x0f, 0xab, 0x00             # bts
    locked 0x0f, 0xb1, 0x00             # cmpxchg
    locked 0x0f, 0xc7, 0x08             # cmpxchg8b
    locked 0x89, 0x00                   # mov
    locked 0xff, 0x30                   # push
    locked 0xf0, 0x01, 0x00             # twice

    # -- 15 bytes are an instruction, 16 are not
    try "14 prefixes and nop", .byte 0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x90
    try "15 prefixes and nop", .byte 0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x90

    # -- #NM: TS and EM with x87, TS and MP with WAIT
    .macro control0 value, insn:vararg
    rule "CR0 \value: \insn", 1f
    mov $0x11+\value, %eax
    mov %eax, %cr0
1:  \insn
    clts
    passed
    mov $0x11, %eax
    mov %eax, %cr0
    .endm
    .irp value, 4, 6, 8, 10, 12
    control0 \value, fnop
    .endr
    .irp value, 0, 2, 4, 6, 8, 10, 12
    control0 \value, fwait
    .endr

    # -- #AC: AM, AC and CPL 3
    .macro align text, cr0, cpl, flags
    rule "\text", 1f
    mov $\cr0, %eax
    mov %eax, %cr0
    to_ring \cpl, \flags
1:  mov bounds + 1, %eax
    passed
    .endm
    align "unaligned, AM AC cpl 3", 0x40011, 3, 0x40002
    align "unaligned, AM AC cpl 2", 0x40011, 2, 0x40002
    align "unaligned, AM, AC clear, cpl 3", 0x40011, 3, 2
    align "unaligned, AM clear, AC, cpl 3", 0x11, 3, 0x40002

    # -- ENTER
    .irp level, 0, 1, 2, 31, 32
    rule "enter 8, \level moves ESP by"
    mov $start_stack - 1024, %ebp
    mov %esp, %ebx
    enter $8, $\level
    sub %esp, %ebx
    show %ebx
    passed
    .endr
    done
    .section .rodata
    .align 8
bounds:
    .long 4, 8, 0, 0
