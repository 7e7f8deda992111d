#include "vmm/vmm.h"

#include "sim/api/debug.h"
#include "sim/api/outside.h"
#include "vmm/charge.h"
#include "vmm/frame.h"
#include "vmm/interp.h"
#include "vmm/shdesc.h"

/* ---- building ---- */

static u32 engine_offset(void)
{
    return ((u32)sizeof(struct vmm_state) + 15u) & ~15u;
}

u32 vmm_state_size(const struct engine *engine)
{
    return engine_offset() + engine->state_size;
}

void vmm_attach(struct vmm *v, struct hw *hw, const struct engine *engine, void *hot)
{
    *v = (struct vmm){ .hw = hw, .s = hot, .engine = engine,
                       .engine_state = (u8 *)hot + engine_offset() };
    interp_init(v);
}

mpa_t vmm_alloc(struct vmm *v, u32 pages)
{
    mpa_t at = { v->s->ram_next };
    assert(pages <= (v->s->ram_end - v->s->ram_next) / PAGE_SIZE);
    v->s->ram_next += pages * PAGE_SIZE;
    return at;
}

void vmm_init(struct vmm *v, struct hw *hw, const struct engine *engine, void *hot,
              u32 guest_ram, const struct arch *start)
{
    vmm_attach(v, hw, engine, hot);
    assert(guest_ram % PAGE_SIZE == 0 && guest_ram < hw_ram_size(hw));
    v->s->ram_next = guest_ram;
    v->s->ram_end = hw_ram_size(hw);
    v->s->vcpu.arch = *start;
    platform_reset(&v->s->platform, guest_ram);
    platform_plug(&v->s->platform, &(struct platform_board){ .epoch = PLATFORM_EPOCH,
        .disk_sectors = hw_in(hw, OUTSIDE_DISK_SIZE, 4),
        .option_rom_bytes = hw_in(hw, OUTSIDE_OPTION_SIZE, 4),
        .firmware = hw_in(hw, OUTSIDE_ROM_SIZE, 4) != 0 });
    layout_build(v);
    guestmem_init(v, guest_ram / PAGE_SIZE);
    shadow_init(v, engine->shares_address_space);
    shdesc_init(v, 0);
    if (engine->init)
        engine->init(v);
    struct frame f = { .eip = MON_TC, .cs = MON_CS1, .eflags = FL_1 | FL_IF, .ss = MON_SS1 };
    frame_write(v, &f);
}

/* ---- one instruction by the monitor ---- */

void vmm_retire(struct vmm *v)
{
    hw_wrmsr(v->hw, MSR_COUNT, vmm_now(v) + 1);
    v->s->vcpu.committed = 1;
}

static void inject_fault(struct vmm *v, fault_t f)
{
    vmm_inject(v, fault_vector(f), EVENT_HARD_EXCEPTION, fault_has_error(f), fault_error(f));
}

/* What follows from an instruction that the rules have executed, with or without a fault. */
static void emulated(struct vmm *v, fault_t f, const struct insn *in, const struct arch *old,
                     unsigned account)
{
    const struct arch *s = &v->s->vcpu.arch;
    u32 la = old->seg[CS].base + old->eip;
    if (f) {
        inject_fault(v, f);
        return;
    }
    vmm_charge(v, (enum account)account);
    vmm_event(v, VMM_EMULATE, in->op, la, 0);
    if ((old->eflags ^ s->eflags) & FL_IF)
        vmm_event(v, VMM_VIF, old->eflags >> 9 & 1, s->eflags >> 9 & 1, in->op);
    v->s->vcpu.debug_pending |= (u16)isa_retire(&v->isa, in, old->eflags, old->eip);
    vmm_retire(v);
}

void vmm_emulate_as(struct vmm *v, unsigned account)
{
    const struct arch old = v->s->vcpu.arch;
    struct insn in = { .op = OP_UD };
    u32 hits = debug_code_hits(&old);
    if (hits) {
        debug_report(&v->s->vcpu.arch, hits);
        inject_fault(v, FAULT(VEC_DB));
        return;
    }
    fault_t f = interp_one(v, &in);
    emulated(v, f, &in, &old, account);
}

void vmm_emulate_insn(struct vmm *v, const struct insn *in, unsigned account)
{
    const struct arch old = v->s->vcpu.arch;
    fault_t f = interp_exec(v, in);
    emulated(v, f, in, &old, account);
}

void vmm_emulate(struct vmm *v)
{
    vmm_emulate_as(v, COST_EMULATE);
}

/* ---- faults of guest code on the hardware ---- */

static void page_fault(struct vmm *v, fault_t f, u32 la)
{
    unsigned access = access_of_fault(fault_error(f));
    struct walk w;
    switch (shadow_fault(v, la, access, &f)) {
    case SHADOW_FILLED:
        return;
    case SHADOW_MARKS:
        if (vmm_may_retry(v, la, access)) {
            shadow_mark(v, la, access);
            return;
        }
        vmm_event(v, VMM_MARKS, la, 0, 0);
        vmm_emulate(v);
        return;
    case SHADOW_TRUE_FAULT:
        inject_fault(v, f);
        return;
    case SHADOW_DEVICE:
        w = interp_walk(v, la, access, false);
        vmm_event(v, VMM_DEVICE, w.pa, 0, 0);
        vmm_emulate(v);
        return;
    case SHADOW_TRACED:
        w = interp_walk(v, la, access, false);
        vmm_event(v, VMM_TRACED, w.pa, la, 0);
        vmm_emulate_as(v, COST_TRACED);
        return;
    case SHADOW_MONITOR:
        vmm_event(v, VMM_ABOVE, la, 0, 0);
        vmm_emulate(v);
        return;
    }
}

/* A fault for which our segments and privileges may be to blame is settled by interpreting the
 * instruction: either it succeeds, or the guest gets exactly the fault its own state means. */
void vmm_guest_fault(struct vmm *v, fault_t f, u32 la)
{
    switch (fault_vector(f)) {
    case VEC_PF:
        page_fault(v, f, la);
        return;
    case VEC_TS:
    case VEC_NP:
    case VEC_SS:
    case VEC_GP:
    case VEC_MF: /* the real CR0.NE is 1, the guest's decides: #MF or FERR# */
        vmm_emulate(v);
        return;
    case VEC_DB:
        debug_report(&v->s->vcpu.arch, hw_read_dr(v->hw, 6) & DR6_BS);
        hw_write_dr(v->hw, 6, DR6_FIXED);
        break;
    }
    inject_fault(v, f);
}

/* ---- time that passes in HLT ---- */

/* deaf: only an NMI could wake the guest. */
static u64 input_due(struct vmm *v, bool deaf)
{
    vmm_charge(v, COST_WORLD_SWITCH);
    if (deaf && !hw_in(v->hw, OUTSIDE_NMI_COMES, 4))
        return TIME_NEVER;
    return vmm_next_input(v);
}

static void halt_step(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    bool intr = (s->eflags & FL_IF) != 0, nmi = !s->nmi_blocked;
    u64 now = vmm_now(v), input = intr || nmi ? input_due(v, !intr) : TIME_NEVER;
    u64 until = platform_halt_until(now, platform_wakes(&v->s->platform, intr, nmi), input);
    if (until == TIME_NEVER) {
        hw_out(v->hw, OUTSIDE_IDLE, 4, 0);
        return;
    }
    vmm_event(v, VMM_HALT_SKIP, (u32)until, 0, 0);
    platform_halted(&v->s->platform, now, until);
    hw_wrmsr(v->hw, MSR_COUNT, until);
}

/* ---- entry ---- */

/* With A20 held low a page table has two addresses, and the shadow knows it by one. */
static bool has_folded_tables(const struct vmm *v)
{
    const struct platform *p = &v->s->platform;
    return p->firmware && !p->a20 && (v->s->vcpu.arch.cr0 & CR0_PG);
}

/* While FERR# is active the virtual board's IGNNE# decides what an x87 instruction does: the hardware
 * (NE = 1) cannot, and would not tell when the error is cleared.  Nor would it tell of the IRET that
 * ends an NMI's handler, or of a ring in which a performance counter does not count. */
bool vmm_must_interpret(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    return debug_looks(s) || s->nmi_blocked || v->s->platform.ferr || has_folded_tables(v) ||
           perf_minds_cpl(&v->s->platform.msr.perf);
}

static bool engine_runs(const struct vmm *v)
{
    const struct vcpu *c = &v->s->vcpu;
    return !c->debug_pending && !c->reset_pending && !c->ended && !c->arch.halted &&
           !vmm_must_interpret(v) && v->engine->can_run(v);
}

static void stub_step(struct vmm *v)
{
    if (v->s->vcpu.arch.halted)
        halt_step(v);
    else if (v->s->vcpu.interpreting)
        vmm_emulate(v);
}

static void handle(struct vmm *v, const struct cause *cause)
{
    switch (cause->kind) {
    case CAUSE_FAULT:
        vmm_guest_fault(v, cause->fault, cause->la);
        return;
    case CAUSE_TIMER:
    case CAUSE_EXTERNAL:
        vmm_charge(v, COST_DISPATCH);
        return;
    case CAUSE_EMULATE:
        vmm_emulate(v);
        return;
    case CAUSE_STUB:
        stub_step(v);
        return;
    case CAUSE_ENGINE:
    case CAUSE_DELIVERY:
        v->engine->handle(v, cause);
        return;
    }
}

void vmm_resume(struct vmm *v)
{
    struct vcpu *c = &v->s->vcpu;
    bool runs = engine_runs(v);
    bool interpreting = !runs && !c->arch.halted && !c->ended;
    if (interpreting && !c->interpreting)
        vmm_event(v, VMM_INTERP, c->debug_pending != 0, c->arch.seg[CS].base + c->arch.eip, 0);
    c->interpreting = interpreting;
    vmm_set_limit(v);
    if (runs)
        v->engine->enter(v);
    else
        frame_leave_stub(v);
}

/* A trap of the guest's own single step has been taken already, an event half delivered was due
 * before any other: they cannot recur, so they go first. */
static bool goes_first(const struct cause *cause)
{
    return cause->kind == CAUSE_DELIVERY ||
           (cause->kind == CAUSE_FAULT && fault_vector(cause->fault) == VEC_DB);
}

void vmm_entry(struct vmm *v, unsigned slot)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct cause cause = { .kind = CAUSE_STUB };
    v->s->entries++;
    v->s->vcpu.committed = 0;
    v->engine->trap(v, slot, &cause);
    if (cause.kind == CAUSE_TIMER && vmm_next_input(v) <= vmm_now(v))
        cause.kind = CAUSE_EXTERNAL; /* the counter's NMI came before its interrupt, for the same tick */
    vmm_event(v, VMM_ENTRY, slot, s->seg[CS].base + s->eip, 0);
    if (cause.kind == CAUSE_EXTERNAL)
        vmm_input(v);
    if (goes_first(&cause) || !vmm_service(v))
        handle(v, &cause);
    vmm_resume(v);
}

struct peek vmm_vcpu_peek(const struct vmm *v)
{
    return (struct peek){ .arch = v->s->vcpu.arch, .tick = vmm_now(v), .boundary = true,
                          .who = RUNS_MONITOR };
}
