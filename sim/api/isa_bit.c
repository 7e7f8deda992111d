#include "sim/api/isa_exec.h"

/* Offset of the operand-sized word that holds a bit: a register's bit offset is signed and
 * reaches beyond the addressed word; an immediate's never does. */
static u32 bit_word_offset(const struct isa *x, const struct insn *in, u32 bit)
{
    u32 offset = insn_offset(x->s, in);
    if (in->opnd[1].kind == OPND_IMM)
        return offset;
    s32 word = in->osize == 2 ? (s16)bit >> 4 : (s32)bit >> 5;
    return isa_mask_address(in->asize, offset + (u32)word * in->osize);
}

static u32 bit_change(enum op op, u32 value, u32 mask)
{
    switch (op) {
    case OP_BTS: return value | mask;
    case OP_BTR: return value & ~mask;
    case OP_BTC: return value ^ mask;
    default: return value;
    }
}

/* Only CF is defined; the other flags stay. */
static void set_carry(struct arch *s, bool carry)
{
    s->eflags = (s->eflags & ~(u32)FL_CF) | (carry ? FL_CF : 0);
}

static fault_t bt_memory(struct isa *x, const struct insn *in, u32 bit)
{
    enum sreg seg = (enum sreg)in->seg;
    u32 offset = bit_word_offset(x, in, bit), mask = 1u << (bit & (8u * in->osize - 1)), value;
    fault_t f = in->op == OP_BT ? isa_load(x, seg, offset, in->osize, &value)
                                : isa_load_rmw(x, seg, offset, in->osize, &value);
    if (!f && in->op != OP_BT)
        f = isa_store(x, seg, offset, in->osize, bit_change((enum op)in->op, value, mask));
    if (f)
        return f;
    set_carry(x->s, value & mask);
    return isa_next(x, in);
}

/* 0F A3 AB B3 BB BA /4-/7  BT BTS BTR BTC */
fault_t isa_exec_bt(struct isa *x, const struct insn *in)
{
    u32 bit;
    fault_t f = isa_get(x, in, 1, &bit);
    if (f)
        return f;
    if (isa_is_mem(in, 0))
        return bt_memory(x, in, bit);
    u32 value = isa_reg_read(x->s, in->opnd[0].reg, in->osize);
    u32 mask = 1u << (bit & (8u * in->osize - 1));
    isa_reg_write(x->s, in->opnd[0].reg, in->osize, bit_change((enum op)in->op, value, mask));
    set_carry(x->s, value & mask);
    return isa_next(x, in);
}

/* 0F BC BD  BSF BSR: the destination stays when the source is 0 */
fault_t isa_exec_bitscan(struct isa *x, const struct insn *in)
{
    u32 src, result;
    fault_t f = isa_get(x, in, 1, &src);
    if (f)
        return f;
    if (alu_bitscan((enum op)in->op, in->osize, src, &result, &x->s->eflags))
        isa_reg_write(x->s, in->opnd[0].reg, in->osize, result);
    return isa_next(x, in);
}

/* 0F C0 C1  XADD: the source gets the old destination, the destination the sum; when they are
 * one register the sum is what remains */
fault_t isa_exec_xadd(struct isa *x, const struct insn *in)
{
    u32 old, flags = x->s->eflags, add = isa_reg_read(x->s, in->opnd[1].reg, in->osize);
    fault_t f = isa_get_rmw(x, in, 0, &old);
    if (!f)
        f = isa_put(x, in, 0, alu_binary(OP_ADD, in->osize, old, add, &flags));
    if (f)
        return f;
    if (isa_is_mem(in, 0) || in->opnd[0].reg != in->opnd[1].reg)
        isa_reg_write(x->s, in->opnd[1].reg, in->osize, old);
    x->s->eflags = flags;
    return isa_next(x, in);
}

/* 0F B0 B1  CMPXCHG: the destination is always written, with itself if it differed */
fault_t isa_exec_cmpxchg(struct isa *x, const struct insn *in)
{
    u32 old, flags = x->s->eflags, accumulator = isa_reg_read(x->s, EAX, in->osize);
    u32 src = isa_reg_read(x->s, in->opnd[1].reg, in->osize);
    fault_t f = isa_get_rmw(x, in, 0, &old);
    if (f)
        return f;
    alu_binary(OP_CMP, in->osize, accumulator, old, &flags);
    f = isa_put(x, in, 0, old == accumulator ? src : old);
    if (f)
        return f;
    if (old != accumulator)
        isa_reg_write(x->s, EAX, in->osize, old);
    x->s->eflags = flags;
    return isa_next(x, in);
}

/* Both halves: the first can fault, the second not after the probe of all eight bytes. */
static fault_t store_pair(struct isa *x, enum sreg seg, u32 offset, u32 low, u32 high)
{
    fault_t f = isa_store(x, seg, offset, 4, low);
    return f ? f : isa_store(x, seg, offset + 4, 4, high);
}

/* 0F C7 /1  CMPXCHG8B m64: EDX:EAX against memory, ECX:EBX goes in */
fault_t isa_exec_cmpxchg8b(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    enum sreg seg = (enum sreg)in->seg;
    u32 offset = insn_offset(s, in), low, high;
    fault_t f = isa_probe_store(x, seg, offset, 8);
    if (!f)
        f = isa_load(x, seg, offset, 4, &low);
    if (!f)
        f = isa_load(x, seg, offset + 4, 4, &high);
    if (f)
        return f;
    bool equal = low == s->reg[EAX] && high == s->reg[EDX];
    f = store_pair(x, seg, offset, equal ? s->reg[EBX] : low, equal ? s->reg[ECX] : high);
    if (f)
        return f;
    s->reg[EAX] = low; /* no change when equal */
    s->reg[EDX] = high;
    s->eflags = (s->eflags & ~(u32)FL_ZF) | (equal ? FL_ZF : 0);
    return isa_next(x, in);
}
