# pf - page faults: a page that is not present is read, the handler maps it, and it goes away again.
    .include "bench.inc"
    .text
    .global load
load:
    gate 14, page_fault
    movl $0x1234, frame
    mov $window_table + 7, %eax
    mov %eax, page_directory + 4 * 2    # 800000h up
    call identity_paging
    mov $ITER, %ecx
    xor %ebx, %ebx
1:  mov %ecx, %esi
    and $63, %esi
    mov %esi, %edx
    shl $12, %esi
    add $0x800000, %esi
    add (%esi), %ebx                    # faults once
    movl $0, window_table(, %edx, 4)
    invlpg (%esi)
    dec %ecx
    jnz 1b
    mov %ebx, %eax
    ret

page_fault:
    push %eax
    mov %cr2, %eax
    shr $12, %eax
    and $1023, %eax
    movl $frame + 7, window_table(, %eax, 4)
    inc %ebx
    pop %eax
    add $4, %esp
    iret
    .bss
    .align 4096
window_table:
    .skip 4096
frame:
    .skip 4096
