/* refresh.c - what the run loop keeps ready of segments and privilege, and what it makes blocks for. */
#include "sim/machine_impl.h"

struct segfast machine_segfast(const struct seg *s)
{
    struct segfast f = { .base = s->base };
    bool plain = s->limit >= 15 && (s->ar & AR_P) && !(s->ar & AR_UNUSABLE) &&
                 !AR_IS_EXPAND_DOWN(s->ar);
    if (plain && AR_IS_READABLE(s->ar))
        f.rd_end = s->limit - 14;
    if (plain && AR_IS_WRITABLE(s->ar))
        f.wr_end = s->limit - 14;
    return f;
}

/* Read and write, all of 4 GB: then an offset is a linear address, and only its page must be looked at. */
static bool is_flat(const struct hw *m, unsigned which)
{
    const struct segfast *f = &m->segfast[which];
    return f->base == 0 && (f->rd_end & f->wr_end) == 0xffffffffu - 14;
}

/* Links between blocks know offsets in one code segment.  A segment that takes another's place in code_seen
 * ends all links. */
static u8 code_at(struct hw *m, const struct seg *cs)
{
    if (likely(cs->base == 0 && cs->limit == 0xffffffffu))
        return 0;
    unsigned at = (cs->base >> 4 ^ cs->base >> 16) % CODE_SEEN;
    if (m->code_seen[at].base != cs->base || m->code_seen[at].limit != cs->limit) {
        links_end(m);
        m->code_seen[at].base = cs->base;
        m->code_seen[at].limit = cs->limit;
    }
    return (u8)(at + 1);
}

/* What a new CS or stack or data segment says of the mode; the rest of it stays. */
static u8 mode_of_code(const struct hw *m)
{
    return (u8)((m->run_mode & ~RUN_CODE32) | (arch_code32(m->arch) ? RUN_CODE32 : 0));
}

static u8 mode_of_data(const struct hw *m)
{
    u8 code = m->run_mode & RUN_CODE32;
    if (!arch_stack32(m->arch))
        return code;
    return code | RUN_STACK32 | (is_flat(m, DS) && is_flat(m, SS) ? RUN_FLAT : 0);
}

static void segment_changed(struct hw *m, unsigned which)
{
    if (which == CS) {
        m->run_mode = mode_of_code(m);
        m->code_at = code_at(m, &m->arch->seg[CS]);
    } else if (which == DS || which == SS) {
        m->run_mode = mode_of_data(m);
    } else {
        return;
    }
    link_key_refresh(m);
}

/* Does the loop see no difference between them?  So it is between the flat segments of two rings. */
static bool looks_alike(const struct seg *a, const struct segfast *fa, const struct seg *b,
                        const struct segfast *fb)
{
    return a->base == b->base && a->limit == b->limit && !((a->ar ^ b->ar) & AR_DB) &&
           fa->rd_end == fb->rd_end && fa->wr_end == fb->wr_end;
}

void machine_set_seg(struct hw *m, unsigned which, const struct seg *s, const struct segfast *fast)
{
    bool alike = looks_alike(&m->arch->seg[which], &m->segfast[which], s, fast);
    m->arch->seg[which] = *s;
    if (alike)
        return;
    m->segfast[which] = *fast;
    segment_changed(m, which);
}

void machine_move_seg(struct hw *m, unsigned which, u16 sel)
{
    struct seg *s = &m->arch->seg[which];
    u32 base = (u32)sel << 4;
    s->sel = sel;
    if (s->base == base)
        return;
    s->base = m->segfast[which].base = base;
    segment_changed(m, which);
}

void machine_refresh_seg(struct hw *m, unsigned which)
{
    m->segfast[which] = machine_segfast(&m->arch->seg[which]);
    segment_changed(m, which);
}

void machine_refresh_ring(struct hw *m)
{
    unsigned user = m->arch->cpl == 3;
    m->host_read = m->hosttlb->page[user][HOST_READ];
    m->host_write = m->hosttlb->page[user][HOST_WRITE];
    link_key_refresh(m);
}

/* A counter of one ring starts or stops: the run loop is to look when something is due now. */
void machine_refresh_cpl(struct hw *m)
{
    machine_refresh_ring(m);
    if (likely(!perf_minds_cpl(&m->state->platform.msr.perf)))
        return;
    platform_cpl(&m->state->platform, m->state->count, m->arch->cpl);
    machine_platform_changed(m);
    m->touched = true;
}

void machine_refresh(struct hw *m)
{
    machine_refresh_cpl(m);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        machine_refresh_seg(m, i);
}
