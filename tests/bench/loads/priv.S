# priv - what a kernel does to its interrupt flag.
    .text
    .global load
load:
    mov $ITER, %edi
    xor %esi, %esi
1:  cli
    pushfl
    pop %eax
    sti
    pushfl
    cli
    popfl
    add %eax, %esi
    dec %edi
    jnz 1b
    cli
    mov %esi, %eax
    ret
