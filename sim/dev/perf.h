/* perf.h - the two performance counters of the P6.  SDM 3B 18.22 (PerfEvtSel), 19.17 (its events).
 *
 * PERFEVTSEL  31   24  23  22  21 20  19  18 17  16  15   8 7     0
 *            +-------+---+---+---+---+--+---+--+---+-------+-------+   EN is of both counters, and in the
 *            | CMASK |INV|EN | 0 |INT|PC| E |OS|USR|  unit | event |   first's only; PC has no pin
 *            +-------+---+---+---+---+--+---+--+---+-------+-------+
 *
 * A processor with one instruction a clock: INST_RETIRED and CPU_CLK_UNHALTED are both the ticks at which it
 * was not halted, whatever the unit mask; all other events never happen.  Chosen: an instruction that changes
 * the CPL counts at the new one; an iteration of REP counts as an instruction.  What counts is there once a
 * tick, so that it reaches a CMASK of 0 or 1, with INV stays below one of 2 and more, and has no edges (E).
 *
 * A counter is a value and the tick it belongs to; it is brought up to date where its speed changes: at
 * writes, and, only while some counter needs it, at changes of CPL and around halts. */
#ifndef SIM_DEV_PERF_H
#define SIM_DEV_PERF_H

#include "sim/api/base.h"

enum { PERF_COUNTERS = 2, EVENT_CPU_CLK_UNHALTED = 0x79, EVENT_INST_RETIRED = 0xc0 };
enum { EVTSEL_EDGE = 1 << 18, EVTSEL_INT = 1 << 20, EVTSEL_RESERVED = 1 << 21, EVTSEL_ENABLE = 1 << 22,
       EVTSEL_INVERT = 1 << 23 }; /* and EVTSEL_USR, EVTSEL_OS of arch.h */

struct perf {                    /* arena; all 0 after a reset */
    u64 value[PERF_COUNTERS];    /* 40 bits, as they were at `since` */
    u64 since;                   /* a tick; in a halt it lies ahead */
    u32 select[PERF_COUNTERS];
    u8 user;                     /* CPL > 0; kept while perf_minds_cpl */
    u8 pad[7];
};

static inline bool perf_is_on(const struct perf *c) { return (c->select[0] & EVTSEL_ENABLE) != 0; }
/* Does a counter run in some rings only? */
bool perf_minds_rings(const struct perf *c);
static inline bool perf_minds_cpl(const struct perf *c) { return perf_is_on(c) && perf_minds_rings(c); }

u64 perf_read(const struct perf *c, unsigned n, u64 now);
/* All up to `now`.  True: one has passed its end, and tells the local APIC. */
bool perf_advance(struct perf *c, u64 now);
/* Both want perf_advance before.  The low half is written, its sign goes into the high one; false: a reserved
 * bit is set (#GP). */
void perf_write(struct perf *c, unsigned n, u64 value);
MUST_CHECK bool perf_select(struct perf *c, unsigned n, u64 now, u64 value);
/* The tick > since at which a counter first tells the local APIC, if nothing changes by then; TIME_NEVER. */
u64 perf_next(const struct perf *c);

#endif
