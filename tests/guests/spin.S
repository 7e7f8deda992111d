# spin.S - a loop that comes back to the same state, with interrupts off and a timer that runs.
    .globl _start
_start:
    mov $0x36, %al
    out %al, $0x43
    xor %eax, %eax
    out %al, $0x40
    out %al, $0x40
spin:
    incl count
    decl count
    push %eax
    pop %eax
    jmp spin
    .bss
count:
    .long 0
