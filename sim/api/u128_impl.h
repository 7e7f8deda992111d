/* u128_impl.h - integers of 128 bits from what a 32-bit compiler has: no 64-bit division, either. */
#ifndef SIM_API_U128_IMPL_H
#define SIM_API_U128_IMPL_H

#include "sim/api/base.h"

struct u128 { u64 hi, lo; };

static inline unsigned u64_clz(u64 x) { return (unsigned)__builtin_clzll(x); }

static inline struct u128 u128_add(struct u128 a, struct u128 b)
{
    u64 lo = a.lo + b.lo;
    return (struct u128){ a.hi + b.hi + (lo < a.lo), lo };
}

static inline struct u128 u128_sub(struct u128 a, struct u128 b)
{
    return (struct u128){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

static inline bool u128_less(struct u128 a, struct u128 b)
{
    return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static inline struct u128 u128_shl(struct u128 a, unsigned n) /* n < 128 */
{
    if (n >= 64)
        return (struct u128){ a.lo << (n - 64), 0 };
    return n ? (struct u128){ a.hi << n | a.lo >> (64 - n), a.lo << n } : a;
}

static inline struct u128 u128_shr(struct u128 a, unsigned n) /* n < 128 */
{
    if (n >= 64)
        return (struct u128){ 0, a.hi >> (n - 64) };
    return n ? (struct u128){ a.hi >> n, a.lo >> n | a.hi << (64 - n) } : a;
}

/* To the right by any n >= 0; ones that are lost stay in the last bit. */
static inline struct u128 u128_shr_sticky(struct u128 a, u32 n)
{
    if (n >= 128)
        return (struct u128){ 0, (a.hi | a.lo) != 0 };
    struct u128 r = u128_shr(a, n), back = u128_shl(r, n);
    r.lo |= back.hi != a.hi || back.lo != a.lo;
    return r;
}

/* The same of a word with nothing behind it. */
static inline struct u128 u64_shr_sticky(u64 a, u32 n)
{
    if (n < 64)
        return (struct u128){ a >> n, n ? a << (64 - n) : 0 };
    return (struct u128){ 0, n < 128 ? a >> (n - 64) | (n > 64 && a << (128 - n)) : a != 0 };
}

static inline struct u128 u64_mul(u64 a, u64 b)
{
    u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
    u64 low = al * bl, mid = ah * bl + (low >> 32), mid2 = al * bh + (u32)mid;
    return (struct u128){ ah * bh + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (u32)low };
}

/* a / d; a.hi < d, d has its top bit set. */
u64 u128_div(struct u128 a, u64 d, u64 *rest);
/* The root of a, rounded down, and a - root^2; a.hi >= 2^62. */
u64 u128_sqrt(struct u128 a, struct u128 *rest);

#endif
