/* isa_fpu.c - the frame of every x87 instruction: may it run, and what it leaves in the status word. */
#include "sim/api/isa_fpu.h"

/* WAIT: a pending exception comes first.  POINTS: FIP, FOP and, with a memory operand, FDP become its
 * own (8.1.8; always, as on the P6).  ROUNDS: C1 tells rounding or a stack fault, else it is 0. */
enum { WAIT = 1, POINTS = 2, ROUNDS = 4, DATA = WAIT | POINTS | ROUNDS };

static const struct { x87_rule *run; u8 flags; } rules[OP_FXRSTOR - OP_FPU + 1] = {
#define X87(op, rule, flags) [OP_##op - OP_FPU] = { x87_##rule, flags }
    X87(FLD, fld, DATA), X87(FST, fst, DATA), X87(FSTP, fst, DATA), X87(FSTPNCE, fstpnce, DATA),
    X87(FILD, fild, DATA), X87(FIST, fist, DATA), X87(FISTP, fist, DATA), X87(FBLD, fbld, DATA),
    X87(FBSTP, fbstp, DATA), X87(FXCH, fxch, DATA),
    X87(FCMOVB, fcmov, WAIT | POINTS), X87(FCMOVE, fcmov, WAIT | POINTS),
    X87(FCMOVBE, fcmov, WAIT | POINTS), X87(FCMOVU, fcmov, WAIT | POINTS),
    X87(FCMOVNB, fcmov, WAIT | POINTS), X87(FCMOVNE, fcmov, WAIT | POINTS),
    X87(FCMOVNBE, fcmov, WAIT | POINTS), X87(FCMOVNU, fcmov, WAIT | POINTS),

    X87(FADD, arith, DATA), X87(FMUL, arith, DATA), X87(FSUB, arith, DATA), X87(FSUBR, arith, DATA),
    X87(FDIV, arith, DATA), X87(FDIVR, arith, DATA), X87(FADDP, arith, DATA), X87(FMULP, arith, DATA),
    X87(FSUBP, arith, DATA), X87(FSUBRP, arith, DATA), X87(FDIVP, arith, DATA),
    X87(FDIVRP, arith, DATA), X87(FIADD, arith, DATA), X87(FIMUL, arith, DATA),
    X87(FISUB, arith, DATA), X87(FISUBR, arith, DATA), X87(FIDIV, arith, DATA),
    X87(FIDIVR, arith, DATA), X87(FABS, sign, DATA), X87(FCHS, sign, DATA), X87(FSQRT, unary, DATA),
    X87(FPREM, rem, DATA), X87(FPREM1, rem, DATA), X87(FRNDINT, unary, DATA), X87(FSCALE, scale, DATA),
    X87(FXTRACT, xtract, DATA),

    X87(FCOM, fcom, DATA), X87(FCOMP, fcom, DATA), X87(FCOMPP, fcompp, DATA), X87(FUCOM, fcom, DATA),
    X87(FUCOMP, fcom, DATA), X87(FUCOMPP, fcompp, DATA), X87(FICOM, fcom, DATA),
    X87(FICOMP, fcom, DATA), X87(FCOMI, fcomi, DATA), X87(FCOMIP, fcomi, DATA),
    X87(FUCOMI, fcomi, DATA), X87(FUCOMIP, fcomi, DATA), X87(FTST, ftst, DATA), X87(FXAM, fxam, DATA),

    X87(F2XM1, unary, DATA), X87(FYL2X, two, DATA), X87(FYL2XP1, two, DATA), X87(FPTAN, fptan, DATA),
    X87(FPATAN, two, DATA), X87(FSIN, angle, DATA), X87(FCOS, angle, DATA),
    X87(FSINCOS, fsincos, DATA), X87(FLD1, constant, DATA), X87(FLDL2T, constant, DATA),
    X87(FLDL2E, constant, DATA), X87(FLDPI, constant, DATA), X87(FLDLG2, constant, DATA),
    X87(FLDLN2, constant, DATA), X87(FLDZ, constant, DATA),

    X87(FINCSTP, fincstp, DATA), X87(FDECSTP, fdecstp, DATA), X87(FFREE, ffree, DATA),
    X87(FFREEP, ffree, DATA), X87(FNOP, nothing, WAIT | POINTS),
    X87(FNINIT, fninit, 0), X87(FNCLEX, fnclex, 0), X87(FNSTCW, fnstcw, 0), X87(FLDCW, fldcw, WAIT),
    X87(FNSTSW, fnstsw, 0), X87(FNSTENV, fnstenv, 0), X87(FLDENV, fldenv, WAIT),
    X87(FNSAVE, fnsave, 0), X87(FRSTOR, frstor, WAIT), X87(FENI, nothing, 0), X87(FDISI, nothing, 0),
    X87(FSETPM, nothing, 0), X87(FWAIT, nothing, WAIT), X87(FXSAVE, fxsave, 0),
    X87(FXRSTOR, fxrstor, 0),
#undef X87
};

/* SDM 3A 2.5, table 2-2 of the section on CR0.  What ESC encodes but nothing defines is #NM, too: a
 * program that emulates the FPU sees it. */
static fault_t available(const struct isa *x, const struct insn *in)
{
    u32 cr0 = x->s->cr0;
    if (in->op == OP_FWAIT)
        return (cr0 & CR0_MP) && (cr0 & CR0_TS) ? FAULT(VEC_NM) : FAULT_NONE;
    if (cr0 & (CR0_EM | CR0_TS))
        return FAULT(VEC_NM);
    return in->op == OP_FPU ? FAULT(VEC_UD) : FAULT_NONE;
}

/* CR0.NE = 1: #MF.  NE = 0: FERR# goes out, and the processor waits at this instruction, like one that is
 * halted, until an interrupt comes; unless the board's IGNNE# lets it pass (SDM 1 D.2.1.2; on the P6 FERR#
 * is always deferred to here). */
static fault_t pending(struct isa *x, bool *waits)
{
    *waits = false;
    if (x->s->cr0 & CR0_NE)
        return FAULT(VEC_MF);
    if (!x->ops->ferr || !x->ops->ferr(x, true))
        *waits = true;
    return FAULT_NONE;
}

static void point(struct x87 *w)
{
    const struct arch *s = w->x->s;
    const struct insn *in = w->in;
    w->f.opcode = (u16)((in->opcode & 7u) << 8 | in->modrm);
    w->f.ip = s->eip;
    w->f.cs = s->seg[CS].sel;
    if (in->modrm >= 0xc0)
        return;
    w->f.dp = insn_offset(s, in);
    w->f.ds = s->seg[in->seg].sel;
}

/* What was raised goes into the status word.  A dropped result raises nothing that comes after it. */
static void raise(struct x87 *w)
{
    unsigned flags = w->env.flags;
    if (x87_dropped(w))
        flags &= FP_IE | FP_DE | FP_ZE | FP_STACK;
    w->f.status |= (u16)flags;
    if (w->overflow || ((flags & FP_PE) && w->env.up))
        w->f.status |= FSW_C1;
    fpu_summarize(&w->f);
}

static void commit(struct x87 *w)
{
    struct fpu *f = w->x->fpu;
    bool settled = (f->status & FSW_ES) && !(w->f.status & FSW_ES);
    *f = w->f;
    if (settled && w->x->ops->ferr)
        (void)w->x->ops->ferr(w->x, false);
}

static void begin(struct x87 *w, unsigned flags)
{
    u16 control = w->f.control;
    w->env = (struct fp_env){ .masks = control & 0x3f, .precision = control >> 8 & 3,
                              .rounding = control >> 10 & 3 };
    if (flags & ROUNDS)
        w->f.status &= (u16)~FSW_C1;
}

fault_t isa_exec_fpu(struct isa *x, const struct insn *in)
{
    unsigned flags = rules[in->op - OP_FPU].flags;
    fault_t f = available(x, in);
    bool waits = false;
    if (!f && (flags & WAIT) && (x->fpu->status & FSW_ES))
        f = pending(x, &waits);
    if (f)
        return f;
    if (waits) {
        x->s->halted = 1;
        return FAULT_NONE;
    }
    struct x87 w = { .x = x, .in = in, .f = *x->fpu };
    begin(&w, flags);
    f = rules[in->op - OP_FPU].run(&w);
    if (f)
        return f;
    if (flags & POINTS)
        point(&w);
    raise(&w);
    commit(&w);
    return isa_next(x, in);
}
