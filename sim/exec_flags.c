/* exec_flags.c - CLI STI PUSHF POPF CLC STC CMC in protected mode; what is unusual goes the careful
 * way. */
#include "sim/uop_mem.h"

/* Ring and mode where CLI, STI and POPF simply act on IF, and nobody wants to be told. */
static bool may_change_if(const struct hw *m)
{
    const struct arch *c = m->arch;
    return !machine_wants(m, HW_IF) && (c->cr0 & CR0_PE) && !(c->eflags & FL_VM) &&
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

static fault_t pushf(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(c->eflags & FL_VM))
        return uop_fault(m, u, UOP_SLOW);
    u32 sp = c->reg[ESP] - 4;
    flags_fold(m);
    fault_t f = uop_store(m, SS, sp, 4, c->eflags & ~(u32)(FL_VM | FL_RF));
    if (unlikely(f))
        return uop_fault(m, u, f);
    c->reg[ESP] = sp;
    return uop_next(m, c, u);
}

/* 9D POPF at CPL <= IOPL; where IF or TF were opened, the boundary behind it must be looked at */
static fault_t popf(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 which = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_AC | FL_ID | FL_RF | FL_IF;
    if (unlikely(!may_change_if(m)))
        return uop_fault(m, u, UOP_SLOW);
    if (c->cpl == 0)
        which |= FL_IOPL;
    u64 v = uop_load(m, SS, c->reg[ESP], 4);
    if (unlikely(v >> 32))
        return uop_fault(m, u, load_fault(v));
    u32 old = c->eflags, image = (u32)v & ~(u32)FL_RF;
    m->cc.both = CC_EFLAGS;
    ledger_charge(&m->state->ledger, COST_POPF);
    c->reg[ESP] += 4;
    c->eflags = (old & ~which) | (image & which);
    bool look = (c->eflags & FL_TF) || ((c->eflags & ~old & FL_IF) && !nothing_waits(m));
    return look ? uop_fault(m, u + 1, UOP_EXIT) : uop_next(m, c, u);
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

uop_fn *uop_flags(const struct insn *in, struct uop *u)
{
    (void)u;
    switch (in->op) {
    case OP_CLI: return cli;
    case OP_STI: return sti;
    case OP_PUSHF: return in->osize == 4 ? pushf : NULL;
    case OP_POPF: return in->osize == 4 ? popf : NULL;
    case OP_CLC: return clc;
    case OP_STC: return stc;
    case OP_CMC: return cmc;
    default: return NULL;
    }
}
