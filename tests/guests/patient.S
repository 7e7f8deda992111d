# patient.S - loops that look endless, and are not: one counts in memory, one reads time, one waits for a device.
    .globl _start
_start:
    movl $3000000, count
1:  xor %eax, %eax
    decl count
    mov $0, %eax
    jz 2f
    mov $0, %eax
    cmp %eax, %eax
    jmp 1b
2:  rdtsc
    cmp $40000000, %eax
    mov $0, %eax
    mov $0, %edx
    jb 2b
    mov $0x34, %al
    out %al, $0x43
    xor %eax, %eax
    out %al, $0x40
    out %al, $0x40
3:  mov $0x0a, %al
    out %al, $0x20
    in $0x20, %al
    test $1, %al
    jz 3b
    mov $7, %al
    out %al, $0xf4
    .bss
count:
    .long 0
