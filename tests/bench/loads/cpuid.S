# cpuid - a trap in each iteration: an instruction that every monitor answers itself.
    .text
    .global load
load:
    mov $ITER, %edi
    xor %esi, %esi
1:  xor %eax, %eax
    cpuid
    add %ebx, %esi
    dec %edi
    jnz 1b
    mov %esi, %eax
    ret
