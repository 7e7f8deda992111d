/* fp80_round.c - classes, NaNs, and the rounding of a result with its exceptions.  SDM 1 4.8, 4.9, 8.5 */
#include "sim/api/fp80_impl.h"

enum fp_class fp80_class(struct fp80 a)
{
    u32 exp = a.se & EXP_MAX;
    if (exp == 0)
        return a.mant ? FP_CLASS_DENORMAL : FP_CLASS_ZERO;
    if (!(a.mant & TOP_BIT))
        return FP_CLASS_UNSUPPORTED;
    if (exp != EXP_MAX)
        return FP_CLASS_NORMAL;
    return a.mant == TOP_BIT ? FP_CLASS_INFINITY : FP_CLASS_NAN;
}

struct parts fp_unpack(struct fp80 a)
{
    s32 exp = a.se & EXP_MAX;
    unsigned shift = u64_clz(a.mant);
    return (struct parts){ a.mant << shift, (exp ? exp : 1) - (s32)shift, fp_sign(a) };
}

static bool is_signalling(struct fp80 a) { return !(a.mant & QUIET_BIT); }

static struct fp80 quiet(struct fp80 a)
{
    a.mant |= QUIET_BIT;
    return a;
}

bool fp_nan1(struct fp80 a, struct fp80 *result, struct fp_env *env)
{
    enum fp_class c = fp80_class(a);
    if (c == FP_CLASS_UNSUPPORTED) {
        *result = fp_invalid(env);
        return true;
    }
    if (c != FP_CLASS_NAN)
        return false;
    if (is_signalling(a))
        (void)fp_raise(env, FP_IE);
    *result = quiet(a);
    return true;
}

/* Of two NaNs of one kind the larger significand, of equal ones the positive; a quiet one before a
 * signalling one. */
static struct fp80 choose_nan(struct fp80 a, struct fp80 b)
{
    if (is_signalling(a) != is_signalling(b))
        return is_signalling(a) ? b : a;
    if (a.mant != b.mant)
        return a.mant > b.mant ? a : b;
    return a.se < b.se ? a : b;
}

bool fp_nan2(struct fp80 a, struct fp80 b, struct fp80 *result, struct fp_env *env)
{
    enum fp_class ca = fp80_class(a), cb = fp80_class(b);
    if (ca == FP_CLASS_UNSUPPORTED || cb == FP_CLASS_UNSUPPORTED) {
        *result = fp_invalid(env);
        return true;
    }
    bool nan_a = ca == FP_CLASS_NAN, nan_b = cb == FP_CLASS_NAN;
    if (!nan_a && !nan_b)
        return false;
    if ((nan_a && is_signalling(a)) || (nan_b && is_signalling(b)))
        (void)fp_raise(env, FP_IE);
    *result = quiet(!nan_b ? a : !nan_a ? b : choose_nan(a, b));
    return true;
}

bool fp_denormal1(struct fp80 a, struct fp_env *env)
{
    return fp_is(a, FP_CLASS_DENORMAL) && fp_raise(env, FP_DE);
}

bool fp_denormal2(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    return (fp_is(a, FP_CLASS_DENORMAL) || fp_is(b, FP_CLASS_DENORMAL)) && fp_raise(env, FP_DE);
}

unsigned fp_bits(const struct fp_env *env)
{
    return env->precision == FP_SINGLE ? 24 : env->precision == FP_DOUBLE ? 53 : 64;
}

bool fp_rounds_up(u32 rounding, u32 sign, bool lsb, u64 rest)
{
    switch (rounding) {
    case FP_NEAREST: return rest > TOP_BIT || (rest == TOP_BIT && lsb);
    case FP_DOWN: return rest && sign;
    case FP_UP: return rest && !sign;
    default: return false;
    }
}

struct rounded { u64 mant; bool inexact, up, carry; };

/* To so many bits below the top of mant.hi; a carry out of the top leaves mant 0. */
static struct rounded round_mant(struct u128 m, unsigned bits, u32 sign, u32 rounding)
{
    unsigned drop = 64 - bits;
    u64 rest = drop ? m.hi << bits | (m.lo != 0) : m.lo;
    struct rounded r = { .mant = drop ? m.hi >> drop << drop : m.hi, .inexact = rest != 0 };
    r.up = fp_rounds_up(rounding, sign, r.mant >> drop & 1, rest);
    if (r.up) {
        r.mant += 1ull << drop;
        r.carry = r.mant == 0;
    }
    return r;
}

static void note_inexact(const struct rounded *r, struct fp_env *env)
{
    env->up = r->up;
    if (r->inexact)
        (void)fp_raise(env, FP_PE);
}

/* The masked response, SDM 1 table 4-11: infinity, or the largest number when rounding turns away from it. */
static struct fp80 overflow(u32 sign, unsigned bits, struct fp_env *env)
{
    bool away = env->rounding == FP_NEAREST || env->rounding == (sign ? FP_DOWN : FP_UP);
    (void)fp_raise(env, FP_OE | FP_PE);
    env->up = away;
    return away ? fp_infinity(sign) : fp_pack(sign, EXP_MAX - 1, ~0ull >> (64 - bits) << (64 - bits));
}

/* A tiny number, denormalized, then rounded at the place where its precision ended before. */
static struct fp80 denormalize(u32 sign, s32 exp, struct u128 mant, unsigned bits, bool tiny,
                               struct fp_env *env)
{
    struct u128 shifted = u128_shr_sticky(mant, (u32)(1 - exp));
    struct rounded r = round_mant(shifted, bits, sign, env->rounding);
    if (tiny && r.inexact)
        (void)fp_raise(env, FP_UE);
    note_inexact(&r, env);
    return fp_pack(sign, r.mant >> 63, r.mant);
}

/* Too far away even for the wrapped exponent (FSCALE, logarithms): zero or infinity, whatever RC says.
 * SDM 2, FSCALE */
static struct fp80 massive(struct fp80 result, u8 up, struct fp_env *env)
{
    (void)fp_raise(env, FP_PE);
    env->up = up;
    return result;
}

static struct fp80 round_far(u32 sign, s32 exp, struct u128 mant, unsigned bits, struct fp_env *env)
{
    struct rounded r = round_mant(mant, bits, sign, env->rounding);
    s32 after = exp + r.carry;
    if (exp < 1 && ((env->masks & FP_UE) || after >= 1))
        return denormalize(sign, exp, mant, bits, after < 1, env);
    if (after < 1) {
        (void)fp_raise(env, FP_UE);
        after += EXP_WRAP;
        if (after < 1)
            return massive(fp_zero(sign), 0, env);
    } else if (after >= EXP_MAX) {
        if (env->masks & FP_OE)
            return overflow(sign, bits, env);
        (void)fp_raise(env, FP_OE);
        after -= EXP_WRAP;
        if (after >= EXP_MAX)
            return massive(fp_infinity(sign), 1, env);
    }
    note_inexact(&r, env);
    return fp_pack(sign, (u32)after, r.carry ? TOP_BIT : r.mant);
}

/* Away from the ends of the exponents, to 64 bits, there is little to decide. */
struct fp80 fp_round(u32 sign, s32 exp, struct u128 mant, unsigned bits, struct fp_env *env)
{
    if (bits != 64 || (u32)exp - 1u >= EXP_MAX - 2u)
        return round_far(sign, exp, mant, bits, env);
    u64 rest = mant.lo;
    bool up = rest && fp_rounds_up(env->rounding, sign, mant.hi & 1, rest);
    env->up = up;
    env->flags |= rest ? FP_PE : 0;
    mant.hi += up;
    return mant.hi ? fp_pack(sign, (u32)exp, mant.hi) : fp_pack(sign, (u32)exp + 1, TOP_BIT);
}
