/* The coefficients of sim/api/fp80_tables.c, computed again: fractions of 256 bits, multiplied and divided by small
 * integers, then rounded to 128. */
#include "tests/unit/unit.h"

#include "sim/api/fp80_trans_impl.h"

enum { LIMBS = 9 };                                 /* the first one holds carries */
struct big { u32 limb[LIMBS]; };                    /* value / 2, times 2^256 */

static struct big big_one(void) { return (struct big){ { 0, 0x80000000u } }; }

static void scale(struct big *x, u32 by, u32 divisor)
{
    u64 carry = 0, rest = 0;
    for (unsigned i = LIMBS; i-- > 0; carry >>= 32) {
        carry += (u64)x->limb[i] * by;
        x->limb[i] = (u32)carry;
    }
    for (unsigned i = 0; i < LIMBS; i++) {
        rest = rest << 32 | x->limb[i];
        x->limb[i] = (u32)(rest / divisor);
        rest %= divisor;
    }
}

static void add(struct big *x, const struct big *y)
{
    u64 carry = 0;
    for (unsigned i = LIMBS; i-- > 0; carry >>= 32) {
        carry += (u64)x->limb[i] + y->limb[i];
        x->limb[i] = (u32)carry;
    }
}

static bool is_zero(const struct big *x)
{
    u32 any = 0;
    for (unsigned i = 0; i < LIMBS; i++)
        any |= x->limb[i];
    return any == 0;
}

/* To the nearest of 128 bits. */
static bool is_rounded(struct u128 table, const struct big *x)
{
    struct u128 r = { (u64)x->limb[1] << 32 | x->limb[2], (u64)x->limb[3] << 32 | x->limb[4] };
    r = u128_add(r, (struct u128){ 0, x->limb[5] >> 31 });
    return r.hi == table.hi && r.lo == table.lo;
}

static void factorials(void)
{
    struct big x = big_one();
    for (u32 k = 0; k < COUNT(wide_factorial); k++) {
        scale(&x, 1, k ? k : 1);
        CU_ASSERT(is_rounded(wide_factorial[k], &x));
    }
}

static void odd_reciprocals(void)
{
    for (u32 k = 0; k < COUNT(wide_odd); k++) {
        struct big x = big_one();
        scale(&x, 1, 2 * k + 1);
        CU_ASSERT(is_rounded(wide_odd[k], &x));
    }
}

/* Euler's series, all of it positive: t(0) = x / (1 + x^2), t(n) = t(n-1) 2n / (2n+1) x^2 / (1 + x^2). */
static void arctangents(void)
{
    for (u32 i = 0; i < COUNT(wide_atan); i++) {
        struct big term = big_one(), sum = { { 0 } };
        scale(&term, 16 * i, 256 + i * i);
        for (u32 n = 1; !is_zero(&term); n++) {
            add(&sum, &term);
            scale(&term, 2 * n, 2 * n + 1);
            scale(&term, i * i, 256 + i * i);
        }
        CU_ASSERT(is_rounded(wide_atan[i], &sum));
    }
}

static const struct unit_case cases[] = {
    { "1/k!", factorials },
    { "1/(2k+1)", odd_reciprocals },
    { "atan(i/16)", arctangents },
};

UNIT_MAIN("tables of the transcendentals", cases)
