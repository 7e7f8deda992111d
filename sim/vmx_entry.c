#include "sim/vmx.h"

#include "sim/api/debug.h"
#include "sim/gate.h"
#include "sim/vmx_impl.h"

/* VM entry, SDM 3C 26: checks, then the guest's state, then the event to inject. */

static void load_segments(struct arch *s, const struct vmcs *c)
{
    for (unsigned i = 0; i < VMCS_SEGMENTS; i++) {
        struct seg g = {
            .sel = (u16)*vmcs_word(c, offsetof(struct vmcs, GUEST_ES_SELECTOR), i),
            .ar = *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_AR), i),
            .base = *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_BASE), i),
            .limit = *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_LIMIT), i),
        };
        struct seg *to = i == VMCS_LDTR ? &s->ldtr : i == VMCS_TR ? &s->tr : &s->seg[i];
        *to = g;
    }
    s->cpl = (u8)AR_DPL(s->seg[SS].ar); /* 24.4.1: there is no field for it */
}

static void load_registers(struct hw *m, const struct vmcs *c)
{
    struct arch *s = m->arch;
    s->cr0 = (s->cr0 & VMX_CR0_KEPT) | (c->GUEST_CR0 & ~VMX_CR0_KEPT);
    s->cr3 = c->GUEST_CR3;
    s->cr4 = c->GUEST_CR4;
    bool valid = vmx_read_pdptes(m, s->cr0, s->cr3, s->cr4, s->pdpte);
    assert(valid); /* vmx_check_guest */
    s->dr[7] = (c->GUEST_DR7 & 0xffff2fffu) | DR7_FIXED; /* 26.3.2.1: 12, 14, 15 cleared */
    s->debugctl = c->GUEST_DEBUGCTL;
    s->sysenter_cs = c->GUEST_SYSENTER_CS;
    s->sysenter_esp = c->GUEST_SYSENTER_ESP;
    s->sysenter_eip = c->GUEST_SYSENTER_EIP;
    s->gdtr = (struct dtr){ c->GUEST_GDTR_BASE, c->GUEST_GDTR_LIMIT };
    s->idtr = (struct dtr){ c->GUEST_IDTR_BASE, c->GUEST_IDTR_LIMIT };
    s->reg[ESP] = c->GUEST_RSP;
    s->eip = c->GUEST_RIP;
    s->eflags = c->GUEST_RFLAGS;
}

/* 26.6.1 to 26.6.3 */
static void load_non_registers(struct hw *m, const struct vmcs *c)
{
    struct arch *s = m->arch;
    u32 state = c->GUEST_INTERRUPTIBILITY;
    bool nmi = (state & INTERRUPTIBILITY_NMI) != 0, is_virtual = vmx_pin(m, PIN_VIRTUAL_NMI);
    s->shadow = (u8)(state & INTERRUPTIBILITY_SHADOW);
    s->halted = c->GUEST_ACTIVITY == 1;
    s->nmi_blocked = nmi && !is_virtual;
    m->state->vmx.virtual_nmi_blocked = nmi && is_virtual;
    u32 pending = c->GUEST_PENDING_DEBUG;
    if (s->shadow & SHADOW_MOV_SS) /* the step of MOV SS itself is lost, as ever (isa_retire) */
        pending &= ~DR6_BS;
    bool valid = (pending & (PENDING_DEBUG_ENABLED | DR6_BS)) != 0;
    m->state->debug_pending = valid ? pending & (DR6_BS | DR6_B) : 0;
}

/* 26.6.1 to 26.6.3: an event ends the shadows and HLT.  Traps that wait are lost, unless it stands for an
 * instruction behind a MOV SS that met a breakpoint. */
static void wake(struct hw *m, unsigned type)
{
    bool executed = type == EVENT_SOFT_INT || type == EVENT_SOFT_EXCEPTION;
    if (!executed || !(m->arch->shadow & SHADOW_MOV_SS))
        m->state->debug_pending = 0;
    m->arch->shadow = 0;
    m->arch->halted = 0;
}

/* 26.5.  An event that faults while it is delivered may lead straight out again. */
static void inject(struct hw *m, const struct vmcs *c)
{
    u32 info = c->ENTRY_INTR_INFO;
    if (!(info & INTR_VALID))
        return;
    struct vmx_event e = {
        .vector = (u8)info,
        .type = (u8)INTR_TYPE(info),
        .has_error = (info & INTR_ERROR) != 0,
        .error = c->ENTRY_EXCEPTION_ERROR,
        .return_eip = m->arch->eip,
        .injected = true,
    };
    if (vmx_is_software(e.type)) {
        e.length = (u8)c->ENTRY_INSTRUCTION_LENGTH;
        e.return_eip += e.length;
    }
    wake(m, e.type);
    unsigned old_cpl = m->arch->cpl;
    if (vmx_deliver(m, e))
        return;
    gate_charge(m, old_cpl, e.vector);
    machine_event(m, HW_DELIVER, e.vector, m->arch->eip, m->arch->cpl, 0);
}

/* The order of the checks is that of VMLAUNCH's description in 30.3. */
static enum vmx_error check(const struct hw *m, bool launch)
{
    const struct vmcs *c = vmcs_current(m);
    if (m->arch->shadow & SHADOW_MOV_SS)
        return VMX_ERROR_MOV_SS;
    if (launch && c->launched)
        return VMX_ERROR_LAUNCH_NOT_CLEAR;
    if (!launch && !c->launched)
        return VMX_ERROR_RESUME_NOT_LAUNCHED;
    enum vmx_error error = vmx_check_controls(c);
    return error ? error : vmx_check_host(c);
}

static bool load_guest(struct hw *m, const struct vmcs *c)
{
    u32 qualification;
    if (!vmx_check_guest(m, c, &qualification)) {
        vmx_entry_failure(m, EXIT_INVALID_STATE, qualification);
        return false;
    }
    bool nmi_blocked = m->arch->nmi_blocked;
    load_registers(m, c);
    load_segments(m->arch, c);
    load_non_registers(m, c);
    u32 failed = vmx_msr_load(m, c->ENTRY_MSR_LOAD_ADDRESS, c->ENTRY_MSR_LOAD_ADDRESS_HIGH,
                              c->ENTRY_MSR_LOAD_COUNT);
    if (!failed)
        return true;
    m->arch->nmi_blocked = nmi_blocked;
    vmx_entry_failure(m, EXIT_MSR_LOAD_FAIL, failed);
    return false;
}

enum vmx_result vmx_enter(struct hw *m, bool launch)
{
    struct vmx_state *v = &m->state->vmx;
    enum op op = launch ? OP_VMLAUNCH : OP_VMRESUME;
    assert(v->on && !v->nonroot);
    if (v->current == (u32)VMX_ADDRESS_NONE)
        return vmx_fail(m, op, VMX_ERROR_NONE);
    enum vmx_error error = check(m, launch);
    if (error)
        return vmx_fail(m, op, error);
    const struct vmcs *c = vmcs_current(m);
    ledger_charge(&m->state->ledger, COST_VMENTRY);
    if (!load_guest(m, c))
        return VMX_SUCCEED;
    if (launch)
        vmcs_edit(m)->launched = 1;
    v->nonroot = 1;
    tlb_flush_all(m, false); /* 26.3.2.5: no VPIDs on this processor */
    machine_event(m, HW_VMENTRY, m->arch->eip, c->ENTRY_INTR_INFO, 0, 0);
    inject(m, c);
    machine_refresh(m);
    return VMX_SUCCEED;
}
