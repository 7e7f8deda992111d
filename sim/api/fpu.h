/* fpu.h - the state of the x87 FPU.  SDM 1 8.1; no pointers, padding zero: it lives in the arena.
 *
 * Control word                                  Status word
 *  15 13 12 11 10 9 8 7 6 5 4 3 2 1 0            15 14 13 11 10 9 8 7 6 5 4 3 2 1 0
 * +-----+--+-----+---+-+-+-+-+-+-+-+-+          +--+--+-----+--+--+--+-+-+-+-+-+-+-+-+
 * |  0  | X|  RC |PC |0|1|P|U|O|Z|D|I|          | B|C3| TOP |C2|C1|C0|E|S|P|U|O|Z|D|I|
 * +-----+--+-----+---+-+-+-+-+-+-+-+-+          +--+--+-----+--+--+--+-+-+-+-+-+-+-+-+
 *                                                B mirrors ES (E); S: stack fault */
#ifndef SIM_API_FPU_H
#define SIM_API_FPU_H

#include "sim/api/fp80.h"

struct fpu {
    struct fp80 reg[8];   /* physical registers R0-R7; ST(i) is reg[(top + i) & 7] */
    u16 control, status;
    u8 used;              /* bit i: R(i) is not empty.  The full tag word is computed when it is stored */
    u8 pad0;
    u16 opcode;           /* FOP: 11 bits, of the last non-control instruction */
    u32 ip, dp;           /* FIP and FDP: effective offsets */
    u16 cs, ds;           /* FCS and FDS: selectors */
    u32 pad;
};
_Static_assert(sizeof(struct fpu) == 152, "struct fpu has no implicit padding");

#define FSW_ES BIT(7)
#define FSW_C0 BIT(8)
#define FSW_C1 BIT(9)
#define FSW_C2 BIT(10)
#define FSW_TOP(status) ((status) >> 11 & 7u)
#define FSW_C3 BIT(14)
#define FSW_B BIT(15)
enum { FCW_RESET = 0x0040, FCW_INIT = 0x037f, FCW_DEFINED = 0x1f7f };

/* The state after RESET (SDM 3A table 9-1) and after FNINIT. */
void fpu_reset(struct fpu *f);
void fpu_init(struct fpu *f);
/* The 16 bits of FNSTENV, two a register R(i): 0 valid, 1 zero, 2 special, 3 empty (8.1.7). */
u16 fpu_tag_word(const struct fpu *f);
/* ES and its copy B, from the flags and the masks (8.1.3.3): after any of them changed. */
void fpu_summarize(struct fpu *f);
/* CW as FLDCW stores it: bit 6 is 1, the other reserved bits 0. */
static inline u16 fpu_control_word(u16 value) { return (value & (FCW_DEFINED & ~0x40)) | 0x40; }

/* The part of FXSAVE's 512 bytes that this processor writes: 0-23 and 32-159, reserved bytes among them
 * as zero.  The rest (MXCSR, XMM) is left alone, for there is no SSE.  Restoring never fails: the checks
 * of FXRSTOR are the instruction's. */
void fpu_to_fxsave(const struct fpu *f, u8 image[512]);
void fpu_from_fxsave(struct fpu *f, const u8 image[512]);

#endif
