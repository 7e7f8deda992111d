# strings.S - interrupts inside of one instruction: rep movs is resumed, not repeated.
#
# Watch: at the interrupt EIP still points at the rep movs, and esi, edi, ecx say how far it has
# come; each iteration is a tick of guest time.  The result must be as if nothing had happened.
    .include "boot.inc"
    .set SIZE, 32768
    multiboot_header

_start:
    mov $stack_top, %esp
    call machine_init
    gate IRQ0, timer
    mov $SIZE, %ecx             # a pattern that is different everywhere nearby
    mov $source, %edi
    xor %eax, %eax
fill:
    imul $1103515245, %eax
    add $12345, %eax
    mov %eax, %edx
    shr $16, %edx
    mov %dl, (%edi)
    inc %edi
    loop fill
    start_timer 300
    sti
again:                          # until an interrupt has come inside of each
    mov $source, %esi
    mov $target, %edi
    mov $SIZE, %ecx
    cld
copy:
    rep movsb
    cmpl $0, inside_copy
    je again
    mov $source, %esi
    mov $target, %edi
    mov $SIZE, %ecx
compare:
    repe cmpsb
    jne wrong
    cmpl $0, inside_compare
    je again
    mov $target, %edi           # downwards, by dwords
    add $SIZE - 4, %edi
    mov $SIZE / 4, %ecx
    mov $0x5a5a5a5a, %eax
    std
    rep stosl
    cld
    movb $0xa5, target + SIZE - 7
    mov $target, %edi
    mov $SIZE, %ecx
    mov $0x5a, %al
    repe scasb
    lea -1(%edi), %ebx
    sub $target, %ebx
    cli
    print "copied and compared: same, interrupted inside of both\n"
    print "first odd byte at "
    mov %ebx, %eax
    call put_dec
    mov $'\n', %al
    call putc
    exit 0
wrong:
    cli
    print "copied and compared: different\n"
    exit 1

timer:                          # frame: eax, then EIP, CS, EFLAGS
    push %eax
    cmpl $copy, 4(%esp)
    jne 1f
    cmp $SIZE, %ecx             # not before its first iteration
    je 1f
    incl inside_copy
1:  cmpl $compare, 4(%esp)
    jne 2f
    cmp $SIZE, %ecx
    je 2f
    incl inside_compare
2:  mov $EOI, %al
    out %al, $PIC1
    pop %eax
    iret

    .bss
inside_copy:
    .skip 4
inside_compare:
    .skip 4
source:
    .skip SIZE
target:
    .skip SIZE

    library_print
    library_machine
