# apic.S - the local APIC and the I/O APIC: who interrupts, when, and what is left in the registers.
# SDM 3A 10; 82093AA (290566).
    .include "system.inc"
    .include "irq.inc"
    .set APIC, 0xfee00000
    .set ID, APIC + 0x20
    .set TPR, APIC + 0x80
    .set PPR, APIC + 0xa0
    .set EOI, APIC + 0xb0
    .set LDR, APIC + 0xd0
    .set SVR, APIC + 0xf0
    .set ISR, APIC + 0x100
    .set TMR, APIC + 0x180
    .set IRR, APIC + 0x200
    .set ESR, APIC + 0x280
    .set ICR, APIC + 0x300
    .set LVT_TIMER, APIC + 0x320
    .set LINT0, APIC + 0x350
    .set COUNT0, APIC + 0x380
    .set COUNT, APIC + 0x390
    .set DIVIDE, APIC + 0x3e0
    .set IOREGSEL, 0xfec00000
    .set IOWIN, 0xfec00010

    .macro entry pin, low       # of the I/O APIC's table; to everybody
    movl $0x11 + 2 * \pin, IOREGSEL
    movl $0, IOWIN
    movl $0x10 + 2 * \pin, IOREGSEL
    movl $\low, IOWIN
    .endm
    .macro ipi vector           # to itself
    movl $0x40000 + \vector, ICR
    .endm
    .macro open                 # what waits comes
    sti
    nop
    nop
    cli
    .endm
    .macro show_bit reg, vector
    mov \reg + (\vector) / 32 * 16, %eax
    shr $(\vector) % 32, %eax
    and $1, %eax
    show %eax
    .endm

    begin
    pics
    on_event taken
    rule "IA32_APIC_BASE: FEE00000, on, the boot processor"
    mov $0x1b, %ecx
    rdmsr
    show %eax
    passed
    rule "CPUID has it"
    mov $1, %eax
    cpuid
    shr $9, %edx
    and $1, %edx
    show %edx
    passed
    movl $0x1ff, SVR
    movl $0x8700, LINT0

    # -- the 8259 through LINT0
    rule "virtual wire: the timer through the 8259"
    outp 0x21, 0xfe
    timer 100
    pending 0
    open
    passed
    rule "LINT0 masked: it waits"
    timer 100
    pending 0
    movl $0x18700, LINT0
    open
    passed
    rule "and comes when the mask goes"
    movl $0x8700, LINT0
    open
    outp 0x21, 0xff
    passed

    # -- priorities
    rule "to itself"
    ipi 0x51
    open
    passed
    rule "the higher one first"
    ipi 0x51
    ipi 0x71
    ipi 0x61
    open
    passed
    rule "without EOI: 61 waits for 62, 71 does not"
    movb $0, eoi
    ipi 0x62
    open
    ipi 0x61
    ipi 0x71
    open
    show_bit ISR, 0x62
    show_bit ISR, 0x71
    show_bit IRR, 0x61
    mov PPR, %eax
    show %eax
    movl $0, EOI
    mov PPR, %eax
    show %eax
    movl $0, EOI
    movb $1, eoi
    open
    passed
    rule "TPR 60h: 61 waits, 71 comes"
    movl $0x60, TPR
    ipi 0x61
    ipi 0x71
    open
    mov PPR, %eax
    show %eax
    movl $0x50, TPR
    open
    movl $0, TPR
    passed
    rule "disabled by software: 61 waits, and 71 is not accepted"
    ipi 0x61
    movl $0xff, SVR
    ipi 0x71
    open
    mov LINT0, %eax
    shr $16, %eax
    and $1, %eax
    show %eax
    movl $0x1ff, SVR
    open
    movl $0x8700, LINT0
    passed
    rule "vector 5 is none: ESR"
    movl $0, ESR
    ipi 5
    movl $0, ESR
    mov ESR, %eax
    show %eax
    passed
    rule "to a set that it is in, to one that it is not in"
    movl $0x04000000, LDR
    movl $0x06000000, ICR + 0x10
    movl $0x851, ICR
    open
    movl $0x03000000, ICR + 0x10
    movl $0x851, ICR
    open
    movl $0, ICR + 0x10
    passed

    # -- NMI
    rule "NMI to its own ID, IF clear: at once"
    movl $0, ICR + 0x10
    movl $0x400, ICR
    say " after"
    passed
    rule "another one in its handler: after IRET"
    movb $1, nmi_more
    movl $0x400, ICR
    passed
    rule "NMI with the APIC disabled by software"
    movl $0xff, SVR
    movl $0x400, ICR
    movl $0x1ff, SVR
    movl $0x8700, LINT0
    passed

    # -- the timer
    rule "one-shot: once, and the count stays 0"
    movl $0x0b, DIVIDE
    movl $0x81, LVT_TIMER
    movl $3000, COUNT0
    call wait_long
    mov COUNT, %eax
    show %eax
    passed
    rule "it counts down"
    movl $0x10081, LVT_TIMER
    movl $0x7fffffff, COUNT0
    mov COUNT, %ebx
    mov $1000, %ecx
    loop .
    sub COUNT, %ebx
    setg %al
    show_byte %al
    movl $0, COUNT0
    mov COUNT, %eax
    show %eax
    passed
    rule "periodic: again and again"
    movl $0, taken_count
    movb $1, silent
    movl $0x20082, LVT_TIMER
    movl $20000, COUNT0
    sti
1:  hlt
    cmpl $5, taken_count
    jb 1b
    cli
    movl $0x30082, LVT_TIMER
    movl $0, COUNT0
    movb $0, silent
    mov taken_count, %eax
    show %eax
    passed
    open

    # -- the I/O APIC
    rule "24 inputs"
    movl $1, IOREGSEL
    mov IOWIN, %eax
    shr $16, %eax
    show %eax
    passed
    rule "the timer on input 2, an edge"
    entry 2, 0x91
    timer 100
    call wait_short
    entry 2, 0x10000
    passed
    rule "the serial line on input 4, a level: again after EOI, until IIR is read"
    movb $1, silent
    movl $0, taken_count
    entry 4, 0x8092
    mov $0x3fc, %edx
    mov $0x0b, %al
    out %al, %dx
    mov $0x3f9, %edx
    mov $2, %al
    out %al, %dx
    mov $200000, %ecx
    sti
1:  cmpl $2, taken_count
    loopne 1b
    cli
    movb $0, silent
    mov $0x3f9, %edx
    xor %eax, %eax
    out %al, %dx
    movl $0x18, IOREGSEL
    mov IOWIN, %eax
    show %eax
    show_bit TMR, 0x92
    entry 4, 0x10000
    passed

    # -- instructions that reach it
    rule "read, modify and write: add, xchg, cmpxchg, bts"
    movl $0x10, TPR
    addl $0x20, TPR
    mov $0x41, %eax
    xchg %eax, TPR
    show %eax
    mov $0x41, %eax
    mov $0x52, %ecx
    cmpxchg %ecx, TPR
    btsl $3, TPR
    mov TPR, %eax
    show %eax
    passed
    rule "push, pop, movs, stos, scas"
    pushl TPR
    pop %eax
    show %eax
    push $0x33
    popl TPR
    mov $TPR, %esi
    mov $word, %edi
    movsl
    mov word, %eax
    show %eax
    mov $TPR, %edi
    mov $0x44, %eax
    stosl
    mov $TPR, %edi
    scasl
    sete %al
    show_byte %al
    passed
    rule "in ring 3"
    to_ring 3
    mov TPR, %eax
    show %eax
    movl $0, TPR
    mov TPR, %eax
    show %eax
    passed
    rule "a request that the write itself makes, with IF set", 1f
    sti
1:  ipi 0x51
    nop
    cli
    passed

    # -- where it is, and whether
    .macro base value
    mov $0x1b, %ecx
    mov $\value, %eax
    xor %edx, %edx
    wrmsr
    .endm
    rule "a reserved bit in IA32_APIC_BASE"
    base 0xfee00901
    passed
    rule "moved to 300000: there it is, and no more at FEE00000; then the RAM is back"
    movl $0x1234, 0x300080
    movl $0x20, TPR
    base 0x300900
    mov 0x300080, %eax
    show %eax
    mov TPR, %eax
    show %eax
    movl $0x30, 0x300080
    base 0xfee00900
    mov 0x300080, %eax
    show %eax
    mov TPR, %eax
    show %eax
    passed
    rule "turned off: CPUID says so, in ring 3, too; the 8259 interrupts; nobody is at FEE00000"
    base 0xfee00100
    outp 0x21, 0xfe
    timer 100
    pending 0
    open
    outp 0x21, 0xff
    mov TPR, %eax
    show %eax
    to_ring 3
    mov $1, %eax
    cpuid
    shr $9, %edx
    and $1, %edx
    show %edx
    passed
    rule "on again: as after power-up"
    base 0xfee00900
    mov TPR, %eax
    show %eax
    mov SVR, %eax
    show %eax
    mov LINT0, %eax
    show %eax
    passed
    done

wait_long:
    mov $2000000, %ecx
    jmp 1f
wait_short:
    mov $200000, %ecx
1:  movl $0, taken_count
    sti
1:  cmpl $1, taken_count
    loopnz 1b
    nop
    cli
    ret

taken:                          # 20h-2fh: the 8259; 50h on: the APIC
    mov e_vector, %ebx
    cmp $2, %ebx
    je nmi
    cmp $0x50, %ebx
    jae 1f
    sub $0x20, %ebx
    cmp $0x10, %ebx
    jae report
    say " irq "
    mov %ebx, %eax
    call put_number
    outp 0x20, 0x20
    jmp go_on
1:  incl taken_count
    cmpb $0, silent
    jne 2f
    say " vector "
    mov %ebx, %eax
    call put_number
2:  cmp $0x92, %ebx
    jne 4f
    cmpl $2, taken_count
    jb 4f
    mov $0x3fa, %edx
    in %dx, %al
4:  cmpb $0, eoi
    je 3f
    movl $0, EOI
3:  jmp go_on
nmi:
    say " nmi"
    cmpb $0, nmi_more
    je go_on
    movb $0, nmi_more
    movl $0x400, ICR
    say " waits"
    jmp go_on

    .data
nmi_more:
    .byte 0
eoi:
    .byte 1
silent:
    .byte 0
    .align 4
taken_count:
    .long 0
word:
    .long 0
