/* fp80_impl.h - what the files fp80_*.c share: operands taken apart, NaNs, the one rounding.
 *
 * A finite operand that is not zero is sign, exponent and a significand with its top bit set; a denormal's
 * exponent is then below 1.  Results are rounded from 128 bits, the last of which may be sticky. */
#ifndef SIM_API_FP80_IMPL_H
#define SIM_API_FP80_IMPL_H

#include "sim/api/fp80.h"
#include "sim/api/u128_impl.h"

enum { EXP_BIAS = 0x3fff, EXP_MAX = 0x7fff, EXP_WRAP = 24576 };
#define SIGN_BIT 0x8000u
#define TOP_BIT 0x8000000000000000ull
#define QUIET_BIT 0x4000000000000000ull

struct parts { u64 mant; s32 exp; u32 sign; };

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

/* The common case: neither zero nor special nor denormal. */
static inline bool fp_is_normal(struct fp80 a)
{
    return (a.se & EXP_MAX) - 1u < EXP_MAX - 1u && a.mant >> 63;
}

static inline struct parts fp_parts(struct fp80 normal)
{
    return (struct parts){ normal.mant, normal.se & EXP_MAX, fp_sign(normal) };
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
