#include "sim/vmx_impl.h"

/* Control registers in VMX operation.  SDM 3C 23.8 (fixed bits), 25.1.3 (exits), 25.3 (masks
 * and read shadows).
 *
 *   reads    mask ? shadow : register      a bit the host owns shows its shadow
 *   writes   mask & (new ^ shadow)         such a change exits; else unmasked bits are written */

#define GP0 FAULT_ERR(VEC_GP, 0)

static fault_t leave(struct hw *m, const struct insn *in, u32 access, unsigned cr, unsigned reg)
{
    return vmx_leave_insn(m, in, EXIT_CR_ACCESS, access | cr | reg << 8);
}

static u32 mask_of(const struct vmcs *c, unsigned cr)
{
    return cr == 0 ? c->CR0_MASK : c->CR4_MASK;
}

static u32 shadow_of(const struct vmcs *c, unsigned cr)
{
    return cr == 0 ? c->CR0_SHADOW : c->CR4_SHADOW;
}

static u32 read_phys(void *owner, u32 pa) { return phys_read32(owner, pa); }

bool vmx_read_pdptes(const struct hw *m, u32 cr0, u32 cr3, u32 cr4, u32 pdpte[4])
{
    struct walk_mem mem = { (void *)(uintptr_t)m, read_phys, NULL };
    return !paging_is_pae(cr0, cr4) || paging_read_pdptes(&mem, cr3, pdpte);
}

static u32 guest_view(const struct hw *m, unsigned cr)
{
    const struct vmcs *c = vmcs_current(m);
    u32 mask = mask_of(c, cr), real = cr == 0 ? m->arch->cr0 : m->arch->cr4;
    return (real & ~mask) | (shadow_of(c, cr) & mask);
}

/* The rules of isa.h write the register; they are given the value that the masks let
 * through. */
static fault_t write_through(struct hw *m, const struct insn *in, u32 value)
{
    u32 *reg = &m->arch->reg[in->opnd[1].reg], asked = *reg;
    *reg = value;
    fault_t f = isa_exec(&m->isa, in);
    *reg = asked;
    return f;
}

static fault_t mov_to_cr3(struct hw *m, const struct insn *in, u32 value)
{
    const struct vmcs *c = vmcs_current(m);
    if (!(c->CPU_CONTROLS & CPU_CR3_LOAD))
        return FAULT_NONE;
    for (unsigned i = 0; i < c->CR3_TARGET_COUNT; i++)
        if (*vmcs_word(c, offsetof(struct vmcs, CR3_TARGET_0), i) == value)
            return FAULT_NONE;
    return leave(m, in, CR_ACCESS_TO, 3, in->opnd[1].reg);
}

fault_t vmx_mov_to_cr(struct hw *m, const struct insn *in, bool *done)
{
    unsigned cr = in->opnd[0].reg, reg = in->opnd[1].reg;
    u32 value = m->arch->reg[reg];
    if (m->arch->cpl > 0)
        return FAULT_NONE; /* #GP(0), which the instruction itself raises */
    if (cr == 3 && m->state->vmx.nonroot)
        return mov_to_cr3(m, in, value);
    if (cr != 0 && cr != 4)
        return FAULT_NONE;
    if (m->state->vmx.nonroot) {
        const struct vmcs *c = vmcs_current(m);
        u32 mask = mask_of(c, cr), real = cr == 0 ? m->arch->cr0 : m->arch->cr4;
        if (mask & (value ^ shadow_of(c, cr)))
            return leave(m, in, CR_ACCESS_TO, cr, reg);
        value = (real & mask) | (value & ~mask);
    }
    if (!vmx_cr_fixed(cr, value))
        return GP0;
    *done = true;
    return write_through(m, in, value);
}

fault_t vmx_mov_from_cr(struct hw *m, const struct insn *in, bool *done)
{
    unsigned reg = in->opnd[0].reg, cr = in->opnd[1].reg;
    if (m->arch->cpl > 0 || !m->state->vmx.nonroot)
        return FAULT_NONE;
    if (cr == 3 && vmx_cpu(m, CPU_CR3_STORE))
        return leave(m, in, CR_ACCESS_FROM, 3, reg);
    if (cr != 0 && cr != 4)
        return FAULT_NONE;
    m->arch->reg[reg] = guest_view(m, cr);
    m->arch->eip += in->len;
    *done = true;
    return FAULT_NONE;
}

fault_t vmx_clts(struct hw *m, const struct insn *in, bool *done)
{
    if (m->arch->cpl > 0 || !m->state->vmx.nonroot)
        return FAULT_NONE;
    const struct vmcs *c = vmcs_current(m);
    if (!(c->CR0_MASK & CR0_TS))
        return FAULT_NONE;
    if (c->CR0_SHADOW & CR0_TS)
        return leave(m, in, CR_ACCESS_CLTS, 0, 0);
    m->arch->eip += in->len; /* the guest sees TS = 0 already; the real one is the host's */
    *done = true;
    return FAULT_NONE;
}

static fault_t source16(struct hw *m, const struct insn *in, u32 *value, u32 *la)
{
    *la = 0;
    if (in->opnd[0].kind != OPND_MEM) {
        *value = m->arch->reg[in->opnd[0].reg] & 0xffffu;
        return FAULT_NONE;
    }
    fault_t f = isa_linear(&m->isa, (enum sreg)in->seg, insn_offset(m->arch, in), 2, false, la);
    return f ? f : m->isa.ops->read(&m->isa, *la, 2, ACCESS_READ, value);
}

/* LMSW writes PE MP EM TS but cannot clear PE, so clearing it never exits. */
static bool lmsw_exits(const struct vmcs *c, u32 value)
{
    u32 mask = c->CR0_MASK, shadow = c->CR0_SHADOW;
    if (mask & (value ^ shadow) & (CR0_MP | CR0_EM | CR0_TS))
        return true;
    return (mask & value & ~shadow & CR0_PE) != 0;
}

fault_t vmx_lmsw(struct hw *m, const struct insn *in, bool *done)
{
    u32 value, la;
    if (m->arch->cpl > 0 || !m->state->vmx.nonroot)
        return FAULT_NONE;
    fault_t f = source16(m, in, &value, &la); /* its faults come before the exit (25.1.1) */
    if (f)
        return f;
    const struct vmcs *c = vmcs_current(m);
    if (lmsw_exits(c, value)) {
        struct vmx_exit e = { .reason = EXIT_CR_ACCESS, .length = in->len, .linear = la,
                              .rf = VMX_RF_CLEAR };
        e.qualification = value << 16 | CR_ACCESS_LMSW;
        if (in->opnd[0].kind == OPND_MEM)
            e.qualification |= CR_ACCESS_MEMORY;
        vmx_leave(m, &e);
        return FAULT_VMEXIT;
    }
    u32 free = (CR0_MP | CR0_EM | CR0_TS) & ~c->CR0_MASK;
    m->arch->cr0 = (m->arch->cr0 & ~free) | (value & free);
    m->isa.ops->changed(&m->isa, ISA_CR0, free);
    m->arch->eip += in->len;
    *done = true;
    return FAULT_NONE;
}

fault_t vmx_smsw(struct hw *m, const struct insn *in, bool *done)
{
    struct arch *s = m->arch;
    if (!m->state->vmx.nonroot)
        return FAULT_NONE;
    u32 value = guest_view(m, 0), la;
    if (in->opnd[0].kind == OPND_MEM) {
        unsigned access = ACCESS_WRITE | (s->cpl == 3 ? ACCESS_USER : 0);
        fault_t f = isa_linear(&m->isa, (enum sreg)in->seg, insn_offset(s, in), 2, true, &la);
        if (!f)
            f = m->isa.ops->write(&m->isa, la, 2, access, value & 0xffffu);
        if (f)
            return f;
    } else {
        u32 *reg = &s->reg[in->opnd[0].reg], keep = in->osize == 2 ? 0xffff0000u : 0;
        *reg = (*reg & keep) | (value & ~keep);
    }
    s->eip += in->len;
    *done = true;
    return FAULT_NONE;
}
