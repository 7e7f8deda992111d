# start.S - how every load begins and ends.  Entered in flat 32-bit protected mode, by a multiboot
# loader or by disk.S, at its first byte.
#
# On port E9h: 02h, then the load runs, 03h, its name and checksum.  Whoever watches takes the time
# between the two.  Then it ends: port F4h (Stepvisor, QEMU's isa-debug-exit), port 8900h (Bochs).
    .include "bench.inc"

    .section .multiboot, "ax"
    .global _start
_start:
    jmp begin
    .align 4
    .long 0x1badb002, 0, -0x1badb002    # magic, flags, checksum

    .text
begin:
    cli
    mov $bench_stack, %esp
    mov $tss, %eax                      # the base of the TSS
    mov %ax, gdt + TSS + 2
    shr $16, %eax
    mov %al, gdt + TSS + 4
    mov %ah, gdt + TSS + 7
    lgdt gdtr
    ljmp $KERNEL_CODE, $1f
1:  mov $KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    mov $TSS, %eax
    ltr %ax
    lidt idtr
    cld
    mov $0xff, %al                      # no device interrupts
    out %al, $0x21
    out %al, $0xa1
    mov $2, %al
    out %al, $0xe9
    call load
    mov %eax, %ebx
    mov $3, %al
    out %al, $0xe9
    mov $load_name, %esi
1:  lodsb
    out %al, $0xe9
    cmp $' ', %al
    jne 1b
    mov $8, %ecx
1:  rol $4, %ebx
    mov %ebx, %eax
    and $15, %eax
    mov digits(%eax), %al
    out %al, $0xe9
    loop 1b
    mov $'\n', %al
    out %al, $0xe9
    xor %eax, %eax
    out %eax, $0xf4
    mov $0x8900, %edx
    mov $shutdown, %esi
    mov $8, %ecx
    rep outsb
1:  cli
    hlt
    jmp 1b

    .global set_gate                    # vector ecx to handler eax, from rings 0 to 3
set_gate:
    mov %ax, idt(, %ecx, 8)
    movw $KERNEL_CODE, idt + 2(, %ecx, 8)
    movw $0xee00, idt + 4(, %ecx, 8)
    shr $16, %eax
    mov %ax, idt + 6(, %ecx, 8)
    ret

    .global identity_paging             # 0 to 4 MB onto itself, for all rings; changes eax, edi
identity_paging:
    mov $page_table, %edi
    lea 7(%edi), %eax
    mov %eax, page_directory
    mov $7, %eax
1:  stosl
    add $4096, %eax
    cmp $0x400007, %eax
    jne 1b
    mov $page_directory, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $0x80010000, %eax                # PG, WP
    mov %eax, %cr0
    jmp 1f
1:  ret

    .section .rodata
load_name:
    .ascii LOAD, " "
digits:
    .ascii "0123456789abcdef"
shutdown:
    .ascii "Shutdown"

    .data
    .align 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff, 0x00cf92000000ffff    # kernel code and data, 4 GB
    .quad 0x00cffa000000ffff, 0x00cff2000000ffff    # user code and data
    .quad 0x0000890000000067
gdtr:
    .word gdtr - gdt - 1
    .long gdt
idtr:
    .word 256 * 8 - 1
    .long idt
    .align 4
    .global tss
tss:
    .long 0, trap_stack, KERNEL_DATA                # link, esp0, ss0
    .skip 104 - 12 - 4
    .word 0, 104

    .bss
    .align 4096
    .global page_directory, page_table
page_directory:
    .skip 4096
page_table:
    .skip 4096
idt:
    .skip 4096
    .skip 4096
trap_stack:                         # what comes from ring 3
    .skip 64 * 1024
bench_stack:
