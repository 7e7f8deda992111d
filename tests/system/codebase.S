# codebase.S - one EIP, several bases of CS: what is executed is at base + EIP.  SDM 3A 3.4.
    .include "system.inc"
    .include "paging.inc"
    .set ROUTINE, 32                        # play_page is full of them: the number of this one to eax, return
    begin
    mov $play_page, %edi
    xor %eax, %eax
1:  movb $0xb8, (%edi)                      # mov $n, %eax; lret
    mov %eax, 1(%edi)
    movb $0xcb, 5(%edi)
    add $ROUTINE, %edi
    inc %eax
    cmp $play_page + 8192, %edi
    jne 1b

    .macro calls base                       # the same EIP, often enough to be remembered; and elsewhere
    gdt_segment SLOT, \base, 0xfffff, 0xc09a
    rule "base \base"
    mov $3, %ebx
1:  lcall $CODE0, $play_page + 0x400
    show %eax
    lcall $SLOT, $play_page + 0x400
    show %eax
    dec %ebx
    jnz 1b
    passed
    .endm
    .macro all_calls
    calls 0
    calls 0x20
    calls 0xfa0
    calls 0x1000
    calls 0xffffffe0
    .endm
    say "no paging\n"
    all_calls
    paging_on
    say "paging\n"
    all_calls
    done
