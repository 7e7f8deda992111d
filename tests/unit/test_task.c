/* Task switches there and back, and every fault of SDM 3A table 7-1. */
#include "tests/unit/flat.h"

/* Task A runs with the TSS at K_TSS; task B, at FREE, is a kernel task with its own stack. */
enum { B = FREE, B16 = 0x38, B_LDT = 0x40, B_ENTRY = 0x6000, B_STACK = 0xc000, VECTOR = 0x40 };
#define JMP_B 0xea, 0, 0, 0, 0, B, 0
#define CALL_B 0x9a, 0, 0, 0, 0, B, 0

static void set_task(struct flat *f, unsigned field, u32 value)
{
    poke32(f, TSS_B + field, value);
}

static void two_tasks(struct flat *f)
{
    static const unsigned segs[] = { ES, SS, DS, FS, GS };
    flat_reset(f);
    set_desc(f, B, 0x89, TSS_B, 0x67);
    set_task(f, TSS_EIP, B_ENTRY);
    set_task(f, TSS_EFLAGS, FL_1 | FL_ZF);
    for (unsigned i = 0; i < 8; i++)
        set_task(f, TSS_EAX + i * 4, 0xb0000000 + i);
    set_task(f, TSS_EAX + ESP * 4, B_STACK);
    for (unsigned i = 0; i < COUNT(segs); i++)
        set_task(f, TSS_ES + segs[i] * 4, K_DATA);
    set_task(f, TSS_ES + CS * 4, K_CODE);
    f->s.dr[7] |= 0x155; /* local breakpoints */
}

static bool is_busy(const struct flat *f, u16 sel) { return access_byte(f, sel) & 2; }

static void call_and_return(void)
{
    static struct flat f;
    two_tasks(&f);
    f.s.reg[EAX] = 0xa0a0a0a0;
    f.s.eflags |= FL_CF;
    CU_ASSERT(flat_exec(&f, CALL_B) == FAULT_NONE);
    CU_ASSERT(f.s.eip == B_ENTRY && f.s.reg[ESP] == B_STACK && f.s.reg[EDI] == 0xb0000007);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_ZF | FL_NT));
    CU_ASSERT(f.s.tr.sel == B && f.s.tr.base == TSS_B && AR_TYPE(f.s.tr.ar) == SYS_TSS32_BUSY);
    CU_ASSERT(peek16(&f, TSS_B + TSS_LINK) == K_TSS);
    CU_ASSERT(is_busy(&f, K_TSS) && is_busy(&f, B));
    CU_ASSERT(f.s.cr0 & CR0_TS);
    CU_ASSERT(f.s.dr[7] == DR7_FIXED);
    CU_ASSERT(peek32(&f, TSS + TSS_EIP) == CODE + 7);
    CU_ASSERT(peek32(&f, TSS + TSS_EAX) == 0xa0a0a0a0);
    CU_ASSERT(peek32(&f, TSS + TSS_EFLAGS) == (FL_1 | FL_CF));
    CU_ASSERT(peek16(&f, TSS + TSS_ES + CS * 4) == K_CODE);
    CU_ASSERT(f.s.ldtr.ar == AR_UNUSABLE && f.s.seg[GS].base == 0);

    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE); /* NT: IRET is a task switch */
    CU_ASSERT(f.s.eip == CODE + 7 && f.s.tr.sel == K_TSS && f.s.reg[EAX] == 0xa0a0a0a0);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_CF) && f.s.reg[ESP] == STACK0);
    CU_ASSERT(is_busy(&f, K_TSS) && !is_busy(&f, B));
    CU_ASSERT(peek32(&f, TSS_B + TSS_EIP) == B_ENTRY + 1);
    CU_ASSERT(peek32(&f, TSS_B + TSS_EFLAGS) == (FL_1 | FL_ZF)); /* saved without NT */
}

static void jump(void)
{
    static struct flat f;
    two_tasks(&f);
    CU_ASSERT(flat_exec(&f, JMP_B) == FAULT_NONE);
    CU_ASSERT(!is_busy(&f, K_TSS) && is_busy(&f, B));
    CU_ASSERT(f.s.eflags == (FL_1 | FL_ZF) && peek16(&f, TSS_B + TSS_LINK) == 0);
    CU_ASSERT(f.s.eip == B_ENTRY && f.told[ISA_TR] == 1);
}

static void through_task_gates(void)
{
    static struct flat f;
    two_tasks(&f);
    set_gate(&f, GDT + 0x48, SYS_TASK_GATE, 0, B, 0);
    CU_ASSERT(flat_exec(&f, 0x9a, 0, 0, 0, 0, 0x48, 0) == FAULT_NONE);
    CU_ASSERT(f.s.tr.sel == B && (f.s.eflags & FL_NT));
    two_tasks(&f);
    set_gate(&f, IDT + VEC_GP * 8, SYS_TASK_GATE, 0, B, 0);
    f.s.halted = 1;
    CU_ASSERT(isa_deliver_fault(&f.x, GP(0x1234), CODE));
    CU_ASSERT(f.s.tr.sel == B && f.s.eip == B_ENTRY && f.s.halted == 0);
    CU_ASSERT(f.s.reg[ESP] == B_STACK - 4 && peek32(&f, B_STACK - 4) == 0x1234);
    CU_ASSERT(peek32(&f, TSS + TSS_EFLAGS) == (FL_1 | FL_RF));
    CU_ASSERT(peek32(&f, TSS + TSS_EIP) == CODE);
}

static void paging_goes_along(void)
{
    static struct flat f;
    two_tasks(&f);
    set_task(&f, TSS_CR3, 0x4000);
    CU_ASSERT(flat_exec(&f, JMP_B) == FAULT_NONE);
    CU_ASSERT(f.s.cr3 == 0 && f.told[ISA_CR3] == 0); /* without paging it does not */
    two_tasks(&f);
    set_task(&f, TSS_CR3, 0x4000);
    f.s.cr0 |= CR0_PG;
    CU_ASSERT(flat_exec(&f, JMP_B) == FAULT_NONE);
    CU_ASSERT(f.s.cr3 == 0x4000 && f.told[ISA_CR3] == 1);
}

static void user_and_v86_tasks(void)
{
    static struct flat f;
    two_tasks(&f);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        set_task(&f, TSS_ES + i * 4, i == CS ? U_CODE | 3 : U_DATA | 3);
    CU_ASSERT(flat_exec(&f, JMP_B) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.seg[CS].ar == AR_CODE3 && f.told[ISA_CPL] == 1);
    two_tasks(&f);
    set_task(&f, TSS_EFLAGS, FL_1 | FL_VM);
    set_task(&f, TSS_EIP, 0x10);
    set_task(&f, TSS_ES + DS * 4, 0x777);
    CU_ASSERT(flat_exec(&f, JMP_B) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.seg[DS].base == 0x7770 && f.s.seg[CS].limit == 0xffff);
}

static void sixteen_bits(void)
{
    static struct flat f;
    two_tasks(&f);
    set_desc(&f, B16, 0x81, TSS_16, 0x2b);
    poke16(&f, TSS_16 + 14, 0x6000);
    poke16(&f, TSS_16 + 16, FL_1 | FL_SF);
    poke16(&f, TSS_16 + 18 + ESP * 2, 0x9000);
    poke16(&f, TSS_16 + 18 + EAX * 2, 0x4444);
    for (unsigned i = 0; i < 4; i++)
        poke16(&f, TSS_16 + 34 + i * 2, i == CS ? K_CODE : K_DATA);
    CU_ASSERT(flat_exec(&f, 0x9a, 0, 0, 0, 0, B16, 0) == FAULT_NONE);
    CU_ASSERT(f.s.eip == 0x6000 && f.s.reg[EAX] == 0x4444 && f.s.reg[ESP] == 0x9000);
    CU_ASSERT(f.s.seg[FS].ar == AR_UNUSABLE && f.s.seg[GS].sel == 0);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_SF | FL_NT) && peek16(&f, TSS_16) == K_TSS);
    f.s.reg[EAX] = 0xffff5555;
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
    CU_ASSERT(f.s.tr.sel == K_TSS && f.s.eip == CODE + 7);
    CU_ASSERT(peek16(&f, TSS_16 + 18) == 0x5555 && peek16(&f, TSS_16 + 20) == 0);
    CU_ASSERT(peek16(&f, TSS_16 + 14) == 0x6001 && access_byte(&f, B16) == 0x81);
}

/* ---- faults before the switch: the old task is untouched ---- */

static void refused_switches(void)
{
    static struct flat f;
    two_tasks(&f);
    set_desc(&f, B, 0x8b, TSS_B, 0x67);
    flat_refuses(&f, GP(B), JMP_B); /* busy */
    set_desc(&f, B, 0x09, TSS_B, 0x67);
    flat_refuses(&f, NP(B), JMP_B);
    set_desc(&f, B, 0x89, TSS_B, 0x66);
    flat_refuses(&f, TS(B), JMP_B);
    set_desc(&f, B, 0x89, TSS_B, 0x67);
    flat_refuses(&f, GP(B), 0xea, 0, 0, 0, 0, B | 1, 0); /* RPL > DPL */
    set_desc(&f, 0x7c, 0x89, TSS_B, 0x67);
    flat_refuses(&f, GP(0x7c), 0xea, 0, 0, 0, 0, 0x7c, 0); /* a TSS in the LDT */
    set_gate(&f, GDT + 0x48, SYS_TASK_GATE, 0, 0x7c, 0);
    flat_refuses(&f, GP(0x7c), 0xea, 0, 0, 0, 0, 0x48, 0);
    f.s.tr.limit = 0x5e;
    flat_refuses(&f, TS(K_TSS), JMP_B); /* no room to save GS */
    two_tasks(&f);
    f.page[GDT >> PAGE_SHIFT] = PAGE_READ_ONLY;
    flat_refuses(&f, PF(PF_PRESENT | PF_WRITE), JMP_B); /* busy bits cannot change */
    two_tasks(&f);
    f.page[TSS >> PAGE_SHIFT] = PAGE_READ_ONLY;
    flat_refuses(&f, PF(PF_PRESENT | PF_WRITE), JMP_B); /* the old task cannot be saved */
    two_tasks(&f);
    set_desc(&f, B, 0x89, 0x6fc0, 0x67); /* the new TSS ends in an absent page */
    f.page[7] = PAGE_ABSENT;
    flat_refuses(&f, PF(0), JMP_B);
    CU_ASSERT(f.x.fault_la >= 0x7000);
}

/* IRET with NT: what is wrong with the link is #TS. */
static void bad_links(void)
{
    static const u16 links[] = { 0, 0x800, 0x7c, K_DATA, B /* not busy */ };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(links); i++) {
        two_tasks(&f);
        f.s.eflags |= FL_NT;
        poke16(&f, TSS + TSS_LINK, links[i]);
        flat_refuses(&f, TS(links[i]), 0xcf);
    }
    set_desc(&f, B, 0x0b, TSS_B, 0x67);
    flat_refuses(&f, NP(B), 0xcf);
}

/* ---- faults in the new task: the switch has happened ---- */

struct broken { unsigned field; u32 value; fault_t fault; };

static void faults_in_the_new_task(void)
{
    static const struct broken table[] = {
        { TSS_LDT, 0x800, TS(0x800) },
        { TSS_LDT, K_DATA, TS(K_DATA) },
        { TSS_LDT, 0x60, TS(0x60) }, /* absent LDT */
        { TSS_ES + CS * 4, 0, TS(0) },
        { TSS_ES + CS * 4, 0x800, TS(0x800) },
        { TSS_ES + CS * 4, K_DATA, TS(K_DATA) },
        { TSS_ES + CS * 4, U_CODE, TS(U_CODE) }, /* DPL 3, RPL 0 */
        { TSS_ES + CS * 4, 0x50, NP(0x50) },
        { TSS_ES + SS * 4, 0, TS(0) },
        { TSS_ES + SS * 4, 0x800, TS(0x800) },
        { TSS_ES + SS * 4, K_DATA | 3, TS(K_DATA) },
        { TSS_ES + SS * 4, U_DATA, TS(U_DATA) },
        { TSS_ES + SS * 4, 0x58, SSF(0x58) },
        { TSS_ES + DS * 4, 0x800, TS(0x800) },
        { TSS_ES + FS * 4, K_TSS, TS(K_TSS) },
        { TSS_ES + GS * 4, K_DATA | 3, TS(K_DATA) },
        { TSS_ES + ES * 4, 0x58, NP(0x58) },
        { TSS_TRAP, 1, FAULT(VEC_DB) },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(table); i++) {
        two_tasks(&f);
        set_desc(&f, 0x50, 0xc01b, 0, 0xffffffffu);
        set_desc(&f, 0x58, 0xc013, 0, 0xffffffffu);
        set_desc(&f, 0x60, 0x02, LDT, 0xff);
        set_task(&f, table[i].field, table[i].value);
        fault_t got = flat_exec(&f, JMP_B);
        CU_ASSERT(got == table[i].fault);
        CU_ASSERT(f.s.tr.sel == B && f.s.eip == B_ENTRY && f.s.reg[ESP] == B_STACK);
        CU_ASSERT(is_busy(&f, B) && !is_busy(&f, K_TSS));
        CU_ASSERT(f.s.dr[6] == (DR6_FIXED | (got == FAULT(VEC_DB) ? BIT(15) : 0)));
    }
    two_tasks(&f);
    set_desc(&f, K_CODE, 0x409b, 0, B_ENTRY - 1);
    CU_ASSERT(flat_exec(&f, JMP_B) == GP(0) && f.s.tr.sel == B);
}

/* Such a fault is served at the new task's EIP, with EXT if nobody asked for the event. */
static void nested_fault_belongs_to_the_new_task(void)
{
    static struct flat f;
    two_tasks(&f);
    set_task(&f, TSS_ES + FS * 4, 0x800);
    set_gate(&f, IDT + VEC_UD * 8, SYS_TASK_GATE, 0, B, 0);
    set_gate(&f, IDT + VEC_TS * 8, SYS_INT32, 0, K_CODE, 0x7000);
    CU_ASSERT(isa_deliver_fault(&f.x, FAULT(VEC_UD), CODE));
    CU_ASSERT(f.s.tr.sel == B && f.s.eip == 0x7000 && f.s.reg[ESP] == B_STACK - 16);
    CU_ASSERT(peek32(&f, B_STACK - 16) == 0x801 && peek32(&f, B_STACK - 12) == B_ENTRY);
}

static const struct unit_case cases[] = {
    { "CALL a task, IRET from it", call_and_return },
    { "JMP to a task", jump },
    { "task gates in GDT and IDT", through_task_gates },
    { "CR3", paging_goes_along },
    { "user and virtual-8086 tasks", user_and_v86_tasks },
    { "16-bit TSS", sixteen_bits },
    { "faults before the switch", refused_switches },
    { "bad links", bad_links },
    { "faults in the new task", faults_in_the_new_task },
    { "a nested fault belongs to the new task", nested_fault_belongs_to_the_new_task },
};
UNIT_MAIN("task", cases)
