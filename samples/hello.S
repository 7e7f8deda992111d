# hello.S - the smallest guest that says something: it polls the serial port and prints.
#
# Watch: every `in` and `out` is a privileged instruction.  Natively each costs what a device
# costs; under a monitor each one leaves the guest.  Most of them only ask whether the port is
# ready (see the loop at `wait`): count them.
    .include "boot.inc"
    multiboot_header

_start:
    mov $message, %esi
next:
    mov (%esi), %bl
    test %bl, %bl
    jz done
    mov $COM1 + 5, %edx         # line status
wait:
    in (%dx), %al
    test $LSR_THRE, %al         # does the transmitter take a byte?
    jz wait
    mov $COM1, %edx
    mov %bl, %al
    out %al, (%dx)
    inc %esi
    jmp next
done:
    exit 0

    .section .rodata
message:
    .asciz "Hello, world.\n"
