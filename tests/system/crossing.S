# crossing.S - accesses that cross into a page that is not there, and what they leave undone.
# SDM 3A 6.15, #PF (CR2, restart); SDM 2, the instructions.
    .include "system.inc"
    .include "paging.inc"
    begin
    paging_on
    mov $0x80010011, %eax
    mov %eax, %cr0

    .macro cross pte, insn:vararg
    rule "second page \pte: \insn", 1f
    movl $play_page + 4096 + \pte, play_pte + 4
    movl $-1, play_page + 4092
    flush
    mov $PLAY + 4094, %ebx
    mov $0x12345678, %eax
1:  \insn
    show %eax
    passed
    .endm
    .irp pte, 0, 5, 7
    cross \pte, mov (%ebx), %eax
    cross \pte, mov %eax, (%ebx)
    cross \pte, addl $1, (%ebx)
    cross \pte, xchg %eax, (%ebx)
    cross \pte, cmpxchg8b -4(%ebx)
    .endr
    rule "a store that faulted in its second page wrote nothing to the first"
    movl $play_page + 4096 + 5, play_pte + 4
    flush
    movl $-1, play_page + 4092
    movl $0, PLAY + 4094
    passed
    rule "so it is"
    show play_page + 4092
    passed
    rule "movs: the elements before the fault are done", 1f
    movl $play_page + 4096, play_pte + 4
    flush
    mov $play_page + 16, %esi
    mov $PLAY + 4096 - 12, %edi
    mov $8, %ecx
1:  rep movsl
    passed
    rule "it left ECX, EDI"
    show r_ecx
    passed
    rule "pusha across: ESP is kept", 1f
    mov $PLAY + 4096 + 16, %ecx
    movl $play_page + 4096 + 7, play_pte + 4
    movl $0, play_pte
    flush
    to_ring 3
    mov %ecx, %esp
1:  pusha
    passed
    rule "its ESP"
    mov e_esp, %eax
    sub $PLAY, %eax
    show %eax
    passed
    rule "code across: 5 bytes, 2 of them in the second page", PLAY+4093
    movl $play_page + 7, play_pte
    movl $play_page + 4096, play_pte + 4
    movl $0x785634b8, play_page + 4093
    movb $0xb8, play_page + 4093
    flush
    mov $PLAY + 4093, %eax
    jmp *%eax
    passed
    rule "pop into a page that is not there: ESP is kept", 1f
    mov $0x1234, %eax
    push %eax
    mov %esp, %ebp
1:  popl PLAY + 4096
    passed
    rule "the TSS in the way: int from ring 3 with a stack that is not there", 1f
    movl $play_page, play_pte
    flush
    movl $PLAY + 64, tss + 12
    idt_gate 0x46, 0xee, CODE1, none
    to_ring 3
1:  int $0x46
none:
    passed
    rule "the GDT in the way: a load from a page that is not there", 1f
    gdt_segment SLOT, PLAY, 0xfff, 0x82
    mov $SLOT, %eax
    lldt %ax
    to_ring 3
    mov $0x3f, %eax
1:  mov %eax, %fs
    passed
    done
