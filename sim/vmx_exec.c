#include "sim/vmx.h"

#include "sim/vmx_impl.h"

/* The instructions as simulated code executes them: #UD and #GP, operands, flags, EIP (SDM 3C
 * 30.3). In non-root operation they exited before they came here. */

typedef fault_t vmx_fn(struct isa *x, const struct insn *in);

static struct hw *hw_of(struct isa *x)
{
    return x->owner;
}

/* VMsucceed, VMfailInvalid, VMfailValid (30.2); the instruction is done. */
static fault_t done(struct isa *x, const struct insn *in, enum vmx_result result)
{
    struct arch *s = x->s;
    s->shadow = 0;
    s->eflags &= ~(u32)FL_ARITH;
    if (result == VMX_FAIL_INVALID)
        s->eflags |= FL_CF;
    if (result == VMX_FAIL_VALID)
        s->eflags |= FL_ZF;
    s->eip += in->len;
    return FAULT_NONE;
}

/* The memory operand's linear address, for an access of size bytes. */
static fault_t operand(struct isa *x, const struct insn *in, unsigned size, bool write, u32 *la)
{
    return isa_linear(x, (enum sreg)in->seg, insn_offset(x->s, in), size, write, la);
}

/* A 64-bit physical address.  One beyond 32 bits cannot be right on this processor (its width
 * is 32, SDM 3A 4.1.4): made misaligned, so that it fails as such. */
static fault_t load_address(struct isa *x, const struct insn *in, u32 *region)
{
    u32 la, high;
    fault_t f = operand(x, in, 8, false, &la);
    if (!f)
        f = x->ops->read(x, la, 4, ACCESS_READ, region);
    if (!f)
        f = x->ops->read(x, la + 4, 4, ACCESS_READ, &high);
    if (!f && high != 0)
        *region |= 1;
    return f;
}

static fault_t exec_vmxon(struct isa *x, const struct insn *in)
{
    u32 region = 0;
    fault_t f = hw_of(x)->state->vmx.on ? FAULT_NONE : load_address(x, in, &region);
    return f ? f : done(x, in, vmx_on(hw_of(x), region));
}

static fault_t exec_vmxoff(struct isa *x, const struct insn *in)
{
    vmx_off(hw_of(x));
    return done(x, in, VMX_SUCCEED);
}

static fault_t exec_vmclear(struct isa *x, const struct insn *in)
{
    u32 region;
    fault_t f = load_address(x, in, &region);
    return f ? f : done(x, in, vmx_clear(hw_of(x), region));
}

static fault_t exec_vmptrld(struct isa *x, const struct insn *in)
{
    u32 region;
    fault_t f = load_address(x, in, &region);
    return f ? f : done(x, in, vmx_ptrld(hw_of(x), region));
}

static fault_t exec_vmptrst(struct isa *x, const struct insn *in)
{
    u32 la, current = hw_of(x)->state->vmx.current;
    fault_t f = operand(x, in, 8, true, &la);
    if (!f)
        f = x->ops->probe(x, la, 8, ACCESS_WRITE);
    if (!f)
        f = x->ops->write(x, la, 4, ACCESS_WRITE, current);
    if (!f)
        f = x->ops->write(x, la + 4, 4, ACCESS_WRITE,
                          current == (u32)VMX_ADDRESS_NONE ? 0xffffffffu : 0);
    return f ? f : done(x, in, VMX_SUCCEED);
}

static fault_t exec_vmread(struct isa *x, const struct insn *in)
{
    u32 la, value;
    enum vmx_result r = vmx_read(hw_of(x), x->s->reg[in->opnd[1].reg], &value);
    fault_t f = FAULT_NONE;
    if (r == VMX_SUCCEED && in->opnd[0].kind == OPND_MEM) {
        f = operand(x, in, 4, true, &la);
        if (!f)
            f = x->ops->write(x, la, 4, ACCESS_WRITE, value);
    } else if (r == VMX_SUCCEED) {
        x->s->reg[in->opnd[0].reg] = value;
    }
    return f ? f : done(x, in, r);
}

static fault_t exec_vmwrite(struct isa *x, const struct insn *in)
{
    u32 la, value = x->s->reg[in->opnd[1].kind == OPND_REG ? in->opnd[1].reg : REG_NONE];
    fault_t f = FAULT_NONE;
    if (in->opnd[1].kind == OPND_MEM) {
        f = operand(x, in, 4, false, &la);
        if (!f)
            f = x->ops->read(x, la, 4, ACCESS_READ, &value);
    }
    return f ? f : done(x, in, vmx_write(hw_of(x), x->s->reg[in->opnd[0].reg], value));
}

static fault_t enter(struct isa *x, const struct insn *in, bool launch)
{
    enum vmx_result r = vmx_enter(hw_of(x), launch);
    return r == VMX_SUCCEED ? FAULT_VMEXIT : done(x, in, r);
}

static fault_t exec_vmlaunch(struct isa *x, const struct insn *in)
{
    return enter(x, in, true);
}

static fault_t exec_vmresume(struct isa *x, const struct insn *in)
{
    return enter(x, in, false);
}

static fault_t exec_vmcall(struct isa *x, const struct insn *in)
{
    return done(x, in, vmx_fail(hw_of(x), OP_VMCALL, VMX_ERROR_VMCALL_ROOT));
}

static vmx_fn *const handlers[OP_COUNT] = {
    [OP_VMCALL] = exec_vmcall,
    [OP_VMLAUNCH] = exec_vmlaunch,
    [OP_VMRESUME] = exec_vmresume,
    [OP_VMXOFF] = exec_vmxoff,
    [OP_VMXON] = exec_vmxon,
    [OP_VMCLEAR] = exec_vmclear,
    [OP_VMPTRLD] = exec_vmptrld,
    [OP_VMPTRST] = exec_vmptrst,
    [OP_VMREAD] = exec_vmread,
    [OP_VMWRITE] = exec_vmwrite,
};

/* May VMX operation begin?  Not with control registers that it does not support, nor in A20M mode (30.3). */
static bool can_begin(const struct hw *m)
{
    const struct platform *p = &m->state->platform;
    return vmx_cr_fixed(0, m->arch->cr0) && vmx_cr_fixed(4, m->arch->cr4) && !(p->firmware && !p->a20);
}

fault_t vmx_exec(struct isa *x, const struct insn *in)
{
    const struct arch *s = x->s;
    const struct vmx_state *v = &hw_of(x)->state->vmx;
    assert(!v->nonroot && handlers[in->op]);
    if (!arch_is_protected(s) || arch_is_v86(s))
        return FAULT(VEC_UD);
    if (in->op == OP_VMXON ? !(s->cr4 & CR4_VMXE) : !v->on)
        return FAULT(VEC_UD);
    if (s->cpl > 0)
        return FAULT_ERR(VEC_GP, 0);
    if (in->op == OP_VMXON && !v->on && !can_begin(hw_of(x)))
        return FAULT_ERR(VEC_GP, 0);
    return handlers[in->op](x, in);
}
