/* exec_control.c - near jumps, calls and returns: they end a block and set EIP.  A target beyond CS.limit
 * is #GP(0) on the jump itself. */
#include "sim/uop_link.h"
#include "sim/uop_mem.h"

static fault_t jmp(struct hw *m, struct arch *c, const struct uop *u)
{
    return uop_goto(m, c, u, u->imm, true);
}

static fault_t jcc(struct hw *m, struct arch *c, const struct uop *u)
{
    if (flags_condition(m, u->cc))
        return uop_goto(m, c, u, u->imm, true);
    return uop_goto(m, c, u, u->disp, false);
}

/* Push the EIP behind; the target is checked first. */
ALWAYS_INLINE fault_t push_behind(struct hw *m, struct arch *c, const struct uop *u, u32 target,
                                  u32 behind)
{
    u32 sp = c->reg[ESP] - 4;
    if (unlikely(target > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    fault_t f = uop_store(m, SS, sp, 4, behind);
    if (unlikely(f))
        return uop_fault(m, u, f);
    c->reg[ESP] = sp;
    return FAULT_NONE;
}

static fault_t call_rel(struct hw *m, struct arch *c, const struct uop *u)
{
    fault_t f = push_behind(m, c, u, u->imm, u->disp);
    return unlikely(f) ? f : uop_goto(m, c, u, u->imm, true);
}

ALWAYS_INLINE fault_t call_any(struct hw *m, struct arch *c, const struct uop *u, u32 target)
{
    fault_t f = push_behind(m, c, u, target, u->imm);
    return unlikely(f) ? f : uop_goto_any(m, c, u, target);
}

static fault_t call_r(struct hw *m, struct arch *c, const struct uop *u)
{
    return call_any(m, c, u, c->reg[u->dst]);
}

static fault_t call_m(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, u->seg, uop_offset(c, u), 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return call_any(m, c, u, (u32)v);
}

static fault_t jmp_r(struct hw *m, struct arch *c, const struct uop *u)
{
    return uop_goto_any(m, c, u, c->reg[u->dst]);
}

static fault_t jmp_m(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, u->seg, uop_offset(c, u), 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return uop_goto_any(m, c, u, (u32)v);
}

/* C3 RET, C2 RET imm16: ESP moves only if the load and the target are good */
static fault_t ret(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, SS, c->reg[ESP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    if (unlikely((u32)v > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    c->reg[ESP] += 4 + u->imm;
    return uop_goto_any(m, c, u, (u32)v);
}

static fault_t jecxz(struct hw *m, struct arch *c, const struct uop *u)
{
    if (c->reg[ECX] == 0)
        return uop_goto(m, c, u, u->imm, true);
    return uop_goto(m, c, u, u->disp, false);
}

static fault_t loop(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 count = c->reg[ECX] - 1, eip = count != 0 ? u->imm : u->disp;
    if (unlikely(eip > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    c->reg[ECX] = count;
    return uop_goto(m, c, u, eip, count != 0);
}

static uop_fn *by_operand(const struct insn *in, uop_fn *rel, uop_fn *reg, uop_fn *mem)
{
    switch (in->opnd[0].kind) {
    case OPND_REL: return rel;
    case OPND_REG: return reg;
    case OPND_MEM: return mem;
    }
    return NULL;
}

uop_fn *uop_control(const struct insn *in, struct uop *u)
{
    if (in->osize != 4 || in->asize != 4)
        return NULL;
    switch (in->op) {
    case OP_JMP: return by_operand(in, jmp, jmp_r, jmp_m);
    case OP_CALL: return by_operand(in, call_rel, call_r, call_m);
    case OP_JCC: return jcc;
    case OP_JCXZ: return jecxz;
    case OP_LOOP: return loop;
    case OP_RET:
        u->imm = in->opnd[0].kind == OPND_IMM ? in->imm & 0xffff : 0;
        return ret;
    default: return NULL;
    }
}
