/* isa_fpu_arith.c - arithmetic, comparison and transcendentals on the register stack. */
#include "sim/api/isa_fpu.h"

#include <string.h>

/* ---- the second operand ---- */

/* A real in memory is widened exactly.  What conversion would say of it (#D, quieting a NaN) is said
 * with the operation's other exceptions, in their order of precedence (SDM 1 4.9.2). */
struct second { struct fp80 value; bool denormal; bool empty; };

static bool is_nan(struct fp80 v) { return fp80_class(v) == FP_CLASS_NAN; }

static void widen(struct second *s, u64 raw, unsigned size)
{
    struct fp_env quiet = { .masks = 0x3f, .precision = FP_EXTENDED };
    unsigned fraction = size == 4 ? 23 : 52, sign = size * 8 - 1;
    u64 low = raw & ((1ull << fraction) - 1), exponent = (raw & ~(1ull << sign)) >> fraction;
    s->denormal = exponent == 0 && low != 0;
    if (exponent == (size == 4 ? 0xffu : 0x7ffu) && low) /* a NaN, as it is */
        s->value = (struct fp80){ .mant = 1ull << 63 | low << (63 - fraction),
                                  .se = (u16)(0x7fff | (raw >> sign & 1) << 15) };
    else if (size == 4)
        s->value = fp80_from_f32((u32)raw, &quiet);
    else
        s->value = fp80_from_f64(raw, &quiet);
}

static bool is_integer(unsigned op)
{
    return (op >= OP_FIADD && op <= OP_FIDIVR) || op == OP_FICOM || op == OP_FICOMP;
}

static fault_t second_memory(struct x87 *w, struct second *s)
{
    unsigned size = w->in->opnd[0].size;
    u64 raw = 0;
    fault_t f = x87_read(w, &raw, size, size);
    if (f)
        return f;
    if (is_integer(w->in->op))
        s->value = fp80_from_int(size == 2 ? (s16)raw : (s32)raw);
    else
        widen(s, raw, size);
    return FAULT_NONE;
}

static fault_t second_operand(struct x87 *w, struct second *s)
{
    *s = (struct second){ .denormal = false };
    if (w->in->opnd[0].kind == OPND_MEM)
        return second_memory(w, s);
    s->value = x87_get(w, x87_st(w, 1));
    s->empty = x87_empty(w, x87_st(w, 1));
    return FAULT_NONE;
}

/* The #D that the widened operand no longer shows. */
static void denormal_source(struct x87 *w, const struct second *s, struct fp80 other)
{
    if (!s->denormal || (w->env.flags & (FP_IE | FP_ZE)) || is_nan(other))
        return;
    if (fp80_class(other) != FP_CLASS_UNSUPPORTED)
        w->env.flags |= FP_DE;
}

/* ---- add, subtract, multiply, divide: seven forms of six operations ---- */

static struct fp80 compute(unsigned what, struct fp80 a, struct fp80 b, struct fp_env *env)
{
    switch (what) {
    case OP_FADD: return fp80_add(a, b, env);
    case OP_FMUL: return fp80_mul(a, b, env);
    case OP_FSUB: return fp80_sub(a, b, env);
    case OP_FSUBR: return fp80_sub(b, a, env);
    case OP_FDIV: return fp80_div(a, b, env);
    default: return fp80_div(b, a, env);
    }
}

fault_t x87_arith(struct x87 *w)
{
    unsigned op = w->in->op, group = op >= OP_FIADD ? OP_FIADD : op >= OP_FADDP ? OP_FADDP : OP_FADD;
    unsigned to = w->in->opnd[0].kind == OPND_ST ? x87_st(w, 0) : 0;
    struct second s;
    fault_t f = second_operand(w, &s);
    if (f)
        return f;
    struct fp80 a = x87_get(w, to), result = fp80_indefinite();
    if (s.empty || x87_empty(w, to)) {
        x87_underflow(w);
    } else {
        result = compute(op - group + OP_FADD, a, s.value, &w->env);
        denormal_source(w, &s, a);
    }
    if (x87_dropped(w))
        return FAULT_NONE;
    x87_put(w, to, result);
    if (group == OP_FADDP)
        x87_pop(w);
    return FAULT_NONE;
}

/* ---- of ST(0) alone ---- */

/* True: ST(0) is there.  Else the masked response has been given. */
static bool has_first(struct x87 *w)
{
    if (!x87_empty(w, 0))
        return true;
    x87_underflow(w);
    if (!x87_dropped(w))
        x87_put(w, 0, fp80_indefinite());
    return false;
}

fault_t x87_unary(struct x87 *w)
{
    struct fp80 value = x87_get(w, 0);
    if (!has_first(w))
        return FAULT_NONE;
    if (w->in->op == OP_FSQRT)
        value = fp80_sqrt(value, &w->env);
    else if (w->in->op == OP_FRNDINT)
        value = fp80_rndint(value, &w->env);
    else
        value = fp80_2xm1(value, &w->env);
    if (!x87_dropped(w))
        x87_put(w, 0, value);
    return FAULT_NONE;
}

fault_t x87_sign(struct x87 *w)
{
    struct fp80 value = x87_get(w, 0);
    value.se = (u16)(w->in->op == OP_FABS ? value.se & 0x7fff : value.se ^ 0x8000);
    if (has_first(w))
        x87_put(w, 0, value);
    return FAULT_NONE;
}

fault_t x87_angle(struct x87 *w)
{
    struct fp80 value = x87_get(w, 0);
    bool partial = false;
    if (!has_first(w))
        return FAULT_NONE;
    w->f.status &= (u16)~FSW_C2;
    value = w->in->op == OP_FSIN ? fp80_sin(value, &partial, &w->env) : fp80_cos(value, &partial, &w->env);
    if (partial)
        w->f.status |= FSW_C2;
    else if (!x87_dropped(w))
        x87_put(w, 0, value);
    return FAULT_NONE;
}

/* ---- one result becomes two: ST(0) = first, then second is pushed ---- */

static void put_two(struct x87 *w, struct fp80 first, struct fp80 second)
{
    if (x87_dropped(w))
        return;
    x87_put(w, 0, first);
    x87_turn(w, 7);
    x87_put(w, 0, second);
}

/* A masked stack fault leaves the indefinite value in both. */
static bool can_grow(struct x87 *w)
{
    if (x87_empty(w, 0))
        x87_underflow(w);
    else if (!x87_empty(w, 7))
        x87_overflow(w);
    else
        return true;
    put_two(w, fp80_indefinite(), fp80_indefinite());
    return false;
}

fault_t x87_xtract(struct x87 *w)
{
    struct fp80 exponent = { .mant = 0 };
    if (!can_grow(w))
        return FAULT_NONE;
    struct fp80 significand = fp80_xtract(x87_get(w, 0), &exponent, &w->env);
    put_two(w, exponent, significand);
    return FAULT_NONE;
}

fault_t x87_fptan(struct x87 *w)
{
    static const struct fp80 one = { .mant = 1ull << 63, .se = 0x3fff };
    bool partial = false;
    if (!can_grow(w))
        return FAULT_NONE;
    w->f.status &= (u16)~FSW_C2;
    struct fp80 value = fp80_tan(x87_get(w, 0), &partial, &w->env);
    if (partial)
        w->f.status |= FSW_C2;
    else
        put_two(w, value, is_nan(value) ? value : one);
    return FAULT_NONE;
}

fault_t x87_fsincos(struct x87 *w)
{
    bool partial = false;
    if (!can_grow(w))
        return FAULT_NONE;
    w->f.status &= (u16)~FSW_C2;
    struct fp80 sine = fp80_sin(x87_get(w, 0), &partial, &w->env);
    struct fp80 cosine = fp80_cos(x87_get(w, 0), &partial, &w->env);
    if (partial)
        w->f.status |= FSW_C2;
    else
        put_two(w, sine, cosine);
    return FAULT_NONE;
}

/* ---- of ST(0) and ST(1) ---- */

static bool has_both(struct x87 *w)
{
    if (!x87_empty(w, 0) && !x87_empty(w, 1))
        return true;
    x87_underflow(w);
    return false;
}

fault_t x87_scale(struct x87 *w)
{
    struct fp80 value = fp80_indefinite();
    if (has_both(w))
        value = fp80_scale(x87_get(w, 0), x87_get(w, 1), &w->env);
    if (!x87_dropped(w))
        x87_put(w, 0, value);
    return FAULT_NONE;
}

/* The quotient's low bits: 2 in C0, 1 in C3, 0 in C1 (SDM 2A, FPREM). */
fault_t x87_rem(struct x87 *w)
{
    struct fp80 value = fp80_indefinite();
    unsigned quotient = 0;
    bool partial = false;
    w->f.status &= (u16)~FSW_C2; /* whatever becomes of it; C0 and C3 only with a quotient (silicon) */
    if (has_both(w))
        value = fp80_rem(x87_get(w, 0), x87_get(w, 1), w->in->op == OP_FPREM1, &quotient, &partial,
                         &w->env);
    w->env.up = 0;
    if (!x87_dropped(w))
        x87_put(w, 0, value);
    if (x87_dropped(w) || is_nan(value))
        return FAULT_NONE;
    x87_condition(w, (quotient & 4 ? FSW_C0 : 0) | (quotient & 2 ? FSW_C3 : 0) | (partial ? FSW_C2 : 0));
    if (quotient & 1)
        w->f.status |= FSW_C1;
    return FAULT_NONE;
}

/* ST(1) = f(ST(1), ST(0)), and pop */
fault_t x87_two(struct x87 *w)
{
    struct fp80 value = fp80_indefinite(), y = x87_get(w, 1), x = x87_get(w, 0);
    if (has_both(w)) {
        if (w->in->op == OP_FPATAN)
            value = fp80_atan2(y, x, &w->env);
        else if (w->in->op == OP_FYL2X)
            value = fp80_yl2x(y, x, &w->env);
        else
            value = fp80_yl2xp1(y, x, &w->env);
    }
    if (x87_dropped(w))
        return FAULT_NONE;
    x87_put(w, 1, value);
    x87_pop(w);
    return FAULT_NONE;
}

/* ---- comparison ---- */

static unsigned codes_of(enum fp_order order)
{
    static const u16 codes[] = { [FP_GREATER] = 0, [FP_LESS] = FSW_C0, [FP_EQUAL] = FSW_C3,
                                 [FP_UNORDERED] = FSW_C0 | FSW_C2 | FSW_C3 };
    return codes[order];
}

static bool is_quiet(unsigned op)
{
    return op == OP_FUCOM || op == OP_FUCOMP || op == OP_FUCOMPP || op == OP_FUCOMI || op == OP_FUCOMIP;
}

static bool pops(unsigned op)
{
    return op == OP_FCOMP || op == OP_FUCOMP || op == OP_FICOMP || op == OP_FCOMIP || op == OP_FUCOMIP;
}

static enum fp_order compare(struct x87 *w, const struct second *s)
{
    struct fp80 a = x87_get(w, 0);
    if (s->empty || x87_empty(w, 0)) {
        x87_underflow(w);
        return FP_UNORDERED;
    }
    enum fp_order order = fp80_compare(a, s->value, is_quiet(w->in->op), &w->env);
    denormal_source(w, s, a);
    return order;
}

/* The codes are set even when an unmasked #IA keeps the stack from being popped, as silicon does it. */
fault_t x87_fcom(struct x87 *w)
{
    struct second s;
    fault_t f = second_operand(w, &s);
    if (f)
        return f;
    x87_condition(w, codes_of(compare(w, &s)));
    if (pops(w->in->op) && !x87_dropped(w))
        x87_pop(w);
    return FAULT_NONE;
}

fault_t x87_fcompp(struct x87 *w)
{
    struct second s = { .value = x87_get(w, 1), .empty = x87_empty(w, 1) };
    x87_condition(w, codes_of(compare(w, &s)));
    if (x87_dropped(w))
        return FAULT_NONE;
    x87_pop(w);
    x87_pop(w);
    return FAULT_NONE;
}

fault_t x87_ftst(struct x87 *w)
{
    struct second zero = { .empty = false };
    x87_condition(w, codes_of(compare(w, &zero)));
    return FAULT_NONE;
}

/* ZF PF CF; the others become 0.  Nothing changes when an unmasked #IA was found (SDM 2A, FCOMI). */
fault_t x87_fcomi(struct x87 *w)
{
    static const u32 flags[] = { [FP_GREATER] = 0, [FP_LESS] = FL_CF, [FP_EQUAL] = FL_ZF,
                                 [FP_UNORDERED] = FL_ZF | FL_PF | FL_CF };
    struct second s;
    fault_t f = second_operand(w, &s);
    enum fp_order order = f ? FP_UNORDERED : compare(w, &s);
    if (f || (w->env.flags & ~w->env.masks & FP_IE))
        return f;
    w->x->s->eflags = (w->x->s->eflags & ~(u32)FL_ARITH) | flags[order];
    if (pops(w->in->op) && !x87_dropped(w))
        x87_pop(w);
    return FAULT_NONE;
}

/* C3 C2 C0: the class; C1: the sign, also of what an empty register holds. */
fault_t x87_fxam(struct x87 *w)
{
    struct fp80 value = x87_get(w, 0);
    unsigned code = x87_empty(w, 0) ? FP_CLASS_EMPTY : fp80_class(value);
    x87_condition(w, (code & 1 ? FSW_C0 : 0) | (code & 2 ? FSW_C2 : 0) | (code & 4 ? FSW_C3 : 0));
    if (value.se & 0x8000)
        w->f.status |= FSW_C1;
    return FAULT_NONE;
}
