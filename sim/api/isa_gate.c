/* Events: through the IDT or the IVT.  SDM 3A 6.11-6.13, 7.3; SDM 2, INT n (whose pseudocode
 * gives the order of the checks); real mode SDM 3B 20.1.4. */
#include "sim/api/isa_impl.h"

#include "sim/api/debug.h"
#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

struct event {
    unsigned vector;
    enum event_type type;
    bool has_error;
    u32 error, return_eip;
    bool injected; /* by VM entry */
};

/* Error-code bits, SDM 3A figure 6-6: the index may name the IDT; EXT says that the program did
 * not ask for the event whose delivery failed. */
enum { ERROR_EXT = 1, ERROR_IDT = 2 };

static bool is_software(enum event_type type)
{
    return type == EVENT_SOFT_INT || type == EVENT_SOFT_EXCEPTION;
}

static fault_t idt_fault(unsigned vector, const struct event *e)
{
    return FAULT_ERR(vector, e->vector * 8 | ERROR_IDT);
}

static fault_t add_ext(fault_t f)
{
    unsigned vector = fault_vector(f);

    if (fault_kind(f) == FAULT_KIND_EXCEPTION && vector >= VEC_TS && vector <= VEC_GP)
        return f | ERROR_EXT;
    return f;
}

/* SDM 3B 17.3.1.1: RF is pushed as 1 for faults, so that the restarted instruction does not
 * meet its breakpoint again.  Of the hardware exceptions #DB can be a trap, #MC is an abort. */
static u32 eflags_image(const struct arch *s, const struct event *e)
{
    bool fault = e->type == EVENT_HARD_EXCEPTION && e->vector != VEC_DB && e->vector != VEC_MC;

    if (e->injected) /* the monitor has chosen it */
        return s->eflags;
    if (e->type >= EVENT_SOFT_INT) /* cleared when the software interrupt began */
        return s->eflags & ~(u32)FL_RF;
    return fault ? s->eflags | FL_RF : s->eflags;
}

/* ---- real mode ---- */

static fault_t deliver_real(struct isa *x, const struct event *e)
{
    struct arch *s = x->s;
    u32 ip, sel;

    if (e->vector * 4 + 3 > s->idtr.limit)
        return idt_fault(VEC_GP, e);
    fault_t f = isa_sys_read(x, s->idtr.base + e->vector * 4, 2, &ip);
    if (!f)
        f = isa_sys_read(x, s->idtr.base + e->vector * 4 + 2, 2, &sel);
    if (f)
        return f;
    struct frame fr;
    frame_here(&fr, s, 2);
    frame_push(&fr, eflags_image(s, e));
    frame_push(&fr, s->seg[CS].sel);
    frame_push(&fr, e->return_eip);
    f = frame_check(x, &fr);
    if (f)
        return f;
    struct seg cs = sys_real_seg(s, CS, (u16)sel);
    if (ip > cs.limit)
        return GP0;
    frame_commit(x, &fr);
    s->eflags &= ~(u32)(FL_IF | FL_TF | FL_AC | FL_RF);
    s->eip = ip;
    isa_set_seg(x, CS, cs);
    return FAULT_NONE;
}

/* ---- protected mode ---- */

/* SDM 3B 20.2: from virtual-8086 mode the data segments are saved too, above SS. */
static void fill_frame(const struct arch *s, const struct event *e, struct frame *fr)
{
    if (arch_is_v86(s)) {
        frame_push(fr, s->seg[GS].sel);
        frame_push(fr, s->seg[FS].sel);
        frame_push(fr, s->seg[DS].sel);
        frame_push(fr, s->seg[ES].sel);
    }
    if (fr->inner) {
        frame_push(fr, s->seg[SS].sel);
        frame_push(fr, s->reg[ESP]);
    }
    frame_push(fr, eflags_image(s, e));
    frame_push(fr, s->seg[CS].sel);
    frame_push(fr, e->return_eip);
    if (e->has_error)
        frame_push(fr, e->error);
}

static void commit_gate(struct isa *x, const struct gate *g, struct frame *fr, struct seg cs,
                        u32 eip)
{
    struct arch *s = x->s;
    bool from_v86 = arch_is_v86(s);

    s->eflags &= ~(u32)(FL_TF | FL_NT | FL_RF | FL_VM);
    if (!(g->type & 1)) /* an interrupt gate */
        s->eflags &= ~(u32)FL_IF;
    frame_commit(x, fr);
    cs.sel = (u16)((cs.sel & 0xfffcu) | fr->cpl);
    isa_set_seg(x, CS, cs);
    isa_set_cpl(x, fr->cpl);
    s->eip = eip;
    if (!from_v86)
        return;
    isa_set_seg(x, GS, sys_null_seg(0));
    isa_set_seg(x, FS, sys_null_seg(0));
    isa_set_seg(x, DS, sys_null_seg(0));
    isa_set_seg(x, ES, sys_null_seg(0));
}

/* The handler's code segment; *inner: it runs at its DPL, more privileged than now. */
static fault_t check_handler(struct isa *x, u16 sel, struct seg *cs, bool *inner)
{
    if (SEL_IS_NULL(sel))
        return GP0;
    fault_t f = sys_read_seg(x, sel, VEC_GP, cs);
    if (f)
        return f;
    unsigned dpl = AR_DPL(cs->ar);
    if (!AR_IS_CODE(cs->ar) || dpl > x->s->cpl)
        return sel_fault(VEC_GP, sel);
    if (!(cs->ar & AR_P))
        return sel_fault(VEC_NP, sel);
    *inner = !AR_IS_CONFORMING(cs->ar) && dpl < x->s->cpl;
    if (arch_is_v86(x->s) && (!*inner || dpl != 0))
        return sel_fault(VEC_GP, sel);
    return FAULT_NONE;
}

static fault_t through_gate(struct isa *x, const struct event *e, const struct gate *g)
{
    unsigned osize = g->type & 8 ? 4 : 2;
    u32 eip = osize == 4 ? g->offset : g->offset & 0xffff;
    struct frame fr;
    struct seg cs;
    bool inner;
    fault_t f = check_handler(x, g->sel, &cs, &inner);

    if (f)
        return f;
    if (inner)
        f = frame_inner(x, &fr, AR_DPL(cs.ar), osize);
    else
        frame_here(&fr, x->s, osize);
    if (f)
        return f;
    fill_frame(x->s, e, &fr);
    f = frame_check(x, &fr);
    if (f)
        return f;
    if (eip > cs.limit)
        return GP0;
    if (inner)
        f = sys_mark_accessed(x, &fr.ss);
    if (!f)
        f = sys_mark_accessed(x, &cs);
    if (!f)
        commit_gate(x, g, &fr, cs, eip);
    return f;
}

static fault_t through_task(struct isa *x, const struct event *e, u16 tss_sel, bool *committed)
{
    struct task_request r = {
        .sel = tss_sel,
        .why = TASK_GATE,
        .has_error = e->has_error,
        .error = e->error,
        .return_eip = e->return_eip,
        .eflags = eflags_image(x->s, e),
    };
    fault_t f = sys_task_switch(x, &r);

    *committed = r.committed;
    return f;
}

static fault_t deliver_protected(struct isa *x, const struct event *e, bool *committed)
{
    struct arch *s = x->s;
    u32 at = s->idtr.base + e->vector * 8, lo, hi;

    if (e->vector * 8 + 7 > s->idtr.limit)
        return idt_fault(VEC_GP, e);
    fault_t f = isa_sys_read(x, at, 4, &lo);
    if (!f)
        f = isa_sys_read(x, at + 4, 4, &hi);
    if (f)
        return f;
    struct gate g = gate_unpack(lo, hi);
    bool is_gate = g.type == SYS_TASK_GATE || g.type == SYS_INT16 || g.type == SYS_TRAP16 ||
                   g.type == SYS_INT32 || g.type == SYS_TRAP32;
    if (!is_gate || (hi >> 8 & AR_S))
        return idt_fault(VEC_GP, e);
    if (is_software(e->type) && g.dpl < s->cpl)
        return idt_fault(VEC_GP, e);
    if (!g.present)
        return idt_fault(VEC_NP, e);
    if (g.type == SYS_TASK_GATE)
        return through_task(x, e, g.sel, committed);
    f = through_gate(x, e, &g);
    *committed = !f;
    return f;
}

/* A #DB handler may use the debug registers, and finds the branches before it (SDM 3B 17.2.4 GD, 17.14.3). */
static void enter_debug(struct isa *x)
{
    struct arch *s = x->s;

    s->debugctl &= ~(DEBUGCTL_LBR | DEBUGCTL_BTF);
    if (!(s->dr[7] & DR7_GD))
        return;
    s->dr[7] &= ~DR7_GD;
    sys_tell(x, ISA_DR7, 0);
}

/* What every delivery leaves behind: the processor is awake; NMIs wait for IRET. */
static void after_delivery(struct isa *x, const struct event *e, u32 from)
{
    struct arch *s = x->s;
    bool debug = e->vector == VEC_DB && !is_software(e->type) && e->type != EVENT_EXTERNAL &&
                 !e->injected; /* whatever raised it has changed them */

    s->shadow = 0;
    s->halted = 0;
    if (e->type == EVENT_NMI)
        s->nmi_blocked = 1;
    if (debug)
        enter_debug(x);
    else
        debug_event(s, from);
}

static fault_t deliver(struct isa *x, const struct event *e)
{
    u32 from = x->s->eip;
    bool committed = false;
    fault_t f;

    assert(e->vector < 256);
    if (arch_is_protected(x->s)) {
        f = deliver_protected(x, e, &committed);
    } else {
        f = deliver_real(x, e);
        committed = !f;
    }
    if (committed)
        after_delivery(x, e, from);
    return f && !is_software(e->type) ? add_ext(f) : f;
}

fault_t isa_deliver(struct isa *x, unsigned vector, enum event_type type, bool has_error,
                    u32 error, u32 return_eip)
{
    struct event e = { vector, type, has_error, error, return_eip, false };
    return deliver(x, &e);
}

fault_t isa_inject(struct isa *x, unsigned vector, enum event_type type, bool has_error,
                   u32 error, u32 return_eip)
{
    struct event e = { vector, type, has_error, error, return_eip, true };
    bool inside = false;
    fault_t f = type == EVENT_SOFT_INT ? sys_vme_int(x, vector, return_eip, &inside) : FAULT_NONE;

    return f || inside ? f : deliver(x, &e);
}

/* ---- faults while delivering ---- */

static bool is_contributory(unsigned vector)
{
    return vector == VEC_DE || (vector >= VEC_TS && vector <= VEC_GP);
}

/* SDM 3A table 6-5, and the paragraph below it for a fault while delivering #DF. */
fault_t fault_combine(fault_t first, fault_t second)
{
    unsigned v1 = fault_vector(first), v2 = fault_vector(second);

    if (fault_kind(first) != FAULT_KIND_EXCEPTION || fault_kind(second) != FAULT_KIND_EXCEPTION)
        return second;
    bool serious = is_contributory(v2) || v2 == VEC_PF;
    if (v1 == VEC_DF && serious)
        return FAULT_NONE;
    if ((is_contributory(v1) && is_contributory(v2)) || (v1 == VEC_PF && serious))
        return FAULT_ERR(VEC_DF, 0);
    return second;
}

/* A page fault sets CR2 when it is detected, whatever is delivered for it (SDM 3A 6.15, interrupt 14). */
static void detect_fault(struct isa *x, fault_t f)
{
    if (fault_vector(f) == VEC_PF)
        x->s->cr2 = x->fault_la;
}

bool isa_deliver_fault(struct isa *x, fault_t f, u32 return_eip)
{
    x->chain = (struct fault_chain){ .fault = { f }, .count = 1 };
    detect_fault(x, f);
    for (;;) {
        /* an owner with other kinds of fault has a loop of its own around isa_deliver */
        assert(fault_kind(f) == FAULT_KIND_EXCEPTION);
        fault_t nested = isa_deliver(x, fault_vector(f), EVENT_HARD_EXCEPTION,
                                     fault_has_error(f), fault_error(f), return_eip);
        if (!nested)
            return true;
        fault_chain_add(&x->chain, nested);
        detect_fault(x, nested);
        f = fault_combine(f, nested);
        if (!f)
            return false;
        /* a trap whose delivery faults becomes a fault at the present EIP, which is the new
         * task's if the nested fault arose after a task switch */
        return_eip = x->s->eip;
    }
}

/* ---- the instructions ---- */

static fault_t software(struct isa *x, unsigned vector, enum event_type type,
                        const struct insn *in)
{
    return isa_deliver(x, vector, type, false, 0, x->s->eip + in->len);
}

/* CD ib  INT n: alone among its kind sensitive to IOPL in virtual-8086 mode, and the only one
 * that CR4.VME can keep inside it (SDM 3B 20.3) */
fault_t sys_int(struct isa *x, const struct insn *in)
{
    bool inside;
    fault_t f = sys_vme_int(x, in->imm & 0xff, x->s->eip + in->len, &inside);

    if (f || inside)
        return f;
    if (arch_is_v86(x->s) && EFLAGS_IOPL(x->s->eflags) < 3)
        return GP0;
    return software(x, in->imm & 0xff, EVENT_SOFT_INT, in);
}

/* CC  INT3 */
fault_t sys_int3(struct isa *x, const struct insn *in)
{
    return software(x, VEC_BP, EVENT_SOFT_EXCEPTION, in);
}

/* F1  INT1: a #DB without the check of the gate's DPL */
fault_t sys_int1(struct isa *x, const struct insn *in)
{
    return software(x, VEC_DB, EVENT_PRIV_SOFT_INT, in);
}

/* CE  INTO */
fault_t sys_into(struct isa *x, const struct insn *in)
{
    if (x->s->eflags & FL_OF)
        return software(x, VEC_OF, EVENT_SOFT_EXCEPTION, in);
    x->s->eip += in->len;
    return FAULT_NONE;
}
