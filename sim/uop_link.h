/* uop_link.h - from one decoded block to the next.
 *
 *   a block in memory:  uop_head | uop ... uop | uop_links     (32 bytes each)
 *
 * The last handler of a block follows the block's link when it holds and the budget covers all of the next
 * block; else it leaves to the run loop (icache.c), which makes the link. */
#ifndef SIM_UOP_LINK_H
#define SIM_UOP_LINK_H

#include "sim/uop.h"

/* Instructions in the low half, ticks in the high half; both are below 2^31. */
typedef u64 amount_t;
#define AMOUNT(instructions, ticks) ((u64)(ticks) << 32 | (u32)(instructions))
#define AMOUNT_SPENT 0x8000000080000000ull /* after a subtraction: one of the halves went below zero */

/* Stands before a block's first uop. */
struct uop_head {
    amount_t amount; /* of the whole block */
    u32 eip;
    u32 block;       /* its number */
    u32 pad[4];
};
/* Where a block goes next; holds while key is the machine's link_key. */
struct uop_link { u64 key; const struct uop *entry; };
/* Behind a block's last uop: not taken, taken. */
struct uop_links { struct uop_link way[2]; };
_Static_assert(sizeof(struct uop_head) == sizeof(struct uop), "takes the place of a uop");
_Static_assert(sizeof(struct uop_links) == sizeof(struct uop), "takes the place of a uop");
/* Where jumps to any address went last, by hash of EIP; a link that also asks for EIP. */
struct uop_jump { u32 eip; u32 block; struct uop_link link; u64 pad; /* a power of two: found by a shift */ };
enum { UOP_JUMPS = 1 << 12 };

ALWAYS_INLINE const struct uop_head *uop_head(const struct uop *entry)
{
    return (const struct uop_head *)(entry - 1);
}

/* The instruction that u keeps. */
const struct insn *uop_insn(const struct hw *m, const struct uop *u);

ALWAYS_INLINE struct uop_jump *uop_jump(struct uop_jump *jumps, u32 eip)
{
    return &jumps[(eip ^ eip >> 12) & (UOP_JUMPS - 1)];
}

/* Jump to eip through the run loop; from: the jump, link: the one to make, or NULL.  A target beyond
 * CS.limit is #GP(0) on the jump. */
fault_t uop_out(struct hw *m, struct arch *c, const struct uop *from, u32 eip, struct uop_link *link);

/* Does the budget cover the block that begins at entry? */
ALWAYS_INLINE bool uop_covered(const struct hw *m, const struct uop *entry)
{
    return !((m->run_left - uop_head(entry)->amount) & AMOUNT_SPENT);
}

/* Enter the block that link, which holds, leads to. */
ALWAYS_INLINE fault_t uop_enter(struct hw *m, struct arch *c, const struct uop *from, u32 eip,
                                struct uop_link *link)
{
    const struct uop *entry = link->entry;
    amount_t left = m->run_left - uop_head(entry)->amount;
    if (unlikely(left & AMOUNT_SPENT))
        return uop_out(m, c, from, eip, link);
    m->run_left = left;
    m->run_entry = entry;
    return entry->exec(m, c, entry);
}

ALWAYS_INLINE struct uop_link *uop_link(const struct uop *last, bool taken)
{
    return &((struct uop_links *)(last + 1))->way[taken];
}

ALWAYS_INLINE bool uop_linked(const struct hw *m, const struct uop *last, bool taken)
{
    return uop_link(last, taken)->key == m->link_key;
}

/* The end of a block whose last uop is `last`: to eip, one of two fixed targets. */
ALWAYS_INLINE fault_t uop_goto(struct hw *m, struct arch *c, const struct uop *last, u32 eip, bool taken)
{
    if (unlikely(!uop_linked(m, last, taken)))
        return uop_out(m, c, last, eip, uop_link(last, taken));
    return uop_enter(m, c, last, eip, uop_link(last, taken));
}

/* The same for a target that was computed. */
ALWAYS_INLINE fault_t uop_goto_any(struct hw *m, struct arch *c, const struct uop *last, u32 eip)
{
    struct uop_jump *j = uop_jump(m->run_jumps, eip);
    if (unlikely(j->eip != eip || j->link.key != m->link_key))
        return uop_out(m, c, last, eip, NULL);
    return uop_enter(m, c, last, eip, &j->link);
}

#endif
