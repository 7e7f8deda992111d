/* fp80_rem.c - FPREM and FPREM1: exact remainders by long division.  SDM 2 FPREM, FPREM1 */
#include "sim/api/fp80_impl.h"

/* r, below 2^64, times 2^steps, modulo d (top bit set): *quotient takes a bit at each step. */
static u64 long_division(u64 r, u64 d, u32 steps, u64 *quotient)
{
    u64 q = r >= d;
    r -= q ? d : 0;
    for (; steps; steps--) {
        bool one = r >> 63 || r << 1 >= d;
        r = (r << 1) - (one ? d : 0);
        q = q << 1 | one;
    }
    *quotient = q;
    return r;
}

static struct fp80 normalized(u32 sign, s32 exp, u64 mant, struct fp_env *env)
{
    if (!mant)
        return fp_zero(sign);
    unsigned shift = u64_clz(mant);
    return fp_round(sign, exp - (s32)shift, (struct u128){ mant << shift, 0 }, 64, env);
}

/* |x| < 2^64 |y| */
static struct fp80 complete(struct parts x, struct parts y, s32 distance, bool nearest, unsigned *quotient,
                            struct fp_env *env)
{
    if (distance < (nearest ? -1 : 0)) /* below half of y: the remainder is x */
        return normalized(x.sign, x.exp, x.mant, env);
    u64 q, r = x.mant;
    if (distance < 0) { /* x lies in [y/4, y): beside y/2, which is y.mant at x's exponent */
        if (r <= y.mant)
            return normalized(x.sign, x.exp, r, env);
        *quotient = 1;
        return normalized(x.sign ^ SIGN_BIT, x.exp, (y.mant << 1) - r, env); /* below y.mant: no carry lost */
    }
    r = long_division(r, y.mant, (u32)distance, &q);
    if (nearest && (r > y.mant - r || (r == y.mant - r && q & 1))) {
        r = y.mant - r;
        x.sign ^= SIGN_BIT;
        q++;
    }
    *quotient = q & 7;
    return normalized(x.sign, y.exp, r, env);
}

/* One pass takes 32 to 63 bits off the distance, so that the last is below 64 and exact. */
static struct fp80 reduce(struct parts x, struct parts y, s32 distance, struct fp_env *env)
{
    u64 q;
    u32 steps = ((u32)distance & 31) | 32;
    u64 r = long_division(x.mant, y.mant, steps, &q);
    return normalized(x.sign, y.exp + distance - (s32)steps, r, env);
}

struct fp80 fp80_rem(struct fp80 a, struct fp80 b, bool nearest, unsigned *quotient, bool *partial,
                     struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    *quotient = 0;
    *partial = false;
    if (fp_nan2(a, b, &nan, env))
        return nan;
    if (fp_is(a, FP_CLASS_INFINITY) || fp_is(b, FP_CLASS_ZERO))
        return fp_invalid(env);
    if (fp_denormal2(a, b, env) || fp_is(a, FP_CLASS_ZERO))
        return a;
    struct parts x = fp_unpack(a);
    if (fp_is(b, FP_CLASS_INFINITY))
        return normalized(x.sign, x.exp, x.mant, env);
    struct parts y = fp_unpack(b);
    s32 distance = x.exp - y.exp;
    *partial = distance >= 64;
    return *partial ? reduce(x, y, distance, env) : complete(x, y, distance, nearest, quotient, env);
}
