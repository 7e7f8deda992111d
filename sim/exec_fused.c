/* exec_fused.c - cmp/test/inc/dec followed by a conditional jump, in one handler: the comparison decides
 * at once, and the flags are left lazy for whoever looks later. */
#include "sim/uop_link.h"
#include "sim/uop_mem.h"

enum compare { CMP, TEST };

/* Conditions as comparisons of the operands of CMP a,b. */
ALWAYS_INLINE bool cmp_condition(u32 a, u32 b, unsigned cc)
{
    switch (cc) {
    case 2: return a < b;
    case 3: return a >= b;
    case 4: return a == b;
    case 5: return a != b;
    case 6: return a <= b;
    case 7: return a > b;
    case 8: return (s32)(a - b) < 0;
    case 9: return (s32)(a - b) >= 0;
    case 12: return (s32)a < (s32)b;
    case 13: return (s32)a >= (s32)b;
    case 14: return (s32)a <= (s32)b;
    case 15: return (s32)a > (s32)b;
    }
    return false;
}

/* Bytes and words compare as dwords do when they stand at the top. */
ALWAYS_INLINE u32 widened(u32 value, unsigned size) { return value << (32 - 8 * size); }

ALWAYS_INLINE u32 trim(u32 value, unsigned size)
{
    return size == 1 ? (u8)value : size == 2 ? (u16)value : value;
}

/* TEST leaves CF = OF = 0, so its result compared with zero answers every condition but parity. */
ALWAYS_INLINE bool decide(enum compare op, unsigned size, u32 a, u32 b, unsigned cc)
{
    if (op == TEST)
        return cmp_condition(widened(a & b, size), 0, cc);
    return cmp_condition(widened(a, size), widened(b, size), cc);
}

ALWAYS_INLINE void leave_flags(struct hw *m, enum compare op, unsigned size, u32 a, u32 b)
{
    if (op == TEST)
        set_cc(m, CC_LOGIC, size, a & b, 0);
    else
        set_cc(m, CC_SUB, size, trim(a - b, size), b);
}

ALWAYS_INLINE fault_t jump(struct hw *m, struct arch *c, const struct uop *u, bool taken)
{
    const struct uop *j = u + 1;
    if (taken)
        return uop_goto(m, c, j, j->imm, true);
    return uop_goto(m, c, j, j->disp, false);
}

ALWAYS_INLINE fault_t compare_jump(struct hw *m, struct arch *c, const struct uop *u, enum compare op,
                                   unsigned size, u32 a, u32 b, unsigned cc)
{
    leave_flags(m, op, size, a, b);
    return jump(m, c, u, decide(op, size, a, b, cc));
}

/* ---- with memory, in a flat segment: what needs care is done alone, the jump after it ---- */

enum form { RR, RI, RM, MR, MI };

ALWAYS_INLINE u32 other_operand(const struct arch *c, const struct uop *u, enum form form, unsigned size)
{
    return form == RM ? reg_get(c, u->dst, size) : form == MR ? reg_get(c, u->src, size) : u->imm;
}

ALWAYS_INLINE fault_t compare_alone(struct hw *m, struct arch *c, const struct uop *u, enum compare op,
                                    unsigned size, enum form form)
{
    u64 v = uop_load(m, u->seg, uop_offset(c, u), size);
    u32 other = other_operand(c, u, form, size);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    leave_flags(m, op, size, form == RM ? other : (u32)v, form == RM ? (u32)v : other);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t compare_mem(struct hw *m, struct arch *c, const struct uop *u, enum compare op,
                                  unsigned size, enum form form, enum uop_addr how, unsigned cc,
                                  uop_fn *careful)
{
    u32 la = flat_offset(c, u, how), other = other_operand(c, u, form, size);
    const struct hostpage *p = flat_page(m->host_read, la);
    if (!page_serves(p, la, size))
        return uop_missed_operand(m, c, u, careful);
    u32 v = host_load(p->addend + la, size);
    return compare_jump(m, c, u, op, size, form == RM ? other : v, form == RM ? v : other, cc);
}

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)
#define ALONE(name, op, size, form)                                                            \
    static NOINLINE fault_t name(struct hw *m, struct arch *c, const struct uop *u)            \
    { return compare_alone(m, c, u, op, size, form); }

ALONE(cmp8_rm, CMP, 1, RM)
ALONE(cmp8_mr, CMP, 1, MR)
ALONE(cmp8_mi, CMP, 1, MI)
ALONE(cmp32_rm, CMP, 4, RM)
ALONE(cmp32_mr, CMP, 4, MR)
ALONE(cmp32_mi, CMP, 4, MI)
ALONE(test8_mi, TEST, 1, MI)
ALONE(test32_mi, TEST, 4, MI)

#define REGS(n, op, size, name)                                                                \
    HANDLER(name##_rr_j##n)                                                                    \
    { return compare_jump(m, c, u, op, size, reg_get(c, u->dst, size), reg_get(c, u->src, size), n); } \
    HANDLER(name##_ri_j##n)                                                                    \
    { return compare_jump(m, c, u, op, size, reg_get(c, u->dst, size), u->imm, n); }
#define MEM(n, op, size, name, form)                                                           \
    HANDLER(name##_flat_j##n) { return compare_mem(m, c, u, op, size, form, ADDR_FLAT, n, name); } \
    HANDLER(name##_index_j##n) { return compare_mem(m, c, u, op, size, form, ADDR_INDEX, n, name); }

#define FUSED(n)                                                                               \
    REGS(n, CMP, 1, cmp8)                                                                      \
    REGS(n, CMP, 2, cmp16)                                                                     \
    REGS(n, CMP, 4, cmp32)                                                                     \
    REGS(n, TEST, 1, test8)                                                                    \
    REGS(n, TEST, 2, test16)                                                                   \
    REGS(n, TEST, 4, test32)                                                                   \
    MEM(n, CMP, 1, cmp8_rm, RM)                                                                \
    MEM(n, CMP, 1, cmp8_mr, MR)                                                                \
    MEM(n, CMP, 1, cmp8_mi, MI)                                                                \
    MEM(n, CMP, 4, cmp32_rm, RM)                                                               \
    MEM(n, CMP, 4, cmp32_mr, MR)                                                               \
    MEM(n, CMP, 4, cmp32_mi, MI)                                                               \
    MEM(n, TEST, 1, test8_mi, MI)                                                              \
    MEM(n, TEST, 4, test32_mi, MI)

FUSED(2)
FUSED(3)
FUSED(4)
FUSED(5)
FUSED(6)
FUSED(7)
FUSED(8)
FUSED(9)
FUSED(12)
FUSED(13)
FUSED(14)
FUSED(15)

ALWAYS_INLINE fault_t step_jump(struct hw *m, struct arch *c, const struct uop *u, unsigned size, u32 delta,
                                unsigned cc)
{
    u32 r = trim(reg_get(c, u->dst, size) + delta, size);
    set_cc_step(m, delta == 1 ? CC_INC : CC_DEC, size, r);
    reg_set(c, u->dst, size, r);
    return jump(m, c, u, cmp_condition(widened(r, size), 0, cc));
}

#define STEP(n, bits, size)                                                                    \
    HANDLER(dec##bits##_r_j##n) { return step_jump(m, c, u, size, (u32)-1, n); }               \
    HANDLER(inc##bits##_r_j##n) { return step_jump(m, c, u, size, 1, n); }
#define STEPS(n) STEP(n, 8, 1) STEP(n, 16, 2) STEP(n, 32, 4)
STEPS(4)
STEPS(5)
STEPS(8)
STEPS(9)

/* By condition, operation and size; then by form: RR, RI, and RM, MR, MI with each address; TEST has no RM,
 * and words have none with memory. */
enum { FORM_MEM = 2, FORM_COUNT = FORM_MEM + 6 };
#define PAIR(name, n) name##_flat_j##n, name##_index_j##n
#define ROW(n) [n] = {                                                                         \
    { { cmp8_rr_j##n, cmp8_ri_j##n, PAIR(cmp8_rm, n), PAIR(cmp8_mr, n), PAIR(cmp8_mi, n) },    \
      { cmp16_rr_j##n, cmp16_ri_j##n },                                                        \
      { cmp32_rr_j##n, cmp32_ri_j##n, PAIR(cmp32_rm, n), PAIR(cmp32_mr, n), PAIR(cmp32_mi, n) } }, \
    { { test8_rr_j##n, test8_ri_j##n, NULL, NULL, NULL, NULL, PAIR(test8_mi, n) },             \
      { test16_rr_j##n, test16_ri_j##n },                                                      \
      { test32_rr_j##n, test32_ri_j##n, NULL, NULL, NULL, NULL, PAIR(test32_mi, n) } } }
static uop_fn *const table[16][2][3][FORM_COUNT] = {
    ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(8), ROW(9), ROW(12), ROW(13), ROW(14), ROW(15),
};
#define STEP_ROW(n) [n] = { { dec8_r_j##n, dec16_r_j##n, dec32_r_j##n },                        \
                            { inc8_r_j##n, inc16_r_j##n, inc32_r_j##n } }
static uop_fn *const steps[16][2][3] = { STEP_ROW(4), STEP_ROW(5), STEP_ROW(8), STEP_ROW(9) };

/* The form's place in a row, FORM_COUNT: it has none. */
static unsigned form_of(const struct insn *in, const struct uop *u)
{
    const struct opnd *a = &in->opnd[0], *b = &in->opnd[1];
    if (a->kind == OPND_REG && b->kind == OPND_REG)
        return RR;
    if (a->kind == OPND_REG && b->kind == OPND_IMM)
        return RI;
    if (!is_flat_addr(u->addr))
        return FORM_COUNT;
    unsigned form = b->kind == OPND_MEM ? RM : b->kind == OPND_REG ? MR : MI;
    return FORM_MEM + 2 * (form - RM) + (u->addr == ADDR_INDEX);
}

uop_fn *uop_fused(const struct insn *first, const struct uop *u, unsigned cc)
{
    unsigned which = first->osize == 4 ? 2 : first->osize - 1;
    assert(cc < COUNT(table));
    if (first->op == OP_DEC || first->op == OP_INC)
        return first->opnd[0].kind == OPND_REG ? steps[cc][first->op == OP_INC][which] : NULL;
    if (first->op != OP_CMP && first->op != OP_TEST)
        return NULL;
    unsigned form = form_of(first, u);
    return form == FORM_COUNT ? NULL : table[cc][first->op == OP_TEST][which][form];
}
