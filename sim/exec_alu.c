/* exec_alu.c - ADD SUB AND OR XOR CMP TEST INC DEC NEG NOT on 8-, 16- and 32-bit operands. */
#include "sim/uop_mem.h"

/* The operations as constants of the templates below. */
enum alu { ALU_ADD, ALU_SUB, ALU_AND, ALU_OR, ALU_XOR, ALU_CMP, ALU_TEST, ALU_INC, ALU_DEC,
           ALU_NEG, ALU_NOT, ALU_COUNT };

ALWAYS_INLINE u32 trim(u32 value, unsigned size)
{
    return size == 1 ? (u8)value : size == 2 ? (u16)value : value;
}

ALWAYS_INLINE bool keeps_result(enum alu op) { return op != ALU_CMP && op != ALU_TEST; }

/* a op b; flags are left lazy.  INC and DEC keep CF, so they need the one before. */
ALWAYS_INLINE u32 compute(struct hw *m, enum alu op, unsigned size, u32 a, u32 b)
{
    u32 r = 0;
    switch (op) {
    case ALU_ADD: r = trim(a + b, size); set_cc(m, CC_ADD, size, r, b); break;
    case ALU_SUB:
    case ALU_CMP: r = trim(a - b, size); set_cc(m, CC_SUB, size, r, b); break;
    case ALU_AND:
    case ALU_TEST: r = a & b; set_cc(m, CC_LOGIC, size, r, 0); break;
    case ALU_OR: r = a | b; set_cc(m, CC_LOGIC, size, r, 0); break;
    case ALU_XOR: r = a ^ b; set_cc(m, CC_LOGIC, size, r, 0); break;
    case ALU_INC: r = trim(a + 1, size); set_cc(m, CC_INC, size, r, flags_carry(m)); break;
    case ALU_DEC: r = trim(a - 1, size); set_cc(m, CC_DEC, size, r, flags_carry(m)); break;
    case ALU_NEG: r = trim(0 - a, size); set_cc(m, CC_SUB, size, r, a); break;
    case ALU_NOT: r = trim(~a, size); break;
    case ALU_COUNT: break;
    }
    return r;
}

ALWAYS_INLINE fault_t alu_to_reg(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                 unsigned size, u32 b)
{
    u32 r = compute(m, op, size, reg_get(c, u->dst, size), b);
    if (keeps_result(op))
        reg_set(c, u->dst, size, r);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t alu_rm(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                             unsigned size)
{
    u64 b = uop_load(m, u->seg, uop_offset(c, u), size);
    if (unlikely(b >> 32))
        return uop_fault(m, u, load_fault(b));
    return alu_to_reg(m, c, u, op, size, (u32)b);
}

/* memory op= b: the write is checked before anything changes */
ALWAYS_INLINE fault_t alu_to_mem(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                 unsigned size, u32 b)
{
    u32 offset = uop_offset(c, u);
    if (!keeps_result(op)) {
        u64 a = uop_load(m, u->seg, offset, size);
        if (unlikely(a >> 32))
            return uop_fault(m, u, load_fault(a));
        compute(m, op, size, (u32)a, b);
        return uop_next(m, c, u);
    }
    u8 *p = uop_writable(m, u->seg, offset, size);
    if (likely(p != NULL)) {
        host_store(p, size, compute(m, op, size, host_load(p, size), b));
        return uop_next(m, c, u);
    }
    u64 a = uop_load_slow(m, u->seg, offset, size, true);
    if (unlikely(a >> 32))
        return uop_fault(m, u, load_fault(a));
    u32 r = compute(m, op, size, (u32)a, b);
    fault_t f = uop_store_slow(m, u->seg, offset, size, r);
    assert(!f); /* the load asked for the write's rights too */
    return uop_next(m, c, u);
}

/* The five forms of one operation at one size. */
#define FORMS(name, op, size)                                                                  \
    static fault_t name##_rr(struct hw *m, struct arch *c, const struct uop *u)                \
    { return alu_to_reg(m, c, u, op, size, reg_get(c, u->src, size)); }                        \
    static fault_t name##_ri(struct hw *m, struct arch *c, const struct uop *u)                \
    { return alu_to_reg(m, c, u, op, size, u->imm); }                                          \
    static fault_t name##_rm(struct hw *m, struct arch *c, const struct uop *u)                \
    { return alu_rm(m, c, u, op, size); }                                                      \
    static fault_t name##_mr(struct hw *m, struct arch *c, const struct uop *u)                \
    { return alu_to_mem(m, c, u, op, size, reg_get(c, u->src, size)); }                        \
    static fault_t name##_mi(struct hw *m, struct arch *c, const struct uop *u)                \
    { return alu_to_mem(m, c, u, op, size, u->imm); }

FORMS(add8, ALU_ADD, 1)
FORMS(add16, ALU_ADD, 2)
FORMS(add32, ALU_ADD, 4)
FORMS(sub8, ALU_SUB, 1)
FORMS(sub16, ALU_SUB, 2)
FORMS(sub32, ALU_SUB, 4)
FORMS(and8, ALU_AND, 1)
FORMS(and16, ALU_AND, 2)
FORMS(and32, ALU_AND, 4)
FORMS(or8, ALU_OR, 1)
FORMS(or16, ALU_OR, 2)
FORMS(or32, ALU_OR, 4)
FORMS(xor8, ALU_XOR, 1)
FORMS(xor16, ALU_XOR, 2)
FORMS(xor32, ALU_XOR, 4)
FORMS(cmp8, ALU_CMP, 1)
FORMS(cmp16, ALU_CMP, 2)
FORMS(cmp32, ALU_CMP, 4)
FORMS(test8, ALU_TEST, 1)
FORMS(test16, ALU_TEST, 2)
FORMS(test32, ALU_TEST, 4)

/* One-operand operations: register and memory. */
#define UNARY(name, op, size)                                                                  \
    static fault_t name##_r(struct hw *m, struct arch *c, const struct uop *u)                 \
    { return alu_to_reg(m, c, u, op, size, 0); }                                               \
    static fault_t name##_m(struct hw *m, struct arch *c, const struct uop *u)                 \
    { return alu_to_mem(m, c, u, op, size, 0); }

UNARY(inc8, ALU_INC, 1)
UNARY(inc16, ALU_INC, 2)
UNARY(inc32, ALU_INC, 4)
UNARY(dec8, ALU_DEC, 1)
UNARY(dec16, ALU_DEC, 2)
UNARY(dec32, ALU_DEC, 4)
UNARY(neg8, ALU_NEG, 1)
UNARY(neg16, ALU_NEG, 2)
UNARY(neg32, ALU_NEG, 4)
UNARY(not8, ALU_NOT, 1)
UNARY(not16, ALU_NOT, 2)
UNARY(not32, ALU_NOT, 4)

enum { FORM_RR, FORM_RI, FORM_RM, FORM_MR, FORM_MI, FORM_COUNT };

#define ROW(name) { name##_rr, name##_ri, name##_rm, name##_mr, name##_mi }
static uop_fn *const binary[ALU_INC][3][FORM_COUNT] = {
    [ALU_ADD] = { ROW(add8), ROW(add16), ROW(add32) },
    [ALU_SUB] = { ROW(sub8), ROW(sub16), ROW(sub32) },
    [ALU_AND] = { ROW(and8), ROW(and16), ROW(and32) },
    [ALU_OR] = { ROW(or8), ROW(or16), ROW(or32) },
    [ALU_XOR] = { ROW(xor8), ROW(xor16), ROW(xor32) },
    [ALU_CMP] = { ROW(cmp8), ROW(cmp16), ROW(cmp32) },
    [ALU_TEST] = { ROW(test8), ROW(test16), ROW(test32) },
};
#define UNARY_ROW(name) { name##_r, name##_m }
static uop_fn *const unary[ALU_COUNT][3][2] = {
    [ALU_INC] = { UNARY_ROW(inc8), UNARY_ROW(inc16), UNARY_ROW(inc32) },
    [ALU_DEC] = { UNARY_ROW(dec8), UNARY_ROW(dec16), UNARY_ROW(dec32) },
    [ALU_NEG] = { UNARY_ROW(neg8), UNARY_ROW(neg16), UNARY_ROW(neg32) },
    [ALU_NOT] = { UNARY_ROW(not8), UNARY_ROW(not16), UNARY_ROW(not32) },
};

static enum alu alu_of(enum op op)
{
    switch (op) {
    case OP_ADD: return ALU_ADD;
    case OP_SUB: return ALU_SUB;
    case OP_AND: return ALU_AND;
    case OP_OR: return ALU_OR;
    case OP_XOR: return ALU_XOR;
    case OP_CMP: return ALU_CMP;
    case OP_TEST: return ALU_TEST;
    case OP_INC: return ALU_INC;
    case OP_DEC: return ALU_DEC;
    case OP_NEG: return ALU_NEG;
    case OP_NOT: return ALU_NOT;
    default: return ALU_COUNT;
    }
}

static unsigned form_of(const struct insn *in)
{
    bool mem = in->opnd[0].kind == OPND_MEM;
    switch (in->opnd[1].kind) {
    case OPND_IMM: return mem ? FORM_MI : FORM_RI;
    case OPND_REG: return mem ? FORM_MR : FORM_RR;
    case OPND_MEM: return FORM_RM;
    }
    return FORM_COUNT;
}

uop_fn *uop_alu(const struct insn *in, struct uop *u)
{
    enum alu op = alu_of((enum op)in->op);
    unsigned size = in->osize, which = size == 4 ? 2 : size - 1;
    if (op == ALU_COUNT)
        return NULL;
    if (op >= ALU_INC)
        return unary[op][which][in->opnd[0].kind == OPND_MEM];
    u->imm = trim(in->imm, size);
    unsigned form = form_of(in);
    return form == FORM_COUNT ? NULL : binary[op][which][form];
}
