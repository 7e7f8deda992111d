/* direct.c - direct execution, and the classical engine made of it: trap-and-emulate, which x86
 * was not built for (the paper, 2.1 and 3.1).  What does not trap is not seen. */
#include "vmm/direct.h"

#include "sim/api/desc.h"
#include "sim/api/outside.h"
#include "vmm/charge.h"
#include "vmm/frame.h"
#include "vmm/shdesc.h"

/* Flags that are the hardware's while the guest runs; IF, IOPL, VM, VIF and VIP are virtual. */
#define FLAGS_BOUND (FL_ARITH | FL_DF | FL_TF | FL_NT | FL_AC | FL_ID | FL_RF)

static unsigned ring_of(const struct arch *s)
{
    return s->cpl == 0 ? 1 : 3;
}

/* ---- which states can run ---- */

/* User code may hold a kernel's segment (after SYSEXIT): the IRET that enters it would take it away. */
static bool outlives_iret(const struct seg *s)
{
    bool conforming = AR_IS_CODE(s->ar) && AR_IS_CONFORMING(s->ar);
    return (s->ar & AR_UNUSABLE) || conforming || AR_DPL(s->ar) == 3;
}

static bool segments_can_run(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    for (enum sreg i = ES; i < SREG_COUNT; i++) {
        if (s->cpl == 3 && i != CS && !outlives_iret(&s->seg[i]))
            return false;
        if (AR_IS_EXPAND_DOWN(s->seg[i].ar) && !(s->seg[i].ar & AR_UNUSABLE))
            return false;
        if (s->cpl == 3 && !shdesc_reversible(v, i))
            return false;
    }
    return true;
}

bool direct_can_run(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    const struct seg *cs = &s->seg[CS];
    if (!arch_is_protected(s) || !arch_code32(s) || (s->cpl != 0 && s->cpl != 3))
        return false;
    if (s->eflags & (FL_VM | FL_TF | FL_NT))
        return false;
    if (!arch_stack32(s)) /* IRET would leave the upper half of the monitor's ESP in it */
        return false;
    if (!AR_IS_CODE(cs->ar) || cs->base >= MON_BASE || s->eip > shdesc_truncate(*cs).limit)
        return false;
    return segments_can_run(v);
}

/* ---- into the guest ---- */

static u16 export_segment(struct vmm *v, enum sreg which)
{
    const struct arch *s = &v->s->vcpu.arch;
    unsigned ring = ring_of(s);
    u16 sel = s->seg[which].sel;
    if (s->seg[which].ar & AR_UNUSABLE)
        return SEL_IS_NULL(sel) ? sel : 0;
    if (!shdesc_loadable(v, which))
        return shdesc_cached(v, which, ring);
    return which == CS || which == SS ? (u16)((sel & ~3u) | ring) : sel;
}

static void load_segments(struct vmm *v)
{
    struct direct_state *d = &v->s->direct;
    for (enum sreg i = ES; i < SREG_COUNT; i++) {
        d->sel[i] = export_segment(v, i);
        if (i != CS && i != SS)
            hw_load_seg(v->hw, i, d->sel[i]);
    }
}

/* WP is always 1 (shadow.h); what makes ESC and unaligned accesses fault is the guest's own. */
static void load_cr0(struct vmm *v)
{
    u32 bound = CR0_TS | CR0_EM | CR0_MP | CR0_AM;
    u32 want = CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET | (v->s->vcpu.arch.cr0 & bound);
    if (hw_read_cr(v->hw, 0) != want)
        hw_write_cr(v->hw, 0, want);
}

/* PUSHF shows IOPL to whoever asks, and below 3 it gives user code nothing: it may be the guest's. */
static u32 iopl_shown(const struct arch *s)
{
    return s->cpl == 3 && EFLAGS_IOPL(s->eflags) < 3 ? s->eflags & FL_IOPL : 0;
}

/* Cached descriptors for CPL 3 could be loaded by the user, who has none at such selectors. */
static bool needs_cached(const struct vmm *v)
{
    for (enum sreg i = ES; i < SREG_COUNT; i++)
        if (!(v->s->vcpu.arch.seg[i].ar & AR_UNUSABLE) && !shdesc_loadable(v, i))
            return true;
    return false;
}

void direct_enter(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    shdesc_sync(v);
    if (s->cpl == 3 && needs_cached(v)) {
        v->s->vcpu.interpreting = 1;
        frame_leave_stub(v);
        return;
    }
    shdesc_stub_present(v, s->cpl == 3);
    load_segments(v);
    load_cr0(v);
    frame_export_regs(v);
    struct frame f = {
        .eip = s->eip, .cs = v->s->direct.sel[CS],
        .esp = s->reg[ESP], .ss = v->s->direct.sel[SS],
        .eflags = (s->eflags & FLAGS_BOUND) | iopl_shown(s) | FL_1 | FL_IF,
    };
    frame_write(v, &f);
    v->s->direct.entered = vmm_now(v);
    hw_iret(v->hw);
}

/* ---- out of the guest ---- */

/* The hidden part that goes with the selector the hardware holds now. */
static struct seg view_segment(const struct vmm *v, enum sreg which, u16 real, unsigned cpl)
{
    const struct arch *s = &v->s->vcpu.arch;
    u16 sel = cpl == 0 && (which == CS || which == SS) ? real & ~3u : real;
    unsigned cached = (SEL_INDEX(real) - (MON_CACHED >> 3));
    struct seg out = { .sel = sel, .ar = AR_UNUSABLE };
    if (real == v->s->direct.sel[which])
        return s->seg[which];
    if (SEL_IS_NULL(real))
        return out;
    if (!(real & SEL_TI) && cached < SREG_COUNT)
        return s->seg[cached];
    /* a load the hardware allowed: from a copy of what the guest's table holds still */
    bool found = shdesc_guest(v, sel, &out);
    assert(found);
    return out;
}

void direct_view(const struct vmm *v, const struct arch *real, struct arch *out)
{
    *out = v->s->vcpu.arch;
    out->cpl = real->cpl == 1 ? 0 : real->cpl;
    out->eip = real->eip;
    out->eflags = (out->eflags & (FL_IF | FL_IOPL | FL_VM | FL_VIF | FL_VIP)) | FL_1 |
                  (real->eflags & FLAGS_BOUND);
    for (enum reg r = EAX; r <= EDI; r++)
        out->reg[r] = real->reg[r];
    for (enum sreg i = ES; i < SREG_COUNT; i++)
        out->seg[i] = view_segment(v, i, real->seg[i].sel, out->cpl);
    if (hw_count(v->hw) != v->s->direct.entered)
        out->shadow = 0;
    else
        out->eflags |= v->s->vcpu.arch.eflags & FL_RF;
}

void direct_import(struct vmm *v, unsigned slot)
{
    struct arch real, guest;
    frame_interrupted(v, slot, &real);
    direct_view(v, &real, &guest);
    v->s->vcpu.arch = guest;
}

/* The gate of #DB is not present: what wants to go through it is INT1, which the rules execute, or
 * the trap of a single step. */
static fault_t fault_of(const struct vmm *v, unsigned slot)
{
    struct frame f = frame_read(v, slot);
    if (slot == VEC_NP && (hw_read_dr(v->hw, 6) & DR6_BS))
        return FAULT(VEC_DB);
    return vector_has_error(slot) ? FAULT_ERR(slot, f.error) : FAULT(slot);
}

void direct_cause(struct vmm *v, unsigned slot, struct cause *cause)
{
    struct frame f = frame_read(v, slot);
    if (slot == VEC_NMI)
        cause->kind = CAUSE_TIMER;
    else if (slot == OUTSIDE_VECTOR)
        cause->kind = CAUSE_EXTERNAL;
    else if (slot == VEC_STUB && frame_from_stub(&f))
        cause->kind = CAUSE_STUB;
    else if (slot < 32 && !frame_from_stub(&f))
        *cause = (struct cause){ .kind = CAUSE_FAULT, .fault = fault_of(v, slot),
                                 .la = hw_read_cr(v->hw, 2) };
    else
        hw_panic(v->hw, "the monitor was entered through a slot that nothing should reach");
}

/* ---- the engine ---- */

static void direct_trap(struct vmm *v, unsigned slot, struct cause *cause)
{
    struct frame f = frame_read(v, slot);
    direct_cause(v, slot, cause);
    if (!frame_from_monitor(&f))
        direct_import(v, slot);
}

static u8 who_runs(const struct arch *real)
{
    return real->cpl == 3 ? RUNS_GUEST_USER : RUNS_GUEST_KERNEL;
}

static bool direct_peek(const struct vmm *v, struct peek *out)
{
    struct arch real = *hw_arch(v->hw);
    int slot = hw_window_slot(v->hw);
    *out = vmm_vcpu_peek(v);
    if (slot >= 0)
        frame_interrupted(v, (unsigned)slot, &real);
    if (real.cpl == 0 || real.seg[CS].sel == MON_CS1)
        return true;
    out->who = slot >= 0 ? RUNS_MONITOR : who_runs(&real);
    direct_view(v, &real, &out->arch);
    return true;
}

const struct engine engine_direct = {
    .id = ENGINE_DIRECT, .name = "direct", .shares_address_space = true,
    .can_run = direct_can_run, .enter = direct_enter, .trap = direct_trap, .peek = direct_peek,
};
