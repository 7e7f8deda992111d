# paging.S - page tables by hand: map, remap, fault, demand, protect; accessed and dirty bits.
#
# Watch: the guest's entries in `table` beside what the processor really walks.  Every store to
# an entry must be noticed by a monitor (a write trace), or made up for at invlpg or a fault.
# Linear 4 MB and up is the window for experiments; the first 4 MB are mapped as they are.
    .include "boot.inc"
    .set WINDOW, 0x400000
    .set P, 1
    .set W, 2
    multiboot_header

_start:
    mov $stack_top, %esp
    call machine_init
    gate 14, page_fault
    mov $identity, %edi         # 1024 entries: frame n, present and writable
    mov $P + W, %eax
1:  stosl
    add $4096, %eax
    cmp $WINDOW + P + W, %eax
    jne 1b
    movl $identity + P + W, directory
    movl $table + P + W, directory + 4
    mov $directory, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $0x80010000, %eax        # PG and WP: read-only holds for the kernel too
    mov %eax, %cr0

    movl $'A', frame_a          # one page, two frames in turn
    movl $'B', frame_b
    movl $frame_a + P + W, table
    print "mapped: "
    mov WINDOW, %al
    call putc
    movl $frame_b + P + W, table
    invlpg WINDOW
    print "\nremapped: "
    mov WINDOW, %al
    call putc

    movl $frame_a + P + W, table + 4
    print "\nA and D untouched, read, written: "
    call print_bits
    mov WINDOW + 4096, %eax
    call print_bits
    incl WINDOW + 4096
    call print_bits

    print "\nnot present, write: "
    movl $7, WINDOW + 2 * 4096  # the handler maps a frame, and the store is repeated
    mov WINDOW + 2 * 4096, %eax
    call put_dec

    movl $frame_b + P, table + 12
    print "\nread-only, write: "
    movl $9, WINDOW + 3 * 4096
    mov frame_b, %eax
    call put_dec

    print "\ndemand: "
    mov $WINDOW + 8 * 4096, %ebx
2:  mov (%ebx), %eax            # sixteen pages, each mapped when first touched
    add $4096, %ebx
    cmp $WINDOW + 24 * 4096, %ebx
    jne 2b
    mov demands, %eax
    call put_dec
    print " faults\n"
    exit 0

print_bits:                     # A and D of the second entry; changes eax, ecx, edx
    mov table + 4, %eax
    shr $5, %eax
    and $3, %eax
    call put_dec
    mov $' ', %al
    jmp putc

# Frame: error code (4 user, 2 write, 1 protection), EIP.  The address is in cr2.
page_fault:
    pusha
    mov %cr2, %ebx
    sub $WINDOW, %ebx
    shr $12, %ebx               # which page of the window
    cmp $8, %ebx
    jae 1f
    print "#PF("
    mov 32(%esp), %eax
    call put_dec
    print ") page "
    mov %ebx, %eax
    call put_dec
    print ": "
    testl $P, table(, %ebx, 4)
    jnz 2f
    jmp 3f
1:  incl demands
3:  movl $frame_a + P + W, table(, %ebx, 4)
    popa
    add $4, %esp
    iret
2:  orl $W, table(, %ebx, 4)
    invlpg WINDOW + 3 * 4096
    popa
    add $4, %esp
    iret

    .bss
    .align 4096
directory:
    .skip 4096
identity:
    .skip 4096
table:
    .skip 4096
frame_a:
    .skip 4096
frame_b:
    .skip 4096
demands:
    .skip 4

    library_print
    library_machine
