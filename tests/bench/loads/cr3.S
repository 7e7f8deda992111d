# cr3 - address space switches: another page directory, and eight of its pages are read.
    .text
    .global load
load:
    call identity_paging
    mov $page_directory, %esi           # two more directories: 800000h is elsewhere in each
    mov $directories, %edi
    mov $1024, %ecx
    rep movsl
    mov $page_directory, %esi
    mov $1024, %ecx
    rep movsl
    movl $tables + 7, directories + 4 * 2
    movl $tables + 4096 + 7, directories + 4096 + 4 * 2
    mov $pages + 7, %eax
    xor %ecx, %ecx
1:  mov %eax, tables(, %ecx, 4)
    mov %ecx, -7(%eax)
    lea 8 * 4096(%eax), %edx
    mov %edx, tables + 4096(, %ecx, 4)
    mov %eax, -7(%edx)
    add $4096, %eax
    inc %ecx
    cmp $8, %ecx
    jne 1b
    mov $ITER, %ecx
    mov $directories, %eax
    xor %ebx, %ebx
1:  mov %eax, %cr3
    add 0x800000, %ebx
    add 0x801000, %ebx
    add 0x802000, %ebx
    add 0x803000, %ebx
    rol $1, %ebx
    add 0x804000, %ebx
    add 0x805000, %ebx
    add 0x806000, %ebx
    add 0x807000, %ebx
    xor $4096, %eax
    dec %ecx
    jnz 1b
    mov %ebx, %eax
    ret
    .bss
    .align 8192
directories:
    .skip 8192
tables:
    .skip 8192
pages:
    .skip 16 * 4096
