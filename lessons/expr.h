/* expr.h - expressions over a world: conditions, print, lesson checks.  Pure.
 *
 *   names     eax..edi, ax, al.., eip, eflags, cf zf sf of af pf if df tf iopl, cs..gs, cr0 cr2 cr3 cr4, cpl,
 *             tick, step, symbols of the image; a leading $ or % is allowed
 *   real.NAME the real processor's register (real.cpl, real.if ...); without it: what the guest believes
 *   arg0..3, kind   of the event that stopped (conditions of catch)
 *   cycles, cost.NAME   the ledger;   count.EVENTNAME   how often an event happened so far (if recorded)
 *   byte[e] word[e] dword[e]   guest linear memory (also {u8}e style: *e is dword[e])
 *   operators of C with C's precedence, decimal, 0x, 0b numbers, 'c' */
#ifndef LESSONS_EXPR_H
#define LESSONS_EXPR_H

#include "lessons/world.h"

struct expr_context {
    const struct world *world;
    const struct event *event;          /* may be NULL */
    const u64 *event_counts;            /* EVENT_KINDS entries, may be NULL */
};
/* false: error says what and error_at is the offset into text for the caret. */
bool expr_eval(const char *text, const struct expr_context *ctx, u64 *value, char *error,
               size_t error_size, int *error_at);

#endif
