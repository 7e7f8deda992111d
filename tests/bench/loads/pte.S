# pte - a page table entry is changed, invlpg, and the page read again.
    .text
    .global load
load:
    movl $0x1111, frames
    movl $0x2222, frames + 4096
    call identity_paging
    mov $ITER, %ecx
    mov $frames + 7, %eax
    xor %ebx, %ebx
    mov $window, %esi
    mov %esi, %edx
    shr $12, %edx
    lea page_table(, %edx, 4), %edx     # the window's entry
1:  mov %eax, (%edx)
    invlpg (%esi)
    add (%esi), %ebx
    xor $4096, %eax
    rol $1, %ebx
    dec %ecx
    jnz 1b
    mov %ebx, %eax
    ret
    .bss
    .align 8192
frames:
    .skip 8192
window:
    .skip 4096
