/* exec_shift.c - shifts and rotates of 32-bit operands, shifts of narrow registers by a constant. */
#include "sim/uop_mem.h"

#include "sim/api/alu.h"

ALWAYS_INLINE fault_t shifted(struct hw *m, struct arch *c, const struct uop *u, unsigned size, u32 result,
                              bool carry, bool overflow)
{
    result &= 0xffffffffu >> (32 - 8 * size);
    set_cc(m, CC_RAW, size, result, (carry ? FL_CF : 0) | (overflow ? FL_OF : 0));
    reg_set(c, u->dst, size, result);
    return uop_next(m, c, u);
}

/* The count is 1 to the operand's bits - 1: others have no handler here. */
ALWAYS_INLINE fault_t shl(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    u32 a = reg_get(c, u->dst, size), r = a << u->imm;
    bool carry = a >> (8 * size - u->imm) & 1;
    return shifted(m, c, u, size, r, carry, (r >> (8 * size - 1) & 1) != carry);
}

ALWAYS_INLINE fault_t shr(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    u32 a = reg_get(c, u->dst, size), r = a >> u->imm;
    return shifted(m, c, u, size, r, a >> (u->imm - 1) & 1, (r ^ r << 1) >> (8 * size - 1) & 1);
}

ALWAYS_INLINE fault_t sar(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    unsigned above = 32 - 8 * size;
    s32 a = (s32)(reg_get(c, u->dst, size) << above) >> above;
    return shifted(m, c, u, size, (u32)(a >> u->imm), a >> (u->imm - 1) & 1, false);
}

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)
#define SHIFTS(suffix, size)                                                                   \
    HANDLER(shl##suffix) { return shl(m, c, u, size); }                                        \
    HANDLER(shr##suffix) { return shr(m, c, u, size); }                                        \
    HANDLER(sar##suffix) { return sar(m, c, u, size); }
SHIFTS(8_ri, 1)
SHIFTS(16_ri, 2)
SHIFTS(_ri, 4)

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

uop_fn *uop_shift_quiet(const struct insn *in, const struct uop *u)
{
    bool mem = in->opnd[0].kind == OPND_MEM;
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

/* Of registers, by less than their width; other narrow ones: exec_carry.c. */
static uop_fn *narrow_form(const struct insn *in, struct uop *u)
{
    bool byte = in->osize == 1;
    u->imm = in->imm & 31;
    if (in->opnd[0].kind != OPND_REG || in->opnd[1].kind != OPND_IMM || u->imm - 1u >= 8u * in->osize - 1)
        return NULL;
    switch (in->op) {
    case OP_SHL: return byte ? shl8_ri : shl16_ri;
    case OP_SHR: return byte ? shr8_ri : shr16_ri;
    case OP_SAR: return byte ? sar8_ri : sar16_ri;
    default: return NULL;
    }
}

uop_fn *uop_shift(const struct insn *in, struct uop *u)
{
    if (in->op < OP_ROL || in->op > OP_SAR)
        return NULL;
    return in->osize == 4 ? shift_form(in, u) : narrow_form(in, u);
}
