/* exec_carry.c - ADC, SBB, CMOVcc from memory, SHLD, SHRD, shifts of bytes and words: what kernels use of the
 * rest of the arithmetic. */
#include "sim/uop_mem.h"

#include "sim/api/alu.h"

ALWAYS_INLINE u32 with_carry(struct hw *m, bool subtract, u32 a, u32 b)
{
    u32 carry = flags_carry(&m->cc, m->arch->eflags);
    u32 r = subtract ? a - b - carry : a + b + carry;
    u64 wide = subtract ? (u64)a - b - carry : (u64)a + b + carry;
    u32 overflow = subtract ? (a ^ b) & (a ^ r) : (a ^ r) & (b ^ r);
    set_cc(m, CC_RAW, 4, r,
           (wide >> 32 ? FL_CF : 0) | ((a ^ b ^ r) & FL_AF) | (overflow >> 31 ? FL_OF : 0));
    return r;
}

ALWAYS_INLINE fault_t to_reg(struct hw *m, struct arch *c, const struct uop *u, bool subtract, u32 b)
{
    c->reg[u->dst] = with_carry(m, subtract, c->reg[u->dst], b);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t from_mem(struct hw *m, struct arch *c, const struct uop *u, bool subtract)
{
    u64 b = uop_load(m, u->seg, uop_offset_any(c, u), 4);
    if (unlikely(b >> 32))
        return uop_fault(m, u, load_fault(b));
    return to_reg(m, c, u, subtract, (u32)b);
}

ALWAYS_INLINE fault_t to_mem(struct hw *m, struct arch *c, const struct uop *u, bool subtract, u32 b)
{
    u8 *p = uop_writable(m, u->seg, uop_offset_any(c, u), 4);
    if (unlikely(p == NULL))
        return uop_fault(m, u, UOP_SLOW);
    host_store(p, 4, with_carry(m, subtract, host_load(p, 4), b));
    return uop_next(m, c, u);
}

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)
#define FORMS(op, subtract)                                                                    \
    HANDLER(op##_rr) { return to_reg(m, c, u, subtract, c->reg[u->src]); }                     \
    HANDLER(op##_ri) { return to_reg(m, c, u, subtract, u->imm); }                             \
    HANDLER(op##_rm) { return from_mem(m, c, u, subtract); }                                   \
    HANDLER(op##_mr) { return to_mem(m, c, u, subtract, c->reg[u->src]); }                     \
    HANDLER(op##_mi) { return to_mem(m, c, u, subtract, u->imm); }
FORMS(adc, false)
FORMS(sbb, true)

#define CHOOSE(op)                                                                             \
    static uop_fn *op##_form(const struct insn *in)                                            \
    {                                                                                          \
        unsigned b = in->opnd[1].kind;                                                         \
        if (in->opnd[0].kind == OPND_MEM)                                                      \
            return b == OPND_IMM ? op##_mi : op##_mr;                                          \
        return b == OPND_IMM ? op##_ri : b == OPND_MEM ? op##_rm : op##_rr;                    \
    }
CHOOSE(adc)
CHOOSE(sbb)

/* The load is done, and faults, whatever the condition is (SDM 2, CMOVcc). */
HANDLER(cmov_rm)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    if (flags_condition(m, u->cc))
        c->reg[u->dst] = (u32)v;
    return uop_next(m, c, u);
}

/* SHLD, SHRD, by the shared rule: the constant in imm, or CL. */
ALWAYS_INLINE fault_t double_shift(struct hw *m, struct arch *c, const struct uop *u, enum op op, u32 count)
{
    flags_fold(m);
    c->reg[u->dst] = alu_double_shift(op, 4, c->reg[u->dst], c->reg[u->src], count & 31, &c->eflags);
    return uop_next(m, c, u);
}
HANDLER(shld_i) { return double_shift(m, c, u, OP_SHLD, u->imm); }
HANDLER(shrd_i) { return double_shift(m, c, u, OP_SHRD, u->imm); }
HANDLER(shld_c) { return double_shift(m, c, u, OP_SHLD, c->reg[ECX]); }
HANDLER(shrd_c) { return double_shift(m, c, u, OP_SHRD, c->reg[ECX]); }

/* Shifts and rotates of a byte or word register; u->cc holds the operation. */
ALWAYS_INLINE fault_t narrow(struct hw *m, struct arch *c, const struct uop *u, unsigned size, u32 count)
{
    flags_fold(m);
    reg_set(c, u->dst, size, alu_shift((enum op)(OP_ROL + u->cc), size, reg_get(c, u->dst, size),
                                       count & 31, &c->eflags));
    return uop_next(m, c, u);
}
HANDLER(shift8_i) { return narrow(m, c, u, 1, u->imm); }
HANDLER(shift16_i) { return narrow(m, c, u, 2, u->imm); }
HANDLER(shift8_c) { return narrow(m, c, u, 1, c->reg[ECX]); }
HANDLER(shift16_c) { return narrow(m, c, u, 2, c->reg[ECX]); }

static uop_fn *narrow_form(const struct insn *in, struct uop *u)
{
    bool constant = in->opnd[1].kind == OPND_IMM;
    u->cc = (u8)(in->op - OP_ROL);
    if (in->osize == 1)
        return constant ? shift8_i : shift8_c;
    return constant ? shift16_i : shift16_c;
}

uop_fn *uop_carry(const struct insn *in, struct uop *u)
{
    bool reg = in->opnd[0].kind == OPND_REG, constant = in->opnd[2].kind == OPND_IMM;
    if (in->osize < 4)
        return reg && in->op >= OP_ROL && in->op <= OP_SAR ? narrow_form(in, u) : NULL;
    switch (in->op) {
    case OP_ADC: return adc_form(in);
    case OP_SBB: return sbb_form(in);
    case OP_CMOVCC: return in->opnd[1].kind == OPND_MEM ? cmov_rm : NULL;
    case OP_SHLD: return !reg ? NULL : constant ? shld_i : shld_c;
    case OP_SHRD: return !reg ? NULL : constant ? shrd_i : shrd_c;
    default: return NULL;
    }
}
