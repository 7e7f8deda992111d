# paeloads.S - the PDPTE registers and the way between the modes: what loads them, what they refuse, and
# that they do not follow memory.  SDM 3A 4.4.1; 4.1.2 (changes of mode), 7.3 (task switches).
    .include "system.inc"
    .include "pae.inc"
    begin
    .set OTHER, SLOT            # a TSS with a CR3 of its own
    .set HANDLER, SLOT + 8      # one for #GP
    pae_on
    mov $0x80010011, %eax
    mov %eax, %cr0

    # -- reserved bits of PDPTEs: #GP(0), and nothing has changed
    .macro pdpte text, low, high, n=3
    rule "pdpte \n \high:\low, \text", 1f
    entry other_pdpt+\n*8, \low, \high
    mov $other_pdpt, %eax
1:  mov %eax, %cr3
    passed
    call check_cr3
    entry other_pdpt+\n*8, 0
    mov $pdpt, %eax
    mov %eax, %cr3
    .endm
    entry other_pdpt, directory + 1
    .irp low, 0x3, 0x5, 0x21, 0x41, 0x81, 0x101, 0x9, 0x11, 0x201, 0xe01, 0x1
    pdpte "present", \low, 0
    .endr
    .irp high, 1, 0x10, 0x80000000
    pdpte "present", 1, \high
    .endr
    pdpte "not present", 0x1e6, 0xffffffff
    pdpte "present", 3, 0, 1
    pdpte "present", 3, 0, 2

    # -- registers, not memory
    .set HIGH, 0x40000000       # the same directory again, in the second gigabyte
    entry pdpt + 8, directory + 1
    flush
    rule "a pdpte removed from memory: nothing happens"
    entry pdpt + 8, 0
    invlpg HIGH + PLAY
    mov HIGH + PLAY, %eax
    passed
    rule "CR0.TS does not load them, CR4.TSD does not"
    mov %cr0, %eax
    or $8, %eax
    mov %eax, %cr0
    clts
    mov $0x24, %eax
    mov %eax, %cr4
    mov $0x20, %eax
    mov %eax, %cr4
    mov HIGH + PLAY, %eax
    passed
    flush
    rule "a pdpte added in memory: not seen"
    entry pdpt + 8, directory + 1
    invlpg HIGH + PLAY
    mov HIGH + PLAY, %eax
    passed
    rule "seen after a load of CR3"
    flush
    mov HIGH + PLAY, %eax
    passed
    .macro loads text, insn:vararg
    rule "\text loads them"
    entry pdpt + 8, 0
    flush
    entry pdpt + 8, directory + 1
    \insn
    mov HIGH + PLAY, %eax
    passed
    mov $0x20, %eax
    mov %eax, %cr4
    .endm
    .macro to_cr4 value
    mov $\value, %eax
    mov %eax, %cr4
    .endm
    loads "CR4.PGE", to_cr4 0xa0
    loads "CR4.PSE", to_cr4 0x30
    loads "CR0.CD", call toggle_cd
    rule "CR4.PGE with a bad one: #GP, CR4 stays", 1f
    entry pdpt + 24, 3
    mov $0xa0, %eax
1:  mov %eax, %cr4
    passed
    mov %cr4, %eax
    call put_value
    rule "CR0.CD with a bad one: #GP, CR0 stays", 1f
    mov %cr0, %eax
    or $0x40000000, %eax
1:  mov %eax, %cr0
    passed
    mov %cr0, %eax
    call put_value
    rule "a bad one that nobody loads"
    mov $0x24, %eax
    mov %eax, %cr4
    mov PLAY, %eax
    passed

    # -- paging off and on
    .macro paging_off
    mov %cr0, %eax
    and $0x7fffffff, %eax
    mov %eax, %cr0
    .endm
    rule "CR0.PG with a bad one: #GP, paging stays off", 1f
    paging_off
    or $0x80000000, %eax
1:  mov %eax, %cr0
    passed
    mov %cr0, %eax
    call put_value
    rule "with paging off CR3 and CR4 take anything"
    mov $0x20, %eax
    mov %eax, %cr4
    mov $pdpt + 0x1f, %eax
    mov %eax, %cr3
    mov %cr3, %eax
    and $0x1f, %eax
    show %eax
    passed
    entry pdpt + 24, 0
    rule "CR0.PG on: bits 4:0 of CR3 are ignored"
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    movl $0x1234, play_page
    show PLAY
    passed
    mov $pdpt, %eax
    mov %eax, %cr3

    # -- the other mode.  One page, `twice`, is both: its PDPTEs 0 to 3 are directory entries 0 to 7; and its first
    # entry names `both`, a PAE directory and a page table.  Writing needs WP = 0.
    .macro paging cr3, cr4, cr0=0x80000011
    paging_off
    mov $\cr3, %eax
    mov %eax, %cr3
    mov $\cr4, %eax
    mov %eax, %cr4
    mov $\cr0, %eax
    mov %eax, %cr0
    .endm
    call both_tables
    rule "PAE cleared while paging is on: the tables are read in the other way"
    paging twice, 0x20
    xor %eax, %eax
    mov %eax, %cr4
    show 0x4000
    passed
    rule "and set: the accessed flag of an entry is a reserved bit of a PDPTE: #GP, CR4 stays", 1f
    mov $0x20, %eax
1:  mov %eax, %cr4
    passed
    mov %cr4, %eax
    call put_value
    rule "from 32-bit paging to PAE, paging off in between"
    paging pdpt, 0x20
    show PLAY
    passed
    rule "and back: 4 MB pages need CR4.PSE again, bits 31:22 are the frame"
    movl $0x83, old_directory
    movl $0x200083, old_directory + 4   # bit 21 is reserved
    paging old_directory, 0x10
    mov PLAY, %eax
    passed
    paging pdpt, 0x20

    # -- task switches
    rule "a task with a new CR3 loads them", task_code
    call fresh
    movl $other_pdpt, other + 28
    entry other_pdpt + 8, directory + 1
    lcall $OTHER, $0
    passed
    rule "with the same CR3 it does not", task_code
    call fresh
    flush
    entry pdpt + 8, directory + 1
    lcall $OTHER, $0
    passed
    rule "with a bad one: #GP(0) in the new task, at its start"
    call fresh
    movl $other_pdpt, other + 28
    entry other_pdpt + 24, 0x3
    idt_gate 13, 0x85, HANDLER, 0
    mov $0x3fd, %edx            # who dies here has said so far what it is
2:  in (%dx), %al
    test $0x40, %al
    jz 2b
    lcall $OTHER, $0
    passed
    idt_gate 13, 0x8e, CODE0, stubs+13*16
    done

fresh:                          # this task is the current one, no other is busy; the tables as at the start
    pae_tables
    entry other_pdpt, directory + 1
    .irp at, 8, 16, 24
    entry other_pdpt+\at, 0
    .endr
    gdt_segment TSS, tss, 0x67, 0x89
    gdt_segment OTHER, other, 0x67, 0x89
    gdt_segment HANDLER, handler, 0x67, 0x89
    mov $TSS, %eax
    ltr %ax
    mov $pdpt, %eax
    mov %eax, %cr3
    movl $pdpt, other + 28
    movl $task_code, other + 32
    load_flags 2
    ret
task_code:
    mov HIGH + PLAY, %eax
    show %eax
    int $PASSED
bad_task:                       # the error code; who was interrupted, and where
    pop %eax
    show %eax
    movzwl handler, %eax
    show %eax
    mov other + 32, %eax
    sub $task_code, %eax
    show %eax
    int $PASSED

toggle_cd:
    mov %cr0, %eax
    or $0x40000000, %eax
    mov %eax, %cr0
    and $0xbfffffff, %eax
    mov %eax, %cr0
    ret
check_cr3:                      # is it what it was?
    mov %cr3, %eax
    sub $pdpt, %eax
    jz put_value
    mov $1, %eax
put_value:
    push %eax
    say "    "
    pop %eax
    call put_number
    jmp newline
both_tables:                    # the first 2 MB, but for pages 1 to 255; linear 4000h is play_page, with 32 bits
    entry twice, both + 1
    entry both, 0x83
    movl $play_page + 3, both + 16
    mov $256, %ecx
1:  mov %ecx, %eax
    shl $12, %eax
    or $3, %eax
    mov %eax, both(, %ecx, 4)
    inc %ecx
    cmp $1024, %ecx
    jne 1b
    ret

    .data
    .align 4
.macro tss_image name, eip
\name:
    .long 0, trap_stack, DATA0, 0, 0, 0, 0, pdpt, \eip, 2
    .long 0, 0, 0, 0, start_stack - 2048, 0, 0, 0
    .long DATA3, CODE0, DATA0, DATA3, DATA3, DATA3, 0
    .word 0, 104
.endm
tss_image other, task_code
tss_image handler, bad_task
    .bss
    .align 4096
twice:
    .skip 4096
both:
    .skip 4096
old_directory:
    .skip 4096
