/* fp80_ops.c - the table of operations, each with the host's instruction and the simulator's function.
 *
 * Unmasked exceptions do not trap here: nothing between the instruction and FNCLEX waits. */
#include <string.h>

#include "tests/silicon/fp80.h"

enum { C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, DEFAULT = 0x037f };

/* ---- the host ---- */

#define HOST(name, text) \
    static void host_##name(const struct fp_case *c, struct fp_outcome *o) \
    { \
        u16 normal = DEFAULT; \
        u8 first[10], second[10]; \
        __asm__ volatile("fninit\n\tfldt %[b]\n\tfldt %[a]\n\tfldcw %[cw]\n\t" text \
                         "\n\tfnstsw %[status]\n\tfnclex\n\tfldcw %[normal]\n\tfstpt %[first]\n\tfstpt %[second]" \
                         "\n\tfninit" \
                         : [first] "=m"(first), [second] "=m"(second), [status] "=m"(o->status), \
                           [memory] "+m"(o->memory) \
                         : [a] "m"(c->a), [b] "m"(c->b), [cw] "m"(c->cw), [from] "m"(c->memory), \
                           [bcd] "m"(c->bcd), [normal] "m"(normal)); \
        memcpy(&o->st0, first, 10); \
        memcpy(&o->st1, second, 10); \
    }

HOST(fadd, "fadd %%st(1), %%st")
HOST(fsub, "fsub %%st(1), %%st")
HOST(fsubr, "fsubr %%st(1), %%st")
HOST(fmul, "fmul %%st(1), %%st")
HOST(fdiv, "fdiv %%st(1), %%st")
HOST(fdivr, "fdivr %%st(1), %%st")
HOST(fsqrt, "fsqrt")
HOST(frndint, "frndint")
HOST(fscale, "fscale")
HOST(fprem, "fprem")
HOST(fprem1, "fprem1")
HOST(fxtract, "fxtract")
HOST(fxam, "fxam")
HOST(fcom, "fcom %%st(1)")
HOST(fucom, "fucom %%st(1)")
HOST(fld_m32, "flds %[from]")
HOST(fld_m64, "fldl %[from]")
HOST(fild_m16, "filds %[from]")
HOST(fild_m32, "fildl %[from]")
HOST(fild_m64, "fildll %[from]")
HOST(fbld, "fbld %[bcd]")
HOST(fst_m32, "fsts %[memory]")
HOST(fst_m64, "fstl %[memory]")
HOST(fist_m16, "fists %[memory]")
HOST(fist_m32, "fistl %[memory]")
HOST(fistp_m64, "fld %%st(0)\n\tfistpll %[memory]")
HOST(fbstp, "fld %%st(0)\n\tfbstp %[memory]")
HOST(fsin, "fsin")
HOST(fcos, "fcos")
HOST(fptan, "fptan")
HOST(fpatan, "fpatan")
HOST(f2xm1, "f2xm1")
HOST(fyl2x, "fyl2x")
HOST(fyl2xp1, "fyl2xp1")
HOST(fld1, "fld1")
HOST(fldl2t, "fldl2t")
HOST(fldl2e, "fldl2e")
HOST(fldpi, "fldpi")
HOST(fldlg2, "fldlg2")
HOST(fldln2, "fldln2")
HOST(fldz, "fldz")

/* ---- the simulator ---- */

#define SIM(name, text) \
    static void sim_##name(const struct fp_case *c, struct fp_env *e, struct fp_outcome *o) { text; }

static void put(struct fp_outcome *o, u64 value, unsigned bytes, bool stored)
{
    if (stored)
        memcpy(o->memory, &value, bytes);
}

SIM(fadd, o->st0 = fp80_add(c->a, c->b, e))
SIM(fsub, o->st0 = fp80_sub(c->a, c->b, e))
SIM(fsubr, o->st0 = fp80_sub(c->b, c->a, e))
SIM(fmul, o->st0 = fp80_mul(c->a, c->b, e))
SIM(fdiv, o->st0 = fp80_div(c->a, c->b, e))
SIM(fdivr, o->st0 = fp80_div(c->b, c->a, e))
SIM(fsqrt, o->st0 = fp80_sqrt(c->a, e))
SIM(frndint, o->st0 = fp80_rndint(c->a, e))
SIM(fscale, o->st0 = fp80_scale(c->a, c->b, e))
SIM(fxtract, o->st0 = fp80_xtract(c->a, &o->st1, e))

static void remainder_of(const struct fp_case *c, bool nearest, struct fp_env *e, struct fp_outcome *o)
{
    unsigned q;
    bool partial;
    o->st0 = fp80_rem(c->a, c->b, nearest, &q, &partial, e);
    o->status = (u16)((partial ? C2 : 0) | (q & 4 ? C0 : 0) | (q & 2 ? C3 : 0) | (q & 1 ? C1 : 0));
}

SIM(fprem, remainder_of(c, false, e, o))
SIM(fprem1, remainder_of(c, true, e, o))

static void examine(const struct fp_case *c, struct fp_outcome *o)
{
    unsigned k = fp80_class(c->a);
    o->status = (u16)((k & 1 ? C0 : 0) | (k & 2 ? C2 : 0) | (k & 4 ? C3 : 0) | (c->a.se >> 15 ? C1 : 0));
}

static void compare(const struct fp_case *c, bool quiet, struct fp_env *e, struct fp_outcome *o)
{
    static const u16 codes[] = { [FP_GREATER] = 0, [FP_LESS] = C0, [FP_EQUAL] = C3,
                                 [FP_UNORDERED] = C0 | C2 | C3 };
    o->status = codes[fp80_compare(c->a, c->b, quiet, e)];
}

SIM(fxam, (void)e; examine(c, o))
SIM(fcom, compare(c, false, e, o))
SIM(fucom, compare(c, true, e, o))
SIM(fld_m32, o->st0 = fp80_from_f32((u32)c->memory, e))
SIM(fld_m64, o->st0 = fp80_from_f64(c->memory, e))
SIM(fild_m16, (void)e; o->st0 = fp80_from_int((s16)c->memory))
SIM(fild_m32, (void)e; o->st0 = fp80_from_int((s32)c->memory))
SIM(fild_m64, (void)e; o->st0 = fp80_from_int((s64)c->memory))
SIM(fbld, (void)e; o->st0 = fp80_from_bcd(c->bcd))
SIM(fst_m32, bool ok; u32 v = fp80_to_f32(c->a, &ok, e); put(o, v, 4, ok))
SIM(fst_m64, bool ok; u64 v = fp80_to_f64(c->a, &ok, e); put(o, v, 8, ok))
SIM(fist_m16, put(o, (u64)fp80_to_int(c->a, 2, e), 2, true))
SIM(fist_m32, put(o, (u64)fp80_to_int(c->a, 4, e), 4, true))
SIM(fistp_m64, put(o, (u64)fp80_to_int(c->a, 8, e), 8, true))
SIM(fbstp, fp80_to_bcd(c->a, o->memory, e))

static enum fp_rounding mode(const struct fp_case *c) { return (enum fp_rounding)(c->cw >> 10 & 3); }

SIM(fld1, (void)e; o->st0 = fp80_constant(0, mode(c)))
SIM(fldl2t, (void)e; o->st0 = fp80_constant(1, mode(c)))
SIM(fldl2e, (void)e; o->st0 = fp80_constant(2, mode(c)))
SIM(fldpi, (void)e; o->st0 = fp80_constant(3, mode(c)))
SIM(fldlg2, (void)e; o->st0 = fp80_constant(4, mode(c)))
SIM(fldln2, (void)e; o->st0 = fp80_constant(5, mode(c)))
SIM(fldz, (void)e; o->st0 = fp80_constant(6, mode(c)))

/* partial: C2, and ST(0) as it was */
#define SIM_ANGLE(name, function) \
    SIM(name, bool partial; o->st0 = function(c->a, &partial, e); o->status = partial ? C2 : 0)

SIM_ANGLE(fsin, fp80_sin)
SIM_ANGLE(fcos, fp80_cos)
SIM_ANGLE(fptan, fp80_tan)
SIM(fpatan, o->st0 = fp80_atan2(c->b, c->a, e))
SIM(f2xm1, o->st0 = fp80_2xm1(c->a, e))
SIM(fyl2x, o->st0 = fp80_yl2x(c->b, c->a, e))
SIM(fyl2xp1, o->st0 = fp80_yl2xp1(c->b, c->a, e))

#define OP(name, shape, codes) { #name, SHAPE_##shape, codes, 0, host_##name, sim_##name }
#define TRANS(name, shape, codes) { #name, SHAPE_##shape, codes, 1, host_##name, sim_##name }

const struct fp_op fp_ops[] = {
    OP(fadd, TWO, C1), OP(fsub, TWO, C1), OP(fsubr, TWO, C1), OP(fmul, TWO, C1), OP(fdiv, TWO, C1),
    OP(fdivr, TWO, C1), OP(fsqrt, ONE, C1), OP(frndint, ONE, C1), OP(fscale, TWO, C1),
    OP(fprem, TWO, C0 | C1 | C2 | C3), OP(fprem1, TWO, C0 | C1 | C2 | C3), OP(fxtract, SPLIT, C1),
    OP(fxam, STATUS, C0 | C1 | C2 | C3), OP(fcom, STATUS, C0 | C1 | C2 | C3),
    OP(fucom, STATUS, C0 | C1 | C2 | C3), OP(fld_m32, LOAD, C1), OP(fld_m64, LOAD, C1),
    OP(fild_m16, LOAD, C1), OP(fild_m32, LOAD, C1), OP(fild_m64, LOAD, C1), OP(fbld, LOAD, C1),
    OP(fst_m32, STORE, C1), OP(fst_m64, STORE, C1), OP(fist_m16, STORE, C1), OP(fist_m32, STORE, C1),
    OP(fistp_m64, STORE, C1), OP(fbstp, STORE, C1), OP(fld1, LOAD, C1), OP(fldl2t, LOAD, C1),
    OP(fldl2e, LOAD, C1), OP(fldpi, LOAD, C1), OP(fldlg2, LOAD, C1), OP(fldln2, LOAD, C1),
    OP(fldz, LOAD, C1),
    TRANS(fsin, ONE, C2), TRANS(fcos, ONE, C2), TRANS(fptan, PUSH, C2), TRANS(fpatan, TWO, 0),
    TRANS(f2xm1, ONE, 0), TRANS(fyl2x, TWO, 0), TRANS(fyl2xp1, TWO, 0),
};
const unsigned fp_op_count = COUNT(fp_ops);
