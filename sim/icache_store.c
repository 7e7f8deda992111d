/* icache_store.c - stores into decoded code.
 *
 * A block that is stored into is no longer live: nothing enters it, because its head asks for more than any
 * budget has.  When it is wanted again, the instructions whose bytes changed are decoded again; as long
 * as only immediates and displacements are others, the block is mended in place, with all that leads to
 * it.  Otherwise it is built anew. */
#include "sim/icache_impl.h"

#include <string.h>

#define AMOUNT_NEVER AMOUNT(0x7fffffff, 0x7fffffff)

void icache_cut(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    if (!b || b->cut)
        return;
    b->cut = 1;
    for (u32 i = b->first; i < b->end; i++) {
        ic->kept[i] = ic->uop[i].exec;
        ic->uop[i].exec = uop_resync;
    }
}

static void unlink_hash(struct icache *ic, u32 index)
{
    u32 *at = &ic->hash[icache_hash(ic->block[index].pa)];
    while (*at != index)
        at = &ic->block[*at].hash_next;
    *at = ic->block[index].hash_next;
}

/* Nothing enters it any more; the running one leaves. */
static void kill_block(struct hw *m, struct block *b)
{
    if (!b->live)
        return;
    b->live = b->hits = 0;
    b->stale_from = b->bytes;
    b->stale_to = 0;
    if (b->kind == BLOCK_PLAIN)
        icache_head(b)->amount = AMOUNT_NEVER;
    if (b == icache_running(m))
        icache_cut(m, b);
}

/* Where decoded code is in this frame, found again. */
static granules_t granules_of(struct icache *ic, u32 frame)
{
    granules_t all = 0;
    for (u32 sector = 0; sector < SECTORS; sector++) {
        u32 i = ic->sector_first[frame * SECTORS + sector];
        for (; i != NO_BLOCK; i = ic->block[i].sector_next)
            all |= icache_granules(ic->block[i].pa, ic->block[i].bytes);
    }
    return all;
}

void icache_discard(struct hw *m, u32 index)
{
    struct icache *ic = m->icache;
    struct block *b = &ic->block[index];
    u32 *at = icache_sector(ic, b->pa);
    kill_block(m, b);
    unlink_hash(ic, index);
    while (*at != index)
        at = &ic->block[*at].sector_next;
    *at = b->sector_next;
    b->kind = BLOCK_GONE;
}

/* The bytes [from, to) of b, by offset, change.  true: it is worth keeping. */
static bool stored_into(struct hw *m, struct block *b, u32 from, u32 to)
{
    if (b->live && !m->icache->told) { /* once a store, however many blocks have the instruction */
        machine_event(m, HW_SMC, b->pa + from, 0, 0, 0);
        m->icache->told = true;
    }
    kill_block(m, b);
    b->stale_from = from < b->stale_from ? (u16)from : b->stale_from;
    b->stale_to = to > b->stale_to ? (u16)to : b->stale_to;
    return b->kind == BLOCK_PLAIN && ++b->hits < STALE_MAX;
}

/* The blocks that begin in the sector of `from` and that [pa, pa+len) hits. */
static void stored_in_sector(struct hw *m, u32 from, u32 pa, u32 len)
{
    struct icache *ic = m->icache;
    u32 next;
    for (u32 i = *icache_sector(ic, from); i != NO_BLOCK; i = next) {
        struct block *b = &ic->block[i];
        next = b->sector_next;
        if (likely(pa + len - 1 - b->pa >= b->bytes + len - 1))
            continue;
        u32 first = pa > b->pa ? pa - b->pa : 0, end = pa + len - b->pa;
        if (stored_into(m, b, first, end < b->bytes ? end : b->bytes))
            continue;
        icache_discard(m, i);
        ic->granules[pa >> PAGE_SHIFT] = granules_of(ic, pa >> PAGE_SHIFT);
    }
}

/* Within one frame. */
static void stored(struct hw *m, u32 pa, u32 len)
{
    u32 sector = pa >> SECTOR_SHIFT, last = (pa + len - 1) >> SECTOR_SHIFT;
    if (likely(!(m->icache->granules[pa >> PAGE_SHIFT] & icache_granules(pa, len))))
        return;
    m->icache->told = false;
    if (sector % SECTORS)
        sector--; /* blocks reach that far */
    for (; sector <= last; sector++)
        stored_in_sector(m, sector << SECTOR_SHIFT, pa, len);
}

void icache_written(struct hw *m, u32 pa, u32 len)
{
    while (len) {
        u32 room = PAGE_SIZE - (pa & (PAGE_SIZE - 1));
        u32 now = len < room ? len : room;
        if (m->icache->granules[pa >> PAGE_SHIFT])
            stored(m, pa, now);
        pa += now;
        len -= now;
    }
}

/* When an access of the running block did that to its own page, the next instruction is fetched anew. */
void icache_displaced(struct hw *m, u32 la)
{
    struct block *b = icache_running(m);
    if (b && b->live && PTE_FRAME(m->arch->seg[CS].base + b->eip) == PTE_FRAME(la))
        kill_block(m, b);
}

/* ---- mending ---- */

/* Operations that do the same to flags and to the block whatever their immediate and displacement are: what
 * was decided of the instructions around them (quiet.c) still holds. */
static bool can_mend(unsigned op)
{
    switch (op) {
    case OP_MOV: case OP_MOVZX: case OP_MOVSX: case OP_LEA: case OP_PUSH: case OP_ADD: case OP_OR:
    case OP_ADC: case OP_SBB: case OP_AND: case OP_SUB: case OP_XOR: case OP_CMP: case OP_TEST:
    case OP_JMP: case OP_JCC: case OP_CALL: return true;
    default: return false;
    }
}

/* Is u, where nothing but immediate and displacement may differ, the uop of `in`?  next: the uop behind it,
 * NULL behind the block's last. */
static bool is_same_form(const struct insn *in, const struct uop *u, const struct uop *next,
                         struct uop *now)
{
    if (now->len != u->len || now->dst != u->dst || now->src != u->src || now->base != u->base ||
        now->index != u->index || now->scale != u->scale || now->seg != u->seg || now->cc != u->cc)
        return false;
    return now->exec == u->exec || uop_alu_quiet(in, now) == u->exec ||
           (next && uop_fuse(now, in, next) && now->exec == u->exec);
}

static bool mend_uop(struct hw *m, struct block *b, u32 i)
{
    struct uop *u = &m->icache->uop[i];
    struct insn in;
    struct uop now;
    if (!icache_decode(m, b->mode, b->pa + u->off, &in) || !can_mend(in.op) ||
        !uop_make(&in, b->mode, &now) || uop_keeps_insn(&in, &now))
        return false;
    uop_place(&in, &now, b->eip + u->off + now.len);
    if (!is_same_form(&in, u, i + 1 < b->end ? u + 1 : NULL, &now))
        return false;
    u->imm = now.imm;
    u->disp = now.disp;
    b->imm_len = now.imm == in.imm ? in.imm_len : 0;
    b->imm_at = (u16)(u->off + now.len - in.imm_len);
    b->imm_uop = (u16)(i - b->first);
    return true;
}

/* Only the immediate changed that was mended last: what decoding it would give is known. */
static bool mend_immediate(struct hw *m, const struct block *b)
{
    if (b->stale_from < b->imm_at || b->stale_to > b->imm_at + b->imm_len)
        return false;
    const u8 *bytes = m->ram + b->pa + b->imm_at;
    u32 imm = bytes[0];
    if (b->imm_len == 4)
        memcpy(&imm, bytes, 4);
    else if (b->imm_len == 2)
        imm |= (u32)bytes[1] << 8;
    m->icache->uop[b->first + b->imm_uop].imm = imm;
    return true;
}

/* The instructions whose bytes changed, one by one. */
static bool mend_uops(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    bool jumps_elsewhere = false;
    for (u32 i = b->first; i < b->end; i++) {
        struct uop *u = &ic->uop[i];
        if (u->off >= b->stale_to)
            break;
        u32 target = u->imm;
        if (u->len && u->off + u->len > b->stale_from && !mend_uop(m, b, i))
            return false;
        jumps_elsewhere |= i + 1 == b->end && u->imm != target;
    }
    if (jumps_elsewhere)
        icache_unlink(ic, b);
    return true;
}

bool icache_mended(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    if (b->live)
        return true;
    if (b->kind != BLOCK_PLAIN || b->pa - m->state->tc_base < m->state->tc_size)
        return false; /* in the translation cache weights change with the code */
    for (u32 i = b->first; b->cut && i < b->end; i++)
        ic->uop[i].exec = ic->kept[i];
    b->cut = 0;
    if (!(b->imm_len && mend_immediate(m, b)) && !mend_uops(m, b))
        return false;
    b->live = 1;
    icache_head(b)->amount = AMOUNT(b->count, b->weight);
    return true;
}
