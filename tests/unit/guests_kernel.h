/* guests_kernel.h - small kernels and what runs under them. */
#ifndef TESTS_GUESTS_KERNEL_H
#define TESTS_GUESTS_KERNEL_H

#include "tests/unit/guests.h"

/* Arithmetic, memory, strings and the console; no tables at all: cached segments. */
GUEST(plain,
    "mov $0x80000, %esp\nmov $1000, %ecx\nxor %eax, %eax\n"
    "1: add %ecx, %eax\npush %eax\npop 0x6000(,%ecx,4)\ndec %ecx\njnz 1b\n"
    "mov $0x6004, %esi\nmov $0x7004, %edi\nmov $1000, %ecx\ncld\nrep movsl\n"
    "mov $'H', %al\nout %al, $0xe9\nmov $'i', %al\nout %al, $0xe9\n"
    "EXIT $0x5a\n");

/* Descriptor tables, a fault and its handler, INT, paging, port I/O, a timer; CPL 0 only, and
 * no instruction that de-privileging breaks without a trap. */
GUEST(kernel,
    GUEST_LOAD_GDT(kernel)
    GUEST_GATE(kernel, 0, kernel_de, 8e)
    GUEST_GATE(kernel, 14, kernel_pf, 8e)
    GUEST_GATE(kernel, 32, kernel_irq, 8e)
    GUEST_GATE(kernel, 128, kernel_sys, ef)
    GUEST_LOAD_IDT(kernel)
    GUEST_PAGING(kernel)
    "xor %ebx, %ebx\nxor %edx, %edx\nmov $7, %eax\ndiv %ebx\n"      /* #DE: handler skips it */
    "mov $3, %ebx\nint $0x80\n"
    "movl $0, 0x21000+0x300*4\ninvlpg 0x300000\nmovl $77, 0x300010\n" /* #PF: handler maps it */
    GUEST_TIMER(200)
    "sti\n"
    "1: incl 0x6004\ncmpl $20, 0x6000\njb 1b\n"
    "cli\nhlt_loop: sti\nhlt\ncli\ncmpl $25, 0x6000\njb hlt_loop\n"
    "EXIT 0x6000\n"
    "kernel_de: incl 0x6010\naddl $2, (%esp)\niret\n"
    "kernel_pf: mov %cr2, %eax\nmov %eax, 0x6014\nmov (%esp), %eax\nmov %eax, 0x6018\n"
    "movl $0x200007, 0x21000+0x300*4\nadd $4, %esp\niret\n"
    "kernel_irq: push %eax\nincl 0x6000\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "kernel_sys: add %ebx, 0x601c\niret\n"
    GUEST_GDT(kernel));

/* User code below a kernel: system calls, faults of the user's, privileged instructions, timer
 * interrupts at CPL 3.  Needs a faithful IRET to CPL 3, and POPF. */
GUEST(user,
    GUEST_LOAD_GDT(user)
    GUEST_GATE(user, 13, user_gp, 8e)
    GUEST_GATE(user, 14, user_pf, 8e)
    GUEST_GATE(user, 32, user_irq, 8e)
    GUEST_GATE(user, 128, user_sys, ee)
    GUEST_LOAD_IDT(user)
    GUEST_LOAD_TSS
    GUEST_PAGING(user)
    GUEST_TIMER(150)
    "pushf\npop %eax\nmov %eax, 0x6030\nor $0x200, %eax\npush %eax\npopf\n"
    "movl $5, 0x21000+0x80*4\ninvlpg 0x80000\n"                     /* user read-only page */
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(user, user_main) "\niret\n"
    "user_main: mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\n"
    "1: mov $2, %ebx\nint $0x80\ncmpl $40, 0x6000\njb 1b\n"
    "movl $1, 0x80000\n"                                            /* true fault: W=0 */
    "cli\n"                                                         /* #GP(0) */
    "int $0x21\n"                                                   /* #GP: DPL 0 gate */
    "pushf\npop %eax\nmov %eax, 0x6034\n"
    "mov $0xdead, %ebx\nint $0x80\n1: jmp 1b\n"
    "user_gp: pop 0x6020\nincl 0x6024\nmov (%esp), %eax\ncmpb $0xfa, (%eax)\n"
    "jne 2f\nincl (%esp)\niret\n2: addl $2, (%esp)\niret\n"
    "user_pf: mov %cr2, %eax\nmov %eax, 0x6014\npop 0x6018\nmovl $0x80007, 0x21000+0x80*4\n"
    "mov %cr3, %eax\nmov %eax, %cr3\niret\n"
    "user_irq: push %eax\nincl 0x6000\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "user_sys: add %ebx, 0x601c\ncmp $0xdead, %ebx\nje 3f\niret\n3: EXIT 0x601c\n"
    GUEST_GDT(user));

/* CPL 3 on the hardware itself: system calls, page rights, truncated segments and beyond. */
GUEST(ring3,
    GUEST_LOAD_GDT(ring3)
    GUEST_GATE(ring3, 0, ring3_fault0, 8f)
    GUEST_GATE(ring3, 13, ring3_fault, 8f)
    GUEST_GATE(ring3, 14, ring3_fault, 8f)
    GUEST_GATE(ring3, 128, ring3_sys, ef)
    GUEST_LOAD_IDT(ring3)
    GUEST_LOAD_TSS
    GUEST_PAGING(ring3)
    "movl $5, 0x21000+0x80*4\nmovl $3, 0x21000+0x81*4\nmovl $0x20003, 0x20ffc\n"
    "mov %cr3, %eax\nmov %eax, %cr3\nmov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\n"
    "sti\nnop\npush $0x23\npush $0x90000\npush $0x202\npush $0x1b\n"
    "push $" AT(ring3, ring3_main) "\niret\n"
    "ring3_main: mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %fs\nxor %eax, %eax\n"
    "mov %eax, %gs\nmov $2, %ebx\nint $0x80\npushf\npop 0x6030\n"
    "mov $" AT(ring3, r1) ", %ebp\nmovl $1, 0x80000\nr1: mov $" AT(ring3, r2) ", %ebp\n"
    "mov 0x81000, %eax\nr2: mov $" AT(ring3, r3) ", %ebp\nmov 0xffc00000, %eax\n"
    "r3: mov $" AT(ring3, r4) ", %ebp\nmov %eax, 0xfffffffe\nr4: mov $" AT(ring3, r5) ", %ebp\n"
    "hlt\nr5: mov $" AT(ring3, r6) ", %ebp\nint $0x7d\nr6: mov $" AT(ring3, r7) ", %ebp\n"
    "mov $0xffa1, %eax\nmov %eax, %ds\nr7: mov $" AT(ring3, r8) ", %ebp\nmov %gs:0, %eax\n"
    "r8: mov $" AT(ring3, r9) ", %ebp\nxor %ebx, %ebx\ndiv %ebx\n"
    "r9: mov $" AT(ring3, r10) ", %ebp\n"
    "in $0x40, %al\nr10: rdtsc\nmov %eax, 0x6034\nmov %cs, 0x6038\nmov %ss, 0x603c\n"
    "lar %eax, %ecx\nmov $99, %ebx\nint $0x80\n"
    "ring3_fault0: push $0\nring3_fault: push %eax\nincl 0x6000\nmov 0x6000, %eax\n"
    "mov 4(%esp), %ecx\nmov %ecx, 0x6100(,%eax,8)\nmov %cr2, %ecx\nmov %ecx, 0x6104(,%eax,8)\n"
    "pop %eax\nadd $4, %esp\nmov %ebp, (%esp)\niret\n"
    "ring3_sys: add %ebx, 0x601c\ncmp $99, %ebx\nje 3f\niret\n3: EXIT 0x6000\n"
    GUEST_GDT(ring3));

#endif
