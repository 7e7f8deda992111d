/* fp80_trans_impl.h - numbers of 128 bits, on which transcendental functions are computed.
 *
 * A wide number is mant / 2^127 x 2^exp with mant's top bit set, or zero with mant zero.  Operations
 * truncate: an error of some 2^-126 each, of 2^-120 in a function, where rounding looks at 2^-64. */
#ifndef SIM_API_FP80_TRANS_IMPL_H
#define SIM_API_FP80_TRANS_IMPL_H

#include "sim/api/fp80_impl.h"

struct wide { struct u128 mant; s32 exp; u32 sign; };

/* Below it f(x) = x or 1 to more than 120 bits, and only the side on which f lies is of interest. */
enum { WIDE_TINY = -60 };
#define WIDE_ONE ((struct wide){ { TOP_BIT, 0 }, 0, 0 })

struct wide wide_from(struct fp80 a);                       /* finite */
struct wide wide_from_int(s32 value);
struct wide wide_normalize(struct u128 mant, s32 exp, u32 sign);
struct wide wide_add(struct wide a, struct wide b);
struct wide wide_sub(struct wide a, struct wide b);
struct wide wide_mul(struct wide a, struct wide b);
struct wide wide_div(struct wide a, struct wide b);         /* b not zero; last bit sticky */
struct wide wide_scale(struct wide a, s32 n);               /* times 2^n */
struct wide wide_nudge(struct wide a, bool up);             /* to the neighbour, in magnitude */
/* The rounded result; #P in any case, for no caller's result is a number of 64 bits. */
struct fp80 wide_round(struct wide a, struct fp_env *env);

/* c[0] - z c[stride] + z^2 c[2 stride] ..., or with plus signs; z in [0, 1).  Twice what the tables say: they
 * hold half of each coefficient. */
struct wide wide_series(const struct u128 *c, unsigned stride, unsigned terms, struct wide z, bool alternate);
extern const struct u128 wide_factorial[35], wide_odd[26], wide_atan[17];

#endif
