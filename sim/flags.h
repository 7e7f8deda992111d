/* flags.h - lazy flags: the last flag-writing operation, kept until somebody looks.
 *
 *   cc_op       cc_dst    cc_src        the arithmetic flags are those of
 *   CC_EFLAGS   -         -             arch->eflags, as it stands
 *   CC_ADD+n    result    second operand  (n: 0 byte, 1 word, 2 dword)
 *   CC_SUB+n    result    second operand
 *   CC_LOGIC+n  result    -
 *   CC_INC+n    result    CF before (0 or 1)
 *   CC_DEC+n    result    CF before
 *   CC_RAW+n    result    CF, AF and OF as EFLAGS bits (shifts, multiplications)
 *
 * Results are zero-extended.  They live outside the arena and are folded whenever it can be seen. */
#ifndef SIM_FLAGS_H
#define SIM_FLAGS_H

#include "sim/machine_impl.h"

enum cc_op { CC_EFLAGS, CC_ADD = 4, CC_SUB = 8, CC_LOGIC = 12, CC_INC = 16, CC_DEC = 20,
             CC_RAW = 24 };

u32 flags_of(u32 op, u32 dst, u32 src, u32 eflags); /* the six arithmetic flags */
u32 flags_compute(const struct hw *m);
bool flags_condition(const struct hw *m, unsigned cc);

ALWAYS_INLINE u32 cc_shift(const struct hw *m) { return 8u << (m->cc_op & 3); } /* width in bits */

ALWAYS_INLINE bool flags_carry(const struct hw *m)
{
    u32 mask = (u32)((1ull << cc_shift(m)) - 1);
    switch (m->cc_op & ~3u) {
    case CC_ADD: return m->cc_dst < m->cc_src;
    case CC_SUB: return ((m->cc_dst + m->cc_src) & mask) < m->cc_src;
    case CC_LOGIC: return false;
    case CC_INC:
    case CC_DEC: return m->cc_src != 0;
    case CC_RAW: return (m->cc_src & FL_CF) != 0;
    }
    return (m->arch->eflags & FL_CF) != 0;
}

#endif
