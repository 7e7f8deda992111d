# timer.S - ten timer interrupts, and nothing to do in between.
#
# Watch: hlt.  The processor stops until an interrupt arrives, so guest time jumps to it.  sti
# takes effect after the next instruction: no interrupt can slip in between sti and hlt.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp
    call machine_init
    gate IRQ0, timer
    start_timer 11932           # 100 Hz
    mov $1, %ebx
wait:
    cli
    cmp %ebx, ticks
    jae came
    sti
    hlt
    jmp wait
came:
    print "tick "
    mov %ebx, %eax
    call put_dec
    mov $'\n', %al
    call putc
    inc %ebx
    cmp $10, %ebx
    jbe wait
    exit 0

timer:
    push %eax
    incl ticks
    mov $EOI, %al
    out %al, $PIC1
    pop %eax
    iret

    .bss
ticks:
    .skip 4

    library_print
    library_machine
