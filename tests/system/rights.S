# rights.S - the paging rights: P, R/W and U/S of both levels, CPL, WP; error codes and CR2.
# SDM 3A 4.6 (rights), 4.7 (error code), tables 4-5 and 4-6 (entries).
    .include "system.inc"
    .include "paging.inc"
    begin
    paging_on

    .include "rights.inc"
    access 6, 7, 0, mov (%ebx), %eax
    access 7, 5, 1, mov %eax, (%ebx)
    access 7, 3, 2, mov %eax, (%ebx)
    access 7, 5, 3, push (%ebx)
    access 7, 5, 3, xchg %eax, (%ebx)
    access 7, 5, 3, lock addl $0, (%ebx)
    access 7, 5, 3, cmpxchg %eax, (%ebx)
    access 7, 3, 3, jmp *%ebx
    access 7, 0, 0, jmp *%ebx
    rule "what the system reads from ring 3 is the supervisor's: a segment load"
    movl $play_page + 3, play_pte
    flush
    mov $PLAY, %eax
    movl $0x0000ffff, play_page
    movl $0x00cff200, play_page + 4
    gdt_segment SLOT, PLAY, 0xff, 0x82
    mov $SLOT, %eax
    lldt %ax
    to_ring 3
    mov $7, %eax
    mov %eax, %fs
    passed
    mov $LDT, %eax
    lldt %ax

    # -- 4 MB pages
    mov $0x10, %eax
    mov %eax, %cr4
    .macro large pde, cpl, insn:vararg
    rule "4 MB pde \pde cpl \cpl: \insn", 1f
    movl $\pde, play_pde
    flush
    mov $PLAY + 0x123000, %ebx
    to_ring \cpl
1:  \insn
    passed
    .endm
    .irp pde, 0x80, 0x81, 0x83, 0x85, 0x87
    .irp cpl, 0, 3
    large \pde, \cpl, mov (%ebx), %eax
    large \pde, \cpl, mov %eax, (%ebx)
    .endr
    .endr
    large 0x200083, 0, mov (%ebx), %eax   # a reserved bit of the entry
    large 0x200083, 3, mov %eax, (%ebx)
    large 0x1083, 0, mov (%ebx), %eax     # that of PAT, which is not supported
    large 0x1083, 3, mov %eax, (%ebx)
    access 7, 0x87, 0, mov (%ebx), %eax   # in a PTE it is bit 7
    access 5, 0x87, 3, mov %eax, (%ebx)
    access 7, 0x86, 0, mov (%ebx), %eax
    xor %eax, %eax
    mov %eax, %cr4
    rule "PS and PAT without CR4.PSE are ignored"
    movl $play_table + 0x87, play_pde
    movl $play_page + 0x87, play_pte
    movl $0x5a5a, play_page
    flush
    show PLAY
    passed
    done
