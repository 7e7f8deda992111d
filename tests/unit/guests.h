/* guests.h - small guests for the monitor's tests, assembled with the test itself.
 *
 * A guest is loaded at GUEST_LOAD and starts as multiboot says.  AT(base, label) is where. */
#ifndef TESTS_GUESTS_H
#define TESTS_GUESTS_H

#include "sim/api/base.h"

enum { GUEST_LOAD = 0x100000, GUEST_RAM = 4 << 20 };

#define GUEST(name, body) \
    extern const u8 name[], name##_end[]; \
    __asm__(".pushsection .rodata\n.code32\n.balign 16\n" #name ":\n" \
            ".macro EXIT code\n mov $0xf4, %edx\n mov \\code, %eax\n out %eax, %dx\n" \
            "1: jmp 1b\n.endm\n" \
            ".set BASE, " #name "\n" body "\n" #name "_end:\n" \
            ".purgem EXIT\n.code64\n.popsection\n")

/* absolute address of a label of the guest; `base` is its name */
#define AT(base, label) "(" #label "-" #base "+0x100000)"

/* GDT with flat kernel (08h, 10h) and user (1Bh, 23h) segments and a TSS (28h) at 0x5000. */
#define GUEST_GDT(base) \
    ".balign 8\n" #base "_gdt: .quad 0\n" \
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff\n" \
    ".quad 0x00cffb000000ffff, 0x00cff3000000ffff\n" \
    ".quad 0x0000890050000067\n" \
    #base "_gdtr: .word 47\n.long " AT(base, base##_gdt) "\n"

#define GUEST_LOAD_GDT(base) \
    "lgdt " AT(base, base##_gdtr) "\n" \
    "mov $0x10, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %ss\n" \
    "mov %eax, %fs\nmov %eax, %gs\n" \
    "mov $0x80000, %esp\n" \
    "ljmp $8, $" AT(base, base##_flat) "\n" #base "_flat:\n"

/* gate `vector` of an IDT at 0x4000; type: 8e interrupt, 8f trap, ee, ef with DPL 3 */
#define GUEST_GATE(base, vector, label, type) \
    "mov $" AT(base, label) ", %eax\n" \
    "movw %ax, 0x4000+8*" #vector "\n" \
    "movw $8, 0x4002+8*" #vector "\n" \
    "movw $0x" #type "00, 0x4004+8*" #vector "\n" \
    "shr $16, %eax\nmovw %ax, 0x4006+8*" #vector "\n"

#define GUEST_LOAD_IDT(base) \
    "lidt " AT(base, base##_idtr) "\njmp " #base "_idt_done\n" \
    #base "_idtr: .word 0x7ff\n.long 0x4000\n" #base "_idt_done:\n"

#define GUEST_LOAD_TSS \
    "movl $0x70000, 0x5004\nmovl $0x10, 0x5008\nmovl $0x680000, 0x5064\n" \
    "mov $0x28, %eax\nltr %ax\n"

/* page directory at 0x20000, one table at 0x21000 that maps the first 4 MB for everybody */
#define GUEST_PAGING(base) \
    "mov $0x21000, %edi\nmov $7, %eax\n" \
    #base "_pt: mov %eax, (%edi)\nadd $4096, %eax\nadd $4, %edi\ncmp $0x22000, %edi\njne " \
    #base "_pt\nmovl $0x21007, 0x20000\n" \
    "mov $0x20000, %eax\nmov %eax, %cr3\nmov %cr0, %eax\nor $0x80000000, %eax\nmov %eax, %cr0\n"

/* 8259s at vectors 20h and 28h, only IRQ 0 open; 8254 counter 0, mode 2 */
#define GUEST_TIMER(count) \
    "mov $0x11, %al\nout %al, $0x20\nout %al, $0xa0\nmov $0x20, %al\nout %al, $0x21\n" \
    "mov $0x28, %al\nout %al, $0xa1\nmov $4, %al\nout %al, $0x21\n" \
    "mov $2, %al\nout %al, $0xa1\n" \
    "mov $1, %al\nout %al, $0x21\nout %al, $0xa1\nmov $0xfe, %al\nout %al, $0x21\n" \
    "mov $0xff, %al\nout %al, $0xa1\n" \
    "mov $0x34, %al\nout %al, $0x43\nmov $(" #count " & 255), %al\nout %al, $0x40\n" \
    "mov $(" #count " >> 8), %al\nout %al, $0x40\n"

#endif
