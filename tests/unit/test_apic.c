/* test_apic.c - local APIC and I/O APIC, a rule at a time, by their registers in memory. */
#include "tests/unit/pc.h"

/* ---- access ---- */

#define LAPIC(reg) (APIC_BASE_RESET + (u32)(reg))
static struct platform_out seen;

static u32 load(struct pc *pc, u32 at) { return platform_load(&pc->p, pc->p.now, at, 4, &seen); }
static void store(struct pc *pc, u32 at, u32 value)
{
    platform_store(&pc->p, pc->p.now, at, 4, value, &seen);
}
static u32 get(struct pc *pc, u32 reg) { return load(pc, LAPIC(reg)); }
static void set(struct pc *pc, u32 reg, u32 value) { store(pc, LAPIC(reg), value); }
static void until(struct pc *pc, u64 tick) { platform_advance(&pc->p, tick); }
static void outb(struct pc *pc, u16 port, u8 value)
{
    platform_out(&pc->p, pc->p.now, port, 1, value, &seen);
}
static u32 io_get(struct pc *pc, u8 reg)
{
    store(pc, IOAPIC_BASE + IOREGSEL, reg);
    return load(pc, IOAPIC_BASE + IOWIN);
}
static void io_set(struct pc *pc, u8 reg, u32 value)
{
    store(pc, IOAPIC_BASE + IOREGSEL, reg);
    store(pc, IOAPIC_BASE + IOWIN, value);
}
static void route(struct pc *pc, unsigned pin, u32 low)
{
    io_set(pc, (u8)(0x11 + 2 * pin), 0);
    io_set(pc, (u8)(0x10 + 2 * pin), low);
}
static void self_ipi(struct pc *pc, u32 word) { set(pc, APIC_ICR, 1 << 18 | word); }
static u32 bit_of(struct pc *pc, u32 reg, unsigned vector)
{
    return get(pc, reg + vector / 32 * 16) >> vector % 32 & 1;
}
static void pics(struct pc *pc, u8 mask)
{
    static const struct { u16 port; u8 value; } init[] = {
        { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 },
        { 0xa0, 0x11 }, { 0xa1, 0x28 }, { 0xa1, 2 }, { 0xa1, 1 }, { 0xa1, 0xff },
    };
    for (unsigned i = 0; i < COUNT(init); i++)
        outb(pc, init[i].port, init[i].value);
    outb(pc, 0x21, mask);
}
/* Counter 0, mode 2, every `clocks`. */
static void pit(struct pc *pc, u16 clocks)
{
    outb(pc, 0x43, 0x34);
    outb(pc, 0x40, (u8)clocks);
    outb(pc, 0x40, (u8)(clocks >> 8));
}
/* A board as firmware leaves it, the 8259 masked. */
static struct pc *board(void)
{
    struct pc *pc = fresh(false);
    pics(pc, 0xff);
    return pc;
}

#define IS(got, want) CU_ASSERT_EQUAL(got, (u32)(want))

/* ---- local APIC ---- */

static void power_up(void)
{
    struct pc *pc = fresh(true);
    lapic_reset(&pc->p.apic, false);
    IS(pc->p.apic.base, 0xfee00900);
    IS(get(pc, APIC_VERSION), 0x00040014);
    IS(get(pc, APIC_SVR), 0xff);
    IS(get(pc, APIC_DFR), 0xffffffff);
    for (u32 lvt = APIC_LVT_TIMER; lvt <= APIC_LVT_ERROR; lvt += 0x10)
        IS(get(pc, lvt), lvt == 0x330 ? 0 : LVT_MASK); /* there is no thermal entry */
    IS(get(pc, APIC_ID) | get(pc, APIC_LDR) | get(pc, APIC_TPR) | get(pc, APIC_ICR), 0);
    pics(pc, 0xfe);
    pit(pc, 10);
    until(pc, 1010);
    CU_ASSERT_FALSE(platform_intr(&pc->p)); /* LINT0 is masked until firmware opens it */
    set(pc, APIC_LVT_LINT0, 0x700);
    IS(get(pc, APIC_LVT_LINT0), LVT_MASK | 0x700); /* and stays so while software has it disabled */
    set(pc, APIC_SVR, 0x1ff);
    set(pc, APIC_LVT_LINT0, 0x700);
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(platform_ack(&pc->p), 0x20);
}

static void virtual_wire(void)
{
    struct pc *pc = board();
    IS(get(pc, APIC_SVR), 0x1ff);
    IS(get(pc, APIC_LVT_LINT0), 0x8700);
    IS(get(pc, APIC_LVT_LINT1), 0x8400);
    pics(pc, 0xfe);
    pit(pc, 100);
    IS(platform_due(&pc->p), 404);
    until(pc, 404);
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(platform_pending_irq(&pc->p), 0);
    set(pc, APIC_LVT_LINT0, 0x18700);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    IS((u32)platform_pending_irq(&pc->p), ~0u);
    set(pc, APIC_LVT_LINT0, 0x8700);
    IS(platform_ack(&pc->p), 0x20);
    IS(get(pc, APIC_ISR + 0x10), 0); /* what the 8259 answers never is in service here */
    IS(platform_ack(&pc->p), 0x27); /* nor its spurious one */
}

static void registers(void)
{
    static const struct { u32 reg, written, read; } row[] = {
        { APIC_ID, 0xffffffff, 0xff000000 }, { APIC_TPR, 0xffffffff, 0xff },
        { APIC_LDR, 0xffffffff, 0xff000000 }, { APIC_DFR, 0x01234567, 0x0fffffff },
        { APIC_SVR, 0xffffffff, 0x3ff }, { APIC_SVR, 0x1c0, 0x1cf },
        { APIC_ICR_HIGH, 0xffffffff, 0xff000000 },
        { APIC_LVT_TIMER, 0xffffffff, 0x300ff }, { APIC_LVT_PERF, 0xffffffff, 0x107ff },
        { APIC_LVT_LINT0, 0xffffffff, 0x1a7ff }, { APIC_LVT_LINT1, 0xffffffff, 0x1a7ff },
        { APIC_LVT_ERROR, 0xffffffff, 0x100ff }, { APIC_TIMER_DIVIDE, 0xffffffff, 0x0b },
        { APIC_VERSION, 0, 0x00040014 }, { APIC_ISR, 0xffffffff, 0 }, { APIC_IRR, 0xffffffff, 0 },
        { APIC_ICR, 0xfff33fff, 0xfff },
    };
    for (unsigned i = 0; i < COUNT(row); i++) {
        struct pc *pc = board();
        set(pc, row[i].reg, row[i].written);
        IS(get(pc, row[i].reg), row[i].read);
    }
}

static void access_sizes(void)
{
    struct pc *pc = board();
    set(pc, APIC_TPR, 0x5a);
    platform_store(&pc->p, 0, LAPIC(APIC_TPR), 1, 0x77, &seen);
    platform_store(&pc->p, 0, LAPIC(APIC_TPR), 2, 0x77, &seen);
    platform_store(&pc->p, 0, LAPIC(APIC_TPR) + 1, 4, 0x77, &seen);
    IS(get(pc, APIC_TPR), 0x5a);
    IS(platform_load(&pc->p, 0, LAPIC(APIC_SVR) + 1, 1, &seen), 1);
    IS(platform_load(&pc->p, 0, LAPIC(APIC_SVR), 2, &seen), 0x1ff);
    IS(platform_load(&pc->p, 0, LAPIC(APIC_SVR) + 2, 4, &seen), ~0u);
    platform_store(&pc->p, 0, IOAPIC_BASE, 1, 1, &seen);
    IS(load(pc, IOAPIC_BASE + IOWIN), 0x00170011);
    IS(load(pc, IOAPIC_BASE + 0x20), ~0u);
}

static void priorities(void)
{
    struct pc *pc = board();
    self_ipi(pc, 0x41);
    self_ipi(pc, 0x45);
    self_ipi(pc, 0x60);
    IS(platform_ack(&pc->p), 0x60);
    IS(get(pc, APIC_PPR), 0x60);
    CU_ASSERT_FALSE(platform_intr(&pc->p)); /* 4x waits below 6x */
    self_ipi(pc, 0x6f);
    CU_ASSERT_FALSE(platform_intr(&pc->p)); /* and its own class does, too */
    self_ipi(pc, 0x70);
    IS(platform_ack(&pc->p), 0x70);
    set(pc, APIC_EOI, 0);
    IS(bit_of(pc, APIC_ISR, 0x70) | bit_of(pc, APIC_ISR, 0x60) << 1, 2);
    set(pc, APIC_EOI, 0);
    IS(platform_ack(&pc->p), 0x6f);
    set(pc, APIC_EOI, 0);
    IS(platform_ack(&pc->p), 0x45);
    set(pc, APIC_EOI, 0);
    IS(bit_of(pc, APIC_IRR, 0x41), 1);
    IS(platform_ack(&pc->p), 0x41);
    set(pc, APIC_EOI, 0);
    set(pc, APIC_EOI, 0); /* nothing in service: nothing happens */
    IS(get(pc, APIC_PPR), 0);
}

static void task_priority(void)
{
    struct pc *pc = board();
    set(pc, APIC_TPR, 0x4f);
    IS(get(pc, APIC_PPR), 0x4f);
    self_ipi(pc, 0x4f);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    IS(get(pc, APIC_APR), 0x4f);
    set(pc, APIC_TPR, 0x3f);
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(platform_pending_irq(&pc->p), IRQ_APIC + 0x4f);
    IS(get(pc, APIC_APR), 0x40);
    IS(platform_ack(&pc->p), 0x4f);
    IS(get(pc, APIC_PPR), 0x40);
    set(pc, APIC_TPR, 0x52);
    IS(get(pc, APIC_PPR), 0x52);
}

/* 10.9: INTR was up, and at the acknowledge nothing is there any more. */
static void spurious(void)
{
    struct pc *pc = board();
    set(pc, APIC_LVT_LINT0, LVT_MASK);
    set(pc, APIC_SVR, 0x1ef);
    self_ipi(pc, 0x50);
    set(pc, APIC_TPR, 0x50);
    IS(platform_ack(&pc->p), 0xef);
    for (u32 i = 0; i < 8; i++)
        IS(get(pc, APIC_ISR + 16 * i), 0);
    IS(bit_of(pc, APIC_IRR, 0x50), 1);
}

static void software_disable(void)
{
    struct pc *pc = board();
    self_ipi(pc, 0x50);
    set(pc, APIC_SVR, 0xff);
    CU_ASSERT_FALSE(platform_intr(&pc->p)); /* what is there waits */
    self_ipi(pc, 0x60);
    IS(bit_of(pc, APIC_IRR, 0x60), 0); /* nothing more is accepted */
    IS(get(pc, APIC_LVT_LINT0), 0x18700);
    self_ipi(pc, 0x400);
    CU_ASSERT_TRUE(platform_nmi(&pc->p)); /* but NMI is */
    set(pc, APIC_SVR, 0x1ff);
    IS(get(pc, APIC_LVT_LINT0), 0x18700);
    IS(platform_ack(&pc->p), 0x50);
}

static void destinations(void)
{
    static const struct { u32 id, ldr, dfr, high, low; bool comes; } row[] = {
        { 0, 0, ~0u, 0, 0x50, true },                /* its ID */
        { 3, 0, ~0u, 3, 0x50, true },  { 3, 0, ~0u, 0, 0x50, false },
        { 3, 0, ~0u, 0xff, 0x50, true },             /* everybody */
        { 0, 4, ~0u, 6, 0x850, true }, { 0, 4, ~0u, 3, 0x850, false },  /* flat: a set */
        { 0, 0, ~0u, 1, 0x850, false },
        { 0, 0x34, 0, 0x34, 0x850, true }, { 0, 0x34, 0, 0x3c, 0x850, true },
        { 0, 0x34, 0, 0x38, 0x850, false }, { 0, 0x34, 0, 0x24, 0x850, false },
        { 0, 0x34, 0, 0xf4, 0x850, true },           /* clusters */
        { 0, 4, ~0u, 4, 0x950, true },               /* lowest priority: there is one only */
        { 0, 0, ~0u, 9, 0x40050, true }, { 0, 0, ~0u, 9, 0x80050, true },
        { 0, 0, ~0u, 0, 0xc0050, false },            /* self, all, all but self */
        { 0, 0, ~0u, 0, 0x4500, false }, { 0, 0, ~0u, 0, 0x4650, false }, /* INIT, start-up */
        { 0, 0, ~0u, 0, 0x4250, false }, { 0, 0, ~0u, 0, 0x4750, false },
    };
    for (unsigned i = 0; i < COUNT(row); i++) {
        struct pc *pc = board();
        set(pc, APIC_ID, row[i].id << 24);
        set(pc, APIC_LDR, row[i].ldr << 24);
        set(pc, APIC_DFR, row[i].dfr);
        set(pc, APIC_ICR_HIGH, row[i].high << 24);
        set(pc, APIC_ICR, row[i].low);
        IS(platform_intr(&pc->p), row[i].comes);
        IS(bit_of(pc, APIC_IRR, 0x50), row[i].comes);
        CU_ASSERT_FALSE(platform_nmi(&pc->p));
    }
}

static void errors(void)
{
    struct pc *pc = board();
    set(pc, APIC_LVT_ERROR, 0x66);
    self_ipi(pc, 0x0f);
    IS(get(pc, APIC_ESR), 0); /* shown by the next write */
    set(pc, APIC_ESR, 0);
    IS(get(pc, APIC_ESR), ESR_SEND_ILLEGAL);
    IS(platform_ack(&pc->p), 0x66);
    set(pc, APIC_EOI, 0);
    (void)get(pc, 0x40);
    set(pc, APIC_ESR, 0);
    IS(get(pc, APIC_ESR), ESR_ILLEGAL_REGISTER);
    IS(platform_ack(&pc->p), 0x66);
    set(pc, APIC_EOI, 0);
    set(pc, APIC_LVT_TIMER, 0x0f); /* a vector that no interrupt has */
    set(pc, APIC_TIMER_INITIAL, 1);
    until(pc, 100);
    set(pc, APIC_ESR, 0);
    IS(get(pc, APIC_ESR), ESR_RECEIVE_ILLEGAL);
    set(pc, APIC_LVT_ERROR, 0x05); /* the error's own is one: it ends there */
    set(pc, APIC_VERSION, 0);
    set(pc, APIC_ESR, 0);
    IS(get(pc, APIC_ESR), ESR_RECEIVE_ILLEGAL | ESR_ILLEGAL_REGISTER);
}

/* ---- timer ---- */

static void timer_one_shot(void)
{
    struct pc *pc = board();
    set(pc, APIC_LVT_TIMER, 0x40);
    set(pc, APIC_TIMER_DIVIDE, 0x0b); /* by 1 */
    until(pc, 1000);
    set(pc, APIC_TIMER_INITIAL, 500);
    IS(get(pc, APIC_TIMER_CURRENT), 500);
    IS(platform_due(&pc->p), 1500);
    until(pc, 1499);
    IS(get(pc, APIC_TIMER_CURRENT), 1);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    until(pc, 1500);
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(platform_ack(&pc->p), 0x40);
    IS(get(pc, APIC_TIMER_CURRENT), 0);
    IS(get(pc, APIC_TIMER_INITIAL), 500);
    set(pc, APIC_EOI, 0);
    CU_ASSERT_EQUAL(platform_due(&pc->p), NEVER);
    set(pc, APIC_TIMER_INITIAL, 0); /* stays stopped */
    CU_ASSERT_EQUAL(platform_due(&pc->p), NEVER);
}

static void timer_periodic(void)
{
    struct pc *pc = board();
    set(pc, APIC_LVT_TIMER, LVT_PERIODIC | 0x40);
    set(pc, APIC_TIMER_DIVIDE, 0); /* by 2 */
    set(pc, APIC_TIMER_INITIAL, 100);
    for (u64 t = 200; t <= 1000; t += 200) {
        CU_ASSERT_EQUAL(platform_due(&pc->p), t);
        until(pc, t);
        IS(get(pc, APIC_TIMER_CURRENT), 100); /* begun again */
        IS(platform_ack(&pc->p), 0x40);
        set(pc, APIC_EOI, 0);
    }
    until(pc, 1000 + 200 * 7 + 30); /* seven periods nobody looked at: one request */
    IS(get(pc, APIC_TIMER_CURRENT), 85);
    IS(platform_ack(&pc->p), 0x40);
    CU_ASSERT_EQUAL(platform_due(&pc->p), NEVER); /* in service: no more of them */
    set(pc, APIC_EOI, 0);
    CU_ASSERT_EQUAL(platform_due(&pc->p), 2600);
    set(pc, APIC_LVT_TIMER, LVT_PERIODIC | LVT_MASK | 0x40);
    CU_ASSERT_EQUAL(platform_due(&pc->p), NEVER);
    until(pc, 2700);
    IS(get(pc, APIC_TIMER_CURRENT), 50); /* masked it counts on */
    set(pc, APIC_LVT_TIMER, 0x40); /* one more, and then it stops */
    CU_ASSERT_EQUAL(platform_due(&pc->p), 2800);
    until(pc, 3000);
    IS(get(pc, APIC_TIMER_CURRENT), 0);
}

static void timer_divides(void)
{
    static const u8 code[] = { 0xb, 0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa };
    for (unsigned i = 0; i < COUNT(code); i++) {
        struct pc *pc = board();
        set(pc, APIC_LVT_TIMER, 0x40);
        set(pc, APIC_TIMER_DIVIDE, code[i]);
        set(pc, APIC_TIMER_INITIAL, 3);
        CU_ASSERT_EQUAL(platform_due(&pc->p), 3u << i);
        until(pc, (1u << i) * 2);
        IS(get(pc, APIC_TIMER_CURRENT), 1);
        set(pc, APIC_TIMER_DIVIDE, 0xb); /* the rest goes at the new rate */
        CU_ASSERT_EQUAL(platform_due(&pc->p), pc->p.now + 1);
    }
}

/* ---- LINT0, LINT1 ---- */

static void lint0_fixed(void)
{
    struct pc *pc = board();
    pics(pc, 0xfe);
    set(pc, APIC_LVT_LINT0, 0x51); /* edge */
    pit(pc, 100);
    IS(platform_due(&pc->p), 404);
    until(pc, 404);
    IS(platform_ack(&pc->p), 0x51);
    set(pc, APIC_EOI, 0);
    IS(platform_due(&pc->p), 804); /* INT falls with the timer's line and rises with it */
    until(pc, 804);
    IS(platform_ack(&pc->p), 0x51);
    IS(bit_of(pc, APIC_TMR, 0x51), 0);
}

static void lint0_level(void)
{
    struct pc *pc = board();
    pics(pc, 0xfb); /* the cascade, on which nothing comes */
    set(pc, APIC_LVT_LINT0, LVT_LEVEL | LVT_LOW | 0x51); /* active low: it is active */
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(get(pc, APIC_LVT_LINT0), LVT_LEVEL | LVT_LOW | LVT_REMOTE | 0x51);
    IS(platform_ack(&pc->p), 0x51);
    IS(bit_of(pc, APIC_TMR, 0x51), 1);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    set(pc, APIC_EOI, 0);
    IS(platform_ack(&pc->p), 0x51); /* still there: again */
    set(pc, APIC_LVT_LINT0, LVT_LEVEL | 0x51);
    set(pc, APIC_EOI, 0);
    IS(get(pc, APIC_LVT_LINT0), LVT_LEVEL | 0x51);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
}

static void nmi_pins(void)
{
    struct pc *pc = board();
    platform_input(&pc->p, 5, SOURCE_NMI, 0);
    CU_ASSERT_TRUE(platform_nmi(&pc->p));
    platform_take_nmi(&pc->p);
    platform_input(&pc->p, 6, SOURCE_NMI, 0); /* no new edge */
    CU_ASSERT_FALSE(platform_nmi(&pc->p));
    outb(pc, 0x61, 8), outb(pc, 0x61, 0);
    set(pc, APIC_LVT_LINT1, LVT_MASK | 0x400);
    platform_input(&pc->p, 8, SOURCE_NMI, 0);
    CU_ASSERT_FALSE(platform_nmi(&pc->p));
    pics(pc, 0xfe); /* a watchdog: the 8259 through LINT0 */
    set(pc, APIC_LVT_LINT0, 0x400);
    pit(pc, 100);
    CU_ASSERT_EQUAL(platform_due(&pc->p), 412);
    until(pc, 412);
    CU_ASSERT_TRUE(platform_nmi(&pc->p));
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    platform_take_nmi(&pc->p);
    CU_ASSERT_EQUAL(platform_due(&pc->p), 812);
}

/* ---- IA32_APIC_BASE ---- */

static void base_register(void)
{
    struct pc *pc = board();
    struct platform *p = &pc->p;
    static const u64 refused[] = { 0xfee00901, 0xfee00a00, 0xfee00d00, 0x1fee00900 };
    for (unsigned i = 0; i < COUNT(refused); i++)
        CU_ASSERT_FALSE(platform_write_apic_base(p, 0, refused[i], &seen));
    set(pc, APIC_TPR, 0x20);
    CU_ASSERT_TRUE(platform_write_apic_base(p, 0, 0x00300800, &seen) && seen.map);
    IS(p->apic.base, 0x00300900); /* BSP stays */
    CU_ASSERT_TRUE(platform_is_device(p, 0x300ffc) && !platform_is_device(p, LAPIC(0)));
    IS(load(pc, 0x300000 + APIC_TPR), 0x20);
    pics(pc, 0xfe);
    set(pc, APIC_LVT_LINT0, LVT_MASK);
    CU_ASSERT_TRUE(platform_write_apic_base(p, 0, 0xfee00100, &seen) && seen.map);
    CU_ASSERT_FALSE(platform_is_device(p, LAPIC(0)));
    u32 r[4];
    platform_cpuid(p, 1, r);
    IS(r[3] & 1 << 9, 0);
    pit(pc, 100);
    until(pc, 404);
    CU_ASSERT_TRUE(platform_intr(p)); /* LINT0 is INTR again */
    IS(platform_ack(p), 0x20);
    platform_input(p, 405, SOURCE_NMI, 0);
    CU_ASSERT_TRUE(platform_nmi(p) && platform_write_apic_base(p, 405, 0xfee00900, &seen));
    IS(get(pc, APIC_TPR), 0); /* as after power-up */
    CU_ASSERT_TRUE(platform_write_apic_base(p, 405, 0xfee00100, &seen) && platform_nmi(p)); /* not the APIC's */
    CU_ASSERT_TRUE(platform_write_apic_base(p, 405, 0xfee00900, &seen) && platform_nmi(p));
    IS(get(pc, APIC_SVR), 0xff);
}

/* ---- I/O APIC ---- */

static void io_registers(void)
{
    struct pc *pc = board();
    IS(io_get(pc, 1), 0x00170011);
    io_set(pc, 0, 0xffffffff);
    IS(io_get(pc, 0) | io_get(pc, 2) >> 4, 0x0ff00000);
    for (u8 pin = 0; pin < IOAPIC_PINS; pin++)
        IS(io_get(pc, (u8)(0x10 + 2 * pin)), LVT_MASK);
    io_set(pc, 0x3e, 0xffffffff);
    io_set(pc, 0x3f, 0xffffffff);
    IS(io_get(pc, 0x3e), 0x1afff);
    IS(io_get(pc, 0x3f), 0xff000000);
    io_set(pc, 0x40, 0xffffffff);
    IS(io_get(pc, 0x40), 0);
}

static void io_edge(void)
{
    struct pc *pc = board();
    pit(pc, 100);
    until(pc, 404); /* an edge while masked is lost */
    route(pc, 2, 0x61);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    CU_ASSERT_EQUAL(platform_due(&pc->p), 804);
    until(pc, 805);
    until(pc, 1200); /* the line has fallen: the request stays */
    IS(platform_pending_irq(&pc->p), IRQ_APIC + 0x61);
    IS(platform_ack(&pc->p), 0x61);
    set(pc, APIC_EOI, 0);
    route(pc, 2, LVT_LOW | 0x62); /* active low: the falling edge */
    CU_ASSERT_EQUAL(platform_due(&pc->p), 1600);
    until(pc, 1600);
    IS(platform_ack(&pc->p), 0x62);
    set(pc, APIC_EOI, 0);
    io_set(pc, 0x15, 7u << 24); /* to an APIC that is not there */
    CU_ASSERT_EQUAL(platform_due(&pc->p), NEVER);
}

static void io_level(void)
{
    struct pc *pc = board();
    route(pc, 1, LVT_LEVEL | 0x71);
    outb(pc, 0x64, 0x60); /* the controller's command byte: interrupt 1 */
    outb(pc, 0x60, 0x01);
    until(pc, S);
    platform_input(&pc->p, pc->p.now, SOURCE_KEYBOARD, 0x1c);
    until(pc, 2 * S);
    IS(io_get(pc, 0x12), LVT_LEVEL | LVT_REMOTE | 0x71);
    IS(platform_ack(&pc->p), 0x71);
    IS(bit_of(pc, APIC_TMR, 0x71), 1);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    set(pc, APIC_EOI, 0); /* the byte has not been read: it asks again */
    IS(platform_ack(&pc->p), 0x71);
    (void)platform_in(&pc->p, pc->p.now, 0x60, 1, &seen);
    IS(io_get(pc, 0x12), LVT_LEVEL | LVT_REMOTE | 0x71);
    set(pc, APIC_EOI, 0);
    IS(io_get(pc, 0x12), LVT_LEVEL | 0x71);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    route(pc, 1, LVT_LEVEL | LVT_LOW | 0x72); /* refused while disabled, asked for again after */
    IS(io_get(pc, 0x12) & LVT_REMOTE, LVT_REMOTE);
    IS(platform_ack(&pc->p), 0x72);
    set(pc, APIC_SVR, 0xff);
    set(pc, APIC_EOI, 0);
    IS(io_get(pc, 0x12) & LVT_REMOTE, 0);
    set(pc, APIC_SVR, 0x1ff);
    IS(platform_ack(&pc->p), 0x72);
    io_set(pc, 0x12, LVT_MASK);
    set(pc, APIC_EOI, 0);
    io_set(pc, 0x13, 0x05000000);
    io_set(pc, 0x12, LVT_LEVEL | LVT_LOW | 0x72); /* nobody has that ID */
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    io_set(pc, 0x13, 0); /* it asks whom it is led to */
    IS(platform_ack(&pc->p), 0x72);
    io_set(pc, 0x12, LVT_MASK); /* edge triggered: no EOI is awaited any more */
    IS(io_get(pc, 0x12), LVT_MASK);
}

static void io_modes(void)
{
    struct pc *pc = board();
    pics(pc, 0xfe);
    set(pc, APIC_LVT_LINT0, LVT_MASK);
    route(pc, 0, 0x700); /* ExtINT: the 8259's vector */
    pit(pc, 100);
    CU_ASSERT_EQUAL(platform_due(&pc->p), 404);
    until(pc, 404);
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(platform_ack(&pc->p), 0x20);
    CU_ASSERT_FALSE(platform_intr(&pc->p));
    outb(pc, 0x20, 0x20);
    CU_ASSERT_EQUAL(platform_due(&pc->p), 804);
    route(pc, 0, LVT_MASK);
    route(pc, 2, 0x400); /* NMI */
    until(pc, 804);
    CU_ASSERT_TRUE(platform_nmi(&pc->p) && !platform_intr(&pc->p));
    route(pc, 2, LVT_LEVEL | 0x155); /* lowest priority, level */
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    IS(platform_ack(&pc->p), 0x55);
}

/* ---- the second IDE channel ---- */

static void empty_channel(void)
{
    static const struct line script[] = {
        IN_(0, 0x177, 0x7f), IN_(0, 0x376, 0x7f), OUT_(0, 0x172, 0x55), IN_(0, 0x172, 0x7f),
        IN2_(0, 0x170, 0xff7f), IN4_(0, 0x170, 0xff7fff7f), OUT_(0, 0x177, 0xec), INTR_(S, 0),
        IN_(S, 0x177, 0x7f), END_
    };
    CU_ASSERT_FALSE(play(script)->out.unclaimed);
}

/* ---- exactness: jumping to platform_due and stepping by one tick see the same machine ---- */

static void random_store(struct pc *pc, u32 *seed)
{
    static const u32 lvt[] = { APIC_LVT_TIMER, APIC_LVT_LINT0, APIC_LVT_LINT0, APIC_LVT_ERROR };
    static const u8 pins[] = { 0, 1, 2, 2, 4, 8 };
    u32 r = unit_random(seed), word = unit_random(seed) & 0x2a7ff;
    if (r >> 30)
        word &= ~0x700u; /* fixed, mostly */
    switch (r % 11) {
    case 0: case 1: set(pc, lvt[r >> 8 & 3], word); break;
    case 2: set(pc, APIC_TIMER_INITIAL, r >> 8 & 0xff); break;
    case 3: set(pc, APIC_TIMER_DIVIDE, r >> 8 & 1 ? 0xb : r >> 9); break;
    case 4: set(pc, APIC_TPR, r >> 8 & 0x7f); break;
    case 5: set(pc, APIC_EOI, 0); break;
    case 6: set(pc, APIC_SVR, r >> 8 & 7 ? 0x1ff : 0xff); break;
    case 7: case 8: route(pc, pins[(r >> 8) % COUNT(pins)], word & 0xffff); break;
    case 9: self_ipi(pc, r >> 8 & 0xff); break;
    case 10: outb(pc, r >> 8 & 1 ? 0x21 : 0x20, r >> 8 & 1 ? (u8)(r >> 16) : 0x20); break;
    }
}

static void random_access(struct pc *pc, u32 *seed)
{
    random_store(pc, seed);
    u32 r = unit_random(seed);
    if (r % 8 == 0)
        pit(pc, (u16)(r >> 8 & 63));
    if (r % 8 == 1)
        platform_input(&pc->p, pc->p.now, SOURCE_KEYBOARD, (u8)(r >> 16));
    if (r % 8 == 2)
        (void)platform_in(&pc->p, pc->p.now, 0x60, 1, &seen);
    if (platform_intr(&pc->p) && (r >> 10 & 1))
        (void)platform_ack(&pc->p);
    if (r >> 11 & 1) {
        platform_take_nmi(&pc->p);
        platform_take_smi(&pc->p);
        platform_lose_init(&pc->p);
    }
}

static void due_is_exact(void)
{
    struct score score = { 0 };
    for (u32 run = 1; run <= 200; run++) {
        u32 seed = run * 2654435761u;
        struct pc *pc = board();
        pics(pc, 0xfc);
        outb(pc, 0x64, 0x60);
        outb(pc, 0x60, 0x01);
        pit(pc, 20);
        for (unsigned i = 0; i < 100; i++) {
            random_access(pc, &seed);
            compare_due(&pc->p, pc->p.now + unit_random(&seed) % 300, &score);
            until(pc, pc->p.now + unit_random(&seed) % 300);
        }
    }
    printf(" %u edges, %u NMIs, %u INITs", score.edges, score.nmis, score.inits);
    CU_ASSERT_TRUE(!score.wrong && score.edges > 1000 && score.nmis > 50 && score.inits > 50);
}

static const struct unit_case cases[] = {
    { "power-up", power_up }, { "virtual wire", virtual_wire }, { "registers", registers },
    { "access sizes", access_sizes }, { "priorities", priorities },
    { "task priority", task_priority }, { "spurious", spurious },
    { "software disable", software_disable }, { "destinations", destinations },
    { "errors", errors }, { "timer, one-shot", timer_one_shot },
    { "timer, periodic", timer_periodic }, { "timer, divider", timer_divides },
    { "LINT0 fixed", lint0_fixed }, { "LINT0 level", lint0_level }, { "NMI pins", nmi_pins },
    { "IA32_APIC_BASE", base_register }, { "I/O APIC: registers", io_registers },
    { "I/O APIC: edges", io_edge }, { "I/O APIC: levels", io_level },
    { "I/O APIC: delivery modes", io_modes }, { "empty IDE channel", empty_channel },
    { "due is exact", due_is_exact },
};

UNIT_MAIN("apic", cases)
