#include "sim/api/arch.h"

#include <string.h>

enum {
    AR_REAL = 0x93,      /* present, read/write, accessed */
    AR_LDT = 0x82,       /* present LDT */
    AR_TSS_BUSY = 0x8b,  /* present, busy 32-bit TSS: TR is never without one */
    AR_FLAT_CODE = 0xc09b,
    AR_FLAT_DATA = 0xc093,
    RESET_EDX = 0x00000619, /* family 6 (Pentium Pro), model 1, stepping 9 */
};

/* SDM 3A table 9-1, the Pentium Pro column: caches are off, CS points just below 4 GB. */
void arch_reset(struct arch *s)
{
    memset(s, 0, sizeof(*s));
    s->reg[EDX] = RESET_EDX;
    s->eip = 0xfff0;
    s->eflags = FL_1;
    s->cr0 = CR0_CD | CR0_NW | CR0_ET;
    s->dr[6] = DR6_FIXED;
    s->dr[7] = DR7_FIXED;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s->seg[i] = (struct seg){ .ar = AR_REAL, .limit = 0xffff };
    s->seg[CS].sel = 0xf000;
    s->seg[CS].base = 0xffff0000u;
    s->ldtr = (struct seg){ .ar = AR_LDT, .limit = 0xffff };
    s->tr = (struct seg){ .ar = AR_TSS_BUSY, .limit = 0xffff };
    s->gdtr.limit = 0xffff;
    s->idtr.limit = 0xffff;
}

void arch_init(struct arch *s)
{
    struct arch old = *s;
    arch_reset(s);
    s->cr0 = CR0_ET | (old.cr0 & (CR0_CD | CR0_NW));
    s->sysenter_cs = old.sysenter_cs;
    s->sysenter_esp = old.sysenter_esp;
    s->sysenter_eip = old.sysenter_eip;
    s->debugctl = old.debugctl;
    s->branch_from = old.branch_from;
    s->branch_to = old.branch_to;
    s->exception_from = old.exception_from;
    s->exception_to = old.exception_to;
}

/* Multiboot 0.6.96, 3.2.  The selectors are the loader's: a guest that wants to load a segment
 * register must bring its own GDT first. */
void arch_reset_multiboot(struct arch *s, u32 eip, u32 info)
{
    arch_reset(s);
    s->reg[EAX] = 0x2badb002;
    s->reg[EBX] = info;
    s->reg[EDX] = 0;
    s->eip = eip;
    s->cr0 = CR0_PE | CR0_ET;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s->seg[i] = (struct seg){ .sel = 0x10, .ar = AR_FLAT_DATA, .limit = 0xffffffffu };
    s->seg[CS].sel = 0x08;
    s->seg[CS].ar = AR_FLAT_CODE;
    s->ldtr = (struct seg){ .ar = AR_UNUSABLE };
    s->gdtr.limit = 0;
    s->idtr.limit = 0;
}
