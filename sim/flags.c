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

static u32 step_flags(const struct lazy_flags *cc, u32 eflags)
{
    u32 size = 1u << (cc->step & 3), sign = 1u << (8 * size - 1), r = cc->stepped;
    bool up = (cc->step & ~3u) == CC_INC;
    return alu_szp(size, r) | (flags_carry(cc, eflags) ? FL_CF : 0) |
           (r == (up ? sign : sign - 1) ? FL_OF : 0) | ((r & 15) == (up ? 0 : 15) ? FL_AF : 0);
}

u32 flags_of(const struct lazy_flags *cc, u32 eflags)
{
    u32 bits = 8u << (cc->op & 3), mask = (u32)((1ull << bits) - 1), sign = 1u << (bits - 1);
    u32 dst = cc->dst, src = cc->src;
    if (cc->step)
        return step_flags(cc, eflags);
    if (cc->op == CC_EFLAGS)
        return eflags & FL_ARITH;
    u32 szp = alu_szp(bits / 8, dst);
    switch (cc->op & ~3u) {
    case CC_ADD: return szp | sum_flags((dst - src) & mask, src, dst, sign, true);
    case CC_SUB: return szp | sum_flags((dst + src) & mask, src, dst, sign, false);
    case CC_RAW: return szp | src;
    }
    return szp;
}

u32 flags_compute(const struct hw *m) { return flags_of(&m->cc, m->arch->eflags); }

void flags_fold(struct hw *m)
{
    if (m->cc.both == CC_EFLAGS)
        return;
    m->arch->eflags = (m->arch->eflags & ~(u32)FL_ARITH) | flags_compute(m);
    m->cc.both = CC_EFLAGS;
}
