/* fp80_log.c - F2XM1, FYL2X, FYL2XP1.  SDM 1 8.3.9; SDM 2 F2XM1, FYL2X, FYL2XP1 */
#include "sim/api/fp80_trans_impl.h"

static const struct wide ln2 = { { 0xb17217f7d1cf79abull, 0xc9e3b39803f2f6afull }, -1, 0 };
static const struct wide twice_log2e = { { 0xb8aa3b295c17f0bbull, 0xbe87fed0691d3e88ull }, 1, 0 };
#define ROOT_HALF 0xb504f333f9de6484ull /* the significand of sqrt 2 */

/* A result that needs no rounding: #P all the same, as silicon has it, and then #U when it is tiny. */
static struct fp80 as_inexact(struct fp80 result, struct fp_env *env)
{
    (void)fp_raise(env, FP_PE | (fp_is(result, FP_CLASS_DENORMAL) ? FP_UE : 0));
    return result;
}

/* Undefined outside of [-1, 1]: an argument beyond is returned as it is. */
struct fp80 fp80_2xm1(struct fp80 a, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_nan1(a, &nan, env))
        return nan;
    if (fp_is(a, FP_CLASS_INFINITY))
        return fp_sign(a) ? fp_pack(SIGN_BIT, EXP_BIAS, TOP_BIT) : a;
    if (fp_denormal1(a, env) || fp_is(a, FP_CLASS_ZERO))
        return a;
    if ((a.se & EXP_MAX) >= EXP_BIAS) {
        bool one = (a.se & EXP_MAX) == EXP_BIAS && a.mant == TOP_BIT;
        return as_inexact(one && fp_sign(a) ? fp_pack(SIGN_BIT, EXP_BIAS - 1, TOP_BIT) : a, env);
    }
    /* e^w - 1 = w (1 + w/2! + w^2/3! ...) */
    struct wide w = wide_mul(wide_from(a), ln2), z = { w.mant, w.exp, 0 };
    return wide_round(wide_mul(w, wide_series(wide_factorial + 1, 1, 34, z, w.sign != 0)), env);
}

/* log2 of (1 + s) / (1 - s), |s| < 0.172: 2 atanh s / ln 2 */
static struct wide log2_of_ratio(struct wide s)
{
    struct wide sum = wide_series(wide_odd, 1, COUNT(wide_odd), wide_mul(s, s), false);
    return wide_mul(wide_mul(s, sum), twice_log2e);
}

/* log2 of x > 0: x = 2^n m, m in [sqrt 1/2, sqrt 2) */
static struct wide log2_of(struct wide x)
{
    s32 n = x.exp + (x.mant.hi >= ROOT_HALF);
    struct wide m = wide_scale(x, -n);
    struct wide s = wide_div(wide_sub(m, WIDE_ONE), wide_add(m, WIDE_ONE));
    return wide_add(wide_from_int(n), log2_of_ratio(s));
}

/* y times infinity, of FYL2X and FYL2XP1. */
static struct fp80 times_infinity(struct fp80 y, u32 sign, struct fp_env *env)
{
    return fp_is(y, FP_CLASS_ZERO) ? fp_invalid(env) : fp_infinity(fp_sign(y) ^ sign);
}

/* y times a power of two's logarithm: exact before rounding. */
static struct fp80 times_int(struct fp80 y, s32 n, struct fp_env *env)
{
    struct fp_env extended = *env;
    extended.precision = FP_EXTENDED;
    struct fp80 r = fp80_mul(y, fp80_from_int(n), &extended);
    env->flags = extended.flags;
    env->up = extended.up;
    return n ? as_inexact(r, env) : r;
}

struct fp80 fp80_yl2x(struct fp80 y, struct fp80 x, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_nan2(y, x, &nan, env))
        return nan;
    bool zero_x = fp_is(x, FP_CLASS_ZERO), inf_y = fp_is(y, FP_CLASS_INFINITY);
    if (fp_sign(x) && !zero_x)
        return fp_invalid(env);
    if (zero_x) {
        if (!inf_y && !fp_is(y, FP_CLASS_ZERO))
            (void)fp_raise(env, FP_ZE);
        return times_infinity(y, SIGN_BIT, env);
    }
    bool below_one = (x.se & EXP_MAX) < EXP_BIAS, one = x.se == EXP_BIAS && x.mant == TOP_BIT;
    if ((inf_y && one) || (fp_is(x, FP_CLASS_INFINITY) && fp_is(y, FP_CLASS_ZERO)))
        return fp_invalid(env);
    if (fp_denormal2(y, x, env))
        return y;
    if (inf_y || fp_is(x, FP_CLASS_INFINITY))
        return fp_infinity(fp_sign(y) ^ (below_one ? SIGN_BIT : 0));
    if (fp_is(y, FP_CLASS_ZERO))
        return fp_zero(fp_sign(y) ^ (below_one ? SIGN_BIT : 0));
    struct wide w = wide_from(x);
    if (w.mant.hi == TOP_BIT)
        return times_int(y, w.exp, env);
    return wide_round(wide_mul(wide_from(y), log2_of(w)), env);
}

/* Undefined for x beyond 1 - sqrt 1/2: up from there the logarithm all the same, from -1 down x itself. */
struct fp80 fp80_yl2xp1(struct fp80 y, struct fp80 x, struct fp_env *env)
{
    struct fp80 nan;
    u32 sign = fp_sign(x) ^ fp_sign(y);
    env->up = 0;
    if (fp_nan2(y, x, &nan, env))
        return nan;
    bool inf_y = fp_is(y, FP_CLASS_INFINITY), zero_y = fp_is(y, FP_CLASS_ZERO);
    bool inf_x = fp_is(x, FP_CLASS_INFINITY), zero_x = fp_is(x, FP_CLASS_ZERO);
    if ((inf_x && (fp_sign(x) || zero_y)) || (inf_y && zero_x))
        return fp_invalid(env);
    if (fp_denormal2(y, x, env))
        return y;
    if (inf_x || inf_y || zero_x || zero_y)
        return inf_x || inf_y ? fp_infinity(sign) : fp_zero(sign);
    if (fp_sign(x) && (x.se & EXP_MAX) >= EXP_BIAS)
        return as_inexact(x, env);
    struct wide w = wide_from(x), two = wide_scale(WIDE_ONE, 1);
    if (w.exp < -2) /* |x| < 1/4: log2 (1 + x) from x / (2 + x), accurate however small x is */
        w = log2_of_ratio(wide_div(w, wide_add(two, w)));
    else
        w = log2_of(wide_add(WIDE_ONE, w));
    return wide_round(wide_mul(wide_from(y), w), env);
}
