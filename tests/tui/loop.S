# A guest that never ends: for interrupting it.
    .globl _start
    .text
_start:
    xor %eax, %eax
again:
    inc %eax
    jmp again
