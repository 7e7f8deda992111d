/* isa_exec.h - the handlers that isa_exec() dispatches to; private to the isa_*.c files.
 *
 * A handler runs with EIP at its instruction and privilege already checked; on success it
 * commits and moves EIP (isa_next, isa_jump_near), on a fault it leaves all as it was. */
#ifndef SIM_API_ISA_EXEC_H
#define SIM_API_ISA_EXEC_H

#include "sim/api/isa_impl.h"

typedef fault_t isa_handler(struct isa *x, const struct insn *in);

/* isa_move.c */
isa_handler isa_exec_mov, isa_exec_movzx, isa_exec_movsx, isa_exec_lea, isa_exec_xchg,
            isa_exec_xlat, isa_exec_bswap, isa_exec_cmovcc, isa_exec_setcc, isa_exec_cbw,
            isa_exec_cwd, isa_exec_nop;
/* isa_arith.c */
isa_handler isa_exec_binary, isa_exec_compare, isa_exec_unary, isa_exec_shift,
            isa_exec_double_shift, isa_exec_mul, isa_exec_imul, isa_exec_div, isa_exec_decimal,
            isa_exec_aam, isa_exec_aad, isa_exec_bound;
/* isa_bit.c: bits, and the exchanging read-modify-writes */
isa_handler isa_exec_bt, isa_exec_bitscan, isa_exec_xadd, isa_exec_cmpxchg, isa_exec_cmpxchg8b;
/* isa_stack.c */
isa_handler isa_exec_push, isa_exec_pop, isa_exec_pusha, isa_exec_popa, isa_exec_enter,
            isa_exec_leave;
/* isa_flags.c */
isa_handler isa_exec_flag, isa_exec_lahf, isa_exec_sahf, isa_exec_salc, isa_exec_pushf,
            isa_exec_popf, isa_exec_cli, isa_exec_sti;
/* isa_string.c */
isa_handler isa_exec_string, isa_exec_in, isa_exec_out;
/* isa_jump.c */
isa_handler isa_exec_jmp, isa_exec_jcc, isa_exec_loop, isa_exec_call, isa_exec_ret;
/* isa_fpu.c: everything from FPU to FXRSTOR */
isa_handler isa_exec_fpu;

/* The instruction is done: on to the next. */
static inline fault_t isa_next(struct isa *x, const struct insn *in)
{
    x->s->eip += in->len;
    return FAULT_NONE;
}

static inline bool isa_is_mem(const struct insn *in, unsigned n)
{
    return in->opnd[n].kind == OPND_MEM;
}

/* Operand n with the intent to write it: isa_put() of it cannot fault afterwards. */
MUST_CHECK fault_t isa_get_rmw(struct isa *x, const struct insn *in, unsigned n, u32 *value);
/* A write to [seg:offset] would succeed; checks as isa_store does, changes nothing. */
MUST_CHECK fault_t isa_probe_store(struct isa *x, enum sreg seg, u32 offset, unsigned size);
/* USER when the program itself makes the access at CPL 3 */
static inline unsigned isa_access(const struct isa *x)
{
    return x->s->cpl == 3 ? ACCESS_USER : 0;
}

/* A counter or index register of the address size: all of it, or its low 16 bits. */
static inline u32 isa_mask_address(unsigned asize, u32 value)
{
    return asize == 2 ? value & 0xffff : value;
}
/* The next part of the operand at this offset: with 16-bit addresses it wraps by itself, as silicon has it
 * (measured of LFS, BOUND, FSTP m80, FNSTENV), and meets the segment's limit there. */
static inline u32 isa_next_part(const struct insn *in, u32 offset, unsigned by)
{
    return isa_mask_address(in->asize, offset + by);
}
static inline unsigned isa_stack_size(const struct isa *x)
{
    return arch_stack32(x->s) ? 4 : 2;
}

#endif
