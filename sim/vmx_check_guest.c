#include "sim/api/debug.h"
#include "sim/vmx_impl.h"

/* Checks on guest state, SDM 3C 26.3.1.  Each function is a paragraph of it. */

struct segment { u32 sel, base, limit, ar; };

static struct segment segment(const struct vmcs *c, unsigned i)
{
    return (struct segment){
        *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_SELECTOR), i),
        *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_BASE), i),
        *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_LIMIT), i),
        *vmcs_word(c, offsetof(struct vmcs, GUEST_ES_AR), i),
    };
}

/* 26.3.1.1; CR3, SYSENTER MSRs and DR7 have nothing to violate in 32 bits */
static bool control_registers(const struct vmcs *c)
{
    if (!vmx_cr_fixed(0, c->GUEST_CR0) || !vmx_cr_fixed(4, c->GUEST_CR4))
        return false;
    return (c->GUEST_DEBUGCTL & ~DEBUGCTL_BITS) == 0 && c->GUEST_DEBUGCTL_HIGH == 0;
}

/* Bits 11:8 and 31:17 reserved; G must agree with the limit (26.3.1.2). */
static bool rights_format(const struct segment *g)
{
    if ((g->ar & 0xf00u) || g->ar >> 17)
        return false;
    if ((g->limit & 0xfffu) != 0xfffu && (g->ar & AR_G))
        return false;
    return !(g->limit >> 20) || (g->ar & AR_G);
}

static bool v86_segment(const struct segment *g)
{
    return g->base == g->sel << 4 && g->limit == 0xffffu && g->ar == 0xf3u;
}

static bool code_segment(const struct segment *cs, const struct segment *ss)
{
    if ((cs->ar & (AR_S | 8u | 1u)) != (AR_S | 8u | 1u) || !(cs->ar & AR_P))
        return false;
    unsigned dpl = AR_DPL(cs->ar), ss_dpl = AR_DPL(ss->ar);
    if (AR_IS_CONFORMING(cs->ar) ? dpl > ss_dpl : dpl != ss_dpl)
        return false;
    return !(cs->ar & AR_UNUSABLE) && rights_format(cs);
}

static bool stack_segment(const struct segment *ss)
{
    if (AR_DPL(ss->ar) != SEL_RPL(ss->sel))
        return false;
    if (ss->ar & AR_UNUSABLE)
        return true;
    unsigned type = AR_TYPE(ss->ar);
    return (type == 3 || type == 7) && (ss->ar & AR_S) && (ss->ar & AR_P) && rights_format(ss);
}

static bool data_segment(const struct segment *g)
{
    if (g->ar & AR_UNUSABLE)
        return true;
    unsigned type = AR_TYPE(g->ar);
    if (!(type & 1) || ((type & 8) && !(type & 2)))
        return false;
    if (type <= 11 && AR_DPL(g->ar) < SEL_RPL(g->sel))
        return false;
    return (g->ar & AR_S) && (g->ar & AR_P) && rights_format(g);
}

static bool system_segments(const struct vmcs *c)
{
    struct segment ldtr = segment(c, VMCS_LDTR), tr = segment(c, VMCS_TR);
    unsigned type = AR_TYPE(tr.ar);
    if ((type != SYS_TSS16_BUSY && type != SYS_TSS32_BUSY) || (tr.sel & SEL_TI) ||
        (tr.ar & (AR_S | AR_P | AR_UNUSABLE)) != AR_P || !rights_format(&tr))
        return false;
    if (ldtr.ar & AR_UNUSABLE)
        return true;
    return AR_TYPE(ldtr.ar) == SYS_LDT && !(ldtr.sel & SEL_TI) &&
           (ldtr.ar & (AR_S | AR_P)) == AR_P && rights_format(&ldtr);
}

static bool segments(const struct vmcs *c)
{
    static const u8 data[] = { DS, ES, FS, GS };
    struct segment cs = segment(c, CS), ss = segment(c, SS);
    if (c->GUEST_RFLAGS & FL_VM) {
        for (unsigned i = 0; i < SREG_COUNT; i++) {
            struct segment g = segment(c, i);
            if (!v86_segment(&g))
                return false;
        }
        return system_segments(c);
    }
    if (SEL_RPL(ss.sel) != SEL_RPL(cs.sel) || !code_segment(&cs, &ss) || !stack_segment(&ss))
        return false;
    for (unsigned i = 0; i < COUNT(data); i++) {
        struct segment g = segment(c, data[i]);
        if (!data_segment(&g))
            return false;
    }
    return system_segments(c);
}

/* 26.3.1.3 and 26.3.1.4 */
static bool tables_and_flags(const struct vmcs *c)
{
    u32 flags = c->GUEST_RFLAGS, info = c->ENTRY_INTR_INFO;
    if (c->GUEST_GDTR_LIMIT >> 16 || c->GUEST_IDTR_LIMIT >> 16)
        return false;
    if ((flags >> 22) || (flags & 0x8028u) || !(flags & FL_1))
        return false;
    bool external = (info & INTR_VALID) && INTR_TYPE(info) == EVENT_EXTERNAL;
    return !external || (flags & FL_IF);
}

enum { ACTIVE = 0, HALTED = 1 };

/* What may be injected into a halted guest (26.3.1.5). */
static bool wakes(u32 info)
{
    u32 vector = info & 0xff;
    if (INTR_TYPE(info) == EVENT_EXTERNAL || INTR_TYPE(info) == EVENT_NMI)
        return true;
    return INTR_TYPE(info) == EVENT_HARD_EXCEPTION && (vector == VEC_DB || vector == VEC_MC);
}

static bool activity(const struct vmcs *c)
{
    if (c->GUEST_ACTIVITY == ACTIVE)
        return true;
    if (c->GUEST_ACTIVITY != HALTED || AR_DPL(c->GUEST_SS_AR) != 0)
        return false;
    if (c->GUEST_INTERRUPTIBILITY & INTERRUPTIBILITY_SHADOW)
        return false;
    return !(c->ENTRY_INTR_INFO & INTR_VALID) || wakes(c->ENTRY_INTR_INFO);
}

static bool interruptibility(const struct vmcs *c)
{
    u32 state = c->GUEST_INTERRUPTIBILITY, info = c->ENTRY_INTR_INFO;
    u32 shadows = state & INTERRUPTIBILITY_SHADOW;
    bool injects = (info & INTR_VALID) != 0;
    bool nmi = injects && INTR_TYPE(info) == EVENT_NMI;
    if (state & ~(u32)(INTERRUPTIBILITY_NMI | INTERRUPTIBILITY_SHADOW))
        return false; /* bit 2, SMI, is for system-management mode only */
    if (shadows == INTERRUPTIBILITY_SHADOW)
        return false;
    if ((state & INTERRUPTIBILITY_STI) && !(c->GUEST_RFLAGS & FL_IF))
        return false;
    if (injects && INTR_TYPE(info) == EVENT_EXTERNAL && shadows)
        return false;
    if (nmi && (state & INTERRUPTIBILITY_MOV_SS))
        return false;
    return !(nmi && (c->PIN_CONTROLS & PIN_VIRTUAL_NMI) && (state & INTERRUPTIBILITY_NMI));
}

/* A single step that is due but held back must be pending, and no other (26.3.1.5). */
static bool pending_debug(const struct vmcs *c)
{
    u32 pending = c->GUEST_PENDING_DEBUG;
    bool held = c->GUEST_ACTIVITY == HALTED ||
                (c->GUEST_INTERRUPTIBILITY & INTERRUPTIBILITY_SHADOW);
    bool steps = (c->GUEST_RFLAGS & FL_TF) && !(c->GUEST_DEBUGCTL & DEBUGCTL_BTF);
    if (pending & 0xffffaff0u)
        return false;
    return !held || ((pending & DR6_BS) != 0) == steps;
}

static bool link_pointer(const struct hw *m, const struct vmcs *c)
{
    u32 low = c->GUEST_LINK_POINTER, high = c->GUEST_LINK_POINTER_HIGH;
    if (low == 0xffffffffu && high == 0xffffffffu)
        return true;
    return low % PAGE_SIZE == 0 && high == 0 && low != m->state->vmx.current &&
           vmx_phys32(m, low, high, 0) == VMCS_REVISION;
}

/* 26.3.1.6 */
static bool pdptes(const struct hw *m, const struct vmcs *c)
{
    u32 pdpte[4];
    return vmx_read_pdptes(m, c->GUEST_CR0, c->GUEST_CR3, c->GUEST_CR4, pdpte);
}

enum { QUALIFICATION_PDPTE = 2, QUALIFICATION_NMI_STI = 3, QUALIFICATION_LINK = 4 };

bool vmx_check_guest(const struct hw *m, const struct vmcs *c, u32 *qualification)
{
    u32 info = c->ENTRY_INTR_INFO;
    *qualification = 0;
    if (!control_registers(c) || !segments(c) || !tables_and_flags(c))
        return false;
    if (!activity(c) || !interruptibility(c) || !pending_debug(c))
        return false;
    if ((info & INTR_VALID) && INTR_TYPE(info) == EVENT_NMI &&
        (c->GUEST_INTERRUPTIBILITY & INTERRUPTIBILITY_STI)) {
        *qualification = QUALIFICATION_NMI_STI; /* the SDM leaves it open; this part refuses */
        return false;
    }
    *qualification = QUALIFICATION_PDPTE;
    if (!pdptes(m, c))
        return false;
    *qualification = QUALIFICATION_LINK;
    return link_pointer(m, c);
}
