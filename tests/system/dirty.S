# dirty.S - Accessed and Dirty: who sets them, and when.  SDM 3A 4.8.
    .include "system.inc"
    .include "paging.inc"
    begin
    paging_on
    mov $0x80010011, %eax
    mov %eax, %cr0

    .macro marks text, pde, pte, insn:vararg    # pde, pte afterwards, low bytes
    rule "A D of pde, pte: \text", 1f
    call renew
    movl $play_table + \pde, play_pde
    movl $play_page + \pte, play_pte
    flush
    mov $PLAY, %ebx
1:  \insn
    passed
    mov play_pde, %eax
    call put_entry
    mov play_pte, %eax
    call put_entry
    call newline
    .endm
    marks "nothing", 7, 7, nop
    marks "read", 7, 7, mov (%ebx), %eax
    marks "write", 7, 7, mov %eax, (%ebx)
    marks "read and write", 7, 7, incl (%ebx)
    marks "cmpxchg that fails writes all the same", 7, 7, cmpxchg %eax, (%ebx)
    marks "write to a read-only page", 7, 5, mov %eax, (%ebx)
    marks "read, pte not present", 7, 6, mov (%ebx), %eax
    marks "read, pde not present", 6, 7, mov (%ebx), %eax
    marks "invlpg", 7, 7, invlpg (%ebx)
    marks "prefetch by a branch not taken", 7, 7, jc PLAY
    rule "write after a read sets D without a flush"
    call renew
    mov PLAY, %eax
    mov %eax, PLAY
    passed
    mov play_pte, %eax
    call put_entry
    call newline
    rule "D cleared in memory, no flush: a write need not set it again"
    call renew
    mov %eax, PLAY
    movl $play_page + 7, play_pte
    invlpg PLAY
    mov %eax, PLAY
    passed
    mov play_pte, %eax
    call put_entry
    call newline

    done

    renewal
