/* exec_short.c - PUSH POP LEAVE CALL RET with operands or a stack of 16 bits, PUSHF and POPF of any, JMP
 * through a word, LOOP and JCXZ that count in CX; loads of segment registers in real mode. */
#include "sim/uop_link.h"
#include "sim/uop_stack.h"

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)

/* ---- data ---- */

ALWAYS_INLINE fault_t push(struct hw *m, struct arch *c, const struct uop *u, unsigned size, unsigned ssize,
                           u32 value)
{
    fault_t f = uop_push(m, c, size, ssize, value);
    return unlikely(f) ? uop_fault(m, u, f) : uop_next(m, c, u);
}

ALWAYS_INLINE fault_t push_mem(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                               unsigned ssize)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), size);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return push(m, c, u, size, ssize, (u32)v);
}

ALWAYS_INLINE fault_t pop(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                          unsigned ssize)
{
    u64 v = uop_top(m, c, size, ssize);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    reg_set(c, ESP, ssize, c->reg[ESP] + size);
    reg_set(c, u->dst, size, (u32)v);
    return uop_next(m, c, u);
}

/* (E)SP = (E)BP by the stack's size, then (E)BP by the operand's */
ALWAYS_INLINE fault_t leave(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                            unsigned ssize)
{
    u32 frame = reg_get(c, EBP, ssize);
    u64 v = uop_load(m, SS, frame, size);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    reg_set(c, ESP, ssize, frame + size);
    reg_set(c, EBP, size, (u32)v);
    return uop_next(m, c, u);
}

/* ---- calls and returns: a target is checked before the stack changes ---- */

ALWAYS_INLINE fault_t call_rel(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                               unsigned ssize)
{
    fault_t f = uop_push_behind(m, c, u, size, ssize, u->imm, u->disp);
    return unlikely(f) ? f : uop_goto(m, c, u, u->imm, true);
}

ALWAYS_INLINE fault_t call_reg(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                               unsigned ssize)
{
    u32 target = reg_get(c, u->dst, size);
    fault_t f = uop_push_behind(m, c, u, size, ssize, target, u->imm);
    return unlikely(f) ? f : uop_goto_any(m, c, u, target);
}

ALWAYS_INLINE fault_t call_mem(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                               unsigned ssize)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), size);
    fault_t f = load_fault(v);
    if (unlikely(f))
        return uop_fault(m, u, f);
    f = uop_push_behind(m, c, u, size, ssize, (u32)v, u->imm);
    return unlikely(f) ? f : uop_goto_any(m, c, u, (u32)v);
}

ALWAYS_INLINE fault_t ret(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                          unsigned ssize)
{
    u64 v = uop_top(m, c, size, ssize);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    if (unlikely((u32)v > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    reg_set(c, ESP, ssize, c->reg[ESP] + size + u->imm);
    return uop_goto_any(m, c, u, (u32)v);
}

HANDLER(jmp16_r) { return uop_goto_any(m, c, u, (u16)c->reg[u->dst]); }

HANDLER(jmp16_m)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), 2);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return uop_goto_any(m, c, u, (u32)v);
}

HANDLER(jcxz)
{
    bool taken = (u16)c->reg[ECX] == 0;
    return uop_goto(m, c, u, taken ? u->imm : u->disp, taken);
}

HANDLER(loop16)
{
    u16 count = (u16)(c->reg[ECX] - 1);
    if (unlikely(count != 0 && u->imm > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    reg_set(c, ECX, 2, count);
    return uop_goto(m, c, u, count != 0 ? u->imm : u->disp, count != 0);
}

/* ---- by operand size and stack size ---- */

enum { SIZES = 3 }; /* 16 on 16, 16 on 32, 32 on 16 */

static unsigned sizes(const struct insn *in, unsigned mode)
{
    return in->osize == 4 ? 2 : mode & RUN_STACK32 ? 1 : 0;
}

#define FORMS(suffix, size, ssize)                                                              \
    HANDLER(push_r##suffix) { return push(m, c, u, size, ssize, c->reg[u->dst]); }             \
    HANDLER(push_i##suffix) { return push(m, c, u, size, ssize, u->imm); }                     \
    HANDLER(pop_r##suffix) { return pop(m, c, u, size, ssize); }                               \
    HANDLER(call_rel##suffix) { return call_rel(m, c, u, size, ssize); }                       \
    HANDLER(ret##suffix) { return ret(m, c, u, size, ssize); }                                 \
    HANDLER(push_s##suffix) { return push(m, c, u, size, ssize, c->seg[u->dst].sel); }         \
    HANDLER(push_m##suffix) { return push_mem(m, c, u, size, ssize); }                         \
    HANDLER(leave##suffix) { return leave(m, c, u, size, ssize); }                             \
    HANDLER(call_r##suffix) { return call_reg(m, c, u, size, ssize); }                         \
    HANDLER(call_m##suffix) { return call_mem(m, c, u, size, ssize); }
FORMS(_2_2, 2, 2)
FORMS(_2_4, 2, 4)
FORMS(_4_2, 4, 2)
#define ROW(name) { name##_2_2, name##_2_4, name##_4_2 }
static uop_fn *const push_rs[SIZES] = ROW(push_r), *const push_is[SIZES] = ROW(push_i),
              *const push_ss[SIZES] = ROW(push_s),
              *const push_ms[SIZES] = ROW(push_m), *const pop_rs[SIZES] = ROW(pop_r),
              *const leaves[SIZES] = ROW(leave), *const call_rels[SIZES] = ROW(call_rel),
              *const call_rs[SIZES] = ROW(call_r), *const call_ms[SIZES] = ROW(call_m),
              *const rets[SIZES] = ROW(ret);

/* ---- segment registers, but SS and those with descriptors: exec_rule.c ---- */

ALWAYS_INLINE bool loads_plainly(const struct hw *m, const struct arch *c, const struct uop *u)
{
    return !(c->cr0 & CR0_PE) && machine_unheard(m) && !(c->seg[u->dst].ar & AR_UNUSABLE);
}

ALWAYS_INLINE fault_t load_segment(struct hw *m, struct arch *c, const struct uop *u, u32 sel)
{
    u64 key = m->link_key;
    machine_move_seg(m, u->dst, (u16)sel);
    return likely(key == m->link_key) ? uop_next(m, c, u) : uop_fault(m, u + 1, UOP_RESYNC);
}

HANDLER(mov_to_sreg)
{
    return loads_plainly(m, c, u) ? load_segment(m, c, u, c->reg[u->src]) : uop_rule_sreg(m, c, u);
}

HANDLER(mov_to_sreg_m)
{
    const u8 *p = uop_readable(m, u->seg, uop_offset_any(c, u), 2);
    return p && loads_plainly(m, c, u) ? load_segment(m, c, u, host_load(p, 2)) : uop_rule_sreg(m, c, u);
}

/* u->imm: what it moves SP by */
HANDLER(pop_sreg)
{
    u32 sp = (u16)c->reg[ESP];
    const u8 *p = uop_readable(m, SS, sp, 4);
    if (!p || !loads_plainly(m, c, u) || (c->seg[SS].ar & AR_DB))
        return uop_rule_sreg(m, c, u);
    reg_set(c, ESP, 2, sp + u->imm);
    return load_segment(m, c, u, host_load(p, 2));
}

uop_fn *uop_load_sreg(const struct insn *in, struct uop *u)
{
    u->dst = in->opnd[0].reg;
    u->imm = in->osize;
    if (u->dst == SS)
        return uop_rule_sreg;
    if (in->op == OP_POP_SREG)
        return pop_sreg;
    return in->opnd[1].kind == OPND_REG ? mov_to_sreg : mov_to_sreg_m;
}

uop_fn *uop_short(const struct insn *in, unsigned mode, struct uop *u)
{
    unsigned at = sizes(in, mode), kind = in->opnd[0].kind;
    switch (in->op) {
    case OP_PUSH:
        return kind == OPND_REG ? push_rs[at] : kind == OPND_IMM ? push_is[at] : push_ms[at];
    case OP_PUSH_SREG:
        u->dst = in->opnd[0].reg;
        return push_ss[at];
    case OP_POP: return kind == OPND_REG ? pop_rs[at] : NULL;
    case OP_LEAVE: return leaves[at];
    case OP_CALL: return kind == OPND_REL ? call_rels[at] : kind == OPND_REG ? call_rs[at] : call_ms[at];
    case OP_RET:
        u->imm = kind == OPND_IMM ? in->imm & 0xffff : 0;
        return rets[at];
    case OP_PUSHF:
    case OP_POPF: return uop_flags_stack(in, mode);
    case OP_JMP: return kind == OPND_REG ? jmp16_r : jmp16_m;
    case OP_JCXZ: return jcxz;
    case OP_LOOP: return loop16;
    default: return NULL;
    }
}
