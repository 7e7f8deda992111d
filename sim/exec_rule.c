/* exec_rule.c - instructions without a handler of their own: inside a block, but by the rules of isa.h. */
#include "sim/flags.h"
#include "sim/uop_link.h"

/* Nobody listens: what is told of an instruction wants its time and EIP exact. */
static fault_t by_rule(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(!machine_unheard(m)))
        return UOP_SLOW;
    flags_fold(m);
    c->eip = uop_head(m->run_entry)->eip + u->off;
    return isa_exec(&m->isa, uop_insn(m, u));
}

fault_t uop_rule(struct hw *m, struct arch *c, const struct uop *u)
{
    fault_t f = by_rule(m, c, u);
    return unlikely(f) ? uop_fault(m, u, f) : uop_next(m, c, u);
}

/* The block goes on unless SS was loaded, or it is not made for what the segments are now. */
fault_t uop_rule_sreg(struct hw *m, struct arch *c, const struct uop *u)
{
    u64 key = m->link_key;
    fault_t f = by_rule(m, c, u);
    if (unlikely(f))
        return uop_fault(m, u, f);
    if (unlikely(c->shadow))
        return uop_fault(m, u + 1, UOP_EXIT);
    return likely(key == m->link_key) ? uop_next(m, c, u) : uop_fault(m, u + 1, UOP_RESYNC);
}

/* Those that any program may execute, which VMX leaves as they are, and that change nothing before they
 * fault: a device in memory wants them again (sim/tlb.c).  ENTER pushes more than once; the x87 minds the
 * address of its instructions. */
static bool suits(const struct insn *in)
{
    const struct op_info *info = &op_info[in->op];
    return info->who == WHO_ANYONE && info->ends == ENDS_NOT && !vmx_watches((enum op)in->op) &&
           !in->rep && !op_is_fpu(in->op) && in->op != OP_ENTER;
}

uop_fn *uop_by_rule(const struct insn *in)
{
    return suits(in) ? uop_rule : NULL;
}
