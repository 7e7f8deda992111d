/* fp80_trig.c - FSIN, FCOS, FPTAN.  SDM 1 8.3.7, 8.3.8; SDM 2 FSIN
 *
 * Arguments are reduced by multiples of pi/2 with the pi of 66 bits that the manual gives (8.3.8), and
 * exactly: of large arguments the result is that of P6-class silicon, not that of the true pi. */
#include "sim/api/fp80_trans_impl.h"

/* 66 bits: pi truncated, times 2^64. */
static const struct u128 pi66 = { 0x3, 0x243f6a8885a308d3ull };

struct angle { struct wide rest; unsigned quadrant; }; /* |rest| <= pi/4 */

static struct angle reduce(struct fp80 a)
{
    struct wide w = wide_from(a);
    if (w.exp < -1)
        return (struct angle){ w, 0 };
    struct u128 r = { 0, w.mant.hi };   /* in units of which pi66 are pi/2: of 2^-65 */
    unsigned q = 0;
    for (s32 steps = w.exp + 2; steps > 0; steps--) {
        r = u128_shl(r, 1);
        bool one = !u128_less(r, pi66);
        r = one ? u128_sub(r, pi66) : r;
        q = q << 1 | one;
    }
    struct u128 other = u128_sub(pi66, r);
    if (u128_less(other, r)) {
        r = other;
        w.sign ^= SIGN_BIT;
        q++;
    }
    bool negative = fp_sign(a) != 0;
    return (struct angle){ wide_normalize(r, 127 - 65, w.sign), (negative ? 0 - q : q) & 3 };
}

static struct wide sine(struct wide r)
{
    if (r.exp < WIDE_TINY)
        return wide_nudge(r, false);
    struct wide z = wide_mul(r, r);
    return wide_mul(r, wide_series(wide_factorial + 1, 2, 17, z, true));
}

static struct wide cosine(struct wide r)
{
    if (r.exp < WIDE_TINY)
        return wide_nudge(WIDE_ONE, false);
    return wide_series(wide_factorial, 2, 18, wide_mul(r, r), true);
}

static struct wide tangent(struct wide r)
{
    return r.exp < WIDE_TINY ? wide_nudge(r, true) : wide_div(sine(r), cosine(r));
}

/* What needs no computing: true, and *result.  A zero is the caller's. */
static bool settle(struct fp80 a, bool *partial, struct fp80 *result, struct fp_env *env)
{
    env->up = 0;
    *partial = false;
    *result = a;
    if (fp_nan1(a, result, env))
        return true;
    if (fp_is(a, FP_CLASS_INFINITY)) {
        *result = fp_invalid(env);
        return true;
    }
    *partial = (a.se & EXP_MAX) >= EXP_BIAS + 63;
    return *partial || fp_denormal1(a, env);
}

static struct fp80 sine_or_cosine(struct fp80 a, unsigned quarters, struct fp_env *env)
{
    struct angle at = reduce(a);
    unsigned quadrant = (at.quadrant + quarters) & 3;
    struct wide r = quadrant & 1 ? cosine(at.rest) : sine(at.rest);
    r.sign ^= quadrant & 2 ? SIGN_BIT : 0;
    return wide_round(r, env);
}

struct fp80 fp80_sin(struct fp80 a, bool *partial, struct fp_env *env)
{
    struct fp80 r;
    if (settle(a, partial, &r, env) || fp_is(a, FP_CLASS_ZERO))
        return r;
    return sine_or_cosine(a, 0, env);
}

struct fp80 fp80_cos(struct fp80 a, bool *partial, struct fp_env *env)
{
    struct fp80 r;
    if (settle(a, partial, &r, env))
        return r;
    if (fp_is(a, FP_CLASS_ZERO))
        return fp_pack(0, EXP_BIAS, TOP_BIT);
    return sine_or_cosine(a, 1, env);
}

struct fp80 fp80_tan(struct fp80 a, bool *partial, struct fp_env *env)
{
    struct fp80 r;
    if (settle(a, partial, &r, env) || fp_is(a, FP_CLASS_ZERO))
        return r;
    struct angle at = reduce(a);
    if (!(at.quadrant & 1))
        return wide_round(tangent(at.rest), env);
    struct wide cotangent = wide_div(cosine(at.rest), sine(at.rest));
    cotangent.sign ^= SIGN_BIT;
    return wide_round(cotangent, env);
}
