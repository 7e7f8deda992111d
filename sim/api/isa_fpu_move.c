/* isa_fpu_move.c - loads, stores, exchanges, and the stack itself.  SDM 2A, each by its name. */
#include "sim/api/isa_fpu.h"

#include <string.h>

/* ---- onto the stack ---- */

static bool no_room(struct x87 *w)
{
    if (x87_empty(w, 7))
        return false;
    x87_overflow(w);
    return true;
}

static void push(struct x87 *w, struct fp80 value)
{
    if (x87_dropped(w))
        return;
    x87_turn(w, 7);
    x87_put(w, 0, w->env.flags & FP_STACK ? fp80_indefinite() : value);
}

static fault_t load_real(struct x87 *w, struct fp80 *value)
{
    u8 bytes[10];
    u32 single;
    u64 real;
    unsigned size = w->in->opnd[0].size;
    fault_t f = x87_read(w, bytes, size, size == 10 ? 8 : size);
    if (f || no_room(w))
        return f;
    memcpy(&single, bytes, 4);
    memcpy(&real, bytes, 8);
    *value = (struct fp80){ .mant = real };
    if (size == 4)
        *value = fp80_from_f32(single, &w->env);
    else if (size == 8)
        *value = fp80_from_f64(real, &w->env);
    else
        memcpy(&value->se, bytes + 8, 2);
    return FAULT_NONE;
}

fault_t x87_fld(struct x87 *w)
{
    struct fp80 value = { .mant = 0 };
    fault_t f = FAULT_NONE;
    if (w->in->opnd[0].kind == OPND_MEM) {
        f = load_real(w, &value);
    } else if (x87_empty(w, x87_st(w, 0))) { /* before overflow: SDM 1 4.9.2 */
        x87_underflow(w);
    } else if (!no_room(w)) {
        value = x87_get(w, x87_st(w, 0));
    }
    if (!f)
        push(w, value);
    return f;
}

fault_t x87_fild(struct x87 *w)
{
    s64 value = 0;
    unsigned size = w->in->opnd[0].size;
    fault_t f = x87_read(w, &value, size, size);
    if (f)
        return f;
    if (size == 2)
        value = (s16)value;
    else if (size == 4)
        value = (s32)value;
    (void)no_room(w);
    push(w, fp80_from_int(value));
    return FAULT_NONE;
}

fault_t x87_fbld(struct x87 *w)
{
    u8 bytes[10];
    fault_t f = x87_read(w, bytes, sizeof bytes, 8);
    if (f)
        return f;
    (void)no_room(w);
    push(w, fp80_from_bcd(bytes));
    return FAULT_NONE;
}

fault_t x87_constant(struct x87 *w)
{
    (void)no_room(w);
    push(w, fp80_constant(w->in->op - (unsigned)OP_FLD1, (enum fp_rounding)w->env.rounding));
    return FAULT_NONE;
}

/* ---- from the stack ---- */

/* ST(0), or what a masked underflow stands for. */
static struct fp80 source(struct x87 *w)
{
    if (!x87_empty(w, 0))
        return x87_get(w, 0);
    x87_underflow(w);
    return fp80_indefinite();
}

static fault_t store_real(struct x87 *w, struct fp80 value, bool *stored)
{
    u8 bytes[10];
    unsigned size = w->in->opnd[0].size;
    u64 real = value.mant;
    *stored = true;
    if (size == 4)
        real = fp80_to_f32(value, stored, &w->env);
    else if (size == 8)
        real = fp80_to_f64(value, stored, &w->env);
    memcpy(bytes, &real, 8);
    memcpy(bytes + 8, &value.se, 2);
    return x87_store(w, bytes, size, size == 10 ? 8 : size, *stored && !x87_dropped(w));
}

fault_t x87_fst(struct x87 *w)
{
    struct fp80 value = source(w);
    bool stored = true;
    fault_t f = FAULT_NONE;
    if (w->in->opnd[0].kind == OPND_MEM)
        f = store_real(w, value, &stored);
    else if (!x87_dropped(w))
        x87_put(w, x87_st(w, 0), value);
    if (!f && stored && !x87_dropped(w) && w->in->op == OP_FSTP)
        x87_pop(w);
    return f;
}

/* FSTP that raises nothing: of an empty ST(0) it only pops. */
fault_t x87_fstpnce(struct x87 *w)
{
    if (!x87_empty(w, 0))
        x87_put(w, x87_st(w, 0), x87_get(w, 0));
    x87_pop(w);
    return FAULT_NONE;
}

fault_t x87_fist(struct x87 *w)
{
    unsigned size = w->in->opnd[0].size;
    s64 value = fp80_to_int(source(w), size, &w->env);
    fault_t f = x87_store(w, &value, size, size, !x87_dropped(w));
    if (!f && !x87_dropped(w) && w->in->op == OP_FISTP)
        x87_pop(w);
    return f;
}

fault_t x87_fbstp(struct x87 *w)
{
    u8 bytes[10];
    fp80_to_bcd(source(w), bytes, &w->env);
    fault_t f = x87_store(w, bytes, sizeof bytes, 8, !x87_dropped(w));
    if (!f && !x87_dropped(w))
        x87_pop(w);
    return f;
}

/* ---- within it ---- */

fault_t x87_fxch(struct x87 *w)
{
    unsigned other = x87_st(w, 1);
    bool empty0 = x87_empty(w, 0), empty1 = x87_empty(w, other);
    struct fp80 a = x87_get(w, 0), b = x87_get(w, other);
    if (empty0 || empty1)
        x87_underflow(w);
    if (x87_dropped(w))
        return FAULT_NONE;
    x87_put(w, 0, empty1 ? fp80_indefinite() : b);
    x87_put(w, other, empty0 ? fp80_indefinite() : a);
    return FAULT_NONE;
}

static bool condition(const struct x87 *w)
{
    static const u32 flag[4] = { FL_CF, FL_ZF, FL_CF | FL_ZF, FL_PF };
    unsigned n = w->in->op - (unsigned)OP_FCMOVB;
    return ((w->x->s->eflags & flag[n & 3]) != 0) == (n < 4);
}

fault_t x87_fcmov(struct x87 *w)
{
    unsigned from = x87_st(w, 1);
    bool empty = x87_empty(w, 0) || x87_empty(w, from);
    if (empty) {
        x87_underflow(w);
        w->f.status &= (u16)~FSW_C1;
    }
    if (!x87_dropped(w) && (empty || condition(w)))
        x87_put(w, 0, empty ? fp80_indefinite() : x87_get(w, from));
    return FAULT_NONE;
}

fault_t x87_ffree(struct x87 *w)
{
    x87_free(w, x87_st(w, 0));
    if (w->in->op == OP_FFREEP)
        x87_pop(w);
    return FAULT_NONE;
}

fault_t x87_fincstp(struct x87 *w)
{
    x87_turn(w, 1);
    return FAULT_NONE;
}

fault_t x87_fdecstp(struct x87 *w)
{
    x87_turn(w, 7);
    return FAULT_NONE;
}
