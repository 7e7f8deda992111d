/* fp80_gen.c - operands where arithmetic is decided: at the ends of the exponents, near halves and carries,
 * one beside the other; NaNs, unsupported formats and denormals often enough. */
#include <string.h>

#include "tests/silicon/fp80.h"

u64 fp_gen_u64(struct fp_gen *g) /* xorshift64* */
{
    g->state ^= g->state >> 12;
    g->state ^= g->state << 25;
    g->state ^= g->state >> 27;
    return g->state * 0x2545f4914f6cdd1dull;
}

static u32 below(struct fp_gen *g, u32 n) { return (u32)((fp_gen_u64(g) >> 32) * n >> 32); }
static u64 low_bits(struct fp_gen *g) { return ~0ull >> 1 >> below(g, 64); }

static u64 fraction(struct fp_gen *g)
{
    u64 r = fp_gen_u64(g);
    switch (below(g, 10)) {
    case 0: return 0;                                              /* a power of two */
    case 1: return ~0ull;
    case 2: return 1ull << below(g, 64);
    case 3: return ~(1ull << below(g, 64));
    case 4: return low_bits(g);                                    /* ones to the right */
    case 5: return ~low_bits(g);
    case 6: return (r & ~low_bits(g)) + (1ull << below(g, 64));    /* short, and one bit */
    case 7: return (r & ~low_bits(g)) - 1;
    default: return r;
    }
}

static u32 exponent(struct fp_gen *g)
{
    static const u16 edge[] = { 0, 1, 0x1fff, 0x3fff, 0x4000, 0x3ffe, 0x3fbf, 0x403e, 0x403d, 0x4000 + 62,
                                0x5fff, 0x7ffe, 0x7fff, 0x3f81, 0x3f69, 0x407e, 0x3c01, 0x3bcd, 0x43fe,
                                0x400e, 0x401e, 0x403a };
    switch (below(g, 8)) {
    case 0: return 0;
    case 1: return 0x7fff;
    case 2: return (u32)fp_gen_u64(g) & 0x7fff;
    case 3: return 0x3fff - 70 + below(g, 140);
    case 4: return below(g, 2) ? below(g, 70) : 0x7fff - below(g, 70);
    default: return (edge[below(g, COUNT(edge))] + below(g, 5) - 2) & 0x7fff;
    }
}

static struct fp80 number(struct fp_gen *g)
{
    struct fp80 n = { .mant = fraction(g), .se = (u16)(exponent(g) | below(g, 2) << 15) };
    if ((n.se & 0x7fff) && below(g, 16))
        n.mant |= 1ull << 63;
    return n;
}

/* Another number near a: at the same exponent or a few beside it, or half an exponent range away. */
static struct fp80 beside(struct fp_gen *g, struct fp80 a)
{
    struct fp80 b = number(g);
    switch (below(g, 6)) {
    case 0: b.se = (u16)((b.se & 0x8000) | ((a.se + below(g, 5) - 2) & 0x7fff)); break;
    case 1: b.se = (u16)((b.se & 0x8000) | ((a.se + below(g, 140) - 70) & 0x7fff)); break;
    case 2: b.se = (u16)((b.se & 0x8000) | ((0x7ffe - a.se + below(g, 5) - 2) & 0x7fff)); break;
    case 3: b.se = (u16)((b.se & 0x8000) | (a.se & 0x7fff)); b.mant = a.mant + below(g, 5) - 2; break;
    default: break;
    }
    if ((b.se & 0x7fff) && below(g, 16))
        b.mant |= 1ull << 63;
    return b;
}

static u64 memory_word(struct fp_gen *g)
{
    u64 r = fraction(g);
    switch (below(g, 8)) {
    case 0: return r & 0x807fffff807fffffull;                           /* f32 denormals */
    case 1: return r | 0x7f8000007f800000ull;                           /* f32 NaNs */
    case 2: return r & 0x800fffffffffffffull;
    case 3: return r | 0x7ff0000000000000ull;
    default: return r;
    }
}

static bool is_special(struct fp80 a) { return (a.se & 0x7fff) == 0x7fff || !(a.se & 0x7fff); }

/* F2XM1 and FYL2XP1 take only small arguments. */
static void into_range(struct fp_gen *g, struct fp80 *a)
{
    if (!is_special(*a) && (a->se & 0x7fff) >= 0x3ffe)
        a->se = (u16)((a->se & 0x8000) | (0x3ffe - below(g, below(g, 2) ? 4 : 200)));
}

bool fp_is_defined(const struct fp_op *op, const struct fp_case *c)
{
    u32 exp = c->a.se & 0x7fff;
    if (exp == 0x7fff)
        return !!strcmp(op->name, "fyl2xp1") || c->a.mant != 1ull << 63 || !(c->a.se >> 15);
    if (!strcmp(op->name, "f2xm1"))
        return exp < 0x3fff || (exp == 0x3fff && c->a.mant <= 1ull << 63);
    if (!strcmp(op->name, "fyl2xp1")) /* 1 - sqrt 1/2 */
        return exp < 0x3ffd || (exp == 0x3ffd && c->a.mant < 0x95f619980c4336f7ull);
    return true;
}

void fp_gen_case(struct fp_gen *g, const struct fp_op *op, struct fp_case *c)
{
    static const u8 one_open[] = { 0x3e, 0x3d, 0x3b, 0x37, 0x2f, 0x1f, 0x0f, 0x00 };
    memset(c, 0, sizeof(*c));
    c->a = number(g);
    c->b = beside(g, c->a);
    c->memory = memory_word(g);
    for (unsigned i = 0; i < 10; i++)
        c->bcd[i] = (u8)(below(g, 10) << 4 | below(g, 10));
    unsigned masks = below(g, 4) ? 0x3f : below(g, 2) ? one_open[below(g, 8)] : below(g, 64);
    c->cw = (u16)(masks | 0x40 | below(g, 4) << 8 | below(g, 4) << 10);
    if (!strcmp(op->name, "f2xm1") || !strcmp(op->name, "fyl2xp1"))
        into_range(g, &c->a);
    else if (op->approximate && below(g, 2)) /* angles and ratios that are neither tiny nor huge */
        c->a.se = (u16)((c->a.se & 0x8000) | (0x3fff - 8 + below(g, 80)));
    if (!strcmp(op->name, "fyl2x") && below(g, 8))
        c->a.se &= 0x7fff;
}
