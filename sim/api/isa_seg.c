/* Segment registers: descriptors in, hidden parts out. */
#include "sim/api/isa_impl.h"

#include "sim/api/isa_sys.h"

enum { AR_REAL = 0x93, AR_V86 = 0xf3 }; /* read/write, accessed; DPL 0, DPL 3 */

bool sys_desc_la(const struct arch *s, u16 sel, u32 *la)
{
    bool local = (sel & SEL_TI) != 0;
    u32 base = local ? s->ldtr.base : s->gdtr.base;
    u32 limit = local ? s->ldtr.limit : s->gdtr.limit;

    if (local && (s->ldtr.ar & AR_UNUSABLE))
        return false;
    *la = base + (sel & 0xfff8u);
    return (sel | 7u) <= limit;
}

fault_t isa_read_desc(struct isa *x, u16 sel, unsigned vector, u32 *lo, u32 *hi)
{
    u32 la;

    if (!sys_desc_la(x->s, sel, &la))
        return sel_fault(vector, sel);
    fault_t f = isa_sys_read(x, la, 4, lo);
    return f ? f : isa_sys_read(x, la + 4, 4, hi);
}

fault_t sys_read_seg(struct isa *x, u16 sel, unsigned vector, struct seg *seg)
{
    u32 lo, hi;
    fault_t f = isa_read_desc(x, sel, vector, &lo, &hi);

    if (!f)
        *seg = desc_unpack(sel, lo, hi);
    return f;
}

/* SDM 3A 3.4.5.1: the processor sets A when it loads the selector, and only then. */
fault_t sys_mark_accessed(struct isa *x, struct seg *seg)
{
    u32 la;

    /* leaving virtual-8086 mode: the handler's segments have descriptors, the mode has not */
    if ((seg->ar & (AR_UNUSABLE | 1)) || !arch_is_protected(x->s))
        return FAULT_NONE;
    bool inside = sys_desc_la(x->s, seg->sel, &la);
    assert(inside);
    fault_t f = isa_sys_write(x, la + 5, 1, (seg->ar | 1) & 0xff);
    if (!f)
        seg->ar |= 1;
    return f;
}

struct seg sys_null_seg(u16 sel)
{
    return (struct seg){ .sel = sel, .ar = AR_UNUSABLE };
}

struct seg sys_v86_seg(u16 sel)
{
    return (struct seg){ .sel = sel, .ar = AR_V86, .base = (u32)sel << 4, .limit = 0xffff };
}

/* In real mode a load replaces selector and base; limit and rights stay what they were, which
 * is how "unreal mode" works.  A null register has no such past. */
struct seg sys_real_seg(const struct arch *s, enum sreg which, u16 sel)
{
    struct seg seg = s->seg[which];

    if (arch_is_v86(s))
        return sys_v86_seg(sel);
    if (seg.ar & AR_UNUSABLE)
        seg = (struct seg){ .ar = AR_REAL, .limit = 0xffff };
    seg.sel = sel;
    seg.base = (u32)sel << 4;
    return seg;
}

/* SDM 2, MOV: SS must be a writable data segment of exactly this privilege. */
fault_t sys_check_stack(struct isa *x, u16 sel, unsigned cpl, unsigned vector, struct seg *seg)
{
    if (SEL_IS_NULL(sel))
        return FAULT_ERR(vector, 0);
    fault_t f = sys_read_seg(x, sel, vector, seg);
    if (f)
        return f;
    if (SEL_RPL(sel) != cpl || !AR_IS_WRITABLE(seg->ar) || AR_DPL(seg->ar) != cpl)
        return sel_fault(vector, sel);
    return seg->ar & AR_P ? FAULT_NONE : sel_fault(VEC_SS, sel);
}

/* SDM 2, MOV: conforming code may be read from anywhere; the rest needs DPL >= CPL and RPL. */
fault_t sys_check_data(struct isa *x, u16 sel, unsigned cpl, unsigned vector, struct seg *seg)
{
    if (SEL_IS_NULL(sel)) {
        *seg = sys_null_seg(sel);
        return FAULT_NONE;
    }
    fault_t f = sys_read_seg(x, sel, vector, seg);
    if (f)
        return f;
    if (!AR_IS_READABLE(seg->ar))
        return sel_fault(vector, sel);
    bool anyone = AR_IS_CODE(seg->ar) && AR_IS_CONFORMING(seg->ar);
    if (!anyone && (SEL_RPL(sel) > AR_DPL(seg->ar) || cpl > AR_DPL(seg->ar)))
        return sel_fault(vector, sel);
    return seg->ar & AR_P ? FAULT_NONE : sel_fault(VEC_NP, sel);
}

void isa_set_seg(struct isa *x, enum sreg which, struct seg value)
{
    x->s->seg[which] = value;
    sys_tell(x, ISA_SEG, which);
}

void isa_set_cpl(struct isa *x, unsigned cpl)
{
    if (x->s->cpl == cpl)
        return;
    x->s->cpl = (u8)cpl;
    sys_tell(x, ISA_CPL, cpl);
}

fault_t isa_load_seg(struct isa *x, enum sreg which, u16 sel)
{
    struct arch *s = x->s;
    struct seg seg;
    fault_t f;

    assert(which != CS);
    if (!sys_has_descriptors(s)) {
        isa_set_seg(x, which, sys_real_seg(s, which, sel));
        return FAULT_NONE;
    }
    if (which == SS)
        f = sys_check_stack(x, sel, s->cpl, VEC_GP, &seg);
    else
        f = sys_check_data(x, sel, s->cpl, VEC_GP, &seg);
    if (!f)
        f = sys_mark_accessed(x, &seg);
    if (!f)
        isa_set_seg(x, which, seg);
    return f;
}
