/* The arithmetic against the processor this test runs on: the same operation, operands and
 * flags in both, for edge values and seeded pseudo-random ones.  Flags that the manual calls
 * undefined are masked out.  The decimal adjustments, which do not exist in 64-bit code, are
 * held against decimal arithmetic. */
#include <string.h>

#include "sim/api/alu.h"
#include "tests/unit/unit.h"

/* One host instruction between POPF and PUSHF, the stack pointer beyond the red zone. */
#define HOST(text) \
    "lea -128(%%rsp), %%rsp\n\tpush %[flags]\n\tpopf\n\t" text \
    "\n\tpushf\n\tpop %[flags]\n\tlea 128(%%rsp), %%rsp"

struct host { u64 a, b, c, flags; }; /* registers a and d or c of the forms below */

#define HOST_TWO(name, text) \
    static void name(struct host *h) \
    { \
        __asm__ volatile(HOST(text) : "+q"(h->a), [flags] "+r"(h->flags) : "q"(h->b) : "cc"); \
    }
#define HOST_ONE(name, text) \
    static void name(struct host *h) \
    { \
        __asm__ volatile(HOST(text) : "+q"(h->a), [flags] "+r"(h->flags) : : "cc"); \
    }
#define HOST_SHIFT(name, text) \
    static void name(struct host *h) \
    { \
        __asm__ volatile(HOST(text) : "+q"(h->a), [flags] "+r"(h->flags) \
                         : "c"(h->c), "q"(h->b) : "cc"); \
    }
#define HOST_PAIR(name, text) /* a: accumulator, b: its upper half, c: the operand */ \
    static void name(struct host *h) \
    { \
        __asm__ volatile(HOST(text) : "+a"(h->a), "+d"(h->b), [flags] "+r"(h->flags) \
                         : "q"(h->c) : "cc"); \
    }

#define TWO(op) \
    HOST_TWO(op##_1, #op "b %b2, %b0") HOST_TWO(op##_2, #op "w %w2, %w0") \
    HOST_TWO(op##_4, #op "l %k2, %k0")
#define ONE(op) \
    HOST_ONE(op##_1, #op "b %b0") HOST_ONE(op##_2, #op "w %w0") HOST_ONE(op##_4, #op "l %k0")
#define SHIFT(op) \
    HOST_SHIFT(op##_1, #op "b %%cl, %b0") HOST_SHIFT(op##_2, #op "w %%cl, %w0") \
    HOST_SHIFT(op##_4, #op "l %%cl, %k0")
#define DOUBLE(op) \
    HOST_SHIFT(op##_2, #op "w %%cl, %w3, %w0") HOST_SHIFT(op##_4, #op "l %%cl, %k3, %k0")
#define PAIR(op) \
    HOST_PAIR(op##_1, #op "b %b3") HOST_PAIR(op##_2, #op "w %w3") HOST_PAIR(op##_4, #op "l %k3")
#define SCAN(op) HOST_TWO(op##_2, #op "w %w2, %w0") HOST_TWO(op##_4, #op "l %k2, %k0")

TWO(add) TWO(or) TWO(adc) TWO(sbb) TWO(and) TWO(sub) TWO(xor) TWO(cmp) TWO(test)
ONE(inc) ONE(dec) ONE(neg) ONE(not)
SHIFT(rol) SHIFT(ror) SHIFT(rcl) SHIFT(rcr) SHIFT(shl) SHIFT(shr) SHIFT(sar)
DOUBLE(shld) DOUBLE(shrd)
PAIR(mul) PAIR(imul) PAIR(div) PAIR(idiv)
SCAN(bsf) SCAN(bsr)

struct row { enum op op; void (*host[3])(struct host *); u32 undefined; };

#define ROW(OP, op, undefined) { OP_##OP, { op##_1, op##_2, op##_4 }, undefined }

static const struct row binary_rows[] = {
    ROW(ADD, add, 0), ROW(ADC, adc, 0), ROW(SUB, sub, 0), ROW(SBB, sbb, 0), ROW(CMP, cmp, 0),
    ROW(AND, and, FL_AF), ROW(OR, or, FL_AF), ROW(XOR, xor, FL_AF), ROW(TEST, test, FL_AF),
    ROW(INC, inc, 0), ROW(DEC, dec, 0), ROW(NEG, neg, 0), ROW(NOT, not, 0),
};
static const struct row shift_rows[] = {
    ROW(ROL, rol, 0), ROW(ROR, ror, 0), ROW(RCL, rcl, 0), ROW(RCR, rcr, 0),
    ROW(SHL, shl, FL_AF), ROW(SHR, shr, FL_AF), ROW(SAR, sar, FL_AF),
};
static const struct row double_rows[] = {
    { OP_SHLD, { NULL, shld_2, shld_4 }, FL_AF }, { OP_SHRD, { NULL, shrd_2, shrd_4 }, FL_AF },
};
static const struct row multiply_rows[] = {
    ROW(MUL, mul, FL_SF | FL_ZF | FL_AF | FL_PF),
    ROW(IMUL, imul, FL_SF | FL_ZF | FL_AF | FL_PF),
};
static const struct row divide_rows[] = { ROW(DIV, div, FL_ARITH), ROW(IDIV, idiv, FL_ARITH) };
static const struct row scan_rows[] = {
    { OP_BSF, { NULL, bsf_2, bsf_4 }, FL_ARITH & ~FL_ZF },
    { OP_BSR, { NULL, bsr_2, bsr_4 }, FL_ARITH & ~FL_ZF },
};

enum { ROUNDS = 20000 };

static u32 mask_of(unsigned size) { return size == 4 ? 0xffffffffu : (1u << 8 * size) - 1; }

/* Half of the values sit at the edges of the number range. */
static u32 operand(u32 *seed, unsigned size)
{
    static const u32 edges[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
                                 0x80000000, 0xffffffff, 0xfffffffe, 9, 10, 0x0f };
    u32 pick = unit_random(seed);
    return (pick & 1 ? edges[pick >> 8 & 15] : unit_random(seed)) & mask_of(size);
}

static u32 some_flags(u32 *seed) { return (unit_random(seed) & FL_ARITH) | FL_1; }

static bool same_flags(u32 ours, u64 theirs, u32 undefined)
{
    return ((ours ^ (u32)theirs) & FL_ARITH & ~undefined) == 0;
}

static void report(enum op op, unsigned size, const struct host *before, u32 result, u32 flags,
                   const struct host *after)
{
    printf("    %s%u a=%x b=%x c=%x flags=%x: %x flags %x, host %x flags %x\n",
           op_info[op].text, size * 8, (u32)before->a, (u32)before->b, (u32)before->c,
           (u32)before->flags, result, flags, (u32)after->a, (u32)after->flags & FL_ARITH);
}

static bool check_binary(const struct row *row, unsigned size, u32 *seed)
{
    struct host before = { operand(seed, size), operand(seed, size), 0, some_flags(seed) };
    struct host h = before;
    u32 flags = (u32)before.flags;
    u32 result = alu_binary(row->op, size, (u32)before.a, (u32)before.b, &flags);
    bool writes = row->op != OP_CMP && row->op != OP_TEST;
    row->host[size / 2](&h);
    bool same = same_flags(flags, h.flags, row->undefined) &&
                (!writes || result == ((u32)h.a & mask_of(size)));
    if (!same)
        report(row->op, size, &before, result, flags, &h);
    return same;
}

/* OF is defined for a count of one; CF of SHL and SHR while the count is below the width. */
static u32 undefined_after_shift(const struct row *row, unsigned size, unsigned count)
{
    u32 undefined = count ? row->undefined : 0;
    if (count > 1)
        undefined |= FL_OF;
    if ((row->op == OP_SHL || row->op == OP_SHR) && count >= 8 * size)
        undefined |= FL_CF;
    return undefined;
}

static bool check_shift(const struct row *row, unsigned size, u32 *seed)
{
    struct host before = { operand(seed, size), 0, unit_random(seed) & 31, some_flags(seed) };
    struct host h = before;
    u32 flags = (u32)before.flags;
    u32 result = alu_shift(row->op, size, (u32)before.a, (unsigned)before.c, &flags);
    row->host[size / 2](&h);
    u32 undefined = undefined_after_shift(row, size, (unsigned)before.c);
    bool same = same_flags(flags, h.flags, undefined) && result == ((u32)h.a & mask_of(size));
    if (!same)
        report(row->op, size, &before, result, flags, &h);
    return same;
}

static bool check_double(const struct row *row, unsigned size, u32 *seed)
{
    if (size == 1)
        return true;
    u32 count = unit_random(seed) & (8 * size - 1); /* more is undefined altogether */
    struct host before = { operand(seed, size), operand(seed, size), count, some_flags(seed) };
    struct host h = before;
    u32 flags = (u32)before.flags;
    u32 result = alu_double_shift(row->op, size, (u32)before.a, (u32)before.b, count, &flags);
    row->host[size / 2](&h);
    u32 undefined = undefined_after_shift(row, size, count);
    bool same = same_flags(flags, h.flags, undefined) && result == ((u32)h.a & mask_of(size));
    if (!same)
        report(row->op, size, &before, result, flags, &h);
    return same;
}

/* AX, DX:AX or EDX:EAX */
static u64 pair_of(const struct host *h, unsigned size)
{
    if (size == 1)
        return h->a & 0xffff;
    return (h->b & mask_of(size)) << 8 * size | (h->a & mask_of(size));
}

static bool check_multiply(const struct row *row, unsigned size, u32 *seed)
{
    struct host before = { operand(seed, size), 0, operand(seed, size), some_flags(seed) };
    struct host h = before;
    u32 flags = (u32)before.flags;
    u64 product = alu_multiply(row->op, size, (u32)before.a, (u32)before.c, &flags);
    row->host[size / 2](&h);
    bool same = same_flags(flags, h.flags, row->undefined) && product == pair_of(&h, size);
    if (!same)
        report(row->op, size, &before, (u32)product, flags, &h);
    return same;
}

/* Divisions that would fault on the host are decided here, by wider arithmetic. */
static bool must_fault(enum op op, unsigned size, u64 dividend, u32 divisor)
{
    unsigned drop = 64 - 8 * size;
    if (divisor == 0)
        return true;
    if (op == OP_DIV)
        return dividend / divisor > mask_of(size);
    __int128 a = (s64)(dividend << (64 - 16 * size)) >> (64 - 16 * size);
    __int128 quotient = a / ((s64)((u64)divisor << drop) >> drop);
    __int128 limit = (__int128)1 << (8 * size - 1);
    return quotient >= limit || quotient < -limit;
}

static bool check_divide(const struct row *row, unsigned size, u32 *seed)
{
    u32 divisor = operand(seed, size), high = operand(seed, size);
    if (unit_random(seed) & 1) /* a quotient that fits is otherwise rare */
        high = row->op == OP_DIV ? high % (divisor ? divisor : 1)
                                 : unit_random(seed) & 1 ? mask_of(size) : 0;
    struct host before = { operand(seed, size), high, divisor, FL_1 };
    if (size == 1)
        before.a |= high << 8;
    struct host h = before;
    u32 quotient = 0, remainder = 0;
    u64 dividend = pair_of(&before, size);
    bool possible = alu_divide(row->op, size, dividend, divisor, &quotient, &remainder);
    if (must_fault(row->op, size, dividend, divisor))
        return !possible;
    row->host[size / 2](&h);
    u64 ours = (u64)remainder << 8 * size | quotient;
    bool same = possible && ours == pair_of(&h, size);
    if (!same)
        report(row->op, size, &before, quotient, possible, &h);
    return same;
}

static bool check_scan(const struct row *row, unsigned size, u32 *seed)
{
    if (size == 1)
        return true;
    u32 source = operand(seed, size) & (unit_random(seed) | 0x8001) & mask_of(size);
    struct host before = { 0x5a, source, 0, some_flags(seed) }, h = before;
    u32 flags = (u32)before.flags, result = 0x5a;
    bool found = alu_bitscan(row->op, size, source, &result, &flags);
    row->host[size / 2](&h);
    bool same = same_flags(flags, h.flags, row->undefined) && found == (source != 0) &&
                result == ((u32)h.a & mask_of(size));
    if (!same)
        report(row->op, size, &before, result, flags, &h);
    return same;
}

static void check_rows(const struct row *rows, unsigned count,
                       bool (*check)(const struct row *, unsigned, u32 *))
{
    u32 seed = 20240601;
    for (unsigned r = 0; r < count; r++)
        for (unsigned size = 1; size <= 4; size *= 2) {
            unsigned wrong = 0;
            for (unsigned n = 0; n < ROUNDS && wrong < 3; n++)
                wrong += !check(&rows[r], size, &seed);
            CU_ASSERT_EQUAL(wrong, 0);
        }
}

static void test_binary(void) { check_rows(binary_rows, COUNT(binary_rows), check_binary); }
static void test_shift(void) { check_rows(shift_rows, COUNT(shift_rows), check_shift); }
static void test_double(void) { check_rows(double_rows, COUNT(double_rows), check_double); }
static void test_multiply(void)
{
    check_rows(multiply_rows, COUNT(multiply_rows), check_multiply);
}

static void test_divide(void) { check_rows(divide_rows, COUNT(divide_rows), check_divide); }
static void test_scan(void) { check_rows(scan_rows, COUNT(scan_rows), check_scan); }

static u32 bcd(u32 n) { return n / 10 << 4 | n % 10; }

/* DAA after ADC, DAS after SBB of two packed decimal numbers: the decimal result and carry. */
static void test_packed_decimal(void)
{
    unsigned wrong = 0;
    for (u32 n = 0; n < 20000; n++) {
        u32 a = n % 100, b = n / 100 % 100, carry = n / 10000;
        u32 flags = FL_1 | carry;
        u32 sum = alu_decimal(OP_DAA, alu_binary(OP_ADC, 1, bcd(a), bcd(b), &flags), &flags);
        wrong += sum != bcd((a + b + carry) % 100) || (flags & FL_CF) != (a + b + carry > 99);
        flags = FL_1 | carry;
        u32 rest = alu_decimal(OP_DAS, alu_binary(OP_SBB, 1, bcd(a), bcd(b), &flags), &flags);
        wrong += rest != bcd((a + 100 - b - carry) % 100) || (flags & FL_CF) != (a < b + carry);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_unpacked_decimal(void)
{
    unsigned wrong = 0;
    for (u32 n = 0; n < 100; n++) {
        u32 a = n / 10, b = n % 10, flags = FL_1;
        u32 sum = alu_decimal(OP_AAA, alu_binary(OP_ADD, 1, a, b, &flags), &flags);
        wrong += sum != ((a + b) / 10 << 8 | (a + b) % 10) || (flags & FL_CF) != (a + b > 9);
        u32 al = alu_binary(OP_SUB, 1, a, b, &flags);
        u32 rest = alu_decimal(OP_AAS, 0x0500 | al, &flags);
        wrong += rest != ((a < b ? 0x0400u : 0x0500u) | (a + 10 - b) % 10);
        wrong += (flags & FL_CF) != (a < b) || !(flags & FL_AF) != (a >= b);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct unit_case cases[] = {
    { "add or adc sbb and sub xor cmp test inc dec neg not", test_binary },
    { "rol ror rcl rcr shl shr sar", test_shift },
    { "shld shrd", test_double },
    { "mul imul", test_multiply },
    { "div idiv", test_divide },
    { "bsf bsr", test_scan },
    { "daa das against decimal arithmetic", test_packed_decimal },
    { "aaa aas against decimal arithmetic", test_unpacked_decimal },
};

UNIT_MAIN("alu", cases)
