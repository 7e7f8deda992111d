# rmw - read, change and write memory, paging on: 64 KB, a dword each.
    .text
    .global load
load:
    call identity_paging
    mov $ITER, %edi
1:  mov $words, %esi
    mov $4096, %ecx
2:  add %ecx, (%esi)
    xor %edi, 4(%esi)
    incl 8(%esi)
    rorl $3, 12(%esi)
    add $16, %esi
    dec %ecx
    jnz 2b
    dec %edi
    jnz 1b
    xor %eax, %eax
    mov $words, %esi
    mov $16384, %ecx
1:  rol $1, %eax
    add (%esi), %eax
    add $4, %esi
    dec %ecx
    jnz 1b
    ret
    .bss
    .align 4096
words:
    .skip 65536
