/* exec_move.c - MOV MOVZX MOVSX LEA PUSH POP XCHG CDQ SETcc CMOVcc LEAVE CLD STD and the like. */
#include "sim/uop_mem.h"

ALWAYS_INLINE u32 extend(u32 value, unsigned size, bool sign)
{
    if (!sign)
        return value;
    return size == 1 ? (u32)(s8)value : (u32)(s16)value;
}

ALWAYS_INLINE fault_t load_to(struct hw *m, struct arch *c, const struct uop *u, unsigned from,
                              unsigned to, bool sign)
{
    u64 v = uop_load(m, u->seg, uop_offset(c, u), from);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    reg_set(c, u->dst, to, extend((u32)v, from, sign));
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t store_from(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                 u32 value)
{
    fault_t f = uop_store(m, u->seg, uop_offset(c, u), size, value);
    if (unlikely(f))
        return uop_fault(m, u, f);
    return uop_next(m, c, u);
}

#define MOVES(bits, size)                                                                      \
    static fault_t mov##bits##_rr(struct hw *m, struct arch *c, const struct uop *u)           \
    { reg_set(c, u->dst, size, reg_get(c, u->src, size)); return uop_next(m, c, u); }          \
    static fault_t mov##bits##_ri(struct hw *m, struct arch *c, const struct uop *u)           \
    { reg_set(c, u->dst, size, u->imm); return uop_next(m, c, u); }                            \
    static fault_t mov##bits##_rm(struct hw *m, struct arch *c, const struct uop *u)           \
    { return load_to(m, c, u, size, size, false); }                                            \
    static fault_t mov##bits##_mr(struct hw *m, struct arch *c, const struct uop *u)           \
    { return store_from(m, c, u, size, reg_get(c, u->src, size)); }                            \
    static fault_t mov##bits##_mi(struct hw *m, struct arch *c, const struct uop *u)           \
    { return store_from(m, c, u, size, u->imm); }

MOVES(8, 1)
MOVES(16, 2)
MOVES(32, 4)

#define EXTENDS(name, from, sign)                                                              \
    static fault_t name##_rr(struct hw *m, struct arch *c, const struct uop *u)                \
    { c->reg[u->dst] = extend(reg_get(c, u->src, from), from, sign); return uop_next(m, c, u); } \
    static fault_t name##_rm(struct hw *m, struct arch *c, const struct uop *u)                \
    { return load_to(m, c, u, from, 4, sign); }

EXTENDS(movzx8, 1, false)
EXTENDS(movzx16, 2, false)
EXTENDS(movsx8, 1, true)
EXTENDS(movsx16, 2, true)

static fault_t lea(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = uop_offset(c, u);
    return uop_next(m, c, u);
}

static fault_t xchg_rr(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 a = c->reg[u->dst];
    c->reg[u->dst] = c->reg[u->src];
    c->reg[u->src] = a;
    return uop_next(m, c, u);
}

static fault_t nop(struct hw *m, struct arch *c, const struct uop *u) { return uop_next(m, c, u); }

static fault_t cdq(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[EDX] = (u32)((s32)c->reg[EAX] >> 31);
    return uop_next(m, c, u);
}

static fault_t cwde(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[EAX] = (u32)(s16)c->reg[EAX];
    return uop_next(m, c, u);
}

static fault_t bswap(struct hw *m, struct arch *c, const struct uop *u)
{
    c->reg[u->dst] = __builtin_bswap32(c->reg[u->dst]);
    return uop_next(m, c, u);
}

static fault_t cld(struct hw *m, struct arch *c, const struct uop *u)
{
    c->eflags &= ~(u32)FL_DF;
    return uop_next(m, c, u);
}

static fault_t setcc_r(struct hw *m, struct arch *c, const struct uop *u)
{
    ((u8 *)c->reg)[u->dst] = flags_condition(m, u->cc);
    return uop_next(m, c, u);
}

static fault_t cmov_rr(struct hw *m, struct arch *c, const struct uop *u)
{
    if (flags_condition(m, u->cc))
        c->reg[u->dst] = c->reg[u->src];
    return uop_next(m, c, u);
}

/* ---- the stack (32-bit: blocks exist only for SS.B = 1) ---- */

ALWAYS_INLINE fault_t push(struct hw *m, struct arch *c, const struct uop *u, u32 value)
{
    u32 sp = c->reg[ESP] - 4;
    fault_t f = uop_store(m, SS, sp, 4, value);
    if (unlikely(f))
        return uop_fault(m, u, f);
    c->reg[ESP] = sp;
    return uop_next(m, c, u);
}

/* 50+r  PUSH r32: PUSH ESP pushes the old value */
static fault_t push_r(struct hw *m, struct arch *c, const struct uop *u)
{
    return push(m, c, u, c->reg[u->dst]);
}

static fault_t push_i(struct hw *m, struct arch *c, const struct uop *u)
{
    return push(m, c, u, u->imm);
}

static fault_t push_m(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, u->seg, uop_offset(c, u), 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return push(m, c, u, (u32)v);
}

/* 58+r  POP r32: ESP moves before the register is written, so POP ESP gets the value */
static fault_t pop_r(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, SS, c->reg[ESP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    c->reg[ESP] += 4;
    c->reg[u->dst] = (u32)v;
    return uop_next(m, c, u);
}

static fault_t leave(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 v = uop_load(m, SS, c->reg[EBP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    c->reg[ESP] = c->reg[EBP] + 4;
    c->reg[EBP] = (u32)v;
    return uop_next(m, c, u);
}

/* ---- which handler ---- */

static uop_fn *mov_form(const struct insn *in)
{
    static uop_fn *const table[3][5] = {
        { mov8_rr, mov8_ri, mov8_rm, mov8_mr, mov8_mi },
        { mov16_rr, mov16_ri, mov16_rm, mov16_mr, mov16_mi },
        { mov32_rr, mov32_ri, mov32_rm, mov32_mr, mov32_mi },
    };
    bool mem = in->opnd[0].kind == OPND_MEM;
    uop_fn *const *row = table[in->osize == 4 ? 2 : in->osize - 1];
    switch (in->opnd[1].kind) {
    case OPND_REG: return row[mem ? 3 : 0];
    case OPND_IMM: return row[mem ? 4 : 1];
    case OPND_MEM: return row[2];
    }
    return NULL;
}

static uop_fn *extend_form(const struct insn *in)
{
    static uop_fn *const table[2][2][2] = {
        { { movzx8_rr, movzx8_rm }, { movzx16_rr, movzx16_rm } },
        { { movsx8_rr, movsx8_rm }, { movsx16_rr, movsx16_rm } },
    };
    if (in->osize != 4)
        return NULL;
    return table[in->op == OP_MOVSX][in->opnd[1].size == 2][in->opnd[1].kind == OPND_MEM];
}

static uop_fn *push_form(const struct insn *in)
{
    switch (in->opnd[0].kind) {
    case OPND_REG: return push_r;
    case OPND_IMM: return push_i;
    case OPND_MEM: return push_m;
    }
    return NULL;
}

uop_fn *uop_move(const struct insn *in, struct uop *u)
{
    bool reg0 = in->opnd[0].kind == OPND_REG, reg1 = in->opnd[1].kind == OPND_REG;
    bool wide = in->osize == 4;
    (void)u;
    switch (in->op) {
    case OP_MOV: return mov_form(in);
    case OP_MOVZX:
    case OP_MOVSX: return extend_form(in);
    case OP_LEA: return wide ? lea : NULL;
    case OP_XCHG: return wide && reg0 && reg1 ? xchg_rr : NULL;
    case OP_NOP: return nop;
    case OP_CWD: return wide ? cdq : NULL;
    case OP_CBW: return wide ? cwde : NULL;
    case OP_BSWAP: return wide ? bswap : NULL;
    case OP_CLD: return cld;
    case OP_SETCC: return reg0 ? setcc_r : NULL;
    case OP_CMOVCC: return wide && reg1 ? cmov_rr : NULL;
    case OP_PUSH: return wide ? push_form(in) : NULL;
    case OP_POP: return wide && reg0 ? pop_r : NULL;
    case OP_LEAVE: return wide ? leave : NULL;
    default: return NULL;
    }
}
