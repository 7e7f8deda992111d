/* chain.h - continuations: executed once, then patched away (the paper, 3.2). */
#ifndef BT_CHAIN_H
#define BT_CHAIN_H

#include "vmm/vmm.h"

/* The stub of this continuation was executed; the vcpu stands at its target. */
void chain_continue(struct vmm *v, u32 stub);
/* Mappings may have changed: whatever crosses a page is looked up again. */
void chain_forget_slots(struct vmm *v);
/* Find or translate the unit at eip.  False: no memory there, or the guest's tables deny it. */
bool chain_find(struct vmm *v, u32 eip, bool plain, u32 *unit);

#endif
