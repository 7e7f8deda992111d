# halted.S - halts with interrupts off.
    .globl _start
_start:
    cli
    hlt
