#include "sim/api/isa_exec.h"

/* F5 F8 F9 FC FD  CMC CLC STC CLD STD */
fault_t isa_exec_flag(struct isa *x, const struct insn *in)
{
    u32 *flags = &x->s->eflags;
    switch ((enum op)in->op) {
    case OP_CLC: *flags &= ~(u32)FL_CF; break;
    case OP_STC: *flags |= FL_CF; break;
    case OP_CMC: *flags ^= FL_CF; break;
    case OP_CLD: *flags &= ~(u32)FL_DF; break;
    case OP_STD: *flags |= FL_DF; break;
    default: assert(!"isa_exec_flag: not a flag operation");
    }
    return isa_next(x, in);
}

/* 9F  LAHF: AH = the low byte of EFLAGS */
fault_t isa_exec_lahf(struct isa *x, const struct insn *in)
{
    isa_reg_write(x->s, EAX + 4, 1, x->s->eflags & 0xff);
    return isa_next(x, in);
}

/* 9E  SAHF */
fault_t isa_exec_sahf(struct isa *x, const struct insn *in)
{
    const u32 which = FL_ARITH & ~FL_OF;
    x->s->eflags = (x->s->eflags & ~which) | (x->s->reg[EAX] >> 8 & which);
    return isa_next(x, in);
}

/* D6  SALC: AL = CF ? FF : 00 */
fault_t isa_exec_salc(struct isa *x, const struct insn *in)
{
    isa_reg_write(x->s, EAX, 1, x->s->eflags & FL_CF ? 0xff : 0);
    return isa_next(x, in);
}

/* Virtual-8086 mode with IOPL < 3: flags are either forbidden or, with VME, virtual. */
static bool is_v86_restricted(const struct arch *s)
{
    return arch_is_v86(s) && EFLAGS_IOPL(s->eflags) < 3;
}

/* 9C  PUSHF: VM and RF read as 0; under VME the program sees VIF as IF, and IOPL 3 */
fault_t isa_exec_pushf(struct isa *x, const struct insn *in)
{
    const struct arch *s = x->s;
    u32 image = s->eflags & ~(u32)(FL_VM | FL_RF);
    if (is_v86_restricted(s)) {
        if (in->osize == 4 || !(s->cr4 & CR4_VME))
            return FAULT_ERR(VEC_GP, 0);
        image = (image & ~(u32)FL_IF) | FL_IOPL | (s->eflags & FL_VIF ? FL_IF : 0);
    }
    fault_t f = isa_push(x, in->osize, image);
    return f ? f : isa_next(x, in);
}

/* The flags POPF may change.  A program without the right to change IF or IOPL keeps them, in
 * silence: why POPF cannot be virtualized by trapping. */
static u32 popf_writable(const struct arch *s, unsigned osize)
{
    u32 which = FL_ARITH | FL_TF | FL_DF | FL_NT;
    if (osize == 4)
        which |= FL_AC | FL_ID | FL_RF;
    if (s->cpl <= EFLAGS_IOPL(s->eflags))
        which |= FL_IF;
    if (s->cpl == 0)
        which |= FL_IOPL;
    return which;
}

/* POPF in virtual-8086 mode under VME: IF stands for VIF; TF, or asking for interrupts while
 * one waits (VIP), is for the monitor */
static fault_t popf_vme(struct isa *x, const struct insn *in, u32 image)
{
    struct arch *s = x->s;
    const u32 which = FL_ARITH | FL_TF | FL_DF | FL_NT;
    if ((image & FL_TF) || ((image & FL_IF) && (s->eflags & FL_VIP)))
        return FAULT_ERR(VEC_GP, 0);
    s->eflags = (s->eflags & ~(which | FL_VIF)) | (image & which);
    s->eflags |= image & FL_IF ? FL_VIF : 0;
    return isa_next(x, in);
}

/* 9D  POPF */
fault_t isa_exec_popf(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 image, esp = s->reg[ESP];
    bool restricted = is_v86_restricted(s);
    if (restricted && (in->osize == 4 || !(s->cr4 & CR4_VME)))
        return FAULT_ERR(VEC_GP, 0);
    fault_t f = isa_pop(x, in->osize, &image);
    if (f)
        return f;
    if (restricted) {
        f = popf_vme(x, in, image);
        if (f)
            s->reg[ESP] = esp;
        return f;
    }
    u32 which = popf_writable(s, in->osize);
    image &= ~(u32)FL_RF; /* a 32-bit POPF clears it */
    s->eflags = (s->eflags & ~which) | (image & which);
    return isa_next(x, in);
}

/* What CLI and STI touch: IF, or under VME and PVI the virtual VIF, or nothing at all (0). */
static u32 interrupt_flag(const struct arch *s)
{
    if (!arch_is_protected(s) || EFLAGS_IOPL(s->eflags) >= s->cpl)
        return FL_IF;
    if (arch_is_v86(s))
        return s->cr4 & CR4_VME ? FL_VIF : 0;
    return s->cpl == 3 && (s->cr4 & CR4_PVI) ? FL_VIF : 0;
}

/* FA  CLI */
fault_t isa_exec_cli(struct isa *x, const struct insn *in)
{
    u32 flag = interrupt_flag(x->s);
    if (!flag)
        return FAULT_ERR(VEC_GP, 0);
    x->s->eflags &= ~flag;
    return isa_next(x, in);
}

/* FB  STI: if interrupts were off, they are recognized only after the next instruction */
fault_t isa_exec_sti(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 flag = interrupt_flag(s);
    if (!flag || (flag == FL_VIF && (s->eflags & FL_VIP)))
        return FAULT_ERR(VEC_GP, 0);
    if (flag == FL_IF && !(s->eflags & FL_IF))
        s->shadow |= SHADOW_STI;
    s->eflags |= flag;
    return isa_next(x, in);
}
