/* exec_flags.c - CLI STI PUSHF POPF CLC STC CMC outside virtual-8086 mode; what is unusual goes the careful
 * way. */
#include "sim/uop_stack.h"

/* Ring and mode where CLI, STI and POPF simply act on IF, and nobody wants to be told. */
static bool may_change_if(const struct hw *m)
{
    const struct arch *c = m->arch;
    return !machine_wants(m, HW_IF) && !(c->eflags & FL_VM) &&
           c->cpl <= EFLAGS_IOPL(c->eflags);
}

static fault_t cli(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(!may_change_if(m)))
        return uop_fault(m, u, UOP_SLOW);
    ledger_charge(&m->state->ledger, COST_CLI_STI);
    c->eflags &= ~(u32)FL_IF;
    return uop_next(m, c, u);
}

/* The uop behind it (uop_leave_if_shadow or the next instruction and uop_end_shadow) minds the shadow. */
static fault_t sti(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(!may_change_if(m)))
        return uop_fault(m, u, UOP_SLOW);
    ledger_charge(&m->state->ledger, COST_CLI_STI);
    if (!(c->eflags & FL_IF))
        c->shadow = SHADOW_STI;
    c->eflags |= FL_IF;
    return uop_next(m, c, u);
}

ALWAYS_INLINE fault_t push_flags(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                 unsigned ssize)
{
    if (unlikely(c->eflags & FL_VM))
        return uop_fault(m, u, UOP_SLOW);
    flags_fold(m);
    fault_t f = uop_push(m, c, size, ssize, c->eflags & ~(u32)(FL_VM | FL_RF));
    return unlikely(f) ? uop_fault(m, u, f) : uop_next(m, c, u);
}

/* 9D POPF at CPL <= IOPL; where IF or TF were opened, the boundary behind it must be looked at */
ALWAYS_INLINE fault_t pop_flags(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                unsigned ssize)
{
    u32 which = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_IF | (size == 4 ? FL_AC | FL_ID | FL_RF : 0);
    if (unlikely(!may_change_if(m)))
        return uop_fault(m, u, UOP_SLOW);
    if (c->cpl == 0)
        which |= FL_IOPL;
    u64 v = uop_top(m, c, size, ssize);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    u32 old = c->eflags, image = (u32)v & ~(u32)FL_RF;
    m->cc.both = CC_EFLAGS;
    ledger_charge(&m->state->ledger, COST_POPF);
    reg_set(c, ESP, ssize, c->reg[ESP] + size);
    c->eflags = (old & ~which) | (image & which);
    bool look = (c->eflags & FL_TF) || ((c->eflags & ~old & FL_IF) && !nothing_waits(m));
    return look ? uop_fault(m, u + 1, UOP_EXIT) : uop_next(m, c, u);
}

#define STACKED(suffix, size, ssize)                                                           \
    static fault_t pushf##suffix(struct hw *m, struct arch *c, const struct uop *u)            \
    { return push_flags(m, c, u, size, ssize); }                                               \
    static fault_t popf##suffix(struct hw *m, struct arch *c, const struct uop *u)             \
    { return pop_flags(m, c, u, size, ssize); }
STACKED(_2_2, 2, 2)
STACKED(_2_4, 2, 4)
STACKED(_4_2, 4, 2)
STACKED(_4_4, 4, 4)

uop_fn *uop_flags_stack(const struct insn *in, unsigned mode)
{
    static uop_fn *const push[2][2] = { { pushf_2_2, pushf_2_4 }, { pushf_4_2, pushf_4_4 } };
    static uop_fn *const pop[2][2] = { { popf_2_2, popf_2_4 }, { popf_4_2, popf_4_4 } };
    bool wide = in->osize == 4, stack32 = (mode & RUN_STACK32) != 0;
    return in->op == OP_PUSHF ? push[wide][stack32] : pop[wide][stack32];
}

static fault_t clc(struct hw *m, struct arch *c, const struct uop *u)
{
    flags_fold(m);
    c->eflags &= ~(u32)FL_CF;
    return uop_next(m, c, u);
}

static fault_t stc(struct hw *m, struct arch *c, const struct uop *u)
{
    flags_fold(m);
    c->eflags |= FL_CF;
    return uop_next(m, c, u);
}

static fault_t cmc(struct hw *m, struct arch *c, const struct uop *u)
{
    flags_fold(m);
    c->eflags ^= FL_CF;
    return uop_next(m, c, u);
}

uop_fn *uop_flags(const struct insn *in)
{
    switch (in->op) {
    case OP_CLI: return cli;
    case OP_STI: return sti;
    case OP_CLC: return clc;
    case OP_STC: return stc;
    case OP_CMC: return cmc;
    default: return NULL;
    }
}
