/* fp80_arith.c - add, subtract, multiply, divide, square root.  SDM 1 8.3.5; special operands: SDM 2 FADD,
 * FMUL, FDIV, FSQRT.  Everything is exact, or exact but for a sticky last bit, until fp_round(). */
#include "sim/api/fp80_impl.h"

static struct fp80 round_zero_sum(struct fp_env *env)
{
    return fp_zero(env->rounding == FP_DOWN ? SIGN_BIT : 0);
}

/* a + b of finite operands, neither zero. */
static struct fp80 add_parts(struct parts a, struct parts b, struct fp_env *env)
{
    if (a.exp < b.exp || (a.exp == b.exp && a.mant < b.mant)) {
        struct parts t = a;
        a = b;
        b = t;
    }
    struct u128 big = { a.mant, 0 };
    struct u128 small = u64_shr_sticky(b.mant, (u32)(a.exp - b.exp));
    if (a.sign == b.sign) {
        struct u128 sum = u128_add(big, small);
        if (!u128_less(sum, big))
            return fp_round(a.sign, a.exp, sum, fp_bits(env), env);
        sum = (struct u128){ sum.hi >> 1 | TOP_BIT, sum.hi << 63 | sum.lo >> 1 | (sum.lo & 1) };
        return fp_round(a.sign, a.exp + 1, sum, fp_bits(env), env);
    }
    struct u128 left = u128_sub(big, small);
    if (!(left.hi | left.lo))
        return round_zero_sum(env);
    unsigned shift = left.hi ? u64_clz(left.hi) : 64 + u64_clz(left.lo);
    return fp_round(a.sign, a.exp - (s32)shift, u128_shl(left, shift), fp_bits(env), env);
}

static struct fp80 round_again(struct fp80 a, struct fp_env *env)
{
    struct parts p = fp_unpack(a);
    return fp_round(p.sign, p.exp, (struct u128){ p.mant, 0 }, fp_bits(env), env);
}

static struct fp80 add(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    bool inf_a = fp_is(a, FP_CLASS_INFINITY), inf_b = fp_is(b, FP_CLASS_INFINITY);
    if (inf_a && inf_b && a.se != b.se)
        return fp_invalid(env);
    if (fp_denormal2(a, b, env))
        return a;
    if (inf_a || inf_b)
        return inf_a ? a : b;
    bool zero_a = fp_is(a, FP_CLASS_ZERO), zero_b = fp_is(b, FP_CLASS_ZERO);
    if (zero_a && zero_b)
        return a.se == b.se ? a : round_zero_sum(env);
    if (zero_a || zero_b)
        return round_again(zero_a ? b : a, env);
    return add_parts(fp_unpack(a), fp_unpack(b), env);
}

struct fp80 fp80_add(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_is_normal(a) && fp_is_normal(b))
        return add_parts(fp_parts(a), fp_parts(b), env);
    return fp_nan2(a, b, &nan, env) ? nan : add(a, b, env);
}

/* A NaN keeps its sign: only numbers are negated. */
struct fp80 fp80_sub(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    struct fp80 nan, minus_b = fp_pack(fp_sign(b) ^ SIGN_BIT, b.se & EXP_MAX, b.mant);
    env->up = 0;
    if (fp_is_normal(a) && fp_is_normal(b))
        return add_parts(fp_parts(a), fp_parts(minus_b), env);
    return fp_nan2(a, b, &nan, env) ? nan : add(a, minus_b, env);
}

static struct fp80 mul_parts(struct parts x, struct parts y, struct fp_env *env)
{
    struct u128 product = u64_mul(x.mant, y.mant);
    s32 exp = x.exp + y.exp - EXP_BIAS + 1;
    if (!(product.hi & TOP_BIT)) {
        product = u128_add(product, product);
        exp--;
    }
    return fp_round(x.sign ^ y.sign, exp, product, fp_bits(env), env);
}

struct fp80 fp80_mul(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    struct fp80 nan;
    u32 sign = fp_sign(a) ^ fp_sign(b);
    env->up = 0;
    if (fp_is_normal(a) && fp_is_normal(b))
        return mul_parts(fp_parts(a), fp_parts(b), env);
    if (fp_nan2(a, b, &nan, env))
        return nan;
    bool infinite = fp_is(a, FP_CLASS_INFINITY) || fp_is(b, FP_CLASS_INFINITY);
    bool zero = fp_is(a, FP_CLASS_ZERO) || fp_is(b, FP_CLASS_ZERO);
    if (infinite && zero)
        return fp_invalid(env);
    if (fp_denormal2(a, b, env))
        return a;
    if (infinite || zero)
        return infinite ? fp_infinity(sign) : fp_zero(sign);
    return mul_parts(fp_unpack(a), fp_unpack(b), env);
}

/* 64 bits of quotient and the rest as what follows: no more than half, half or more matters to nobody. */
static struct fp80 div_parts(struct parts x, struct parts y, struct fp_env *env)
{
    struct u128 n = { x.mant, 0 };
    s32 exp = x.exp - y.exp + EXP_BIAS;
    if (x.mant >= y.mant)
        n = u128_shr(n, 1);
    else
        exp--;
    u64 rest, q = u128_div(n, y.mant, &rest);
    u64 twice = rest << 1; /* rest against half of the divisor */
    u64 after = !rest ? 0 : rest >> 63 || twice > y.mant ? TOP_BIT | 1 : twice == y.mant ? TOP_BIT : 1;
    return fp_round(x.sign ^ y.sign, exp, (struct u128){ q, after }, fp_bits(env), env);
}

struct fp80 fp80_div(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    struct fp80 nan;
    u32 sign = fp_sign(a) ^ fp_sign(b);
    env->up = 0;
    if (fp_is_normal(a) && fp_is_normal(b))
        return div_parts(fp_parts(a), fp_parts(b), env);
    if (fp_nan2(a, b, &nan, env))
        return nan;
    bool inf_a = fp_is(a, FP_CLASS_INFINITY), inf_b = fp_is(b, FP_CLASS_INFINITY);
    bool zero_a = fp_is(a, FP_CLASS_ZERO), zero_b = fp_is(b, FP_CLASS_ZERO);
    if ((inf_a && inf_b) || (zero_a && zero_b))
        return fp_invalid(env);
    if (zero_b && !inf_a) {
        (void)fp_raise(env, FP_ZE); /* before #D, which is not looked for then */
        return fp_infinity(sign);
    }
    if (fp_denormal2(a, b, env))
        return a;
    if (inf_a || inf_b || zero_a)
        return inf_a ? fp_infinity(sign) : fp_zero(sign);
    return div_parts(fp_unpack(a), fp_unpack(b), env);
}

struct fp80 fp80_sqrt(struct fp80 a, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_nan1(a, &nan, env))
        return nan;
    if (fp_is(a, FP_CLASS_ZERO))
        return a;
    if (fp_sign(a))
        return fp_invalid(env);
    if (fp_denormal1(a, env) || fp_is(a, FP_CLASS_INFINITY))
        return a;
    struct parts p = fp_unpack(a);
    s32 e = p.exp - EXP_BIAS; /* odd: the significand stands at the top, else one below */
    struct u128 m = u128_shr((struct u128){ p.mant, 0 }, e & 1 ? 0 : 1);
    struct u128 rest;
    u64 root = u128_sqrt(m, &rest);
    /* never half-way: (root + 1/2)^2 is no integer */
    u64 after = rest.hi || rest.lo > root ? TOP_BIT | 1 : rest.lo != 0;
    return fp_round(0, (e - (e & 1)) / 2 + EXP_BIAS, (struct u128){ root, after }, fp_bits(env), env);
}
