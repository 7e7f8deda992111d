/* fp80_integer.c - numbers to integers and back: FILD, FIST, FBLD, FBSTP, FRNDINT.  SDM 1 4.7, table 8-4 */
#include "sim/api/fp80_impl.h"

/* The magnitude of a finite operand, rounded to an integer; false when it does not fit 64 bits. */
static bool round_to_u64(struct fp80 a, struct fp_env *env, u64 *value, bool *up, bool *inexact)
{
    *value = 0;
    *up = *inexact = false;
    if (fp_is(a, FP_CLASS_ZERO))
        return true;
    struct parts p = fp_unpack(a);
    s32 places = EXP_BIAS + 63 - p.exp; /* behind the point */
    if (places < 0)
        return false;
    struct u128 m = u64_shr_sticky(p.mant, (u32)places);
    *inexact = m.lo != 0;
    *up = fp_rounds_up(env->rounding, p.sign, m.hi & 1, m.lo);
    *value = m.hi + *up;
    return *value >= m.hi;
}

/* The magnitude that a store may take: at most most[negative].  #IA where there is none. */
static bool to_magnitude(struct fp80 a, u64 most, struct fp_env *env, u64 *value)
{
    enum fp_class c = fp80_class(a);
    bool up, inexact, number = c == FP_CLASS_NORMAL || c == FP_CLASS_DENORMAL || c == FP_CLASS_ZERO;
    env->up = 0;
    if (!number || !round_to_u64(a, env, value, &up, &inexact) || *value > most) {
        (void)fp_raise(env, FP_IE);
        return false;
    }
    env->up = up;
    if (inexact)
        (void)fp_raise(env, FP_PE);
    return true;
}

s64 fp80_to_int(struct fp80 a, unsigned bytes, struct fp_env *env)
{
    u64 value, indefinite = 1ull << (8 * bytes - 1), most = indefinite - !fp_sign(a);
    if (!to_magnitude(a, most, env, &value))
        return (s64)(0 - indefinite);
    return (s64)(fp_sign(a) ? 0 - value : value);
}

struct fp80 fp80_from_int(s64 value)
{
    u32 sign = value < 0 ? SIGN_BIT : 0;
    u64 magnitude = sign ? 0 - (u64)value : (u64)value;
    if (!magnitude)
        return fp_zero(0);
    unsigned shift = u64_clz(magnitude);
    return fp_pack(sign, EXP_BIAS + 63 - shift, magnitude << shift);
}

/* Digits above 9 are undefined: taken at their value. */
struct fp80 fp80_from_bcd(const u8 bytes[10])
{
    u64 value = 0;
    for (unsigned i = 9; i-- > 0;)
        value = value * 100 + (bytes[i] >> 4) * 10u + (bytes[i] & 15u);
    u32 sign = bytes[9] & 0x80 ? SIGN_BIT : 0;
    struct fp80 r = fp80_from_int((s64)value); /* at most 1.67e18: below 2^63 */
    r.se |= (u16)sign;
    return r;
}

/* value / 10^9 without a 64-bit division: the divisor's top bit is put where u128_div() wants it. */
static u32 split_billion(u64 value, u32 *below)
{
    const u64 billion = 1000000000u;
    const unsigned shift = 34;
    u64 rest, q = u128_div(u128_shr((struct u128){ value, 0 }, 64 - shift), billion << shift, &rest);
    *below = (u32)(rest >> shift);
    return (u32)q;
}

void fp80_to_bcd(struct fp80 a, u8 bytes[10], struct fp_env *env)
{
    static const u8 indefinite[10] = { 0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff };
    u64 value;
    bool good = to_magnitude(a, 999999999999999999ull, env, &value);
    u32 half[2] = { 0, 0 };
    if (good)
        half[1] = split_billion(value, &half[0]);
    u8 digit[18];
    for (unsigned i = 0; i < 18; i++) {
        digit[i] = (u8)(half[i / 9] % 10);
        half[i / 9] /= 10;
    }
    for (unsigned i = 0; i < 9; i++)
        bytes[i] = (u8)(digit[2 * i] | digit[2 * i + 1] << 4);
    bytes[9] = fp_sign(a) ? 0x80 : 0;
    for (unsigned i = 0; i < 10 && !good; i++)
        bytes[i] = indefinite[i];
}

struct fp80 fp80_rndint(struct fp80 a, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_nan1(a, &nan, env))
        return nan;
    if (fp_denormal1(a, env) || fp_is(a, FP_CLASS_ZERO) || (a.se & EXP_MAX) >= EXP_BIAS + 63)
        return a;
    u64 value;
    bool up, inexact;
    (void)round_to_u64(a, env, &value, &up, &inexact); /* below 2^63: it fits */
    env->up = up;
    if (inexact)
        (void)fp_raise(env, FP_PE);
    if (!value)
        return fp_zero(fp_sign(a));
    unsigned shift = u64_clz(value);
    return fp_pack(fp_sign(a), EXP_BIAS + 63 - shift, value << shift);
}
