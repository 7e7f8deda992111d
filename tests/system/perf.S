# perf.S - what the performance counters count, in which rings, and how their end is told.
# SDM 3B 18.22 (PerfEvtSel0, 1), 19.17 (events C0h, 79h of the P6 family); 3A 10.5.1 (the LVT's entry).
    .include "system.inc"
    .include "irq.inc"
    .set APIC, 0xfee00000
    .set EOI, APIC + 0xb0
    .set LVT_PERF, APIC + 0x340
    .set EN, 1 << 22
    .set INT, 1 << 20
    .set OS, 1 << 17
    .set USR, 1 << 16
    .set RETIRED, 0xc0
    .set CLOCKS, 0x79
    .macro msr number, low
    mov $\number, %ecx
    mov $\low, %eax
    xor %edx, %edx
    wrmsr
    .endm
    .macro start select, other=0, from=0, from1=0   # the last WRMSR is the first that counts
    msr 0x186, 0
    msr 0xc1, \from
    msr 0xc2, \from1
    msr 0x187, \other
    msr 0x186, \select
    .endm
    .macro stop                 # three instructions count
    msr 0x186, 0
    .endm
    .macro read n               # stopped
    mov $0xc1 + \n, %ecx
    rdmsr
    show %edx
    show %eax
    .endm
    .macro counts text, select, other=0
    rule "\text"
    start \select, \other
    nop
    nop
    nop
    stop
    read 0
    read 1
    passed
    .endm

    begin
    pics
    on_event taken
    mov $0x100, %eax            # CR4.PCE
    mov %eax, %cr4

    counts "instructions: from the WRMSR that starts it, up to the one that stops it", (EN + OS + USR + RETIRED)
    counts "clocks: one each", (EN + OS + USR + CLOCKS)
    counts "both counters", (EN + OS + CLOCKS), (OS + RETIRED)
    counts "EN is the first one's, of both", (OS + RETIRED), (OS + RETIRED)
    counts "the second one alone", EN, (OS + RETIRED)
    counts "no ring", (EN + RETIRED), CLOCKS
    counts "USR alone, in ring 0", (EN + USR + RETIRED), (OS + RETIRED)
    counts "an event that never happens", (EN + OS + USR + 0x24)
    counts "with a unit mask", (EN + OS + 0x0f00 + RETIRED)
    counts "at least one a clock, at least two", (EN + OS + (1 << 24) + RETIRED), (OS + (2 << 24) + RETIRED)
    counts "inverted: below one, below two", (EN + OS + (3 << 23) + RETIRED), (OS + (5 << 23) + RETIRED)
    counts "inverted without a mask; edges", (EN + OS + (1 << 23) + RETIRED), (OS + (1 << 18) + RETIRED)

    rule "RDPMC while it counts"
    start (EN + OS + RETIRED)
    xor %ecx, %ecx
    rdpmc
    mov %eax, %ebx
    rdpmc
    sub %ebx, %eax
    show %ebx
    show %eax
    passed
    rule "it stops and goes on"
    start (EN + OS + RETIRED)
    stop
    nop
    nop
    msr 0x186, (EN + OS + RETIRED)
    stop
    read 0
    passed
    rule "it is written while it counts"
    start (EN + OS + RETIRED)
    msr 0xc1, 0xfffff000
    stop
    read 0
    passed
    rule "after 40 bits comes 0"
    start (EN + OS + RETIRED), 0, -3
    stop
    read 0
    passed
    rule "each iteration of REP"
    start (EN + OS + RETIRED)
    mov $5, %ecx
    mov $word, %esi
    mov %esi, %edi
    rep movsb
    stop
    read 0
    passed
    rule "not what faults: the handler's instructions, and what it returns to"
    on_event count_faults
    start (EN + OS + RETIRED)
    ud2
    stop
    read 0
    on_event taken
    passed
    rule "halted until the timer: time goes on, the counter does not"
    start (EN + OS + CLOCKS)
    outp 0x21, 0xfe
    timer 2000
    rdtsc
    mov %eax, %ebx
    sti
    hlt
    rdtsc
    sub %ebx, %eax
    shr $10, %eax
    mov %eax, %ebx
    stop
    show %ebx
    mov $0xc1, %ecx
    rdmsr
    shr $12, %eax
    show %eax
    outp 0x21, 0xff
    passed

    # -- rings
    .macro in_ring ring, text, select
    rule "ring \ring: \text"
    start \select, 0
    to_ring \ring
    nop
    nop
    xor %ecx, %ecx
    rdpmc
    show %eax
    passed
    .endm
    .irp ring, 1, 3
    in_ring \ring, "USR, from the IRET", (EN + USR + RETIRED)
    in_ring \ring, "OS, up to the IRET", (EN + OS + RETIRED)
    in_ring \ring, "both", (EN + USR + OS + RETIRED)
    .endr
    .macro show_both                # changes eax, ebx, ecx, edx
    xor %ecx, %ecx
    rdpmc
    mov %eax, %ebx
    inc %ecx
    rdpmc
    show %ebx
    show %eax
    .endm
    rule "in and out by interrupts: the INT is ring 0's, the IRET ring 3's"
    on_event count_calls
    start (EN + USR + RETIRED), (OS + RETIRED)
    to_ring 3
    int $0x40
    int $0x40
    nop
    show_both
    passed
    rule "in and out by faults"
    on_event count_faults
    start (EN + USR + RETIRED), (OS + RETIRED)
    to_ring 3
    ud2
    cli
    show_both
    passed
    on_event taken

    # -- the end is told
    .macro opened text, lvt, select, from
    rule "\text"
    movl $1f, mark
    movl $\lvt, LVT_PERF
    sti
    start \select, 0, \from
1:  .rept 8
    nop
    .endr
    stop
    cli
    mov LVT_PERF, %eax
    show %eax
    passed
    .endm
    opened "an interrupt behind what ends it; then its entry is masked", 0x60, (EN + INT + OS + RETIRED), -4
    opened "the same in clocks, USR and OS", 0x60, (EN + INT + OS + USR + CLOCKS), -4
    opened "without INT", 0x60, (EN + OS + RETIRED), -4
    opened "masked: nobody is told", 0x10060, (EN + INT + OS + RETIRED), -4
    opened "an NMI", 0x400, (EN + INT + OS + RETIRED), -6
    opened "by the WRMSR itself", 0x60, (EN + INT + OS + RETIRED), -1
    opened "USR does not get there", 0x60, (EN + INT + USR + RETIRED), -1
    rule "IF clear: it waits"
    movl $1f, mark
    movl $0x60, LVT_PERF
    start (EN + INT + OS + RETIRED), 0, -3
    nop
    nop
    nop
    sti
1:  nop
    nop
    cli
    stop
    passed
    rule "the second counter, while the first runs"
    movl $1f, mark
    movl $0x60, LVT_PERF
    sti
    start (EN + INT + OS + RETIRED), (INT + OS + RETIRED), -400, -5
1:  .rept 8
    nop
    .endr
    cli
    stop
    passed
    rule "in ring 3, USR: two instructions behind the IRET"
    movl $1f, mark
    movl $0x60, LVT_PERF
    start (EN + INT + USR + RETIRED), 0, -3
    to_ring 3, 0x202
1:  nop
    nop
    nop
    nop
    passed
    rule "a counter that would end in a halt does not wake anybody"
    movl $1f, mark
    movl $0x60, LVT_PERF
    outp 0x21, 0xfe
    timer 2000
    start (EN + INT + OS + RETIRED), 0, -6
    sti
    hlt
1:  nop
    nop
    cli
    stop
    outp 0x21, 0xff
    passed
    rule "it goes on after its end, and is told again when it may"
    movl $1f, mark
    movl $0x60, LVT_PERF
    sti
    start (EN + INT + OS + RETIRED), (INT + OS + CLOCKS), -3, -170
1:  .rept 8
    nop
    .endr
    movl $0x61, LVT_PERF
    .rept 3
    nop
    .endr
    mov $200, %ecx
2:  loop 2b
    cli
    stop
    passed
    done

count_faults:                   # UD2, and CLI in ring 3
    cmpl $PASSED, e_vector
    je report
    incl e_eip
    cmpl $6, e_vector
    jne go_on
    incl e_eip
    jmp go_on
count_calls:
    cmpl $PASSED, e_vector
    je report
    jmp go_on

taken:                          # 20h: the timer, 60h: a counter, 2: its NMI
    mov e_vector, %ebx
    cmp $0x20, %ebx
    je timer_comes
    cmp $2, %ebx
    je 1f
    sub $0x60, %ebx
    cmp $2, %ebx
    jae report
    add $0x60, %ebx
1:  mov $0x186, %ecx            # the handler does not count
    rdmsr
    push %eax
    xor %eax, %eax
    wrmsr
    say " vector "
    mov %ebx, %eax
    call put_number
    say " at "
    mov e_eip, %eax
    sub mark, %eax
    call put_number
    cmp $2, %ebx
    je 2f
    movl $0, EOI
2:  pop %eax
    mov $0x186, %ecx
    xor %edx, %edx
    wrmsr
    jmp go_on
timer_comes:
    say " irq 0"
    outp 0x20, 0x20
    jmp go_on

    .data
    .align 4
mark:
    .long 0
word:
    .long 0, 0
