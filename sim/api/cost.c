#include "sim/api/cost.h"

const struct cost_info cost_p4_672[COST_COUNT] = {
#define C(id, cycles, name, text, source) [COST_##id] = { cycles, name, text, source },
#include "sim/api/cost.def"
#undef C
};

u64 ledger_total(const struct ledger *l, u64 retired)
{
    return l->total + retired * cost_p4_672[COST_PLAIN].cycles;
}
