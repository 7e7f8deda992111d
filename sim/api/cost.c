#include "sim/api/cost.h"

const struct cost_info cost_p4_672[COST_COUNT] = {
#define C(id, cycles, name, text, source) [COST_##id] = { cycles, name, text, source },
#include "sim/api/cost.def"
#undef C
};

void ledger_charge_cycles(struct ledger *l, enum account a, u32 cycles)
{
    assert(a < COST_COUNT);
    l->cycles[a] += cycles;
    l->count[a]++;
    l->total += cycles;
}

void ledger_charge(struct ledger *l, enum account a)
{
    ledger_charge_cycles(l, a, cost_p4_672[a].cycles);
}

u64 ledger_total(const struct ledger *l, u64 retired)
{
    return l->total + retired * cost_p4_672[COST_PLAIN].cycles;
}
