/* alu.h - arithmetic as pure functions: values and flags in, value and flags out.
 *
 * size is 1, 2 or 4; values are zero-extended to 32 bits.  *flags: in, the whole EFLAGS; out, the
 * same with the operation's flags replaced.  Undefined flags: as recent Intel silicon leaves
 * them where that is known, each noted in alu.c. */
#ifndef SIM_API_ALU_H
#define SIM_API_ALU_H

#include "sim/api/insn.h"

/* ADD OR ADC SBB AND SUB XOR CMP TEST (a, b), INC DEC NEG NOT (a) */
u32 alu_binary(enum op op, unsigned size, u32 a, u32 b, u32 *flags);
/* ROL ROR RCL RCR SHL SHR SAR; count already masked to 5 bits; count 0 changes nothing */
u32 alu_shift(enum op op, unsigned size, u32 a, unsigned count, u32 *flags);
/* SHLD SHRD */
u32 alu_double_shift(enum op op, unsigned size, u32 a, u32 b, unsigned count, u32 *flags);
/* MUL IMUL: the double-width product */
u64 alu_multiply(enum op op, unsigned size, u32 a, u32 b, u32 *flags);
/* DIV IDIV: false means #DE.  Flags are left as they were. */
MUST_CHECK bool alu_divide(enum op op, unsigned size, u64 dividend, u32 divisor, u32 *quotient,
                           u32 *remainder);
/* BSF BSR: false when src is 0 (ZF set, destination unchanged) */
bool alu_bitscan(enum op op, unsigned size, u32 src, u32 *result, u32 *flags);
/* DAA DAS AAA AAS: AX in, AX out */
u32 alu_decimal(enum op op, u32 ax, u32 *flags);
/* SF ZF PF of a result */
u32 alu_szp(unsigned size, u32 result);

#endif
