/* Far jumps, calls and returns: SDM 2, JMP, CALL, RET; SDM 3A 5.8, 7.3. */
#include "sim/api/isa_impl.h"

#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

struct far {
    u16 sel;
    u32 offset, next_eip;
    unsigned osize;
    bool call;
};

/* The end of every transfer that keeps CPL: frame, limit, commit. */
static fault_t enter_same(struct isa *x, const struct far *t, struct seg cs, u32 eip,
                          unsigned osize)
{
    struct frame fr;

    frame_here(&fr, x->s, osize);
    if (t->call) {
        frame_push(&fr, x->s->seg[CS].sel);
        frame_push(&fr, t->next_eip);
    }
    fault_t f = FAULT_NONE;
    if (t->call) /* its own pushes, unlike those of an event */
        f = isa_check_alignment(x, fr.ss.base + fr.esp, osize);
    if (!f)
        f = frame_check(x, &fr);
    if (f)
        return f;
    if (eip > cs.limit)
        return GP0;
    f = sys_mark_accessed(x, &cs);
    if (f)
        return f;
    frame_commit(x, &fr);
    if (sys_has_descriptors(x->s))
        cs.sel = (u16)((cs.sel & 0xfffcu) | x->s->cpl);
    isa_set_seg(x, CS, cs);
    x->s->eip = eip;
    return FAULT_NONE;
}

static fault_t to_code(struct isa *x, const struct far *t, struct seg cs)
{
    unsigned cpl = x->s->cpl, dpl = AR_DPL(cs.ar);

    if (!AR_IS_CODE(cs.ar))
        return sel_fault(VEC_GP, t->sel);
    if (AR_IS_CONFORMING(cs.ar) ? dpl > cpl : SEL_RPL(t->sel) > cpl || dpl != cpl)
        return sel_fault(VEC_GP, t->sel);
    if (!(cs.ar & AR_P))
        return sel_fault(VEC_NP, t->sel);
    return enter_same(x, t, cs, t->offset, t->osize);
}

/* The inner stack gets SS:ESP of the caller, then its parameters in their old order. */
static fault_t fill_inner(struct isa *x, const struct far *t, const struct gate *g,
                          struct frame *fr)
{
    frame_push(fr, x->s->seg[SS].sel);
    frame_push(fr, x->s->reg[ESP]);
    for (unsigned i = g->count; i-- > 0;) {
        u32 value;
        fault_t f = sys_peek(x, i * fr->osize, fr->osize, &value);
        if (f)
            return f;
        frame_push(fr, value);
    }
    frame_push(fr, x->s->seg[CS].sel);
    frame_push(fr, t->next_eip);
    return frame_check(x, fr);
}

static fault_t enter_inner(struct isa *x, const struct far *t, const struct gate *g,
                           struct seg cs, u32 eip)
{
    struct frame fr;
    fault_t f = frame_inner(x, &fr, AR_DPL(cs.ar), g->type & 8 ? 4 : 2);

    if (!f)
        f = fill_inner(x, t, g, &fr);
    if (f)
        return f;
    if (eip > cs.limit)
        return GP0;
    f = sys_mark_accessed(x, &fr.ss);
    if (!f)
        f = sys_mark_accessed(x, &cs);
    if (f)
        return f;
    frame_commit(x, &fr);
    cs.sel = (u16)((cs.sel & 0xfffcu) | fr.cpl);
    isa_set_seg(x, CS, cs);
    isa_set_cpl(x, fr.cpl);
    x->s->eip = eip;
    return FAULT_NONE;
}

/* DPL and RPL against a gate or a TSS: both must be allowed to use it. */
static bool may_use(const struct arch *s, u16 sel, unsigned dpl)
{
    return dpl >= s->cpl && dpl >= SEL_RPL(sel);
}

static fault_t through_gate(struct isa *x, const struct far *t, struct gate g)
{
    unsigned cpl = x->s->cpl;
    unsigned osize = g.type & 8 ? 4 : 2;
    u32 eip = osize == 4 ? g.offset : g.offset & 0xffff;
    struct seg cs;

    if (!may_use(x->s, t->sel, g.dpl))
        return sel_fault(VEC_GP, t->sel);
    if (!g.present)
        return sel_fault(VEC_NP, t->sel);
    if (SEL_IS_NULL(g.sel))
        return GP0;
    fault_t f = sys_read_seg(x, g.sel, VEC_GP, &cs);
    if (f)
        return f;
    if (!AR_IS_CODE(cs.ar) || AR_DPL(cs.ar) > cpl)
        return sel_fault(VEC_GP, g.sel);
    bool inner = !AR_IS_CONFORMING(cs.ar) && AR_DPL(cs.ar) < cpl;
    if (inner && !t->call) /* only CALL may raise privilege */
        return sel_fault(VEC_GP, g.sel);
    if (!(cs.ar & AR_P))
        return sel_fault(VEC_NP, g.sel);
    return inner ? enter_inner(x, t, &g, cs, eip) : enter_same(x, t, cs, eip, osize);
}

static fault_t to_task(struct isa *x, const struct far *t, u16 tss_sel)
{
    return isa_task_switch(x, tss_sel, t->call ? TASK_CALL : TASK_JMP, false, 0, t->next_eip);
}

static fault_t to_system(struct isa *x, const struct far *t, u32 lo, u32 hi)
{
    struct gate g = gate_unpack(lo, hi);

    switch (g.type) {
    case SYS_CALL16:
    case SYS_CALL32:
        return through_gate(x, t, g);
    case SYS_TASK_GATE:
        if (!may_use(x->s, t->sel, g.dpl))
            return sel_fault(VEC_GP, t->sel);
        return g.present ? to_task(x, t, g.sel) : sel_fault(VEC_NP, t->sel);
    case SYS_TSS16:
    case SYS_TSS32:
        if (!may_use(x->s, t->sel, g.dpl))
            return sel_fault(VEC_GP, t->sel);
        return to_task(x, t, t->sel);
    default:
        return sel_fault(VEC_GP, t->sel);
    }
}

static fault_t transfer(struct isa *x, const struct far *t)
{
    u32 lo, hi;

    if (!sys_has_descriptors(x->s))
        return enter_same(x, t, sys_real_seg(x->s, CS, t->sel), t->offset, t->osize);
    if (SEL_IS_NULL(t->sel))
        return GP0;
    fault_t f = isa_read_desc(x, t->sel, VEC_GP, &lo, &hi);
    if (f)
        return f;
    struct seg seg = desc_unpack(t->sel, lo, hi);
    return seg.ar & AR_S ? to_code(x, t, seg) : to_system(x, t, lo, hi);
}

fault_t isa_far_jump(struct isa *x, u16 sel, u32 offset, u32 next_eip)
{
    struct far t = { .sel = sel, .offset = offset, .next_eip = next_eip, .osize = 4 };

    return transfer(x, &t);
}

fault_t isa_far_call(struct isa *x, u16 sel, u32 offset, u32 next_eip, unsigned osize)
{
    struct far t = { .sel = sel, .offset = offset, .next_eip = next_eip, .osize = osize,
                     .call = true };

    return transfer(x, &t);
}

/* ---- returns ---- */

/* The outer SS:ESP that a return to lesser privilege pops. */
static fault_t check_outer_stack(struct isa *x, unsigned osize, u32 above, u32 release,
                                 struct way_out *w)
{
    u32 esp, sel;
    fault_t f = sys_peek(x, above, osize, &esp);

    if (!f)
        f = sys_peek(x, above + osize, osize, &sel);
    if (f)
        return f;
    w->esp = esp + release;
    return sys_check_stack(x, (u16)sel, SEL_RPL(w->cs.sel), VEC_GP, &w->ss);
}

/* On entry w->cs.sel and w->eip are what was popped. */
fault_t sys_check_return(struct isa *x, unsigned osize, u32 above, u32 release,
                         struct way_out *w)
{
    u16 sel = w->cs.sel;
    unsigned rpl = SEL_RPL(sel);

    if (SEL_IS_NULL(sel))
        return GP0;
    fault_t f = sys_read_seg(x, sel, VEC_GP, &w->cs);
    if (f)
        return f;
    unsigned dpl = AR_DPL(w->cs.ar);
    if (!AR_IS_CODE(w->cs.ar) || rpl < x->s->cpl)
        return sel_fault(VEC_GP, sel);
    if (AR_IS_CONFORMING(w->cs.ar) ? dpl > rpl : dpl != rpl)
        return sel_fault(VEC_GP, sel);
    if (!(w->cs.ar & AR_P))
        return sel_fault(VEC_NP, sel);
    w->outer = rpl > x->s->cpl;
    w->ss = x->s->seg[SS];
    w->esp = x->s->reg[ESP] + above + release;
    if (w->outer)
        f = check_outer_stack(x, osize, above + release, release, w);
    if (f)
        return f;
    if (w->eip > w->cs.limit)
        return GP0;
    f = sys_mark_accessed(x, &w->cs);
    return !f && w->outer ? sys_mark_accessed(x, &w->ss) : f;
}

/* SDM 3A 5.8.6: what the outer level could not have loaded itself must not stay behind. */
static void hide_inner_segments(struct isa *x)
{
    static const enum sreg data[] = { ES, DS, FS, GS };

    for (unsigned i = 0; i < COUNT(data); i++) {
        u32 ar = x->s->seg[data[i]].ar;
        bool anyone = AR_IS_CODE(ar) && AR_IS_CONFORMING(ar);
        if (!(ar & AR_UNUSABLE) && !anyone && AR_DPL(ar) < x->s->cpl)
            isa_set_seg(x, data[i], sys_null_seg(0));
    }
}

void sys_commit_return(struct isa *x, const struct way_out *w)
{
    x->s->eip = w->eip;
    isa_set_seg(x, CS, w->cs);
    sys_set_esp(x->s, &w->ss, w->esp);
    if (!w->outer)
        return;
    isa_set_seg(x, SS, w->ss);
    isa_set_cpl(x, SEL_RPL(w->cs.sel));
    hide_inner_segments(x);
}

fault_t isa_far_return(struct isa *x, unsigned osize, u32 release)
{
    struct way_out w = { .outer = false };
    u32 sel;
    fault_t f = sys_peek(x, 0, osize, &w.eip);

    if (!f)
        f = sys_peek(x, osize, osize, &sel);
    if (f)
        return f;
    if (sys_has_descriptors(x->s)) {
        w.cs.sel = (u16)sel;
        f = sys_check_return(x, osize, 2 * osize, release, &w);
    } else {
        w.cs = sys_real_seg(x->s, CS, (u16)sel);
        w.ss = x->s->seg[SS];
        w.esp = x->s->reg[ESP] + 2 * osize + release;
        f = w.eip > w.cs.limit ? GP0 : FAULT_NONE;
    }
    if (!f)
        sys_commit_return(x, &w);
    return f;
}

/* ---- the instructions ---- */

static fault_t far_operand(struct isa *x, const struct insn *in, u16 *sel, u32 *offset)
{
    u32 value = in->sel;
    fault_t f = FAULT_NONE;

    *offset = in->imm;
    if (in->opnd[0].kind == OPND_MEM) {
        u32 at = insn_offset(x->s, in);
        f = isa_load(x, (enum sreg)in->seg, at, in->osize, offset);
        if (!f)
            f = isa_load(x, (enum sreg)in->seg, isa_next_part(in, at, in->osize), 2, &value);
    }
    *sel = (u16)value;
    return f;
}

/* EA, FF /5  JMP FAR */
fault_t sys_jmp_far(struct isa *x, const struct insn *in)
{
    u32 offset;
    u16 sel;
    fault_t f = far_operand(x, in, &sel, &offset);

    return f ? f : isa_far_jump(x, sel, offset, x->s->eip + in->len);
}

/* 9A, FF /3  CALL FAR */
fault_t sys_call_far(struct isa *x, const struct insn *in)
{
    u32 offset;
    u16 sel;
    fault_t f = far_operand(x, in, &sel, &offset);

    return f ? f : isa_far_call(x, sel, offset, x->s->eip + in->len, in->osize);
}

/* CA, CB  RETF [imm16] */
fault_t sys_ret_far(struct isa *x, const struct insn *in)
{
    return isa_far_return(x, in->osize, in->opnd[0].kind == OPND_IMM ? in->imm : 0);
}
