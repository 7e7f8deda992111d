#include "sim/flags.h"

#include "sim/api/alu.h"

/* CF, AF and OF of an addition or subtraction, from its operands and result. */
static u32 sum_flags(u32 a, u32 b, u32 result, u32 sign, bool add)
{
    u32 overflow = add ? (a ^ result) & (b ^ result) : (a ^ b) & (a ^ result);
    u32 flags = ((a ^ b ^ result) & 0x10 ? FL_AF : 0) | (overflow & sign ? FL_OF : 0);
    if (add ? result < a : a < b)
        flags |= FL_CF;
    return flags;
}

u32 flags_of(u32 op, u32 dst, u32 src, u32 eflags)
{
    u32 bits = 8u << (op & 3), mask = (u32)((1ull << bits) - 1), sign = 1u << (bits - 1);
    u32 szp = op == CC_EFLAGS ? 0 : alu_szp(bits / 8, dst);
    switch (op & ~3u) {
    case CC_ADD: return szp | sum_flags((dst - src) & mask, src, dst, sign, true);
    case CC_SUB: return szp | sum_flags((dst + src) & mask, src, dst, sign, false);
    case CC_LOGIC: return szp;
    case CC_RAW: return szp | src;
    case CC_INC:
        return szp | (src ? FL_CF : 0) | (dst == sign ? FL_OF : 0) | ((dst & 15) == 0 ? FL_AF : 0);
    case CC_DEC:
        return szp | (src ? FL_CF : 0) | (dst == sign - 1 ? FL_OF : 0) |
               ((dst & 15) == 15 ? FL_AF : 0);
    }
    return eflags & FL_ARITH;
}

u32 flags_compute(const struct hw *m)
{
    return flags_of(m->cc_op, m->cc_dst, m->cc_src, m->arch->eflags);
}

void flags_fold(struct hw *m)
{
    if (m->cc_op == CC_EFLAGS)
        return;
    m->arch->eflags = (m->arch->eflags & ~(u32)FL_ARITH) | flags_compute(m);
    m->cc_op = CC_EFLAGS;
}

bool flags_condition(const struct hw *m, unsigned cc)
{
    if (m->cc_op != CC_EFLAGS) {
        switch (cc >> 1) {
        case 1: return flags_carry(m) != (cc & 1);
        case 2: return (m->cc_dst == 0) != (cc & 1);
        case 4: return ((m->cc_dst >> (cc_shift(m) - 1)) & 1) != (cc & 1);
        }
    }
    return isa_condition(flags_compute(m), cc);
}
