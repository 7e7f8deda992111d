/* icache.h - decoded blocks: the fast way to run, never a truth of its own.
 *
 * A block is a run of instructions within one page, keyed by machine-physical address and mode.  It is
 * entered only when the budget covers it; otherwise its instructions are stepped with the same
 * handlers.  A store into a block's bytes takes it out of use until it is mended or built again
 * (icache_store.c); the running one ends after the storing instruction.  Dropping everything at any step
 * changes nothing. */
#ifndef SIM_ICACHE_H
#define SIM_ICACHE_H

#include "sim/machine.h"

MUST_CHECK bool icache_init(struct hw *m);
void icache_free(struct hw *m);
void icache_drop(struct hw *m);
/* RAM [pa, pa+len) is about to change (any writer): blocks there are not live any more. */
void icache_written(struct hw *m, u32 pa, u32 len);
/* The architectural TLB's entry of the page at la was lost, or leads elsewhere now. */
void icache_displaced(struct hw *m, u32 la);
/* Does this frame hold decoded code (then it must not be in the host write TLB)? */
bool icache_has_code(const struct hw *m, u32 frame);
/* Inside a block, where time and EIP are not exact? */
bool icache_is_running(const struct hw *m);

/* The running block's translation was lost.  u, of that block, is fetched; true: it is where it was. */
struct uop;
bool icache_refetch(struct hw *m, const struct uop *u);
/* A link from the end of the running block does not hold; it does again, if it stays within the page. */
struct uop_link;
bool icache_relink(struct hw *m, struct uop_link *link);

/* Execute instructions until the next one would pass the budget, or it (or what follows the last one)
 * needs the outer loop's checks (sim/machine.c): interrupt shadow, TF, page-crossing code, a device's
 * wish; perhaps none at all.  Faults are delivered.  On return everything is exact: eip, eflags,
 * state->step/retired/count. */
void icache_run(struct hw *m, u64 budget_steps, u64 budget_ticks);

/* For icache.c (icache_mode.c): whether the mode is one that blocks are made for; whether an operation leaves
 * every device alone; whether a boundary has nothing to see to, and nobody to tell. */
bool icache_mode_fits(const struct hw *m);
bool icache_touches_no_device(unsigned op);
bool icache_quiet(const struct hw *m);

#endif
