/* exec_control.c - near jumps, calls and returns: they end a block and set EIP.  A target beyond CS.limit
 * is #GP(0) on the jump itself. */
#include "sim/uop_link.h"
#include "sim/uop_stack.h"

static fault_t jmp(struct hw *m, struct arch *c, const struct uop *u)
{
    return uop_goto(m, c, u, u->imm, true);
}

ALWAYS_INLINE fault_t jcc(struct hw *m, struct arch *c, const struct uop *u, unsigned cc)
{
    if (flags_condition(m, cc))
        return uop_goto(m, c, u, u->imm, true);
    return uop_goto(m, c, u, u->disp, false);
}

#define JCC(n)                                                                                 \
    static fault_t jcc##n(struct hw *m, struct arch *c, const struct uop *u)                   \
    { return jcc(m, c, u, n); }
JCC(0)
JCC(1)
JCC(2)
JCC(3)
JCC(4)
JCC(5)
JCC(6)
JCC(7)
JCC(8)
JCC(9)
JCC(10)
JCC(11)
JCC(12)
JCC(13)
JCC(14)
JCC(15)
static uop_fn *const jccs[16] = { jcc0, jcc1, jcc2, jcc3, jcc4, jcc5, jcc6, jcc7, jcc8, jcc9, jcc10, jcc11,
                                  jcc12, jcc13, jcc14, jcc15 };

static NOINLINE fault_t call_rel(struct hw *m, struct arch *c, const struct uop *u)
{
    fault_t f = uop_push_behind(m, c, u, 4, 4, u->imm, u->disp);
    return unlikely(f) ? f : uop_goto(m, c, u, u->imm, true);
}

/* A link that holds has a good target. */
static fault_t call_rel_flat(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 sp = c->reg[ESP] - 4;
    const struct hostpage *p = flat_page(m->host_write, sp);
    if (!page_serves(p, sp, 4) || unlikely(!uop_linked(m, u, true)))
        return call_rel(m, c, u);
    host_store(p->addend + sp, 4, u->disp);
    c->reg[ESP] = sp;
    return uop_enter(m, c, u, u->imm, uop_link(u, true));
}

ALWAYS_INLINE fault_t call_any(struct hw *m, struct arch *c, const struct uop *u, u32 target)
{
    fault_t f = uop_push_behind(m, c, u, 4, 4, target, u->imm);
    return unlikely(f) ? f : uop_goto_any(m, c, u, target);
}

static fault_t call_r(struct hw *m, struct arch *c, const struct uop *u)
{
    return call_any(m, c, u, c->reg[u->dst]);
}

static fault_t call_m(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), 4);
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
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return uop_goto_any(m, c, u, (u32)v);
}

/* C3 RET, C2 RET imm16: ESP moves only if the load and the target are good */
static NOINLINE fault_t ret(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, SS, c->reg[ESP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    if (unlikely((u32)v > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    c->reg[ESP] += 4 + u->imm;
    return uop_goto_any(m, c, u, (u32)v);
}

static fault_t ret_flat(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 sp = c->reg[ESP];
    const struct hostpage *p = flat_page(m->host_read, sp);
    if (!page_serves(p, sp, 4))
        return uop_missed_load(m, c, u, sp, ret);
    u32 eip = host_load(p->addend + sp, 4);
    struct uop_jump *j = uop_jump(m->run_jumps, eip);
    if (unlikely(j->eip != eip || j->link.key != m->link_key))
        return ret(m, c, u);
    c->reg[ESP] = sp + 4 + u->imm;
    return uop_enter(m, c, u, eip, &j->link);
}

static fault_t jecxz(struct hw *m, struct arch *c, const struct uop *u)
{
    if (c->reg[ECX] == 0)
        return uop_goto(m, c, u, u->imm, true);
    return uop_goto(m, c, u, u->disp, false);
}

static fault_t loop(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 count = c->reg[ECX] - 1;
    if (unlikely(count != 0 && u->imm > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    c->reg[ECX] = count;
    return uop_goto(m, c, u, count != 0 ? u->imm : u->disp, count != 0);
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
    bool flat = is_flat_addr(u->addr);
    switch (in->op) {
    case OP_JMP: return by_operand(in, jmp, jmp_r, jmp_m);
    case OP_CALL: return by_operand(in, flat ? call_rel_flat : call_rel, call_r, call_m);
    case OP_JCC: return jccs[in->cc];
    case OP_JCXZ: return jecxz;
    case OP_LOOP: return loop;
    case OP_RET:
        u->imm = in->opnd[0].kind == OPND_IMM ? in->imm & 0xffff : 0;
        return flat ? ret_flat : ret;
    default: return NULL;
    }
}
