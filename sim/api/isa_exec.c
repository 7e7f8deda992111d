#include "sim/api/isa_exec.h"

#include "sim/api/debug.h"

/* What is not here is far control flow, segments, tables, modes: isa_exec_system(). */
static isa_handler *const handlers[OP_COUNT] = {
    [OP_MOV] = isa_exec_mov,        [OP_MOVZX] = isa_exec_movzx,
    [OP_MOVSX] = isa_exec_movsx,    [OP_LEA] = isa_exec_lea,
    [OP_XCHG] = isa_exec_xchg,      [OP_PUSH] = isa_exec_push,
    [OP_POP] = isa_exec_pop,        [OP_PUSHA] = isa_exec_pusha,
    [OP_POPA] = isa_exec_popa,      [OP_XLAT] = isa_exec_xlat,
    [OP_BSWAP] = isa_exec_bswap,    [OP_CMOVCC] = isa_exec_cmovcc,
    [OP_SETCC] = isa_exec_setcc,    [OP_CBW] = isa_exec_cbw,
    [OP_CWD] = isa_exec_cwd,        [OP_NOP] = isa_exec_nop,
    [OP_ENTER] = isa_exec_enter,    [OP_LEAVE] = isa_exec_leave,

    [OP_ADD] = isa_exec_binary,     [OP_OR] = isa_exec_binary,
    [OP_ADC] = isa_exec_binary,     [OP_SBB] = isa_exec_binary,
    [OP_AND] = isa_exec_binary,     [OP_SUB] = isa_exec_binary,
    [OP_XOR] = isa_exec_binary,     [OP_CMP] = isa_exec_compare,
    [OP_TEST] = isa_exec_compare,   [OP_INC] = isa_exec_unary,
    [OP_DEC] = isa_exec_unary,      [OP_NEG] = isa_exec_unary,
    [OP_NOT] = isa_exec_unary,      [OP_MUL] = isa_exec_mul,
    [OP_IMUL] = isa_exec_imul,      [OP_DIV] = isa_exec_div,
    [OP_IDIV] = isa_exec_div,       [OP_ROL] = isa_exec_shift,
    [OP_ROR] = isa_exec_shift,      [OP_RCL] = isa_exec_shift,
    [OP_RCR] = isa_exec_shift,      [OP_SHL] = isa_exec_shift,
    [OP_SHR] = isa_exec_shift,      [OP_SAR] = isa_exec_shift,
    [OP_SHLD] = isa_exec_double_shift, [OP_SHRD] = isa_exec_double_shift,
    [OP_BT] = isa_exec_bt,          [OP_BTS] = isa_exec_bt,
    [OP_BTR] = isa_exec_bt,         [OP_BTC] = isa_exec_bt,
    [OP_BSF] = isa_exec_bitscan,    [OP_BSR] = isa_exec_bitscan,
    [OP_XADD] = isa_exec_xadd,      [OP_CMPXCHG] = isa_exec_cmpxchg,
    [OP_CMPXCHG8B] = isa_exec_cmpxchg8b,
    [OP_DAA] = isa_exec_decimal,    [OP_DAS] = isa_exec_decimal,
    [OP_AAA] = isa_exec_decimal,    [OP_AAS] = isa_exec_decimal,
    [OP_AAM] = isa_exec_aam,        [OP_AAD] = isa_exec_aad,
    [OP_BOUND] = isa_exec_bound,

    [OP_SALC] = isa_exec_salc,      [OP_CLC] = isa_exec_flag,
    [OP_STC] = isa_exec_flag,       [OP_CMC] = isa_exec_flag,
    [OP_CLD] = isa_exec_flag,       [OP_STD] = isa_exec_flag,
    [OP_LAHF] = isa_exec_lahf,      [OP_SAHF] = isa_exec_sahf,
    [OP_PUSHF] = isa_exec_pushf,    [OP_POPF] = isa_exec_popf,
    [OP_CLI] = isa_exec_cli,        [OP_STI] = isa_exec_sti,

    [OP_MOVS] = isa_exec_string,    [OP_CMPS] = isa_exec_string,
    [OP_STOS] = isa_exec_string,    [OP_LODS] = isa_exec_string,
    [OP_SCAS] = isa_exec_string,    [OP_INS] = isa_exec_string,
    [OP_OUTS] = isa_exec_string,    [OP_IN] = isa_exec_in,
    [OP_OUT] = isa_exec_out,

    [OP_JMP] = isa_exec_jmp,        [OP_JCC] = isa_exec_jcc,
    [OP_JCXZ] = isa_exec_loop,      [OP_LOOP] = isa_exec_loop,
    [OP_LOOPE] = isa_exec_loop,     [OP_LOOPNE] = isa_exec_loop,
    [OP_CALL] = isa_exec_call,      [OP_RET] = isa_exec_ret,
};

bool isa_condition(u32 eflags, unsigned cc)
{
    bool cf = eflags & FL_CF, zf = eflags & FL_ZF, sf = eflags & FL_SF, of = eflags & FL_OF;
    bool value = false;
    switch (cc >> 1 & 7) {
    case 0: value = of; break;
    case 1: value = cf; break;
    case 2: value = zf; break;
    case 3: value = cf || zf; break;
    case 4: value = sf; break;
    case 5: value = eflags & FL_PF; break;
    case 6: value = sf != of; break;
    case 7: value = zf || sf != of; break;
    }
    return value != (cc & 1);
}

/* The port of IN, OUT, INS, OUTS: an immediate byte, or DX. */
static u16 port_of(const struct arch *s, const struct insn *in)
{
    unsigned n = in->op == OP_IN;
    if ((in->op == OP_IN || in->op == OP_OUT) && in->opnd[n].kind == OPND_IMM)
        return (u16)in->imm;
    return (u16)s->reg[EDX];
}

/* insn.def's "who may".  IOPL is left to CLI and STI themselves, where VME and PVI are
 * exceptions; the VT-x instructions go to their owner, who knows whether to fault. */
static fault_t check_privilege(struct isa *x, const struct insn *in)
{
    const struct arch *s = x->s;
    bool protected = arch_is_protected(s) && !arch_is_v86(s);
    switch ((enum who)op_info[in->op].who) {
    case WHO_RING0:
        if (in->op >= OP_VMCALL)
            return FAULT_NONE;
        if ((in->op == OP_LLDT || in->op == OP_LTR) && !protected)
            return FAULT(VEC_UD); /* not recognized there, whoever asks */
        return s->cpl == 0 ? FAULT_NONE : FAULT_ERR(VEC_GP, 0);
    case WHO_PROTECTED:
        return protected ? FAULT_NONE : FAULT(VEC_UD);
    case WHO_IO:
        return isa_io_allowed(x, port_of(s, in), in->osize);
    case WHO_IOPL:
    case WHO_ANYONE:
        break;
    }
    return FAULT_NONE;
}

/* INT clears TF before its boundary: no trap after it (SDM 3A 6.12.1.4 and INT), unless it is an INTO
 * that had nothing to do. */
static bool clears_trap(enum op op, u32 old_flags)
{
    return op == OP_INT || op == OP_INT3 || op == OP_INT1 || (op == OP_INTO && (old_flags & FL_OF));
}

/* Software interrupts are events, recorded where they are delivered. */
static bool has_branched(const struct isa *x, enum op op)
{
    switch (op) {
    case OP_JMP_FAR: case OP_CALL_FAR: case OP_RET_FAR: case OP_IRET: case OP_SYSENTER: case OP_SYSEXIT:
        return true;
    default:
        return x->jumped;
    }
}

u32 isa_retire(struct isa *x, const struct insn *in, u32 old_flags, u32 old_eip)
{
    struct arch *s = x->s;
    u32 due = x->hits;
    /* RF is what came from the frame - one of 16 bits has none - or from the TSS */
    bool loaded = (in->op == OP_IRET && in->osize == 4) || x->switched;
    bool branched = debug_looks(s) && has_branched(x, in->op);
    x->hits = 0;
    if (branched)
        debug_branch(s, old_eip);
    if (in->op >= OP_MOVS && in->op <= OP_OUTS && in->rep && s->eip == old_eip)
        s->eflags |= FL_RF; /* it goes on: whatever comes between two iterations returns into it */
    else if ((old_flags & FL_RF) && !loaded)
        s->eflags &= ~(u32)FL_RF;
    bool steps = (old_flags & FL_TF) && (branched || !(s->debugctl & DEBUGCTL_BTF));
    if (steps && !clears_trap(in->op, old_flags) && !(s->shadow & SHADOW_MOV_SS))
        due |= DR6_BS;
    return due;
}

fault_t isa_exec(struct isa *x, const struct insn *in)
{
    x->hits = 0;
    x->switched = x->jumped = false;
    fault_t f = check_privilege(x, in);
    if (f)
        return f;
    if (handlers[in->op])
        return handlers[in->op](x, in);
    if (in->op == OP_UD)
        return FAULT(VEC_UD);
    if (op_is_fpu(in->op))
        return isa_exec_fpu(x, in);
    return isa_exec_system(x, in);
}
