/* u128.c - quotients and roots of 128-bit integers, from 32-bit divisions. */
#include "sim/api/u128_impl.h"

/* hi:lo / d for 32-bit halves, hi < d, d's top bit set: two digits of 16 bits, each estimated from the
 * divisor's upper half and at most two too large (Knuth 4.3.1 D). */
static u32 digit(u32 hi, u32 lo16, u32 d)
{
    u32 q = hi / (d >> 16), rest = hi % (d >> 16);
    while (q >> 16 || q * (d & 0xffff) > (rest << 16 | lo16)) {
        q--;
        rest += d >> 16;
        if (rest >> 16)
            break;
    }
    return q;
}

static u32 divide_64_32(u64 a, u32 d, u32 *rest)
{
    u32 hi = (u32)(a >> 32), lo = (u32)a;
    u32 q1 = digit(hi, lo >> 16, d);
    u32 middle = (hi << 16 | lo >> 16) - q1 * d;
    u32 q0 = digit(middle, lo & 0xffff, d);
    *rest = (middle << 16 | (lo & 0xffff)) - q0 * d;
    return q1 << 16 | q0;
}

/* The same one size up: hi < d, one digit of 32 bits. */
static u32 wide_digit(u64 hi, u32 lo32, u64 d)
{
    u32 d1 = (u32)(d >> 32), d0 = (u32)d, rest;
    u64 q, left;
    if (hi >> 32 >= d1) { /* the estimate would not fit: it is the largest digit, or less */
        q = 0xffffffffu;
        left = hi - q * d1;
    } else {
        q = divide_64_32(hi, d1, &rest);
        left = rest;
    }
    while (!(left >> 32) && q * d0 > (left << 32 | lo32)) {
        q--;
        left += d1;
    }
    return (u32)q;
}

u64 u128_div(struct u128 a, u64 d, u64 *rest)
{
    u64 q1 = wide_digit(a.hi, (u32)(a.lo >> 32), d);
    u64 middle = (a.hi << 32 | a.lo >> 32) - q1 * d;
    u64 q0 = wide_digit(middle, (u32)a.lo, d);
    *rest = (middle << 32 | (u32)a.lo) - q0 * d;
    return q1 << 32 | q0;
}

/* Bit by bit: a 32-bit root. */
static u32 root64(u64 a, u64 *rest)
{
    u64 root = 0;
    for (u64 bit = 1ull << 62; bit; bit >>= 2) {
        bool one = a >= root + bit;
        a -= one ? root + bit : 0;
        root = root >> 1 | (one ? bit : 0);
    }
    *rest = a;
    return (u32)root;
}

/* The upper half's root s and rest r give the lower half by one division (Zimmermann, Karatsuba Square
 * Root): q = (r 2^32 + the next 32 bits) / 2s, which is too large by one at most. */
u64 u128_sqrt(struct u128 a, struct u128 *rest)
{
    u64 r, left;
    u64 s = root64(a.hi, &r);
    u64 twice = u128_div((struct u128){ r, a.lo & 0xffffffff00000000ull }, s << 32, &left);
    u64 q = twice >> 1, root = (s << 32) + q, u = (left >> 32) + (twice & 1 ? s : 0);
    struct u128 left128 = { u >> 32, u << 32 | (u32)a.lo }, square = u64_mul(q, q);
    if (u128_less(left128, square)) {
        root--;
        left128 = u128_add(left128, (struct u128){ root >> 63, root << 1 | 1 });
    }
    *rest = u128_sub(left128, square);
    return root;
}
