/* recover.h - from a place in the cache back to the guest: exact EIP, registers, time (the
 * paper, 5).
 *
 * Before the cache instruction that carries an instruction's weight, the guest has not begun
 * it: spills are undone.  From there on the guest is behind it, though the sequence goes on.
 * Elided jumps are counted by the first cache instruction of the next unit: how many of them
 * are done, the counter's limit tells. */
#ifndef BT_RECOVER_H
#define BT_RECOVER_H

#include "vmm/vmm.h"

enum stand {
    STAND_STEP,  /* between two cache instructions, for whatever reason                      */
    STAND_TIMER, /* the counter's NMI: what fits below the limit is done                     */
    STAND_FAULT, /* the cache instruction faulted: every elided jump before it is done       */
    STAND_INT,   /* the int at pc has executed, and counted                                  */
};
struct stand_point {
    enum stand why;
    u32 pc;      /* cache offset */
    u32 reg[8];  /* the hardware's */
    u32 eflags;
    u64 count, limit;
};
struct recovered {
    struct arch arch;
    u64 tick;
    bool boundary;
    unsigned elided; /* elided jumps done that the counter does not know of */
    unsigned jumps;  /* elided jumps still to come, and where each leads */
    u32 jump_eip[PEEK_JUMPS];
};
/* pc is behind the monitor's own stub.  const: peek uses it at every step. */
void recover(const struct vmm *v, const struct stand_point *p, struct recovered *out);

#endif
