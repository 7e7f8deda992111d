/* exec_move.c - MOV MOVZX MOVSX LEA PUSH POP XCHG CDQ SETcc CMOVcc LEAVE CLD STD and the like. */
#include "sim/uop_form.h"
#include "sim/uop_stack.h"

ALWAYS_INLINE u32 extend(u32 value, unsigned size, bool sign)
{
    if (!sign)
        return value;
    return size == 1 ? (u32)(s8)value : (u32)(s16)value;
}

/* With memory in any segment, by any address. */
ALWAYS_INLINE fault_t load_to(struct hw *m, struct arch *c, const struct uop *u, unsigned from,
                              unsigned to, bool sign)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), from);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    reg_set(c, u->dst, to, extend((u32)v, from, sign));
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t store_from(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                 u32 value)
{
    fault_t f = uop_store(m, u->seg, uop_offset_any(c, u), size, value);
    if (unlikely(f))
        return uop_fault(m, u, f);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t load_short(struct hw *m, struct arch *c, const struct uop *u, unsigned from,
                                 unsigned to, bool sign, uop_fn *careful)
{
    const u8 *p = uop_readable(m, u->seg, uop_offset_short(c, u), from);
    if (unlikely(p == NULL))
        return careful(m, c, u);
    reg_set(c, u->dst, to, extend(host_load(p, from), from, sign));
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t store_short(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                  u32 value, uop_fn *careful)
{
    u8 *p = uop_writable(m, u->seg, uop_offset_short(c, u), size);
    if (unlikely(p == NULL))
        return careful(m, c, u);
    host_store(p, size, value);
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t load_flat(struct hw *m, struct arch *c, const struct uop *u, unsigned from,
                                unsigned to, bool sign, enum uop_addr how, uop_fn *careful)
{
    u32 la = flat_offset(c, u, how);
    const struct hostpage *p = flat_page(m->host_read, la);
    if (!page_serves(p, la, from))
        return uop_missed_operand(m, c, u, careful);
    reg_set(c, u->dst, to, extend(host_load(p->addend + la, from), from, sign));
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t store_flat(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                 u32 value, enum uop_addr how, uop_fn *careful)
{
    u32 la = flat_offset(c, u, how);
    const struct hostpage *p = flat_page(m->host_write, la);
    if (!page_serves(p, la, size))
        return uop_missed_result(m, c, u, careful);
    host_store(p->addend + la, size, value);
    return uop_next(m, c, u);
}

#define HANDLER(name) static fault_t name(struct hw *m, struct arch *c, const struct uop *u)
#define CAREFUL(name) static NOINLINE fault_t name(struct hw *m, struct arch *c, const struct uop *u)

#define FLAT_MOVES(mov, size, suffix, how)                                                     \
    HANDLER(mov##_rm##suffix) { return load_flat(m, c, u, size, size, false, how, mov##_rm); } \
    HANDLER(mov##_mr##suffix)                                                                  \
    { return store_flat(m, c, u, size, reg_get(c, u->src, size), how, mov##_mr); }             \
    HANDLER(mov##_mi##suffix) { return store_flat(m, c, u, size, u->imm, how, mov##_mi); }
#define ANY_MOVES(mov, size)                                                                   \
    CAREFUL(mov##_rm) { return load_to(m, c, u, size, size, false); }                          \
    CAREFUL(mov##_mr) { return store_from(m, c, u, size, reg_get(c, u->src, size)); }          \
    CAREFUL(mov##_mi) { return store_from(m, c, u, size, u->imm); }
#define SHORT_MOVES(mov, size)                                                                 \
    HANDLER(mov##_rm_short) { return load_short(m, c, u, size, size, false, mov##_rm); }       \
    HANDLER(mov##_mr_short)                                                                    \
    { return store_short(m, c, u, size, reg_get(c, u->src, size), mov##_mr); }                 \
    HANDLER(mov##_mi_short) { return store_short(m, c, u, size, u->imm, mov##_mi); }
#define MOVES(mov, size)                                                                       \
    HANDLER(mov##_rr)                                                                          \
    { reg_set(c, u->dst, size, reg_get(c, u->src, size)); return uop_next(m, c, u); }          \
    HANDLER(mov##_ri) { reg_set(c, u->dst, size, u->imm); return uop_next(m, c, u); }          \
    ANY_MOVES(mov, size)                                                                       \
    SHORT_MOVES(mov, size)                                                                     \
    FLAT_MOVES(mov, size, _flat, ADDR_FLAT)                                                    \
    FLAT_MOVES(mov, size, _index, ADDR_INDEX)

MOVES(mov8, 1)
MOVES(mov16, 2)
MOVES(mov32, 4)

#define EXTENDS(name, from, to, sign)                                                          \
    HANDLER(name##_rr)                                                                         \
    {                                                                                          \
        reg_set(c, u->dst, to, extend(reg_get(c, u->src, from), from, sign));                  \
        return uop_next(m, c, u);                                                              \
    }                                                                                          \
    CAREFUL(name##_rm) { return load_to(m, c, u, from, to, sign); }                            \
    HANDLER(name##_rm_short) { return load_short(m, c, u, from, to, sign, name##_rm); }        \
    HANDLER(name##_rm_flat) { return load_flat(m, c, u, from, to, sign, ADDR_FLAT, name##_rm); } \
    HANDLER(name##_rm_index) { return load_flat(m, c, u, from, to, sign, ADDR_INDEX, name##_rm); }

EXTENDS(movzx8, 1, 4, false)
EXTENDS(movzx16, 2, 4, false)
EXTENDS(movsx8, 1, 4, true)
EXTENDS(movsx16, 2, 4, true)
EXTENDS(movzx8_16, 1, 2, false)
EXTENDS(movsx8_16, 1, 2, true)

HANDLER(lea)
{
    c->reg[u->dst] = c->reg[u->base] + u->disp;
    return uop_next(m, c, u);
}

HANDLER(lea_index)
{
    c->reg[u->dst] = uop_offset(c, u);
    return uop_next(m, c, u);
}

/* Operand or address of 16 bits; u->cc: the operand's size */
HANDLER(lea_short)
{
    reg_set(c, u->dst, u->cc, uop_offset_any(c, u));
    return uop_next(m, c, u);
}

static uop_fn *lea_form(const struct insn *in, struct uop *u)
{
    if (in->osize == 4 && in->asize == 4)
        return in->index == REG_NONE ? lea : lea_index;
    u->cc = in->osize;
    return lea_short;
}

ALWAYS_INLINE fault_t exchange(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    u32 a = reg_get(c, u->dst, size), b = reg_get(c, u->src, size);
    reg_set(c, u->dst, size, b);
    reg_set(c, u->src, size, a);
    return uop_next(m, c, u);
}
HANDLER(xchg8) { return exchange(m, c, u, 1); }
HANDLER(xchg16) { return exchange(m, c, u, 2); }
HANDLER(xchg32) { return exchange(m, c, u, 4); }

HANDLER(mov_from_sreg)
{
    reg_set(c, u->dst, u->cc, c->seg[u->src].sel);
    return uop_next(m, c, u);
}

static uop_fn *from_sreg_form(const struct insn *in, struct uop *u)
{
    u->cc = in->osize;
    u->src = in->opnd[1].reg;
    return in->opnd[0].kind == OPND_REG ? mov_from_sreg : NULL;
}

static fault_t nop(struct hw *m, struct arch *c, const struct uop *u) { return uop_next(m, c, u); }

static fault_t cwd(struct hw *m, struct arch *c, const struct uop *u)
{
    reg_set(c, EDX, 2, (u32)((s32)(s16)c->reg[EAX] >> 31));
    return uop_next(m, c, u);
}

static fault_t cbw(struct hw *m, struct arch *c, const struct uop *u)
{
    reg_set(c, EAX, 2, (u32)(s8)c->reg[EAX]);
    return uop_next(m, c, u);
}

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
    reg_set(c, u->dst, 1, flags_condition(m, u->cc));
    return uop_next(m, c, u);
}

static fault_t cmov_rr(struct hw *m, struct arch *c, const struct uop *u)
{
    if (flags_condition(m, u->cc))
        c->reg[u->dst] = c->reg[u->src];
    return uop_next(m, c, u);
}

/* ---- the stack: 32-bit operands, SS.B = 1 (others: exec_short.c) ---- */

ALWAYS_INLINE fault_t push(struct hw *m, struct arch *c, const struct uop *u, u32 value)
{
    fault_t f = uop_push(m, c, 4, 4, value);
    return unlikely(f) ? uop_fault(m, u, f) : uop_next(m, c, u);
}

ALWAYS_INLINE fault_t push_flat(struct hw *m, struct arch *c, const struct uop *u, u32 value, uop_fn *careful)
{
    u32 sp = c->reg[ESP] - 4;
    const struct hostpage *p = flat_page(m->host_write, sp);
    if (!page_serves(p, sp, 4))
        return uop_missed_store(m, c, u, sp, careful);
    host_store(p->addend + sp, 4, value);
    c->reg[ESP] = sp;
    return uop_next(m, c, u);
}

/* 50+r  PUSH r32: PUSH ESP pushes the old value */
CAREFUL(push_r) { return push(m, c, u, c->reg[u->dst]); }
CAREFUL(push_i) { return push(m, c, u, u->imm); }
HANDLER(push_r_flat) { return push_flat(m, c, u, c->reg[u->dst], push_r); }
HANDLER(push_i_flat) { return push_flat(m, c, u, u->imm, push_i); }

CAREFUL(push_m)
{
    u64 v = uop_load(m, u->seg, uop_offset_any(c, u), 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    return push(m, c, u, (u32)v);
}

/* When the stack's page is missing it does not begin again: what it has read may be the entry in which the
 * walk sets D. */
HANDLER(push_m_flat)
{
    u32 la = uop_offset(c, u), sp = c->reg[ESP] - 4;
    const struct hostpage *p = flat_page(m->host_read, la);
    if (!page_serves(p, la, 4))
        return uop_missed_operand(m, c, u, push_m);
    if (!page_serves(flat_page(m->host_write, sp), sp, 4))
        return push_m(m, c, u);
    return push_flat(m, c, u, host_load(p->addend + la, 4), push_m);
}

/* 58+r  POP r32: ESP moves before the register is written, so POP ESP gets the value */
CAREFUL(pop_r)
{
    u64 v = uop_load(m, SS, c->reg[ESP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    c->reg[ESP] += 4;
    c->reg[u->dst] = (u32)v;
    return uop_next(m, c, u);
}

HANDLER(pop_r_flat)
{
    u32 sp = c->reg[ESP];
    const struct hostpage *p = flat_page(m->host_read, sp);
    if (!page_serves(p, sp, 4))
        return uop_missed_load(m, c, u, sp, pop_r);
    u32 value = host_load(p->addend + sp, 4);
    c->reg[ESP] = sp + 4;
    c->reg[u->dst] = value;
    return uop_next(m, c, u);
}

CAREFUL(leave)
{
    u64 v = uop_load(m, SS, c->reg[EBP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    c->reg[ESP] = c->reg[EBP] + 4;
    c->reg[EBP] = (u32)v;
    return uop_next(m, c, u);
}

HANDLER(leave_flat)
{
    u32 frame = c->reg[EBP];
    const struct hostpage *p = flat_page(m->host_read, frame);
    if (!page_serves(p, frame, 4))
        return uop_missed_load(m, c, u, frame, leave);
    c->reg[EBP] = host_load(p->addend + frame, 4);
    c->reg[ESP] = frame + 4;
    return uop_next(m, c, u);
}

/* ---- which handler ---- */

static uop_fn *mov_form(const struct insn *in, const struct uop *u)
{
    static uop_fn *const table[3][FORM_COUNT] = { FORM_ROW(mov8), FORM_ROW(mov16), FORM_ROW(mov32) };
    unsigned form = uop_form(in, u);
    return form == FORM_COUNT ? NULL : table[in->osize == 4 ? 2 : in->osize - 1][form];
}

static uop_fn *extend_form(const struct insn *in, const struct uop *u)
{
#define EXTEND_ROW(name) { name##_rr, name##_rm, name##_rm_flat, name##_rm_index, name##_rm_short }
    enum { BYTE, WORD, BYTE_TO_WORD };
    static uop_fn *const table[2][3][1 + ADDR_COUNT] = {
        { EXTEND_ROW(movzx8), EXTEND_ROW(movzx16), EXTEND_ROW(movzx8_16) },
        { EXTEND_ROW(movsx8), EXTEND_ROW(movsx16), EXTEND_ROW(movsx8_16) },
    };
    unsigned form = in->opnd[1].kind == OPND_MEM ? 1u + u->addr : 0, from = in->opnd[1].size;
    if (in->osize == 2 && from == 2)
        return NULL;
    return table[in->op == OP_MOVSX][in->osize == 2 ? BYTE_TO_WORD : from == 2 ? WORD : BYTE][form];
}

static uop_fn *push_form(const struct insn *in, bool flat)
{
    switch (in->opnd[0].kind) {
    case OPND_REG: return flat ? push_r_flat : push_r;
    case OPND_IMM: return flat ? push_i_flat : push_i;
    case OPND_MEM: return flat ? push_m_flat : push_m;
    }
    return NULL;
}

uop_fn *uop_move(const struct insn *in, struct uop *u)
{
    bool reg0 = in->opnd[0].kind == OPND_REG, reg1 = in->opnd[1].kind == OPND_REG;
    bool wide = in->osize == 4, flat = is_flat_addr(u->addr);
    switch (in->op) {
    case OP_MOV: return mov_form(in, u);
    case OP_MOVZX:
    case OP_MOVSX: return extend_form(in, u);
    case OP_LEA: return lea_form(in, u);
    case OP_XCHG: return !reg0 || !reg1 ? NULL : wide ? xchg32 : in->osize == 2 ? xchg16 : xchg8;
    case OP_MOV_FROM_SREG: return from_sreg_form(in, u);
    case OP_NOP: return nop;
    case OP_CWD: return wide ? cdq : cwd;
    case OP_CBW: return wide ? cwde : cbw;
    case OP_BSWAP: return wide ? bswap : NULL;
    case OP_CLD: return cld;
    case OP_SETCC: return reg0 ? setcc_r : NULL;
    case OP_CMOVCC: return wide && reg1 ? cmov_rr : NULL;
    case OP_PUSH: return wide ? push_form(in, flat) : NULL;
    case OP_POP: return !wide || !reg0 ? NULL : flat ? pop_r_flat : pop_r;
    case OP_LEAVE: return !wide ? NULL : flat ? leave_flat : leave;
    default: return NULL;
    }
}
