/* tlb.h - the two TLBs.
 *
 * The architectural one (arena) holds frames and rights: stale entries are architecture.  It is direct
 * mapped, so what is replaced depends on fills alone.  The host-side one (outside) holds host
 * addresses for accesses that need no care: same index, dropped with the architectural entry. */
#ifndef SIM_TLB_H
#define SIM_TLB_H

#include "sim/api/paging.h"
#include "sim/torture.h"

enum { TLB_ENTRIES = 1 << TLB_BITS };

/* An entry is valid while its generation is the TLB's (of its kind: global pages have their own), so
 * that flushing is counting.  Generations start at 1: zeroed entries are not valid. */
struct tlb_entry {
    u32 la;         /* page address */
    u32 frame;      /* PTE_FRAME | rights PTE_W U G D, and PTE_PS: part of a large page */
    u32 generation;
};
struct tlb {
    u32 generation, global_generation;
    u32 large[32]; /* one bit 4 MB of linear addresses: there may be parts of a large page */
    struct tlb_entry entry[TLB_ENTRIES];
};

/* One host entry: an access of `size` bytes at la is served when (la ^ tag) <= 4096 - size. */
struct hostpage {
    u64 tag;    /* page address, or HOSTPAGE_NONE */
    u8 *addend; /* host = addend + la; NULL: not made since the last drop */
};
#define HOSTPAGE_NONE (1ull << 32)

enum { HOST_READ, HOST_WRITE, HOST_KINDS };
enum { HOST_FILLS = 512 };
struct hosttlb {
    struct hostpage page[2 /* supervisor, user */][HOST_KINDS][TLB_ENTRIES];
    u16 fill[HOST_FILLS]; /* where entries were made since the last drop, to drop just those */
    u32 fills;            /* may pass HOST_FILLS: then all are dropped */
    u64 fetched[(TLB_ENTRIES + 63) / 64]; /* indices that links rely on since the epoch began */
    u64 fetch_epoch;      /* grows whenever a link between blocks may have become wrong (links.h) */
    u64 link_epoch;       /* links from before this one never hold again */
};

struct hw;
static inline bool tlb_entry_is(const struct tlb *t, const struct tlb_entry *e, u32 la)
{
    return e->la == PTE_FRAME(la) &&
           e->generation == (e->frame & PTE_G ? t->global_generation : t->generation);
}
static inline bool tlb_has_large(const struct tlb *t, u32 la)
{
    return t->large[la >> 27] >> (la >> 22 & 31) & 1;
}
static inline u32 tlb_index(u32 la) { return la >> PAGE_SHIFT & (TLB_ENTRIES - 1); }
/* A link between blocks will rely on the entry of the page at la. */
static inline void hosttlb_fetched(struct hosttlb *h, u32 la)
{
    h->fetched[tlb_index(la) / 64] |= 1ull << (tlb_index(la) % 64);
}
void tlb_flush_all(struct hw *m, bool keep_global); /* MOV CR3, VM entry/exit (26.3.2.5): not global */
void tlb_flush_page(struct hw *m, u32 la);
void hosttlb_reset(struct hosttlb *h);  /* as after allocation */
void hosttlb_drop(struct hw *m);        /* all host entries; architecture untouched */
void hosttlb_drop_writes(struct hw *m); /* pages were cleaned, or code bits set */
void hosttlb_drop_frame_writes(struct hw *m, u32 frame); /* code was decoded in this frame */

/* Translate for the machine.  On success *pa is machine-physical; A/D set as silicon does. */
MUST_CHECK fault_t mmu_translate(struct hw *m, u32 la, unsigned access, u32 *pa);
/* Loads and stores at linear addresses, any alignment, page crossing checked before writing. */
MUST_CHECK fault_t mmu_read(struct hw *m, u32 la, unsigned size, unsigned access, u32 *value);
MUST_CHECK fault_t mmu_write(struct hw *m, u32 la, unsigned size, unsigned access, u32 value);
MUST_CHECK fault_t mmu_probe(struct hw *m, u32 la, unsigned size, unsigned access);
/* The same without any effect, for views and breakpoints: false when nothing is mapped. */
bool mmu_peek(const struct hw *m, u32 la, u32 *pa);

#endif
