# smc.S - code that changes itself: the loop counts up the immediate of its own mov.
#
# Watch: each store into `patch` makes what is known about this page's code stale.  Natively the
# processor notices; a translator has to write-protect the page of the guest's code, throw the
# translation away at each trip, and soon does better to translate such code another way.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp
    xor %ebx, %ebx
    mov $10, %ecx
patch:
    mov $0, %eax                # b8 imm32: the immediate is at patch + 1
    add %eax, %ebx
    incl patch + 1
    loop patch
    print "0 + 1 + ... + 9 = "
    mov %ebx, %eax
    call put_dec

    # the same, ahead of itself in one straight line: the store hits the very next instruction
    movb $7, ahead + 1
ahead:
    mov $0, %eax
    mov %eax, %ebx
    print "\nwritten just ahead: "
    mov %ebx, %eax
    call put_dec

    # and a function made from data
    movl $0x04408d, function    # 8d 40 04: lea 4(%eax), %eax
    movb $0xc3, function + 3    # ret
    mov $38, %eax
    call function
    mov %eax, %ebx
    print "\nmade from data: "
    mov %ebx, %eax
    call put_dec
    mov $'\n', %al
    call putc
    exit 0

    .bss
function:
    .skip 16

    library_print
