/* uop.h - one instruction of a decoded block, ready to run.
 *
 * A handler does one instruction and continues with the next uop (a tail call); the last one of a block
 * enters the next block when a valid link leads there and the budget covers it, else it sets EIP and
 * returns FAULT_NONE (uop_link.h).  A handler that faults returns the fault through uop_fault and has
 * changed nothing but what the SDM says.  EIP and time inside a block are those of its head + uop. */
#ifndef SIM_UOP_H
#define SIM_UOP_H

#include "sim/flags.h"

struct uop;
typedef fault_t uop_fn(struct hw *m, struct arch *c, const struct uop *u);
struct uop {
    uop_fn *exec;
    u32 imm;         /* jumps, calls by relative address: EIP of the target; other calls: EIP behind */
    u32 disp;        /* INT, jumps, calls by relative address: EIP behind the instruction */
    u8 dst, src;     /* register numbers; byte offsets into arch.reg for 8-bit registers */
    u8 base, index, scale, seg;
    u8 cc;
    u8 len;          /* of the instruction */
    u16 off;         /* of the instruction from the block's start */
    u16 weight_sum;  /* ticks of the instructions before it in the block */
    u8 idx;          /* instructions before it in the block */
    union {
        u8 weight;   /* instructions that are kept: its ticks */
        u8 addr;     /* others: enum uop_addr */
    };
    u16 cold;        /* the decoded instruction, if it is kept (uop_keeps_insn); else 0 */
};
_Static_assert(sizeof(struct uop) == 32, "two uops a cache line");

/* Block was overwritten under the running block: leave before the next instruction. */
#define UOP_RESYNC FAULT_OWNER(1)
/* The handler wants the careful way for this instruction: nothing was done. */
#define UOP_SLOW FAULT_OWNER(2)
/* The outer loop must look at the boundary before fault_uop. */
#define UOP_EXIT FAULT_OWNER(3)
/* The block was done to its end and EIP is set; the outer loop must look at the boundary behind it. */
#define UOP_LEFT FAULT_OWNER(4)

/* How a memory operand is reached: any segment, or a flat one through base + disp, or base + index + disp; or
 * any segment by a 16-bit address. */
enum uop_addr { ADDR_ANY, ADDR_FLAT, ADDR_INDEX, ADDR_SHORT, ADDR_COUNT };

/* The handler for an instruction, operands filled into *u; false: it has none (it runs alone, through the
 * rules of isa.h).  mode: RUN_ bits; RUN_FLAT: DS and SS are base 0, limit 4 GB, readable and writable. */
MUST_CHECK bool uop_make(const struct insn *in, unsigned mode, struct uop *u);
/* Does the handler need the decoded instruction: for the careful way, or for the rules? */
bool uop_keeps_insn(const struct insn *in, const struct uop *u);
/* The instructions of a block, in order: those whose flags nobody can look at get handlers that leave none
 * (quiet.c).  leaves: behind it the block may be left, whatever it is. */
struct uop_made { struct insn in; struct uop *u; bool leaves; };
void uop_quieten(const struct uop_made *made, u32 count);
/* The same uop where EIP behind it is known. */
void uop_place(const struct insn *in, struct uop *u, u32 next_eip);
/* cmp/test/dec + jcc in one: turns u (made from the first) into the fused form; false: cannot. */
bool uop_fuse(struct uop *u, const struct insn *first, const struct uop *jcc);
uop_fn uop_end, uop_resync;
/* Instructions without a handler of their own, by the rules; loads of segment registers (exec_rule.c). */
uop_fn uop_rule, uop_rule_sreg;
/* Behind STI: leave if it opened an interrupt shadow; behind the instruction after STI: the shadow ends,
 * and the boundary must be looked at. */
uop_fn uop_leave_if_shadow, uop_end_shadow;

/* Families, by file; each returns NULL when it has no handler for the form. */
uop_fn *uop_alu(const struct insn *in, struct uop *u);     /* exec_alu.c */
uop_fn *uop_alu_quiet(const struct insn *in, const struct uop *u); /* without leaving flags */
uop_fn *uop_move(const struct insn *in, struct uop *u);    /* exec_move.c */
uop_fn *uop_control(const struct insn *in, struct uop *u); /* exec_control.c */
uop_fn *uop_flags(const struct insn *in);                  /* exec_flags.c */
uop_fn *uop_shift(const struct insn *in, struct uop *u);   /* exec_shift.c */
uop_fn *uop_shift_quiet(const struct insn *in, const struct uop *u);
uop_fn *uop_multiply(const struct insn *in);               /* exec_multiply.c */
uop_fn *uop_multiply_quiet(const struct uop *u);
uop_fn *uop_carry(const struct insn *in, struct uop *u);   /* exec_carry.c */
uop_fn *uop_system(const struct insn *in);                 /* exec_system.c */
uop_fn *uop_short(const struct insn *in, unsigned mode, struct uop *u); /* exec_short.c */
uop_fn *uop_load_sreg(const struct insn *in, struct uop *u);
uop_fn *uop_by_rule(const struct insn *in);                /* exec_rule.c */
uop_fn *uop_fused(const struct insn *first, const struct uop *u, unsigned cc); /* exec_fused.c */

/* ---- for handlers ---- */

/* Interrupts were opened: is there certainly none to take?  (What falls due later ends the budget.) */
ALWAYS_INLINE bool nothing_waits(const struct hw *m)
{
    return !(m->intr | m->nmi | m->init) && !m->state->vmx.nonroot;
}

ALWAYS_INLINE fault_t uop_next(struct hw *m, struct arch *c, const struct uop *u)
{
    u++;
    return u->exec(m, c, u);
}

ALWAYS_INLINE fault_t uop_fault(struct hw *m, const struct uop *u, fault_t f)
{
    m->fault_uop = u;
    return f;
}

ALWAYS_INLINE u32 reg_get(const struct arch *c, unsigned r, unsigned size)
{
    return size == 1 ? ((const u8 *)c->reg)[r] : size == 2 ? (u16)c->reg[r] : c->reg[r];
}

/* Bytes and words are put into their dword: the host forwards a narrow load from a wide store at once, but a
 * wide load waits for narrow stores. */
ALWAYS_INLINE void reg_set(struct arch *c, unsigned r, unsigned size, u32 value)
{
    if (size == 1) {
        u32 *reg = &c->reg[r >> 2], shift = (r & 3) * 8;
        *reg = (*reg & ~(0xffu << shift)) | (u32)(u8)value << shift;
    } else if (size == 2) {
        c->reg[r] ^= (c->reg[r] ^ value) & 0xffffu; /* as a compiler does not make a narrow store of it */
    } else {
        c->reg[r] = value;
    }
}

/* The register field of a uop: 8-bit registers become byte offsets (AH is byte 1 of EAX). */
static inline u8 uop_reg(unsigned r, unsigned size)
{
    return (u8)(size == 1 ? (r & 3) * 4 + (r >> 2) : r);
}

#endif
