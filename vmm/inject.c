/* inject.c - events into the guest, and which of them is due at a boundary. */
#include "vmm/vmm.h"

#include "sim/api/debug.h"
#include "sim/api/outside.h"
#include "sim/dev/mmio.h"
#include "vmm/charge.h"
#include "vmm/interp.h"

void vmm_shutdown(struct vmm *v, unsigned vector)
{
    const struct fault_chain *c = &v->isa.chain;
    for (u32 i = 0; i < c->count; i++)
        hw_out(v->hw, OUTSIDE_FAULT, 4, c->fault[i]);
    v->s->vcpu.ended = 1;
    vmm_event(v, VMM_SHUTDOWN, vector, 0, 0);
    hw_out(v->hw, OUTSIDE_SHUTDOWN, 4, vector);
}

static void tell_nested(struct vmm *v)
{
    const struct fault_chain *c = &v->isa.chain;
    fault_t during = c->fault[0];
    for (u32 i = 1; i < c->count; i++) {
        vmm_event(v, VMM_NESTED, fault_vector(c->fault[i]), fault_error(c->fault[i]), fault_vector(during));
        during = fault_combine(during, c->fault[i]);
    }
}

static u32 vcpu_la(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    return s->seg[CS].base + s->eip;
}

/* #DB is a trap here, interrupts and software exceptions are no faults: they push the EIP as it is
 * and no RF.  What faults while they are delivered is a fault like any other. */
static bool deliver(struct vmm *v, unsigned vector, enum event_type type, fault_t f)
{
    struct arch *s = &v->s->vcpu.arch;
    fault_t nested = f;
    v->isa.hits = 0;
    s->halted = 0; /* even if it cannot be delivered */
    if (type != EVENT_HARD_EXCEPTION || vector == VEC_DB)
        nested = isa_deliver(&v->isa, vector, type, fault_has_error(f), fault_error(f), s->eip);
    bool done = !nested || isa_deliver_fault(&v->isa, nested, s->eip);
    if (nested)
        tell_nested(v);
    v->s->vcpu.debug_pending |= (u16)v->isa.hits; /* of the frame */
    return done;
}

bool vmm_deliver(struct vmm *v, unsigned vector, enum event_type type, bool has_error, u32 error)
{
    fault_t f = has_error ? FAULT_ERR(vector, error) : FAULT(vector);
    bool external = type == EVENT_EXTERNAL || type == EVENT_NMI;
    u32 old_if = v->s->vcpu.arch.eflags & FL_IF;
    vmm_charge(v, external ? COST_INJECT : COST_FORWARD);
    if (v->engine->inject && v->engine->inject(v, vector, type, f))
        return true;
    if (!deliver(v, vector, type, f))
        return false;
    if (external)
        vmm_event(v, VMM_INJECT, vector, vcpu_la(v), 0);
    else
        vmm_event(v, VMM_FORWARD, vector, error, vcpu_la(v));
    if (old_if && !(v->s->vcpu.arch.eflags & FL_IF))
        vmm_event(v, VMM_VIF, 1, 0, OP_INT);
    return true;
}

void vmm_inject(struct vmm *v, unsigned vector, enum event_type type, bool has_error, u32 error)
{
    if (!vmm_deliver(v, vector, type, has_error, error))
        vmm_shutdown(v, vector);
}

/* Bytes whose time has come, from the host's journal into the virtual devices. */
static void take_input(struct vmm *v)
{
    for (;;) {
        vmm_charge(v, COST_WORLD_SWITCH);
        u32 byte = hw_in(v->hw, OUTSIDE_INPUT, 4);
        if (byte & BIT(31))
            return;
        vmm_event(v, VMM_WORLD, OUTSIDE_INPUT, byte, 0);
        platform_input(&v->s->platform, vmm_now(v), (enum platform_source)(byte >> 8 & 3),
                       (u8)byte);
    }
}

void vmm_input(struct vmm *v)
{
    platform_advance(&v->s->platform, vmm_now(v));
    take_input(v);
}

static void note_waiting(struct vmm *v, bool waiting)
{
    const struct arch *s = &v->s->vcpu.arch;
    if (waiting && !v->s->vcpu.irq_waiting)
        vmm_event(v, VMM_IRQ_WAIT, (s->eflags & FL_IF) != 0, s->shadow, 0);
    v->s->vcpu.irq_waiting = waiting;
}

static bool nmi_can_be_taken(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    return platform_nmi(&v->s->platform) && !s->nmi_blocked && !(s->shadow & SHADOW_MOV_SS);
}

/* NMIs are blocked from the beginning of the delivery, even if that faults. */
static void inject_nmi(struct vmm *v)
{
    platform_take_nmi(&v->s->platform);
    vmm_inject(v, VEC_NMI, EVENT_NMI, false, 0);
    v->s->vcpu.arch.nmi_blocked = 1;
}

bool vmm_service(struct vmm *v)
{
    struct vcpu *c = &v->s->vcpu;
    platform_advance(&v->s->platform, vmm_now(v));
    if (c->reset_pending) {
        interp_reset(v);
        return true;
    }
    if (platform_smi(&v->s->platform)) {
        platform_take_smi(&v->s->platform);
        vmm_event(v, VMM_SMI, 0, 0, 0);
    }
    if (platform_init(&v->s->platform)) {
        interp_take_init(v);
        return true;
    }
    if (c->debug_pending && !(c->arch.shadow & SHADOW_MOV_SS)) { /* before interrupts: SDM 3A table 6-2 */
        debug_report(&c->arch, c->debug_pending);
        c->debug_pending = 0;
        vmm_inject(v, VEC_DB, EVENT_HARD_EXCEPTION, false, 0);
        return true;
    }
    if (nmi_can_be_taken(v)) {
        inject_nmi(v);
        return true;
    }
    bool intr = platform_intr(&v->s->platform);
    if (!intr || !(c->arch.eflags & FL_IF) || c->arch.shadow) {
        note_waiting(v, intr);
        return false;
    }
    c->irq_waiting = 0;
    vmm_inject(v, platform_ack(&v->s->platform), EVENT_EXTERNAL, false, 0);
    return true;
}

u64 vmm_next_input(const struct vmm *v)
{
    u32 low = hw_in(v->hw, OUTSIDE_DUE, 4);
    return (u64)hw_in(v->hw, OUTSIDE_DUE_HIGH, 4) << 32 | low;
}

u64 vmm_next_due(const struct vmm *v)
{
    return platform_due(&v->s->platform);
}

/* An interrupt that waits only for a shadow is taken one instruction later; one that IF holds back
 * waits for an instruction that traps, or for the engine's own watch on IF.  NMIs likewise; while they are
 * blocked the guest is interpreted. */
void vmm_set_limit(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    u64 now = vmm_now(v), limit = vmm_next_due(v);
    bool nmi = platform_nmi(&v->s->platform) && !s->nmi_blocked;
    if (nmi || ((s->eflags & FL_IF) && platform_intr(&v->s->platform))) {
        u64 soon = now + (s->shadow != 0);
        limit = soon < limit ? soon : limit;
    }
    if (platform_init(&v->s->platform) || platform_smi(&v->s->platform))
        limit = now;
    hw_wrmsr(v->hw, MSR_COUNT_LIMIT, limit < now ? now : limit);
}
