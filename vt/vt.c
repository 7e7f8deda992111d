#include "vt/vt.h"

#include "sim/api/window.h"
#include "vmm/charge.h"
#include "vmm/direct.h"
#include "vt/event.h"

static void vt_init(struct vmm *v)
{
    vmcs_build(v);
}

static bool vt_can_run(const struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    if (v->s->platform.ferr) /* the monitor goes on by itself (vmm.c): nothing can be left to the entry */
        return false;
    if (vt_of(v)->unread) /* the processor itself saved the rest */
        return arch_is_protected(s) && !((s->eflags & FL_TF) && s->shadow);
    return vmcs_enterable(s);
}

static void vt_enter(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    const struct arch *s = &v->s->vcpu.arch;
    t->entered = vmm_now(v);
    t->entered_rf = s->eflags & FL_RF;
    t->entered_eip = s->eip;
    t->entered_esp = s->reg[ESP];
    t->entered_event = t->event;
    vmcs_export(v);
    vt_exit_charge(v);
    hw_event(v->hw, VT_ENTER, s->seg[CS].base + s->eip, t->writes, t->reads, 0);
    t->reads = t->writes = 0;
    enum vmx_result r = t->launched ? hw_vmresume(v->hw) : hw_vmlaunch(v->hw);
    if (r != VMX_SUCCEED)
        hw_panic(v->hw, "VMLAUNCH or VMRESUME failed");
    t->launched = 1;
}

static void vt_trap(struct vmm *v, unsigned slot, struct cause *cause)
{
    if (slot == SLOT_HOST_RIP) {
        vmcs_import(v);
        vt_exit_cause(v, cause);
        return;
    }
    vt_of(v)->origin = VT_ORIGIN_NONE;
    vmcs_complete(v); /* from the stub: the rules work on the vcpu now */
    direct_cause(v, slot, cause);
}

static bool vt_inject(struct vmm *v, unsigned vector, enum event_type type, fault_t f)
{
    struct vt_state *t = vt_of(v);
    bool detects = vector == VEC_DB && v->s->vcpu.arch.dr[7] & DR7_GD; /* its delivery clears that */
    if (t->software || detects || type == EVENT_NMI || vmm_must_interpret(v) || !vt_can_run(v)) {
        vmcs_complete(v);
        return false;
    }
    assert(!t->event);
    t->event = INTR_INFO(vector, type) | (fault_has_error(f) ? INTR_ERROR : 0);
    t->event_error = fault_error(f);
    if (t->origin == VT_ORIGIN_NONE || type == EVENT_EXTERNAL) {
        t->origin = VT_ORIGIN_EVENT;
        t->first = t->event;
        t->first_error = t->event_error;
    }
    if (vector == VEC_PF && type == EVENT_HARD_EXCEPTION)
        v->s->vcpu.arch.cr2 = v->isa.fault_la;
    v->s->vcpu.arch.halted = 0;
    hw_event(v->hw, VT_INJECT, t->event, t->event_error, 0, 0);
    return true;
}

static bool vt_peek(const struct vmm *v, struct peek *out)
{
    *out = vmm_vcpu_peek(v);
    if (hw_in_nonroot(v->hw)) {
        vmcs_look_running(v, &out->arch);
        out->who = out->arch.cpl == 3 ? RUNS_GUEST_USER : RUNS_GUEST_KERNEL;
        return true;
    }
    vmcs_look(v, &out->arch);
    return true;
}

const struct engine engine_vt = {
    .id = ENGINE_VT, .name = "vt", .state_size = sizeof(struct vt_state),
    .shares_address_space = false, .init = vt_init, .can_run = vt_can_run, .enter = vt_enter,
    .trap = vt_trap, .handle = vt_exit_handle, .complete = vmcs_complete, .inject = vt_inject,
    .peek = vt_peek,
};
