#include "sim/api/isa_exec.h"

/* ADD OR ADC SBB AND SUB XOR: flags change only when the result could be written */
fault_t isa_exec_binary(struct isa *x, const struct insn *in)
{
    u32 a, b, flags = x->s->eflags;
    fault_t f = isa_get(x, in, 1, &b);
    if (!f)
        f = isa_get_rmw(x, in, 0, &a);
    if (!f)
        f = isa_put(x, in, 0, alu_binary((enum op)in->op, in->osize, a, b, &flags));
    if (f)
        return f;
    x->s->eflags = flags;
    return isa_next(x, in);
}

/* CMP TEST */
fault_t isa_exec_compare(struct isa *x, const struct insn *in)
{
    u32 a, b;
    fault_t f = isa_get(x, in, 0, &a);
    if (!f)
        f = isa_get(x, in, 1, &b);
    if (f)
        return f;
    alu_binary((enum op)in->op, in->osize, a, b, &x->s->eflags);
    return isa_next(x, in);
}

/* INC DEC NEG NOT */
fault_t isa_exec_unary(struct isa *x, const struct insn *in)
{
    u32 a, flags = x->s->eflags;
    fault_t f = isa_get_rmw(x, in, 0, &a);
    if (!f)
        f = isa_put(x, in, 0, alu_binary((enum op)in->op, in->osize, a, 0, &flags));
    if (f)
        return f;
    x->s->eflags = flags;
    return isa_next(x, in);
}

/* C0 C1 D0-D3  ROL ROR RCL RCR SHL SHR SAR by 1, imm8 or CL */
fault_t isa_exec_shift(struct isa *x, const struct insn *in)
{
    u32 a, count, flags = x->s->eflags;
    fault_t f = isa_get(x, in, 1, &count);
    if (!f)
        f = isa_get_rmw(x, in, 0, &a);
    if (!f)
        f = isa_put(x, in, 0, alu_shift((enum op)in->op, in->osize, a, count & 31, &flags));
    if (f)
        return f;
    x->s->eflags = flags;
    return isa_next(x, in);
}

/* 0F A4 A5 AC AD  SHLD SHRD r/m, r, imm8 or CL */
fault_t isa_exec_double_shift(struct isa *x, const struct insn *in)
{
    u32 a, count, result, flags = x->s->eflags;
    u32 b = isa_reg_read(x->s, in->opnd[1].reg, in->osize);
    fault_t f = isa_get(x, in, 2, &count);
    if (!f)
        f = isa_get_rmw(x, in, 0, &a);
    if (f)
        return f;
    result = alu_double_shift((enum op)in->op, in->osize, a, b, count & 31, &flags);
    f = isa_put(x, in, 0, result);
    if (f)
        return f;
    x->s->eflags = flags;
    return isa_next(x, in);
}

/* A double-width value in AX, DX:AX or EDX:EAX. */
static u64 read_pair(const struct arch *s, unsigned size)
{
    if (size == 1)
        return s->reg[EAX] & 0xffff;
    return (u64)isa_reg_read(s, EDX, size) << 8 * size | isa_reg_read(s, EAX, size);
}

static void write_pair(struct arch *s, unsigned size, u64 value)
{
    if (size == 1) {
        isa_reg_write(s, EAX, 2, (u32)value);
        return;
    }
    isa_reg_write(s, EAX, size, (u32)value);
    isa_reg_write(s, EDX, size, (u32)(value >> 8 * size));
}

/* F6 /4 F7 /4  MUL; F6 /5 F7 /5  IMUL r/m */
fault_t isa_exec_mul(struct isa *x, const struct insn *in)
{
    u32 src, a = isa_reg_read(x->s, EAX, in->osize);
    fault_t f = isa_get(x, in, 0, &src);
    if (f)
        return f;
    write_pair(x->s, in->osize,
               alu_multiply((enum op)in->op, in->osize, a, src, &x->s->eflags));
    return isa_next(x, in);
}

/* 0F AF  IMUL r, r/m; 69 6B  IMUL r, r/m, imm: the product truncated */
fault_t isa_exec_imul(struct isa *x, const struct insn *in)
{
    bool three = in->opnd[2].kind != OPND_NONE;
    u32 a, b;
    if (in->opnd[1].kind == OPND_NONE)
        return isa_exec_mul(x, in);
    fault_t f = isa_get(x, in, three ? 1 : 0, &a);
    if (!f)
        f = isa_get(x, in, three ? 2 : 1, &b);
    if (f)
        return f;
    u64 product = alu_multiply(OP_IMUL, in->osize, a, b, &x->s->eflags);
    isa_reg_write(x->s, in->opnd[0].reg, in->osize, (u32)product);
    return isa_next(x, in);
}

/* F6 /6 F7 /6  DIV; F6 /7 F7 /7  IDIV: quotient to (E)AX or AL, remainder to (E)DX or AH */
fault_t isa_exec_div(struct isa *x, const struct insn *in)
{
    u32 divisor, quotient, remainder;
    fault_t f = isa_get(x, in, 0, &divisor);
    if (f)
        return f;
    if (!alu_divide((enum op)in->op, in->osize, read_pair(x->s, in->osize), divisor, &quotient,
                    &remainder))
        return FAULT(VEC_DE);
    write_pair(x->s, in->osize, (u64)remainder << 8 * in->osize | quotient);
    return isa_next(x, in);
}

/* 27 2F 37 3F  DAA DAS AAA AAS */
fault_t isa_exec_decimal(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 ax = alu_decimal((enum op)in->op, s->reg[EAX] & 0xffff, &s->eflags);
    isa_reg_write(s, EAX, 2, ax);
    return isa_next(x, in);
}

/* AAM, AAD: SF ZF PF of AL; CF OF AF are undefined (cleared) */
static void set_decimal_result(struct arch *s, u32 ax)
{
    isa_reg_write(s, EAX, 2, ax);
    s->eflags = (s->eflags & ~(u32)FL_ARITH) | alu_szp(1, ax & 0xff);
}

/* D4 ib  AAM: AH = AL / imm8, AL = AL mod imm8 */
fault_t isa_exec_aam(struct isa *x, const struct insn *in)
{
    u32 al = x->s->reg[EAX] & 0xff;
    if (in->imm == 0)
        return FAULT(VEC_DE);
    set_decimal_result(x->s, al / in->imm << 8 | al % in->imm);
    return isa_next(x, in);
}

/* D5 ib  AAD: AL = AL + AH * imm8, AH = 0 */
fault_t isa_exec_aad(struct isa *x, const struct insn *in)
{
    u32 ax = x->s->reg[EAX];
    set_decimal_result(x->s, ((ax & 0xff) + (ax >> 8 & 0xff) * in->imm) & 0xff);
    return isa_next(x, in);
}

/* 62  BOUND r, m: the signed index against the pair of bounds in memory */
fault_t isa_exec_bound(struct isa *x, const struct insn *in)
{
    enum sreg seg = (enum sreg)in->seg;
    u32 offset = insn_offset(x->s, in), low, high;
    u32 index = isa_reg_read(x->s, in->opnd[0].reg, in->osize);
    fault_t f = isa_load(x, seg, offset, in->osize, &low);
    if (!f)
        f = isa_load(x, seg, isa_next_part(in, offset, in->osize), in->osize, &high);
    if (f)
        return f;
    bool inside = in->osize == 2 ? (s16)index >= (s16)low && (s16)index <= (s16)high
                                 : (s32)index >= (s32)low && (s32)index <= (s32)high;
    return inside ? isa_next(x, in) : FAULT(VEC_BR);
}
