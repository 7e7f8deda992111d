/* fp80_float.c - the 32- and 64-bit memory formats.  SDM 1 4.2.2, 4.8.2, 8.3.4 */
#include "sim/api/fp80_impl.h"

struct format { unsigned bits, fraction; u32 exp_max; s32 bias; };
static const struct format single = { 24, 23, 0xff, 0x7f };
static const struct format twice = { 53, 52, 0x7ff, 0x3ff };

/* value: sign, exponent and fraction of the format, at the right. */
static struct fp80 load(u64 value, const struct format *f, struct fp_env *env)
{
    u32 sign = value >> (f->bits == 24 ? 31 : 63) & 1 ? SIGN_BIT : 0;
    u32 exp = (u32)(value >> f->fraction) & f->exp_max;
    u64 fraction = value << (64 - f->fraction) >> 1; /* below the top bit */
    env->up = 0;
    if (exp == f->exp_max) {
        struct fp80 special = fp_pack(sign, EXP_MAX, TOP_BIT | fraction), nan;
        return fp_nan1(special, &nan, env) ? nan : special;
    }
    if (exp)
        return fp_pack(sign, exp + EXP_BIAS - (u32)f->bias, TOP_BIT | fraction);
    if (!fraction)
        return fp_zero(sign);
    (void)fp_raise(env, FP_DE);
    unsigned shift = u64_clz(fraction);
    return fp_pack(sign, EXP_BIAS - (u32)f->bias + 1 - shift, fraction << shift);
}

struct fp80 fp80_from_f32(u32 value, struct fp_env *env) { return load(value, &single, env); }
struct fp80 fp80_from_f64(u64 value, struct fp_env *env) { return load(value, &twice, env); }

static u64 assemble(u32 sign, u32 exp, u64 fraction, const struct format *f)
{
    return (u64)(sign != 0) << (f->bits == 24 ? 31 : 63) | (u64)exp << f->fraction | fraction;
}

static u64 store_overflow(u32 sign, const struct format *f, bool *stored, struct fp_env *env)
{
    *stored = !fp_raise(env, FP_OE);
    if (!*stored)
        return 0;
    (void)fp_raise(env, FP_PE);
    env->up = env->rounding == FP_NEAREST || env->rounding == (sign ? FP_DOWN : FP_UP);
    u64 infinity = assemble(sign, f->exp_max, 0, f);
    return env->up ? infinity : infinity - 1;
}

/* A number with its significand at the top of a word, rounded to the format: the exponent is the format's. */
static u64 store_number(struct parts p, const struct format *f, bool *stored, struct fp_env *env)
{
    s32 exp = p.exp - EXP_BIAS + f->bias;
    u32 drop = 64 - f->bits;
    /* tiny: so it is after rounding with an exponent without bounds */
    u64 rest = p.mant << f->bits, kept = p.mant >> drop;
    bool carries = fp_rounds_up(env->rounding, p.sign, kept & 1, rest) && (kept + 1) >> f->bits;
    bool tiny = exp + carries < 1;
    if (tiny && !(env->masks & FP_UE)) {
        (void)fp_raise(env, FP_UE);
        *stored = false;
        return 0;
    }
    struct u128 m = u64_shr_sticky(p.mant, drop + (exp < 1 ? (u32)(1 - exp) : 0));
    bool up = fp_rounds_up(env->rounding, p.sign, m.hi & 1, m.lo);
    u64 mant = m.hi + up;
    /* the hidden bit adds one to the exponent; so does a carry out of the fraction */
    u64 packed = ((u64)(exp < 1 ? 0 : exp - 1) << f->fraction) + mant;
    if (packed >= assemble(0, f->exp_max, 0, f))
        return store_overflow(p.sign, f, stored, env);
    env->up = up;
    if (m.lo)
        (void)fp_raise(env, FP_PE | (tiny ? FP_UE : 0));
    return assemble(p.sign, 0, 0, f) | packed;
}

static u64 store(struct fp80 a, const struct format *f, bool *stored, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    *stored = true;
    if (fp_nan1(a, &nan, env))
        return assemble(fp_sign(nan), f->exp_max, nan.mant << 1 >> (64 - f->fraction), f);
    switch (fp80_class(a)) {
    case FP_CLASS_ZERO: return assemble(fp_sign(a), 0, 0, f);
    case FP_CLASS_INFINITY: return assemble(fp_sign(a), f->exp_max, 0, f);
    default: break;
    }
    struct parts p = fp_unpack(a);
    if (p.exp - EXP_BIAS + f->bias >= (s32)f->exp_max)
        return store_overflow(p.sign, f, stored, env);
    return store_number(p, f, stored, env);
}

u32 fp80_to_f32(struct fp80 a, bool *stored, struct fp_env *env)
{
    return (u32)store(a, &single, stored, env);
}

u64 fp80_to_f64(struct fp80 a, bool *stored, struct fp_env *env)
{
    return store(a, &twice, stored, env);
}
