#include "tui/float_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIAS = 16383, TOP_EXPONENT = 0x7fff };
#define INTEGER_BIT (1ull << 63)

const char *float_decimal(struct fp80 v, char out[48])
{
    bool minus = v.se & 0x8000;
    switch (fp80_class(v)) {
    case FP_CLASS_UNSUPPORTED: return "unsupported";
    case FP_CLASS_NAN: return v.mant & 1ull << 62 ? "qnan" : "snan";
    case FP_CLASS_INFINITY: return minus ? "-inf" : "+inf";
    case FP_CLASS_ZERO: return minus ? "-0" : "+0";
    default: break;
    }
    int exponent = (v.se & 0x7fff) ? (v.se & 0x7fff) : 1;
    long double value = ldexpl((long double)v.mant, exponent - BIAS - 63);
    snprintf(out, 48, "%+.20Lg", minus ? -value : value);
    return out;
}

/* The 80 bits as the view prints them. */
static bool parse_bits(const char *text, struct fp80 *out)
{
    char exponent[5] = "";
    const char *digits = "0123456789abcdefABCDEF";
    if (strlen(text) != 22 || strncmp(text, "0x", 2) != 0 || text[2 + strspn(text + 2, digits)])
        return false;
    memcpy(exponent, text + 2, 4);
    *out = (struct fp80){ .mant = strtoull(text + 6, NULL, 16), .se = (u16)strtoul(exponent, NULL, 16) };
    return true;
}

static struct fp80 from_host(long double value)
{
    struct fp80 r = { .mant = 0, .se = 0 };
    int exponent;
    if (isnan(value))
        r = (struct fp80){ .mant = 3ull << 62, .se = TOP_EXPONENT };
    else if (isinf(value))
        r = (struct fp80){ .mant = INTEGER_BIT, .se = TOP_EXPONENT };
    else if (value != 0) { /* a fraction in [0.5, 1) times 2^exponent */
        long double fraction = frexpl(fabsl(value), &exponent);
        int biased = exponent - 1 + BIAS, shift = biased < 1 ? 1 - biased : 0; /* a denormal */
        r.mant = (u64)ldexpl(fraction, 64 - shift);
        r.se = (u16)(shift ? 0 : biased);
    }
    r.se |= signbit(value) ? 0x8000 : 0;
    return r;
}

bool float_parse(const char *text, struct fp80 *out)
{
    char *end;
    const char *digits = text + (*text == '-' || *text == '+');
    if (parse_bits(text, out))
        return true;
    bool is_word = strncmp(digits, "inf", 3) == 0 || strncmp(digits, "nan", 3) == 0;
    bool is_hex = digits[0] == '0' && tolower((unsigned char)digits[1]) == 'x'; /* an expression's */
    if (is_hex || (!is_word && !isdigit((unsigned char)*digits) && *digits != '.'))
        return false;
    long double value = strtold(text, &end);
    if (end == text || *end)
        return false;
    *out = from_host(value);
    return true;
}

struct fp80 float_from_integer(u64 value)
{
    int exponent = BIAS + 63;
    if (!value)
        return (struct fp80){ .mant = 0, .se = 0 };
    for (; !(value & INTEGER_BIT); value <<= 1)
        exponent--;
    return (struct fp80){ .mant = value, .se = (u16)exponent };
}
