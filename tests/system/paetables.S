# paetables.S - tables that change: large pages and INVLPG, PAE entries written by halves, bytes and at once,
# tables that are two things.  SDM 3A 4.10.2.3 (INVLPG forgets all of a large page), 4.10.4.3 (what needs no
# INVLPG: an entry that was not present or had a reserved bit set).
    .include "system.inc"
    .include "pae.inc"
    begin
    .set HIGH, 0x40000000       # the same directory again, in the second gigabyte

    # -- three places of a large page are used, its frame changes, INVLPG of a fourth
    .macro places at            # the first dwords, far apart
    show \at
    show \at+0x101000
    show \at+0x1ff000
    .endm
    .macro mark frame, value
    movl $\value, \frame
    movl $\value+1, \frame+0x101000
    movl $\value+2, \frame+0x1ff000
    .endm
    mark 0x800000, 0x80
    mark 0xc00000, 0xc0
    movl $0x87, old_directory
    movl $0x800087, old_directory + 4
    mov $old_directory, %eax
    mov %eax, %cr3
    mov $0x90, %eax
    mov %eax, %cr4
    mov $0x80000011, %eax
    mov %eax, %cr0
    rule "4 MB page, remapped, invlpg inside"
    places PLAY
    movl $0xc00087, old_directory + 4
    invlpg PLAY + 0x3ff123
    places PLAY
    passed
    rule "4 MB page, global"
    movl $0x800187, old_directory + 4
    invlpg PLAY
    places PLAY
    movl $0xc00187, old_directory + 4
    invlpg PLAY + 0x200000
    places PLAY
    passed
    rule "4 MB page becomes 4 KB pages"
    movl $small_table + 7, old_directory + 4
    movl $play_page + 7, small_table
    movl $0x5555, play_page
    invlpg PLAY
    show PLAY
    mov PLAY + 0x101000, %eax
    passed
    mov $0x00000011, %eax
    mov %eax, %cr0
    pae_on
    mov $0xa0, %eax
    mov %eax, %cr4
    movl $0x5678, play_page + 4096
    rule "2 MB page, remapped, invlpg inside"
    entry play_pde, 0x800087
    invlpg PLAY
    places PLAY
    entry play_pde, 0xc00087
    invlpg PLAY + 0x1ff123
    places PLAY
    passed
    rule "2 MB page, global"
    entry play_pde, 0x800187
    invlpg PLAY
    places PLAY
    entry play_pde, 0xc00187
    invlpg PLAY + 0x100000
    places PLAY
    passed
    rule "the first and second half of a shadow: both large, one remapped"
    entry play_pde, 0x800087
    entry play_pde + 8, 0xc00087
    invlpg PLAY
    invlpg PLAY + 0x200000
    places PLAY
    places PLAY+0x200000
    entry play_pde, 0xc00087
    invlpg PLAY
    places PLAY
    places PLAY+0x200000
    passed
    rule "2 MB page becomes 4 KB pages beside a large one"
    entry play_pde, play_table + 7
    movl $0x1234, play_page
    invlpg PLAY
    show PLAY
    show PLAY+0x200000
    passed

    # -- entries by halves
    .macro fresh
    entry play_pde, play_table + 7
    entry play_pde + 8, 0
    entry play_pte, play_page + 7
    invlpg PLAY
    invlpg PLAY + 0x200000
    .endm
    fresh
    rule "the lower half alone moves a page"
    show PLAY
    movl $play_page + 4096 + 7, play_pte
    invlpg PLAY
    show PLAY
    passed
    .irp bit, 0x1, 0x20, 0x40, 0x80000000
    rule "the upper half alone: \bit"
    fresh
    show PLAY
    movl $\bit, play_pte + 4
    invlpg PLAY
    mov PLAY, %eax
    passed
    rule "and back to 0, no invlpg"
    movl $0, play_pte + 4
    show PLAY
    passed
    .endr
    rule "the upper half of the pde"
    fresh
    show PLAY
    movl $0x20, play_pde + 4
    invlpg PLAY
    mov PLAY, %eax
    passed
    rule "from nothing, the lower half first"
    fresh
    entry play_pte, 0, 0x10
    invlpg PLAY
    movl $play_page + 7, play_pte
    mov PLAY, %eax
    passed
    rule "then the upper one"
    movl $0, play_pte + 4
    show PLAY
    passed
    rule "cmpxchg8b on an entry"
    fresh
    incl PLAY
    mov play_pte, %eax
    mov play_pte + 4, %edx
    mov $play_page + 4096 + 7, %ebx
    xor %ecx, %ecx
    cmpxchg8b play_pte
    setz %al
    movzbl %al, %eax
    show %eax
    invlpg PLAY
    show PLAY
    passed
    rule "bytes of an entry, across both halves"
    fresh
    show PLAY
    movl $0x100, play_pte + 3
    invlpg PLAY
    mov PLAY, %eax
    passed

    # -- tables in two places
    rule "one page table for two directory entries"
    fresh
    entry play_pde + 8, play_table + 7
    show PLAY
    show PLAY+0x200000
    movl $play_page + 4096 + 7, play_pte
    invlpg PLAY
    invlpg PLAY + 0x200000
    show PLAY
    show PLAY+0x200000
    passed
    rule "with other rights in one of them", 1f
    entry play_pde + 8, play_table + 5
    flush
    mov $PLAY + 0x200000, %ebx
    incl PLAY
    to_ring 3
1:  incl (%ebx)
    passed
    rule "one directory for two pointers"
    fresh
    entry pdpt + 8, directory + 1
    flush
    show PLAY
    show HIGH+PLAY
    entry play_pde, 0x800087
    invlpg PLAY
    invlpg HIGH+PLAY
    show PLAY
    show HIGH+PLAY
    passed
    rule "a directory that is a page table, too"
    fresh
    entry play_pde + 8, directory + 7
    show PLAY
    movl $play_page + 4096 + 7, PLAY + 0x202000   # third page there: play_table
    invlpg PLAY
    show PLAY
    passed
    rule "a pointer that leads elsewhere, same CR3"
    fresh
    entry other_directory, 0x87
    entry other_directory + 8, 0x200087
    entry other_directory + 16, 0x800087
    show PLAY
    entry pdpt, other_directory + 1
    flush
    show PLAY
    entry pdpt, directory + 1
    flush
    show PLAY
    passed
    rule "two address spaces that share pages, a hundred times"
    fresh
    entry other_pdpt, other_directory + 1
    entry other_directory + 16, play_table + 7
    movl $0, play_page
    mov $100, %ecx
    mov $other_pdpt, %eax
    mov $pdpt, %ebx
1:  mov %eax, %cr3
    incl PLAY
    mov %ebx, %cr3
    addl $2, PLAY
    loop 1b
    show PLAY
    passed

    # -- what was a table and is written like one, and like data
    rule "a hundred entries, then one of them is used"
    fresh
    mov $100, %ecx
1:  mov %ecx, %eax
    shl $12, %eax
    add $0x800007, %eax
    mov %eax, play_table(, %ecx, 8)
    loop 1b
    movl $0x77, PLAY + 100 * 4096
    mov $0x864000, %eax
    entry play_pde + 8, 0x800087
    show PLAY+0x264000
    passed
    rule "freed and used for data, then again as a table"
    entry play_pde, 0
    invlpg PLAY
    mov $200, %ecx
1:  mov %ecx, play_table(, %ecx, 4)
    loop 1b
    movl $0, play_table + 4
    entry play_pte, play_page + 4096 + 7
    entry play_pde, play_table + 7
    movl $0x9abc, PLAY
    show play_page+4096
    passed
    rule "a directory likewise"
    mov $pdpt, %eax
    mov %eax, %cr3
    mov $256, %ecx
1:  mov %ecx, other_directory + 1024(, %ecx, 4)
    dec %ecx
    jnz 1b
    entry other_directory + 16, 0xc00087
    mov $other_pdpt, %eax
    mov %eax, %cr3
    places PLAY
    passed
    done

    .bss
    .align 4096
old_directory:
    .skip 4096
small_table:
    .skip 4096
other_directory:
    .skip 4096
