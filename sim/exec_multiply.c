/* exec_multiply.c - MUL, IMUL, DIV and IDIV of registers; 8, 16 and 32 bits. */
#include "sim/uop_mem.h"

/* The double-width register of MUL and DIV: AX, DX:AX or EDX:EAX. */
ALWAYS_INLINE u64 pair_get(const struct arch *c, unsigned size)
{
    if (size == 1)
        return (u16)c->reg[EAX];
    return (u64)reg_get(c, EDX, size) << 8 * size | reg_get(c, EAX, size);
}

ALWAYS_INLINE void pair_set(struct arch *c, unsigned size, u32 high, u32 low)
{
    if (size == 1) {
        reg_set(c, EAX, 2, high << 8 | (u8)low);
        return;
    }
    reg_set(c, EAX, size, low);
    reg_set(c, EDX, size, high);
}

ALWAYS_INLINE s64 extend(u64 value, unsigned bits) { return (s64)(value << (64 - bits)) >> (64 - bits); }

ALWAYS_INLINE void leave_flags(struct hw *m, unsigned size, u32 low, bool over)
{
    set_cc(m, CC_RAW, size, (u32)(low & ~0ull >> (64 - 8 * size)), over ? FL_CF | FL_OF : 0);
}

ALWAYS_INLINE fault_t mul(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    u64 wide = (u64)reg_get(c, EAX, size) * reg_get(c, u->dst, size);
    leave_flags(m, size, (u32)wide, wide >> 8 * size != 0);
    pair_set(c, size, (u32)(wide >> 8 * size), (u32)wide);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t div(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    u32 divisor = reg_get(c, u->dst, size);
    u64 dividend = pair_get(c, size);
    if (unlikely(dividend >> 8 * size >= divisor)) /* by zero, or the quotient does not fit */
        return uop_fault(m, u, FAULT(VEC_DE));
    if (likely(dividend >> 32 == 0)) /* the host's short division is faster */
        pair_set(c, size, (u32)dividend % divisor, (u32)dividend / divisor);
    else
        pair_set(c, size, (u32)(dividend % divisor), (u32)(dividend / divisor));
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t idiv(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    s64 dividend = extend(pair_get(c, size), 16 * size), divisor = extend(reg_get(c, u->dst, size), 8 * size);
    if (unlikely(divisor == 0 || (divisor == -1 && dividend == INT64_MIN)))
        return uop_fault(m, u, FAULT(VEC_DE));
    s64 quotient = dividend / divisor;
    if (unlikely(quotient != extend((u64)quotient, 8 * size)))
        return uop_fault(m, u, FAULT(VEC_DE));
    pair_set(c, size, (u32)(dividend % divisor), (u32)quotient);
    return uop_next(m, c, u);
}

/* The product is truncated. */
ALWAYS_INLINE fault_t imul(struct hw *m, struct arch *c, const struct uop *u, unsigned size, u32 a, u32 b)
{
    s64 wide = extend(a, 8 * size) * extend(b, 8 * size);
    leave_flags(m, size, (u32)wide, wide != extend((u64)wide, 8 * size));
    reg_set(c, u->dst, size, (u32)wide);
    return uop_next(m, c, u);
}

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)
#define PAIRS(bits, size)                                                                      \
    HANDLER(mul##bits) { return mul(m, c, u, size); }                                          \
    HANDLER(div##bits) { return div(m, c, u, size); }                                          \
    HANDLER(idiv##bits) { return idiv(m, c, u, size); }
#define PRODUCTS(bits, size)                                                                   \
    HANDLER(imul##bits##_rr)                                                                   \
    { return imul(m, c, u, size, reg_get(c, u->dst, size), reg_get(c, u->src, size)); }        \
    HANDLER(imul##bits##_rri) { return imul(m, c, u, size, reg_get(c, u->src, size), u->imm); }
PAIRS(8, 1)
PAIRS(16, 2)
PAIRS(32, 4)
PRODUCTS(16, 2)
PRODUCTS(32, 4)

/* The same without flags. */
HANDLER(imul_rr_quiet)
{
    c->reg[u->dst] *= c->reg[u->src];
    return uop_next(m, c, u);
}

HANDLER(imul_rri_quiet)
{
    c->reg[u->dst] = c->reg[u->src] * u->imm;
    return uop_next(m, c, u);
}

uop_fn *uop_multiply_quiet(const struct uop *u)
{
    return u->exec == imul32_rr ? imul_rr_quiet : u->exec == imul32_rri ? imul_rri_quiet : NULL;
}

static uop_fn *imul_form(const struct insn *in)
{
    if (in->opnd[1].kind != OPND_REG)
        return NULL;
    switch (in->opnd[2].kind) {
    case OPND_IMM: return in->osize == 4 ? imul32_rri : imul16_rri;
    case OPND_NONE: return in->osize == 4 ? imul32_rr : imul16_rr;
    }
    return NULL;
}

uop_fn *uop_multiply(const struct insn *in)
{
    static uop_fn *const muls[] = { mul8, mul16, mul32 }, *const divs[] = { div8, div16, div32 },
                  *const idivs[] = { idiv8, idiv16, idiv32 };
    unsigned which = in->osize == 4 ? 2 : in->osize - 1;
    if (in->opnd[0].kind != OPND_REG)
        return NULL;
    switch (in->op) {
    case OP_IMUL: return imul_form(in);
    case OP_MUL: return muls[which];
    case OP_DIV: return divs[which];
    case OP_IDIV: return idivs[which];
    default: return NULL;
    }
}
