/* isa_fpu.h - one x87 instruction on its way; shared by the isa_fpu*.c files, nobody else includes it.
 *
 * An instruction works on a copy of the state.  What can fault (its memory) comes before the copy becomes
 * the state, so a fault leaves nothing behind; an unmasked exception of the FPU is no fault here, it is
 * kept in the status word for the next waiting instruction (SDM 1 8.6). */
#ifndef SIM_API_ISA_FPU_H
#define SIM_API_ISA_FPU_H

#include "sim/api/isa_exec.h"

struct x87 {
    struct isa *x;
    const struct insn *in;
    struct fpu f;      /* the copy */
    struct fp_env env; /* flags: what this instruction raises */
    bool overflow;     /* the stack fault was one: C1 = 1 */
};

typedef fault_t x87_rule(struct x87 *w);

/* isa_fpu_move.c */
x87_rule x87_fld, x87_fild, x87_fbld, x87_constant, x87_fst, x87_fstpnce, x87_fist, x87_fbstp, x87_fxch,
         x87_fcmov, x87_ffree, x87_fincstp, x87_fdecstp;
/* isa_fpu_arith.c */
x87_rule x87_arith, x87_unary, x87_sign, x87_scale, x87_rem, x87_xtract, x87_two, x87_angle, x87_fptan,
         x87_fsincos, x87_fcom, x87_fcompp, x87_fcomi, x87_ftst, x87_fxam;
/* isa_fpu_env.c */
x87_rule x87_nothing, x87_fninit, x87_fnclex, x87_fnstcw, x87_fldcw, x87_fnstsw, x87_fnstenv, x87_fldenv,
         x87_fnsave, x87_frstor, x87_fxsave, x87_fxrstor;

/* ---- the memory operand (isa_fpu_env.c).  align: what #AC asks for ---- */
MUST_CHECK fault_t x87_read(struct x87 *w, void *bytes, unsigned size, unsigned align);
MUST_CHECK fault_t x87_write(struct x87 *w, const void *bytes, unsigned size, unsigned align);
/* A result: what an unmasked exception keeps from being stored faults all the same (silicon). */
MUST_CHECK fault_t x87_store(struct x87 *w, const void *bytes, unsigned size, unsigned align, bool stored);

/* ---- the stack ---- */
static inline unsigned x87_index(const struct fpu *f, unsigned i) { return (FSW_TOP(f->status) + i) & 7; }
static inline bool x87_empty(const struct x87 *w, unsigned i)
{
    return !(w->f.used & BIT(x87_index(&w->f, i)));
}
static inline struct fp80 x87_get(const struct x87 *w, unsigned i)
{
    return w->f.reg[x87_index(&w->f, i)];
}
static inline void x87_put(struct x87 *w, unsigned i, struct fp80 value)
{
    unsigned at = x87_index(&w->f, i);
    w->f.reg[at] = (struct fp80){ .mant = value.mant, .se = value.se };
    w->f.used |= (u8)BIT(at);
}
static inline void x87_turn(struct x87 *w, unsigned by)
{
    unsigned top = (FSW_TOP(w->f.status) + by) & 7;
    w->f.status = (u16)((w->f.status & ~(7u << 11)) | top << 11);
}
static inline void x87_free(struct x87 *w, unsigned i)
{
    w->f.used &= (u8)~BIT(x87_index(&w->f, i));
}
static inline void x87_pop(struct x87 *w)
{
    x87_free(w, 0);
    x87_turn(w, 1);
}

/* ---- exceptions ---- */
static inline void x87_underflow(struct x87 *w) { w->env.flags |= FP_IE | FP_STACK; }
static inline void x87_overflow(struct x87 *w)
{
    w->env.flags |= FP_IE | FP_STACK;
    w->overflow = true;
}
/* An unmasked #IA, #D or #Z: operands, stack and memory stay as they are (SDM 1 8.5). */
static inline bool x87_dropped(const struct x87 *w)
{
    return (w->env.flags & ~w->env.masks & (FP_IE | FP_DE | FP_ZE)) != 0;
}
static inline void x87_condition(struct x87 *w, unsigned codes)
{
    w->f.status = (u16)((w->f.status & ~(FSW_C0 | FSW_C2 | FSW_C3)) | codes);
}
static inline unsigned x87_st(const struct x87 *w, unsigned opnd) { return w->in->opnd[opnd].reg; }

#endif
