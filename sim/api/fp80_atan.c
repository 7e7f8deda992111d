/* fp80_atan.c - FPATAN.  SDM 2 FPATAN, table 3-34 */
#include "sim/api/fp80_trans_impl.h"

static const struct wide pi = { { 0xc90fdaa22168c234ull, 0xc4c6628b80dc1cd1ull }, 1, 0 };

/* atan q, 0 < q <= 1: of the sixteenth c nearest to q, atan q = atan c + atan (q - c) / (1 + q c). */
static struct wide arctangent(struct wide q)
{
    if (q.exp < WIDE_TINY) {
        /* q - q^3/3, and q itself may go on: by 2^-128 at least, which is more than q^2/3 below 2^-63 */
        bool above = q.mant.lo && q.exp < -63;
        q.mant.lo &= ~1ull;
        return wide_nudge(q, above);
    }
    unsigned i = q.exp < -5 ? 0 : (unsigned)(q.mant.hi >> (58 - q.exp)) + 1; /* thirty-seconds, and one */
    i >>= 1;
    struct wide t = q;
    if (i) {
        struct wide c = wide_scale(wide_from_int((s32)i), -4);
        t = wide_div(wide_sub(q, c), wide_add(WIDE_ONE, wide_mul(q, c)));
    }
    /* |t| <= 1/32: fourteen terms */
    struct wide r = wide_mul(t, wide_series(wide_odd, 1, 14, wide_mul(t, t), true));
    return i ? wide_add(wide_normalize(wide_atan[i], 0, 0), r) : r;
}

/* The angle of a point with both coordinates finite and not zero. */
static struct fp80 angle(struct wide y, struct wide x, struct fp_env *env)
{
    u32 sign = y.sign, left = x.sign;
    y.sign = x.sign = 0;
    bool steep = x.exp < y.exp || (x.exp == y.exp && u128_less(x.mant, y.mant));
    struct wide r = arctangent(steep ? wide_div(x, y) : wide_div(y, x));
    if (steep) {
        r.sign = left;
        r = wide_sub(wide_scale(pi, -1), r);
    } else if (left) {
        r = wide_sub(pi, r);
    }
    r.sign = sign;
    return wide_round(r, env);
}

/* A multiple of pi/4 with y's sign. */
static struct fp80 quarters(s32 n, u32 sign, struct fp_env *env)
{
    struct wide r = wide_mul(wide_scale(pi, -2), wide_from_int(n));
    r.sign = sign;
    return wide_round(r, env);
}

struct fp80 fp80_atan2(struct fp80 y, struct fp80 x, struct fp_env *env)
{
    struct fp80 nan;
    u32 sign = fp_sign(y);
    env->up = 0;
    if (fp_nan2(y, x, &nan, env))
        return nan;
    if (fp_denormal2(y, x, env))
        return y;
    bool left = fp_sign(x) != 0;
    if (fp_is(y, FP_CLASS_INFINITY))
        return quarters(!fp_is(x, FP_CLASS_INFINITY) ? 2 : left ? 3 : 1, sign, env);
    if (fp_is(y, FP_CLASS_ZERO) || fp_is(x, FP_CLASS_INFINITY))
        return left ? quarters(4, sign, env) : fp_zero(sign);
    if (fp_is(x, FP_CLASS_ZERO))
        return quarters(2, sign, env);
    return angle(wide_from(y), wide_from(x), env);
}
