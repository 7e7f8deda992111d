#include "sim/icache.h"

#include <stdlib.h>
#include <string.h>

#include "sim/rep.h"
#include "sim/uop.h"

enum {
    BLOCK_MAX = 32,          /* instructions */
    BLOCKS = 1 << 14, UOPS = 1 << 18, COLDS = 1 << 13, HASH = 1 << 14, JUMPS = 1 << 12,
    GRANULE_SHIFT = 7,       /* 128 bytes: the granularity of "a store hit decoded code" */
    NO_BLOCK = 0,            /* index 0 is never used */
};

enum block_kind { BLOCK_PLAIN, BLOCK_COLD /* one instruction for isa.h */, BLOCK_REP };

struct block {
    u32 pa;
    u32 first;               /* of its uops, or its instruction in colds */
    u32 hash_next, page_next;
    u32 weight;              /* ticks of the whole block */
    u16 count, bytes;        /* instructions, bytes */
    u8 kind, live, ends, pad;
};

/* From a linear address to its block, valid while the translation that led there is. */
struct jump { u64 key; u32 frame; u32 block; };

struct icache {
    struct block block[BLOCKS];
    struct uop uop[UOPS];
    struct insn cold[COLDS];
    u32 block_used, uop_used, cold_used;
    u32 hash[HASH];
    struct jump jump[JUMPS];
    u32 *granules;           /* one bit a granule, one word a frame */
    u32 *page_first;         /* blocks of a frame */
    u32 frames;
    u32 running;             /* the block being executed */
};

bool icache_init(struct hw *m)
{
    m->icache = calloc(1, sizeof *m->icache);
    if (!m->icache)
        return false;
    m->icache->frames = m->ram_bytes >> PAGE_SHIFT;
    m->icache->granules = calloc(m->icache->frames, sizeof(u32));
    m->icache->page_first = calloc(m->icache->frames, sizeof(u32));
    m->icache->block_used = 1;
    return m->icache->granules && m->icache->page_first;
}

void icache_free(struct hw *m)
{
    if (!m->icache)
        return;
    free(m->icache->granules);
    free(m->icache->page_first);
    free(m->icache);
    m->icache = NULL;
}

/* The running block was dropped: it leaves before its next instruction. */
static void cut_running(struct icache *ic)
{
    struct block *b = &ic->block[ic->running];
    if (ic->running != NO_BLOCK && b->kind == BLOCK_PLAIN)
        for (u32 i = 0; i <= b->count; i++)
            ic->uop[b->first + i].exec = uop_resync;
}

void icache_drop(struct hw *m)
{
    struct icache *ic = m->icache;
    cut_running(ic);
    for (u32 i = 1; i < ic->block_used; i++) {
        u32 frame = ic->block[i].pa >> PAGE_SHIFT;
        ic->granules[frame] = 0;
        ic->page_first[frame] = NO_BLOCK;
        ic->block[i].live = 0;
    }
    if (ic->block_used > 1) {
        memset(ic->hash, 0, sizeof ic->hash);
        memset(ic->jump, 0, sizeof ic->jump);
    }
    ic->block_used = 1;
    ic->uop_used = ic->cold_used = 0;
}

bool icache_has_code(const struct hw *m, u32 frame)
{
    return m->icache->granules[frame >> PAGE_SHIFT] != 0;
}

/* ---- stores into code ---- */

static u32 granule_mask(u32 pa, u32 bytes)
{
    u32 first = (pa & (PAGE_SIZE - 1)) >> GRANULE_SHIFT;
    u32 last = ((pa & (PAGE_SIZE - 1)) + bytes - 1) >> GRANULE_SHIFT;
    return (u32)(((2ull << last) - 1) & ~((1ull << first) - 1));
}

static u32 hash_of(u32 pa) { return (pa ^ pa >> 12) & (HASH - 1); }

static void unlink_hash(struct icache *ic, u32 index)
{
    u32 *at = &ic->hash[hash_of(ic->block[index].pa)];
    while (*at != index)
        at = &ic->block[*at].hash_next;
    *at = ic->block[index].hash_next;
}

static void written_in_frame(struct hw *m, u32 pa, u32 len)
{
    struct icache *ic = m->icache;
    u32 frame = pa >> PAGE_SHIFT, hit = granule_mask(pa, len), left = 0;
    if (likely(!(ic->granules[frame] & hit)))
        return;
    machine_event(m, HW_SMC, pa, 0, 0, 0);
    u32 *at = &ic->page_first[frame];
    while (*at != NO_BLOCK) {
        struct block *b = &ic->block[*at];
        u32 mask = granule_mask(b->pa, b->bytes);
        if (!(mask & hit)) {
            left |= mask;
            at = &b->page_next;
            continue;
        }
        if (*at == ic->running)
            cut_running(ic);
        b->live = 0;
        unlink_hash(ic, *at);
        *at = b->page_next;
    }
    ic->granules[frame] = left;
}

void icache_written(struct hw *m, u32 pa, u32 len)
{
    while (len) {
        u32 room = PAGE_SIZE - (pa & (PAGE_SIZE - 1));
        u32 now = len < room ? len : room;
        if (m->icache->granules[pa >> PAGE_SHIFT])
            written_in_frame(m, pa, now);
        pa += now;
        len -= now;
    }
}

/* ---- building ---- */

static unsigned weight_at(const struct hw *m, u32 pa) { return machine_weight(m, pa); }

static bool decode_at(const struct hw *m, u32 pa, struct insn *in)
{
    unsigned room = PAGE_SIZE - (pa & (PAGE_SIZE - 1));
    return decode(m->ram + pa, room < INSN_MAX ? room : INSN_MAX, true, in) == DECODE_OK;
}

static void add_uop(struct hw *m, struct block *b, struct uop *u, u32 off)
{
    struct icache *ic = m->icache;
    u->off = (u16)off;
    u->idx = (u8)b->count;
    u->weight_sum = (u16)b->weight;
    ic->uop[ic->uop_used++] = *u;
    b->weight += weight_at(m, b->pa + off);
    b->count++;
    b->bytes = (u16)(off + u->len);
}

/* Fill b with plain instructions from b->pa on; false when the first is not plain. */
static bool build_plain(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    struct insn in, previous = { 0 };
    struct uop u;
    u32 off = 0, end = PAGE_SIZE - (b->pa & (PAGE_SIZE - 1));
    b->first = ic->uop_used;
    while (b->count < BLOCK_MAX && off < end && decode_at(m, b->pa + off, &in) &&
           uop_make(&in, &u)) {
        add_uop(m, b, &u, off);
        if (in.op == OP_JCC && b->count > 1)
            uop_fuse(&ic->uop[ic->uop_used - 2], &previous, &u); /* or stays as it is */
        if (op_info[in.op].ends == ENDS_JUMP)
            return true;
        off += in.len;
        previous = in;
    }
    if (b->count == 0)
        return false;
    u = (struct uop){ .exec = uop_end, .off = (u16)off, .idx = (u8)b->count,
                      .weight_sum = (u16)b->weight };
    ic->uop[ic->uop_used++] = u;
    return true;
}

static bool build_cold(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    struct insn *in = &ic->cold[ic->cold_used];
    if (!decode_at(m, b->pa, in))
        return false;
    b->first = ic->cold_used++;
    b->kind = in->rep ? BLOCK_REP : BLOCK_COLD;
    b->ends = op_info[in->op].ends;
    b->count = 1;
    b->bytes = in->len;
    b->weight = weight_at(m, b->pa);
    return true;
}

static void publish(struct hw *m, u32 index)
{
    struct icache *ic = m->icache;
    struct block *b = &ic->block[index];
    u32 frame = b->pa >> PAGE_SHIFT, slot = hash_of(b->pa);
    b->live = 1;
    b->hash_next = ic->hash[slot];
    ic->hash[slot] = index;
    b->page_next = ic->page_first[frame];
    ic->page_first[frame] = index;
    if (!ic->granules[frame])
        hosttlb_drop_frame_writes(m, frame << PAGE_SHIFT);
    ic->granules[frame] |= granule_mask(b->pa, b->bytes);
}

static u32 build(struct hw *m, u32 pa)
{
    struct icache *ic = m->icache;
    if (ic->block_used == BLOCKS || ic->uop_used + BLOCK_MAX + 1 > UOPS || ic->cold_used == COLDS)
        icache_drop(m);
    u32 index = ic->block_used;
    struct block *b = &ic->block[index];
    *b = (struct block){ .pa = pa };
    if (!build_plain(m, b) && !build_cold(m, b))
        return NO_BLOCK;
    ic->block_used++;
    publish(m, index);
    return index;
}

static u32 block_at(struct hw *m, u32 pa)
{
    struct icache *ic = m->icache;
    for (u32 i = ic->hash[hash_of(pa)]; i != NO_BLOCK; i = ic->block[i].hash_next)
        if (ic->block[i].pa == pa)
            return i;
    return build(m, pa);
}

/* ---- finding ---- */

/* Does the architectural TLB still lead from la to this frame, for this privilege? */
static bool still_mapped(const struct hw *m, u32 la, u32 frame)
{
    if (!(m->arch->cr0 & CR0_PG))
        return true;
    const struct tlb_entry *e = &m->state->tlb.entry[tlb_index(la)];
    return e->la == (PTE_FRAME(la) | 1) && PTE_FRAME(e->frame) == frame &&
           ((e->frame & PTE_U) || m->arch->cpl != 3);
}

static NOINLINE struct block *find_slow(struct hw *m, u32 la, u64 key)
{
    struct icache *ic = m->icache;
    u32 pa;
    fault_t f = mmu_translate(m, la, ACCESS_FETCH | (m->arch->cpl == 3 ? ACCESS_USER : 0), &pa);
    if (f || pa >= m->ram_bytes)
        return NULL; /* the careful way raises it */
    u32 index = block_at(m, pa);
    if (index == NO_BLOCK)
        return NULL;
    ic->jump[(la ^ la >> 12) & (JUMPS - 1)] = (struct jump){ key, PTE_FRAME(pa), index };
    return &ic->block[index];
}

/* The block at EIP, or NULL when the code there needs the careful way. */
static struct block *find(struct hw *m)
{
    const struct arch *c = m->arch;
    const struct seg *cs = &c->seg[CS];
    struct icache *ic = m->icache;
    u32 la = cs->base + c->eip;
    u64 key = (u64)m->hosttlb->fetch_epoch << 32 | la;
    const struct jump *j = &ic->jump[(la ^ la >> 12) & (JUMPS - 1)];
    struct block *b = &ic->block[j->block];
    if (unlikely(j->key != key || !b->live || !still_mapped(m, la, j->frame)))
        b = find_slow(m, la, key);
    if (b && unlikely(c->eip > cs->limit || cs->limit - c->eip < b->bytes - 1u))
        return NULL;
    return b;
}

/* ---- running ---- */

struct run { u64 steps, ticks; /* left */ };

static void spend(struct hw *m, struct run *r, u64 instructions, u64 weight)
{
    m->state->step += instructions;
    m->state->retired += instructions;
    m->state->count += weight;
    r->steps -= instructions;
    r->ticks -= weight;
}

static fault_t run_block(struct hw *m, struct block *b, struct run *r)
{
    const struct uop *u = &m->icache->uop[b->first];
    u32 count = b->count, weight = b->weight;
    m->run_eip = m->arch->eip;
    m->icache->running = (u32)(b - m->icache->block);
    fault_t f = u->exec(m, m->arch, u);
    m->icache->running = NO_BLOCK;
    if (unlikely(f)) {
        u = m->fault_uop;
        m->arch->eip = m->run_eip + u->off;
        count = u->idx;
        weight = u->weight_sum;
    }
    spend(m, r, count, weight);
    return f;
}

/* One instruction through the rules.  true: the loop may go on after it. */
static bool run_cold(struct hw *m, const struct block *b, struct run *r)
{
    u64 step = m->state->step, count = m->state->count;
    u32 next = m->arch->eip + b->bytes;
    u8 ends = b->ends; /* the block may be dropped while it runs */
    flags_fold(m);
    machine_execute(m, &m->icache->cold[b->first], b->weight);
    r->steps -= m->state->step - step;
    r->ticks -= m->state->count - count;
    return ends == ENDS_NOT && m->arch->eip == next;
}

static void run_rep(struct hw *m, const struct block *b, struct run *r)
{
    const struct insn *in = &m->icache->cold[b->first];
    u64 most = r->steps;
    if (b->weight && r->ticks / b->weight < most)
        most = r->ticks / b->weight;
    u64 done = rep_plain(m, in, most);
    if (done)
        spend(m, r, done, done * b->weight);
    else
        (void)run_cold(m, b, r);
}

/* Modes that blocks are made for: 32-bit code on a 32-bit stack. */
static bool mode_fits(const struct hw *m)
{
    return arch_code32(m->arch) && arch_stack32(m->arch) && !m->config.one_insn_blocks &&
           !machine_wants(m, HW_TLB_FILL) && !machine_wants(m, HW_WRITE) &&
           !machine_wants(m, HW_SMC);
}

static enum run_result leave(struct hw *m, enum run_result why)
{
    flags_fold(m);
    return why;
}

enum run_result icache_run(struct hw *m, u64 budget_steps, u64 budget_ticks, fault_t *fault)
{
    struct run r = { budget_steps, budget_ticks };
    if (!mode_fits(m))
        return RUN_SYNC;
    for (;;) {
        struct block *b = find(m);
        if (unlikely(!b))
            return leave(m, RUN_SYNC);
        if (b->kind == BLOCK_REP && r.steps && r.ticks >= b->weight) {
            run_rep(m, b, &r);
            return leave(m, RUN_SYNC);
        }
        if (unlikely(b->count > r.steps || b->weight > r.ticks || m->interrupted))
            return leave(m, RUN_BUDGET);
        if (b->kind == BLOCK_PLAIN) {
            fault_t f = run_block(m, b, &r);
            if (unlikely(f) && f != UOP_RESYNC) {
                *fault = f;
                return leave(m, RUN_FAULT);
            }
        } else if (!run_cold(m, b, &r)) {
            return leave(m, RUN_SYNC);
        }
    }
}
