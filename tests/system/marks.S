# marks.S - instructions that read the entry in which their own walk sets A and D.  What an instruction has
# read before that walk has no such bit, however a monitor comes to fill its shadow.  SDM 3A 4.8.
    .include "system.inc"
    .include "paging.inc"
    .set GATE, 0x50                     # its first half is the entry of a page, its handler by A and D another
    .set GATE_PAGE, PLAY + 2 * GATE * 4096
    .set STACK, 0x80000                 # physical: the gate's selector is its frame
    begin
    paging_on
    cld

    .macro copies text
    rule "\text"
    call renew
    mov $play_pte, %esi
    mov $PLAY, %edi
    .endm
    .macro copied                       # what was written to the page, and the entry as it is now
    mov resume_esp, %esp
    passed
    mov play_page, %eax
    call put_entry
    mov play_pte, %eax
    call put_entry
    call newline
    .endm

    copies "movs of the entry that maps where it goes"
    movsl
    copied
    copies "the same, repeated"
    mov $1, %ecx
    rep movsl
    copied
    copies "push of the entry that maps the stack"
    mov $PLAY + 4, %esp
    pushl (%esi)
    copied
    copies "pop into a page from its entry"
    mov %esi, %esp
    popl (%edi)
    copied
    copies "cmps with it: equal, since A is not set yet"
    movl $play_page + 7, play_page
    cmpsl
    setnz play_page
    copied

# 90 90 90 81 | 07 f1 f2 00 | 00 c3     addl $f2f1, (%edi); ret     the page of (%edi) is mapped by entry 1
# entry 0, P=0   entry 1      2, P=0    81 27: andl;  81 67: andl $.., 0xf1(%edi)
    .macro code_in_table text, entry, value
    rule "\text"
    call renew
    movl $0x81909090, play_pte
    movl $play_page + 4096 + \entry, play_pte + 4
    movl $0x0000c300, play_pte + 8
    movl $\value, play_page + 4096
    mov $PLAY + 4096, %edi
    call play_table
    passed
    mov $play_page + 4096, %ecx
    shr $8, %ecx
    mov play_page + 4096, %eax
    sub %ecx, %eax
    show %eax
    mov play_pte + 4, %eax
    call put_entry
    call newline
    .endm
    code_in_table "add, whose ModRM byte is the entry of its operand", 7, 0x2222
    code_in_table "and, A is set already: D would be another form", 0x27, 0xffffffff

    rule "a gate that is the entry of the stack it is delivered on"
    call renew
    mov $mark_handlers, %esi
    mov $0x300000, %edi
    mov $128, %ecx
    rep movsb
    movl $STACK + 7, play_table + 8 * GATE              # 0008:00300007
    movl $0x00308e00, play_table + 8 * GATE + 4
    lidt table_idtr
    mov $GATE_PAGE + 0x800, %esp
    int $GATE
    mov resume_esp, %esp
    lidt idtr
    passed
    show %ebx
    mov play_table + 8 * GATE, %eax
    call put_entry
    call newline

# The same where the page is a device's: the local APIC's task priority takes the low byte of what is
# written, the timer's initial count keeps all of it.
    .set TPR, PLAY + 0x80
    .set COUNT, PLAY + 0x380
    .macro device text, register
    rule "\text"
    call renew
    movl $0xfee00007, play_pte
    mov $0xfee00007, %eax
    mov %eax, COUNT
    movl $0xfee00007, play_pte
    flush
    mov $play_pte, %esi
    mov $\register, %edi
    .endm
    .macro told                         # the task priority, and the entry as it is now
    mov resume_esp, %esp
    passed
    mov TPR, %eax
    call put_number
    mov play_pte, %eax
    call put_entry
    call newline
    .endm
    device "movs of the entry that maps a device, to it", TPR
    movsl
    told
    device "the same, repeated", TPR
    mov $1, %ecx
    rep movsl
    told
    device "push of it, the stack is there", TPR
    mov $TPR + 4, %esp
    pushl (%esi)
    told
    device "pop to it from its entry", TPR
    mov %esi, %esp
    popl (%edi)
    told
    device "cmps with it: equal, since A is not set yet", COUNT
    mov $0, %eax
    cmpsl
    setnz %al
    mov %eax, TPR
    told

    rule "push across two pages of the first one's entry, the second is a device's"
    call renew
    movl $0xfec00007, play_pte + 4
    mov $PLAY + 4096 + 2, %esp
    pushl play_pte
    mov resume_esp, %esp
    passed
    movzbl play_page + 4096 - 2, %eax
    call put_entry
    mov play_pte, %eax
    call put_entry
    call newline

    rule "#GP of a selector in the entry of the stack it is delivered on, which is that table itself", 1f
    movl $0x300007, directory + 8
    movl $0x300007, 0x300000
    flush
    mov $0x800800, %esp
1:  mov 0x300000, %ds
    passed
    mov 0x300000, %eax
    call put_entry
    call newline
    done

renew:                                  # both pages mapped, and neither A nor D
    movl $0, play_page
    movl $play_table + 7, play_pde
    movl $play_page + 7, play_pte
    movl $play_page + 4096 + 7, play_pte + 4
    flush
    ret

mark_handlers:
    .set bits, 0
    .rept 4                             # at 7 the one without A and D, then with A, D, both
    .balign 32, 0x90
    .skip 7, 0x90
    mov $bits, %ebx
    iret
    .set bits, bits + 1
    .endr
    .balign 128, 0x90
    .data
table_idtr:
    .word 0x7ff
    .long play_table
