#include "sim/vmx.h"

#include "sim/api/debug.h"
#include "sim/vmx_impl.h"

/* VM exits, SDM 3C 27: information, guest state saved, host state loaded. */

static u32 *word(struct vmcs *c, size_t offset, unsigned index)
{
    return (u32 *)((u8 *)c + offset) + index;
}

/* 27.3.2 */
static void save_segments(const struct arch *s, struct vmcs *c)
{
    for (unsigned i = 0; i < VMCS_SEGMENTS; i++) {
        const struct seg *g = i == VMCS_LDTR ? &s->ldtr : i == VMCS_TR ? &s->tr : &s->seg[i];
        *word(c, offsetof(struct vmcs, GUEST_ES_SELECTOR), i) = g->sel;
        *word(c, offsetof(struct vmcs, GUEST_ES_AR), i) = g->ar;
        *word(c, offsetof(struct vmcs, GUEST_ES_BASE), i) = g->base;
        *word(c, offsetof(struct vmcs, GUEST_ES_LIMIT), i) = g->limit;
    }
    c->GUEST_GDTR_BASE = s->gdtr.base;
    c->GUEST_GDTR_LIMIT = s->gdtr.limit;
    c->GUEST_IDTR_BASE = s->idtr.base;
    c->GUEST_IDTR_LIMIT = s->idtr.limit;
}

/* 27.3.1, 27.3.3 */
static void save_registers(const struct arch *s, struct vmcs *c, enum vmx_rf rf)
{
    c->GUEST_CR0 = s->cr0;
    c->GUEST_CR3 = s->cr3;
    c->GUEST_CR4 = s->cr4;
    c->GUEST_DR7 = s->dr[7];
    c->GUEST_DEBUGCTL = s->debugctl;
    c->GUEST_DEBUGCTL_HIGH = 0;
    c->GUEST_SYSENTER_CS = s->sysenter_cs;
    c->GUEST_SYSENTER_ESP = s->sysenter_esp;
    c->GUEST_SYSENTER_EIP = s->sysenter_eip;
    c->GUEST_RSP = s->reg[ESP];
    c->GUEST_RIP = s->eip;
    c->GUEST_RFLAGS = s->eflags;
    if (rf == VMX_RF_SET)
        c->GUEST_RFLAGS |= FL_RF;
    if (rf == VMX_RF_CLEAR)
        c->GUEST_RFLAGS &= ~(u32)FL_RF;
}

/* Debug traps that MOV SS holds back, or that INIT came before; none once a #DB has exited (27.3.4).  The
 * step of MOV SS itself is told, since an entry demands it (26.3.1.5), and lost (vmx_entry.c). */
static u32 pending_debug(const struct hw *m, const struct vmx_exit *e)
{
    const struct arch *s = m->arch;
    u32 pending = m->state->debug_pending;
    if (e->reason == EXIT_EXCEPTION_NMI && (e->intr_info & 0xff) == VEC_DB)
        return 0;
    if (pending & DR6_B)
        pending |= PENDING_DEBUG_ENABLED;
    if ((s->shadow & SHADOW_MOV_SS) && (s->eflags & FL_TF) && !(s->debugctl & DEBUGCTL_BTF))
        pending |= DR6_BS;
    return pending;
}

/* 27.3.4 */
static void save_non_registers(struct hw *m, struct vmcs *c, const struct vmx_exit *e)
{
    const struct arch *s = m->arch;
    struct vmx_state *v = &m->state->vmx;
    bool nmi = c->PIN_CONTROLS & PIN_VIRTUAL_NMI ? v->virtual_nmi_blocked : s->nmi_blocked;
    c->GUEST_ACTIVITY = s->halted;
    c->GUEST_INTERRUPTIBILITY = s->shadow | (nmi ? INTERRUPTIBILITY_NMI : 0);
    c->GUEST_PENDING_DEBUG = pending_debug(m, e);
    m->state->debug_pending = 0;
    v->virtual_nmi_blocked = 0;
}

/* 27.2 */
static void save_information(struct hw *m, struct vmcs *c, const struct vmx_exit *e)
{
    struct vmx_state *v = &m->state->vmx;
    c->EXIT_REASON = e->reason;
    c->EXIT_QUALIFICATION = e->qualification;
    c->EXIT_INTR_INFO = e->intr_info;
    c->EXIT_INTR_ERROR = e->intr_error;
    c->EXIT_INSTRUCTION_LENGTH = e->length ? e->length : v->vectoring_length;
    c->EXIT_INSTRUCTION_INFO = e->instruction_info;
    c->GUEST_LINEAR_ADDRESS = e->linear;
    c->IDT_VECTORING_INFO = v->idt_vectoring_info;
    c->IDT_VECTORING_ERROR = v->idt_vectoring_error;
    c->ENTRY_INTR_INFO &= ~INTR_VALID;
    v->idt_vectoring_info = v->idt_vectoring_error = v->vectoring_length = 0;
}

/* 27.5.2: flat, whatever the descriptors in the host's GDT say */
static struct seg host_segment(u32 sel, u32 type, u32 base)
{
    struct seg g = { .sel = (u16)sel, .base = base, .limit = 0xffffffffu };
    g.ar = type | AR_S | AR_P | AR_DB | AR_G;
    if (sel == 0)
        g.ar = AR_UNUSABLE;
    return g;
}

static void load_host_segments(struct arch *s, const struct vmcs *c)
{
    s->seg[CS] = host_segment(c->HOST_CS_SELECTOR, 11, 0);
    s->seg[SS] = host_segment(c->HOST_SS_SELECTOR, 3, 0);
    s->seg[DS] = host_segment(c->HOST_DS_SELECTOR, 3, 0);
    s->seg[ES] = host_segment(c->HOST_ES_SELECTOR, 3, 0);
    s->seg[FS] = host_segment(c->HOST_FS_SELECTOR, 3, c->HOST_FS_BASE);
    s->seg[GS] = host_segment(c->HOST_GS_SELECTOR, 3, c->HOST_GS_BASE);
    s->tr = (struct seg){ .sel = (u16)c->HOST_TR_SELECTOR, .base = c->HOST_TR_BASE,
                          .limit = 0x67, .ar = AR_P | SYS_TSS32_BUSY };
    s->ldtr = (struct seg){ .ar = AR_UNUSABLE };
    s->gdtr = (struct dtr){ c->HOST_GDTR_BASE, 0xffff };
    s->idtr = (struct dtr){ c->HOST_IDTR_BASE, 0xffff };
    s->cpl = 0;
}

/* 27.7: the processor stops; the indicator tells a debugger why. */
enum { ABORT_MSR_STORE = 1, ABORT_PDPTE = 2, ABORT_MSR_LOAD = 4 };
static void vmx_abort(struct hw *m, u32 indicator)
{
    vmcs_edit(m)->abort = indicator;
    machine_shutdown(m, 0);
}

static void load_host_registers(struct hw *m, const struct vmcs *c)
{
    struct arch *s = m->arch;
    s->cr0 = (s->cr0 & VMX_CR0_KEPT) | (c->HOST_CR0 & ~VMX_CR0_KEPT);
    s->cr3 = c->HOST_CR3;
    s->cr4 = c->HOST_CR4;
    s->dr[7] = DR7_FIXED;
    s->debugctl = 0; /* 27.5.1 */
    s->sysenter_cs = c->HOST_SYSENTER_CS;
    s->sysenter_esp = c->HOST_SYSENTER_ESP;
    s->sysenter_eip = c->HOST_SYSENTER_EIP;
    load_host_segments(s, c);
    s->reg[ESP] = c->HOST_RSP;
    s->eip = c->HOST_RIP;
    s->eflags = FL_1;
    s->shadow = 0;
    s->halted = 0;
    m->state->debug_pending = 0;
    m->state->vmx.nonroot = 0;
    tlb_flush_all(m, false); /* 27.5.5 */
    machine_refresh(m);
}

/* 27.5.1 to 27.6 */
static void load_host(struct hw *m, const struct vmcs *c)
{
    struct arch *s = m->arch;
    load_host_registers(m, c);
    if (!vmx_read_pdptes(m, s->cr0, s->cr3, s->cr4, s->pdpte)) /* 27.5.4 */
        vmx_abort(m, ABORT_PDPTE);
    else if (vmx_msr_load(m, c->EXIT_MSR_LOAD_ADDRESS, c->EXIT_MSR_LOAD_ADDRESS_HIGH,
                          c->EXIT_MSR_LOAD_COUNT))
        vmx_abort(m, ABORT_MSR_LOAD);
}

void vmx_leave(struct hw *m, const struct vmx_exit *e)
{
    struct vmcs *c = vmcs_edit(m);
    assert(m->state->vmx.nonroot);
    machine_event(m, HW_VMEXIT, e->reason, e->qualification, e->length, 0);
    ledger_charge(&m->state->ledger, COST_VMEXIT);
    save_information(m, c, e);
    save_registers(m->arch, c, e->rf);
    save_segments(m->arch, c);
    save_non_registers(m, c, e);
    if (vmx_msr_store(m, c->EXIT_MSR_STORE_ADDRESS, c->EXIT_MSR_STORE_ADDRESS_HIGH,
                      c->EXIT_MSR_STORE_COUNT)) {
        vmx_abort(m, ABORT_MSR_STORE);
        return;
    }
    load_host(m, c);
}

void vmx_entry_failure(struct hw *m, u32 reason, u32 qualification)
{
    struct vmcs *c = vmcs_edit(m);
    c->EXIT_REASON = reason | EXIT_ENTRY_FAILURE;
    c->EXIT_QUALIFICATION = qualification;
    machine_event(m, HW_VMEXIT, c->EXIT_REASON, qualification, 0, 0);
    ledger_charge(&m->state->ledger, COST_VMEXIT);
    load_host(m, c);
}

fault_t vmx_leave_insn(struct hw *m, const struct insn *in, u32 reason, u32 qualification)
{
    struct vmx_exit e = { .reason = reason, .qualification = qualification, .length = in->len,
                          .rf = VMX_RF_CLEAR };
    vmx_leave(m, &e);
    return FAULT_VMEXIT;
}
