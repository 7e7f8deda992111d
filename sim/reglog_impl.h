/* reglog_impl.h - the register log's stream, and who writes it.
 *
 * 32-bit words.  Each decoded block that is entered writes a head and its changes:
 *
 *   dst src block stepped | the payload of its steps
 *
 *   block   31     22 21     15 14               0
 *           |  words  |  steps  | the first / 4  |     words of head and payload; the first: in log_step
 *                                                      steps 0: not a block, but (enum log_mark)
 *                                                      END, SYNC + state, ONE + state (a single instruction)
 *   state   EAX ECX EDX EBX | ESP EBP ESI EDI | EIP EFLAGS op step | dst stepped src 0    (struct reg_record)
 *           ES:CS SS:DS FS:GS -                                                           (selectors)
 *
 * dst, src and stepped are the lazy flags at the end of what came before, so that a comparison fused with a
 * jump need not write them.  SYNC stands before blocks that are entered from outside, END behind them.
 *
 * A step is an instruction, or part of one that changes more than a step can: one register, the lazy flags
 * of one operation, and a constant added to ESP.  What the steps are is known when the block is decoded;
 * the values are in the stream, written behind the instruction by a mark, a uop that is no instruction. */
#ifndef SIM_REGLOG_IMPL_H
#define SIM_REGLOG_IMPL_H

#include "sim/icache_impl.h"
#include "sim/reglog.h"

/* What stands in the stream for a step.  A goes into the register, and into dst or stepped; B into src. */
enum log_how {
    LOG_NOTHING,
    LOG_REG,        /* A: the register */
    LOG_REG_SRC,    /* A: the register, B: src */
    LOG_FLAGS,      /* A: dst, B: src */
    LOG_STEPPED,    /* A: stepped */
    LOG_STATE,      /* struct reg_record: whatever the instruction did */
    LOG_COUNT,      /* A: ECX; written before the instruction (LOOP) */
    LOG_HOW_COUNT
};
enum log_mark { LOG_END, LOG_SYNC, LOG_ONE };
enum {
    LOG_HEAD = 4, LOG_RECORD = sizeof(struct reg_record) / 4, LOG_SELECTORS = 4,
    LOG_WORST = 64, /* words that one instruction may take: head, state, SYNC, END, ONE */
    LOG_FIRST_UNIT = 4, LOG_STEPS_SHIFT = 15, LOG_WORDS_SHIFT = 22,
    LOG_STEPS_MAX = 2,  /* of an instruction */
    LOG_BLOCK_STEPS = LOG_STEPS_MAX * BLOCK_MAX
};
_Static_assert((int)LOG_BLOCK_STEPS <= (int)REGLOG_READ_MIN, "a block's records fit");

static inline u32 log_block_of(u32 first, u32 steps, u32 words)
{
    return words << LOG_WORDS_SHIFT | steps << LOG_STEPS_SHIFT | first / LOG_FIRST_UNIT;
}
static inline u32 log_first(u32 block) { return (block & ((1u << LOG_STEPS_SHIFT) - 1)) * LOG_FIRST_UNIT; }
static inline u32 log_steps(u32 block)
{
    return block >> LOG_STEPS_SHIFT & ((1u << (LOG_WORDS_SHIFT - LOG_STEPS_SHIFT)) - 1);
}
static inline u32 log_words(u32 block) { return block >> LOG_WORDS_SHIFT; }

/* Rows of what a step writes; log_step has them as offsets into these tables. */
struct log_reg_row { u32 mask[8]; } __attribute__((aligned(16)));
struct log_flags_row { u32 keep[4], set[4], mask[4], pad[4]; } __attribute__((aligned(16)));
enum log_flags_kind { LOG_NO_FLAGS, LOG_ADD, LOG_SUB = LOG_ADD + 3, LOG_LOGIC = LOG_SUB + 3,
                      LOG_RAW = LOG_LOGIC + 3, LOG_INC = LOG_RAW + 3, LOG_DEC = LOG_INC + 3,
                      LOG_FLAGS_KINDS = LOG_DEC + 3 };
extern const struct log_reg_row reglog_reg_row[9];                 /* none, EAX, ECX, ... */
extern const struct log_flags_row reglog_flags_row[LOG_FLAGS_KINDS]; /* + 0 byte, 1 word, 2 dword */

/* The steps of an instruction of a block that is made for this mode, without eip; 0: it cannot stand in one
 * that is logged. */
u32 reglog_plan(const struct insn *in, const struct uop *u, unsigned mode, struct log_step *out);

/* ---- a block that is built (icache.c) ---- */
struct log_block { u32 first, words, mode; };
bool reglog_steps_full(const struct hw *m); /* the log has to be read before another block is built */
/* Returns the uop at its beginning, which reglog_end makes complete. */
struct uop reglog_begin(struct hw *m, unsigned mode, struct log_block *b);
/* The steps of an instruction; mark: the uops that write what is in the stream for each. */
u32 reglog_add(struct hw *m, struct log_block *b, const struct uop_made *made, u32 eip,
               struct uop mark[LOG_STEPS_MAX]);
/* The last instruction's steps now come from the next head: it was fused with the jump behind it. */
void reglog_fuse(struct hw *m, struct log_block *b);
void reglog_end(const struct hw *m, const struct log_block *b, struct uop *entry);

/* ---- the run loop ---- */
void reglog_sync(struct hw *m);
void reglog_leave(struct hw *m);
/* The running block was left at u; faulted: by an instruction that was attempted. */
void reglog_cut(struct hw *m, const struct uop *u, bool faulted);
/* All was read. */
void reglog_rewind(struct hw *m);

#endif
