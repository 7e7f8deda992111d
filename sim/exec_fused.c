/* exec_fused.c - cmp/test/dec followed by a conditional jump, in one handler: the comparison decides
 * at once, and the flags are left lazy for whoever looks later. */
#include "sim/uop_link.h"
#include "sim/uop_mem.h"

/* Conditions as comparisons of the operands of CMP a,b, or of the result of TEST. */
ALWAYS_INLINE bool cmp_condition(u32 a, u32 b, unsigned cc)
{
    switch (cc) {
    case 2: return a < b;
    case 3: return a >= b;
    case 4: return a == b;
    case 5: return a != b;
    case 6: return a <= b;
    case 7: return a > b;
    case 12: return (s32)a < (s32)b;
    case 13: return (s32)a >= (s32)b;
    case 14: return (s32)a <= (s32)b;
    case 15: return (s32)a > (s32)b;
    }
    return false;
}

ALWAYS_INLINE fault_t jump(struct hw *m, struct arch *c, const struct uop *u, bool taken)
{
    const struct uop *j = u + 1;
    if (taken)
        return uop_goto(m, c, j, j->imm, true);
    return uop_goto(m, c, j, j->disp, false);
}

ALWAYS_INLINE fault_t cmp_jump(struct hw *m, struct arch *c, const struct uop *u, u32 b,
                               unsigned cc)
{
    u32 a = c->reg[u->dst];
    set_cc(m, CC_SUB, 4, a - b, b);
    return jump(m, c, u, cmp_condition(a, b, cc));
}

ALWAYS_INLINE fault_t cmp_jump_m(struct hw *m, struct arch *c, const struct uop *u, unsigned cc)
{
    u64 b = uop_load(m, u->seg, uop_offset(c, u), 4);
    if (unlikely(b >> 32))
        return uop_fault(m, u, load_fault(b));
    return cmp_jump(m, c, u, (u32)b, cc);
}

/* TEST leaves CF = OF = 0, so its result compared with zero answers every condition but parity. */
ALWAYS_INLINE fault_t test_jump(struct hw *m, struct arch *c, const struct uop *u, u32 b,
                                unsigned cc)
{
    u32 r = c->reg[u->dst] & b;
    set_cc(m, CC_LOGIC, 4, r, 0);
    return jump(m, c, u, cmp_condition(r, 0, cc));
}

ALWAYS_INLINE fault_t step_jump(struct hw *m, struct arch *c, const struct uop *u, u32 delta,
                                unsigned cc)
{
    u32 r = c->reg[u->dst] + delta;
    set_cc(m, delta == 1 ? CC_INC : CC_DEC, 4, r, flags_carry(m));
    c->reg[u->dst] = r;
    return jump(m, c, u, (r == 0) == (cc == 4));
}

#define FUSED(n)                                                                               \
    static fault_t cmp_rr_j##n(struct hw *m, struct arch *c, const struct uop *u)              \
    { return cmp_jump(m, c, u, c->reg[u->src], n); }                                           \
    static fault_t cmp_ri_j##n(struct hw *m, struct arch *c, const struct uop *u)              \
    { return cmp_jump(m, c, u, u->imm, n); }                                                   \
    static fault_t cmp_rm_j##n(struct hw *m, struct arch *c, const struct uop *u)              \
    { return cmp_jump_m(m, c, u, n); }                                                         \
    static fault_t test_rr_j##n(struct hw *m, struct arch *c, const struct uop *u)             \
    { return test_jump(m, c, u, c->reg[u->src], n); }                                          \
    static fault_t test_ri_j##n(struct hw *m, struct arch *c, const struct uop *u)             \
    { return test_jump(m, c, u, u->imm, n); }

FUSED(2)
FUSED(3)
FUSED(4)
FUSED(5)
FUSED(6)
FUSED(7)
FUSED(12)
FUSED(13)
FUSED(14)
FUSED(15)

static fault_t dec_r_j4(struct hw *m, struct arch *c, const struct uop *u)
{ return step_jump(m, c, u, (u32)-1, 4); }
static fault_t dec_r_j5(struct hw *m, struct arch *c, const struct uop *u)
{ return step_jump(m, c, u, (u32)-1, 5); }
static fault_t inc_r_j4(struct hw *m, struct arch *c, const struct uop *u)
{ return step_jump(m, c, u, 1, 4); }
static fault_t inc_r_j5(struct hw *m, struct arch *c, const struct uop *u)
{ return step_jump(m, c, u, 1, 5); }

#define ROW(n) [n] = { cmp_rr_j##n, cmp_ri_j##n, cmp_rm_j##n, test_rr_j##n, test_ri_j##n }
static uop_fn *const table[16][5] = {
    ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(12), ROW(13), ROW(14), ROW(15),
};

static uop_fn *step_form(const struct insn *first, unsigned cc)
{
    if (cc != 4 && cc != 5)
        return NULL;
    if (first->op == OP_DEC)
        return cc == 4 ? dec_r_j4 : dec_r_j5;
    return cc == 4 ? inc_r_j4 : inc_r_j5;
}

uop_fn *uop_fused(const struct insn *first, unsigned cc)
{
    if (first->osize != 4 || first->opnd[0].kind != OPND_REG)
        return NULL;
    if (first->op == OP_DEC || first->op == OP_INC)
        return step_form(first, cc);
    if (first->op != OP_CMP && first->op != OP_TEST)
        return NULL;
    unsigned test = first->op == OP_TEST ? 3 : 0;
    switch (first->opnd[1].kind) {
    case OPND_REG: return table[cc][test];
    case OPND_IMM: return table[cc][test + 1];
    case OPND_MEM: return test ? NULL : table[cc][2];
    }
    return NULL;
}
