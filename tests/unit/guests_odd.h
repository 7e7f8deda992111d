/* guests_odd.h - guests in states that hardware under a monitor must not run as they are. */
#ifndef TESTS_GUESTS_ODD_H
#define TESTS_GUESTS_ODD_H

#include "tests/unit/guests.h"

/* Input by interrupts: some bytes at the same tick, some while the guest halts. */
GUEST(echo,
    GUEST_LOAD_GDT(echo)
    GUEST_GATE(echo, 36, echo_irq, 8e)
    GUEST_LOAD_IDT(echo)
    GUEST_TIMER(60000)
    "mov $0xef, %al\nout %al, $0x21\nmov $0x3f9, %edx\nmov $1, %al\nout %al, %dx\n"
    "mov $0x3fc, %edx\nmov $8, %al\nout %al, %dx\n"       /* OUT2 opens the interrupt */
    "sti\n1: incl 0x6004\ncmpl $2, 0x6000\njb 1b\n"
    "2: hlt\ncmpl $4, 0x6000\njb 2b\nEXIT 0x6000\n"
    "echo_irq: push %eax\npush %edx\nmov $0x3f8, %edx\nin %dx, %al\nout %al, $0xe9\n"
    "mov 0x6000, %edx\nmov %al, 0x6010(%edx)\nincl 0x6000\n"
    "mov $0x20, %al\nout %al, $0x20\npop %edx\npop %eax\niret\n"
    GUEST_GDT(echo));

/* TF, an LDT, expand-down and wrapping segments, changed descriptors, far calls, a call gate. */
GUEST(odd,
    GUEST_LOAD_GDT(odd)
    GUEST_GATE(odd, 1, odd_db, 8e)
    GUEST_GATE(odd, 13, odd_gp, 8e)
    GUEST_GATE(odd, 12, odd_gp, 8e)
    GUEST_LOAD_IDT(odd)
    GUEST_LOAD_TSS
    /* single step, by POPF */
    "push $0x102\npopf\nnop\nmov %eax, %eax\nmov %ss, %edx\nmov %edx, %ss\nnop\nnop\n"
    "andl $0xfffffeff, 0x6010\npush $2\npopf\nnop\n"
    /* an LDT with one data segment of 4 KB at 0x9000 */
    "mov $0x30, %eax\nlldt %ax\nmov $4, %eax\nmov %eax, %fs\nmovl $5, %fs:0x10\n"
    "mov $" AT(odd, odd_1) ", %ebx\nmov %fs:0x1000, %eax\nodd_1:\n"
    /* expand-down: offsets from 0x10000 up */
    "mov $0x38, %eax\nmov %eax, %gs\nmovl $6, %gs:0x20000\n"
    "mov $" AT(odd, odd_2) ", %ebx\nmov %gs:0x100, %eax\nodd_2:\n"
    "mov $0x10, %eax\nmov %eax, %gs\n"
    /* a base in the monitor's range, wrapping to low memory */
    "mov $0x40, %eax\nmov %eax, %fs\nmovl $7, %fs:0x106040\n"
    /* a descriptor changed in memory after it was loaded, then loaded again */
    "movl $0x7000ffff, " AT(odd, odd_data) "\nmovl $8, %es:0x6050\nmov $0x48, %eax\n"
    "mov %eax, %es\nmovl $0x8000ffff, " AT(odd, odd_data) "\nmovl $9, %es:0x60\n"
    "mov %eax, %es\nmovl $10, %es:0x64\n"
    /* flat accesses beyond the monitor's base: no paging, no memory there */
    "movl $1, 0xffd00000\nmov 0xffd00000, %eax\nmov %eax, 0x6070\n"
    /* far call and return, and a call gate to the same level */
    "lcall $8, $" AT(odd, odd_far) "\nlcall $0x50, $0\n"
    "mov $" AT(odd, odd_3) ", %ebx\nmov $0x200, %eax\nmov %eax, %es\nodd_3:\n"
    "EXIT 0x6000\n"
    "odd_db: incl 0x6000\nmov (%esp), %ecx\nmov %ecx, 0x6004\nmov %dr6, %ecx\n"
    "mov %ecx, 0x6008\nxor %ecx, %ecx\nmov %ecx, %dr6\niret\n"
    "odd_gp: incl 0x600c\nmov 0x600c, %ecx\npop 0x6080(,%ecx,4)\nmov %ebx, (%esp)\niret\n"
    "odd_far: incl 0x6074\nlret\n"
    ".balign 8\nodd_gdt: .quad 0\n"
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff\n.quad 0, 0, 0x0000890050000067\n"
    ".quad 0x0000820060a00007, 0x00c096000000000f, 0xffcf92f00000ffff\n"
    "odd_data: .quad 0x00cf92000000ffff\n"
    ".word (odd_far-odd)&0xffff, 8, 0x8c00, 0x10\n"
    "odd_gdtr: .word 0x57\n.long " AT(odd, odd_gdt) "\n");

/* Real mode, 16-bit code and virtual-8086 mode. */
GUEST(old,
    GUEST_LOAD_GDT(old)
    GUEST_GATE(old, 13, old_gp, 8e)
    GUEST_LOAD_TSS
    "mov $" AT(old, old_16) ", %esi\nmov $0x7000, %edi\nmov $0x200, %ecx\nrep movsb\n"
    "lidt " AT(old, old_ivt) "\nmovw $0x7000+old_int-old_16, 0x100\nmovw $0, 0x102\n"
    "ljmp $0x18, $0x7000\n"
    "old_back: mov $0x10, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %ss\n"
    "mov $0x80000, %esp\nlidt " AT(old, old_idtr) "\n"
    "push $0\npush $0\npush $0x700\npush $0x700\npush $0x600\npush $0xf0\npush $0x20202\n"
    "push $0x700\npush $old_86-old_16\niret\n"
    "old_gp: mov 12(%esp), %eax\nmov %eax, %ss:0x6010\nmov 4(%esp), %ebx\nEXIT $0x66\n"
    ".code16\nold_16: mov $0x20, %ax\nmov %ax, %ds\nmov %ax, %ss\nmov %ax, %es\n"
    "mov %cr0, %eax\nand $0xfe, %al\nmov %eax, %cr0\nljmp $0, $0x7000+old_real-old_16\n"
    "old_real: xor %ax, %ax\nmov %ax, %ds\nmov %ax, %ss\nmov $0x6f00, %sp\n"
    "mov $0x600, %ax\nmov %ax, %es\nmovw $0x1234, %es:2\nint $0x40\npushf\npop %es:4\n"
    "mov $5, %cx\n1: rol $1, %dx\nloop 1b\nsidt %es:8\nsmsw %bx\n"
    "mov %cr0, %eax\nor $1, %al\nmov %eax, %cr0\n"
    "ljmpl $8, $" AT(old, old_back) "\n"
    "old_int: incw %es:6\nmov %sp, %bp\nmov (%bp), %dx\niret\n"
    "old_86: mov %cs, %ax\nmovw $3, 2\nmov %ds:2, %bx\npush %bx\nint $0x41\nhlt\n"
    ".code32\n.balign 8\nold_gdt: .quad 0\n"
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00009b000000ffff, 0x000093000000ffff\n"
    ".quad 0x0000890050000067\n"
    "old_gdtr: .word 47\n.long " AT(old, old_gdt) "\nold_ivt: .word 0x3ff\n.long 0\n"
    "old_idtr: .word 0x7ff\n.long 0x4000\n");

/* A triple fault, and a halt that nothing ends. */
GUEST(triple, GUEST_LOAD_GDT(triple) "lidt " AT(triple, triple_idtr) "\nud2\n"
    "triple_idtr: .word 0\n.long 0\n" GUEST_GDT(triple));
GUEST(idle, "mov $7, %eax\ncli\nhlt\n");

#endif
