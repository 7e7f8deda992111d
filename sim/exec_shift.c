/* exec_shift.c - shifts and rotates, IMUL, MUL, DIV, IDIV on 32-bit operands. */
#include "sim/uop_mem.h"

#include "sim/api/alu.h"

ALWAYS_INLINE fault_t shifted(struct hw *m, struct arch *c, const struct uop *u, u32 result,
                              bool carry, bool overflow)
{
    set_cc(m, CC_RAW, 4, result, (carry ? FL_CF : 0) | (overflow ? FL_OF : 0));
    c->reg[u->dst] = result;
    return uop_next(m, c, u);
}

/* count is 1-31: a count of zero changes nothing and has no handler here */
static fault_t shl_ri(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 a = c->reg[u->dst], r = a << u->imm;
    bool carry = a >> (32 - u->imm) & 1;
    return shifted(m, c, u, r, carry, (r >> 31) != carry);
}

static fault_t shr_ri(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 a = c->reg[u->dst], r = a >> u->imm;
    return shifted(m, c, u, r, a >> (u->imm - 1) & 1, (r ^ r << 1) >> 31);
}

static fault_t sar_ri(struct hw *m, struct arch *c, const struct uop *u)
{
    s32 a = (s32)c->reg[u->dst];
    return shifted(m, c, u, (u32)(a >> u->imm), a >> (u->imm - 1) & 1, false);
}

/* The other forms, by the shared rule: rotates, counts in CL, memory.  u->cc holds the operation. */
ALWAYS_INLINE u32 by_rule(struct hw *m, struct arch *c, const struct uop *u, u32 a, unsigned count)
{
    flags_fold(m);
    return alu_shift((enum op)(OP_ROL + u->cc), 4, a, count & 31, &c->eflags);
}

static fault_t any_ri(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = by_rule(m, c, u, c->reg[u->dst], u->imm);
    return uop_next(m, c, u);
}

static fault_t any_rc(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = by_rule(m, c, u, c->reg[u->dst], c->reg[ECX]);
    return uop_next(m, c, u);
}

static NOINLINE fault_t any_mi(struct hw *m, struct arch *c, const struct uop *u)
{
    u8 *p = uop_writable(m, u->seg, uop_offset_any(c, u), 4);
    if (unlikely(p == NULL))
        return uop_fault(m, u, UOP_SLOW);
    host_store(p, 4, by_rule(m, c, u, host_load(p, 4), u->imm));
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t imul(struct hw *m, struct arch *c, const struct uop *u, u32 a, u32 b)
{
    s64 wide = (s64)(s32)a * (s32)b;
    bool over = wide != (s32)wide;
    return shifted(m, c, u, (u32)wide, over, over);
}

static fault_t imul_rr(struct hw *m, struct arch *c, const struct uop *u)
{
    return imul(m, c, u, c->reg[u->dst], c->reg[u->src]);
}

static fault_t imul_rri(struct hw *m, struct arch *c, const struct uop *u)
{
    return imul(m, c, u, c->reg[u->src], u->imm);
}

static fault_t div_r(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 divisor = c->reg[u->dst], high = c->reg[EDX], low = c->reg[EAX];
    if (unlikely(high >= divisor)) /* divided by zero, or the quotient does not fit */
        return uop_fault(m, u, FAULT(VEC_DE));
    if (likely(high == 0)) { /* the host's short division is faster */
        c->reg[EAX] = low / divisor;
        c->reg[EDX] = low % divisor;
        return uop_next(m, c, u);
    }
    u64 dividend = (u64)high << 32 | low;
    c->reg[EAX] = (u32)(dividend / divisor);
    c->reg[EDX] = (u32)(dividend % divisor);
    return uop_next(m, c, u);
}

static fault_t idiv_r(struct hw *m, struct arch *c, const struct uop *u)
{
    s64 dividend = (s64)((u64)c->reg[EDX] << 32 | c->reg[EAX]), divisor = (s32)c->reg[u->dst];
    if (unlikely(divisor == 0 || (divisor == -1 && dividend == INT64_MIN)))
        return uop_fault(m, u, FAULT(VEC_DE));
    s64 quotient = dividend / divisor, remainder = dividend % divisor;
    if (unlikely(quotient != (s32)quotient))
        return uop_fault(m, u, FAULT(VEC_DE));
    c->reg[EAX] = (u32)quotient;
    c->reg[EDX] = (u32)remainder;
    return uop_next(m, c, u);
}

static fault_t mul_r(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 wide = (u64)c->reg[EAX] * c->reg[u->dst];
    bool over = wide >> 32 != 0;
    set_cc(m, CC_RAW, 4, (u32)wide, over ? FL_CF | FL_OF : 0);
    c->reg[EAX] = (u32)wide;
    c->reg[EDX] = (u32)(wide >> 32);
    return uop_next(m, c, u);
}

/* The same without flags. */
static fault_t shl_ri_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] <<= u->imm;
    return uop_next(m, c, u);
}

static fault_t shr_ri_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] >>= u->imm;
    return uop_next(m, c, u);
}

static fault_t sar_ri_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = (u32)((s32)c->reg[u->dst] >> u->imm);
    return uop_next(m, c, u);
}

ALWAYS_INLINE u32 rotated(u32 a, unsigned left) { return a << left | a >> (-left & 31); }

static fault_t rol_ri_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = rotated(c->reg[u->dst], u->imm);
    return uop_next(m, c, u);
}

static fault_t ror_ri_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = rotated(c->reg[u->dst], -u->imm & 31);
    return uop_next(m, c, u);
}

ALWAYS_INLINE u32 shift_quiet(enum op op, u32 a, unsigned count)
{
    switch (op) {
    case OP_ROL: return rotated(a, count);
    case OP_ROR: return rotated(a, -count & 31);
    case OP_SHL: return a << count;
    case OP_SHR: return a >> count;
    default: return (u32)((s32)a >> count);
    }
}

ALWAYS_INLINE fault_t shift_mem_quiet(struct hw *m, struct arch *c, const struct uop *u, enum op op)
{
    u32 la = uop_offset(c, u);
    const struct hostpage *p = flat_page(m->host_write, la);
    if (!page_serves(p, la, 4))
        return uop_missed_result(m, c, u, any_mi);
    u8 *at = p->addend + la;
    host_store(at, 4, shift_quiet(op, host_load(at, 4), u->imm));
    return uop_next(m, c, u);
}

static fault_t rol_mi_quiet(struct hw *m, struct arch *c, const struct uop *u)
{ return shift_mem_quiet(m, c, u, OP_ROL); }
static fault_t ror_mi_quiet(struct hw *m, struct arch *c, const struct uop *u)
{ return shift_mem_quiet(m, c, u, OP_ROR); }
static fault_t shl_mi_quiet(struct hw *m, struct arch *c, const struct uop *u)
{ return shift_mem_quiet(m, c, u, OP_SHL); }
static fault_t shr_mi_quiet(struct hw *m, struct arch *c, const struct uop *u)
{ return shift_mem_quiet(m, c, u, OP_SHR); }
static fault_t sar_mi_quiet(struct hw *m, struct arch *c, const struct uop *u)
{ return shift_mem_quiet(m, c, u, OP_SAR); }

static fault_t imul_rr_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] *= c->reg[u->src];
    return uop_next(m, c, u);
}

static fault_t imul_rri_quiet(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = c->reg[u->src] * u->imm;
    return uop_next(m, c, u);
}

uop_fn *uop_shift_quiet(const struct insn *in, const struct uop *u)
{
    bool mem = in->opnd[0].kind == OPND_MEM;
    if (u->exec == imul_rr)
        return imul_rr_quiet;
    if (u->exec == imul_rri)
        return imul_rri_quiet;
    if (in->opnd[1].kind != OPND_IMM || (mem && !is_flat_addr(u->addr)))
        return NULL;
    switch (in->op) {
    case OP_ROL: return mem ? rol_mi_quiet : rol_ri_quiet;
    case OP_ROR: return mem ? ror_mi_quiet : ror_ri_quiet;
    case OP_SHL: return mem ? shl_mi_quiet : shl_ri_quiet;
    case OP_SHR: return mem ? shr_mi_quiet : shr_ri_quiet;
    case OP_SAR: return mem ? sar_mi_quiet : sar_ri_quiet;
    default: return NULL;
    }
}

static uop_fn *shift_form(const struct insn *in, struct uop *u)
{
    bool constant = in->opnd[1].kind == OPND_IMM, mem = in->opnd[0].kind == OPND_MEM;
    u->cc = (u8)(in->op - OP_ROL);
    u->imm = in->imm & 31;
    if (mem)
        return constant ? any_mi : NULL;
    if (!constant)
        return any_rc;
    if (u->imm == 0)
        return any_ri;
    switch (in->op) {
    case OP_SHL: return shl_ri;
    case OP_SHR: return shr_ri;
    case OP_SAR: return sar_ri;
    default: return any_ri;
    }
}

static uop_fn *imul_form(const struct insn *in)
{
    if (in->opnd[1].kind != OPND_REG)
        return NULL;
    return in->opnd[2].kind == OPND_IMM ? imul_rri : in->opnd[2].kind == OPND_NONE ? imul_rr : NULL;
}

uop_fn *uop_shift(const struct insn *in, struct uop *u)
{
    if (in->osize != 4)
        return NULL;
    if (in->op >= OP_ROL && in->op <= OP_SAR)
        return shift_form(in, u);
    if (in->opnd[0].kind != OPND_REG)
        return NULL;
    switch (in->op) {
    case OP_IMUL: return imul_form(in);
    case OP_MUL: return mul_r;
    case OP_DIV: return div_r;
    case OP_IDIV: return idiv_r;
    default: return NULL;
    }
}
