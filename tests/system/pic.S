# pic.S - the 8259 pair: priorities, EOI, rotation, special mask, polling; the 8254's counters.
# The chips' data sheets: 8259A (231468), 8254 (231164).
    .include "system.inc"
    .include "irq.inc"
    begin
    pics
    on_event taken
    .macro both                 # IRQ 0 and IRQ 8 wait
    timer 100
    pending 0
    call clock
    outp 0x21, 0xfa
    outp 0xa1, 0xfe
    .endm
    .macro registers text       # IRR, ISR of the first
    rule "\text: IRR, ISR"
    outp 0x20, 0x0a
    in $0x20, %al
    and $5, %al
    show_byte %al
    outp 0x20, 0x0b
    in $0x20, %al
    show_byte %al
    passed
    .endm
    rule "both wait: 0 before 8"
    both
    sti
    nop
    cli
    passed
    rule "without EOI the lower one waits"
    movb $0, eoi
    both
    sti
    nop
    cli
    passed
    registers "0 in service"
    rule "EOI, then the lower one"
    outp 0x20, 0x20
    movb $1, eoi
    sti
    nop
    cli
    passed
    registers "none in service"
    rule "priority set: 2 is the highest"
    outp 0x20, 0xc1
    both
    sti
    nop
    cli
    passed
    outp 0x20, 0xc7
    rule "automatic EOI"
    pics
    outp 0x20, 0x11
    outp 0x21, 0x20
    outp 0x21, 4
    outp 0x21, 3
    movb $0, eoi
    outp 0x21, 0xfe
    timer 100
    pending 0
    sti
    nop
    cli
    passed
    registers "after it"
    pics
    rule "polled: 80h and the number; it counts as acknowledged"
    timer 100
    pending 0
    outp 0x21, 0xfe
    outp 0x20, 0x0c
    in $0x20, %al
    show_byte %al
    outp 0x20, 0x0b
    in $0x20, %al
    show_byte %al
    outp 0x20, 0x20
    passed
    rule "the mask reads back"
    outp 0x21, 0x5a
    in $0x21, %al
    show_byte %al
    outp 0x21, 0xff
    passed

    # -- the 8254
    rule "counter 2, mode 0, gate closed: it stays as loaded, low byte, high byte"
    in $0x61, %al
    and $0xfc, %al
    out %al, $0x61
    outp 0x43, 0xb0
    outp 0x42, 0x34
    outp 0x42, 0x12
    outp 0x43, 0xe8             # read back: status and count of counter 2
    in $0x42, %al
    and $0xbf, %al              # whether the count has been loaded depends on the clock
    show_byte %al
    passed
    in $0x61, %al               # the gate opens
    or $1, %al
    out %al, $0x61
    rule "mode 0: OUT rises at the end of the count, port 61h bit 5"
    outp 0x43, 0xb0
    outp 0x42, 100
    outp 0x42, 0
    in $0x61, %al
    and $0x20, %al
    show_byte %al
    mov $100000, %ecx
1:  in $0x61, %al
    test $0x20, %al
    loopz 1b
    and $0x20, %al
    show_byte %al
    passed
    done

clock:                          # the clock's update interrupt, or rather its periodic one: IRQ 8
    outp 0x70, 0x0a
    outp 0x71, 0x26
    outp 0x70, 0x0c
    in $0x71, %al
    outp 0x70, 0x0b
    outp 0x71, 0x42
    outp 0x70, 0x0c
    mov $1000000, %ecx
    outp 0xa0, 0x0a
1:  in $0xa0, %al
    test $1, %al
    loopz 1b
    ret
taken:
    irq_or_report
    say " irq"
    sub $0x20, %eax
    push %eax
    say " "
    pop %eax
    call put_number
    cmpl $0x28, e_vector
    jb 1f
    outp 0x70, 0x0b             # no more of them
    outp 0x71, 0x02
    outp 0x70, 0x0c
    in $0x71, %al
    outp 0xa0, 0x20
1:  cmpb $0, eoi
    je 2f
    outp 0x20, 0x20
2:  jmp go_on

    .data
eoi:
    .byte 1
