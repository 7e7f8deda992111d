/* uop_stack.h - the top of the stack for handlers.  size: of the operand; ssize: 4 where SS.B is set,
 * else 2. */
#ifndef SIM_UOP_STACK_H
#define SIM_UOP_STACK_H

#include "sim/uop_mem.h"

ALWAYS_INLINE fault_t uop_push(struct hw *m, struct arch *c, unsigned size, unsigned ssize, u32 value)
{
    u32 sp = c->reg[ESP] - size;
    fault_t f = uop_store(m, SS, ssize == 2 ? (u16)sp : sp, size, value);
    if (likely(!f))
        reg_set(c, ESP, ssize, sp);
    return f;
}

/* What stands there, as uop_load gives it; (E)SP stays. */
ALWAYS_INLINE u64 uop_top(struct hw *m, const struct arch *c, unsigned size, unsigned ssize)
{
    return uop_load(m, SS, reg_get(c, ESP, ssize), size);
}

/* A near call: the EIP behind it is pushed; a bad target is found first. */
ALWAYS_INLINE fault_t uop_push_behind(struct hw *m, struct arch *c, const struct uop *u, unsigned size,
                                      unsigned ssize, u32 target, u32 behind)
{
    if (unlikely(target > c->seg[CS].limit))
        return uop_fault(m, u, FAULT_ERR(VEC_GP, 0));
    fault_t f = uop_push(m, c, size, ssize, behind);
    return unlikely(f) ? uop_fault(m, u, f) : FAULT_NONE;
}

/* PUSHF, POPF (exec_flags.c); mode: RUN_ bits. */
uop_fn *uop_flags_stack(const struct insn *in, unsigned mode);

#endif
