/* fp80_scale.c - FSCALE, FXTRACT and the constants.  SDM 1 8.3.4, 8.3.8; SDM 2 FSCALE, FXTRACT */
#include "sim/api/fp80_impl.h"

/* Numbers beyond are massive overflow or underflow whatever they are added to. */
enum { SCALE_MOST = 0xffff };

static s32 truncate(struct fp80 b)
{
    s32 e = (b.se & EXP_MAX) - EXP_BIAS;
    if (e < 0)
        return 0;
    s32 value = e >= 16 ? SCALE_MOST : (s32)(b.mant >> (63 - e));
    return fp_sign(b) ? -value : value;
}

static struct fp80 scale_by_infinity(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    bool down = fp_sign(b) != 0;
    if (down ? fp_is(a, FP_CLASS_INFINITY) : fp_is(a, FP_CLASS_ZERO))
        return fp_invalid(env);
    if (fp_denormal1(a, env))
        return a;
    return down ? fp_zero(fp_sign(a)) : fp_infinity(fp_sign(a));
}

struct fp80 fp80_scale(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_nan2(a, b, &nan, env))
        return nan;
    if (fp_is(b, FP_CLASS_INFINITY))
        return scale_by_infinity(a, b, env);
    if (fp_denormal2(a, b, env) || fp_is(a, FP_CLASS_INFINITY) || fp_is(a, FP_CLASS_ZERO))
        return a;
    struct parts p = fp_unpack(a);
    return fp_round(p.sign, p.exp + truncate(b), (struct u128){ p.mant, 0 }, 64, env);
}

struct fp80 fp80_xtract(struct fp80 a, struct fp80 *exponent, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    *exponent = a;
    if (fp_nan1(a, &nan, env)) {
        *exponent = nan;
        return nan;
    }
    if (fp_is(a, FP_CLASS_INFINITY)) {
        *exponent = fp_infinity(0);
        return a;
    }
    if (fp_is(a, FP_CLASS_ZERO)) {
        (void)fp_raise(env, FP_ZE);
        *exponent = fp_infinity(SIGN_BIT);
        return a;
    }
    if (fp_denormal1(a, env))
        return a;
    struct parts p = fp_unpack(a);
    *exponent = fp80_from_int(p.exp - EXP_BIAS);
    return fp_pack(p.sign, EXP_BIAS, p.mant);
}

/* 128 bits each; the second half only says to which side the first is rounded. */
static const struct { u32 exp; struct u128 mant; } constants[7] = {
    { 0x3fff, { 0x8000000000000000ull, 0 } },                     /* 1 */
    { 0x4000, { 0xd49a784bcd1b8afeull, 0x492bf6ff4dafdb4cull } }, /* log2 10 */
    { 0x3fff, { 0xb8aa3b295c17f0bbull, 0xbe87fed0691d3e88ull } }, /* log2 e */
    { 0x4000, { 0xc90fdaa22168c234ull, 0xc4c6628b80dc1cd1ull } }, /* pi */
    { 0x3ffd, { 0x9a209a84fbcff798ull, 0x8f8959ac0b7c9178ull } }, /* log10 2 */
    { 0x3ffe, { 0xb17217f7d1cf79abull, 0xc9e3b39803f2f6afull } }, /* ln 2 */
    { 0, { 0, 0 } },
};

struct fp80 fp80_constant(unsigned which, enum fp_rounding rounding)
{
    assert(which < COUNT(constants));
    struct u128 m = constants[which].mant;
    m.hi += fp_rounds_up(rounding, 0, m.hi & 1, m.lo);
    return fp_pack(0, constants[which].exp, m.hi);
}
