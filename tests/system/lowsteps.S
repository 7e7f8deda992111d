# lowsteps.S - the trap flag in virtual-8086 mode and in real mode: where the single-step trap comes.
# SDM 3B 17.3.1.4; SDM 3A 6.8.3 (MOV SS, POP SS); SDM 3B 20.1.4 (real mode), 20.2.7 (IOPL), 20.3 (INT n with VME).
    .include "system.inc"
    .include "low.inc"
    begin
    low_machine

    .macro steps where, insn:vararg
    program "mov %ss, %cx", "mov $LOW_BUFFER, %si", "lea 16(%si), %di", "pushw $0x3102", "popf", \
        "72:", \insn, "9: nop", "pushw $0x3002", "popf"
    .ifnc \where, real
    steps_of v86, \insn
    in_v86
    .endif
    .ifnc \where, v86
    steps_of real, \insn
    in_real
    .endif
    .endm
    .macro steps_of mode, insn:vararg
    say "\mode: "
    .irp i, \insn
    say "\i; "
    .endr
    low_rule "offsets", 72b-low
    .endm

    steps both, "nop"
    steps both, "pushf", "add $2, %sp"
    steps both, "pushw $0x3102", "popf"
    steps both, "pushw $0x3002", "popf"
    steps both, "pushfl", "popfl"
    steps both, "sti", "nop", "cli"
    steps both, "mov %cx, %ss"
    steps both, "mov %cx, %ss", "nop"
    steps both, "mov %cx, %ss", "mov %cx, %ss", "nop"
    steps both, "push %ss", "pop %ss", "nop"
    steps both, "mov %cx, %ds"
    steps both, "int $0x43"
    steps both, "mov %cx, %ss", "int $0x43"
    steps both, "int3"
    steps both, "into"
    steps both, "mov $0x80, %al", "add %al, %al", "into"
    steps both, "pushw $0x3102", "push %cs", "push $9f-low", "iret"
    steps both, "pushw $0x3002", "push %cs", "push $9f-low", "iret"
    steps both, "pushl $0x3102", "pushl $0x800", "pushl $9f-low", "iretl"
    steps both, "mov $3, %cx", "rep movsb"
    steps both, "xor %cx, %cx", "rep movsb"
    steps both, "jmp 9f"
    steps both, "ljmp $0x7ff, $9f-low+16"
    steps both, "push %cs", "push $9f-low", "lret"
    steps both, "xor %dl, %dl", "div %dl"
    steps both, "in $0x80, %al"
    steps both, "ud2"
    steps v86, "hlt"
    steps v86, "mov %cr0, %eax"
    steps real, "mov %cr0, %eax", "mov %eax, %cr0"
    steps real, "int $0x41"
    steps v86, "int $0x41"

    # -- with VME: INT 41h stays inside, like in real mode
    mov $1, %eax
    mov %eax, %cr4
    say "with VME, "
    steps v86, "int $0x41"
    say "with VME, "
    steps v86, "int $0x43"
    say "with VME, "
    steps v86, "int3"

    # -- ways in with TF: the first instruction runs first
    program "72: nop", "nop", "pushw $0x3002", "popf"
    low_rule "v86: iret from ring 0 sets TF", 72b-low
    in_v86 TF
    xor %eax, %eax
    mov %eax, %cr4
    low_rule "v86: with IOPL 0, where popf is #GP and leaves TF", 72b-low
    in_v86 TF-0x3000
    low_rule "real: iretd sets TF", 72b-low
    in_real TF
    # last, for machines that sleep on
    steps real, "mov %cx, %ss", "hlt"
    steps real, "hlt"
    low_done
