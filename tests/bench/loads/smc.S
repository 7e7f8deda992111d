# smc - a loop that writes the immediate of its own next instruction.
    .text
    .global load
load:
    mov $ITER, %ecx
    xor %ebx, %ebx
1:  mov %ecx, 2f + 1
2:  mov $0, %eax                # b8 imm32
    add %eax, %ebx
    dec %ecx
    jnz 1b
    mov %ebx, %eax
    ret
