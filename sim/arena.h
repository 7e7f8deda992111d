/* arena.h - all that the guest can feel, in one piece of memory without pointers.
 *
 *   0            ARENA_HOT            paged part: RAM first, then what is allocated after it
 *   +------------+--------------------------------------------------------------+
 *   | hot, 64 KiB| RAM ...                                     | console | ...   |
 *   +------------+--------------------------------------------------------------+
 *
 * The hot part is copied whole at each snapshot.  The paged part is written only after arena_touch
 * has marked its pages (docs/arena.md says who does).  Host memory is taken only for pages
 * touched.  The same world at two base addresses is equal byte for byte. */
#ifndef SIM_ARENA_H
#define SIM_ARENA_H

#include "sim/api/base.h"

enum { ARENA_HOT = 64 * 1024 };

struct arena {              /* the descriptor lives outside the arena */
    u8 *base;
    u64 size;               /* bytes reserved, hot part included */
    u32 hot_used;
    u64 paged_used;         /* offset where the next paged allocation starts */
    u8 *dirty;              /* one byte a page: bit 0 marked, bit 1 was marked before */
    u32 *dirty_list;        /* pages marked since the last arena_clean, unordered */
    u32 dirty_count, page_count;
};

/* Reserve at most `size` bytes (at `hint` when not NULL, for the two-bases test). */
MUST_CHECK bool arena_init(struct arena *a, u64 size, void *hint);
void arena_free(struct arena *a);
/* Allocation happens only while a world is built; memory is zero.  Offsets, never pointers, are kept. */
u32 arena_hot(struct arena *a, u32 bytes);   /* 16-byte aligned offset from base */
u64 arena_paged(struct arena *a, u64 bytes); /* page-aligned offset from base */

ALWAYS_INLINE void arena_touch_page(struct arena *a, u32 page)
{
    if (!(a->dirty[page] & 1)) {
        a->dirty[page] |= 1;
        a->dirty_list[a->dirty_count++] = page;
    }
}
void arena_touch(struct arena *a, u64 offset, u64 len);
void arena_clean(struct arena *a); /* forget all marks: a snapshot was taken or restored */
static inline u8 *arena_page(const struct arena *a, u32 page)
{
    return a->base + ARENA_HOT + (u64)page * PAGE_SIZE;
}
u64 arena_hash(const struct arena *a); /* of hot part and all touched pages; for tests */

#endif
