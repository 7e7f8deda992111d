/* lapic.h - the local APIC: who may interrupt the processor, with what, and a timer.  SDM 3A 10.
 *
 *      LINT0 (8259's INT) --> LVT --+                       one register each 16 bytes, from the base
 *      LINT1 (NMI) ---------> LVT --+--> IRR --> ISR        in IA32_APIC_BASE on:
 *      timer ---------------> LVT --+     |  priority       020 ID  080 TPR  0B0 EOI  0F0 SVR
 *      errors --------------> LVT --+     v  over PPR       100 ISR 180 TMR  200 IRR  280 ESR
 *      messages of the I/O APIC, ICR     INTR               300 ICR 320 LVT  380 the timer
 *
 * One of version 14h with the five LVT entries of the P6 and 8-bit IDs, alone on its bus: what goes to
 * other processors is lost, as are start-up messages; INIT level de-assert sets arbitration IDs: ignored.
 *
 * Chosen where the manual leaves it open: only aligned 32-bit writes count, reads of parts of a
 * register give these parts; a reserved register reads 0 and sets ESR; an interrupt that comes
 * from the APIC goes before one of the 8259; IPIs are edge triggered; while the APIC is disabled
 * by software what is in IRR waits, and messages are not accepted; NMI, INIT and SMI by the shorthands
 * that have itself (table 10-3 calls them invalid) are sent.
 *
 * The timer counts one bus clock a tick before its divider.  Times are ticks. */
#ifndef SIM_DEV_LAPIC_H
#define SIM_DEV_LAPIC_H

#include "sim/api/base.h"

/* IA32_APIC_BASE, MSR 1Bh   31        12    11   10 9   8    7    0
 *                          +------------+-------+-----+-----+------+
 *                          |    base    | enable|  0  | BSP |  0   |     BSP is read only here */
enum { MSR_APIC_BASE = 0x1b, APIC_BASE_BSP = 1 << 8, APIC_BASE_ENABLE = 1 << 11 };
#define APIC_BASE_RESET 0xfee00000u

enum lapic_register { /* offset from the base */
    APIC_ID = 0x020, APIC_VERSION = 0x030, APIC_TPR = 0x080, APIC_APR = 0x090, APIC_PPR = 0x0a0,
    APIC_EOI = 0x0b0, APIC_RRD = 0x0c0, APIC_LDR = 0x0d0, APIC_DFR = 0x0e0, APIC_SVR = 0x0f0,
    APIC_ISR = 0x100, APIC_TMR = 0x180, APIC_IRR = 0x200, APIC_ESR = 0x280,
    APIC_ICR = 0x300, APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320, APIC_LVT_PERF = 0x340, APIC_LVT_LINT0 = 0x350, APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370, APIC_TIMER_INITIAL = 0x380, APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

/* LVT   17     16    15      14    13    12   11  10 8   7    0        SVR   9     8    7    0     3:0 are 1
 *     +------+----+-------+------+-----+----+---+------+--------+         +-----+----+--------+
 *     |period|mask| level |remote|low  | 0  | 0 | mode | vector |         |focus| on | vector |
 *     +------+----+-------+------+-----+----+---+------+--------+         +-----+----+--------+
 * Messages and the ICR's low word have mode and vector there, too; 11: logical destination. */
enum { LVT_LOW = 1 << 13, LVT_REMOTE = 1 << 14, LVT_LEVEL = 1 << 15, LVT_MASK = 1 << 16,
       LVT_PERIODIC = 1 << 17, SVR_ENABLE = 1 << 8, ICR_LOGICAL = 1 << 11 };
enum apic_mode { APIC_FIXED, APIC_LOWEST, APIC_SMI, APIC_NMI = 4, APIC_INIT, APIC_STARTUP,
                 APIC_EXTINT };
static inline enum apic_mode apic_mode(u32 word) { return (enum apic_mode)(word >> 8 & 7); }
enum { ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVE_ILLEGAL = 1 << 6, ESR_ILLEGAL_REGISTER = 1 << 7 };

enum { LVT_TIMER, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVT_COUNT, LAPIC_VERSION = 0x14 };

struct lapic {                 /* arena; all 0: there is none */
    u64 timer_base;            /* the tick at which the timer stood at timer_count */
    u32 base;                  /* IA32_APIC_BASE */
    u32 id, tpr, ldr, dfr, svr;
    u32 icr, icr_high;
    u32 lvt[LVT_COUNT];
    u32 timer_initial;
    u32 timer_count;           /* 0: stopped */
    u32 isr[8], tmr[8], irr[8];
    u32 esr;                   /* as it reads: errors up to the last write */
    u32 errors;                /* since */
    u8 divide;                 /* the register */
    u8 lint;                   /* levels of LINT0, LINT1: bits 0, 1 */
    u8 extint;                 /* a message wants the 8259's vector */
    u8 waits;                  /* LAPIC_WAITS_: accepted, not yet taken */
};
_Static_assert(sizeof(struct lapic) == 8 + 4 * (8 + LVT_COUNT + 2 + 24 + 2) + 4, "no padding");

enum { LAPIC_WAITS_NMI = 1, LAPIC_WAITS_INIT = 2, LAPIC_WAITS_SMI = 4 };
/* What the bus carries: mode, vector and ICR_LOGICAL as in the LVT; level: for TMR. */
struct apic_message { u32 word; u8 destination; bool level; };

/* After power-up; wired: as firmware leaves it, in virtual wire mode (MultiProcessor 3.6.2.2). */
void lapic_reset(struct lapic *l, bool wired);
void lapic_init(struct lapic *l); /* 10.4.7.3: INIT keeps the ID, and IA32_APIC_BASE */
/* WRMSR of 1Bh; false: a reserved bit is set (#GP).  Turned off it loses its state. */
MUST_CHECK bool lapic_write_base(struct lapic *l, u64 value);
static inline bool lapic_is_on(const struct lapic *l) { return (l->base & APIC_BASE_ENABLE) != 0; }
static inline u32 lapic_frame(const struct lapic *l) { return l->base & ~0xfffu; }

/* The timer up to `now`; all accesses want that done. */
void lapic_advance(struct lapic *l, u64 now);
u32 lapic_read(struct lapic *l, u64 now, u32 offset);
/* The vector of a level interrupt that ends by this write (EOI), for the I/O APIC; -1: none. */
int lapic_write(struct lapic *l, u64 now, u32 offset, u32 value);
void lapic_line(struct lapic *l, unsigned lint, bool level);
void lapic_overflow(struct lapic *l); /* a counter passed its end: LVT_PERF, masked then: 10.5.1 */
/* A message of the I/O APIC; false: it is not for this APIC, or not accepted. */
bool lapic_accept(struct lapic *l, const struct apic_message *m);
/* INTR to the processor, by itself or by the 8259 through LINT0. */
bool lapic_intr(const struct lapic *l);
/* Is there nothing in IRR, and no ExtINT message? */
static inline bool lapic_is_idle(const struct lapic *l)
{
    const u32 *r = l->irr;
    return !(r[0] | r[1] | r[2] | r[3] | r[4] | r[5] | r[6] | r[7] | l->extint);
}
/* The vector in IRR that has priority over PPR, -1: none. */
int lapic_pending(const struct lapic *l);
/* The processor's acknowledge: a vector, or -1: the 8259 gives it.  Nothing there: spurious. */
int lapic_ack(struct lapic *l);
/* Does LINT0 lead to INTR directly, as ExtINT or with the APIC off? */
static inline bool lapic_is_wire(const struct lapic *l)
{
    u32 lvt = l->lvt[LVT_LINT0];
    return !lapic_is_on(l) || (!(lvt & LVT_MASK) && apic_mode(lvt) == APIC_EXTINT);
}

/* Which outputs may change: INTR raised by the APIC itself, NMI, INIT or SMI. */
enum lapic_output { LAPIC_INTR, LAPIC_NMI, LAPIC_INIT };
bool lapic_would_raise(const struct lapic *l, const struct apic_message *m, enum lapic_output out);
bool lapic_lvt_would_raise(const struct lapic *l, unsigned which, enum lapic_output out); /* LINT0, PERF */
/* The earliest tick at which the timer raises INTR; TIME_NEVER. */
u64 lapic_next(const struct lapic *l);
u32 lapic_timer_count(const struct lapic *l, u64 now);

#endif
