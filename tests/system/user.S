# user.S - what CPL 3 may do: privileged and IOPL-sensitive instructions, the I/O bitmap.
# SDM 3A 5.9; SDM 1 18.5 (IOPL, bitmap); SDM 2, the instructions.
    .include "system.inc"
    begin
    .macro try cpl, flags, text, insn:vararg
    rule "\text\insn", 1f
    to_ring \cpl, \flags
    xor %eax, %eax
    mov $scratch, %ebx
1:  \insn
    passed
    .endm
    .macro user insn:vararg
    try 3, 2, "cpl 3: ", \insn
    .endm
    user hlt
    user clts
    user invd
    user wbinvd
    user mov %cr0, %eax
    user mov %eax, %cr2
    user mov %cr3, %eax
    user mov %cr4, %eax
    user mov %dr0, %eax
    user mov %eax, %dr7
    user lgdt (%ebx)
    user lidt (%ebx)
    user lldt %ax
    user ltr %ax
    user lmsw %ax
    user invlpg (%ebx)
    user rdmsr
    user wrmsr
    user sgdt (%ebx)
    user sidt (%ebx)
    user sldt %ax
    user str %ax
    user smsw %ax
    user cpuid
    user rdtsc
    try 1, 2, "cpl 1: ", hlt
    try 2, 2, "cpl 2: ", mov %cr0, %eax
    rule "sldt, str, smsw show ring 3"
    to_ring 3
    sldt %eax
    show %eax
    str %eax
    show %eax
    smsw %ax
    and $0xffff, %eax
    show %eax
    passed

    # -- IOPL against CPL
    .irp cpl, 1, 2, 3
    .irp iopl, 0, 1, 2, 3
    .irp insn, cli, sti, "in $0x80, %al"
    try \cpl, \iopl*0x1000+2, "cpl \cpl iopl \iopl: ", \insn
    .endr
    .endr
    .endr

    # -- the I/O bitmap: ports 60h to 67h allowed are 60, 61, 63 and 67; its last byte is ones
    movw $104, tss + 102
    gdt_segment SLOT, tss_io, 104+14, 0x89
    mov $SLOT, %eax
    ltr %ax
    try 3, 2, "bitmap f4: ", in $0x60, %al
    try 3, 2, "bitmap f4: ", in $0x61, %al
    try 3, 2, "bitmap f4: ", in $0x62, %al
    try 3, 2, "bitmap f4: ", in $0x60, %ax
    try 3, 2, "bitmap f4: ", in $0x61, %ax
    try 3, 2, "bitmap f4: ", in $0x60, %eax
    try 3, 2, "bitmap f4: ", out %al, $0x62
    try 1, 2, "bitmap f4, cpl 1: ", in $0x62, %al
    try 3, 0x3002, "bitmap f4, iopl 3: ", in $0x62, %al
    try 3, 2, "the next byte allows: ", in $0x68, %eax
    try 3, 2, "two bytes are read: ", in $0x6b, %al
    try 3, 2, "the last byte: ", in $0x6f, %ax
    try 3, 2, "the last byte, its next is beyond the limit: ", in $0x70, %al
    try 3, 2, "beyond the limit: ", in $0x80, %al
    rule "insb from a port that is not allowed", 1f
    to_ring 3
    mov $0x62, %edx
    mov $scratch, %edi
1:  insb (%dx), %es:(%edi)
    passed
    done

    .data
    .align 4
tss_io:
    .long 0, trap_stack, DATA0, stack_of_ring + 2048, DATA1, stack_of_ring + 3072, DATA2
    .skip 104 - 28 - 4
    .word 0, 104
    .skip 12, 0xff
    .byte 0x74, 0x00, 0xff
    .skip 16
    .bss
scratch:
    .skip 64
