/* fp80_series.c - arithmetic on wide numbers, and power series. */
#include "sim/api/fp80_trans_impl.h"

static bool is_zero(struct u128 a) { return !(a.hi | a.lo); }

struct wide wide_normalize(struct u128 mant, s32 exp, u32 sign)
{
    if (is_zero(mant))
        return (struct wide){ mant, 0, sign };
    unsigned shift = mant.hi ? u64_clz(mant.hi) : 64 + u64_clz(mant.lo);
    return (struct wide){ u128_shl(mant, shift), exp - (s32)shift, sign };
}

struct wide wide_from(struct fp80 a)
{
    if (fp_is(a, FP_CLASS_ZERO))
        return (struct wide){ .sign = fp_sign(a) };
    struct parts p = fp_unpack(a);
    return (struct wide){ { p.mant, 0 }, p.exp - EXP_BIAS, p.sign };
}

struct wide wide_from_int(s32 value)
{
    u32 magnitude = value < 0 ? 0 - (u32)value : (u32)value;
    return wide_normalize((struct u128){ magnitude, 0 }, 63, value < 0 ? SIGN_BIT : 0);
}

/* a, with the larger exponent or both zero, and b */
static struct wide add_ordered(struct wide a, struct wide b)
{
    u32 distance = (u32)(a.exp - b.exp);
    struct u128 small = distance < 128 ? u128_shr(b.mant, distance) : (struct u128){ 0, 0 };
    if (a.sign == b.sign) {
        struct u128 sum = u128_add(a.mant, small);
        if (!u128_less(sum, a.mant))
            return (struct wide){ sum, a.exp, a.sign };
        sum = u128_shr(sum, 1);
        sum.hi |= TOP_BIT;
        return (struct wide){ sum, a.exp + 1, a.sign };
    }
    if (u128_less(a.mant, small))
        return wide_normalize(u128_sub(small, a.mant), a.exp, b.sign);
    return wide_normalize(u128_sub(a.mant, small), a.exp, a.sign);
}

struct wide wide_add(struct wide a, struct wide b)
{
    if (is_zero(a.mant) || is_zero(b.mant))
        return is_zero(a.mant) ? b : a;
    return a.exp < b.exp ? add_ordered(b, a) : add_ordered(a, b);
}

struct wide wide_sub(struct wide a, struct wide b)
{
    b.sign ^= SIGN_BIT;
    return wide_add(a, b);
}

/* The upper half of the product. */
static struct u128 multiply_high(struct u128 a, struct u128 b)
{
    struct u128 r = u64_mul(a.hi, b.hi), m1 = u64_mul(a.hi, b.lo), m2 = u64_mul(a.lo, b.hi);
    struct u128 low = { 0, u64_mul(a.lo, b.lo).hi };
    low = u128_add(low, (struct u128){ 0, m1.lo });
    low = u128_add(low, (struct u128){ 0, m2.lo });
    r = u128_add(r, (struct u128){ 0, m1.hi });
    r = u128_add(r, (struct u128){ 0, m2.hi });
    return u128_add(r, (struct u128){ 0, low.hi });
}

struct wide wide_mul(struct wide a, struct wide b)
{
    struct u128 product = multiply_high(a.mant, b.mant);
    return wide_normalize(product, a.exp + b.exp + 1, a.sign ^ b.sign);
}

/* One digit of 64 bits: n, below d, times 2^64, by d; n becomes the rest.  Estimated from d's upper half, at
 * most two too large. */
static u64 wide_digit(struct u128 *n, struct u128 d)
{
    u64 q = ~0ull, rest;
    if (n->hi < d.hi)
        q = u128_div(*n, d.hi, &rest);
    /* n 2^64 - q d, in 192 bits: above, left */
    struct u128 low = u64_mul(q, d.lo), high = u128_add(u64_mul(q, d.hi), (struct u128){ 0, low.hi });
    struct u128 upper = u128_sub(u128_sub(*n, high), (struct u128){ 0, low.lo != 0 });
    struct u128 left = { upper.lo, 0 - low.lo };
    u64 above = upper.hi;
    while (above) {
        struct u128 sum = u128_add(left, d);
        above += u128_less(sum, left);
        left = sum;
        q--;
    }
    *n = left;
    return q;
}

struct wide wide_div(struct wide a, struct wide b)
{
    s32 exp = a.exp - b.exp;
    struct u128 n = a.mant;
    if (is_zero(n))
        return (struct wide){ .sign = a.sign ^ b.sign };
    if (u128_less(n, b.mant))
        exp--;
    else
        n = u128_shr(n, 1); /* a lost bit is 2^-127 of the quotient */
    struct u128 q;
    q.hi = wide_digit(&n, b.mant);
    q.lo = wide_digit(&n, b.mant);
    q.lo |= !is_zero(n);
    return wide_normalize(q, exp, a.sign ^ b.sign);
}

struct wide wide_scale(struct wide a, s32 n)
{
    a.exp += n;
    return a;
}

struct wide wide_nudge(struct wide a, bool up)
{
    struct u128 one = { 0, 1 }; /* no carry out of the top: arguments have 66 bits, then zeros */
    return wide_normalize(up ? u128_add(a.mant, one) : u128_sub(a.mant, one), a.exp, a.sign);
}

struct fp80 wide_round(struct wide a, struct fp_env *env)
{
    if (is_zero(a.mant))
        return fp_zero(a.sign);
    a.mant.lo |= 1;
    return fp_round(a.sign, a.exp + EXP_BIAS, a.mant, 64, env);
}

struct wide wide_series(const struct u128 *c, unsigned stride, unsigned terms, struct wide z, bool alternate)
{
    u32 shift = (u32)(-1 - z.exp);
    struct u128 fraction = { 0, 0 }, sum = c[(terms - 1) * stride];
    if (!is_zero(z.mant) && shift < 128)
        fraction = u128_shr(z.mant, shift);
    for (unsigned k = terms - 1; k-- > 0;) {
        struct u128 more = multiply_high(sum, fraction);
        sum = alternate ? u128_sub(c[k * stride], more) : u128_add(c[k * stride], more);
    }
    return wide_normalize(sum, 0, 0);
}
