/* fp80.h - arithmetic on the 80-bit extended-real format, bit for bit as the x87 does it.
 *
 * Integer arithmetic only: the host's floating point is never asked, so a world computes the same on
 * every computer.  Pure functions of their arguments and *env.                     SDM 1 4.2, 4.8, 8.5
 *
 *  79 78          64 63 62                                0
 * +--+--------------+--+-----------------------------------+
 * | s|   exponent   | J|             fraction              |   J: the integer bit, explicit
 * +--+--------------+--+-----------------------------------+
 *
 * Exponent != 0 with J = 0 (unnormal, pseudo-NaN, pseudo-infinity) is an unsupported operand: #IA.
 * Exponent 0 with J = 1 (pseudo-denormal) counts as a denormal with exponent 1. */
#ifndef SIM_API_FP80_H
#define SIM_API_FP80_H

#include "sim/api/base.h"

struct fp80 { u64 mant; u16 se; /* sign and exponent */ u16 pad[3]; /* zero */ };

/* The low six bits of the status word; the masks of the control word stand at the same places. */
enum fp_exception { FP_IE = 1, FP_DE = 2, FP_ZE = 4, FP_OE = 8, FP_UE = 16, FP_PE = 32,
                    FP_STACK = 64 /* SF: with IE, a stack fault */ };
enum fp_rounding { FP_NEAREST = 0, FP_DOWN = 1, FP_UP = 2, FP_CHOP = 3 };       /* CW.RC */
enum fp_precision { FP_SINGLE = 0, FP_DOUBLE = 2, FP_EXTENDED = 3 };            /* CW.PC; 1 as 3 */

struct fp_env {
    u8 masks;     /* in: FP_ bits masked (CW 5:0) */
    u8 rounding;  /* in */
    u8 precision; /* in: what add, sub, mul, div and sqrt round to */
    u8 flags;     /* out, or-ed: exceptions found */
    u8 up;        /* out: 1 when the last result was rounded up in magnitude (C1) */
};

/* The result is the masked response of SDM 1 8.5.  With an unmasked #IA, #Z or #D nothing is to be stored:
 * the caller sees it in flags & ~masks and drops the result.  Unmasked #O and #U give the result with its
 * exponent wrapped by 24576 (8.5.4, 8.5.5), fit for a register destination; #U unmasked is raised for
 * every tiny result, masked only when it is inexact, too. */
struct fp80 fp80_add(struct fp80 a, struct fp80 b, struct fp_env *env);
struct fp80 fp80_sub(struct fp80 a, struct fp80 b, struct fp_env *env);
struct fp80 fp80_mul(struct fp80 a, struct fp80 b, struct fp_env *env);
struct fp80 fp80_div(struct fp80 a, struct fp80 b, struct fp_env *env);
struct fp80 fp80_sqrt(struct fp80 a, struct fp_env *env);
struct fp80 fp80_rndint(struct fp80 a, struct fp_env *env);
struct fp80 fp80_scale(struct fp80 a, struct fp80 b, struct fp_env *env);
/* FXTRACT: the significand is returned, *exponent is the other half. */
struct fp80 fp80_xtract(struct fp80 a, struct fp80 *exponent, struct fp_env *env);
/* FPREM (nearest false) and FPREM1 (true).  *quotient: its low three bits; *partial: C2, go on. */
struct fp80 fp80_rem(struct fp80 a, struct fp80 b, bool nearest, unsigned *quotient, bool *partial,
                     struct fp_env *env);

enum fp_order { FP_GREATER, FP_LESS, FP_EQUAL, FP_UNORDERED };
/* quiet (FUCOM): a QNaN raises nothing.  Otherwise any NaN raises #IA. */
enum fp_order fp80_compare(struct fp80 a, struct fp80 b, bool quiet, struct fp_env *env);

/* Memory formats.  Loads of f32 and f64 raise #D and quiet a signalling NaN with #IA; integers load
 * exactly.  Stores round by env->rounding; to an integer out of range: #IA and the indefinite value.
 * For f32 and f64, *stored is false when an unmasked #O or #U forbids the store. */
struct fp80 fp80_from_f32(u32 value, struct fp_env *env);
struct fp80 fp80_from_f64(u64 value, struct fp_env *env);
struct fp80 fp80_from_int(s64 value);
u32 fp80_to_f32(struct fp80 a, bool *stored, struct fp_env *env);
u64 fp80_to_f64(struct fp80 a, bool *stored, struct fp_env *env);
s64 fp80_to_int(struct fp80 a, unsigned bytes /* 2, 4, 8 */, struct fp_env *env);
struct fp80 fp80_from_bcd(const u8 bytes[10]);
void fp80_to_bcd(struct fp80 a, u8 bytes[10], struct fp_env *env);

/* Transcendentals (fp80_trig.c, fp80_atan.c, fp80_log.c): computed to 120 bits, then rounded once;
 * docs/x87.md says how far that is from silicon.  *partial: |a| >= 2^63, nothing done (C2). */
struct fp80 fp80_sin(struct fp80 a, bool *partial, struct fp_env *env);
struct fp80 fp80_cos(struct fp80 a, bool *partial, struct fp_env *env);
struct fp80 fp80_tan(struct fp80 a, bool *partial, struct fp_env *env);
struct fp80 fp80_atan2(struct fp80 y, struct fp80 x, struct fp_env *env);   /* FPATAN: y is ST(1) */
struct fp80 fp80_2xm1(struct fp80 a, struct fp_env *env);
struct fp80 fp80_yl2x(struct fp80 y, struct fp80 x, struct fp_env *env);    /* FYL2X: y is ST(1) */
struct fp80 fp80_yl2xp1(struct fp80 y, struct fp80 x, struct fp_env *env);

/* FLD1 FLDL2T FLDL2E FLDPI FLDLG2 FLDLN2 FLDZ, by the low three opcode bits; rounded by RC (8.3.8). */
struct fp80 fp80_constant(unsigned which, enum fp_rounding rounding);

/* Classes, for FXAM, tags and checks. */
enum fp_class { FP_CLASS_UNSUPPORTED, FP_CLASS_NAN, FP_CLASS_NORMAL, FP_CLASS_INFINITY, FP_CLASS_ZERO,
                FP_CLASS_EMPTY /* never returned: FXAM's code */, FP_CLASS_DENORMAL };
enum fp_class fp80_class(struct fp80 a);
static inline struct fp80 fp80_indefinite(void)
{
    return (struct fp80){ .mant = 0xc000000000000000ull, .se = 0xffff };
}

#endif
