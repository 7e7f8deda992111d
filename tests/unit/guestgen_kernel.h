/* guestgen_kernel.h - the fixed part of generated guests: a kernel that survives what chunks do to it.
 *
 * A program is a list of chunks.  gk_next repairs the processor's state and enters the following chunk, at
 * CPL 0, at CPL 3 or in virtual-8086 mode; when all have run, the next pass begins; after the last one the
 * guest exits.  What a fault leads to is a byte of the policy table. */
#ifndef TESTS_GUESTGEN_KERNEL_H
#define TESTS_GUESTGEN_KERNEL_H

#include "sim/api/base.h"

/* guest-physical, and linear as long as paging maps it so */
enum { GEN_RAM = 1 << 20, GEN_GDT = 0x1000, GEN_IDT = 0x2000, GEN_TSS = 0x3000, GEN_TSS_TASK = 0x3100,
       GEN_TSS_DF = 0x3200, GEN_LDT = 0x3800, GEN_PDPT = 0x3c00, GEN_PDPT2 = 0x3c20,
       GEN_PD = 0x4000, GEN_PD2 = 0x5000, GEN_PT0 = 0x6000,
       GEN_PT1 = 0x7000, GEN_PARAM = 0x8000, GEN_PT2 = 0x9000, GEN_DF_STACK = 0xc000, GEN_STACK = 0xf000,
       GEN_KERNEL = 0x10000, GEN_KCODE = 0x20000, GEN_UCODE = 0x30000, GEN_USTACK = 0x48000,
       GEN_DATA = 0x50000, GEN_POINTERS = 0x58000, GEN_SAVED = 0x60000, GEN_END = 0x64000,
       GEN_WINDOW = 0x400000 /* linear: 64 pages of random mappings */, GEN_WINDOW_PAGES = 64 };

/* the page at GEN_PARAM */
struct gen_param {
    u32 current, chunks, passes, faults, resume, last_cr2, irqs, cr0, cr3, cr4;
    u8 pit_mode, pit_low, pit_high, pic_mask;
    u32 watchdog;                 /* every so many interrupts (a mask) the chunk is left */
    u32 debugs, calls;
    u16 pad, gdt_limit; u32 gdt_base;
    u16 pad2, idt_limit; u32 idt_base;
    u8 policy[256];
    struct gen_chunk { u32 entry, eflags, mode, seed; } chunk[64];
};
enum gen_mode { GEN_USER = 1, GEN_V86 = 2 };
enum gen_policy { POLICY_NEXT, POLICY_RESUME, POLICY_PAGE, POLICY_DEBUG, POLICY_IRQ, POLICY_SKIP,
                  POLICY_SYSCALL, POLICY_NMI, POLICY_APIC };
_Static_assert(offsetof(struct gen_param, gdt_limit) == 58 && offsetof(struct gen_param, policy) == 72 &&
               offsetof(struct gen_param, chunk) == 328, "the offsets in the assembly below");

/* selectors */
enum { GEN_CS = 0x08, GEN_DS = 0x10, GEN_UCS = 0x1b, GEN_UDS = 0x23, GEN_TR = 0x28, GEN_LDTR = 0x30,
       GEN_TASK = 0x38, GEN_TASK_DF = 0x40, GEN_GATE = 0x48, GEN_RANDOM = 0x50, GEN_GDT_BYTES = 0xa0,
       GEN_APIC_VECTOR = 0x35 };

extern const u8 gen_kernel[], gen_kernel_end[], gk_next[], gk_stubs[], gk_df[], gk_task[], gk_gate[],
    gk_sysenter[], gk_entry[];
#define GEN_AT(label) ((u32)((label) - gen_kernel) + GEN_KERNEL)

#define GK(label) "(" #label "-gen_kernel+0x10000)"
__asm__(".pushsection .rodata\n.code32\n.balign 16\ngen_kernel:\n"
    /* 8259s at 20h and 28h, 8254 counter 0, SYSENTER, task register */
    "mov $0x10, %eax\nlgdt 0x803a\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %ss\n"
    "mov $0xf000, %esp\n"
    "ljmp $8, $" GK(gk_flat) "\ngk_flat: lidt 0x8042\n"
    "mov $0x11, %al\nout %al, $0x20\nout %al, $0xa0\nmov $0x20, %al\nout %al, $0x21\n"
    "mov $0x28, %al\nout %al, $0xa1\nmov $4, %al\nout %al, $0x21\nmov $2, %al\nout %al, $0xa1\n"
    "mov $1, %al\nout %al, $0x21\nout %al, $0xa1\nmov 0x802b, %al\nout %al, $0x21\n"
    "mov $0xff, %al\nout %al, $0xa1\nmov 0x8028, %al\nout %al, $0x43\nmov 0x8029, %al\n"
    "out %al, $0x40\n"
    "mov 0x802a, %al\nout %al, $0x40\nmov $1, %al\nmov $0x3f9, %edx\nout %al, %dx\n"
    "mov $8, %al\nmov $0x3fc, %edx\nout %al, %dx\n"
    "xor %edx, %edx\nmov $0x174, %ecx\nmov $8, %eax\nwrmsr\ninc %ecx\nmov $0xf000, %eax\n"
    "wrmsr\n"
    "inc %ecx\nmov $" GK(gk_sysenter) ", %eax\nwrmsr\n"
    "mov $0x28, %eax\nltr %ax\n"
    "mov 0x8020, %eax\nmov %eax, %cr3\n"
    /* the next chunk */
    "gk_next: mov $0x10, %eax\nmov %eax, %ss\nmov $0xf000, %esp\npush $2\npopf\n"
    "mov %eax, %ds\nmov %eax, %es\nmov %eax, %fs\nmov %eax, %gs\nlgdt 0x803a\nlidt 0x8042\n"
    "mov 0x8024, %eax\nmov %eax, %cr4\nmov 0x801c, %eax\nmov %eax, %cr0\n"
    "mov 0x8020, %eax\nmov %eax, %cr3\nxor %eax, %eax\nmov %eax, %dr7\nmov $0x30, %eax\n"
    "lldt %ax\n"
    "incl 0x8000\nmov 0x8000, %eax\ncmp 0x8004, %eax\njb 1f\n"
    "call gk_restore\nxor %eax, %eax\nmov %eax, 0x8000\ndecl 0x8008\njz gk_done\n"
    "1: shl $4, %eax\nlea 0x8148(%eax), %ebp\nmovl $0, 0x8010\n"
    "testl $2, 8(%ebp)\njnz gk_v86\ntestl $1, 8(%ebp)\njz 2f\n"
    "push $0x23\npush $0x48000\npushl 4(%ebp)\npush $0x1b\npushl (%ebp)\n"
    "mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %fs\nmov %eax, %gs\njmp gk_go\n"
    "2: pushl 4(%ebp)\npush $8\npushl (%ebp)\n"
    "gk_go: mov 12(%ebp), %eax\nmov %eax, %ecx\nmov %eax, %edx\nshr $24, %ecx\nbswap %edx\n"
    "mov $0x51000, %ebx\nmov $0x52000, %esi\nmov $0x400000, %edi\nmov $0x53010, %ebp\niret\n"
    "gk_v86: push $0x5000\npush $0x5100\npush $0x5200\npush $0x5300\npush $0x4000\n"
    "push $0x7ff0\n"
    "pushl 4(%ebp)\nmov (%ebp), %eax\nmov %eax, %ecx\nand $0xf0000, %ecx\nshr $4, %ecx\n"
    "push %ecx\n"
    "movzwl %ax, %eax\npush %eax\njmp gk_go\n"
    "gk_done: mov $0xf4, %edx\nmov 0x800c, %eax\nout %eax, %dx\njmp gk_done\n"
    /* tables as they were: descriptors, the first gates, page tables */
    "gk_restore: cld\nmov $0x60000, %esi\nmov $0x1000, %edi\nmov $40, %ecx\nrep movsl\n"
    "mov $0x61000, %esi\nmov $0x2000, %edi\nmov $64, %ecx\nrep movsl\n"
    "mov $0x62000, %esi\nmov $0x6000, %edi\nmov $112, %ecx\nrep movsl\n"
    "mov $0x63000, %esi\nmov $0x4000, %edi\nmov $8, %ecx\nrep movsl\nret\n"
    /* tasks: of the double fault, and one that is called */
    "gk_df: call gk_restore\nmov $0x28, %eax\nltr %ax\nincl 0x800c\njmp gk_next\n"
    "gk_task: incl 0x8034\niret\njmp gk_task\n"
    "gk_gate: push %eax\npop %eax\nlret\ngk_sysenter: sysexit\n"
    /* all exceptions and interrupts.  (esp): es ds, registers, vector 40, error, eip 48, cs, eflags 56 */
    "gk_common: pusha\npush %ds\npush %es\nmov $0x10, %eax\nmov %eax, %ds\nmov %eax, %es\n"
    "incl 0x800c\n"
    "mov 40(%esp), %ecx\nmovzbl 0x8048(%ecx), %eax\njmp *" GK(gk_policies) "(, %eax, 4)\n"
    "gk_resume: pop %es\npop %ds\npopa\nadd $8, %esp\niret\n"
    "gk_page: mov %cr2, %eax\ncmp 0x8014, %eax\nmov %eax, 0x8014\nje gk_skip\n"
    "sub $0x400000, %eax\nshr $12, %eax\ncmp $64, %eax\njae gk_skip\n"
    "gk_entry: orl $7, 0x7000(, %eax, 4)\nmov 0x8014, %eax\ninvlpg (%eax)\njmp gk_resume\n"
    "gk_debug: incl 0x8030\nmov 0x8030, %eax\nand $1, %eax\nshl $16, %eax\nor %eax, 56(%esp)\n"
    "testb $7, 0x8030\njnz gk_resume\nandl $~0x100, 56(%esp)\n"
    "xor %eax, %eax\nmov %eax, %dr7\njmp gk_resume\n"
    "gk_irq: mov $0x20, %al\nout %al, $0x20\ncmp $0x28, %ecx\njb 1f\nout %al, $0xa0\nout %al, $0xf0\n"
    "1: cmp $0x24, %ecx\njne 2f\nmov $0x3f8, %edx\nin %dx, %al\n"
    "2: incl 0x8018\nmov 0x8018, %eax\ntest %eax, 0x802c\njz gk_next\njmp gk_resume\n"
    "gk_skip: mov 0x8010, %eax\ntest %eax, %eax\njz 1f\nmov %eax, 48(%esp)\n"
    "movl $0, 0x8010\njmp gk_resume\n"
    "1: mov 0x800c, %eax\nmov %eax, %edx\nand $7, %edx\ncmp $5, %edx\njne gk_next\n"
    "shr $3, %eax\nand $3, %eax\ninc %eax\nadd %eax, 48(%esp)\njmp gk_resume\n"
    "gk_syscall: mov 0x800c, %eax\nmov %eax, 36(%esp)\njmp gk_resume\n"
    /* IOCHK# off and on again; the local APIC's end of interrupt */
    "gk_nmi: in $0x61, %al\nor $8, %al\nout %al, $0x61\nand $0xf7, %al\nout %al, $0x61\njmp gk_resume\n"
    "gk_apic: movl $0, 0xfee000b0\nincl 0x8018\njmp gk_resume\n"
    ".balign 4\ngk_policies: .long " GK(gk_next) ", " GK(gk_resume) ", " GK(gk_page) ", " GK(gk_debug)
    ", " GK(gk_irq) ", " GK(gk_skip) ", " GK(gk_syscall)
    ", " GK(gk_nmi) ", " GK(gk_apic) "\n"
    ".balign 16\ngk_stubs:\n.set gk_v, 0\n.rept 256\n.balign 16\n"
    ".if gk_v != 8 && gk_v != 17 && (gk_v < 10 || gk_v > 14)\npush $0\n.endif\n"
    "push $gk_v\njmp gk_common\n.set gk_v, gk_v + 1\n.endr\n.balign 16\n"
    "gen_kernel_end:\n.code64\n.popsection\n");

#endif
