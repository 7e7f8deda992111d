# pae.S - PAE paging: entries of 8 bytes, three levels, 2 MB pages, and four registers that nobody sees.
#
# Watch: the paging view at 400000 and at 600000, under a monitor: the guest's walk has three levels, the
# shadow's two, of 4 bytes; one shadow table stands for two page tables of the guest's.  And the
# pointers: the processor reads them when CR3 is loaded, not when they are written.
    .include "boot.inc"
    .set WINDOW, 0x400000       # 4 KB pages, directory entry 2
    .set LARGE, 0x600000        # a 2 MB page, directory entry 3
    .set TOP, 0x40000000        # the second gigabyte: directory `second`
    .set P, 1
    .set W, 2
    .set PS, 0x80
    multiboot_header

.macro entry at, low, high=0    # the upper half first: nobody must see half an entry that is present
    movl $\high, \at + 4
    movl $\low, \at
.endm

_start:
    mov $stack_top, %esp
    call machine_init
    gate 14, page_fault
    mov $0x80000008, %eax
    cpuid
    movzbl %al, %eax            # with fewer than 36 the bits above them are reserved in every entry
    call put_dec
    print " bits of physical address\n"

    entry pointers, directory + P
    entry directory, PS + P + W # the first 4 MB as they are
    entry directory + 8, 0x200000 + PS + P + W
    entry directory + 16, table + P + W
    entry directory + 24, PS + P + W
    mov $pointers, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x20, %eax              # PAE before PG: the pointers are loaded with CR0
    mov %eax, %cr4
    mov %cr0, %eax
    or $0x80010000, %eax
    mov %eax, %cr0

    movl $'A', frame_a
    movl $'B', frame_b
    entry table, frame_a + P + W
    print "4 KB page: "
    mov WINDOW, %al
    call putc
    print "\nthrough a 2 MB page: "
    mov $frame_b + LARGE, %ebx  # linear LARGE + x is physical x
    mov (%ebx), %al
    call putc

    print "\nits lower half changed: "
    movl $frame_b + P + W, table
    invlpg WINDOW
    mov WINDOW, %al
    call putc
    print "\nthe upper half, too: "
    movl $1, table + 4          # beyond what this processor can address
    invlpg WINDOW
    mov WINDOW, %al             # reserved: the handler clears it
    call putc

    print "\nA and D of directory and table: "
    mov directory + 16, %eax
    call print_bits
    mov table, %eax
    call print_bits
    movl $'C', WINDOW
    mov table, %eax
    call print_bits

    print "\na new pointer: "
    entry second, PS + P + W
    entry pointers + 8, second + P
    mov $frame_a + TOP, %ebx
    mov (%ebx), %al             # not seen before CR3 is loaded: the handler does
    call putc
    print "\n"
    exit 0

print_bits:                     # D and A; changes eax, ecx, edx
    shr $5, %eax
    and $3, %eax
    call put_dec
    mov $' ', %al
    jmp putc

# Frame: error code (8 reserved, 1 present), EIP.
page_fault:
    pusha
    print "#PF("
    mov 32(%esp), %eax
    call put_dec
    print ") "
    testb $8, 32(%esp)
    jz 1f
    movl $0, table + 4
1:  mov %cr3, %eax
    mov %eax, %cr3
    popa
    add $4, %esp
    iret

    .bss
    .align 4096
directory:
    .skip 4096
second:
    .skip 4096
table:
    .skip 4096
frame_a:
    .skip 4096
frame_b:
    .skip 4096
pointers:                       # four of 8 bytes, at a multiple of 32
    .skip 32

    library_print
    library_machine
