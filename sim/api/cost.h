/* cost.h - the ledger: cycles by named account, for one processor generation.
 *
 * Hardware primitives charge when they happen, monitor paths when they are taken (hw_charge).  Plain
 * instructions cost nothing here: their account is computed when read (retired x CPI).  Accounts
 * always add up to the total.  Nothing that the guest can feel reads the ledger. */
#ifndef SIM_API_COST_H
#define SIM_API_COST_H

#include "sim/api/base.h"

enum account {
#define C(id, cycles, name, text, source) COST_##id,
#include "sim/api/cost.def"
#undef C
    COST_COUNT
};

struct cost_info { u32 cycles; const char *name, *text, *source; };
extern const struct cost_info cost_p4_672[COST_COUNT]; /* Pentium 4 672, 3.8 GHz: the paper's */

struct ledger {
    u64 total;              /* of all charges */
    u64 cycles[COST_COUNT];
    u64 count[COST_COUNT];
};

/* Charge the account's own price, or `cycles` more or less than it. */
static inline void ledger_charge_cycles(struct ledger *l, enum account a, u32 cycles)
{
    assert(a < COST_COUNT);
    l->cycles[a] += cycles;
    l->count[a]++;
    l->total += cycles;
}
static inline void ledger_charge(struct ledger *l, enum account a)
{
    ledger_charge_cycles(l, a, cost_p4_672[a].cycles);
}
/* CPI of plain instructions: 1, chosen (the paper's 6.3 gives a plain store 1 cycle). */
u64 ledger_total(const struct ledger *l, u64 retired);

#endif
