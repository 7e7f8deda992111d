/* fp80_impl.h - what the files fp80_*.c share: 128-bit integers, operands taken apart, the one rounding.
 *
 * A finite operand that is not zero is sign, exponent and a significand with its top bit set; a denormal's
 * exponent is then below 1.  Results are rounded from 128 bits, the last of which may be sticky. */
#ifndef SIM_API_FP80_IMPL_H
#define SIM_API_FP80_IMPL_H

#include "sim/api/fp80.h"

enum { EXP_BIAS = 0x3fff, EXP_MAX = 0x7fff, EXP_WRAP = 24576 };
#define SIGN_BIT 0x8000u
#define TOP_BIT 0x8000000000000000ull
#define QUIET_BIT 0x4000000000000000ull

struct u128 { u64 hi, lo; };
struct parts { u64 mant; s32 exp; u32 sign; };

static inline unsigned fp_clz(u64 x) { return (unsigned)__builtin_clzll(x); }

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

static inline struct fp80 fp_pack(u32 sign, u32 exp, u64 mant)
{
    return (struct fp80){ .mant = mant, .se = (u16)(sign | exp) };
}

static inline struct fp80 fp_infinity(u32 sign) { return fp_pack(sign, EXP_MAX, TOP_BIT); }
static inline struct fp80 fp_zero(u32 sign) { return fp_pack(sign, 0, 0); }
static inline u32 fp_sign(struct fp80 a) { return a.se & SIGN_BIT; }
static inline bool fp_is(struct fp80 a, enum fp_class c) { return fp80_class(a) == c; }

/* Note exceptions; true when one of them is not masked. */
static inline bool fp_raise(struct fp_env *env, u32 flags)
{
    env->flags |= (u8)flags;
    return (flags & ~(u32)env->masks) != 0;
}

static inline struct fp80 fp_invalid(struct fp_env *env)
{
    (void)fp_raise(env, FP_IE);
    return fp80_indefinite();
}

struct parts fp_unpack(struct fp80 a);      /* finite, not zero */
/* A NaN or an unsupported operand decides the result: true, and *result is it.  SDM 1 table 4-7. */
bool fp_nan1(struct fp80 a, struct fp80 *result, struct fp_env *env);
bool fp_nan2(struct fp80 a, struct fp80 b, struct fp80 *result, struct fp_env *env);
/* Raise #D for a denormal among the operands: true when it is not masked. */
bool fp_denormal1(struct fp80 a, struct fp_env *env);
bool fp_denormal2(struct fp80 a, struct fp80 b, struct fp_env *env);
/* Is kept (its last bit in lsb) to be incremented?  rest: what follows it, 2^63 is half its last bit. */
bool fp_rounds_up(u32 rounding, u32 sign, bool lsb, u64 rest);
/* The number mant (top bit set) x 2^(exp - bias), rounded to so many bits: masked and unmasked responses. */
struct fp80 fp_round(u32 sign, s32 exp, struct u128 mant, unsigned bits, struct fp_env *env);
unsigned fp_bits(const struct fp_env *env);  /* 24, 53 or 64: precision control */

#endif
