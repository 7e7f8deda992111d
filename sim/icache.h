/* icache.h - decoded blocks: the fast way to run, never a truth of its own.
 *
 * A block is a run of instructions within one page, keyed by machine-physical address and mode.  It is
 * entered only when the budget covers it; otherwise its instructions are stepped with the same
 * handlers.  A store into decoded code (128-byte granules) drops the blocks it hits; the running one
 * ends after the storing instruction.  Dropping everything at any step changes nothing. */
#ifndef SIM_ICACHE_H
#define SIM_ICACHE_H

#include "sim/machine.h"

MUST_CHECK bool icache_init(struct hw *m);
void icache_free(struct hw *m);
void icache_drop(struct hw *m);
/* RAM [pa, pa+len) is about to change (any writer): drop blocks in the granules hit. */
void icache_written(struct hw *m, u32 pa, u32 len);
/* The architectural TLB's entry of the page at la gave way to another's. */
void icache_displaced(struct hw *m, u32 la);
/* Does this frame hold decoded code (then it must not be in the host write TLB)? */
bool icache_has_code(const struct hw *m, u32 frame);

enum run_result { RUN_BUDGET /* steps or ticks used up, or nothing fits */, RUN_FAULT, RUN_SYNC,
                  RUN_AGAIN /* inside icache.c only */ };
/* Execute plain instructions until one needs the outer loop (sim/machine.c):
 *   RUN_BUDGET  the next instruction would pass budget_steps or budget_ticks
 *   RUN_FAULT   *fault is set, EIP at the faulting instruction
 *   RUN_SYNC    the next instruction (or what follows the last one) needs the outer loop's checks:
 *               ENDS_SYNC operations, interrupt shadow, TF, page-crossing code, cold ops
 * On return everything is exact: eip, eflags, state->step/retired/count. */
enum run_result icache_run(struct hw *m, u64 budget_steps, u64 budget_ticks, fault_t *fault);

#endif
