/* charge.h - the monitor's own paths go into the ledger at the table's price. */
#ifndef VMM_CHARGE_H
#define VMM_CHARGE_H

#include "sim/api/cost.h"
#include "vmm/vmm.h"

static inline void vmm_charge(struct vmm *v, enum account account)
{
    hw_charge(v->hw, account, cost_p4_672[account].cycles);
}
static inline void vmm_event(struct vmm *v, enum vmm_event kind, u32 a0, u32 a1, u32 a2)
{
    if (hw_event_wanted(v->hw, kind))
        hw_event(v->hw, kind, a0, a1, a2, 0);
}

#endif
