#include "sim/api/isa_exec.h"

/* 88-8B A0-A3 B0-BF C6 C7  MOV */
fault_t isa_exec_mov(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_get(x, in, 1, &value);
    if (!f)
        f = isa_put(x, in, 0, value);
    return f ? f : isa_next(x, in);
}

/* 0F B6 B7  MOVZX r, r/m8|16 */
fault_t isa_exec_movzx(struct isa *x, const struct insn *in)
{
    return isa_exec_mov(x, in); /* a shorter operand is read zero-extended */
}

/* 0F BE BF  MOVSX r, r/m8|16 */
fault_t isa_exec_movsx(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_get(x, in, 1, &value);
    if (f)
        return f;
    value = in->opnd[1].size == 1 ? (u32)(s8)value : (u32)(s16)value;
    isa_reg_write(x->s, in->opnd[0].reg, in->osize, value);
    return isa_next(x, in);
}

/* 8D  LEA r, m: the offset alone */
fault_t isa_exec_lea(struct isa *x, const struct insn *in)
{
    isa_reg_write(x->s, in->opnd[0].reg, in->osize, insn_offset(x->s, in));
    return isa_next(x, in);
}

/* 86 87 91-97  XCHG */
fault_t isa_exec_xchg(struct isa *x, const struct insn *in)
{
    u32 a, b = isa_reg_read(x->s, in->opnd[1].reg, in->osize);
    fault_t f = isa_get_rmw(x, in, 0, &a);
    if (!f)
        f = isa_put(x, in, 0, b);
    if (f)
        return f;
    isa_reg_write(x->s, in->opnd[1].reg, in->osize, a);
    return isa_next(x, in);
}

/* D7  XLAT: AL = [(E)BX + AL] */
fault_t isa_exec_xlat(struct isa *x, const struct insn *in)
{
    u32 offset = isa_mask_address(in->asize, x->s->reg[EBX] + (x->s->reg[EAX] & 0xff));
    u32 value;
    fault_t f = isa_load(x, (enum sreg)in->seg, offset, 1, &value);
    if (f)
        return f;
    isa_reg_write(x->s, EAX, 1, value);
    return isa_next(x, in);
}

/* 0F C8-CF  BSWAP r32.  With a 16-bit operand undefined; processors clear the register. */
fault_t isa_exec_bswap(struct isa *x, const struct insn *in)
{
    u32 value = in->osize == 4 ? __builtin_bswap32(x->s->reg[in->opnd[0].reg]) : 0;
    isa_reg_write(x->s, in->opnd[0].reg, in->osize, value);
    return isa_next(x, in);
}

/* 0F 40-4F  CMOVcc r, r/m: the source is read whatever the condition */
fault_t isa_exec_cmovcc(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_get(x, in, 1, &value);
    if (f)
        return f;
    if (isa_condition(x->s->eflags, in->cc))
        isa_reg_write(x->s, in->opnd[0].reg, in->osize, value);
    return isa_next(x, in);
}

/* 0F 90-9F  SETcc r/m8 */
fault_t isa_exec_setcc(struct isa *x, const struct insn *in)
{
    fault_t f = isa_put(x, in, 0, isa_condition(x->s->eflags, in->cc));
    return f ? f : isa_next(x, in);
}

/* 98  CBW, CWDE: sign-extend AL into AX, AX into EAX */
fault_t isa_exec_cbw(struct isa *x, const struct insn *in)
{
    u32 eax = x->s->reg[EAX];
    isa_reg_write(x->s, EAX, in->osize, in->osize == 2 ? (u32)(s8)eax : (u32)(s16)eax);
    return isa_next(x, in);
}

/* 99  CWD, CDQ: the sign of (E)AX fills (E)DX */
fault_t isa_exec_cwd(struct isa *x, const struct insn *in)
{
    u32 eax = x->s->reg[EAX];
    u32 sign = in->osize == 2 ? eax >> 15 & 1 : eax >> 31;
    isa_reg_write(x->s, EDX, in->osize, 0u - sign);
    return isa_next(x, in);
}

/* 90, F3 90, 0F 1F: no operation, no access to the operand */
fault_t isa_exec_nop(struct isa *x, const struct insn *in)
{
    return isa_next(x, in);
}
