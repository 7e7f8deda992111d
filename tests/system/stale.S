# stale.S - translations that outlive their entries: INVLPG, CR3, global pages.
# SDM 3A 4.10.2 (what may stay), 4.10.4 (what must go).  Staying is allowed, not owed: this machine
# keeps what it may, so that a kernel that forgets to flush is found.
    .include "system.inc"
    .include "paging.inc"
    begin
    paging_on

    # -- what is cached: tables change, then something is done, then the page is read
    .macro stale text, insn:vararg
    rule "remapped, then \text"
    call renew
    mov PLAY, %eax
    movl $play_page + 4096 + 7, play_pte
    \insn
    show PLAY
    passed
    .endm
    stale "nothing"
    stale "invlpg of it", invlpg PLAY + 4095
    stale "invlpg of its neighbour", invlpg PLAY + 4096
    stale "a new CR3", call reload
    rule "not present becomes present without a flush"
    call renew
    movl $0, play_pte
    invlpg PLAY
    movl $play_page + 7, play_pte
    show PLAY
    passed
    rule "read-only becomes writable without a flush: no fault is cached"
    call renew
    movl $play_page + 5, play_pte
    invlpg PLAY
    mov PLAY, %eax
    movl $play_page + 7, play_pte
    mov %eax, PLAY
    passed

    # -- global pages
    .macro global text, cr4, insn:vararg
    rule "global page, CR4.PGE \cr4, remapped, then \text"
    call renew
    mov $\cr4, %eax
    mov %eax, %cr4
    movl $play_page + 0x107, play_pte
    invlpg PLAY
    mov PLAY, %eax
    movl $play_page + 4096 + 7, play_pte
    \insn
    show PLAY
    passed
    xor %eax, %eax
    mov %eax, %cr4
    .endm
    global "a new CR3", 0x80, call reload
    global "a new CR3", 0, call reload
    global "invlpg", 0x80, invlpg PLAY
    global "PGE cleared", 0x80, call clear_pge

    # -- bits of CR0 that only x87 instructions look at
    stale "clts", clts
    stale "TS, EM, MP and NE are set and cleared", call for_x87
    done

for_x87:
    mov %cr0, %eax
    or $0x2e, %eax
    mov %eax, %cr0
    and $~0x2e, %eax
    mov %eax, %cr0
    ret

    renewal
clear_pge:
    xor %eax, %eax
    mov %eax, %cr4
    ret
