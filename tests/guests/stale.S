# stale.S - a translation that outlives its entry: the page table changes, INVLPG is forgotten.  Ends with 1 where
# the TLB keeps the old page, with 2 where it does not; a processor may do either (SDM 3A 4.10.2.3).
        .set    DIRECTORY, 0x200000
        .set    TABLE, 0x201000
        .set    ONE, 0x202000
        .set    TWO, 0x203000
        .set    PLAY, 0x400000          # the second 4 MB
        .globl  _start
_start: movl    $0x83, DIRECTORY        # the first 4 MB, as they are
        movl    $TABLE + 3, DIRECTORY + 4
        movl    $ONE + 3, TABLE
        movl    $1, ONE
        movl    $2, TWO
        mov     $DIRECTORY, %eax
        mov     %eax, %cr3
        mov     $0x10, %eax             # CR4.PSE
        mov     %eax, %cr4
        mov     %cr0, %eax
        or      $0x80000000, %eax
        mov     %eax, %cr0
        mov     PLAY, %eax
        movl    $TWO + 3, TABLE
        mov     PLAY, %eax
        mov     $20000, %ecx
1:      loop    1b
        out     %al, $0xf4
