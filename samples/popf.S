# popf.S - the instruction that x86 virtualization stumbles over.
#
# popf loads EFLAGS from the stack.  At CPL 0 that includes IF; at CPL 1-3 (IOPL 0) it leaves IF
# alone *and does not trap*.  A monitor that runs this kernel de-privileged is never told.
#
# Watch: the sixth instruction.  Natively, IF goes from 0 to 1.  Under `direct` it does not, and
# later the timer never interrupts: "timer after popf: lost".  Under `bt` the translated popf
# sets the virtual IF; under VT-x the guest has an IF of its own.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp        # 1  a stack, for push and popf
    mov $0xff, %al              # 2  mask all interrupts at the two controllers: there is no
    out %al, $PIC1 + 1          # 3  IDT yet, so none may come (out traps, as it should)
    out %al, $PIC2 + 1          # 4
    push $0x202                 # 5  EFLAGS to be: IF (bit 9), and bit 1, which is always 1
    popf                        # 6  <-- IF := 1.  Sensitive, yet it never traps
    xor %ebx, %ebx              # 7  interrupts are on from here; none counted so far
    call machine_init           # 8  GDT, IDT, interrupt controllers: see boot.inc
    gate IRQ0, timer            #    where the timer interrupt goes
    start_timer 1000            #    a thousand of its clocks from one to the next
    call wait_for_ticks         #    does it come?
    mov %eax, %ebp
    print "timer after popf: "
    mov %ebp, %eax
    call report

    # pushf; cli; ...; popf is how kernels protect a critical section
    pushf
    cli
    mov ticks, %ebx
    call wait_for_request       # the timer asks, and must not be heard
    mov ticks, %edi
    sub %ebx, %edi              # interrupts inside of the window
    popf                        # <-- IF := 1 again: the one that waits is taken now
    call wait_for_ticks
    mov %eax, %ebp
    print "inside of the IF=0 window: "
    mov %edi, %eax
    call put_dec
    print "\ntimer after the window: "
    mov %ebp, %eax
    call report

    # and popf that clears IF
    push $0x002
    popf                        # <-- IF := 0
    mov ticks, %ebx
    call wait_for_request
    mov ticks, %edi
    sub %ebx, %edi
    print "after popf cleared IF: "
    mov %edi, %eax
    call put_dec
    sti
    call wait_for_ticks
    mov %eax, %ebp
    print "\ntimer after sti: "
    mov %ebp, %eax
    call report
    exit 0

# eax = 1: ticks has passed ebx; 0: it never will, for the request stands and is not taken
wait_for_ticks:
    mov $1000, %ecx
1:  mov $1, %eax
    cmp %ebx, ticks
    jne 2f
    call timer_asks
    jz 1b
    loop 1b
    xor %eax, %eax
2:  ret

wait_for_request:
    call timer_asks
    jz wait_for_request
    ret

# ZF = 0: IRQ 0 is requested; read from the interrupt controller's IRR
timer_asks:
    mov $0x0a, %al
    out %al, $PIC1
    in $PIC1, %al
    test $1, %al
    ret

report:
    mov $came, %esi
    test %eax, %eax
    jnz puts
    mov $lost, %esi
    jmp puts

timer:
    push %eax
    incl ticks
    mov $EOI, %al
    out %al, $PIC1
    pop %eax
    iret

    .section .rodata
came:
    .asciz "came\n"
lost:
    .asciz "lost\n"
    .bss
ticks:
    .skip 4

    library_print
    library_machine
