# pae.S - PAE paging: rights, reserved bits, accessed and dirty flags, 4 KB and 2 MB pages.
# SDM 3A 4.4.2 (entries, tables 4-8 to 4-11), 4.6 (rights), 4.7 (error code), 4.8 (A and D).
# Physical addresses have 32 bits here: every bit of an upper half is reserved.
    .include "system.inc"
    .include "pae.inc"
    begin
    rule "CPUID has PAE"
    mov $1, %eax
    cpuid
    and $0x40, %edx
    show %edx
    passed
    rule "MAXPHYADDR"
    mov $0x80000000, %eax
    cpuid
    show %eax
    mov $0x80000008, %eax
    cpuid
    movzbl %al, %eax
    show %eax
    passed
    pae_on

    # -- rights; 4 KB pages
    .include "rights.inc"
    access 6, 7, 0, mov (%ebx), %eax
    access 7, 3, 3, jmp *%ebx
    access 7, 0, 0, jmp *%ebx

    # -- 2 MB pages, with and without CR4.PSE
    .macro large cr4, low, high, cpl, insn:vararg
    rule "CR4 \cr4, pde \high:\low cpl \cpl: \insn", 1f
    mov $\cr4, %eax
    mov %eax, %cr4
    entry play_pde, \low, \high
    flush
    mov $PLAY + 0x123000, %ebx
    to_ring \cpl
1:  \insn
    passed
    mov $0x20, %eax
    mov %eax, %cr4
    .endm
    .irp low, 0x80, 0x81, 0x83, 0x85, 0x87
    .irp cpl, 0, 3
    large 0x20, \low, 0, \cpl, mov (%ebx), %eax
    large 0x30, \low, 0, \cpl, mov %eax, (%ebx)
    .endr
    .endr
    rule "2 MB: bits 20:0 are the page's"
    entry play_pde, 0x200087
    flush
    mov $0x5a5a5a5a, %eax
    mov %eax, PLAY + 0x1ff000
    mov $0x3ff000, %ebx
    cmp %eax, (%ebx)
    sete %al
    movzbl %al, %eax
    show %eax
    passed

    # -- reserved bits: P is 1 in the error code; without P nothing is reserved
    .irp low, 0x2083, 0x100083
    large 0x20, \low, 0, 0, mov (%ebx), %eax
    large 0x20, \low, 0, 3, mov %eax, (%ebx)
    .endr
    .irp high, 1, 0x10, 0x80000, 0x80000000
    large 0x20, 0x83, \high, 0, mov (%ebx), %eax
    .endr
    large 0x20, 0x82, 0x80000000, 0, mov (%ebx), %eax
    .macro reserved text, pde, pde_high, pte, pte_high, cpl, insn:vararg
    rule "reserved, \text, cpl \cpl: \insn", 1f
    entry play_pde, play_table + \pde, \pde_high
    entry play_pte, play_page + \pte, \pte_high
    flush
    mov $PLAY + 4, %ebx
    to_ring \cpl
1:  \insn
    passed
    .endm
    reserved "bit 36 of the pde", 7, 0x10, 7, 0, 0, mov (%ebx), %eax
    reserved "bit 32 of the pte", 7, 0, 7, 1, 0, mov (%ebx), %eax
    reserved "bit 63 of the pte", 7, 0, 7, 0x80000000, 3, mov %eax, (%ebx)
    reserved "bit 63 of the pte, read-only", 7, 0, 5, 0x80000000, 3, mov %eax, (%ebx)
    reserved "bit 63 of a pte that is not present", 7, 0, 6, 0x80000000, 3, mov %eax, (%ebx)
    reserved "both levels", 7, 0x80000000, 7, 0x80000000, 3, jmp *%ebx
    reserved "bit 62 of the pte", 7, 0, 7, 0x40000000, 0, jmp *%ebx

    # -- A and D
    .macro marks text, pde, pte, insn:vararg    # pde, pte afterwards, low bytes
    rule "A D of pde, pte: \text", 1f
    entry play_pde, play_table + \pde
    entry play_pte, play_page + \pte
    flush
    mov $PLAY, %ebx
1:  \insn
    passed
    mov play_pde, %eax
    call put_entry
    mov play_pte, %eax
    call put_entry
    mov pdpt, %eax
    call put_entry
    call newline
    .endm
    marks "nothing", 7, 7, nop
    marks "read", 7, 7, mov (%ebx), %eax
    marks "write", 7, 7, mov %eax, (%ebx)
    marks "read and write", 7, 7, incl (%ebx)
    marks "write to a read-only page", 7, 5, mov %eax, (%ebx)
    marks "cmpxchg8b on it", 7, 7, cmpxchg8b (%ebx)
    .macro marks_large text, insn:vararg
    rule "A D of a 2 MB pde: \text", 1f
    entry play_pde, 0x87
    flush
    mov $PLAY + 0x1ffffc, %ebx
1:  \insn
    passed
    mov play_pde, %eax
    call put_entry
    call newline
    .endm
    marks_large "read", mov (%ebx), %eax
    marks_large "write", mov %eax, (%ebx)
    rule "an access across two 2 MB pages marks both", 1f
    entry play_pde, 0x87
    entry play_pde + 8, 0x200087
    flush
    mov $PLAY + 0x1ffffe, %ebx
1:  mov (%ebx), %eax
    passed
    mov play_pde, %eax
    call put_entry
    mov play_pde + 8, %eax
    call put_entry
    call newline
    rule "and faults in the second"
    entry play_pde + 8, 0
    flush
    mov %eax, PLAY + 0x1ffffe
    passed
    done
