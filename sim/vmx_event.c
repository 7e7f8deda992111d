#include "sim/vmx.h"

#include "sim/api/debug.h"
#include "sim/vmx_impl.h"

/* Events in non-root operation: which exit, and what happens when one faults while it is
 * delivered. SDM 3C 25.2, 27.2.2, 27.2.3. */

enum vmx_rf vmx_event_rf(unsigned type, unsigned vector)
{
    bool fault = type == EVENT_HARD_EXCEPTION && vector != VEC_DB && vector != VEC_MC;
    if (vmx_is_software(type))
        return VMX_RF_CLEAR;
    return fault ? VMX_RF_SET : VMX_RF_KEEP; /* as in the image that delivery would push */
}

/* 25.2: the error code of a page fault may turn the bitmap's bit round */
static bool exception_exits(const struct hw *m, fault_t f)
{
    const struct vmcs *c = vmcs_current(m);
    bool bit = (c->EXCEPTION_BITMAP >> fault_vector(f) & 1) != 0;
    if (fault_vector(f) != VEC_PF)
        return bit;
    bool match = (fault_error(f) & c->PAGE_FAULT_MASK) == c->PAGE_FAULT_MATCH;
    return match ? bit : !bit;
}

/* ---- the event under way, for the IDT-vectoring fields ---- */

static void set_vectoring(struct hw *m, const struct vmx_event *e)
{
    struct vmx_state *v = &m->state->vmx;
    v->idt_vectoring_info = INTR_INFO(e->vector, e->type) | (e->has_error ? INTR_ERROR : 0);
    v->idt_vectoring_error = e->has_error ? e->error : 0;
    v->vectoring_length = e->length;
}

static void clear_vectoring(struct hw *m)
{
    struct vmx_state *v = &m->state->vmx;
    v->idt_vectoring_info = v->idt_vectoring_error = v->vectoring_length = 0;
}

/* INT n, INT3, INTO and INT1 deliver their event themselves (isa.h): a fault of theirs happened
 * during that delivery - through the IVT of virtual-8086 mode, too - except where IOPL did not allow
 * INT n at all. */
static void vectoring_of(struct hw *m, const struct insn *in, fault_t f)
{
    const struct arch *s = m->arch;
    struct vmx_event e = { .length = in->len };
    switch (in->op) {
    case OP_INT:
        if (arch_is_v86(s) && EFLAGS_IOPL(s->eflags) < 3 && f == FAULT_ERR(VEC_GP, 0))
            return;
        e.vector = (u8)in->imm;
        e.type = EVENT_SOFT_INT;
        break;
    case OP_INT3: e.vector = VEC_BP; e.type = EVENT_SOFT_EXCEPTION; break;
    case OP_INTO: e.vector = VEC_OF; e.type = EVENT_SOFT_EXCEPTION; break;
    case OP_INT1: e.vector = VEC_DB; e.type = EVENT_PRIV_SOFT_INT; break;
    default: return;
    }
    set_vectoring(m, &e);
}

/* ---- interception ---- */

bool vmx_intercept_fault(struct hw *m, const struct insn *in, fault_t f, u32 detail)
{
    const struct vmx_state *v = &m->state->vmx;
    unsigned vector = fault_vector(f);
    if (!exception_exits(m, f))
        return false;
    if (in)
        vectoring_of(m, in, f);
    struct vmx_exit e = { .reason = EXIT_EXCEPTION_NMI, .intr_error = fault_error(f) };
    e.intr_info = INTR_INFO(vector, EVENT_HARD_EXCEPTION);
    if (fault_has_error(f))
        e.intr_info |= INTR_ERROR;
    if (in && in->op == OP_IRET && v->iret_unblocked && vector != VEC_DF)
        e.intr_info |= INTR_NMI_UNBLOCKED;
    if (vector == VEC_PF || vector == VEC_DB)
        e.qualification = detail;
    bool detected = vector == VEC_DB && (detail & DR6_BD); /* a #DB that is a fault (27.3.3) */
    e.rf = detected ? VMX_RF_SET : vmx_event_rf(EVENT_HARD_EXCEPTION, vector);
    vmx_leave(m, &e);
    return true;
}

bool vmx_external_exits(const struct hw *m)
{
    return m->state->vmx.nonroot && vmx_pin(m, PIN_EXTERNAL_INTERRUPT);
}

bool vmx_external_acks(const struct hw *m)
{
    return vmx_external_exits(m) && (vmcs_current(m)->EXIT_CONTROLS & EXIT_ACK_INTERRUPT);
}

bool vmx_intercept_external(struct hw *m, u8 vector)
{
    if (!vmx_external_exits(m))
        return false;
    struct vmx_exit e = { .reason = EXIT_EXTERNAL_INTERRUPT };
    if (vmx_external_acks(m))
        e.intr_info = INTR_INFO(vector, EVENT_EXTERNAL);
    vmx_leave(m, &e);
    return true;
}

bool vmx_intercept_nmi(struct hw *m)
{
    if (!vmx_pin(m, PIN_NMI))
        return false;
    struct vmx_exit e = { .reason = EXIT_EXCEPTION_NMI,
                          .intr_info = INTR_INFO(VEC_NMI, EVENT_NMI) };
    vmx_leave(m, &e);
    m->arch->nmi_blocked = 1; /* 27.5.5 */
    return true;
}

bool vmx_interrupt_window(struct hw *m)
{
    const struct arch *s = m->arch;
    bool nmi = vmx_cpu(m, CPU_NMI_WINDOW) && !m->state->vmx.virtual_nmi_blocked && !s->shadow;
    bool open = vmx_cpu(m, CPU_INTERRUPT_WINDOW) && (s->eflags & FL_IF) && !s->shadow;
    if (!nmi && !open)
        return false;
    struct vmx_exit e = { .reason = nmi ? EXIT_NMI_WINDOW : EXIT_INTERRUPT_WINDOW };
    vmx_leave(m, &e);
    return true;
}

void vmx_init_signal(struct hw *m)
{
    struct vmx_exit e = { .reason = EXIT_INIT };
    vmx_leave(m, &e);
}

void vmx_triple_fault(struct hw *m)
{
    struct vmx_exit e = { .reason = EXIT_TRIPLE_FAULT };
    clear_vectoring(m); /* 27.2.3: not considered to happen during delivery */
    vmx_leave(m, &e);
}

/* ---- task switches always exit (25.4.2) ---- */

fault_t vmx_task_switch(struct isa *x, u16 tss_sel, unsigned why)
{
    struct hw *m = x->owner;
    struct vmx_state *v = &m->state->vmx;
    if (!v->nonroot)
        return FAULT_NONE;
    v->task_pending = 1;
    v->task_selector = tss_sel;
    v->task_source = (u8)why;
    return FAULT_VMEXIT;
}

/* rf: as in the old TSS */
static void task_exit(struct hw *m, unsigned length, enum vmx_rf rf)
{
    struct vmx_state *v = &m->state->vmx;
    assert(v->task_pending);
    v->task_pending = 0;
    struct vmx_exit e = { .reason = EXIT_TASK_SWITCH, .length = length, .rf = rf };
    e.qualification = v->task_selector | (u32)v->task_source << 30;
    vmx_leave(m, &e);
}

void vmx_task_exit(struct hw *m, const struct insn *in)
{
    vectoring_of(m, in, FAULT_NONE);
    task_exit(m, in->len, VMX_RF_CLEAR);
}

/* ---- delivery ---- */

static struct vmx_event event_of(fault_t f, u32 return_eip)
{
    return (struct vmx_event){
        .vector = fault_vector(f), .type = EVENT_HARD_EXCEPTION,
        .has_error = fault_has_error(f), .error = fault_error(f), .return_eip = return_eip,
    };
}

/* NMIs are blocked from the beginning of the delivery, even if that exits (27.1); a virtual NMI blocks
 * virtual NMIs, and only these (26.6.1.2). */
static void block_nmis(struct hw *m)
{
    bool is_virtual = vmx_pin(m, PIN_VIRTUAL_NMI);
    m->arch->nmi_blocked = !is_virtual;
    m->state->vmx.virtual_nmi_blocked = is_virtual;
}

/* f arose while e was delivered: exit, or what to deliver instead.  True: exited. */
static bool nested(struct hw *m, struct vmx_event *e, fault_t f)
{
    fault_t first = FAULT_NONE;
    if (vmx_intercept_fault(m, NULL, f, m->isa.fault_la))
        return true;
    if (fault_vector(f) == VEC_PF) /* whatever comes of it: SDM 3A 6.15, interrupt 14 */
        m->arch->cr2 = m->isa.fault_la;
    if (e->type == EVENT_HARD_EXCEPTION)
        first = e->has_error ? FAULT_ERR(e->vector, e->error) : FAULT(e->vector);
    fault_t combined = fault_combine(first, f);
    machine_event(m, HW_NESTED, fault_vector(f), fault_error(f), e->vector, 0);
    if (!combined) {
        vmx_triple_fault(m);
        return true;
    }
    clear_vectoring(m);
    if (combined != f && vmx_intercept_fault(m, NULL, combined, 0))
        return true; /* a #DF exit is not an exit during delivery (27.2.3) */
    *e = event_of(combined, m->arch->eip);
    return false;
}

bool vmx_deliver(struct hw *m, struct vmx_event e)
{
    bool nmi = e.type == EVENT_NMI;
    if (nmi)
        block_nmis(m);
    for (;;) {
        set_vectoring(m, &e);
        fault_t f = (e.injected ? isa_inject : isa_deliver)(&m->isa, e.vector, (enum event_type)e.type,
                                                            e.has_error, e.error, e.return_eip);
        if (!f) {
            clear_vectoring(m);
            if (nmi)
                block_nmis(m); /* isa_deliver knows no virtual ones */
            return false;
        }
        if (fault_kind(f) == FAULT_KIND_VMEXIT) {
            task_exit(m, 0, e.injected ? VMX_RF_KEEP : vmx_event_rf(e.type, e.vector));
            return true;
        }
        if (nested(m, &e, f))
            return true;
    }
}

bool vmx_fault(struct hw *m, const struct insn *in, fault_t f, u32 detail)
{
    if (vmx_intercept_fault(m, in, f, detail))
        return true;
    if (fault_vector(f) == VEC_PF)
        m->arch->cr2 = detail;
    if (fault_vector(f) == VEC_DB)
        debug_report(m->arch, detail); /* not when it exits: then the qualification says it (27.1) */
    return vmx_deliver(m, event_of(f, m->arch->eip));
}
