/* exec_alu.c - ADD SUB AND OR XOR CMP TEST INC DEC NEG NOT on 8-, 16- and 32-bit operands. */
#include "sim/uop_form.h"
#include "sim/uop_mem.h"

/* The operations as constants of the templates below. */
enum alu { ALU_ADD, ALU_SUB, ALU_AND, ALU_OR, ALU_XOR, ALU_CMP, ALU_TEST, ALU_INC, ALU_DEC,
           ALU_NEG, ALU_NOT, ALU_COUNT };

ALWAYS_INLINE u32 trim(u32 value, unsigned size)
{
    return size == 1 ? (u8)value : size == 2 ? (u16)value : value;
}

/* What a handler leaves behind: QUIET no flags, because the block writes them again before anybody looks. */
enum noise { QUIET, LOUD };

ALWAYS_INLINE bool keeps_result(enum alu op) { return op != ALU_CMP && op != ALU_TEST; }

ALWAYS_INLINE u32 result_of(enum alu op, u32 a, u32 b)
{
    switch (op) {
    case ALU_ADD: return a + b;
    case ALU_SUB:
    case ALU_CMP: return a - b;
    case ALU_AND:
    case ALU_TEST: return a & b;
    case ALU_OR: return a | b;
    case ALU_XOR: return a ^ b;
    case ALU_INC: return a + 1;
    case ALU_DEC: return a - 1;
    case ALU_NEG: return 0 - a;
    case ALU_NOT: return ~a;
    case ALU_COUNT: break;
    }
    return 0;
}

/* a op b; flags are left lazy. */
ALWAYS_INLINE u32 compute(struct hw *m, enum alu op, unsigned size, u32 a, u32 b, enum noise noise)
{
    u32 r = trim(result_of(op, a, b), size);
    if (noise == QUIET)
        return r;
    switch (op) {
    case ALU_ADD: set_cc(m, CC_ADD, size, r, b); break;
    case ALU_SUB:
    case ALU_CMP: set_cc(m, CC_SUB, size, r, b); break;
    case ALU_AND:
    case ALU_TEST:
    case ALU_OR:
    case ALU_XOR: set_cc(m, CC_LOGIC, size, r, 0); break;
    case ALU_INC: set_cc_step(m, CC_INC, size, r); break;
    case ALU_DEC: set_cc_step(m, CC_DEC, size, r); break;
    case ALU_NEG: set_cc(m, CC_SUB, size, r, a); break;
    case ALU_NOT:
    case ALU_COUNT: break;
    }
    return r;
}

ALWAYS_INLINE fault_t alu_to_reg(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                 unsigned size, u32 b, enum noise noise)
{
    u32 r = compute(m, op, size, reg_get(c, u->dst, size), b, noise);
    if (keeps_result(op))
        reg_set(c, u->dst, size, r);
    return uop_next(m, c, u);
}

/* With memory in any segment, by any address. */
ALWAYS_INLINE fault_t alu_rm(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                             unsigned size)
{
    u64 b = uop_load(m, u->seg, uop_offset_any(c, u), size);
    if (unlikely(b >> 32))
        return uop_fault(m, u, load_fault(b));
    return alu_to_reg(m, c, u, op, size, (u32)b, LOUD);
}

ALWAYS_INLINE fault_t alu_rm_short(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                   unsigned size, uop_fn *careful)
{
    const u8 *p = uop_readable(m, u->seg, uop_offset_short(c, u), size);
    if (unlikely(p == NULL))
        return careful(m, c, u);
    return alu_to_reg(m, c, u, op, size, host_load(p, size), LOUD);
}

ALWAYS_INLINE fault_t alu_rm_flat(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                  unsigned size, enum uop_addr how, enum noise noise, uop_fn *careful)
{
    u32 la = flat_offset(c, u, how);
    const struct hostpage *p = flat_page(m->host_read, la);
    if (!page_serves(p, la, size))
        return uop_missed_operand(m, c, u, careful);
    return alu_to_reg(m, c, u, op, size, host_load(p->addend + la, size), noise);
}

/* memory op= b: the write is checked before anything changes */
ALWAYS_INLINE fault_t alu_to_mem(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                 unsigned size, u32 b)
{
    u32 offset = uop_offset_any(c, u);
    if (!keeps_result(op)) {
        u64 a = uop_load(m, u->seg, offset, size);
        if (unlikely(a >> 32))
            return uop_fault(m, u, load_fault(a));
        compute(m, op, size, (u32)a, b, LOUD);
        return uop_next(m, c, u);
    }
    u8 *p = uop_writable(m, u->seg, offset, size);
    if (likely(p != NULL)) {
        host_store(p, size, compute(m, op, size, host_load(p, size), b, LOUD));
        return uop_next(m, c, u);
    }
    u64 a = uop_load_slow(m, u->seg, offset, size, true);
    if (unlikely(a >> 32))
        return uop_fault(m, u, load_fault(a));
    u32 r = compute(m, op, size, (u32)a, b, LOUD);
    fault_t f = uop_store_slow(m, u->seg, offset, size, r);
    assert(!f); /* the load asked for the write's rights too */
    return uop_next(m, c, u);
}

/* In host memory */
ALWAYS_INLINE fault_t alu_at(struct hw *m, struct arch *c, const struct uop *u, enum alu op, unsigned size,
                             u8 *at, u32 b, enum noise noise)
{
    u32 r = compute(m, op, size, host_load(at, size), b, noise);
    if (keeps_result(op))
        host_store(at, size, r);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t alu_to_mem_short(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                       unsigned size, u32 b, uop_fn *careful)
{
    u32 offset = uop_offset_short(c, u);
    u8 *p = keeps_result(op) ? uop_writable(m, u->seg, offset, size) : uop_readable(m, u->seg, offset, size);
    if (unlikely(p == NULL))
        return careful(m, c, u);
    return alu_at(m, c, u, op, size, p, b, LOUD);
}

ALWAYS_INLINE fault_t alu_to_mem_flat(struct hw *m, struct arch *c, const struct uop *u, enum alu op,
                                      unsigned size, u32 b, enum uop_addr how, enum noise noise,
                                      uop_fn *careful)
{
    u32 la = flat_offset(c, u, how);
    const struct hostpage *p = flat_page(keeps_result(op) ? m->host_write : m->host_read, la);
    if (!page_serves(p, la, size))
        return keeps_result(op) ? uop_missed_result(m, c, u, careful)
                                : uop_missed_operand(m, c, u, careful);
    return alu_at(m, c, u, op, size, p->addend + la, b, noise);
}

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)
#define CAREFUL(name) static NOINLINE fault_t name(struct hw *m, struct arch *c, const struct uop *u)

/* Of one operation at one size: the forms without memory, and with memory in a flat segment. */
#define REG_FORMS(name, suffix, op, size, noise)                                               \
    HANDLER(name##_rr##suffix)                                                                 \
    { return alu_to_reg(m, c, u, op, size, reg_get(c, u->src, size), noise); }                 \
    HANDLER(name##_ri##suffix) { return alu_to_reg(m, c, u, op, size, u->imm, noise); }
#define FLAT_FORMS(name, suffix, op, size, how, noise)                                         \
    HANDLER(name##_rm##suffix)                                                                 \
    { return alu_rm_flat(m, c, u, op, size, how, noise, name##_rm); }                          \
    HANDLER(name##_mr##suffix)                                                                 \
    { return alu_to_mem_flat(m, c, u, op, size, reg_get(c, u->src, size), how, noise, name##_mr); } \
    HANDLER(name##_mi##suffix)                                                                 \
    { return alu_to_mem_flat(m, c, u, op, size, u->imm, how, noise, name##_mi); }
#define ANY_FORMS(name, op, size)                                                              \
    CAREFUL(name##_rm) { return alu_rm(m, c, u, op, size); }                                   \
    CAREFUL(name##_mr) { return alu_to_mem(m, c, u, op, size, reg_get(c, u->src, size)); }     \
    CAREFUL(name##_mi) { return alu_to_mem(m, c, u, op, size, u->imm); }
#define SHORT_FORMS(name, op, size)                                                            \
    HANDLER(name##_rm_short) { return alu_rm_short(m, c, u, op, size, name##_rm); }            \
    HANDLER(name##_mr_short)                                                                   \
    { return alu_to_mem_short(m, c, u, op, size, reg_get(c, u->src, size), name##_mr); }       \
    HANDLER(name##_mi_short) { return alu_to_mem_short(m, c, u, op, size, u->imm, name##_mi); }
#define FORMS(name, op, size)                                                                  \
    REG_FORMS(name, , op, size, LOUD)                                                          \
    ANY_FORMS(name, op, size)                                                                  \
    SHORT_FORMS(name, op, size)                                                                \
    FLAT_FORMS(name, _flat, op, size, ADDR_FLAT, LOUD)                                         \
    FLAT_FORMS(name, _index, op, size, ADDR_INDEX, LOUD)
#define QUIET_FORMS(name, op)                                                                  \
    REG_FORMS(name, _quiet, op, 4, QUIET)                                                      \
    FLAT_FORMS(name, _flat_quiet, op, 4, ADDR_FLAT, QUIET)                                     \
    FLAT_FORMS(name, _index_quiet, op, 4, ADDR_INDEX, QUIET)

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

QUIET_FORMS(add32, ALU_ADD)
QUIET_FORMS(sub32, ALU_SUB)
QUIET_FORMS(and32, ALU_AND)
QUIET_FORMS(or32, ALU_OR)
QUIET_FORMS(xor32, ALU_XOR)

/* One-operand operations: register and memory. */
#define UNARY(name, op, size)                                                                  \
    HANDLER(name##_r) { return alu_to_reg(m, c, u, op, size, 0, LOUD); }                       \
    CAREFUL(name##_m) { return alu_to_mem(m, c, u, op, size, 0); }                             \
    HANDLER(name##_m_short) { return alu_to_mem_short(m, c, u, op, size, 0, name##_m); }       \
    HANDLER(name##_m_flat)                                                                     \
    { return alu_to_mem_flat(m, c, u, op, size, 0, ADDR_FLAT, LOUD, name##_m); }               \
    HANDLER(name##_m_index)                                                                    \
    { return alu_to_mem_flat(m, c, u, op, size, 0, ADDR_INDEX, LOUD, name##_m); }
#define QUIET_UNARY(name, op)                                                                  \
    HANDLER(name##_r_quiet) { return alu_to_reg(m, c, u, op, 4, 0, QUIET); }                   \
    HANDLER(name##_m_flat_quiet)                                                               \
    { return alu_to_mem_flat(m, c, u, op, 4, 0, ADDR_FLAT, QUIET, name##_m); }                 \
    HANDLER(name##_m_index_quiet)                                                              \
    { return alu_to_mem_flat(m, c, u, op, 4, 0, ADDR_INDEX, QUIET, name##_m); }

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

QUIET_UNARY(inc32, ALU_INC)
QUIET_UNARY(dec32, ALU_DEC)
QUIET_UNARY(neg32, ALU_NEG)

static uop_fn *const binary[ALU_INC][3][FORM_COUNT] = {
    [ALU_ADD] = { FORM_ROW(add8), FORM_ROW(add16), FORM_ROW(add32) },
    [ALU_SUB] = { FORM_ROW(sub8), FORM_ROW(sub16), FORM_ROW(sub32) },
    [ALU_AND] = { FORM_ROW(and8), FORM_ROW(and16), FORM_ROW(and32) },
    [ALU_OR] = { FORM_ROW(or8), FORM_ROW(or16), FORM_ROW(or32) },
    [ALU_XOR] = { FORM_ROW(xor8), FORM_ROW(xor16), FORM_ROW(xor32) },
    [ALU_CMP] = { FORM_ROW(cmp8), FORM_ROW(cmp16), FORM_ROW(cmp32) },
    [ALU_TEST] = { FORM_ROW(test8), FORM_ROW(test16), FORM_ROW(test32) },
};
#define QUIET_ROW(name) { name##_rr_quiet, name##_ri_quiet, NULL, NULL, NULL,                   \
                          FORM_MEM_ROW(name, _flat_quiet), FORM_MEM_ROW(name, _index_quiet) }
static uop_fn *const binary_quiet[ALU_CMP][FORM_COUNT] = {
    [ALU_ADD] = QUIET_ROW(add32), [ALU_SUB] = QUIET_ROW(sub32), [ALU_AND] = QUIET_ROW(and32),
    [ALU_OR] = QUIET_ROW(or32), [ALU_XOR] = QUIET_ROW(xor32),
};
#define UNARY_ROW(name) { name##_r, name##_m, name##_m_flat, name##_m_index, name##_m_short }
static uop_fn *const unary[ALU_COUNT][3][1 + ADDR_COUNT] = {
    [ALU_INC] = { UNARY_ROW(inc8), UNARY_ROW(inc16), UNARY_ROW(inc32) },
    [ALU_DEC] = { UNARY_ROW(dec8), UNARY_ROW(dec16), UNARY_ROW(dec32) },
    [ALU_NEG] = { UNARY_ROW(neg8), UNARY_ROW(neg16), UNARY_ROW(neg32) },
    [ALU_NOT] = { UNARY_ROW(not8), UNARY_ROW(not16), UNARY_ROW(not32) },
};

#define UNARY_QUIET_ROW(name) { name##_r_quiet, NULL, name##_m_flat_quiet, name##_m_index_quiet }
static uop_fn *const unary_quiet[ALU_COUNT][1 + ADDR_COUNT] = {
    [ALU_INC] = UNARY_QUIET_ROW(inc32), [ALU_DEC] = UNARY_QUIET_ROW(dec32),
    [ALU_NEG] = UNARY_QUIET_ROW(neg32),
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

static unsigned unary_form_of(const struct insn *in, const struct uop *u)
{
    return in->opnd[0].kind == OPND_MEM ? 1u + u->addr : 0;
}

uop_fn *uop_alu(const struct insn *in, struct uop *u)
{
    enum alu op = alu_of((enum op)in->op);
    unsigned size = in->osize, which = size == 4 ? 2 : size - 1;
    if (op == ALU_COUNT)
        return NULL;
    if (op >= ALU_INC)
        return unary[op][which][unary_form_of(in, u)];
    u->imm = trim(in->imm, size);
    unsigned form = uop_form(in, u);
    return form == FORM_COUNT ? NULL : binary[op][which][form];
}

uop_fn *uop_alu_quiet(const struct insn *in, const struct uop *u)
{
    enum alu op = alu_of((enum op)in->op);
    if (op == ALU_COUNT || in->osize != 4)
        return NULL;
    if (op >= ALU_INC)
        return unary_quiet[op][unary_form_of(in, u)];
    return op < ALU_CMP ? binary_quiet[op][uop_form(in, u)] : NULL;
}
