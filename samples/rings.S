# rings.S - a kernel at CPL 0, a program at CPL 3, and the ways between them.
#
# Watch: iret to user mode, int $0x80 back (stack switch through the TSS), and the user's cli,
# which faults: #GP, error code 0, with EIP at the cli.  The kernel skips it and returns.
# Monitors run the user part directly; what differs between them is how the kernel part runs.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp
    call machine_init
    gate 0x80, system_call, 3
    gate 13, general_protection
    push $USER_DATA             # ss
    push $user_stack            # esp
    push $0x202                 # eflags
    push $USER_CODE             # cs
    push $user                  # eip
    mov $USER_DATA, %ax
    mov %ax, %ds
    mov %ax, %es
    iret

# eax: 0 exit with code ebx; 1 print the string ebx; 2 print the number ebx
system_call:
    push %ds
    push %es
    push %esi
    mov $KERNEL_DATA, %cx
    mov %cx, %ds
    mov %cx, %es
    cmp $1, %eax
    jb leave
    ja number
    mov %ebx, %esi
    call puts
    jmp back
number:
    mov %ebx, %eax
    call put_dec
back:
    pop %esi
    pop %es
    pop %ds
    iret
leave:
    mov %ebx, %eax
    out %eax, $0xf4
1:  cli
    hlt
    jmp 1b

# frame: error code, EIP, CS, EFLAGS, ESP, SS
general_protection:
    pusha
    push %ds
    mov $KERNEL_DATA, %ax
    mov %ax, %ds
    print "kernel: #GP from CPL "
    mov 44(%esp), %eax
    and $3, %eax
    call put_dec
    print ", error code "
    mov 36(%esp), %eax
    call put_dec
    print ", at the cli: "
    mov $'y', %al
    cmpl $user_cli, 40(%esp)
    je 1f
    mov $'n', %al
1:  call putc
    mov $'\n', %al
    call putc
    incl 40(%esp)               # cli is one byte long: skip it
    pop %ds
    popa
    add $4, %esp                # the error code
    iret

# ---- CPL 3 ----

.macro call_kernel function, argument
    mov $\function, %eax
    mov \argument, %ebx
    int $0x80
.endm

user:
    call_kernel 1, $greeting
    mov %cs, %ebp
    and $3, %ebp
    call_kernel 2, %ebp
    call_kernel 1, $before
user_cli:
    cli
    call_kernel 1, $after
    call_kernel 0, $0

    .section .rodata
greeting:
    .asciz "user: CPL "
before:
    .asciz "\nuser: cli\n"
after:
    .asciz "user: still here\n"
    .bss
    .align 16
    .skip 1024
user_stack:

    library_print
    library_machine
