/* icache_impl.h - what icache.c and icache_store.c share. */
#ifndef SIM_ICACHE_IMPL_H
#define SIM_ICACHE_IMPL_H

#include "sim/icache.h"
#include "sim/uop_link.h"

enum {
    BLOCK_MAX = 32,          /* instructions */
    BLOCKS = 1 << 14, UOPS = 1 << 18, COLDS = 1 << 14, HASH = 1 << 14,
    GRANULE_SHIFT = 6,       /* 64 bytes: stores elsewhere in a frame look no closer */
    SECTOR_SHIFT = 9, SECTORS = PAGE_SIZE >> SECTOR_SHIFT, /* no block is longer than a sector */
    STALE_MAX = 16,          /* stores into a block that is not run again */
    NO_BLOCK = 0,            /* index 0 is never used */
};

enum block_kind { BLOCK_PLAIN, BLOCK_COLD /* one instruction for isa.h */, BLOCK_REP,
                  BLOCK_GONE /* discarded */ };

struct block {
    struct uop *code;        /* plain blocks: the first uop, behind its head */
    u32 pa, eip;             /* blocks know their EIP: code in two places is two blocks; and so with mode */
    u32 first, end;          /* its uops without head and links, or its instruction in colds */
    u32 hash_next, sector_next;
    u32 weight;              /* ticks of the whole block */
    u32 need;                /* ticks there must be left: no instruction begins when none is */
    u16 count, bytes;        /* instructions, bytes */
    u16 stale_from, stale_to;/* offsets of the bytes stored into since it was decoded; empty: from >= to */
    u8 kind, ends;
    u8 mode;                 /* RUN_ bits it is made for */
    u8 live;                 /* may be run as it is */
    u8 cut;                  /* its uops leave (icache_cut) */
    u8 hits;                 /* stores since it stopped being live */
    u8 imm_len;              /* bytes of the immediate that was mended last; 0: none */
    u16 imm_at, imm_uop;     /* its offset from pa; its uop's place behind first */
    u8 pad[1];
};
_Static_assert(BLOCK_MAX * INSN_MAX <= 1 << SECTOR_SHIFT, "a block reaches into the next sector at most");
typedef u64 granules_t;      /* a bit for each granule of a frame */

struct icache {
    struct block block[BLOCKS];
    struct uop uop[UOPS];
    uop_fn *kept[UOPS];      /* handlers of uops that were cut */
    struct insn cold[COLDS];
    u32 block_used, uop_used, cold_used;
    u32 hash[HASH];
    struct uop_jump jump[UOP_JUMPS];
    u64 drops;               /* how often everything was dropped */
    granules_t *granules;    /* of each frame: where decoded code is */
    u32 *sector_first;       /* blocks that begin in each sector of each frame */
    u32 frames;
    u32 left_pa;             /* of the instruction at which a block was left */
    bool told;               /* the store at hand was told of (HW_SMC) */
};

static inline u32 icache_hash(u32 pa) { return (pa ^ pa >> 12) & (HASH - 1); }

static inline u32 *icache_sector(struct icache *ic, u32 pa) { return &ic->sector_first[pa >> SECTOR_SHIFT]; }

static inline granules_t icache_granules(u32 pa, u32 bytes)
{
    u32 first = (pa & (PAGE_SIZE - 1)) >> GRANULE_SHIFT;
    u32 last = ((pa & (PAGE_SIZE - 1)) + bytes - 1) >> GRANULE_SHIFT;
    return (~0ull >> (63 - last)) & ~((1ull << first) - 1);
}

static inline struct block *icache_running(const struct hw *m)
{
    return m->run_entry ? &m->icache->block[uop_head(m->run_entry)->block] : NULL;
}

static inline struct uop_head *icache_head(const struct block *b)
{
    return (struct uop_head *)(b->code - 1);
}

/* Nothing is known of where b leads. */
static inline void icache_unlink(struct icache *ic, const struct block *b)
{
    static const struct uop_link none = { LINK_NEVER, NULL };
    *(struct uop_links *)&ic->uop[b->end] = (struct uop_links){ { none, none } };
}

bool icache_decode(const struct hw *m, unsigned mode, u32 pa, struct insn *in);
/* The running block (NULL: none) leaves before its next instruction. */
void icache_cut(struct hw *m, struct block *b);
/* Make a block that is not live what the bytes in memory say.  false: it has to be built again. */
MUST_CHECK bool icache_mended(struct hw *m, struct block *b);
/* Out of all lists; its place is used again when everything is dropped.  Granules stay marked. */
void icache_discard(struct hw *m, u32 index);

#endif
