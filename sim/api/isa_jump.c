#include "sim/api/isa_exec.h"

/* A near target: with a 16-bit operand size the upper half of EIP is cleared. */
static u32 truncate_eip(const struct insn *in, u32 eip)
{
    return in->osize == 2 ? eip & 0xffff : eip;
}

static fault_t near_target(struct isa *x, const struct insn *in, u32 *eip)
{
    fault_t f = FAULT_NONE;
    if (in->opnd[0].kind == OPND_REL)
        *eip = x->s->eip + in->len + in->imm;
    else
        f = isa_get(x, in, 0, eip);
    *eip = truncate_eip(in, *eip);
    return f;
}

/* E9 EB FF /4  JMP */
fault_t isa_exec_jmp(struct isa *x, const struct insn *in)
{
    u32 target = 0;
    fault_t f = near_target(x, in, &target);
    return f ? f : isa_jump_near(x, target);
}

static fault_t branch(struct isa *x, const struct insn *in, bool taken)
{
    return taken ? isa_exec_jmp(x, in) : isa_next(x, in);
}

/* 70-7F 0F 80-8F  Jcc */
fault_t isa_exec_jcc(struct isa *x, const struct insn *in)
{
    return branch(x, in, isa_condition(x->s->eflags, in->cc));
}

/* E0-E3  LOOPNE LOOPE LOOP JCXZ: (E)CX by address size, counted down only if the jump is
 * possible */
fault_t isa_exec_loop(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    bool zero = s->eflags & FL_ZF;
    u32 count = isa_mask_address(in->asize, s->reg[ECX]);
    if (in->op == OP_JCXZ)
        return branch(x, in, count == 0);
    bool taken = isa_mask_address(in->asize, count - 1) != 0;
    if (in->op == OP_LOOPE)
        taken = taken && zero;
    if (in->op == OP_LOOPNE)
        taken = taken && !zero;
    fault_t f = branch(x, in, taken);
    if (f)
        return f;
    isa_reg_write(s, ECX, in->asize, count - 1);
    return FAULT_NONE;
}

/* E8 FF /2  CALL: the target is checked before anything is pushed */
fault_t isa_exec_call(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 target = 0, from = s->eip;
    fault_t f = near_target(x, in, &target);
    if (!f)
        f = isa_jump_near(x, target);
    if (!f)
        f = isa_push(x, in->osize, from + in->len);
    if (f)
        s->eip = from;
    return f;
}

/* C2 C3  RET, RET imm16 */
fault_t isa_exec_ret(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 target, esp = s->reg[ESP];
    fault_t f = isa_pop(x, in->osize, &target);
    if (!f)
        f = isa_jump_near(x, truncate_eip(in, target));
    if (f) {
        s->reg[ESP] = esp;
        return f;
    }
    isa_reg_write(s, ESP, isa_stack_size(x), s->reg[ESP] + in->imm);
    return FAULT_NONE;
}
