# str - rep movsd and rep stosd, 4096 dwords each, aligned.  An iteration counts as an instruction.
    .text
    .global load
load:
    mov $source, %edi
    mov $0x9e3779b9, %eax
    mov $4096, %ecx
1:  stosl
    imul $1664525, %eax, %eax
    inc %eax
    loop 1b
    mov $ITER, %edx
    xor %ebx, %ebx
1:  mov $source, %esi
    mov $target, %edi
    mov $4096, %ecx
    rep movsl
    add target + 4096, %ebx
    mov $target, %edi
    mov %edx, %eax
    mov $4096, %ecx
    rep stosl
    add target + 8192, %ebx
    incl source + 4096
    dec %edx
    jnz 1b
    mov %ebx, %eax
    ret
    .bss
    .align 4096
source:
    .skip 16384
target:
    .skip 16384
