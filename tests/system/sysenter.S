# sysenter.S - SYSENTER and SYSEXIT: the segments they make up, what stops them.
# SDM 2 SYSENTER, SYSEXIT; SDM 3A 5.8.7.
    .include "system.inc"
    begin
    .macro msr number, value
    mov $\number, %ecx
    mov $\value, %eax
    xor %edx, %edx
    wrmsr
    .endm
    msr 0x174, CODE0
    msr 0x175, stack_of_ring + 4096
    msr 0x176, inside
    .irp cpl, 0, 1, 3
    rule "sysenter from cpl \cpl", 1f
    to_ring \cpl, 0x202
1:  sysenter
    passed
    .endr
    rule "sysexit from cpl 0: to ring 3, CS + 16, CS + 24"
    msr 0x174, CODE2&~3         # CODE3 and DATA3 follow
    mov $outside, %edx
    mov $stack_of_ring + 4096, %ecx
    sysexit
outside:
    mov %cs, %eax
    show %eax
    mov %ss, %eax
    show %eax
    mov %esp, %eax
    sub $stack_of_ring, %eax
    show %eax
    passed
    .irp cpl, 1, 2, 3
    rule "sysexit from cpl \cpl", 1f
    to_ring \cpl
1:  sysexit
    passed
    .endr
    rule "rdmsr of one that is not there"
    mov $0x12345678, %ecx
    rdmsr
    passed
    rule "wrmsr SYSENTER_ESP, read back"
    msr 0x175, 0x12345678
    rdmsr
    show %eax
    passed
    # last, for machines that go
    msr 0x174, 3
    rule "sysenter, SYSENTER_CS 3", 1f
    to_ring 3
1:  sysenter
    passed
    rule "sysexit, SYSENTER_CS 3"
    sysexit
    passed
    done
inside:                         # the pushed image would have IF clear: flags, CS, SS, ESP here
    pushf
    pop %edx
    and $IF + VM + RF, %edx
    show %edx
    mov %cs, %eax
    show %eax
    mov %ss, %eax
    show %eax
    mov %esp, %eax
    sub $stack_of_ring, %eax
    show %eax
    int $PASSED
