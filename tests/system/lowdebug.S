# lowdebug.S - breakpoints in virtual-8086 mode and in real mode: code, data, I/O; RF, which a frame of real mode
# cannot hold; general detect.  SDM 3B 17.2, 17.3.1.1 (RF), 17.3.1.2, 17.3.1.3 (GD), 20.1.4, 20.3.
    .include "system.inc"
    .include "low.inc"
    .include "debug.inc"
    begin
    low_machine
    mov $8, %eax                # DE
    mov %eax, %cr4

    # a breakpoint 0 for a program with labels 2 (execution) or a buffer; label 1 is the begin
    .macro watched text, where, dr0, dr7, insn:vararg
    program \insn
    .ifnc \where, real
    low_rule "v86: \text", 71b-low
    low_watch \dr0, \dr7
    in_v86
    .endif
    .ifnc \where, v86
    low_rule "real: \text", 71b-low
    low_watch \dr0, \dr7
    in_real
    .endif
    .endm
    .set BUFFER, LOW + LOW_BUFFER
    .set STACK, LOW + LOW_SP

    # -- data
    watched "a write", both, BUFFER, L0+WRITE, "mov %ax, LOW_BUFFER", "nop"
    watched "a read", both, BUFFER, L0+ACCESS, "mov LOW_BUFFER, %ax", "nop"
    watched "through another segment", both, BUFFER+1, L0+WRITE, "mov $0x900, %ax", "mov %ax, %es", \
        "mov %al, %es:LOW_BUFFER-0xfff", "nop"
    watched "push", v86, STACK-2, L0+WRITE, "push %ax", "pop %ax", "nop"
    watched "with a single step: one #DB", both, BUFFER, L0+WRITE, "pushw $0x3102", "popf", \
        "mov %al, LOW_BUFFER", "nop", "pushw $0x3002", "popf"
    watched "mov ss from it: after the next instruction", both, BUFFER, L0+ACCESS, "mov %ss, LOW_BUFFER", \
        "mov LOW_BUFFER, %ss", "nop", "nop"
    watched "rep movsb, the second read", both, BUFFER+1, L0+ACCESS, "mov $3, %cx", "mov $LOW_BUFFER, %si", \
        "lea 16(%si), %di", "rep movsb", "nop"
    watched "the frames of int 41h and int 40h", real, STACK-2, L0+WRITE, "int $0x41", "nop"
    idt_gate 0x44, 0xee, CODE0, back_to_v86
    watched "the frames of int 44h and int 40h, on the stack of ring 0", v86, trap_stack-4, L0+WRITE, "int $0x44", "nop"
    watched "a vector", real, 0x41*4, L0+ACCESS, "int $0x41", "nop"

    # -- ports
    watched "out", both, 0x80, L0+IO, "out %al, $0x80", "nop"
    watched "in, of a word", both, 0x80, L0+IO+LEN2, "in $0x81, %al", "nop"
    watched "rep outsb", both, 0x80, L0+IO, "mov $2, %cx", "mov $0x80, %dx", "rep outsb", "nop"
    watched "ins writes to a buffer", both, BUFFER, L0+WRITE, "mov $0x80, %dx", "mov $LOW_BUFFER, %di", "insb", "nop"

    # -- the registers themselves, and #DB by instructions
    watched "mov %dr7, %eax", both, 0, 0, "mov %dr7, %eax", "nop"
    watched "GD", real, 0, GD, "mov %dr7, %eax", "nop"
    watched "int1", both, 0, 0, ".byte 0xf1", "nop"
    watched "int \$1", both, 0, 0, "int $1", "nop"

    # -- execution
    watched "before the instruction, once", both, LOW+2b-low, L0, "nop", "2: nop", "nop"
    watched "an address is linear", both, LOW+2b-low, L0, "ljmp $0x7ff, $1f-low+16", "1: nop", "2: nop"
    watched "mov ss: not before the next instruction", both, LOW+2b-low, L0, "mov %ss, %cx", "mov %cx, %ss", \
        "2: nop"
    watched "sti: before the next instruction", both, LOW+2b-low, L0, "sti", "2: cli"
    watched "a single step before it", both, LOW+2b-low, L0, "pushw $0x3102", "popf", "nop", "2: nop", \
        "pushw $0x3002", "popf"
    watched "rep stosb: before the first iteration only", both, LOW+2b-low, L0, "mov $3, %cx", \
        "mov $LOW_BUFFER, %di", "2: rep stosb", "nop"
    watched "before #UD", both, LOW+2b-low, L0, "nop", "2: ud2"
    watched "at the handler of int 41h", real, LOW+quiet-low, L0, "int $0x41", "nop"
    mov $9, %eax
    mov %eax, %cr4
    watched "at the handler of int 41h, with VME", v86, LOW+quiet-low, L0, "int $0x41", "nop"
    mov $8, %eax
    mov %eax, %cr4

    # -- RF
    .macro again text, run      # the handler of #DB leaves RF clear; three times are enough
    low_rule "\text", 71b-low
    low_watch LOW+2b-low, L0
    movw $0, LOW + resume_rf - low
    movw $LOG + 8 * 3, LOW + log_end - low
    \run
    .endm
    program "nop", "2: nop", "nop"
    again "v86: again and again without RF", in_v86
    again "real: again and again without RF", in_real
    watched "popf of 32 bits leaves RF clear", both, LOW+2b-low, L0, "pushl $0x13002", "popfl", "2: nop"
    watched "iret of 16 bits leaves RF clear", both, LOW+2b-low, L0, "pushw $0x3002", "push %cs", "push $2f-low", \
        "iret", "2: nop"
    watched "iret of 32 bits sets RF", both, LOW+2b-low, L0, "pushl $0x13002", "pushl $0x800", "pushl $2f-low", \
        "iretl", "2: nop"
    watched "which ends with the next instruction", both, LOW+2b-low, L0, "pushl $0x13002", "pushl $0x800", \
        "pushl $1f-low", "iretl", "1: nop", "2: nop"
    watched "iret of 16 bits included", both, LOW+2b-low, L0, "pushw $0x3002", "push %cs", "push $2f-low", \
        "pushl $0x13002", "pushl $0x800", "pushl $1f-low", "iretl", "1: iret", "2: nop"
    watched "an interrupt with RF at its first instruction", both, 0, 0, "pushl $0x13002", "pushl $0x800", \
        "pushl $1f-low", "iretl", "1: int $0x43"
    watched "a fault has RF in its image", both, 0, 0, "xor %dl, %dl", "div %dl", "nop"
    low_done

back_to_v86:
    iret
