/* RDMSR, WRMSR, RDPMC: the MSRs that are part of struct arch; all others are the owner's. */
#include "sim/api/isa_impl.h"

#include "sim/api/debug.h"
#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

static u32 *arch_msr(struct arch *s, u32 msr)
{
    switch (msr) {
    case MSR_SYSENTER_CS: return &s->sysenter_cs;
    case MSR_SYSENTER_ESP: return &s->sysenter_esp;
    case MSR_SYSENTER_EIP: return &s->sysenter_eip;
    case MSR_DEBUGCTL: return &s->debugctl;
    case MSR_BRANCH_FROM: return &s->branch_from;
    case MSR_BRANCH_TO: return &s->branch_to;
    case MSR_EXCEPTION_FROM: return &s->exception_from;
    case MSR_EXCEPTION_TO: return &s->exception_to;
    default: return NULL;
    }
}

static bool is_refused(u32 msr, u64 value)
{
    return (msr >= MSR_BRANCH_FROM && msr <= MSR_EXCEPTION_TO) ||
           (msr == MSR_DEBUGCTL && (value & ~(u64)DEBUGCTL_BITS));
}

fault_t isa_rdmsr(struct isa *x, u32 msr, u64 *value)
{
    const u32 *own = arch_msr(x->s, msr);

    if (!own)
        return x->ops->rdmsr(x, msr, value);
    *value = *own;
    return FAULT_NONE;
}

fault_t isa_wrmsr(struct isa *x, u32 msr, u64 value)
{
    u32 *own = arch_msr(x->s, msr);

    if (!own)
        return x->ops->wrmsr(x, msr, value);
    if (is_refused(msr, value))
        return GP0;
    *own = (u32)value;
    return FAULT_NONE;
}

void sys_set_edx_eax(struct arch *s, u64 value)
{
    s->reg[EAX] = (u32)value;
    s->reg[EDX] = (u32)(value >> 32);
}

/* 0F33  RDPMC: two counters of 40 bits, as all of the P6 family (SDM 2, RDPMC) */
fault_t sys_rdpmc(struct isa *x, const struct insn *in)
{
    u64 value;

    if (!(x->s->cr4 & CR4_PCE) && x->s->cpl > 0)
        return GP0;
    if (x->s->reg[ECX] > 1)
        return GP0;
    fault_t f = x->ops->rdmsr(x, MSR_COUNT + x->s->reg[ECX], &value);
    if (f)
        return f;
    sys_set_edx_eax(x->s, value & 0xffffffffffull);
    return isa_next(x, in);
}

/* 0F32  RDMSR */
fault_t sys_rdmsr(struct isa *x, const struct insn *in)
{
    u64 value;
    fault_t f = isa_rdmsr(x, x->s->reg[ECX], &value);

    if (f)
        return f;
    sys_set_edx_eax(x->s, value);
    return isa_next(x, in);
}

/* 0F30  WRMSR */
fault_t sys_wrmsr(struct isa *x, const struct insn *in)
{
    const struct arch *s = x->s;
    fault_t f = isa_wrmsr(x, s->reg[ECX], (u64)s->reg[EDX] << 32 | s->reg[EAX]);

    return f ? f : isa_next(x, in);
}
