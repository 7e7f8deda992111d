# code16.S - 16-bit code beyond 64 KB: EIP goes on with all its bits, whoever does the instruction.
# SDM 3A 3.4.5 (D flag: operands and addresses), 21.4.
    .include "system.inc"
    begin
    gdt_segment SLOT, 0, 0xfffff, 0x809a
    xor %ebx, %ebx
    .macro from16 text, insn:vararg         # the instruction, and how far from where it should be EIP is then
    rule "\text"
    mov %cr0, %eax
    mov $0x1b, %ecx
    test %ecx, %ecx
    ljmp $SLOT, $1f
    .code16
1:  \insn
    calll 2f                                # pushes EIP
2:  ljmpl $CODE0, $3f
    .code32
3:  pop %edx
    sub $2b, %edx
    show %edx
    passed
    .endm
    from16 "nop", nop
    from16 "mov", movl $1, %ecx
    from16 "mov from CR0", mov %cr0, %eax
    from16 "mov from CR3", mov %cr3, %eax
    from16 "mov to CR0", mov %eax, %cr0
    from16 "clts", clts
    from16 "smsw", smsw %ax
    from16 "lmsw", lmsw %ax
    from16 "mov from DR7", mov %dr7, %eax
    from16 "cpuid", cpuid
    from16 "rdtsc", rdtsc
    from16 "rdmsr", rdmsr
    from16 "in", inb $0x21, %al
    from16 "cli", cli
    from16 "wbinvd", wbinvd
    from16 "invlpg", invlpg (%bx)
    from16 "pushf", pushfl
    from16 "sgdt", sgdt 0x7000
    from16 "a jump not taken", jz .+2
    from16 "a jump of operand size 32", .byte 0x66, 0xe9, 0, 0, 0, 0
    done
