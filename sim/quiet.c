/* quiet.c - within a block, flags that are written again before anybody can look need not be left.
 *
 * A handler that touches memory may leave the block, before its instruction or behind it; so the flags before
 * it are looked at.  Its own need not be left: the forms that have a quiet handler give what could leave the
 * block to the handler for any segment, which leaves flags. */
#include "sim/uop.h"

/* None for what runs by the rules: LOCK, for instance. */
static uop_fn *quiet_handler(const struct insn *in, const struct uop *u)
{
    if (in->osize != 4 || uop_keeps_insn(in, u))
        return NULL;
    uop_fn *f = uop_alu_quiet(in, u);
    f = f ? f : uop_multiply_quiet(u);
    return f ? f : uop_shift_quiet(in, u);
}

/* Operations on registers that cannot fault, leave or be left. */
static bool only_registers(const struct insn *in)
{
    if (in->opnd[0].kind == OPND_MEM || in->opnd[1].kind == OPND_MEM)
        return in->op == OP_LEA;
    switch (in->op) {
    case OP_ADD: case OP_SUB: case OP_AND: case OP_OR: case OP_XOR: case OP_CMP: case OP_TEST: case OP_INC:
    case OP_DEC: case OP_NEG: case OP_NOT: case OP_MOV: case OP_MOVZX: case OP_MOVSX: case OP_LEA:
    case OP_XCHG: case OP_NOP: case OP_CWD: case OP_CBW: case OP_BSWAP: case OP_SETCC: case OP_CMOVCC:
    case OP_ROL: case OP_ROR: case OP_SHL: case OP_SHR: case OP_SAR: case OP_IMUL: case OP_MUL:
        return true;
    default: return false;
    }
}

/* Flags that this operation certainly writes: a count of zero would write none. */
static u32 surely_writes(const struct insn *in)
{
    bool shift = in->op >= OP_ROL && in->op <= OP_SAR;
    if (shift && (in->opnd[1].kind != OPND_IMM || (in->imm & 31) == 0))
        return 0;
    return op_info[in->op].writes & FL_ARITH;
}

void uop_quieten(const struct uop_made *made, u32 count)
{
    u32 seen = FL_ARITH; /* flags that may be looked at behind the instruction */
    while (count--) {
        const struct insn *in = &made[count].in;
        if (made[count].leaves)
            seen = FL_ARITH;
        bool unseen = !(op_info[in->op].writes & seen & FL_ARITH);
        uop_fn *quiet = unseen ? quiet_handler(in, made[count].u) : NULL;
        if (quiet)
            made[count].u->exec = quiet;
        seen &= ~surely_writes(in);
        bool inside = only_registers(in) && made[count].u->exec != uop_rule;
        seen |= inside ? op_info[in->op].reads & FL_ARITH : FL_ARITH;
    }
}
