/* Control, debug and table registers, counters, SYSENTER, I/O permission, VME. */
#include "tests/unit/flat.h"

#include "sim/api/paging.h"

/* ---- control registers ---- */

static fault_t set_cr(struct flat *f, unsigned n, u32 value)
{
    f->s.reg[EAX] = value;
    return flat_exec(f, 0x0f, 0x22, (u8)(0xc0 | n << 3)); /* mov crN, eax */
}

static void cr0_combinations(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.reg[EAX] = CR0_PG;
    flat_refuses(&f, GP(0), 0x0f, 0x22, 0xc0); /* PG without PE */
    f.s.reg[EAX] = CR0_PE | CR0_NW;
    flat_refuses(&f, GP(0), 0x0f, 0x22, 0xc0); /* NW without CD */
    CU_ASSERT(set_cr(&f, 0, 0x7fffffff) == FAULT_NONE); /* reserved bits fall away, ET stays */
    CU_ASSERT(f.s.cr0 == 0x6005003f && f.told[ISA_CR0] == 1);
    CU_ASSERT(set_cr(&f, 0, CR0_PE) == FAULT_NONE);
    CU_ASSERT(f.s.cr0 == (CR0_PE | CR0_ET));
    CU_ASSERT(flat_exec(&f, 0x0f, 0x20, 0xc3) == FAULT_NONE && f.s.reg[EBX] == f.s.cr0);
}

/* With PAE paging MOV CR3 reads the four pointers, and refuses reserved bits; else CR3 alone changes. */
static void cr3_loads_pdptes(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.cr0 |= CR0_PG;
    f.s.cr4 = CR4_PAE;
    poke32(&f, LDT, 0x1001);
    CU_ASSERT(set_cr(&f, 3, LDT) == FAULT_NONE && f.s.cr3 == LDT && f.s.pdpte[0] == 0x1001);
    poke32(&f, LDT, 0x2003);
    f.s.reg[EAX] = LDT;
    flat_refuses(&f, GP(0), 0x0f, 0x22, 0xd8);
    f.s.cr4 = 0;
    CU_ASSERT(set_cr(&f, 3, LDT) == FAULT_NONE && f.s.pdpte[0] == 0x1001);
}

/* Each bit of CR4 alone: known ones stick, others are #GP(0). */
static void cr4_bits(void)
{
    static struct flat f;
    for (unsigned bit = 0; bit < 32; bit++) {
        bool known = bit <= 9 || bit == 13;
        flat_reset(&f);
        f.s.reg[EAX] = BIT(bit);
        if (!known) {
            flat_refuses(&f, GP(0), 0x0f, 0x22, 0xe0);
            continue;
        }
        CU_ASSERT(set_cr(&f, 4, BIT(bit)) == FAULT_NONE);
        CU_ASSERT(f.s.cr4 == BIT(bit) && f.told[ISA_CR4] == 1);
    }
}

static void cr2_cr3(void)
{
    static struct flat f;
    flat_reset(&f);
    CU_ASSERT(set_cr(&f, 2, 0x12345678) == FAULT_NONE && f.s.cr2 == 0x12345678);
    CU_ASSERT(set_cr(&f, 3, 0x4018) == FAULT_NONE && f.s.cr3 == 0x4018);
    CU_ASSERT(f.told[ISA_CR3] == 1);
    CU_ASSERT(set_cr(&f, 3, 0x4018) == FAULT_NONE && f.told[ISA_CR3] == 2); /* flushes again */
}

/* LMSW can set PE but not clear it, and sees four bits; CLTS clears one. */
static void machine_status_word(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.cr0 |= CR0_WP;
    f.s.reg[EAX] = 0xfffe;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x01, 0xf0) == FAULT_NONE);
    CU_ASSERT(f.s.cr0 == (CR0_WP | CR0_ET | 0xf));
    CU_ASSERT(flat_exec(&f, 0x0f, 0x06) == FAULT_NONE);
    CU_ASSERT(f.s.cr0 == (CR0_WP | CR0_ET | 7));
    f.s.reg[ECX] = 0xffffffff;
    CU_ASSERT(flat_exec(&f, 0x66, 0x0f, 0x01, 0xe1) == FAULT_NONE); /* smsw cx */
    CU_ASSERT(f.s.reg[ECX] == 0xffff0017);
}

/* ---- debug registers ---- */

static void debug_registers(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.reg[EAX] = 0;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x23, 0xf0) == FAULT_NONE && f.s.dr[6] == DR6_FIXED);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x23, 0xf8) == FAULT_NONE && f.s.dr[7] == DR7_FIXED);
    f.s.reg[EAX] = 0xffffffff;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x23, 0xe0) == FAULT_NONE); /* DR4 is DR6 */
    CU_ASSERT(f.s.dr[6] == 0xffffefff && f.s.dr[4] == 0);
    f.s.reg[EAX] = ~BIT(13);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x23, 0xe8) == FAULT_NONE); /* DR5 is DR7 */
    CU_ASSERT(f.s.dr[7] == 0xffff07ff && f.told[ISA_DR7] == 2);
    f.s.cr4 |= CR4_DE;
    flat_refuses(&f, FAULT(VEC_UD), 0x0f, 0x21, 0xe0);
    flat_refuses(&f, FAULT(VEC_UD), 0x0f, 0x23, 0xe8);
}

/* ---- tables ---- */

static void table_registers(void)
{
    static struct flat f;
    flat_reset(&f);
    poke16(&f, 0x6000, 0x1ff);
    poke32(&f, 0x6002, 0xabcdef12);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x01, 0x1d, 0, 0x60, 0, 0) == FAULT_NONE); /* lidt */
    CU_ASSERT(f.s.idtr.limit == 0x1ff && f.s.idtr.base == 0xabcdef12);
    CU_ASSERT(flat_exec(&f, 0x66, 0x0f, 0x01, 0x15, 0, 0x60, 0, 0) == FAULT_NONE);
    CU_ASSERT(f.s.gdtr.limit == 0x1ff && f.s.gdtr.base == 0x00cdef12); /* 24 bits */
    CU_ASSERT(f.told[ISA_GDTR] == 1 && f.told[ISA_IDTR] == 1);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x01, 0x0d, 0, 0x70, 0, 0) == FAULT_NONE); /* sidt */
    CU_ASSERT(peek16(&f, 0x7000) == 0x1ff && peek32(&f, 0x7002) == 0xabcdef12);
    f.page[8] = PAGE_ABSENT; /* the second half of the store would fault: no first half */
    flat_refuses(&f, PF(PF_WRITE), 0x0f, 0x01, 0x05, 0xfe, 0x7f, 0, 0);
}

struct load { u16 sel; u32 ar; fault_t lldt, ltr; };

static void ldt_and_task_register(void)
{
    static const struct load loads[] = {
        { FREE, 0x82, 0, GP(FREE) },        { FREE, 0x89, GP(FREE), 0 },
        { FREE, 0x81, GP(FREE), 0 },        { FREE, 0x8b, GP(FREE), GP(FREE) },
        { FREE, 0x02, NP(FREE), GP(FREE) }, { FREE, 0x09, GP(FREE), NP(FREE) },
        { FREE, 0x92, GP(FREE), GP(FREE) }, { 0x800, 0x82, GP(0x800), GP(0x800) },
        { 0x84, 0x89, GP(0x84), GP(0x84) }, { 0, 0, 0, GP(0) },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(loads) * 2; i++) {
        const struct load *l = &loads[i / 2];
        bool ltr = i & 1;
        fault_t want = ltr ? l->ltr : l->lldt;
        u8 modrm = ltr ? 0xd8 : 0xd0;
        flat_reset(&f);
        if (l->sel && l->sel < 0x800)
            set_desc(&f, l->sel, l->ar, 0x4000, 0x1ff);
        f.s.reg[EAX] = l->sel;
        if (want) {
            flat_refuses(&f, want, 0x0f, 0x00, modrm);
            continue;
        }
        CU_ASSERT(flat_exec(&f, 0x0f, 0x00, modrm) == FAULT_NONE);
        const struct seg *seg = ltr ? &f.s.tr : &f.s.ldtr;
        CU_ASSERT(seg->sel == l->sel && f.told[ltr ? ISA_TR : ISA_LDTR] == 1);
        CU_ASSERT(seg->ar == (l->sel ? l->ar | (ltr ? 2 : 0) : AR_UNUSABLE));
        CU_ASSERT(!l->sel || access_byte(&f, FREE) == seg->ar);
    }
}

/* ---- privilege: one list for all (SDM 3A 5.9) ---- */

static void privileged(void)
{
    static const u8 insns[][3] = {
        { 0x0f, 0x20, 0xc0 }, { 0x0f, 0x22, 0xc0 }, { 0x0f, 0x21, 0xc0 }, { 0x0f, 0x23, 0xc0 },
        { 0x0f, 0x01, 0x10 }, { 0x0f, 0x01, 0x18 }, { 0x0f, 0x00, 0xd0 }, { 0x0f, 0x00, 0xd8 },
        { 0x0f, 0x01, 0xf0 }, { 0x0f, 0x01, 0x38 }, { 0x3e, 0x0f, 0x06 }, { 0x3e, 0x0f, 0x08 },
        { 0x3e, 0x0f, 0x09 }, { 0x3e, 0x3e, 0xf4 }, { 0x3e, 0x0f, 0x30 }, { 0x3e, 0x0f, 0x32 },
        { 0x3e, 0x0f, 0x35 },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(insns); i++) {
        flat_user(&f);
        CU_ASSERT(flat_refuses_bytes(&f, GP(0), insns[i], 3));
    }
}

static void counters(void)
{
    static struct flat f;
    flat_user(&f);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x31) == FAULT_NONE); /* rdtsc */
    CU_ASSERT(f.s.reg[EAX] == 0x55667788 && f.s.reg[EDX] == CODE);
    f.s.cr4 = CR4_TSD;
    flat_refuses(&f, GP(0), 0x0f, 0x31);
    flat_refuses(&f, GP(0), 0x0f, 0x33); /* rdpmc without PCE */
    f.s.cr4 = CR4_PCE;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x33) == FAULT_NONE);
    CU_ASSERT(f.s.reg[EAX] == 0x89abcdef && f.s.reg[EDX] == 0x67); /* 40 bits */
    f.s.reg[ECX] = 1;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x33) == FAULT_NONE);
    for (u32 n = 2; n; n <<= 1) {
        f.s.reg[ECX] = n;
        flat_refuses(&f, GP(0), 0x0f, 0x33);
    }
    flat_reset(&f);
    f.s.cr4 = CR4_TSD;
    f.s.reg[ECX] = 0;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x31) == FAULT_NONE); /* ring 0 needs no permission */
    CU_ASSERT(flat_exec(&f, 0x0f, 0x33) == FAULT_NONE);
}

static void hlt_and_invlpg(void)
{
    static struct flat f;
    flat_reset(&f);
    CU_ASSERT(flat_exec(&f, 0xf4) == FAULT_NONE && f.s.halted == 1 && f.s.eip == CODE + 1);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x01, 0x38) == FAULT_NONE && f.told[ISA_INVLPG] == 1);
    flat_refuses(&f, FAULT(VEC_UD), 0x0f, 0x01, 0xc1); /* vmcall without VT-x */
}

static void fast_system_call(void)
{
    static const u32 value[3] = { K_CODE, STACK0, 0x7000 };
    static struct flat f;
    flat_reset(&f);
    f.s.eip = CODE;
    flat_refuses(&f, GP(0), 0x0f, 0x34); /* SYSENTER_CS is null */
    flat_refuses(&f, GP(0), 0x0f, 0x35);
    for (unsigned i = 0; i < 3; i++) {
        f.s.reg[ECX] = MSR_SYSENTER_CS + i;
        f.s.reg[EAX] = value[i];
        CU_ASSERT(flat_exec(&f, 0x0f, 0x30) == FAULT_NONE);
        f.s.reg[EAX] = 0;
        CU_ASSERT(flat_exec(&f, 0x0f, 0x32) == FAULT_NONE && f.s.reg[EAX] == value[i]);
    }
    f.s.reg[EDX] = 0x6000;
    f.s.reg[ECX] = STACK3;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x35) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.eip == 0x6000 && f.s.reg[ESP] == STACK3);
    CU_ASSERT(f.s.seg[CS].sel == (U_CODE | 3) && f.s.seg[CS].ar == AR_CODE3);
    CU_ASSERT(f.s.seg[SS].sel == (U_DATA | 3) && f.s.seg[SS].ar == AR_DATA3);
    f.s.eflags |= FL_IF;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x34) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 0 && f.s.eip == 0x7000 && f.s.reg[ESP] == STACK0);
    CU_ASSERT(f.s.seg[SS].sel == K_DATA && !(f.s.eflags & FL_IF));
    flat_v86(&f, 0);
    f.s.sysenter_cs = K_CODE;
    CU_ASSERT(flat_exec(&f, 0x0f, 0x34) == FAULT_NONE); /* also from virtual-8086 mode */
    CU_ASSERT(f.s.cpl == 0 && !(f.s.eflags & FL_VM));
}

/* ---- the I/O permission bitmap ---- */

static void io_bitmap(void)
{
    static struct flat f;
    flat_user(&f);
    poke16(&f, TSS + TSS_IOMAP, 0x80); /* 0x80 bytes to the limit: ports 0 to 0x3f7 */
    poke32(&f, IOMAP, 0x00000100);     /* port 8 is closed */
    CU_ASSERT(isa_io_allowed(&f.x, 7, 1) == FAULT_NONE);
    CU_ASSERT(isa_io_allowed(&f.x, 7, 2) == GP(0)); /* its second port is 8 */
    CU_ASSERT(isa_io_allowed(&f.x, 8, 1) == GP(0));
    CU_ASSERT(isa_io_allowed(&f.x, 5, 4) == GP(0)); /* ports 5 to 8 */
    CU_ASSERT(isa_io_allowed(&f.x, 9, 4) == FAULT_NONE);
    CU_ASSERT(isa_io_allowed(&f.x, 0x3f7, 1) == FAULT_NONE);
    CU_ASSERT(isa_io_allowed(&f.x, 0x3f8, 1) == GP(0)); /* its second byte is outside */
    f.s.eflags |= FL_IOPL;
    CU_ASSERT(isa_io_allowed(&f.x, 8, 1) == FAULT_NONE);
    f.s.eflags |= FL_VM; /* virtual-8086: the bitmap whatever IOPL says */
    CU_ASSERT(isa_io_allowed(&f.x, 8, 1) == GP(0));
    flat_user(&f);
    f.s.tr.ar = 0x83; /* a 16-bit TSS has no bitmap */
    CU_ASSERT(isa_io_allowed(&f.x, 9, 1) == GP(0));
    arch_reset(&f.s);
    CU_ASSERT(isa_io_allowed(&f.x, 8, 1) == FAULT_NONE);
}

/* ---- VME: SDM 3B table 20-2 ---- */

static void vme(struct flat *f, unsigned iopl, bool redirect_bit)
{
    flat_v86(f, iopl);
    f->s.cr4 = CR4_VME;
    f->s.eflags |= FL_VIF | FL_IF;
    poke16(f, TSS + TSS_IOMAP, 0xa0);
    f->ram[TSS + 0x80 + 0x21 / 8] = redirect_bit ? 1 << (0x21 & 7) : 0;
    poke32(f, 0x21 * 4, 0x07000010);
    set_gate(f, IDT + 0x21 * 8, SYS_INT32, 3, K_CODE, 0x6000);
}

static void vme_interrupts(void)
{
    static struct flat f;
    vme(&f, 3, true);
    CU_ASSERT(flat_exec(&f, 0xcd, 0x21) == FAULT_NONE && f.s.cpl == 0); /* method 1 */
    vme(&f, 0, true);
    flat_refuses(&f, GP(0), 0xcd, 0x21);
    vme(&f, 3, false); /* method 5: FLAGS as they are, IF cleared */
    CU_ASSERT(flat_exec(&f, 0xcd, 0x21) == FAULT_NONE);
    CU_ASSERT(f.s.eip == 0x10 && f.s.seg[CS].base == 0x7000 && f.s.cpl == 3);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_IOPL | FL_VM | FL_VIF) && f.s.reg[ESP] == 0xffa);
    vme(&f, 0, false); /* method 6: the image shows VIF as IF, and IOPL 3; VIF is cleared */
    f.s.eflags &= ~(u32)FL_IF;
    CU_ASSERT(flat_exec(&f, 0xcd, 0x21) == FAULT_NONE);
    CU_ASSERT(peek16(&f, 0xa000 + 0xffe) == (FL_1 | FL_IF | FL_IOPL));
    CU_ASSERT(f.s.eflags == (FL_1 | FL_VM));
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE); /* and IRET gives it back */
    CU_ASSERT(f.s.eflags == (FL_1 | FL_VM | FL_VIF) && f.s.eip == 2);
    CU_ASSERT(f.s.seg[CS].sel == 0x500 && f.s.reg[ESP] == 0x1000);
}

static void vme_iret_faults(void)
{
    static struct flat f;
    vme(&f, 0, false);
    poke16(&f, 0xb004, FL_1 | FL_TF);
    flat_refuses(&f, GP(0), 0xcf);
    poke16(&f, 0xb004, FL_1 | FL_IF);
    f.s.eflags |= FL_VIP;
    flat_refuses(&f, GP(0), 0xcf);       /* an interrupt waits for the monitor */
    flat_refuses(&f, GP(0), 0x66, 0xcf); /* 32-bit IRET is not extended */
}

static const struct unit_case cases[] = {
    { "CR0 combinations", cr0_combinations },
    { "MOV CR3 with PAE", cr3_loads_pdptes },
    { "CR4 bit by bit", cr4_bits },
    { "CR2, CR3", cr2_cr3 },
    { "SMSW LMSW CLTS", machine_status_word },
    { "debug registers", debug_registers },
    { "LGDT LIDT SGDT SIDT", table_registers },
    { "LLDT, LTR", ldt_and_task_register },
    { "privileged instructions", privileged },
    { "RDTSC, RDPMC", counters },
    { "HLT, INVLPG, VMCALL", hlt_and_invlpg },
    { "SYSENTER, SYSEXIT", fast_system_call },
    { "I/O bitmap", io_bitmap },
    { "VME: INT n", vme_interrupts },
    { "VME: IRET", vme_iret_faults },
};
UNIT_MAIN("system", cases)
