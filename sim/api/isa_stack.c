/* Stack frames of far calls and events: collected first, checked as a whole, then written, so
 * that a fault anywhere in the frame leaves memory and registers untouched. */
#include "sim/api/isa_impl.h"

#include "sim/api/isa_sys.h"

void frame_here(struct frame *fr, const struct arch *s, unsigned osize)
{
    fr->ss = s->seg[SS];
    fr->esp = s->reg[ESP];
    fr->cpl = s->cpl;
    fr->osize = osize;
    fr->count = 0;
    fr->inner = false;
}

/* SS:ESP for `cpl` from the current TSS; SDM 2, CALL and INT n.  The TSS page is read with
 * supervisor rights whatever CPL was. */
static fault_t read_inner_stack(struct isa *x, unsigned cpl, u16 *ss, u32 *esp)
{
    const struct seg *tr = &x->s->tr;
    bool wide = (AR_TYPE(tr->ar) & 8) != 0;
    unsigned size = wide ? 4 : 2;
    u32 at = wide ? TSS_ESP0 + cpl * 8 : 2 + cpl * 4;
    u32 sel;

    if (at + size + 1 > tr->limit)
        return sel_fault(VEC_TS, tr->sel);
    fault_t f = isa_sys_read(x, tr->base + at, size, esp);
    if (!f)
        f = isa_sys_read(x, tr->base + at + size, 2, &sel);
    if (!f)
        *ss = (u16)sel;
    return f;
}

fault_t frame_inner(struct isa *x, struct frame *fr, unsigned cpl, unsigned osize)
{
    u16 sel;

    fr->cpl = cpl;
    fr->osize = osize;
    fr->count = 0;
    fr->inner = true;
    fault_t f = read_inner_stack(x, cpl, &sel, &fr->esp);
    return f ? f : sys_check_stack(x, sel, cpl, VEC_TS, &fr->ss);
}

void frame_push(struct frame *fr, u32 value)
{
    assert(fr->count < FRAME_MAX);
    fr->item[fr->count++] = fr->osize == 2 ? value & 0xffff : value;
}

/* The offset of item i, 0 being the first pushed; 16-bit stacks wrap at 64 KB. */
static u32 item_offset(const struct frame *fr, unsigned i)
{
    u32 offset = fr->esp - (i + 1) * fr->osize;

    return fr->ss.ar & AR_DB ? offset : offset & 0xffff;
}

static bool is_inside(const struct seg *ss, u32 offset, unsigned size)
{
    u32 last = offset + size - 1;

    if ((ss->ar & AR_UNUSABLE) || last < offset)
        return false;
    if (!AR_IS_EXPAND_DOWN(ss->ar))
        return last <= ss->limit;
    return offset > ss->limit && last <= (ss->ar & AR_DB ? 0xffffffffu : 0xffff);
}

/* Probes in push order, so that the fault is the one the processor would meet first; an item
 * that lies within the page just probed needs no probe of its own. */
fault_t frame_check(struct isa *x, const struct frame *fr)
{
    unsigned access = ACCESS_WRITE | (fr->cpl == 3 ? ACCESS_USER : 0);
    u32 probed = 0;

    for (unsigned i = 0; i < fr->count; i++)
        if (!is_inside(&fr->ss, item_offset(fr, i), fr->osize))
            return sel_fault(VEC_SS, fr->inner ? fr->ss.sel : 0);
    for (unsigned i = 0; i < fr->count; i++) {
        u32 la = fr->ss.base + item_offset(fr, i);
        bool crosses = (la ^ (la + fr->osize - 1)) >> PAGE_SHIFT;
        if (i > 0 && !crosses && la >> PAGE_SHIFT == probed)
            continue;
        fault_t f = x->ops->probe(x, la, fr->osize, access);
        if (f)
            return f;
        probed = la >> PAGE_SHIFT;
    }
    return FAULT_NONE;
}

void sys_set_esp(struct arch *s, const struct seg *ss, u32 esp)
{
    if (ss->ar & AR_DB)
        s->reg[ESP] = esp;
    else
        s->reg[ESP] = (s->reg[ESP] & 0xffff0000u) | (esp & 0xffff);
}

/* An item can hit the page table that maps the others, behind frame_check's back.  A processor goes on
 * with the translation it has; there may be none here: then the item is lost. */
void frame_commit(struct isa *x, struct frame *fr)
{
    unsigned access = ACCESS_WRITE | (fr->cpl == 3 ? ACCESS_USER : 0);

    for (unsigned i = 0; i < fr->count; i++) {
        fault_t f = x->ops->write(x, fr->ss.base + item_offset(fr, i), fr->osize, access,
                                  fr->item[i]);
        (void)f;
        isa_accessed(x, fr->ss.base + item_offset(fr, i), fr->osize, true);
    }
    sys_set_esp(x->s, &fr->ss, fr->esp - fr->count * fr->osize);
    if (fr->inner)
        isa_set_seg(x, SS, fr->ss);
}

/* Read the stack `above` bytes over its top without moving (E)SP. */
fault_t sys_peek(struct isa *x, u32 above, unsigned size, u32 *value)
{
    u32 offset = x->s->reg[ESP] + above;

    return isa_load(x, SS, arch_stack32(x->s) ? offset : offset & 0xffff, size, value);
}
