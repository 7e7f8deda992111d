/* insn.h - one decoded instruction, and the decoder.
 *
 * Prefixes are resolved: operand and address size, segment, REP and LOCK are fields; ModRM and
 * SIB have become operands.  Facts about the operation itself are in insn.def. */
#ifndef SIM_API_INSN_H
#define SIM_API_INSN_H

#include "sim/api/arch.h"
#include <string.h>

enum op {
#define I(id, text, who, rd, wr, exit, ends, direct) OP_##id,
#include "sim/api/insn.def"
#undef I
    OP_COUNT
};

enum who { WHO_ANYONE, WHO_RING0, WHO_IOPL, WHO_IO, WHO_PROTECTED };
enum ends { ENDS_NOT, ENDS_JUMP, ENDS_SYNC }; /* SYNC: mode, flags or mapping may change after it */
enum direct { DIRECT_SAME, DIRECT_LEAKS, DIRECT_TRAPS }; /* run de-privileged (insn.def) */

struct op_info {
    const char *text;
    u8 who, ends, direct;
    u8 exit;   /* the VM exit this operation can cause (vmx.h EXIT_), 0xff: none */
    u32 reads; /* FL_ bits read and written; FL_ALL_ when it depends on an operand */
    u32 writes;
};
extern const struct op_info op_info[OP_COUNT];

enum opnd_kind {
    OPND_NONE, OPND_REG, OPND_MEM, OPND_IMM, OPND_SREG, OPND_CR, OPND_DR,
    OPND_REL, /* imm = signed displacement from the next instruction */
    OPND_FAR, /* sel:imm */
    OPND_ST,  /* x87 register ST(reg) */
};

/* 1-byte registers: reg 4-7 are AH CH DH BH.  size in bytes: 1, 2, 4; 6 = far pointer in memory,
 * 8 = CMPXCHG8B, 10 = 80-bit real or BCD, 0 = address only (LEA, INVLPG) or a table of descriptors
 * (LGDT: limit+base) or a saved x87 state. */
struct opnd { u8 kind, reg, size, pad; };

enum insn_prefix { PFX_LOCK = 1, PFX_REP = 2, PFX_REPNE = 4, PFX_SEG = 8, PFX_OSIZE = 16,
                   PFX_ASIZE = 32 };

struct insn {
    u16 op;
    u8 len;
    u8 prefix;     /* PFX_ bits seen */
    u8 prefix_len; /* bytes before the opcode */
    u8 map;        /* 0: one-byte map, 1: 0F map */
    u8 opcode;
    u8 modrm;      /* 0 when there is none; see has_modrm */
    u8 has_modrm;
    u8 osize;      /* effective operand size of the operation, 1, 2 or 4 */
    u8 asize;      /* effective address size, 2 or 4 */
    u8 cc;         /* condition of Jcc, SETcc, CMOVcc: low four opcode bits */
    u8 seg;        /* effective segment of the memory operand (and of string sources) */
    u8 base, index;/* REG_NONE: absent */
    u8 scale;      /* shift, 0-3 */
    u32 disp;
    u32 imm;
    u16 sel;       /* of OPND_FAR; second immediate of ENTER */
    u8 rep;        /* a string operation that repeats: PFX_REP or PFX_REPNE, else 0 */
    u8 imm_len;    /* bytes of an immediate of the operand's size, the instruction's last ones; else 0 */
    struct opnd opnd[3]; /* destination first, as Intel writes it; imm may be opnd[1] or [2] */
};

enum decode_status {
    DECODE_OK,
    DECODE_SHORT,   /* more than `avail` bytes are needed */
    DECODE_TOO_LONG,/* more than 15 bytes: #GP(0) */
    DECODE_UD,      /* undefined: #UD; insn.len says how many bytes decided it */
};

enum { INSN_MAX = 15 };

/* Decode one instruction from `avail` bytes.  code32: CS.D.  *in is zeroed first. */
MUST_CHECK enum decode_status decode(const u8 *bytes, unsigned avail, bool code32,
                                     struct insn *in);

/* Of an instruction that is none, for events: the `avail` bytes at EIP, then in the last byte how many
 * decided it (bits 3:0) and CS.D (bit 7). */
static inline void insn_bytes_pack(const u8 *bytes, unsigned avail, const struct insn *in, bool code32,
                                   u32 arg[4])
{
    u8 *to = (u8 *)arg;
    memset(to, 0, INSN_MAX + 1);
    memcpy(to, bytes, avail);
    to[INSN_MAX] = (u8)(in->len | (code32 ? BIT(7) : 0));
}

/* ESC, FWAIT, FXSAVE, FXRSTOR: they need the x87 state. */
static inline bool op_is_fpu(unsigned op) { return op >= OP_FPU && op <= OP_FXRSTOR; }

/* The effective offset (before the segment base) of the memory operand. */
static inline u32 insn_offset(const struct arch *s, const struct insn *in)
{
    u32 offset = s->reg[in->base] + (s->reg[in->index] << in->scale) + in->disp;
    return in->asize == 2 ? offset & 0xffff : offset;
}

#endif
