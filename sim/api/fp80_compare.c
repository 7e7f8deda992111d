/* fp80_compare.c - FCOM and FUCOM; FXAM's classes are in fp80_round.c.  SDM 2 FCOM, FUCOM */
#include "sim/api/fp80_impl.h"

static enum fp_order reverse_if(u32 sign, bool less)
{
    return less != (sign != 0) ? FP_LESS : FP_GREATER;
}

static enum fp_order order_parts(struct parts x, struct parts y)
{
    if (x.sign != y.sign)
        return x.sign ? FP_LESS : FP_GREATER;
    if (x.exp != y.exp)
        return reverse_if(x.sign, x.exp < y.exp);
    return x.mant == y.mant ? FP_EQUAL : reverse_if(x.sign, x.mant < y.mant);
}

/* Infinities have the largest exponent: they compare as numbers do. */
static enum fp_order order(struct fp80 a, struct fp80 b)
{
    bool zero_a = fp_is(a, FP_CLASS_ZERO), zero_b = fp_is(b, FP_CLASS_ZERO);
    if (zero_a && zero_b)
        return FP_EQUAL;
    if (zero_a || zero_b)
        return reverse_if(fp_sign(zero_a ? b : a), zero_a);
    return order_parts(fp_unpack(a), fp_unpack(b));
}

enum fp_order fp80_compare(struct fp80 a, struct fp80 b, bool quiet, struct fp_env *env)
{
    struct fp80 nan;
    env->up = 0;
    if (fp_is_normal(a) && fp_is_normal(b))
        return order_parts(fp_parts(a), fp_parts(b));
    if (fp_nan2(a, b, &nan, env)) {
        if (!quiet)
            (void)fp_raise(env, FP_IE);
        return FP_UNORDERED;
    }
    (void)fp_denormal2(a, b, env);
    return order(a, b);
}
