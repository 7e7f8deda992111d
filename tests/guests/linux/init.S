# init.S - the first process of a Linux guest: it says so, waits until the line has sent it, and ends the
# machine through port F4h.
        .set    EXIT_PORT, 0xf4
        .set    TCSBRK, 0x5409          # with 1: wait until all is sent
        .globl  _start
_start: mov     $4, %eax                # write
        mov     $1, %ebx
        mov     $text, %ecx
        mov     $text_end - text, %edx
        int     $0x80
        mov     $54, %eax               # ioctl
        mov     $1, %ebx
        mov     $TCSBRK, %ecx
        mov     $1, %edx
        int     $0x80
        mov     $110, %eax              # iopl
        mov     $3, %ebx
        int     $0x80
        xor     %eax, %eax
        mov     $EXIT_PORT, %edx
        out     %al, %dx
1:      jmp     1b

        .data
text:   .ascii  "Hello from user space.\n"
text_end:
        .section .note.GNU-stack, "", @progbits
