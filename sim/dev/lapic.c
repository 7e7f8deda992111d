/* lapic.c - see lapic.h. */
#include "sim/dev/lapic.h"

#include "sim/dev/platform.h"

enum { FIRST_VECTOR = 16, SHORTHAND_SHIFT = 18, ICR_ASSERT = 1 << 14 };

/* Bits of a register that can be written. */
enum { LVT_BITS_TIMER = 0x300ff, LVT_BITS_LINT = 0x1a7ff, LVT_BITS_PERF = 0x107ff,
       LVT_BITS_ERROR = 0x100ff, SVR_BITS = 0x3f0, SVR_ONES = 0x00f, ICR_BITS = 0xccfff };
#define HIGH_BYTE 0xff000000u

static const u32 lvt_bits[LVT_COUNT] = {
    [LVT_TIMER] = LVT_BITS_TIMER, [LVT_PERF] = LVT_BITS_PERF, [LVT_LINT0] = LVT_BITS_LINT,
    [LVT_LINT1] = LVT_BITS_LINT, [LVT_ERROR] = LVT_BITS_ERROR,
};

/* ---- vectors ---- */

static int highest(const u32 set[8])
{
    for (int i = 7; i >= 0; i--)
        if (set[i])
            return i * 32 + 31 - __builtin_clz(set[i]);
    return -1;
}

static bool has(const u32 set[8], unsigned vector) { return set[vector / 32] >> vector % 32 & 1; }
static void put(u32 set[8], unsigned vector, bool value)
{
    u32 bit = (u32)BIT(vector % 32);
    set[vector / 32] = value ? set[vector / 32] | bit : set[vector / 32] & ~bit;
}

static u32 class_of(int vector) { return vector < 0 ? 0 : (u32)vector & 0xf0; }

/* 10.8.3.1 */
static u32 processor_priority(const struct lapic *l)
{
    u32 served = class_of(highest(l->isr));
    return (l->tpr & 0xf0) >= served ? l->tpr : served;
}

/* 10.6.2.4, of the P6's bus arbitration */
static u32 arbitration_priority(const struct lapic *l)
{
    u32 task = l->tpr & 0xf0, asks = class_of(highest(l->irr)), served = class_of(highest(l->isr));
    if (task >= asks && task > served)
        return l->tpr;
    return (task & served) > asks ? task & served : asks;
}

static bool is_enabled(const struct lapic *l) { return lapic_is_on(l) && (l->svr & SVR_ENABLE); }

int lapic_pending(const struct lapic *l)
{
    int asks = lapic_is_idle(l) ? -1 : highest(l->irr);
    if (asks < 0 || !is_enabled(l) || class_of(asks) <= (processor_priority(l) & 0xf0))
        return -1;
    return asks;
}

/* ---- what comes in ---- */

static void local(struct lapic *l, unsigned which);

/* 10.5.3; the interrupt comes with a bit that was not set yet. */
static void error(struct lapic *l, u32 bit)
{
    bool known = (l->errors & bit) != 0;
    l->errors |= bit;
    if (!known)
        local(l, LVT_ERROR);
}

static void request(struct lapic *l, u8 vector, bool level)
{
    if (vector < FIRST_VECTOR) {
        error(l, ESR_RECEIVE_ILLEGAL);
        return;
    }
    put(l->irr, vector, true);
    put(l->tmr, vector, level);
}

/* What needs no vector, and is one however often it comes; 0: none of them. */
static u8 wait_of(enum apic_mode mode)
{
    switch (mode) {
    case APIC_NMI: return LAPIC_WAITS_NMI;
    case APIC_INIT: return LAPIC_WAITS_INIT;
    case APIC_SMI: return LAPIC_WAITS_SMI;
    default: return 0;
    }
}

static void take_in(struct lapic *l, u32 word, bool level)
{
    switch (apic_mode(word)) {
    case APIC_FIXED:
    case APIC_LOWEST: request(l, (u8)word, level); break;
    case APIC_NMI:
    case APIC_INIT:
    case APIC_SMI: l->waits |= wait_of(apic_mode(word)); break;
    case APIC_EXTINT: l->extint = 1; break;
    default: break;
    }
}

/* Entry `which` of the LVT has something to tell.  ExtINT is a wire, not a message. */
static void local(struct lapic *l, unsigned which)
{
    u32 lvt = l->lvt[which];
    bool fixed = which == LVT_TIMER || which == LVT_ERROR;
    if ((lvt & LVT_MASK) || (!fixed && apic_mode(lvt) == APIC_EXTINT))
        return;
    take_in(l, fixed ? lvt & 0xff : lvt, false);
}

void lapic_overflow(struct lapic *l)
{
    local(l, LVT_PERF);
    l->lvt[LVT_PERF] |= LVT_MASK;
}

static bool is_active(const struct lapic *l, unsigned lint)
{
    return (l->lint >> lint & 1) != ((l->lvt[LVT_LINT0 + lint] & LVT_LOW) != 0);
}

/* Only LINT0 can be level triggered, and only with fixed delivery (10.5.1). */
static bool is_level(const struct lapic *l)
{
    u32 lvt = l->lvt[LVT_LINT0];
    return (lvt & LVT_LEVEL) && apic_mode(lvt) == APIC_FIXED;
}

static void level_input(struct lapic *l)
{
    u32 *lvt = &l->lvt[LVT_LINT0];
    if (!is_level(l) || (*lvt & (LVT_MASK | LVT_REMOTE)) || !is_active(l, 0))
        return;
    *lvt |= LVT_REMOTE;
    request(l, (u8)*lvt, true);
}

void lapic_line(struct lapic *l, unsigned lint, bool level)
{
    u8 bit = (u8)BIT(lint);
    if ((l->lint >> lint & 1) == level)
        return;
    l->lint ^= bit;
    if (!lapic_is_on(l)) { /* the pins are INTR and NMI */
        l->waits |= lint == 1 && level ? LAPIC_WAITS_NMI : 0;
        return;
    }
    if (lint == 0 && is_level(l))
        level_input(l);
    else if (is_active(l, lint))
        local(l, LVT_LINT0 + lint);
}

/* 10.6.2: an ID, all ones for everybody; or a set of bits, flat or in clusters. */
static bool is_for(const struct lapic *l, bool logical, u8 to)
{
    u8 own = (u8)(l->ldr >> 24);
    if (to == 0xff)
        return true;
    if (!logical)
        return to == l->id >> 24;
    if (l->dfr >> 28 == 0xf)
        return (to & own) != 0;
    return (to >> 4 == own >> 4 || to >> 4 == 0xf) && (to & own & 0xf);
}

static bool is_accepted(const struct lapic *l, const struct apic_message *m)
{
    enum apic_mode mode = apic_mode(m->word);
    if (!lapic_is_on(l) || !is_for(l, (m->word & ICR_LOGICAL) != 0, m->destination))
        return false;
    return is_enabled(l) || (mode != APIC_FIXED && mode != APIC_LOWEST && mode != APIC_EXTINT);
}

bool lapic_accept(struct lapic *l, const struct apic_message *m)
{
    if (!is_accepted(l, m))
        return false;
    take_in(l, m->word, m->level);
    return true;
}

/* ICR, 10.6.1.  Shorthands: 0 none, 1 self, 2 all, 3 all but self. */
static void send(struct lapic *l)
{
    unsigned shorthand = l->icr >> SHORTHAND_SHIFT & 3;
    struct apic_message m = { .word = l->icr, .destination = (u8)(l->icr_high >> 24) };
    enum apic_mode mode = apic_mode(l->icr);
    bool deassert = mode == APIC_INIT && (l->icr & LVT_LEVEL) && !(l->icr & ICR_ASSERT);
    if (mode == APIC_EXTINT || mode == 3 || shorthand == 3 || deassert)
        return;
    if ((mode == APIC_FIXED || mode == APIC_LOWEST) && (u8)l->icr < FIRST_VECTOR) {
        error(l, ESR_SEND_ILLEGAL);
        return;
    }
    if (shorthand)
        m.destination = 0xff;
    (void)lapic_accept(l, &m);
}

/* ---- the timer, 10.5.4 ---- */

/* Divide register: bits 3, 1, 0 are the exponent less one; 111 divides by 1. */
static unsigned divider(const struct lapic *l)
{
    return ((l->divide >> 1 & 4u) + (l->divide & 3u) + 1) & 7;
}

u32 lapic_timer_count(const struct lapic *l, u64 now)
{
    u64 counted = (now - l->timer_base) >> divider(l);
    return counted < l->timer_count ? l->timer_count - (u32)counted : 0;
}

static u64 zero_at(const struct lapic *l)
{
    return l->timer_base + ((u64)l->timer_count << divider(l));
}

void lapic_advance(struct lapic *l, u64 now)
{
    if (!l->timer_count || now < zero_at(l))
        return;
    u64 zero = zero_at(l), period = (u64)l->timer_initial << divider(l);
    bool again = (l->lvt[LVT_TIMER] & LVT_PERIODIC) && period;
    l->timer_count = again ? l->timer_initial : 0;
    l->timer_base = again ? now - (now - zero) % period : 0;
    local(l, LVT_TIMER);
}

static void timer_from(struct lapic *l, u64 now, u32 count)
{
    l->timer_count = count;
    l->timer_base = count ? now : 0;
}

/* ---- registers ---- */

static int lvt_of(u32 offset)
{
    switch (offset) {
    case APIC_LVT_TIMER: return LVT_TIMER;
    case APIC_LVT_PERF: return LVT_PERF;
    case APIC_LVT_LINT0: return LVT_LINT0;
    case APIC_LVT_LINT1: return LVT_LINT1;
    case APIC_LVT_ERROR: return LVT_ERROR;
    }
    return -1;
}

static u32 read_plain(struct lapic *l, u64 now, u32 offset)
{
    switch ((enum lapic_register)offset) {
    case APIC_ID: return l->id;
    case APIC_VERSION: return LAPIC_VERSION | (LVT_COUNT - 1) << 16;
    case APIC_TPR: return l->tpr;
    case APIC_APR: return arbitration_priority(l);
    case APIC_PPR: return processor_priority(l);
    case APIC_EOI:
    case APIC_RRD: return 0;
    case APIC_LDR: return l->ldr;
    case APIC_DFR: return l->dfr;
    case APIC_SVR: return l->svr;
    case APIC_ESR: return l->esr;
    case APIC_ICR: return l->icr;
    case APIC_ICR_HIGH: return l->icr_high;
    case APIC_TIMER_INITIAL: return l->timer_initial;
    case APIC_TIMER_CURRENT: return lapic_timer_count(l, now);
    case APIC_TIMER_DIVIDE: return l->divide;
    default: break;
    }
    error(l, ESR_ILLEGAL_REGISTER);
    return 0;
}

u32 lapic_read(struct lapic *l, u64 now, u32 offset)
{
    unsigned word = offset >> 4 & 7;
    int lvt = lvt_of(offset);
    if (lvt >= 0)
        return l->lvt[lvt];
    if ((offset & 0xf) == 0)
        switch (offset & ~0x7fu) {
        case APIC_ISR: return l->isr[word];
        case APIC_TMR: return l->tmr[word];
        case APIC_IRR: return l->irr[word];
        }
    return read_plain(l, now, offset);
}

/* Ends the interrupt of highest priority in service. */
static int end_of_interrupt(struct lapic *l)
{
    int vector = highest(l->isr);
    if (vector < 0)
        return -1;
    put(l->isr, (unsigned)vector, false);
    if (!has(l->tmr, (unsigned)vector))
        return -1;
    u32 *lint0 = &l->lvt[LVT_LINT0];
    if ((*lint0 & LVT_REMOTE) && (u8)*lint0 == vector)
        *lint0 &= ~(u32)LVT_REMOTE;
    level_input(l);
    return vector;
}

/* 10.4.7.2: disabled, all of the LVT is masked, and stays so. */
static void write_svr(struct lapic *l, u32 value)
{
    l->svr = (value & SVR_BITS) | SVR_ONES;
    for (unsigned i = 0; i < LVT_COUNT && !(l->svr & SVR_ENABLE); i++)
        l->lvt[i] |= LVT_MASK;
}

static void write_lvt(struct lapic *l, unsigned which, u32 value)
{
    u32 *lvt = &l->lvt[which];
    *lvt = (value & lvt_bits[which]) | (*lvt & LVT_REMOTE);
    if (!(l->svr & SVR_ENABLE))
        *lvt |= LVT_MASK;
    if (which == LVT_LINT0 && !is_level(l))
        *lvt &= ~(u32)LVT_REMOTE;
    level_input(l);
}

static void write_timer(struct lapic *l, u64 now, u32 offset, u32 value)
{
    u32 count = lapic_timer_count(l, now);
    if (offset == APIC_TIMER_INITIAL) {
        l->timer_initial = count = value;
    } else {
        l->divide = value & 0x0b;
    }
    timer_from(l, now, count);
}

int lapic_write(struct lapic *l, u64 now, u32 offset, u32 value)
{
    int lvt = lvt_of(offset);
    if (lvt >= 0) {
        write_lvt(l, (unsigned)lvt, value);
        return -1;
    }
    switch ((enum lapic_register)offset) {
    case APIC_ID: l->id = value & HIGH_BYTE; break;
    case APIC_TPR: l->tpr = value & 0xff; break;
    case APIC_EOI: return end_of_interrupt(l);
    case APIC_LDR: l->ldr = value & HIGH_BYTE; break;
    case APIC_DFR: l->dfr = value | 0x0fffffff; break;
    case APIC_SVR: write_svr(l, value); break;
    case APIC_ESR:
        l->esr = l->errors;
        l->errors = 0;
        break;
    case APIC_ICR:
        l->icr = value & ICR_BITS;
        send(l);
        break;
    case APIC_ICR_HIGH: l->icr_high = value & HIGH_BYTE; break;
    case APIC_TIMER_INITIAL:
    case APIC_TIMER_DIVIDE: write_timer(l, now, offset, value); break;
    default: /* what is read only is no register to write */
        error(l, ESR_ILLEGAL_REGISTER);
        break;
    }
    return -1;
}

/* ---- the processor's side ---- */

bool lapic_intr(const struct lapic *l)
{
    if ((l->lint & 1) && lapic_is_wire(l))
        return true;
    return !lapic_is_idle(l) && (l->extint || lapic_pending(l) >= 0);
}

int lapic_ack(struct lapic *l)
{
    int vector = lapic_pending(l);
    if (vector >= 0) {
        put(l->irr, (unsigned)vector, false);
        put(l->isr, (unsigned)vector, true);
        return vector;
    }
    if (!l->extint && !lapic_is_wire(l))
        return (u8)l->svr; /* 10.9: it stays out of ISR */
    l->extint = 0;
    return -1;
}

bool lapic_would_raise(const struct lapic *l, const struct apic_message *m, enum lapic_output out)
{
    enum apic_mode mode = apic_mode(m->word);
    struct lapic after = *l;
    u8 wait = wait_of(mode);
    enum lapic_output output = mode == APIC_NMI ? LAPIC_NMI : wait ? LAPIC_INIT : LAPIC_INTR;
    if (!is_accepted(l, m) || out != output)
        return false;
    if (wait)
        return !(l->waits & wait);
    take_in(&after, m->word, m->level);
    return !l->extint && lapic_pending(l) < 0 && (after.extint || lapic_pending(&after) >= 0);
}

/* What an entry of the LVT does, as a message to itself. */
static bool lvt_would_raise(const struct lapic *l, unsigned which, enum lapic_output out)
{
    u32 lvt = l->lvt[which];
    struct apic_message m = { .word = lvt & 0x7ff, .destination = 0xff };
    if (which == LVT_TIMER)
        m.word &= 0xff;
    return !(lvt & LVT_MASK) && lapic_would_raise(l, &m, out);
}

bool lapic_lvt_would_raise(const struct lapic *l, unsigned which, enum lapic_output out)
{
    bool wire = which == LVT_LINT0 && lapic_is_wire(l);
    if (wire || apic_mode(l->lvt[which]) == APIC_EXTINT)
        return false;
    if (which == LVT_LINT0 && is_level(l) && (l->lvt[LVT_LINT0] & LVT_REMOTE))
        return false;
    return lvt_would_raise(l, which, out);
}

u64 lapic_next(const struct lapic *l)
{
    bool runs = l->timer_count && !(l->lvt[LVT_TIMER] & LVT_MASK);
    return runs && lvt_would_raise(l, LVT_TIMER, LAPIC_INTR) ? zero_at(l) : TIME_NEVER;
}

/* ---- power-up, on and off ---- */

static void clear(struct lapic *l, bool wired)
{
    u8 lint = l->lint, waits = l->waits; /* what is on the pins, and has come to the processor */
    u32 base = l->base;
    *l = (struct lapic){ .base = base, .lint = lint, .waits = waits, .dfr = ~0u, .svr = 0xff };
    for (unsigned i = 0; i < LVT_COUNT; i++)
        l->lvt[i] = LVT_MASK;
    if (!wired)
        return;
    l->svr |= SVR_ENABLE;
    l->lvt[LVT_LINT0] = LVT_LEVEL | APIC_EXTINT << 8;
    l->lvt[LVT_LINT1] = LVT_LEVEL | APIC_NMI << 8;
}

void lapic_reset(struct lapic *l, bool wired)
{
    l->base = APIC_BASE_RESET | APIC_BASE_ENABLE | APIC_BASE_BSP;
    l->lint = l->waits = 0;
    clear(l, wired);
}

void lapic_init(struct lapic *l)
{
    u32 id = l->id;
    l->waits &= (u8)~LAPIC_WAITS_INIT;
    clear(l, false);
    l->id = id;
}

bool lapic_write_base(struct lapic *l, u64 value)
{
    if (value >> 32 || (value & 0x6ff))
        return false;
    bool was = lapic_is_on(l);
    l->base = ((u32)value & ~(u32)APIC_BASE_BSP) | APIC_BASE_BSP;
    if (was && !lapic_is_on(l))
        clear(l, false);
    return true;
}
