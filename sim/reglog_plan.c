/* reglog_plan.c - what an instruction of a block changes, by what its handler (exec_*.c) does. */
#include "sim/reglog_impl.h"

static const u8 payload_bytes[LOG_HOW_COUNT] = {
    [LOG_REG] = 4, [LOG_REG_SRC] = 8, [LOG_FLAGS] = 8, [LOG_STEPPED] = 4, [LOG_STATE] = 4 * LOG_RECORD,
    [LOG_COUNT] = 4,
};

static struct log_step step_of(enum log_how how, unsigned reg_row, unsigned flags)
{
    return (struct log_step){ .how = (u8)how, .bytes = payload_bytes[how],
                              .reg = (u16)(reg_row * sizeof(struct log_reg_row)),
                              .flags = (u16)(flags * sizeof(struct log_flags_row)) };
}

static struct log_step nothing(void) { return step_of(LOG_NOTHING, 0, LOG_NO_FLAGS); }

static struct log_step writes(unsigned reg) { return step_of(LOG_REG, 1 + reg, LOG_NO_FLAGS); }

static struct log_step moves_esp(u32 add)
{
    struct log_step s = nothing();
    s.add = add;
    return s;
}

/* The whole register that a register operand is part of. */
static unsigned whole(const struct opnd *o) { return o->size == 1 ? o->reg & 3u : o->reg; }

static u32 one(struct log_step *out, struct log_step s)
{
    out[0] = s;
    return 1;
}

static u32 two(struct log_step *out, struct log_step a, struct log_step b)
{
    out[0] = a;
    out[1] = b;
    return 2;
}

static u32 to_operand(const struct insn *in, struct log_step *out)
{
    return one(out, in->opnd[0].kind == OPND_REG ? writes(whole(&in->opnd[0])) : nothing());
}

/* Flags, and the result in the first operand; a dword register is what dst or stepped is, too. */
static u32 operation(const struct insn *in, struct log_step *out, enum log_flags_kind kind)
{
    unsigned flags = kind + (in->osize == 4 ? 2u : in->osize == 2 ? 1u : 0u), reg = whole(&in->opnd[0]);
    bool stepped = kind >= LOG_INC, keeps = in->op != OP_CMP && in->op != OP_TEST;
    if (in->opnd[0].kind == OPND_REG && keeps && in->osize == 4)
        return one(out, step_of(stepped ? LOG_REG : LOG_REG_SRC, 1 + reg, flags));
    struct log_step s = step_of(stepped ? LOG_STEPPED : LOG_FLAGS, 0, flags);
    return in->opnd[0].kind == OPND_REG && keeps ? two(out, s, writes(reg)) : one(out, s);
}

static u32 pop(const struct insn *in, struct log_step *out)
{
    unsigned reg = in->opnd[0].reg;
    out[0] = writes(reg);
    out[0].add = reg == ESP ? 0 : 4;
    return 1;
}

/* Whatever it is. */
static u32 state(const struct insn *in, struct log_step *out)
{
    return op_info[in->op].ends == ENDS_JUMP ? 0 : one(out, step_of(LOG_STATE, 0, LOG_NO_FLAGS));
}

/* A shift by the constant zero leaves the flags; one in memory, or by CL, goes by the shared rule. */
static u32 shift(const struct insn *in, struct log_step *out)
{
    bool plain = in->opnd[0].kind == OPND_REG && in->opnd[1].kind == OPND_IMM && (in->imm & 31) &&
                 in->osize == 4;
    return plain ? operation(in, out, LOG_RAW) : state(in, out);
}

static u32 multiply(struct log_step *out)
{
    return two(out, step_of(LOG_REG_SRC, 1 + EAX, LOG_RAW + 2), writes(EDX));
}

/* Those that move a 16-bit stack, or count in CX, stand alone. */
static u32 plan_jump(const struct insn *in, unsigned mode, struct log_step *out)
{
    u32 released = in->opnd[0].kind == OPND_IMM ? in->imm & 0xffff : 0;
    bool stack = in->op == OP_CALL || in->op == OP_RET, counts = in->op == OP_LOOP;
    if ((stack && !(mode & RUN_STACK32)) || (counts && in->asize == 2))
        return 0;
    switch (in->op) {
    case OP_JMP: case OP_JCC: case OP_JCXZ: return one(out, nothing());
    case OP_CALL: return one(out, moves_esp(0u - in->osize));
    case OP_RET: return one(out, moves_esp(in->osize + released));
    case OP_LOOP: return one(out, step_of(LOG_COUNT, 1 + ECX, LOG_NO_FLAGS));
    default: return 0;
    }
}

static u32 plan_wide(const struct insn *in, struct log_step *out)
{
    switch (in->op) {
    case OP_PUSH: return one(out, moves_esp((u32)-4));
    case OP_POP: return pop(in, out);
    case OP_LEAVE: return two(out, writes(EBP), writes(ESP));
    case OP_XCHG: return two(out, writes(in->opnd[0].reg), writes(in->opnd[1].reg));
    case OP_CBW: return one(out, writes(EAX));
    case OP_CWD: return one(out, writes(EDX));
    case OP_ADC: case OP_SBB: case OP_IMUL: return operation(in, out, LOG_RAW);
    case OP_MUL: return multiply(out);
    case OP_DIV: case OP_IDIV: return two(out, writes(EAX), writes(EDX));
    default: return state(in, out);
    }
}

u32 reglog_plan(const struct insn *in, const struct uop *u, unsigned mode, struct log_step *out)
{
    if (in->op == OP_MOV_TO_SREG || in->op == OP_POP_SREG)
        return 0; /* selectors are told with SYNC and ONE */
    if (u->exec == uop_rule)
        return state(in, out);
    switch (in->op) {
    case OP_NOP: return one(out, nothing());
    case OP_MOV: case OP_MOVZX: case OP_MOVSX: case OP_LEA: case OP_BSWAP: case OP_SETCC: case OP_CMOVCC:
    case OP_NOT:
        return to_operand(in, out);
    case OP_ADD: return operation(in, out, LOG_ADD);
    case OP_SUB: case OP_CMP: case OP_NEG: return operation(in, out, LOG_SUB);
    case OP_AND: case OP_OR: case OP_XOR: case OP_TEST: return operation(in, out, LOG_LOGIC);
    case OP_INC: return operation(in, out, LOG_INC);
    case OP_DEC: return operation(in, out, LOG_DEC);
    case OP_SHL: case OP_SHR: case OP_SAR: return shift(in, out);
    default: break;
    }
    if (op_info[in->op].ends == ENDS_JUMP)
        return plan_jump(in, mode, out);
    return in->osize == 4 && (mode & RUN_STACK32) ? plan_wide(in, out) : state(in, out);
}
