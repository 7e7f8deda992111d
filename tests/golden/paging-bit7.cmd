T=$(mktemp -d); cat >$T/bit7.S <<'END'
    .globl _start
_start:
    movl $0x201087, 0x200000    # bit 7: ignored by a directory entry without CR4.PSE,
    mov $0x201000, %edi
    mov $0x87, %eax             # and by a table's
1:  stosl
    add $0x1000, %eax
    cmp $0x202000, %edi
    jb 1b
    mov $0x200000, %eax
    mov %eax, %cr3
    mov $0x80000011, %eax
    mov %eax, %cr0
plain:
    mov $0x11, %eax             # without paging nothing depends on what a TLB still holds
    mov %eax, %cr0
    movl $0x87, 0x200000        # CR4.PSE: 4 MB; reserved in a table's entry
    movl $0x201007, 0x200004
    movl $0x402087, 0x200008    # and in a large page bits 21:12
    mov $0x10, %eax
    mov %eax, %cr4
    mov $0x80000011, %eax
    mov %eax, %cr0
large:
    nop
END
$SV $T/bit7.S --engine native --batch -ex 'break plain' -ex 'break large' -ex continue -ex 'info paging 0x300000' -ex continue -ex 'info paging 0x300000' -ex 'info paging 0x400000' -ex 'info paging 0x800000'; rm -r $T
