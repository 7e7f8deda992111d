#include "bt/run.h"

#include "bt/chain.h"
#include "bt/event.h"
#include "bt/tc.h"
#include "sim/api/outside.h"
#include "vmm/charge.h"
#include "vmm/direct.h"
#include "vmm/interp.h"
#include "vmm/shdesc.h"

/* ---- which states ---- */

/* Does the real CPUID, which user code reaches, answer as the guest's?  Not once its APIC is off. */
static bool cpuid_fits(const struct vmm *v)
{
    u32 real[4], guests[4];
    platform_cpuid(NULL, 1, real);
    platform_cpuid(&v->s->platform, 1, guests);
    return real[3] == guests[3];
}

/* HSSV algorithm 3.1 wants translation where IF=0 or IOPL=3; here only CPL 0 is translated, so
 * user code of that kind is interpreted. */
static bool user_can(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    return (s->eflags & FL_IF) && EFLAGS_IOPL(s->eflags) < 3 && direct_can_run(v) &&
           cpuid_fits(v);
}

static bool stack_can(const struct seg *ss)
{
    return (ss->ar & AR_DB) && AR_IS_WRITABLE(ss->ar) && !AR_IS_EXPAND_DOWN(ss->ar) &&
           !(ss->ar & AR_UNUSABLE) && ss->base < MON_BASE;
}

static bool kernel_can(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    const struct seg *cs = &s->seg[CS];
    if (!arch_is_protected(s) || (s->eflags & (FL_VM | FL_TF)))
        return false;
    return arch_code32(s) && cs->base == 0 && cs->limit == 0xffffffffu && s->eip < MON_BASE &&
           stack_can(&s->seg[SS]);
}

bool run_can(const struct vmm *v)
{
    unsigned cpl = v->s->vcpu.arch.cpl;
    return cpl == 3 ? user_can(v) : cpl == 0 && kernel_can(v);
}

/* ---- into the guest ---- */

/* The doorbell is there as long as nothing waits for IF to become 1. */
static void set_doorbell(struct vmm *v)
{
    bool ring = platform_intr(&v->s->platform);
    mpa_t at = { v->s->monitor_pt + (MON_DOORBELL >> PAGE_SHIFT & 0x3ff) * 4 };
    u32 pte = mem_read32(v->hw, at), want = ring ? pte & ~(u32)PTE_P : pte | PTE_P;
    if (pte == want)
        return;
    mem_write32(v->hw, at, want);
    hw_invlpg(v->hw, MON_DOORBELL);
}

/* A byte from outside interrupts at its tick by itself, except when that tick lies among elided
 * jumps: so the counter watches for it too. */
static void watch_input(struct vmm *v)
{
    struct bt_state *b = bt_of(v);
    b->input_due = vmm_next_input(v);
    u64 due = b->input_due < b->floor ? b->floor : b->input_due;
    if (due < hw_count_limit(v->hw))
        hw_wrmsr(v->hw, MSR_COUNT_LIMIT, due);
}

static u16 load_segments(struct vmm *v)
{
    static const u8 loaded[] = { ES, DS, FS };
    shdesc_stub_present(v, true);
    shdesc_gs_present(v, true);
    for (unsigned i = 0; i < COUNT(loaded); i++)
        hw_load_seg(v->hw, (enum sreg)loaded[i], shdesc_cached(v, (enum sreg)loaded[i], 1));
    hw_load_seg(v->hw, GS, MON_GS1);
    return shdesc_cached(v, SS, 1);
}

static void enter_cache(struct vmm *v, u32 pc, const u32 *reg)
{
    struct frame f = {
        .eip = MON_TC + pc, .cs = MON_CS1, .ss = load_segments(v), .esp = reg[ESP],
        .eflags = (v->s->vcpu.arch.eflags & (FL_ARITH | FL_DF)) | FL_1 | FL_IF,
    };
    gs_set_vif(v, (v->s->vcpu.arch.eflags & FL_IF) != 0);
    set_doorbell(v);
    for (enum reg r = EAX; r <= EDI; r++)
        if (r != ESP)
            hw_set_reg(v->hw, r, reg[r]);
    frame_write(v, &f);
    hw_iret(v->hw);
}

/* Nothing has happened to the guest since it was trapped there: hidden faults and the like. */
static bool undisturbed(const struct vmm *v)
{
    const struct bt_resume *r = &bt_of(v)->resume;
    return r->pc != TC_NONE && r->tick == vmm_now(v) &&
           __builtin_memcmp(&r->arch, &v->s->vcpu.arch, sizeof(r->arch)) == 0;
}

/* Will the fetch at eip set an accessed bit? */
static bool fetch_sets_accessed(struct vmm *v, u32 eip)
{
    struct walk w = interp_walk(v, eip, ACCESS_FETCH, false);
    return walk_marks(&w, ACCESS_FETCH);
}

/* The fetch that enters a unit is the guest's: it sets A, and faults as the guest would.  An interrupt
 * that is due now comes before it.  It belongs to the next instruction: an entry that has just
 * completed one goes by the stub, so that the moment between the two exists. */
static bool dispatch(struct vmm *v, u32 *pc)
{
    u32 eip = v->s->vcpu.arch.eip, index;
    gpa_t gpa;
    if (hw_count_limit(v->hw) <= vmm_now(v) ||
        (v->s->vcpu.committed && fetch_sets_accessed(v, eip)))
        return false;
    if (interp_translate(v, eip, ACCESS_FETCH, true, &gpa) ||
        !chain_find(v, eip, false, &index))
        return false;
    const struct unit *u = tc_unit(v, index);
    *pc = u->tc;
    if (u->extra) /* its first instruction will count the jumps before it: they are behind us */
        hw_wrmsr(v->hw, MSR_COUNT, vmm_now(v) - u->extra);
    hw_event(v->hw, BT_DISPATCH, eip, index, MON_TC + u->tc, 0);
    return true;
}

static void enter_translated(struct vmm *v)
{
    struct bt_state *b = bt_of(v);
    const u32 *reg = v->s->vcpu.arch.reg;
    u32 pc = b->resume.pc, after = b->resume.after_pc;
    bool back = undisturbed(v);
    b->floor = vmm_now(v);
    watch_input(v);
    b->resume.pc = b->resume.after_pc = TC_NONE;
    if (back) {
        hw_wrmsr(v->hw, MSR_COUNT, b->resume.count);
        reg = b->resume.reg;
    } else if (after != TC_NONE && b->resume.after_eip == v->s->vcpu.arch.eip) {
        pc = after;
    } else if (!dispatch(v, &pc)) {
        /* the interpreter's fetch will find the same: set it, or deliver it */
        v->s->vcpu.interpreting = 1;
        frame_leave_stub(v);
        return;
    }
    enter_cache(v, pc, reg);
}

void run_enter(struct vmm *v)
{
    if (v->s->vcpu.arch.cpl == 0) {
        enter_translated(v);
        return;
    }
    bt_of(v)->resume.pc = bt_of(v)->resume.after_pc = TC_NONE;
    shdesc_gs_present(v, false);
    hw_event(v->hw, BT_DIRECT, v->s->vcpu.arch.eip, 0, 0, 0);
    direct_enter(v);
}

/* ---- out of the cache ---- */

static enum stand stand_of(int slot)
{
    switch (slot) {
    case -1: case OUTSIDE_VECTOR: return STAND_STEP;
    case VEC_NMI: return STAND_TIMER;
    case VEC_CALLOUT: case VEC_CONTINUE: return STAND_INT;
    default: return STAND_FAULT;
    }
}

/* real: the processor's state as of the interruption by `slot` (-1: it is running on). */
static struct stand_point point_of(const struct vmm *v, const struct arch *real, int slot)
{
    struct stand_point p = { .why = stand_of(slot), .pc = real->eip - MON_TC,
                             .eflags = real->eflags, .count = hw_count(v->hw),
                             .limit = hw_count_limit(v->hw) };
    if (p.why == STAND_INT)
        p.pc -= 2;
    for (enum reg r = EAX; r <= EDI; r++)
        p.reg[r] = real->reg[r];
    return p;
}

static void remember_place(struct vmm *v, const struct stand_point *p,
                           const struct recovered *out)
{
    struct bt_resume *r = &bt_of(v)->resume;
    r->after_pc = TC_NONE;
    r->pc = p->why == STAND_INT ? TC_NONE : p->pc;
    r->count = p->count;
    r->tick = out->tick;
    r->arch = out->arch;
    for (enum reg i = EAX; i <= EDI; i++)
        r->reg[i] = p->reg[i];
}

static const struct tc_insn *callout_at(const struct vmm *v, u32 pc)
{
    const struct unit *u = tc_unit(v, tc_unit_at(v, pc));
    unsigned i = 0;
    while (u->tc + tc_insn(v, u->insn + i)->at != pc)
        i++;
    return tc_insn(v, u->insn + i);
}

/* What the translator could not decode in its page, fetched whole: an instruction that crosses the page's
 * edge, or bytes that are none. */
static void tell_unread(struct vmm *v, u32 eip)
{
    u32 la = v->s->vcpu.arch.seg[CS].base + eip, bytes = 0, count = 0;
    struct insn in;
    gpa_t at;
    mpa_t where;
    fault_t f = interp_fetch(v, &in, false);
    for (; f == FAULT(VEC_UD) && count < in.len && count < 4; count++) {
        if (interp_translate(v, la + count, ACCESS_FETCH, false, &at) || !guestmem_find(v, at, &where))
            break;
        bytes |= guestmem_read(v, at, 1) << 8 * count;
    }
    hw_event(v->hw, BT_CALLOUT, f ? OP_COUNT : in.op, eip, count, bytes);
}

/* What follows the callout in the cache is what follows it in the guest, when it is no jump. */
static void callout(struct vmm *v, u32 pc, struct cause *cause)
{
    const struct tc_insn *r = callout_at(v, pc);
    struct bt_resume *to = &bt_of(v)->resume;
    u32 eip = v->s->vcpu.arch.eip;
    *cause = (struct cause){ .kind = CAUSE_ENGINE, .arg = { BT_CAUSE_CALLOUT, r->op } };
    if (r->guest_len && op_info[r->op].ends != ENDS_JUMP) {
        to->after_pc = pc + 2;
        to->after_eip = eip + r->guest_len;
    }
    if (r->guest_len)
        hw_event(v->hw, BT_CALLOUT, r->op, eip, 0, 0);
    else if (hw_event_wanted(v->hw, BT_CALLOUT))
        tell_unread(v, eip);
}

static void continuation(const struct vmm *v, u32 pc, struct cause *cause)
{
    u32 stub = tc_stub_at(v, pc);
    const struct stub *s = tc_stub(v, stub);
    bool miss = s->kind == STUB_MISS || (s->kind == STUB_CONFIRM && pc < s->site);
    *cause = (struct cause){ .kind = CAUSE_ENGINE,
                             .arg = { miss ? BT_CAUSE_MISS : BT_CAUSE_CONTINUE, stub } };
}

static bool rang_doorbell(const struct vmm *v, unsigned slot)
{
    return slot == VEC_PF && PTE_FRAME(hw_read_cr(v->hw, 2)) == MON_DOORBELL;
}

/* A byte that came among elided jumps has not interrupted; whatever led here, it is in time now.  (At a
 * timer's and its own interrupt the monitor takes it.) */
static void take_due_input(struct vmm *v, u64 tick, const struct cause *cause)
{
    if (tick >= bt_of(v)->input_due && cause->kind != CAUSE_TIMER && cause->kind != CAUSE_EXTERNAL)
        vmm_input(v);
}

static void trap_cache(struct vmm *v, unsigned slot, struct cause *cause)
{
    struct arch real;
    struct recovered out;
    frame_interrupted(v, slot, &real);
    struct stand_point p = point_of(v, &real, (int)slot);
    recover(v, &p, &out);
    v->s->vcpu.arch = out.arch;
    if (out.tick != p.count)
        hw_wrmsr(v->hw, MSR_COUNT, out.tick);
    remember_place(v, &p, &out);
    hw_event(v->hw, BT_RECOVER, real.eip, out.arch.eip, out.elided, 0);
    if (slot == VEC_CALLOUT) {
        callout(v, p.pc, cause);
    } else if (slot == VEC_CONTINUE) {
        continuation(v, p.pc, cause);
    } else if (rang_doorbell(v, slot)) {
        hw_event(v->hw, BT_DOORBELL, out.arch.eip, 0, 0, 0);
        cause->kind = CAUSE_EMULATE;
    } else {
        direct_cause(v, slot, cause);
    }
    take_due_input(v, out.tick, cause);
}

void run_trap(struct vmm *v, unsigned slot, struct cause *cause)
{
    struct frame f = frame_read(v, slot);
    if (frame_from_monitor(&f) && !frame_from_stub(&f)) {
        trap_cache(v, slot, cause);
        return;
    }
    direct_cause(v, slot, cause);
    if (!frame_from_monitor(&f))
        direct_import(v, slot);
}

/* ---- observers ---- */

static void peek_cache(const struct vmm *v, const struct arch *real, int slot, struct peek *out)
{
    struct stand_point p = point_of(v, real, slot);
    struct recovered r;
    recover(v, &p, &r);
    out->arch = r.arch;
    out->tick = r.tick;
    out->boundary = r.boundary;
    out->jumps = (u8)r.jumps;
    for (unsigned i = 0; i < r.jumps; i++)
        out->jump_eip[i] = r.jump_eip[i];
    out->who = slot >= 0 ? RUNS_MONITOR : RUNS_TRANSLATED;
}

bool run_peek(const struct vmm *v, struct peek *out)
{
    struct arch real = *hw_arch(v->hw);
    int slot = hw_window_slot(v->hw);
    *out = vmm_vcpu_peek(v);
    if (slot >= 0)
        frame_interrupted(v, (unsigned)slot, &real);
    if (real.cpl == 0 || (real.seg[CS].sel == MON_CS1 && real.eip - MON_TC < TC_FIRST))
        return true; /* the vcpu is the truth */
    if (real.seg[CS].sel == MON_CS1) {
        peek_cache(v, &real, slot, out);
        return true;
    }
    direct_view(v, &real, &out->arch);
    out->who = slot >= 0 ? RUNS_MONITOR : RUNS_GUEST_USER;
    return true;
}
