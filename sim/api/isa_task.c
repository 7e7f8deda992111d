/* Task switches, SDM 3A 7.3; faults table 7-1.
 *
 * Up to the commit the old task runs and a fault leaves it untouched.  From there on the new
 * task runs: its selectors are loaded first, all unusable, then each descriptor is qualified,
 * and a fault belongs to it, EIP being its first instruction. */
#include "sim/api/isa_impl.h"

#include "sim/api/debug.h"
#include "sim/api/isa_sys.h"

/* Offsets of both formats, SDM 3A figures 7-2 and 7-10.  Registers and segment registers are in
 * the order of enum reg and enum sreg; all slots are `size` apart. */
struct layout { u8 size, eip, eflags, regs, segs, seg_count, ldt, last; };
static const struct layout layouts[2] = {
    { 2, 14, 16, 18, 34, 4, 42, 43 },
    { 4, TSS_EIP, TSS_EFLAGS, TSS_EAX, TSS_ES, 6, TSS_LDT, TSS_SIZE - 1 },
};

struct image { u32 eip, eflags, cr3, reg[8], sel[SREG_COUNT], ldt, trap; };

static const struct layout *layout_of(const struct seg *tss)
{
    return &layouts[AR_TYPE(tss->ar) >> 3];
}

/* ---- checks in the old task ---- */

static fault_t find_task(struct isa *x, const struct task_request *r, struct seg *tss)
{
    unsigned vector = r->why == TASK_IRET ? VEC_TS : VEC_GP;

    if (SEL_IS_NULL(r->sel) || (r->sel & SEL_TI))
        return sel_fault(vector, r->sel);
    fault_t f = sys_read_seg(x, r->sel, vector, tss);
    if (f)
        return f;
    unsigned type = AR_TYPE(tss->ar);
    unsigned busy = r->why == TASK_IRET ? 2 : 0;
    if ((tss->ar & AR_S) || (type != (SYS_TSS16 | busy) && type != (SYS_TSS32 | busy)))
        return sel_fault(vector, r->sel);
    if (!(tss->ar & AR_P))
        return sel_fault(VEC_NP, r->sel);
    return tss->limit < layout_of(tss)->last ? sel_fault(VEC_TS, r->sel) : FAULT_NONE;
}

/* Both ends of a range that spans at most two pages. */
static fault_t probe_ends(struct isa *x, u32 la, u32 first, u32 last, unsigned access)
{
    fault_t f = x->ops->probe(x, la + first, 2, access);

    return f ? f : x->ops->probe(x, la + last - 1, 2, access);
}

/* SDM 3A 7.3 step 5: both TSSs and the descriptors that change must be paged in. */
static fault_t check_memory(struct isa *x, const struct task_request *r, const struct seg *tss)
{
    const struct seg *old = &x->s->tr;
    const struct layout *l = layout_of(old);
    u32 last = l->segs + l->seg_count * l->size - 1, old_desc, new_desc;
    bool nested = r->why == TASK_CALL || r->why == TASK_GATE;

    if (old->limit < last || !sys_desc_la(x->s, old->sel, &old_desc))
        return sel_fault(VEC_TS, old->sel);
    fault_t f = probe_ends(x, old->base, l->eip, last, ACCESS_WRITE);
    if (!f)
        f = probe_ends(x, tss->base, 0, layout_of(tss)->last, ACCESS_READ);
    if (!f && nested)
        f = x->ops->probe(x, tss->base + TSS_LINK, 2, ACCESS_WRITE);
    if (!f && !nested)
        f = x->ops->probe(x, old_desc + 5, 1, ACCESS_WRITE);
    if (!f && r->why != TASK_IRET) {
        bool inside = sys_desc_la(x->s, r->sel, &new_desc);
        assert(inside);
        f = x->ops->probe(x, new_desc + 5, 1, ACCESS_WRITE);
    }
    return f;
}

/* ---- the commit; all its memory has been probed ----
 *
 * A TSS can lie in the page table that maps it.  What then cannot be reached any more is lost, and reads
 * as ones: a processor would have kept the translation. */

static void put(struct isa *x, u32 la, unsigned size, u32 value)
{
    fault_t f = isa_sys_write(x, la, size, value);
    (void)f;
}

static u32 get(struct isa *x, u32 la, unsigned size)
{
    u32 value;
    fault_t f = isa_sys_read(x, la, size, &value);
    return f ? 0xffffffffu >> (32 - 8 * size) : value;
}

static void set_busy(struct isa *x, const struct seg *tss, bool busy)
{
    u32 la;
    bool inside = sys_desc_la(x->s, tss->sel, &la);
    assert(inside);
    put(x, la + 5, 1, ((tss->ar & ~2u) | (busy ? 2 : 0)) & 0xff);
}

static void save_task(struct isa *x, u32 eip, u32 eflags)
{
    const struct arch *s = x->s;
    const struct layout *l = layout_of(&s->tr);
    u32 base = s->tr.base;

    put(x, base + l->eip, l->size, eip);
    put(x, base + l->eflags, l->size, eflags);
    for (unsigned i = 0; i < 8; i++)
        put(x, base + l->regs + i * l->size, l->size, s->reg[i]);
    for (unsigned i = 0; i < l->seg_count; i++)
        put(x, base + l->segs + i * l->size, 2, s->seg[i].sel);
}

/* A 16-bit TSS has no FS, GS, CR3 and T; the upper halves of registers come out as zero. */
static struct image read_task(struct isa *x, const struct seg *tss)
{
    const struct layout *l = layout_of(tss);
    struct image m = { .eip = get(x, tss->base + l->eip, l->size) };

    m.eflags = get(x, tss->base + l->eflags, l->size) | FL_1;
    for (unsigned i = 0; i < 8; i++)
        m.reg[i] = get(x, tss->base + l->regs + i * l->size, l->size);
    for (unsigned i = 0; i < l->seg_count; i++)
        m.sel[i] = get(x, tss->base + l->segs + i * l->size, 2);
    m.ldt = get(x, tss->base + l->ldt, 2);
    if (l->size == 4) {
        m.cr3 = get(x, tss->base + TSS_CR3, 4);
        m.trap = get(x, tss->base + TSS_TRAP, 2) & 1;
    }
    return m;
}

/* SDM 3A table 7-2: who is busy, who is nested, who is linked to whom. */
static struct image swap_tasks(struct isa *x, const struct task_request *r, struct seg tss)
{
    bool nested = r->why == TASK_CALL || r->why == TASK_GATE;
    u32 eflags = r->why == TASK_IRET ? r->eflags & ~(u32)FL_NT : r->eflags;
    struct seg old = x->s->tr;

    if (!nested)
        set_busy(x, &old, false);
    save_task(x, r->return_eip, eflags);
    if (nested)
        put(x, tss.base + TSS_LINK, 2, old.sel);
    if (r->why != TASK_IRET)
        set_busy(x, &tss, true);
    struct image m = read_task(x, &tss);
    if (nested)
        m.eflags |= FL_NT;
    tss.ar |= 2;
    x->s->tr = tss;
    sys_tell(x, ISA_TR, 0);
    return m;
}

enum { EFLAGS_ALL = FL_ARITH | FL_TF | FL_IF | FL_DF | FL_IOPL | FL_NT | FL_RF | FL_VM | FL_AC |
                    FL_VIF | FL_VIP | FL_ID };

/* DR7 L0-L3 and LE are local to a task (SDM 3B 17.2.4); CR0.TS tells the kernel that the FPU
 * state is another task's (SDM 3A 2.5).  PAE: a new CR3 loads the PDPTEs (SDM 3A 4.4.1).  When one of
 * them has a reserved bit the manual leaves open what becomes of CR3: here it stays the old task's,
 * with its PDPTEs, and #GP(0) is the new task's first fault. */
static fault_t commit_control(struct isa *x, const struct image *m, bool wide)
{
    struct arch *s = x->s;
    u32 dr7 = s->dr[7] & ~0x155u;
    fault_t f = FAULT_NONE;

    s->cr0 |= CR0_TS;
    sys_tell(x, ISA_CR0, CR0_TS);
    if (wide && (s->cr0 & CR0_PG)) {
        if (m->cr3 != s->cr3 && paging_is_pae(s->cr0, s->cr4))
            f = sys_load_pdptes(x, m->cr3);
        if (!f)
            s->cr3 = m->cr3;
        sys_tell(x, ISA_CR3, 0);
    }
    if (dr7 != s->dr[7]) {
        s->dr[7] = dr7;
        sys_tell(x, ISA_DR7, 0);
    }
    return f;
}

static void commit_registers(struct isa *x, const struct image *m)
{
    struct arch *s = x->s;

    s->eip = m->eip;
    s->eflags = (m->eflags & EFLAGS_ALL) | FL_1;
    for (unsigned i = 0; i < 8; i++)
        s->reg[i] = m->reg[i];
    for (unsigned i = 0; i < SREG_COUNT; i++) {
        u16 sel = (u16)m->sel[i];
        isa_set_seg(x, (enum sreg)i, arch_is_v86(s) ? sys_v86_seg(sel) : sys_null_seg(sel));
    }
    s->ldtr = sys_null_seg((u16)m->ldt);
    sys_tell(x, ISA_LDTR, 0);
    isa_set_cpl(x, arch_is_v86(s) ? 3 : SEL_RPL(m->sel[CS]));
    s->shadow = 0;
    s->halted = 0;
}

/* ---- in the new task ---- */

static fault_t load_ldt(struct isa *x)
{
    u16 sel = x->s->ldtr.sel;
    struct seg ldt;

    if (SEL_IS_NULL(sel))
        return FAULT_NONE;
    if (sel & SEL_TI)
        return sel_fault(VEC_TS, sel);
    fault_t f = sys_read_seg(x, sel, VEC_TS, &ldt);
    if (f)
        return f;
    if ((ldt.ar & (AR_S | AR_P | 15u)) != (AR_P | SYS_LDT))
        return sel_fault(VEC_TS, sel);
    x->s->ldtr = ldt;
    sys_tell(x, ISA_LDTR, 0);
    return FAULT_NONE;
}

static fault_t load_code(struct isa *x)
{
    u16 sel = x->s->seg[CS].sel;
    unsigned rpl = SEL_RPL(sel);
    struct seg cs;

    if (SEL_IS_NULL(sel))
        return sel_fault(VEC_TS, sel);
    fault_t f = sys_read_seg(x, sel, VEC_TS, &cs);
    if (f)
        return f;
    unsigned dpl = AR_DPL(cs.ar);
    if (!AR_IS_CODE(cs.ar) || (AR_IS_CONFORMING(cs.ar) ? dpl > rpl : dpl != rpl))
        return sel_fault(VEC_TS, sel);
    if (!(cs.ar & AR_P))
        return sel_fault(VEC_NP, sel);
    f = sys_mark_accessed(x, &cs);
    if (!f)
        isa_set_seg(x, CS, cs);
    return f;
}

static fault_t load_data(struct isa *x, enum sreg which)
{
    struct arch *s = x->s;
    u16 sel = s->seg[which].sel;
    struct seg seg;
    fault_t f;

    if (which == SS)
        f = sys_check_stack(x, sel, s->cpl, VEC_TS, &seg);
    else
        f = sys_check_data(x, sel, s->cpl, VEC_TS, &seg);
    if (!f)
        f = sys_mark_accessed(x, &seg);
    if (!f)
        isa_set_seg(x, which, seg);
    return f;
}

static fault_t load_segments(struct isa *x)
{
    static const enum sreg order[] = { SS, DS, ES, FS, GS };
    fault_t f = load_ldt(x);

    if (f || arch_is_v86(x->s))
        return f;
    f = load_code(x);
    for (unsigned i = 0; i < COUNT(order) && !f; i++)
        f = load_data(x, order[i]);
    return f;
}

static fault_t push_error(struct isa *x, unsigned osize, u32 error)
{
    struct frame fr;

    frame_here(&fr, x->s, osize);
    frame_push(&fr, error);
    fault_t f = frame_check(x, &fr);
    if (!f)
        frame_commit(x, &fr);
    return f;
}

static fault_t start_task(struct isa *x, const struct task_request *r, const struct image *m)
{
    fault_t f = load_segments(x);

    if (!f && r->has_error)
        f = push_error(x, layout_of(&x->s->tr)->size, r->error);
    if (f)
        return f;
    if (x->s->eip > x->s->seg[CS].limit)
        return FAULT_ERR(VEC_GP, 0);
    if (!m->trap)
        return FAULT_NONE;
    debug_report(x->s, DR6_BT); /* SDM 3B 17.3.1.5: before the first instruction of the new task */
    return FAULT(VEC_DB);
}

static const u8 why_of[] = {
    [TASK_JMP] = TASK_WHY_JMP,
    [TASK_CALL] = TASK_WHY_CALL,
    [TASK_IRET] = TASK_WHY_IRET,
    [TASK_GATE] = TASK_WHY_GATE,
};

fault_t sys_task_switch(struct isa *x, struct task_request *r)
{
    struct seg tss;
    fault_t f = find_task(x, r, &tss);

    r->committed = false;
    if (!f && x->ops->task_switch)
        f = x->ops->task_switch(x, r->sel, why_of[r->why]);
    if (!f)
        f = check_memory(x, r, &tss);
    if (f)
        return f;
    struct image m = swap_tasks(x, r, tss);
    f = commit_control(x, &m, layout_of(&tss)->size == 4);
    commit_registers(x, &m);
    r->committed = x->switched = true;
    return f ? f : start_task(x, r, &m);
}

/* By JMP, CALL and IRET.  The saved EIP is behind the instruction, whose RF is spent: it is not saved
 * (chosen; the manual does not say). */
fault_t isa_task_switch(struct isa *x, u16 tss_sel, int why, bool has_error, u32 error,
                        u32 return_eip)
{
    struct task_request r = { .sel = tss_sel, .why = why, .has_error = has_error,
                              .error = error, .return_eip = return_eip,
                              .eflags = x->s->eflags & ~(u32)FL_RF };

    return sys_task_switch(x, &r);
}
