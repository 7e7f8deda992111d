/* Events, IRET and task switches: SDM 2, INT n and IRET; SDM 3A 6 and 7. */
#include "tests/unit/flat.h"

enum { VECTOR = 0x40, HANDLER = 0x6000 };

static void idt(struct flat *f, unsigned vector, u8 type, u8 dpl, u16 sel)
{
    set_gate(f, IDT + vector * 8, type, dpl, sel, HANDLER);
}

static fault_t deliver(struct flat *f, unsigned vector, enum event_type type, bool has_error)
{
    return isa_deliver(&f->x, vector, type, has_error, has_error ? 0x1234 : 0, f->s.eip);
}

/* isa_deliver() faults so and changes nothing. */
static void delivery_refused(struct flat *f, unsigned vector, enum event_type type,
                             fault_t want)
{
    static struct flat before;
    before = *f;
    fault_t got = deliver(f, vector, type, false);
    if (got != want)
        printf("\n      fault %07x, want %07x ", got, want);
    CU_ASSERT(got == want);
    CU_ASSERT(!memcmp(&before.s, &f->s, sizeof(f->s)));
    CU_ASSERT(!memcmp(before.ram, f->ram, FLAT_RAM));
}

static bool frame_is(const struct flat *f, u32 at, const u32 *want, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (peek32(f, at + i * 4) != want[i]) {
            printf("\n      slot %u is %08x, want %08x ", i, peek32(f, at + i * 4), want[i]);
            return false;
        }
    return true;
}
#define FRAME(f, at, ...)                                          \
    CU_ASSERT(frame_is(f, at, (const u32[]){ __VA_ARGS__ },        \
                       sizeof((const u32[]){ __VA_ARGS__ }) / 4))

/* ---- gates ---- */

static void same_ring(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.eflags = FL_1 | FL_IF | FL_TF | FL_NT | FL_CF;
    f.s.shadow = SHADOW_STI;
    f.s.halted = 1;
    idt(&f, VECTOR, SYS_INT32, 0, K_CODE);
    CU_ASSERT(deliver(&f, VECTOR, EVENT_EXTERNAL, false) == FAULT_NONE);
    CU_ASSERT(f.s.eip == HANDLER && f.s.seg[CS].sel == K_CODE && f.s.cpl == 0);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_CF));
    CU_ASSERT(f.s.shadow == 0 && f.s.halted == 0 && f.s.nmi_blocked == 0);
    CU_ASSERT(f.s.reg[ESP] == STACK0 - 12);
    FRAME(&f, STACK0 - 12, CODE, K_CODE, FL_1 | FL_IF | FL_TF | FL_NT | FL_CF);
}

/* A trap gate leaves IF; an error code goes on top; faults push RF, interrupts do not. */
static void trap_gate_with_error(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.eflags |= FL_IF;
    idt(&f, VEC_GP, SYS_TRAP32, 0, K_CODE);
    CU_ASSERT(deliver(&f, VEC_GP, EVENT_HARD_EXCEPTION, true) == FAULT_NONE);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_IF));
    FRAME(&f, STACK0 - 16, 0x1234, CODE, K_CODE, FL_1 | FL_IF | FL_RF);
}

static void inner_ring(void)
{
    static struct flat f;
    flat_user(&f);
    idt(&f, VECTOR, SYS_INT32, 0, K_CODE | 3); /* the RPL of the gate's selector is ignored */
    CU_ASSERT(deliver(&f, VECTOR, EVENT_EXTERNAL, false) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 0 && f.s.seg[CS].sel == K_CODE && f.s.seg[SS].sel == K_DATA);
    CU_ASSERT(f.s.seg[DS].sel == (U_DATA | 3)); /* data segments stay */
    CU_ASSERT(f.s.reg[ESP] == STACK0 - 20);
    FRAME(&f, STACK0 - 20, CODE, U_CODE | 3, FL_1, STACK3, U_DATA | 3);
    CU_ASSERT(f.told[ISA_CPL] == 1 && f.told[ISA_SEG] == 2);
}

static void inner_ring_16(void)
{
    static struct flat f;
    flat_user(&f);
    set_desc(&f, K_DATA, 0x0093, 0, 0xffff);
    idt(&f, VECTOR, SYS_TRAP16, 3, K_CODE);
    CU_ASSERT(flat_exec(&f, 0xcd, VECTOR) == FAULT_NONE);
    static const u16 frame[] = { CODE + 2, U_CODE | 3, FL_1, STACK3, U_DATA | 3 };
    CU_ASSERT(f.s.reg[ESP] == STACK0 - 10 && f.s.cpl == 0);
    CU_ASSERT(!memcmp(&f.ram[STACK0 - 10], frame, sizeof(frame)));
}

static void conforming_handler(void)
{
    static struct flat f;
    flat_user(&f);
    set_desc(&f, K_CODE, 0xc09f, 0, 0xffffffffu);
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    CU_ASSERT(flat_exec(&f, 0xcd, VECTOR) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.seg[CS].sel == (K_CODE | 3));
    FRAME(&f, STACK3 - 12, CODE + 2, U_CODE | 3, FL_1);
}

/* The same defect seen by a program (INT n: EXT=0) and by the outside (EXT=1) */
static void both_ways(struct flat *f, fault_t want)
{
    flat_refuses(f, want, 0xcd, VECTOR);
    fault_t ext = fault_vector(want) == VEC_PF ? want : want | 1;
    delivery_refused(f, VECTOR, EVENT_EXTERNAL, ext);
}

enum { IDT_ERROR = VECTOR * 8 + 2 };

static void gate_faults(void)
{
    static struct flat f;
    flat_user(&f);
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    f.s.idtr.limit = VECTOR * 8 + 6;
    both_ways(&f, GP(IDT_ERROR));
    f.s.idtr.limit = 0x7ff;
    idt(&f, VECTOR, SYS_CALL32, 3, K_CODE);
    both_ways(&f, GP(IDT_ERROR));
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    f.ram[IDT + VECTOR * 8 + 5] |= 0x10; /* S=1: not a gate */
    both_ways(&f, GP(IDT_ERROR));
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    f.ram[IDT + VECTOR * 8 + 5] &= 0x7f;
    both_ways(&f, NP(IDT_ERROR));
    idt(&f, VECTOR, SYS_INT32, 3, 0);
    both_ways(&f, GP(0));
    idt(&f, VECTOR, SYS_INT32, 3, 0x800);
    both_ways(&f, GP(0x800));
    idt(&f, VECTOR, SYS_INT32, 3, K_DATA);
    both_ways(&f, GP(K_DATA));
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    set_desc(&f, K_CODE, 0xc01b, 0, 0xffffffffu);
    both_ways(&f, NP(K_CODE));
    set_desc(&f, K_CODE, 0x409b, 0, HANDLER - 1);
    both_ways(&f, GP(0));
    f.page[IDT >> PAGE_SHIFT] = PAGE_ABSENT;
    both_ways(&f, PF(0)); /* a page fault has no EXT bit */
    CU_ASSERT(f.x.fault_la == IDT + VECTOR * 8);
    flat_reset(&f);
    idt(&f, VECTOR, SYS_INT32, 3, U_CODE); /* outward */
    both_ways(&f, GP(U_CODE));
}

/* Gate DPL binds INT n, INT3 and INTO, but neither INT1 nor what comes from outside. */
static void gate_privilege(void)
{
    static struct flat f;
    flat_user(&f);
    for (unsigned v = 0; v < 8; v++)
        idt(&f, v, SYS_INT32, 2, K_CODE);
    flat_refuses(&f, GP(VEC_DB * 8 + 2), 0xcd, VEC_DB);
    flat_refuses(&f, GP(VEC_BP * 8 + 2), 0xcc);
    f.s.eflags |= FL_OF;
    flat_refuses(&f, GP(VEC_OF * 8 + 2), 0xce);
    CU_ASSERT(flat_exec(&f, 0xf1) == FAULT_NONE);
    FRAME(&f, STACK0 - 20, CODE + 1, U_CODE | 3, FL_1 | FL_OF, STACK3, U_DATA | 3);
    flat_user(&f);
    CU_ASSERT(flat_exec(&f, 0xce) == FAULT_NONE); /* OF clear: INTO does nothing */
    CU_ASSERT(f.s.eip == CODE + 1 && f.s.reg[ESP] == STACK3);
}

static void stack_faults(void)
{
    static struct flat f;
    flat_user(&f);
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    f.s.tr.limit = 8;
    both_ways(&f, TS(K_TSS));
    f.s.tr.limit = 0xff;
    poke16(&f, TSS + TSS_SS0, 0);
    both_ways(&f, TS(0));
    poke16(&f, TSS + TSS_SS0, 0x800);
    both_ways(&f, TS(0x800));
    poke16(&f, TSS + TSS_SS0, K_DATA | 3);
    both_ways(&f, TS(K_DATA));
    poke16(&f, TSS + TSS_SS0, U_DATA);
    both_ways(&f, TS(U_DATA));
    poke16(&f, TSS + TSS_SS0, K_DATA);
    set_desc(&f, K_DATA, 0xc013, 0, 0xffffffffu);
    both_ways(&f, SSF(K_DATA));
    set_desc(&f, K_DATA, 0x4093, 0, STACK0 - 5);
    both_ways(&f, SSF(K_DATA));
    set_desc(&f, K_DATA, AR_DATA0, 0, 0xffffffffu);
    poke32(&f, TSS + TSS_ESP0, 0x8008); /* two slots above a page that is absent */
    f.page[7] = PAGE_ABSENT;
    both_ways(&f, PF(PF_WRITE));
    CU_ASSERT(f.x.fault_la == 0x7ffc);
    flat_reset(&f);
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    f.s.seg[SS].limit = STACK0 - 5;
    both_ways(&f, SSF(0));
}

static void nmi_blocks_until_iret(void)
{
    static struct flat f;
    flat_reset(&f);
    idt(&f, VEC_NMI, SYS_INT32, 0, K_CODE);
    CU_ASSERT(deliver(&f, VEC_NMI, EVENT_NMI, false) == FAULT_NONE);
    CU_ASSERT(f.s.nmi_blocked == 1);
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
    CU_ASSERT(f.s.nmi_blocked == 0 && f.told[ISA_IRET] == 1 && f.s.eip == CODE);
    CU_ASSERT(flat_exec(&f, 0xcd, VEC_NMI) == FAULT_NONE); /* INT 2 is no NMI */
    CU_ASSERT(f.s.nmi_blocked == 0);
}

static void real_mode_event(void)
{
    static struct flat f;
    flat_reset(&f);
    arch_reset(&f.s);
    f.s.seg[CS] = (struct seg){ .sel = 0x500, .base = CODE, .ar = 0x93, .limit = 0xffff };
    f.s.eip = 0;
    f.s.reg[ESP] = 0x9000;
    f.s.eflags |= FL_IF | FL_TF;
    poke32(&f, VECTOR * 4, 0x06000010); /* 0600:0010 */
    CU_ASSERT(flat_exec(&f, 0xcd, VECTOR) == FAULT_NONE);
    CU_ASSERT(f.s.eip == 0x10 && f.s.seg[CS].base == 0x6000 && f.s.eflags == FL_1);
    CU_ASSERT(f.s.reg[ESP] == 0x8ffa && peek32(&f, 0x8ffa) == 0x05000002);
    CU_ASSERT(peek16(&f, 0x8ffe) == (FL_1 | FL_IF | FL_TF));
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
    CU_ASSERT(f.s.eip == 2 && f.s.seg[CS].base == CODE && f.s.reg[ESP] == 0x9000);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_IF | FL_TF));
    f.s.idtr.limit = VECTOR * 4 + 2;
    flat_refuses(&f, GP(IDT_ERROR), 0xcd, VECTOR);
}

/* ---- virtual-8086 ---- */

static void v86_and_back(void)
{
    static struct flat f;
    flat_v86(&f, 3);
    u32 eflags = f.s.eflags;
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    CU_ASSERT(flat_exec(&f, 0xcd, VECTOR) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 0 && !(f.s.eflags & FL_VM) && f.s.reg[ESP] == STACK0 - 36);
    FRAME(&f, STACK0 - 36, 2, 0x500, eflags, 0x1000, 0xa00, 0x601, 0x602, 0x603, 0x604);
    CU_ASSERT(f.s.seg[DS].ar == AR_UNUSABLE && f.s.seg[GS].ar == AR_UNUSABLE);
    CU_ASSERT(f.s.seg[ES].sel == 0 && f.s.seg[FS].sel == 0);
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.eflags == eflags && f.s.eip == 2);
    CU_ASSERT(f.s.seg[CS].sel == 0x500 && f.s.seg[SS].base == 0xa000);
    CU_ASSERT(f.s.seg[GS].sel == 0x604 && f.s.seg[DS].base == 0x6020);
    CU_ASSERT(f.s.reg[ESP] == 0x1000);
}

static void v86_faults(void)
{
    static struct flat f;
    flat_v86(&f, 2);
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    idt(&f, VEC_BP, SYS_INT32, 3, K_CODE);
    flat_refuses(&f, GP(0), 0xcd, VECTOR); /* INT n wants IOPL 3 */
    flat_refuses(&f, GP(0), 0xcf);         /* so does IRET */
    CU_ASSERT(flat_exec(&f, 0xcc) == FAULT_NONE); /* INT3 does not */
    flat_v86(&f, 3);
    idt(&f, VECTOR, SYS_INT32, 3, U_CODE); /* the handler must be in ring 0 */
    both_ways(&f, GP(U_CODE));
    idt(&f, VECTOR, SYS_INT32, 3, K_CODE);
    set_desc(&f, K_CODE, 0xc09f, 0, 0xffffffffu); /* and not conforming */
    both_ways(&f, GP(K_CODE));
    set_desc(&f, K_CODE, 0xc0bb, 0, 0xffffffffu); /* nor in ring 1 */
    both_ways(&f, GP(K_CODE));
}

/* Inside virtual-8086 mode IRET pops like in real mode, but IOPL stays. */
static void v86_iret(void)
{
    static struct flat f;
    flat_v86(&f, 3);
    poke16(&f, 0xb000, 0x0020);
    poke16(&f, 0xb002, 0x0610);
    poke16(&f, 0xb004, FL_1 | FL_ZF | FL_IF);
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
    CU_ASSERT(f.s.eip == 0x20 && f.s.seg[CS].base == 0x6100 && f.s.reg[ESP] == 0x1006);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_ZF | FL_IF | FL_IOPL | FL_VM));
}

/* ---- IRET ---- */

static void iret_frame(struct flat *f, u32 cs, u32 eflags, u32 ss)
{
    f->s.reg[ESP] = STACK0 - 20;
    poke32(f, STACK0 - 20, HANDLER);
    poke32(f, STACK0 - 16, cs);
    poke32(f, STACK0 - 12, eflags);
    poke32(f, STACK0 - 8, STACK3);
    poke32(f, STACK0 - 4, ss);
}

struct flags_rule { unsigned cpl, iopl; u32 may; };

/* SDM 2, IRET: all ones and all zeros are popped; only these bits follow. */
static void iret_flags(void)
{
    enum { COMMON = FL_ARITH | FL_TF | FL_DF | FL_NT, WIDE = FL_RF | FL_AC | FL_ID };
    static const struct flags_rule rules[] = {
        { 0, 0, COMMON | FL_IF | FL_IOPL | FL_VIF | FL_VIP },
        { 0, 3, COMMON | FL_IF | FL_IOPL | FL_VIF | FL_VIP },
        { 3, 0, COMMON },
        { 3, 2, COMMON },
        { 3, 3, COMMON | FL_IF },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(rules) * 4; i++) {
        const struct flags_rule *r = &rules[i / 4];
        bool ones = i & 1, wide = i & 2;
        u32 may = r->may | WIDE;
        r->cpl == 0 ? flat_reset(&f) : flat_user(&f);
        f.s.eflags = FL_1 | r->iopl << 12 | (ones ? 0 : 0x3f0fd5 & ~(FL_VM | FL_NT | FL_IOPL));
        u32 before = f.s.eflags;
        f.s.reg[ESP] = STACK0 - 12;
        u32 popped = ones ? ~(u32)FL_VM : 0;
        if (wide) {
            poke32(&f, STACK0 - 12, HANDLER);
            poke32(&f, STACK0 - 8, f.s.seg[CS].sel);
            poke32(&f, STACK0 - 4, popped);
            CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
        } else {
            may &= 0xffff;
            poke16(&f, STACK0 - 12, HANDLER);
            poke16(&f, STACK0 - 10, f.s.seg[CS].sel);
            poke16(&f, STACK0 - 8, (u16)popped);
            CU_ASSERT(flat_exec(&f, 0x66, 0xcf) == FAULT_NONE);
        }
        CU_ASSERT(f.s.eflags == ((before & ~may) | (popped & may) | FL_1));
        CU_ASSERT(f.s.eip == HANDLER && f.s.reg[ESP] == STACK0 - (wide ? 0 : 6));
    }
}

struct iret_case { u32 cs, ss; fault_t fault; };

static void iret_faults(void)
{
    static const struct iret_case table[] = {
        { 0, 0, GP(0) }, { 0x800, 0, GP(0x800) }, { K_DATA, 0, GP(K_DATA) },
        { K_CODE | 3, 0, GP(K_CODE) }, { 0x50 | 3, 0, NP(0x50) }, { U_CODE | 3, 0, GP(0) },
        { U_CODE | 3, 0x803, GP(0x800) }, { U_CODE | 3, U_DATA, GP(U_DATA) },
        { U_CODE | 3, U_CODE | 3, GP(U_CODE) }, { U_CODE | 3, K_DATA | 3, GP(K_DATA) },
        { U_CODE | 3, 0x58 | 3, SSF(0x58) }, { 0x60 | 3, U_DATA | 3, GP(0) },
        { 0x68 | 1, 0, GP(0x68) },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(table); i++) {
        flat_reset(&f);
        set_desc(&f, 0x50, 0xc07b, 0, 0xffffffffu);
        set_desc(&f, 0x58, 0xc073, 0, 0xffffffffu);
        set_desc(&f, 0x60, 0x40fb, 0, HANDLER - 1);
        set_desc(&f, 0x68, 0xc0ff, 0, 0xffffffffu);
        iret_frame(&f, table[i].cs, FL_1, table[i].ss);
        flat_refuses(&f, table[i].fault, 0xcf);
    }
    flat_user(&f);
    iret_frame(&f, K_CODE, FL_1, 0);
    flat_refuses(&f, GP(K_CODE), 0xcf); /* inward */
    f.s.seg[SS].limit = STACK0 - 13;
    flat_refuses(&f, SSF(0), 0xcf);
    flat_reset(&f); /* to virtual-8086 mode: IP beyond 64 KB */
    iret_frame(&f, 0x500, FL_1 | FL_VM, 0);
    poke32(&f, STACK0 - 20, 0x10000);
    flat_refuses(&f, GP(0), 0xcf);
}

static void iret_outward(void)
{
    static struct flat f;
    flat_reset(&f);
    iret_frame(&f, U_CODE | 3, FL_1 | FL_IF, U_DATA | 3);
    CU_ASSERT(flat_exec(&f, 0xcf) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.eip == HANDLER && f.s.reg[ESP] == STACK3);
    CU_ASSERT(f.s.eflags == (FL_1 | FL_IF) && f.s.seg[SS].sel == (U_DATA | 3));
    CU_ASSERT(f.s.seg[DS].sel == 0 && f.s.seg[DS].ar == AR_UNUSABLE);
}

/* A faulting IRET has let NMIs in all the same (SDM 3A 6.7.1). */
static void iret_unblocks_even_if_it_faults(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.nmi_blocked = 1;
    iret_frame(&f, 0, FL_1, 0);
    CU_ASSERT(flat_exec(&f, 0xcf) == GP(0));
    CU_ASSERT(f.s.nmi_blocked == 0 && f.told[ISA_IRET] == 1);
    CU_ASSERT(f.s.eip == CODE && f.s.reg[ESP] == STACK0 - 20);
}

/* ---- double faults ---- */

/* SDM 3A table 6-5: rows the first exception, columns the second: b c p */
static void combinations(void)
{
    static const fault_t kind[3] = { FAULT(VEC_UD), GP(8), PF(2) };
    static const char *const table[3] = { "222", "2D2", "2DD" };
    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 3; j++) {
            fault_t want = table[i][j] == 'D' ? FAULT_ERR(VEC_DF, 0) : kind[j];
            CU_ASSERT(fault_combine(kind[i], kind[j]) == want);
        }
    static const u8 contributory[] = { VEC_DE, VEC_TS, VEC_NP, VEC_SS, VEC_GP };
    for (unsigned v = 0; v < 20; v++) {
        bool is = memchr(contributory, (int)v, sizeof(contributory));
        CU_ASSERT((fault_vector(fault_combine(GP(0), FAULT(v))) == VEC_DF) ==
                  (is || v == VEC_DF));
    }
    CU_ASSERT(fault_combine(FAULT_ERR(VEC_DF, 0), GP(0)) == FAULT_NONE); /* shutdown */
    CU_ASSERT(fault_combine(FAULT_ERR(VEC_DF, 0), PF(0)) == FAULT_NONE);
    CU_ASSERT(fault_combine(FAULT_NONE, GP(1)) == GP(1)); /* while delivering an interrupt */
}

static void nested_delivery(void)
{
    static struct flat f;
    flat_user(&f);
    idt(&f, VEC_PF, SYS_INT32, 0, K_CODE);
    f.ram[IDT + VEC_PF * 8 + 5] &= 0x7f; /* #PF -> #NP -> #DF */
    idt(&f, VEC_DF, SYS_INT32, 0, K_CODE);
    f.x.fault_la = 0xdeadbeef;
    CU_ASSERT(isa_deliver_fault(&f.x, PF(PF_USER), CODE));
    CU_ASSERT(f.s.cr2 == 0xdeadbeef && f.s.eip == HANDLER);
    FRAME(&f, STACK0 - 24, 0, CODE, U_CODE | 3, FL_1 | FL_RF, STACK3, U_DATA | 3);
    flat_user(&f);
    idt(&f, VEC_UD, SYS_INT32, 0, 0); /* #UD -> #GP(EXT): served one after the other */
    idt(&f, VEC_GP, SYS_INT32, 0, K_CODE);
    CU_ASSERT(isa_deliver_fault(&f.x, FAULT(VEC_UD), CODE));
    FRAME(&f, STACK0 - 24, 1, CODE, U_CODE | 3, FL_1 | FL_RF, STACK3, U_DATA | 3);
    flat_user(&f);
    CU_ASSERT(!isa_deliver_fault(&f.x, GP(0), CODE)); /* an empty IDT: shutdown */
    CU_ASSERT(f.s.cpl == 3 && f.s.eip == CODE && f.s.reg[ESP] == STACK3);
    flat_user(&f);
    f.s.cr2 = 1;
    f.page[IDT >> PAGE_SHIFT] = PAGE_ABSENT;
    CU_ASSERT(!isa_deliver_fault(&f.x, GP(0), CODE)); /* #PFs all the way: the last one's address */
    CU_ASSERT(f.s.cr2 == IDT + 8 * VEC_DF);
}

/* The general-detect #DB: BD in DR6, GD off in the handler. */
static void general_detect(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.dr[7] |= BIT(13);
    CU_ASSERT(flat_exec(&f, 0x0f, 0x21, 0xc0) == FAULT(VEC_DB)); /* mov eax, dr0 */
    CU_ASSERT(f.s.dr[6] == (DR6_FIXED | DR6_BD) && f.s.eip == CODE);
    idt(&f, VEC_DB, SYS_INT32, 0, K_CODE);
    CU_ASSERT(isa_deliver_fault(&f.x, FAULT(VEC_DB), CODE));
    CU_ASSERT(f.s.dr[7] == DR7_FIXED);
    FRAME(&f, STACK0 - 12, CODE, K_CODE, FL_1 | FL_RF); /* a fault, other than of an instruction breakpoint */
}

static const struct unit_case cases[] = {
    { "interrupt gate, same ring", same_ring },
    { "trap gate, error code, RF", trap_gate_with_error },
    { "interrupt gate, inner ring", inner_ring },
    { "16-bit trap gate, inner ring", inner_ring_16 },
    { "conforming handler", conforming_handler },
    { "gate faults, with and without EXT", gate_faults },
    { "gate privilege", gate_privilege },
    { "stack faults, with and without EXT", stack_faults },
    { "NMI and IRET", nmi_blocks_until_iret },
    { "real mode", real_mode_event },
    { "virtual-8086 to ring 0 and back", v86_and_back },
    { "virtual-8086 faults", v86_faults },
    { "virtual-8086 IRET", v86_iret },
    { "IRET: which flags", iret_flags },
    { "IRET: faults", iret_faults },
    { "IRET to ring 3", iret_outward },
    { "IRET unblocks NMI even if it faults", iret_unblocks_even_if_it_faults },
    { "fault combinations", combinations },
    { "nested delivery, shutdown", nested_delivery },
    { "general detect", general_detect },
};
UNIT_MAIN("gate", cases)
