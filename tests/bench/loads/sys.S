# sys - system calls: int 80h in ring 3, iret in ring 0, paging on.
    .include "bench.inc"
    .text
    .global load
load:
    gate 0x80, system_call
    gate 0x81, leave
    call identity_paging
    mov %esp, kernel_esp
    mov $USER_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    pushl $USER_DATA
    pushl $user_stack
    pushl $2
    pushl $USER_CODE
    pushl $user
    iret

user:
    mov $ITER, %ecx
    xor %ebx, %ebx
1:  mov %ecx, %eax
    int $0x80
    add %eax, %ebx
    dec %ecx
    jnz 1b
    int $0x81

system_call:
    xor $0x5555, %eax
    incl calls
    iret

leave:
    mov $KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov kernel_esp, %esp
    mov %ebx, %eax
    add calls, %eax
    ret
    .bss
    .align 4096
kernel_esp:
    .long 0
calls:
    .long 0
    .skip 4096
user_stack:
    .skip 16
