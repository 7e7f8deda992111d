# io - out to port 80h, the POST display.
    .text
    .global load
load:
    mov $ITER, %ecx
    xor %eax, %eax
1:  out %al, $0x80
    add %ecx, %eax
    dec %ecx
    jnz 1b
    ret
