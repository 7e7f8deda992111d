# pushf.S - the sibling of popf.S: the guest looks at EFLAGS before it has ever changed them.
#
# A multiboot guest starts with IF=0.  A monitor keeps the real IF at 1, so that the machine's
# interrupts reach it.  pushf does not trap at any CPL: de-privileged, it shows the real flags.
#
# Watch: the second instruction.  Natively bit 9 of what it pushes is 0; under `direct` it is 1,
# and it still is after cli, although cli and sti do trap.  The IOPL is 0 in both.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp        # 1
    pushf                       # 2  <-- IF is 0 now; what does the guest see?
    pop %ebx                    # 3
    mov $0xff, %al              # 4  all masked: there is no IDT, so no interrupt may come
    out %al, $PIC1 + 1
    out %al, $PIC2 + 1
    print "IF at the start: "
    call print_if
    sti
    pushf                       # <-- 1
    pop %ebx
    cli
    print "IF after sti: "
    call print_if
    pushf                       # <-- 0
    pop %ebx
    print "IF after cli: "
    call print_if
    pushf
    pop %ebx
    print "IOPL: "
    mov %ebx, %eax
    shr $12, %eax
    and $3, %eax
    call print_line
    exit 0

print_if:
    mov %ebx, %eax
    shr $9, %eax
    and $1, %eax
print_line:
    call put_dec
    mov $'\n', %al
    jmp putc

    library_print
