/* run.h - into the cache and out of it. */
#ifndef BT_RUN_H
#define BT_RUN_H

#include "bt/recover.h"
#include "vmm/frame.h"

/* The engine's own causes: arg[0]; arg[1] is the stub. */
enum bt_cause { BT_CAUSE_CALLOUT, BT_CAUSE_CONTINUE, BT_CAUSE_MISS };

bool run_can(const struct vmm *v);
void run_enter(struct vmm *v);
void run_trap(struct vmm *v, unsigned slot, struct cause *cause);
bool run_peek(const struct vmm *v, struct peek *out);

#endif
