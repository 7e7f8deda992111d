/* x87 instructions by the rules: the stack, exceptions masked and not, pointers, saved states, CR0. */
#include <string.h>

#include "tests/unit/flat.h"

enum { DATA = 0x6000, E = FSW_ES | FSW_B, ST_IE = FP_IE | FP_STACK };
#define ONE { 1ull << 63, 0x3fff, { 0 } }
#define TWO { 1ull << 63, 0x4000, { 0 } }
#define HALF { 1ull << 63, 0x3ffe, { 0 } }
#define ZERO { 0, 0, { 0 } }
#define MINUS_ONE { 1ull << 63, 0xbfff, { 0 } }
#define INF { 1ull << 63, 0x7fff, { 0 } }
#define NEG_INF { 1ull << 63, 0xffff, { 0 } }
#define INDEFINITE { 3ull << 62, 0xffff, { 0 } }
#define QNAN(n) { 3ull << 62 | (n), 0x7fff, { 0 } }
#define TOP(n) ((n) << 11)

struct bench {
    struct flat f;
    struct fpu u;
    struct isa_ops ops;
    bool ferr, ignne;
    unsigned drives;
};

static struct bench b; /* one at a time */

static bool drive_ferr(struct isa *x, bool active)
{
    (void)x;
    b.ferr = active;
    b.drives++;
    return b.ignne;
}

static void start(void)
{
    memset(&b, 0, sizeof b);
    flat_reset(&b.f);
    b.ops = flat_ops;
    b.ops.ferr = drive_ferr;
    b.f.x.ops = &b.ops;
    b.f.x.fpu = &b.u;
    fpu_reset(&b.u);
    fpu_init(&b.u);
    b.f.s.cr0 |= CR0_NE;
}

static void push(struct fp80 value)
{
    unsigned top = (FSW_TOP(b.u.status) - 1) & 7;
    b.u.status = (u16)((b.u.status & ~(7u << 11)) | top << 11);
    b.u.reg[top] = value;
    b.u.used |= (u8)BIT(top);
}

static struct fp80 st(unsigned i) { return b.u.reg[(FSW_TOP(b.u.status) + i) & 7]; }
static bool same(struct fp80 x, struct fp80 y) { return x.mant == y.mant && x.se == y.se; }

/* ---- one instruction on a small stack ---- */

struct row {
    const char *name;
    u8 code[3], len;    /* memory operands: [edi] with ModRM x7, DATA holds `memory` */
    u16 control;
    u8 pushed;          /* st[1], st[0] are pushed: 0, 1 or 2 of them; 8: full of ones */
    struct fp80 st[2];
    u64 memory;
    u16 status;         /* wanted */
    u8 depth;           /* wanted: registers in use */
    struct fp80 first;  /* wanted: ST(0), when depth is not 0 */
};

static const struct row rows[] = {
    { "fld1", { 0xd9, 0xe8 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, TOP(7), 1, ONE },
    { "fld st0, empty", { 0xd9, 0xc0 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, TOP(7) | ST_IE, 1, INDEFINITE },
    { "fld st0, empty, #IA", { 0xd9, 0xc0 }, 2, 0x37e, 0, { ZERO, ZERO }, 0, E | ST_IE, 0, ZERO },
    { "fld1, full", { 0xd9, 0xe8 }, 2, 0x37f, 8, { ZERO, ZERO }, 0, TOP(7) | FSW_C1 | ST_IE, 8, INDEFINITE },
    { "fld1, full, #IA", { 0xd9, 0xe8 }, 2, 0x37e, 8, { ZERO, ZERO }, 0, E | FSW_C1 | ST_IE, 8, ONE },
    { "fld m32", { 0xd9, 0x07 }, 2, 0x37f, 0, { ZERO, ZERO }, 0x3f000000, TOP(7), 1, HALF },
    { "fld m32, SNaN", { 0xd9, 0x07 }, 2, 0x37f, 0, { ZERO, ZERO }, 0x7f800001, TOP(7) | FP_IE, 1,
      QNAN(1ull << 40) },
    { "fld m32, denormal, #D", { 0xd9, 0x07 }, 2, 0x37d, 0, { ZERO, ZERO }, 1, E | FP_DE, 0, ZERO },
    { "fld m64", { 0xdd, 0x07 }, 2, 0x37f, 0, { ZERO, ZERO }, 0x3fe0000000000000, TOP(7), 1, HALF },
    { "fild m16", { 0xdf, 0x07 }, 2, 0x37f, 0, { ZERO, ZERO }, 0xffff, TOP(7), 1, MINUS_ONE },
    { "fild m64", { 0xdf, 0x2f }, 2, 0x37f, 0, { ZERO, ZERO }, 2, TOP(7), 1, TWO },
    { "fadd m32", { 0xd8, 0x07 }, 2, 0x37f, 1, { HALF, ZERO }, 0x3f000000, TOP(7), 1, ONE },
    { "fadd m32, empty", { 0xd8, 0x07 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, ST_IE, 1, INDEFINITE },
    { "fiadd m32", { 0xda, 0x07 }, 2, 0x37f, 1, { MINUS_ONE, ZERO }, 2, TOP(7), 1, ONE },
    { "fadd m32, QNaN and SNaN: the QNaN", { 0xd8, 0x07 }, 2, 0x37f, 1, { QNAN(5), ZERO }, 0x7fbfffff,
      TOP(7) | FP_IE, 1, QNAN(5) },
    { "fadd m32, denormal and QNaN: no #D", { 0xd8, 0x07 }, 2, 0x37f, 1, { QNAN(5), ZERO }, 1, TOP(7), 1,
      QNAN(5) },
    { "fdivr m32, denormal by 0: #Z only", { 0xd8, 0x3f }, 2, 0x37f, 1, { ZERO, ZERO }, 1,
      TOP(7) | FP_ZE, 1, INF },
    { "fmul m32, denormal, #D", { 0xd8, 0x0f }, 2, 0x37d, 1, { ONE, ZERO }, 1, TOP(7) | E | FP_DE, 1, ONE },
    { "fsub st, st1", { 0xd8, 0xe1 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(6), 2, MINUS_ONE },
    { "fsubr st, st1", { 0xd8, 0xe9 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(6), 2, ONE },
    { "fsubp st1, st: st1 - st", { 0xde, 0xe9 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(7), 1, ONE },
    { "fsubrp st1, st: st - st1", { 0xde, 0xe1 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(7), 1, MINUS_ONE },
    { "fdivp st1, st: st1 / st", { 0xde, 0xf9 }, 2, 0x37f, 2, { TWO, ONE }, 0, TOP(7), 1, HALF },
    { "fdivrp st1, st: st / st1", { 0xde, 0xf1 }, 2, 0x37f, 2, { TWO, ONE }, 0, TOP(7), 1, TWO },
    { "fdiv by 0, #Z keeps", { 0xd8, 0xf1 }, 2, 0x37b, 2, { ONE, ZERO }, 0, TOP(6) | E | FP_ZE, 2, ONE },
    { "faddp of nothing", { 0xde, 0xc1 }, 2, 0x37f, 1, { ONE, ZERO }, 0, ST_IE, 1, INDEFINITE },
    { "faddp of nothing, #IA", { 0xde, 0xc1 }, 2, 0x37e, 1, { ONE, ZERO }, 0, TOP(7) | E | ST_IE, 1, ONE },
    { "fsqrt of -1", { 0xd9, 0xfa }, 2, 0x37f, 1, { MINUS_ONE, ZERO }, 0, TOP(7) | FP_IE, 1, INDEFINITE },
    { "fchs", { 0xd9, 0xe0 }, 2, 0x37f, 1, { ONE, ZERO }, 0, TOP(7), 1, MINUS_ONE },
    { "fabs of nothing", { 0xd9, 0xe1 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, ST_IE, 1, INDEFINITE },
    { "fxch", { 0xd9, 0xc9 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(6), 2, TWO },
    { "fxch with nothing", { 0xd9, 0xc9 }, 2, 0x37f, 1, { ONE, ZERO }, 0, TOP(7) | ST_IE, 2, INDEFINITE },
    { "fcom less", { 0xd8, 0xd1 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(6) | FSW_C0, 2, ONE },
    { "fcomp, QNaN, #IA stays", { 0xd8, 0xd9 }, 2, 0x37e, 2, { QNAN(1), TWO }, 0,
      TOP(6) | E | FP_IE | FSW_C0 | FSW_C2 | FSW_C3, 2, QNAN(1) },
    { "fucomp, QNaN is quiet", { 0xdd, 0xe9 }, 2, 0x37f, 2, { QNAN(1), TWO }, 0,
      TOP(7) | FSW_C0 | FSW_C2 | FSW_C3, 1, TWO },
    { "fcompp equal", { 0xde, 0xd9 }, 2, 0x37f, 2, { ONE, ONE }, 0, FSW_C3, 0, ZERO },
    { "ficom m16", { 0xde, 0x17 }, 2, 0x37f, 1, { ONE, ZERO }, 2, TOP(7) | FSW_C0, 1, ONE },
    { "ftst", { 0xd9, 0xe4 }, 2, 0x37f, 1, { ZERO, ZERO }, 0, TOP(7) | FSW_C3, 1, ZERO },
    { "fxam -1", { 0xd9, 0xe5 }, 2, 0x37f, 1, { MINUS_ONE, ZERO }, 0, TOP(7) | FSW_C2 | FSW_C1, 1, MINUS_ONE },
    { "fxam 0", { 0xd9, 0xe5 }, 2, 0x37f, 1, { ZERO, ZERO }, 0, TOP(7) | FSW_C3, 1, ZERO },
    { "fxam nothing", { 0xd9, 0xe5 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, FSW_C3 | FSW_C0, 0, ZERO },
    { "fxam inf", { 0xd9, 0xe5 }, 2, 0x37f, 1, { INF, ZERO }, 0, TOP(7) | FSW_C2 | FSW_C0, 1, INF },
    { "fxtract", { 0xd9, 0xf4 }, 2, 0x37f, 1, { TWO, ZERO }, 0, TOP(6), 2, ONE },
    { "fxtract 0, #Z keeps", { 0xd9, 0xf4 }, 2, 0x37b, 1, { ZERO, ZERO }, 0, TOP(7) | E | FP_ZE, 1, ZERO },
    { "fxtract, full", { 0xd9, 0xf4 }, 2, 0x37f, 8, { ZERO, ZERO }, 0, TOP(7) | FSW_C1 | ST_IE, 8, INDEFINITE },
    { "fprem of a NaN: C2 goes, C0 and C3 stay", { 0xd9, 0xf8 }, 2, 0x37f, 2, { INF, QNAN(1) }, 0,
      TOP(6) | FSW_C0 | FSW_C3, 2, QNAN(1) },
    { "fprem 2 by 1", { 0xd9, 0xf8 }, 2, 0x37f, 2, { TWO, ONE }, 0, TOP(6) | FSW_C3, 2, ZERO },
    { "fscale", { 0xd9, 0xfd }, 2, 0x37f, 2, { HALF, ONE }, 0, TOP(6), 2, ONE },
    { "fstp st1", { 0xdd, 0xd9 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(7), 1, ONE },
    { "fstp of nothing", { 0xdd, 0xd9 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, TOP(1) | ST_IE, 1, INDEFINITE },
    { "fstp of nothing, #IA", { 0xdd, 0xd9 }, 2, 0x37e, 0, { ZERO, ZERO }, 0, E | ST_IE, 0, ZERO },
    { "fstpnce of nothing", { 0xd9, 0xd9 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, TOP(1), 0, ZERO },
    { "ffree st0", { 0xdd, 0xc0 }, 2, 0x37f, 1, { ONE, ZERO }, 0, TOP(7), 0, ZERO },
    { "ffreep st0", { 0xdf, 0xc0 }, 2, 0x37f, 2, { ONE, TWO }, 0, TOP(7), 1, TWO },
    { "fincstp", { 0xd9, 0xf7 }, 2, 0x37f, 1, { ONE, ZERO }, 0, 0, 1, ZERO },
    { "fdecstp", { 0xd9, 0xf6 }, 2, 0x37f, 0, { ZERO, ZERO }, 0, TOP(7), 0, ZERO },
    { "fninit", { 0xdb, 0xe3 }, 2, 0x040, 2, { ONE, TWO }, 0, 0, 0, ZERO },
    { "fldcw unmasks nothing", { 0xd9, 0x2f }, 2, 0x37f, 1, { ONE, ZERO }, 0x340, TOP(7), 1, ONE },
};

static unsigned in_use(u8 used)
{
    unsigned n = 0;
    for (; used; used &= (u8)(used - 1))
        n++;
    return n;
}

static void set_up(const struct row *r)
{
    static const struct fp80 one = ONE;
    start();
    b.u.control = r->control;
    for (unsigned i = 0; i < r->pushed; i++)
        push(r->pushed == 8 ? one : r->st[r->pushed - 1 - i]);
    if (r->code[0] == 0xd9 && r->code[1] == 0xf8)
        b.u.status |= FSW_C0 | FSW_C2 | FSW_C3;
    b.f.s.reg[EDI] = DATA;
    memcpy(&b.f.ram[DATA], &r->memory, 8);
}

static void test_rows(void)
{
    for (unsigned i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        set_up(r);
        fault_t f = flat_exec_bytes(&b.f, r->code, r->len);
        bool good = f == FAULT_NONE && b.u.status == r->status && in_use(b.u.used) == r->depth &&
                    (!r->depth || same(st(0), r->first)) &&
                    b.f.s.eip == (u32)CODE + r->len;
        if (!good)
            printf("\n      %s: fault %x, status %04x not %04x, %u in use, %04x %016llx", r->name, f,
                   b.u.status, r->status, in_use(b.u.used), st(0).se, (unsigned long long)st(0).mant);
        CU_ASSERT(good);
    }
}

/* Both faults of the stack at once: underflow is reported (SDM 1 4.9.2). */
static void test_both_faults(void)
{
    static const struct fp80 one = ONE, indefinite = INDEFINITE;
    start();
    for (unsigned i = 0; i < 8; i++)
        push(one);
    b.u.used &= (u8)~BIT(2);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xc2) == FAULT_NONE); /* fld st2 */
    CU_ASSERT_EQUAL(b.u.status, TOP(7) | ST_IE);
    CU_ASSERT(same(st(0), indefinite));
    start();
    push(one);
    CU_ASSERT(flat_exec(&b.f, 0xdd, 0xc0) == FAULT_NONE);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xf6) == FAULT_NONE);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xd9) == FAULT_NONE); /* fstpnce of nothing stores nothing */
    CU_ASSERT(b.u.used == 0 && b.u.status == TOP(7) && same(st(0), one));
}

/* ---- stores: what is written, and that nothing is when it must not be ---- */

static const struct { const char *name; u8 code[2]; u16 control; u8 pushed; struct fp80 value; u64 wanted;
                      u16 status; } stores[] = {
    { "fst m32", { 0xd9, 0x17 }, 0x37f, 1, HALF, 0xeeeeeeee3f000000, TOP(7) },
    { "fstp m32", { 0xd9, 0x1f }, 0x37f, 1, HALF, 0xeeeeeeee3f000000, 0 },
    { "fstp m64", { 0xdd, 0x1f }, 0x37f, 1, ONE, 0x3ff0000000000000, 0 },
    { "fstp m64 of nothing", { 0xdd, 0x1f }, 0x37f, 0, ONE, 0xfff8000000000000, TOP(1) | ST_IE },
    { "fstp m64 of nothing, #IA", { 0xdd, 0x1f }, 0x37e, 0, ONE, 0xeeeeeeeeeeeeeeee, E | ST_IE },
    { "fstp m32, #O stores nothing", { 0xd9, 0x1f }, 0x377, 1, { 1ull << 63, 0x5000, { 0 } },
      0xeeeeeeeeeeeeeeee, TOP(7) | E | FP_OE },
    { "fistp m16", { 0xdf, 0x1f }, 0x37f, 1, MINUS_ONE, 0xeeeeeeeeeeeeffff, 0 },
    { "fistp m32, inf", { 0xdb, 0x1f }, 0x37f, 1, INF, 0xeeeeeeee80000000, FP_IE },
    { "fistp m32, inf, #IA", { 0xdb, 0x1f }, 0x37e, 1, INF, 0xeeeeeeeeeeeeeeee, TOP(7) | E | FP_IE },
    { "fistp m64", { 0xdf, 0x3f }, 0x37f, 1, TWO, 2, 0 },
    { "fist m16, half, #P stores", { 0xdf, 0x17 }, 0x35f, 1, HALF, 0xeeeeeeeeeeee0000,
      TOP(7) | E | FP_PE },
    { "fnstcw", { 0xd9, 0x3f }, 0x27f, 0, ZERO, 0xeeeeeeeeeeee027f, 0 },
    { "fnstsw", { 0xdd, 0x3f }, 0x37f, 1, ZERO, 0xeeeeeeeeeeee3800, TOP(7) },
    { "fbstp", { 0xdf, 0x37 }, 0x37f, 1, TWO, 2, 0 },
};

static void test_stores(void)
{
    for (unsigned i = 0; i < COUNT(stores); i++) {
        start();
        memset(&b.f.ram[DATA], 0xee, 16);
        b.f.s.reg[EDI] = DATA;
        b.u.control = stores[i].control;
        if (stores[i].pushed)
            push(stores[i].value);
        fault_t f = flat_exec_bytes(&b.f, stores[i].code, 2);
        u64 memory;
        memcpy(&memory, &b.f.ram[DATA], 8);
        bool good = !f && memory == stores[i].wanted && b.u.status == stores[i].status;
        if (!good)
            printf("\n      %s: fault %x, %016llx, status %04x", stores[i].name, f,
                   (unsigned long long)memory, b.u.status);
        CU_ASSERT(good);
    }
}

/* ---- what faults leaves everything alone, in both pages and in the FPU ---- */

static void refuses(fault_t want, const u8 *code, unsigned len)
{
    struct fpu before = b.u;
    CU_ASSERT(flat_refuses_bytes(&b.f, want, code, len));
    CU_ASSERT(memcmp(&before, &b.u, sizeof before) == 0);
}
#define REFUSES(want, ...) refuses(want, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void test_faults(void)
{
    static const struct fp80 half = HALF;
    start();
    push(half);
    b.f.s.reg[EDI] = DATA + PAGE_SIZE - 4;
    b.f.page[(DATA >> PAGE_SHIFT) + 1] = PAGE_READ_ONLY;
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xdd, 0x1f);       /* fstp m64 */
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xdb, 0x3f);       /* fstp m80 */
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xd9, 0x37);       /* fnstenv */
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xdd, 0x37);       /* fnsave */
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xdf, 0x3f);       /* fistp m64 */
    REFUSES(GP(0), 0x0f, 0xae, 0x07);                     /* fxsave, misaligned */
    REFUSES(GP(0), 0x0f, 0xae, 0x0f);                     /* fxrstor */
    b.f.s.reg[EDI] = DATA + PAGE_SIZE - 16;
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0x0f, 0xae, 0x07);
    b.f.s.reg[EDI] = DATA + PAGE_SIZE - 4;
    b.u.control = 0x340; /* an underflow is not stored, but the memory is asked for */
    b.u.used = 0;
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xdd, 0x1f);
    REFUSES(PF(PF_PRESENT | PF_WRITE), 0xdf, 0x3f);
    b.u.control = 0x37f;
    b.f.page[(DATA >> PAGE_SHIFT) + 1] = PAGE_ABSENT;
    b.f.s.reg[EDI] = DATA + PAGE_SIZE - 4;
    REFUSES(PF(0), 0xdd, 0x07);                           /* fld m64 */
    REFUSES(PF(0), 0xdc, 0x07);                           /* fadd m64 */
    REFUSES(PF(0), 0xdd, 0x27);                           /* frstor */
    REFUSES(PF(0), 0xd9, 0x27);                           /* fldenv */
    b.f.s.seg[DS].limit = DATA + 6;
    b.f.s.reg[EDI] = DATA;
    REFUSES(GP(0), 0xdd, 0x07);
    REFUSES(GP(0), 0xdd, 0x1f);
    REFUSES(GP(0), 0x0f, 0xae, 0x07);
}

static void test_alignment(void)
{
    start();
    flat_user(&b.f);
    b.f.x.ops = &b.ops;
    b.f.x.fpu = &b.u;
    b.f.s.cr0 |= CR0_AM;
    b.f.s.eflags |= FL_AC;
    b.f.s.reg[EDI] = DATA + 4;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x07) == FAULT_NONE);
    REFUSES(FAULT_ERR(VEC_AC, 0), 0xdd, 0x07);
    REFUSES(FAULT_ERR(VEC_AC, 0), 0xdb, 0x2f);            /* fld m80 wants 8 */
    REFUSES(FAULT_ERR(VEC_AC, 0), 0xdf, 0x2f);            /* fild m64 */
    CU_ASSERT(flat_exec(&b.f, 0xdd, 0x37) == FAULT_NONE); /* fnsave wants 4 */
    b.f.s.reg[EDI] = DATA + 2;
    REFUSES(FAULT_ERR(VEC_AC, 0), 0xdd, 0x37);
    CU_ASSERT(flat_exec(&b.f, 0x66, 0xdd, 0x37) == FAULT_NONE);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x3f) == FAULT_NONE); /* fnstcw */
}

/* ---- CR0 ---- */

static void test_not_available(void)
{
    static const u32 bits[] = { CR0_EM, CR0_TS };
    start();
    for (unsigned i = 0; i < 2; i++) {
        b.f.s.cr0 = CR0_PE | bits[i];
        REFUSES(FAULT(VEC_NM), 0xd9, 0xe8);               /* fld1 */
        REFUSES(FAULT(VEC_NM), 0xdb, 0xe3);               /* fninit */
        REFUSES(FAULT(VEC_NM), 0xdf, 0xe0);               /* fnstsw ax */
        REFUSES(FAULT(VEC_NM), 0xd9, 0xd1);               /* not defined */
        REFUSES(FAULT(VEC_NM), 0x0f, 0xae, 0x07);
    }
    b.f.s.cr0 = CR0_PE;
    REFUSES(FAULT(VEC_UD), 0xd9, 0xd1);
    REFUSES(FAULT(VEC_UD), 0xdb, 0x0f);                   /* fisttp */
    REFUSES(FAULT(VEC_UD), 0x0f, 0x0b);
    CU_ASSERT(flat_exec(&b.f, 0x9b) == FAULT_NONE);
    b.f.s.cr0 = CR0_PE | CR0_TS;
    CU_ASSERT(flat_exec(&b.f, 0x9b) == FAULT_NONE);
    b.f.s.cr0 = CR0_PE | CR0_EM | CR0_MP;
    CU_ASSERT(flat_exec(&b.f, 0x9b) == FAULT_NONE);
    b.f.s.cr0 = CR0_PE | CR0_TS | CR0_MP;
    REFUSES(FAULT(VEC_NM), 0x9b);
}

static void divide_by_zero(void)
{
    static const struct fp80 one = ONE, zero = ZERO;
    start();
    b.u.control = 0x37b;
    push(one);
    push(zero);
    CU_ASSERT(flat_exec(&b.f, 0xde, 0xf9) == FAULT_NONE);
    CU_ASSERT_EQUAL(b.u.status, TOP(6) | E | FP_ZE);
}

static void test_pending(void)
{
    divide_by_zero();
    REFUSES(FAULT(VEC_MF), 0xd9, 0xe8);
    REFUSES(FAULT(VEC_MF), 0x9b);
    REFUSES(FAULT(VEC_MF), 0xd9, 0xd0);                   /* fnop */
    REFUSES(FAULT(VEC_MF), 0xd9, 0x2f);                   /* fldcw */
    b.f.s.reg[EDI] = DATA;
    CU_ASSERT(flat_exec(&b.f, 0xdf, 0xe0) == FAULT_NONE); /* fnstsw ax */
    CU_ASSERT(flat_exec(&b.f, 0x0f, 0xae, 0x07) == FAULT_NONE);
    b.f.s.reg[EDI] = DATA + 0x200;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x37) == FAULT_NONE); /* fnstenv: masks all */
    CU_ASSERT_EQUAL(b.u.status, TOP(6) | FP_ZE);
    CU_ASSERT_EQUAL(peek16(&b.f, DATA + 0x204), TOP(6) | E | FP_ZE);
    b.f.s.reg[EDI] = DATA;
    CU_ASSERT_EQUAL(b.u.control, 0x37f);
    CU_ASSERT(flat_exec(&b.f, 0x9b) == FAULT_NONE);
    CU_ASSERT(flat_exec(&b.f, 0x0f, 0xae, 0x0f) == FAULT_NONE); /* fxrstor: pending again */
    REFUSES(FAULT(VEC_MF), 0x9b);
    CU_ASSERT(flat_exec(&b.f, 0xdb, 0xe2) == FAULT_NONE); /* fnclex */
    CU_ASSERT_EQUAL(b.u.status, TOP(6));
    CU_ASSERT(flat_exec(&b.f, 0x9b) == FAULT_NONE);
    CU_ASSERT_EQUAL(b.ferr, false);
}

/* NE = 0: the processor waits for an interrupt at the instruction, and FERR# is active; IGNNE# lets it
 * pass, clearing the error ends both. */
static void test_ferr(void)
{
    divide_by_zero();
    b.f.s.cr0 &= ~CR0_NE;
    u32 eip = b.f.s.eip;
    struct fpu before = b.u;
    CU_ASSERT_EQUAL(b.drives, 0);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xe8) == FAULT_NONE);
    CU_ASSERT(b.ferr && b.f.s.halted && b.f.s.eip == eip);
    CU_ASSERT(memcmp(&before, &b.u, sizeof before) == 0);
    b.f.s.halted = 0;
    b.ignne = true;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xe8) == FAULT_NONE);
    CU_ASSERT(b.ferr && !b.f.s.halted && b.f.s.eip == eip + 2);
    CU_ASSERT_EQUAL(b.u.status, TOP(5) | E | FP_ZE);
    CU_ASSERT(flat_exec(&b.f, 0xdb, 0xe2) == FAULT_NONE);
    CU_ASSERT(!b.ferr);
}

/* ---- pointers and saved states ---- */

static void test_pointers(void)
{
    start();
    b.f.s.reg[EDI] = DATA;
    CU_ASSERT(flat_exec(&b.f, 0x26, 0xdd, 0x47, 0x08) == FAULT_NONE); /* fld qword es:[edi + 8] */
    CU_ASSERT(b.u.ip == CODE && b.u.cs == b.f.s.seg[CS].sel && b.u.opcode == 0x547);
    CU_ASSERT(b.u.dp == DATA + 8 && b.u.ds == b.f.s.seg[ES].sel);
    u32 eip = b.f.s.eip;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xe8) == FAULT_NONE);             /* no operand: FDP stays */
    CU_ASSERT(b.u.ip == eip && b.u.opcode == 0x1e8 && b.u.dp == DATA + 8);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x3f) == FAULT_NONE);             /* fnstcw: control */
    CU_ASSERT(flat_exec(&b.f, 0xdb, 0xe2) == FAULT_NONE);
    CU_ASSERT(flat_exec(&b.f, 0x9b) == FAULT_NONE);
    CU_ASSERT(b.u.ip == eip);
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0xd0) == FAULT_NONE);             /* fnop is none */
    CU_ASSERT(b.u.ip == eip + 7 && b.u.opcode == 0x1d0);
}

static void some_state(void)
{
    static const struct fp80 values[] = { ONE, ZERO, INF, { 1, 0, { 0 } }, { 5, 0x3fff, { 0 } } };
    for (unsigned i = 0; i < COUNT(values); i++)
        push(values[i]);
    b.u.status |= FSW_C0 | FP_PE;
    b.u.opcode = 0x547;
    b.u.ip = 0x12345;
    b.u.dp = 0x6789a;
    b.u.cs = 8;
    b.u.ds = 16;
}

static void test_environment(void)
{
    static const u32 flat[7] = { 0xffff037f, 0xffff1920, 0xffff1abf, 0x12345, 0x05470008, 0x6789a,
                                 0xffff0010 };
    static const u32 real[7] = { 0xffff037f, 0xffff1920, 0xffff1abf, 0xffff23c5, 0x00001547, 0xffff799a,
                                 0x00006000 };
    start();
    some_state();
    b.f.s.reg[EDI] = DATA;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x37) == FAULT_NONE);
    CU_ASSERT(memcmp(&b.f.ram[DATA], flat, sizeof flat) == 0);
    CU_ASSERT(flat_exec(&b.f, 0x66, 0xd9, 0x37) == FAULT_NONE);
    for (unsigned i = 0; i < 7; i++)
        CU_ASSERT_EQUAL(peek16(&b.f, DATA + 2 * i), flat[i] & 0xffff);
    b.f.s.cr0 &= ~CR0_PE;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x37) == FAULT_NONE);
    CU_ASSERT(memcmp(&b.f.ram[DATA], real, sizeof real) == 0);
    struct fpu before = b.u;
    CU_ASSERT(flat_exec(&b.f, 0xd9, 0x27) == FAULT_NONE);
    CU_ASSERT(b.u.ip == 0x123c5 && b.u.dp == 0x6799a && !b.u.cs && !b.u.ds);
    CU_ASSERT(b.u.opcode == 0x547 && b.u.used == before.used && b.u.status == before.status);
    CU_ASSERT(flat_exec(&b.f, 0x66, 0xd9, 0x37) == FAULT_NONE);
    CU_ASSERT_EQUAL(peek16(&b.f, DATA + 8), 0x1547);
    CU_ASSERT_EQUAL(peek16(&b.f, DATA + 12), 0x6000);
}

static void test_save_restore(void)
{
    for (unsigned form = 0; form < 3; form++) {
        static const u8 save[3][3] = { { 0xdd, 0x37 }, { 0x66, 0xdd, 0x37 }, { 0x0f, 0xae, 0x07 } };
        static const u8 load[3][3] = { { 0xdd, 0x27 }, { 0x66, 0xdd, 0x27 }, { 0x0f, 0xae, 0x0f } };
        start();
        some_state();
        struct fpu before = b.u;
        b.f.s.reg[EDI] = DATA;
        CU_ASSERT(flat_exec_bytes(&b.f, save[form], form ? 3 : 2) == FAULT_NONE);
        CU_ASSERT_EQUAL(b.u.used, form == 2 ? before.used : 0);
        fpu_reset(&b.u);
        fpu_init(&b.u);
        CU_ASSERT(flat_exec_bytes(&b.f, load[form], form ? 3 : 2) == FAULT_NONE);
        if (form == 1) { /* this form lacks FOP and the pointers' upper halves */
            CU_ASSERT(b.u.opcode == 0 && b.u.ip == 0x2345 && b.u.dp == 0x789a);
            b.u.opcode = before.opcode;
            b.u.ip = before.ip;
            b.u.dp = before.dp;
        }
        CU_ASSERT(memcmp(&before, &b.u, sizeof before) == 0);
    }
}

/* What FXSAVE leaves alone: MXCSR and its mask, XMM, what is software's. */
static void test_fxsave(void)
{
    start();
    memset(&b.f.ram[DATA], 0xa5, 512);
    b.f.s.reg[EDI] = DATA;
    some_state();
    CU_ASSERT(flat_exec(&b.f, 0x0f, 0xae, 0x07) == FAULT_NONE);
    CU_ASSERT_EQUAL(peek16(&b.f, DATA + 4), 0x00f8);
    CU_ASSERT_EQUAL(peek32(&b.f, DATA + 24), 0xa5a5a5a5);
    CU_ASSERT_EQUAL(peek32(&b.f, DATA + 160), 0xa5a5a5a5);
    CU_ASSERT_EQUAL(peek32(&b.f, DATA + 508), 0xa5a5a5a5);
    CU_ASSERT_EQUAL(peek16(&b.f, DATA + 32 + 8), 0x3fff);
    CU_ASSERT_EQUAL(peek32(&b.f, DATA + 32 + 12), 0);
    CU_ASSERT_EQUAL(peek32(&b.f, DATA + 32), 5);
}

static void test_reset(void)
{
    struct fpu f;
    fpu_reset(&f);
    CU_ASSERT(f.control == 0x40 && f.status == 0 && fpu_tag_word(&f) == 0x5555);
    fpu_init(&f);
    CU_ASSERT(f.control == 0x37f && fpu_tag_word(&f) == 0xffff);
    f.status = FP_ZE;
    f.control = 0x37b;
    fpu_summarize(&f);
    CU_ASSERT_EQUAL(f.status, FP_ZE | E);
}

/* ---- flags ---- */

static void test_flags(void)
{
    static const struct fp80 one = ONE, two = TWO, nan = QNAN(1), tiny = { 1, 0, { 0 } };
    static const struct { const struct fp80 *st1; u8 code; u16 control; u32 wanted; u16 status; } cases[] = {
        { &one, 0xf1, 0x37f, FL_ZF, TOP(6) }, { &two, 0xf1, 0x37f, FL_CF, TOP(6) },
        { &nan, 0xe9, 0x37f, FL_ZF | FL_PF | FL_CF, TOP(6) },
        { &nan, 0xf1, 0x37f, FL_ZF | FL_PF | FL_CF, TOP(6) | FP_IE },
        { &nan, 0xf1, 0x37e, FL_OF | FL_SF | FL_AF, TOP(6) | FP_IE | E },
        { &tiny, 0xf1, 0x37d, 0, TOP(6) | FP_DE | E },
    };
    for (unsigned i = 0; i < COUNT(cases); i++) {
        start();
        push(*cases[i].st1);
        push(one);
        b.u.control = cases[i].control;
        b.f.s.eflags |= FL_OF | FL_SF | FL_AF;
        CU_ASSERT(flat_exec(&b.f, 0xdb, cases[i].code) == FAULT_NONE);
        CU_ASSERT_EQUAL(b.f.s.eflags & FL_ARITH, cases[i].wanted);
        CU_ASSERT_EQUAL(b.u.status, cases[i].status);
    }
    for (unsigned cc = 0; cc < 8; cc++) {
        static const u32 flag[4] = { FL_CF, FL_ZF, FL_ZF, FL_PF };
        start();
        push(two);
        push(one);
        b.f.s.eflags |= cc & 1 ? flag[cc >> 1] : 0;
        CU_ASSERT(flat_exec(&b.f, 0xda, (u8)(0xc1 | cc >> 1 << 3)) == FAULT_NONE);
        CU_ASSERT(same(st(0), cc & 1 ? two : one));
        b.u.reg[6] = one;
        CU_ASSERT(flat_exec(&b.f, 0xdb, (u8)(0xc1 | cc >> 1 << 3)) == FAULT_NONE);
        CU_ASSERT(same(st(0), cc & 1 ? one : two));
    }
}

static const struct unit_case cases[] = {
    { "one instruction on a small stack", test_rows },
    { "overflow and underflow together", test_both_faults },
    { "stores", test_stores },
    { "faults leave everything alone", test_faults },
    { "alignment", test_alignment },
    { "EM, TS, MP: #NM", test_not_available },
    { "a pending exception: #MF", test_pending },
    { "FERR# and IGNNE#", test_ferr },
    { "instruction and data pointer", test_pointers },
    { "the environment's four formats", test_environment },
    { "saved and restored", test_save_restore },
    { "FXSAVE's bytes", test_fxsave },
    { "reset, tags, summary", test_reset },
    { "FCOMI and FCMOV", test_flags },
};

UNIT_MAIN("fpu", cases)
