# fib - Fibonacci numbers the slow way: calls and returns.
    .text
    .global load
load:
    mov $ITER, %edi
    xor %esi, %esi
1:  mov $24, %eax
    call fib
    add %eax, %esi
    dec %edi
    jnz 1b
    mov %esi, %eax
    ret

fib:                            # eax to fib(eax); keeps ebx
    cmp $2, %eax
    jb 1f
    push %ebx
    push %eax
    dec %eax
    call fib
    mov %eax, %ebx
    pop %eax
    sub $2, %eax
    call fib
    add %ebx, %eax
    pop %ebx
1:  ret
