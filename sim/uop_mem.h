/* uop_mem.h - how handlers reach memory: a host address when the access needs no care, else the rules. */
#ifndef SIM_UOP_MEM_H
#define SIM_UOP_MEM_H

#include "sim/uop.h"

ALWAYS_INLINE u32 uop_offset(const struct arch *c, const struct uop *u)
{
    return c->reg[u->base] + (c->reg[u->index] << u->scale) + u->disp;
}

/* A 16-bit address, and one of either kind. */
ALWAYS_INLINE u32 uop_offset_short(const struct arch *c, const struct uop *u)
{
    return (u16)uop_offset(c, u);
}

ALWAYS_INLINE u32 uop_offset_any(const struct arch *c, const struct uop *u)
{
    return u->addr == ADDR_SHORT ? uop_offset_short(c, u) : uop_offset(c, u);
}

/* Slow halves: value in the low word, fault in the high one. */
NOINLINE u64 uop_load_slow(struct hw *m, unsigned seg, u32 offset, unsigned size, bool write_too);
NOINLINE fault_t uop_store_slow(struct hw *m, unsigned seg, u32 offset, unsigned size, u32 value);

/* Host address of a plain access, NULL when it needs care. */
ALWAYS_INLINE u8 *host_address(const struct hostpage *pages, u32 base, u32 end, u32 offset,
                               unsigned size)
{
    u32 la = base + offset;
    const struct hostpage *p = &pages[tlb_index(la)];
    if (likely(offset < end && ((u64)la ^ p->tag) <= PAGE_SIZE - size))
        return p->addend + la;
    return NULL;
}

ALWAYS_INLINE u8 *uop_readable(struct hw *m, unsigned seg, u32 offset, unsigned size)
{
    const struct segfast *s = &m->segfast[seg];
    return host_address(m->host_read, s->base, s->rd_end, offset, size);
}

ALWAYS_INLINE u8 *uop_writable(struct hw *m, unsigned seg, u32 offset, unsigned size)
{
    const struct segfast *s = &m->segfast[seg];
    return host_address(m->host_write, s->base, s->wr_end, offset, size);
}

ALWAYS_INLINE u64 uop_load(struct hw *m, unsigned seg, u32 offset, unsigned size)
{
    const u8 *p = uop_readable(m, seg, offset, size);
    return likely(p != NULL) ? host_load(p, size) : uop_load_slow(m, seg, offset, size, false);
}

ALWAYS_INLINE fault_t uop_store(struct hw *m, unsigned seg, u32 offset, unsigned size, u32 value)
{
    u8 *p = uop_writable(m, seg, offset, size);
    if (unlikely(p == NULL))
        return uop_store_slow(m, seg, offset, size, value);
    host_store(p, size, value);
    return FAULT_NONE;
}

/* ---- flat segments: what would pass the limit would cross a page, and needs care anyway ---- */
/* A handler for them, or for 16-bit addresses, is a leaf: what needs care it leaves to the handler for any
 * segment and address (a tail call). */

ALWAYS_INLINE bool is_flat_addr(enum uop_addr how) { return how == ADDR_FLAT || how == ADDR_INDEX; }

ALWAYS_INLINE u32 flat_offset(const struct arch *c, const struct uop *u, enum uop_addr how)
{
    return how == ADDR_INDEX ? uop_offset(c, u) : c->reg[u->base] + u->disp;
}

ALWAYS_INLINE const struct hostpage *flat_page(const struct hostpage *pages, u32 la)
{
    enum { SHIFT = 4 };
    _Static_assert(sizeof *pages == 1 << SHIFT, "one shift finds the entry");
    u32 at = la >> (PAGE_SHIFT - SHIFT) & (TLB_ENTRIES - 1) << SHIFT;
    return (const struct hostpage *)((const u8 *)pages + at);
}

ALWAYS_INLINE bool page_serves(const struct hostpage *p, u32 la, unsigned size)
{
    return likely((la ^ p->tag) <= PAGE_SIZE - size);
}

/* Its page is missing (tlb.c): when nothing is unusual it is there afterwards, and the handler of u begins
 * again, so it may have read nothing yet that the walk changes; else u is for the careful one. */
fault_t uop_missed_load(struct hw *m, struct arch *c, const struct uop *u, u32 la, uop_fn *careful);
fault_t uop_missed_store(struct hw *m, struct arch *c, const struct uop *u, u32 la, uop_fn *careful);
/* The same for the address of u's memory operand, found anew: it need not be kept while all is well. */
fault_t uop_missed_operand(struct hw *m, struct arch *c, const struct uop *u, uop_fn *careful);
fault_t uop_missed_result(struct hw *m, struct arch *c, const struct uop *u, uop_fn *careful);

ALWAYS_INLINE fault_t load_fault(u64 loaded) { return (fault_t)(loaded >> 32); }

#endif
