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
    u8 ferr;              /* FERR# is held: an unmasked exception with CR0.NE = 0 waits for IRQ 13 */
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
/* The 512 bytes of FXSAVE; those it leaves alone (XMM, reserved) are not written.  Restoring one never
 * fails: the checks of FXRSTOR (alignment, MXCSR) are the instruction's. */
void fpu_to_fxsave(const struct fpu *f, u8 image[512]);
void fpu_from_fxsave(struct fpu *f, const u8 image[512]);

#endif
