# mtrr.S - memory type range registers: which there are, what they take, and that nobody feels them.
# SDM 3A 11.11.1 (CPUID, MTRRcap), 11.11.2 (the registers, types of table 11-8), 11.11.8 (their order).
    .include "system.inc"
    begin
    .macro read number
    mov $\number, %ecx
    rdmsr
    show %edx
    show %eax
    .endm
    .macro write number, high, low
    mov $\number, %ecx
    mov $\low, %eax
    mov $\high, %edx
    wrmsr
    .endm
    .macro reads number, ring=0
    .if \ring
    rule "rdmsr \number in ring \ring", 1f
    to_ring \ring
    .else
    rule "rdmsr \number", 1f
    .endif
    mov $\number, %ecx
1:  rdmsr
    show %edx
    show %eax
    passed
    .endm
    .macro writes number, high, low, ring=0    # and what it reads as then
    .if \ring
    rule "wrmsr \number \high \low in ring \ring", 1f
    to_ring \ring
    .else
    rule "wrmsr \number \high \low", 1f
    .endif
    mov $\number, %ecx
    mov $\low, %eax
    mov $\high, %edx
1:  wrmsr
    rdmsr
    show %edx
    show %eax
    passed
    .endm

    rule "CPUID has them"
    mov $1, %eax
    cpuid
    and $0x1000, %edx
    show %edx
    passed
    reads 0xfe
    writes 0xfe, 0, 0x508
    reads 0xfe, 3

    rule "as firmware leaves them: 2FFh, the fixed ranges"
    read 0x2ff
    read 0x250
    read 0x258
    read 0x259
    passed

    # one pair: all pages of a base and all types; bits 7:0 of a base are a type, 10:0 of a mask reserved
    .irp type, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x16, 0x86
    writes 0x202, 0, 0x12345000 + \type
    .endr
    writes 0x202, 0, 0xfffff006
    writes 0x202, 0, 0x12345106
    writes 0x202, 0, 0x12345806
    writes 0x202, 1, 0x12345006
    writes 0x202, 0x10, 0x12345006
    writes 0x202, 0x80000000, 0x12345006
    writes 0x203, 0, 0xfffff800
    writes 0x203, 0, 0xfff00000
    writes 0x203, 0, 0x5a5a5800
    writes 0x203, 0, 0xfff00001
    writes 0x203, 0, 0xfff00080
    writes 0x203, 0, 0xfff00400
    writes 0x203, 1, 0xfff00800
    writes 0x203, 8, 0xfff00800
    writes 0x203, 0x10, 0xfff00800
    rule "what was refused has changed nothing"
    read 0x202
    read 0x203
    passed
    writes 0x20e, 0, 0xe0000001
    writes 0x20f, 0, 0xff000800
    writes 0x202, 0, 0, 3
    reads 0x202, 3

    # fixed ranges: eight types, the lowest address in bits 7:0
    .irp number, 0x250, 0x258, 0x259, 0x268, 0x26b, 0x26f
    writes \number, 0x06050401, 0x00010405
    .endr
    .irp type, 2, 3, 7, 0x46
    writes 0x250, 0x06060606, \type
    writes 0x250, \type << 24, 0
    .endr
    rule "each is its own"
    read 0x250
    read 0x258
    read 0x26f
    passed

    .irp number, 0x210, 0x24f, 0x251, 0x257, 0x25a, 0x267, 0x270, 0x2fe, 0x300
    reads \number
    .endr

    # the default type: bits 11 (enable), 10 (of the fixed ones), 7:0 a type
    writes 0x2ff, 0, 0
    writes 0x2ff, 0, 0xc01
    writes 0x2ff, 0, 0x406
    writes 0x2ff, 0, 0x804
    .irp low, 2, 3, 7, 0x10, 0x106, 0x206, 0x1c06
    writes 0x2ff, 0, \low
    .endr
    writes 0x2ff, 1, 0xc06
    reads 0x2ff

    # as kernels change them: caches off and empty, types off, the change, types on, caches on
    rule "write protected memory takes stores: a type is none of the rights"
    mov %cr0, %eax
    mov %eax, %ebx
    or $0x40000000, %eax
    mov %eax, %cr0
    wbinvd
    write 0x2ff, 0, 0x006
    write 0x258, 0x05050505, 0x05050505
    write 0x204, 0, 0x00000005
    write 0x205, 0, 0xfc000800
    write 0x2ff, 0, 0xc06
    wbinvd
    mov %ebx, %cr0
    movl $0x600d, 0x80000
    movl $0xf00d, word
    show 0x80000
    show word
    passed
    rule "off: all memory is uncacheable"
    write 0x2ff, 0, 0
    incl word
    show word
    passed
    done
    .data
    .align 4
word: .long 0
