/* The arithmetic of the x87 by the manual's tables: special operands as grids, then rounding, the masked and
 * unmasked responses, the memory formats, known values: one row a case.  Random operands are judged by the
 * host's own FPU, in tests/silicon/fp80. */
#include <string.h>

#include "sim/api/fp80.h"
#include "tests/unit/unit.h"

#define N(se_, mant_) { .mant = mant_##ull, .se = se_ }
#define ZERO N(0, 0)
#define MINUS_ZERO N(0x8000, 0)
#define ONE N(0x3fff, 0x8000000000000000)
#define TWO N(0x4000, 0x8000000000000000)
#define THREE N(0x4000, 0xc000000000000000)
#define HALF N(0x3ffe, 0x8000000000000000)
#define MINUS_ONE N(0xbfff, 0x8000000000000000)
#define INF N(0x7fff, 0x8000000000000000)
#define MINUS_INF N(0xffff, 0x8000000000000000)
#define INDEFINITE N(0xffff, 0xc000000000000000)
#define MOST N(0x7ffe, 0xffffffffffffffff)
#define LEAST N(1, 0x8000000000000000) /* of the normal numbers */
#define DENORMAL N(0, 0x0000000000000003)

enum { NEAREST = 0, DOWN = 0x400, UP = 0x800, CHOP = 0xc00, PC24 = 0x000, PC53 = 0x200, PC64 = 0x300,
       NORMAL = 0x33f, C1 = 0x100 /* beside the exceptions */,
       IE = FP_IE, DE = FP_DE, ZE = FP_ZE, OE = FP_OE, UE = FP_UE, PE = FP_PE };

typedef struct fp80 two(struct fp80 a, struct fp80 b, struct fp_env *env);

static struct fp_env env_of(unsigned cw)
{
    return (struct fp_env){ .masks = cw & 0x3f, .rounding = cw >> 10 & 3, .precision = cw >> 8 & 3 };
}

static unsigned found(const struct fp_env *e) { return e->flags | (e->up ? C1 : 0); }
static bool same(struct fp80 a, struct fp80 b) { return a.se == b.se && a.mant == b.mant; }

static struct fp80 prem(struct fp80 a, struct fp80 b, struct fp_env *env)
{
    unsigned q;
    bool partial;
    return fp80_rem(a, b, false, &q, &partial, env);
}

/* One operand; the other is not looked at. */
#define UNARY(name, call) \
    static struct fp80 name(struct fp80 a, struct fp80 b, struct fp_env *env) \
    { \
        bool partial = false; \
        (void)b, (void)partial; \
        return call; \
    }
UNARY(root, fp80_sqrt(a, env))
UNARY(rndint, fp80_rndint(a, env))
UNARY(exp2m1, fp80_2xm1(a, env))
UNARY(sine, fp80_sin(a, &partial, env))
UNARY(cosine, fp80_cos(a, &partial, env))
UNARY(tangent, fp80_tan(a, &partial, env))

/* ---- the manual's grids of special operands ---- */

static const struct fp80 operand[6] = { MINUS_INF, N(0xbfff, 0xc000000000000000), MINUS_ZERO,
                                        ZERO, N(0x3fff, 0xc000000000000000), INF };

/* Rows: the first operand -I -F -0 +0 +F +I, F is 1.5; columns: the second.
 * I infinity, F another number, * invalid, Z division by zero, which gives an infinity. */
static const struct grid { const char *name; two *function; const char *cells; } grids[] = {
    { "FADD", fp80_add, "-I -I -I -I -I *   -I -F -F -F +0 +I  -I -F -0 +0 +F +I"
                        "  -I -F +0 +0 +F +I  -I +0 +F +F +F +I  *  +I +I +I +I +I" },
    { "FSUB", fp80_sub, "*  -I -I -I -I -I  +I +0 -F -F -F -I  +I +F +0 -0 -F -I"
                        "  +I +F +0 +0 -F -I  +I +F +F +F +0 -I  +I +I +I +I +I *" },
    { "FMUL", fp80_mul, "+I +I *  *  -I -I  +I +F +0 -0 -F -I  *  +0 +0 -0 -0 *"
                        "  *  -0 -0 +0 +0 *   -I -F -0 +0 +F +I  -I -I *  *  +I +I" },
    { "FDIV", fp80_div, "*  +I +I -I -I *   +0 +F Z+ Z- -F -0  +0 +0 *  *  -0 -0"
                        "  -0 -0 *  *  +0 +0  -0 -F Z- Z+ +F +0  *  -I -I +I +I *" },
    { "FPREM", prem, "*  *  *  *  *  *   -F -0 *  *  -0 -F  -0 -0 *  *  -0 -0"
                     "  +0 +0 *  *  +0 +0  +F +0 *  *  +0 +F  *  *  *  *  *  *" },
    { "FSCALE", fp80_scale, "*  -I -I -I -I -I  -0 -F -F -F -F -I  -0 -0 -0 -0 -0 *"
                            "  +0 +0 +0 +0 +0 *   +0 +F +F +F +F +I  *  +I +I +I +I +I" },
    { "FPATAN", fp80_atan2, "-F -F -F -F -F -F  -F -F -F -F -F -0  -F -F -F -0 -0 -0"
                            "  +F +F +F +0 +0 +0  +F +F +F +F +F +0  +F +F +F +F +F +F" },
    { "FYL2X", fp80_yl2x, "*  *  +I +I -I -I  *  *  Z+ Z+ -F -I  *  *  *  *  -0 *"
                          "  *  *  *  *  +0 *   *  *  Z- Z- +F +I  *  *  -I -I +I +I" },
    { "FSQRT", root, "*  *  *  *  *  *   *  *  *  *  *  *   -0 -0 -0 -0 -0 -0"
                     "  +0 +0 +0 +0 +0 +0  +F +F +F +F +F +F  +I +I +I +I +I +I" },
    { "FRNDINT", rndint, "-I -I -I -I -I -I  -F -F -F -F -F -F  -0 -0 -0 -0 -0 -0"
                         "  +0 +0 +0 +0 +0 +0  +F +F +F +F +F +F  +I +I +I +I +I +I" },
    { "FSIN", sine, "*  *  *  *  *  *   -F -F -F -F -F -F  -0 -0 -0 -0 -0 -0"
                    "  +0 +0 +0 +0 +0 +0  +F +F +F +F +F +F  *  *  *  *  *  *" },
    { "FCOS", cosine, "*  *  *  *  *  *   +F +F +F +F +F +F  +F +F +F +F +F +F"
                      "  +F +F +F +F +F +F  +F +F +F +F +F +F  *  *  *  *  *  *" },
    { "FPTAN", tangent, "*  *  *  *  *  *   -F -F -F -F -F -F  -0 -0 -0 -0 -0 -0"
                        "  +0 +0 +0 +0 +0 +0  +F +F +F +F +F +F  *  *  *  *  *  *" },
};

static void describe(struct fp80 r, const struct fp_env *e, char text[3])
{
    char sign = r.se >> 15 ? '-' : '+';
    enum fp_class c = fp80_class(r);
    if (e->flags & (FP_IE | FP_ZE)) {
        bool invalid = e->flags & FP_IE;
        text[0] = invalid ? '*' : 'Z';
        text[1] = invalid ? 0 : c == FP_CLASS_INFINITY ? sign : '?';
        CU_ASSERT(!invalid || same(r, fp80_indefinite()));
    } else {
        text[0] = sign;
        text[1] = c == FP_CLASS_INFINITY ? 'I' : c == FP_CLASS_ZERO ? '0' : c == FP_CLASS_NORMAL ? 'F' : '?';
    }
    text[2] = 0;
}

static void test_grids(void)
{
    for (const struct grid *g = grids; g < grids + COUNT(grids); g++) {
        const char *at = g->cells;
        for (unsigned i = 0; i < 36; i++) {
            struct fp_env e = env_of(NORMAL);
            char got[3], want[3] = "";
            int used = 0;
            CU_ASSERT_EQUAL_FATAL(sscanf(at, "%2s%n", want, &used), 1);
            at += used;
            describe(g->function(operand[i / 6], operand[i % 6], &e), &e, got);
            if (strcmp(got, want))
                printf("\n%s row %u column %u: %s, not %s", g->name, i / 6, i % 6, got, want);
            CU_ASSERT_STRING_EQUAL(got, want);
        }
    }
}

/* ---- cases with their exceptions ---- */

struct row { const char *what; two *function; struct fp80 a, b; unsigned cw; struct fp80 result; unsigned flags; };

static void check_rows(const struct row *rows, unsigned count)
{
    for (const struct row *r = rows; r < rows + count; r++) {
        struct fp_env e = env_of(r->cw);
        struct fp80 got = r->function(r->a, r->b, &e);
        bool good = same(got, r->result) && found(&e) == r->flags;
        if (!good)
            printf("\n%s: %04x:%016llx flags %03x", r->what, got.se, (unsigned long long)got.mant, found(&e));
        CU_ASSERT(good);
    }
}

/* SDM 1 table 4-7; 4.8.3.4, 8.2.2 */
static void test_nan(void)
{
    static const struct row rows[] = {
        { "QNaN and a number", fp80_add, ONE, N(0xffff, 0xc000000000000005), NORMAL,
          N(0xffff, 0xc000000000000005), 0 },
        { "SNaN and a number", fp80_sub, N(0x7fff, 0x8000000000000005), ONE, NORMAL,
          N(0x7fff, 0xc000000000000005), IE },
        { "SNaN and QNaN", fp80_mul, N(0x7fff, 0xbfffffffffffffff), N(0x7fff, 0xc000000000000001), NORMAL,
          N(0x7fff, 0xc000000000000001), IE },
        { "two QNaNs", fp80_div, N(0x7fff, 0xc000000000000001), N(0xffff, 0xc000000000000002), NORMAL,
          N(0xffff, 0xc000000000000002), 0 },
        { "two SNaNs", fp80_add, N(0xffff, 0x8000000000000001), N(0x7fff, 0x8000000000000002), NORMAL,
          N(0x7fff, 0xc000000000000002), IE },
        { "NaNs that differ in sign", fp80_add, N(0xffff, 0xc000000000000001), N(0x7fff, 0xc000000000000001),
          NORMAL, N(0x7fff, 0xc000000000000001), 0 },
        { "QNaN and a denormal", fp80_add, N(0x7fff, 0xc000000000000001), DENORMAL, NORMAL,
          N(0x7fff, 0xc000000000000001), 0 },
        { "an unnormal", fp80_add, N(0x4000, 0x4000000000000000), ONE, NORMAL, INDEFINITE, IE },
        { "a pseudo-infinity and a NaN", fp80_add, N(0x7fff, 0), N(0x7fff, 0xc000000000000001), NORMAL,
          INDEFINITE, IE },
        { "a pseudo-NaN", root, N(0x7fff, 0x4000000000000000), ZERO, NORMAL, INDEFINITE, IE },
        { "a pseudo-denormal is the least normal number", fp80_add, N(0, 0x8000000000000000), ZERO, NORMAL,
          LEAST, DE },
        { "a denormal and an infinity", fp80_add, DENORMAL, INF, NORMAL, INF, DE },
        { "a denormal over zero: #Z comes first", fp80_div, DENORMAL, ZERO, NORMAL, INF, ZE },
        { "root of a negative denormal", root, N(0x8000, 3), ZERO, NORMAL, INDEFINITE, IE },
    };
    check_rows(rows, COUNT(rows));
}

static void test_rounding(void)
{
    static const struct row rows[] = {
        { "1/3", fp80_div, ONE, THREE, NORMAL | NEAREST, N(0x3ffd, 0xaaaaaaaaaaaaaaab), PE | C1 },
        { "1/3 down", fp80_div, ONE, THREE, NORMAL | DOWN, N(0x3ffd, 0xaaaaaaaaaaaaaaaa), PE },
        { "1/3 up", fp80_div, ONE, THREE, NORMAL | UP, N(0x3ffd, 0xaaaaaaaaaaaaaaab), PE | C1 },
        { "-1/3 down", fp80_div, MINUS_ONE, THREE, NORMAL | DOWN, N(0xbffd, 0xaaaaaaaaaaaaaaab), PE | C1 },
        { "-1/3 up", fp80_div, MINUS_ONE, THREE, NORMAL | UP, N(0xbffd, 0xaaaaaaaaaaaaaaaa), PE },
        { "-1/3 chopped", fp80_div, MINUS_ONE, THREE, NORMAL | CHOP, N(0xbffd, 0xaaaaaaaaaaaaaaaa), PE },
        { "1/3 to 53 bits", fp80_div, ONE, THREE, 0x3f | PC53, N(0x3ffd, 0xaaaaaaaaaaaaa800), PE },
        { "1/3 to 24 bits", fp80_div, ONE, THREE, 0x3f | PC24, N(0x3ffd, 0xaaaaab0000000000), PE | C1 },
        { "a tie to even", fp80_add, ONE, N(0x3fbf, 0x8000000000000000), NORMAL, ONE, PE },
        { "a tie to even, up", fp80_add, N(0x3fff, 0x8000000000000001), N(0x3fbf, 0x8000000000000000), NORMAL,
          N(0x3fff, 0x8000000000000002), PE | C1 },
        { "far below the last bit", fp80_sub, ONE, LEAST, NORMAL | DOWN, N(0x3ffe, 0xffffffffffffffff), PE },
        { "far below, nearest", fp80_sub, ONE, LEAST, NORMAL, ONE, PE | C1 },
        { "x - x, down", fp80_sub, ONE, ONE, NORMAL | DOWN, MINUS_ZERO, 0 },
        { "precision control rounds x + 0, too", fp80_add, N(0x3fff, 0xffffffffffffffff), ZERO, 0x3f | PC24,
          TWO, PE | C1 },
        { "root of 2", root, TWO, ZERO, NORMAL, N(0x3fff, 0xb504f333f9de6484), PE },
        { "root of 2 up", root, TWO, ZERO, NORMAL | UP, N(0x3fff, 0xb504f333f9de6485), PE | C1 },
        { "root of 9/4", root, N(0x4000, 0x9000000000000000), ZERO, NORMAL, N(0x3fff, 0xc000000000000000), 0 },
        { "2.5 to an integer", rndint, N(0x4000, 0xa000000000000000), ZERO, NORMAL, TWO, PE },
        { "3.5 to an integer", rndint, N(0x4000, 0xe000000000000000), ZERO, NORMAL,
          N(0x4001, 0x8000000000000000), PE | C1 },
        { "-0.5 to an integer", rndint, N(0xbffe, 0x8000000000000000), ZERO, NORMAL, MINUS_ZERO, PE },
        { "a denormal to an integer, up", rndint, DENORMAL, ZERO, NORMAL | UP, ONE, DE | PE | C1 },
    };
    check_rows(rows, COUNT(rows));
}

/* SDM 1 table 4-11, 8.5.3 to 8.5.6; FSCALE's massive overflow: SDM 2 */
static void test_range(void)
{
    static const struct row rows[] = {
        { "overflow", fp80_mul, MOST, MOST, NORMAL, INF, OE | PE | C1 },
        { "overflow down", fp80_mul, MOST, MOST, NORMAL | DOWN, MOST, OE | PE },
        { "overflow chopped, 24 bits", fp80_mul, MOST, MOST, 0x3f | CHOP, N(0x7ffe, 0xffffff0000000000), OE | PE },
        { "negative overflow up", fp80_sub, N(0xfffe, 0xffffffffffffffff), MOST, NORMAL | UP,
          N(0xfffe, 0xffffffffffffffff), OE | PE },
        { "overflow unmasked: 2^-24576 of it", fp80_mul, MOST, MOST, NORMAL & ~OE, N(0x5ffe, 0xfffffffffffffffe),
          OE | PE },
        { "exact overflow unmasked", fp80_add, N(0x7ffe, 0x8000000000000000), N(0x7ffe, 0x8000000000000000),
          NORMAL & ~OE, N(0x1fff, 0x8000000000000000), OE },
        { "underflow, exact: no #U", fp80_mul, LEAST, HALF, NORMAL, N(0, 0x4000000000000000), 0 },
        { "underflow", fp80_mul, N(1, 0x8000000000000001), HALF, NORMAL, N(0, 0x4000000000000000), UE | PE },
        { "underflow unmasked, exact: #U, 2^24576 of it", fp80_mul, LEAST, HALF, NORMAL & ~UE,
          N(0x6000, 0x8000000000000000), UE },
        { "not tiny after rounding", fp80_mul, N(1, 0xffffffffffffffff), N(0x3ffd, 0xffffffffffffffff),
          0x3f | PC24, LEAST, PE | C1 },
        { "what is left of the least denormal", fp80_mul, N(0, 1), HALF, NORMAL, ZERO, DE | UE | PE },
        { "it rounded up", fp80_mul, N(0, 1), HALF, NORMAL | UP, N(0, 1), DE | UE | PE | C1 },
        { "scaled beyond all exponents", fp80_scale, ONE, N(0x400e, 0xffff000000000000), NORMAL & ~OE, INF,
          OE | PE | C1 },
        { "scaled to nothing", fp80_scale, ONE, N(0xc00e, 0xffff000000000000), (NORMAL | UP) & ~UE, ZERO,
          UE | PE },
        { "scaled by less than one", fp80_scale, THREE, N(0xbffe, 0xc000000000000000), NORMAL, THREE, 0 },
        { "scaled by -1.5: by -1", fp80_scale, TWO, N(0xbfff, 0xc000000000000000), NORMAL, ONE, 0 },
    };
    check_rows(rows, COUNT(rows));
}

/* Unmasked, these leave no result: only what was found counts, and nothing that comes after it. */
static void test_unmasked_operands(void)
{
    struct fp_env e = env_of(NORMAL & ~DE);
    (void)fp80_mul((struct fp80)DENORMAL, (struct fp80)HALF, &e);
    CU_ASSERT_EQUAL(found(&e), DE);
    e = env_of(NORMAL & ~ZE);
    (void)fp80_div((struct fp80)ONE, (struct fp80)ZERO, &e);
    CU_ASSERT_EQUAL(found(&e), ZE);
    e = env_of(NORMAL & ~IE);
    (void)fp80_sub((struct fp80)INF, (struct fp80)INF, &e);
    CU_ASSERT_EQUAL(found(&e), IE);
}

/* ---- remainders, comparisons, classes ---- */

static void test_remainder(void)
{
    static const struct { struct fp80 a, b; u8 nearest, quotient, partial; struct fp80 rest; } rows[] = {
        { N(0x4001, 0xe000000000000000), THREE, 0, 2, 0, ONE },           /* 7 = 2 * 3 + 1 */
        { N(0x4002, 0x8000000000000000), THREE, 1, 3, 0, MINUS_ONE },     /* 8 = 3 * 3 - 1 */
        { N(0x4002, 0x8000000000000000), THREE, 0, 2, 0, TWO },
        { N(0x4000, 0xc000000000000000), TWO, 1, 2, 0, MINUS_ONE },       /* 3/2 is half-way: even is 2 */
        { ONE, TWO, 1, 0, 0, ONE },                                       /* 1/2 is half-way: even is 0 */
        { N(0xc001, 0xe000000000000000), THREE, 0, 2, 0, MINUS_ONE },
        { N(0x403e, 0xffffffffffffffff), ONE, 0, 7, 0, ZERO },            /* 63 exponents: done at once */
        { N(0x40ff, 0x8000000000000000), THREE, 0, 0, 1, N(0x40bf, 0x8000000000000000) }, /* 63 of 255 done */
    };
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct fp_env e = env_of(NORMAL);
        unsigned quotient;
        bool partial;
        struct fp80 rest = fp80_rem(rows[i].a, rows[i].b, rows[i].nearest, &quotient, &partial, &e);
        bool good = quotient == rows[i].quotient && partial == rows[i].partial && same(rest, rows[i].rest);
        if (!good)
            printf("\nremainder %u: %04x:%016llx quotient %u", i, rest.se, (unsigned long long)rest.mant, quotient);
        CU_ASSERT(good && found(&e) == 0);
    }
}

static void test_compare(void)
{
    static const struct { struct fp80 a, b; u8 quiet, order, flags; } rows[] = {
        { ONE, TWO, 0, FP_LESS, 0 },
        { N(0xc000, 0x8000000000000000), MINUS_ONE, 0, FP_LESS, 0 },
        { ZERO, MINUS_ZERO, 0, FP_EQUAL, 0 },
        { INF, MOST, 0, FP_GREATER, 0 },
        { MINUS_INF, MINUS_INF, 0, FP_EQUAL, 0 },
        { DENORMAL, ZERO, 0, FP_GREATER, DE },
        { N(0, 0x8000000000000000), LEAST, 0, FP_EQUAL, DE },
        { INDEFINITE, ONE, 0, FP_UNORDERED, IE },
        { INDEFINITE, ONE, 1, FP_UNORDERED, 0 },
        { ONE, N(0x7fff, 0x8000000000000001), 1, FP_UNORDERED, IE },
        { ONE, N(0x4000, 1), 1, FP_UNORDERED, IE },
    };
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct fp_env e = env_of(NORMAL);
        CU_ASSERT_EQUAL(fp80_compare(rows[i].a, rows[i].b, rows[i].quiet, &e), rows[i].order);
        CU_ASSERT_EQUAL(found(&e), rows[i].flags);
    }
}

static void test_xtract(void)
{
    struct fp_env e = env_of(NORMAL);
    struct fp80 exponent, s = fp80_xtract((struct fp80)N(0xc001, 0xa000000000000000), &exponent, &e);
    CU_ASSERT(same(s, (struct fp80)N(0xbfff, 0xa000000000000000)) && same(exponent, (struct fp80)TWO));
    s = fp80_xtract((struct fp80)N(0, 1), &exponent, &e); /* 2^-16445 */
    CU_ASSERT(same(s, (struct fp80)ONE) && same(exponent, (struct fp80)N(0xc00d, 0x807a000000000000)));
    CU_ASSERT_EQUAL(found(&e), DE);
    e = env_of(NORMAL);
    s = fp80_xtract((struct fp80)MINUS_ZERO, &exponent, &e);
    CU_ASSERT(same(s, (struct fp80)MINUS_ZERO) && same(exponent, (struct fp80)MINUS_INF));
    CU_ASSERT_EQUAL(found(&e), ZE);
    e = env_of(NORMAL);
    s = fp80_xtract((struct fp80)MINUS_INF, &exponent, &e);
    CU_ASSERT(same(s, (struct fp80)MINUS_INF) && same(exponent, (struct fp80)INF) && !found(&e));
}

/* ---- memory formats ---- */

static void test_integers(void)
{
    static const struct { struct fp80 a; unsigned bytes, cw; s64 value; unsigned flags; } rows[] = {
        { N(0x4000, 0xa000000000000000), 2, NORMAL, 2, PE },
        { N(0x4000, 0xa000000000000000), 2, NORMAL | UP, 3, PE | C1 },
        { N(0xc000, 0xa000000000000000), 4, NORMAL | DOWN, -3, PE | C1 },
        { N(0x400d, 0xfffe000000000000), 2, NORMAL, 32767, 0 },
        { N(0x400d, 0xffff000000000000), 2, NORMAL, -32768, IE },       /* 32767.5 */
        { N(0x400d, 0xffff000000000000), 2, NORMAL | CHOP, 32767, PE },
        { N(0xc00e, 0x8000000000000000), 2, NORMAL, -32768, 0 },
        { N(0x401e, 0x8000000000000000), 4, NORMAL, -2147483648ll, IE },
        { N(0xc03e, 0x8000000000000000), 8, NORMAL, INT64_MIN, 0 },
        { N(0x403e, 0x8000000000000000), 8, NORMAL, INT64_MIN, IE },
        { DENORMAL, 8, NORMAL | UP, 1, PE | C1 },                       /* no #D here */
        { INDEFINITE, 4, NORMAL, -2147483648ll, IE },
    };
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct fp_env e = env_of(rows[i].cw);
        CU_ASSERT_EQUAL(fp80_to_int(rows[i].a, rows[i].bytes, &e), rows[i].value);
        CU_ASSERT_EQUAL(found(&e), rows[i].flags);
    }
    CU_ASSERT(same(fp80_from_int(INT64_MIN), (struct fp80)N(0xc03e, 0x8000000000000000)));
    CU_ASSERT(same(fp80_from_int(0), (struct fp80)ZERO));
}

static void test_floats(void)
{
    static const struct { struct fp80 a; unsigned cw; u32 f32; unsigned flags; bool stored; } rows[] = {
        { ONE, NORMAL, 0x3f800000, 0, true },
        { N(0x3fff, 0x8000008000000000), NORMAL, 0x3f800000, PE, true },
        { N(0x3fff, 0xffffffffffffffff), NORMAL, 0x40000000, PE | C1, true },
        { N(0x407e, 0xffffff8000000000), NORMAL, 0x7f800000, OE | PE | C1, true },
        { N(0x407e, 0xffffff8000000000), NORMAL | CHOP, 0x7f7fffff, PE, true },
        { MOST, NORMAL | DOWN, 0x7f7fffff, OE | PE, true },
        { MOST, NORMAL & ~OE, 0, OE, false },
        { N(0x3f80, 0x8000000000000000), NORMAL, 0x00400000, 0, true },
        { N(0x3f80, 0x8000000000000000), NORMAL & ~UE, 0, UE, false },
        { N(0x3f80, 0xffffffffffffffff), NORMAL, 0x00800000, PE | C1, true }, /* not tiny after rounding */
        { N(0x3f80, 0xfffffe0000000001), NORMAL, 0x007fffff, UE | PE, true },
        { DENORMAL, NORMAL, 0, UE | PE, true },
        { N(0xffff, 0x8000010000000000), NORMAL, 0xffc00001, IE, true },
        { MINUS_INF, NORMAL, 0xff800000, 0, true },
    };
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct fp_env e = env_of(rows[i].cw);
        bool stored;
        u32 value = fp80_to_f32(rows[i].a, &stored, &e);
        bool good = stored == rows[i].stored && found(&e) == rows[i].flags && (!stored || value == rows[i].f32);
        if (!good)
            printf("\nfloat %u: %08x flags %03x", i, value, found(&e));
        CU_ASSERT(good);
    }
    struct fp_env e = env_of(NORMAL);
    CU_ASSERT(same(fp80_from_f32(0x80000001, &e), (struct fp80)N(0xbf6a, 0x8000000000000000)));
    CU_ASSERT_EQUAL(found(&e), DE);
    e = env_of(NORMAL);
    CU_ASSERT(same(fp80_from_f64(0x7ff0000000000001ull, &e), (struct fp80)N(0x7fff, 0xc000000000000800)));
    CU_ASSERT_EQUAL(found(&e), IE);
}

static void test_bcd(void)
{
    static const struct { struct fp80 a; const char *bytes; unsigned flags; } rows[] = {
        { N(0xc005, 0xf700000000000000), "80000000000000000124", PE | C1 },  /* -123.5 */
        { N(0x403a, 0xde0b6b3a763ffff0), "00999999999999999999", 0 },
        { N(0x403a, 0xde0b6b3a76400000), "ffffc000000000000000", IE },       /* 10^18 */
        { MINUS_ZERO, "80000000000000000000", 0 },
        { INF, "ffffc000000000000000", IE },
    };
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct fp_env e = env_of(NORMAL);
        u8 bytes[10];
        char text[21];
        fp80_to_bcd(rows[i].a, bytes, &e);
        for (unsigned b = 0; b < 10; b++)
            sprintf(text + 2 * b, "%02x", bytes[9 - b]);
        CU_ASSERT_STRING_EQUAL(text, rows[i].bytes);
        CU_ASSERT_EQUAL(found(&e), rows[i].flags);
    }
    static const u8 minus_12[10] = { 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0x80 };
    CU_ASSERT(same(fp80_from_bcd(minus_12), (struct fp80)N(0xc002, 0xc000000000000000)));
}

/* SDM 1 8.3.8 and SDM 2 FLD1...: a longer constant, rounded by RC */
static void test_constants(void)
{
    CU_ASSERT(same(fp80_constant(3, FP_NEAREST), (struct fp80)N(0x4000, 0xc90fdaa22168c235)));
    CU_ASSERT(same(fp80_constant(3, FP_DOWN), (struct fp80)N(0x4000, 0xc90fdaa22168c234)));
    CU_ASSERT(same(fp80_constant(1, FP_NEAREST), (struct fp80)N(0x4000, 0xd49a784bcd1b8afe)));
    CU_ASSERT(same(fp80_constant(1, FP_UP), (struct fp80)N(0x4000, 0xd49a784bcd1b8aff)));
    CU_ASSERT(same(fp80_constant(0, FP_UP), (struct fp80)ONE) && same(fp80_constant(6, FP_UP), (struct fp80)ZERO));
}

/* Known values, correctly rounded; angles by the 66-bit pi. */
static void test_transcendental(void)
{
    static const struct row rows[] = {
        { "sin 1", sine, ONE, ZERO, NORMAL, N(0x3ffe, 0xd76aa47848677021), PE | C1 },
        { "sin 1 down", sine, ONE, ZERO, NORMAL | DOWN, N(0x3ffe, 0xd76aa47848677020), PE },
        { "cos 1", cosine, ONE, ZERO, NORMAL, N(0x3ffe, 0x8a51407da8345c92), PE | C1 },
        { "tan 1", tangent, ONE, ZERO, NORMAL, N(0x3fff, 0xc75922e5f71d2dc5), PE },
        { "sin of FLDPI: what pi has more", sine, N(0x4000, 0xc90fdaa22168c235), ZERO, NORMAL,
          N(0xbfbf, 0x8000000000000000), PE | C1 },
        { "sin of the largest argument", sine, N(0x403d, 0xffffffffffffffff), ZERO, NORMAL,
          N(0x3ffe, 0xe0ab9300da6d2684), PE },
        { "cos 10^15", cosine, N(0x4030, 0xe35fa931a0000000), ZERO, NORMAL, N(0xbffe, 0x8360bcba0acc128f), PE },
        { "sin of a tiny angle, down", sine, N(0x3f00, 0x8000000000000000), ZERO, NORMAL | DOWN,
          N(0x3eff, 0xffffffffffffffff), PE },
        { "tan of a tiny angle, up", tangent, N(0x3f00, 0x8000000000000000), ZERO, NORMAL | UP,
          N(0x3f00, 0x8000000000000001), PE | C1 },
        { "sin of a denormal", sine, DENORMAL, ZERO, NORMAL, DENORMAL, DE | UE | PE | C1 },
        { "sin of 2^63: not done", sine, N(0x403e, 0x8000000000000000), ZERO, NORMAL,
          N(0x403e, 0x8000000000000000), 0 },
        { "atan 1/1", fp80_atan2, ONE, ONE, NORMAL, N(0x3ffe, 0xc90fdaa22168c235), PE | C1 },
        { "atan 1/2", fp80_atan2, ONE, TWO, NORMAL, N(0x3ffd, 0xed63382b0dda7b45), PE },
        { "atan -1/-1", fp80_atan2, MINUS_ONE, MINUS_ONE, NORMAL, N(0xc000, 0x96cbe3f9990e91a8), PE | C1 },
        { "2^(1/2) - 1", exp2m1, HALF, ZERO, NORMAL, N(0x3ffd, 0xd413cccfe7799211), PE },
        { "2^(-1/2) - 1", exp2m1, N(0xbffe, 0x8000000000000000), ZERO, NORMAL, N(0xbffd, 0x95f619980c4336f7),
          PE },
        { "2^-1 - 1", exp2m1, MINUS_ONE, ZERO, NORMAL, N(0xbffe, 0x8000000000000000), PE },
        { "log2 3", fp80_yl2x, ONE, THREE, NORMAL, N(0x3fff, 0xcae00d1cfdeb43d0), PE | C1 },
        { "3 log2 10", fp80_yl2x, THREE, N(0x4002, 0xa000000000000000), NORMAL, N(0x4002, 0x9f73da38d9d4a83f),
          PE | C1 },
        { "3 log2 1/4", fp80_yl2x, THREE, N(0x3ffd, 0x8000000000000000), NORMAL, N(0xc001, 0xc000000000000000),
          PE },
        { "log2 (1 + 2^-70)", fp80_yl2xp1, ONE, N(0x3fb9, 0x8000000000000000), NORMAL,
          N(0x3fb9, 0xb8aa3b295c17f0bc), PE | C1 },
        { "log2 (1 - 1/4)", fp80_yl2xp1, ONE, N(0xbffd, 0x8000000000000000), NORMAL,
          N(0xbffd, 0xd47fcb8c0852f0c1), PE | C1 },
    };
    check_rows(rows, COUNT(rows));
}

static const struct unit_case cases[] = {
    { "the grids of special operands", test_grids },
    { "NaNs, unsupported formats, denormals", test_nan },
    { "rounding and precision control", test_rounding },
    { "overflow and underflow", test_range },
    { "unmasked exceptions of operands", test_unmasked_operands },
    { "FPREM, FPREM1", test_remainder },
    { "FCOM, FUCOM", test_compare },
    { "FXTRACT", test_xtract },
    { "16-, 32- and 64-bit integers", test_integers },
    { "32- and 64-bit reals", test_floats },
    { "packed decimals", test_bcd },
    { "constants", test_constants },
    { "transcendental functions", test_transcendental },
};

UNIT_MAIN("fp80", cases)
