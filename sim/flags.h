/* flags.h - lazy flags: the last flag-writing operation, kept until somebody looks.
 *
 *   op          dst       src           the arithmetic flags are those of
 *   CC_EFLAGS   -         -             arch->eflags, as it stands
 *   CC_ADD+n    result    second operand  (n: 0 byte, 1 word, 2 dword)
 *   CC_SUB+n    result    second operand
 *   CC_LOGIC+n  result    -
 *   CC_RAW+n    result    CF, AF and OF as EFLAGS bits (shifts, multiplications)
 *
 * INC and DEC keep CF, so they stand beside: while step is not zero, all flags but CF are those of
 *   CC_INC+n, CC_DEC+n      with the result in stepped
 * and every other operation ends that (both: op and step in one store).
 *
 * Results are zero-extended.  They live outside the arena and are folded whenever it can be seen. */
#ifndef SIM_FLAGS_H
#define SIM_FLAGS_H

#include "sim/machine_impl.h"

enum cc_op { CC_EFLAGS, CC_ADD = 4, CC_SUB = 8, CC_LOGIC = 12, CC_RAW = 16 };
enum cc_step { CC_INC = 4, CC_DEC = 8 };

/* The six arithmetic flags; of a state kept elsewhere, and of the machine's. */
u32 flags_of(const struct lazy_flags *cc, u32 eflags);
u32 flags_compute(const struct hw *m);

ALWAYS_INLINE void set_cc(struct hw *m, unsigned op, unsigned size, u32 dst, u32 src)
{
    m->cc.both = op | (size == 4 ? 2u : size == 2 ? 1u : 0u);
    m->cc.dst = dst;
    m->cc.src = src;
}

ALWAYS_INLINE void set_cc_step(struct hw *m, unsigned op, unsigned size, u32 result)
{
    m->cc.step = op | (size == 4 ? 2u : size == 2 ? 1u : 0u);
    m->cc.stepped = result;
}

ALWAYS_INLINE bool flags_carry(const struct lazy_flags *cc, u32 eflags)
{
    u32 mask = (u32)((1ull << (8u << (cc->op & 3))) - 1);
    switch (cc->op & ~3u) {
    case CC_ADD: return cc->dst < cc->src;
    case CC_SUB: return ((cc->dst + cc->src) & mask) < cc->src;
    case CC_LOGIC: return false;
    case CC_RAW: return (cc->src & FL_CF) != 0;
    }
    return (eflags & FL_CF) != 0;
}

/* The conditions that compare, after a subtraction: its operands, at the top of a dword. */
ALWAYS_INLINE bool flags_compared(const struct lazy_flags *cc, unsigned condition)
{
    u32 above = 32 - (8u << (cc->op & 3)), b = cc->src << above, a = (cc->dst << above) + b;
    bool yes = condition >> 1 == 3 ? a <= b : condition >> 1 == 6 ? (s32)a < (s32)b : (s32)a <= (s32)b;
    return yes != (condition & 1);
}

/* Z, S and C come from what was left, comparisons from their operands; the others from all the flags. */
ALWAYS_INLINE bool flags_condition(const struct hw *m, unsigned cc)
{
    const struct lazy_flags *f = &m->cc;
    u32 result = f->step ? f->stepped : f->dst;
    u32 top = (8u << ((f->step ? f->step : f->op) & 3)) - 1;
    if (f->both != CC_EFLAGS) {
        switch (cc >> 1) {
        case 1: return flags_carry(f, m->arch->eflags) != (cc & 1);
        case 2: return (result == 0) != (cc & 1);
        case 4: return ((result >> top) & 1) != (cc & 1);
        case 3: case 6: case 7:
            if (!f->step && (f->op & ~3u) == CC_SUB)
                return flags_compared(f, cc);
        }
    }
    return isa_condition(flags_compute(m), cc);
}

#endif
