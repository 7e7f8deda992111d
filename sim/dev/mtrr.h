/* mtrr.h - memory type range registers: registers that can be written and read back.  SDM 3A 11.11.
 *
 * Nothing is cached here and every access is done in order, so that no address has a type, whatever they
 * say.  Kernels and firmware program them all the same, and would miss them.
 *
 * MTRRphysBase  63   32 31     12 11  8 7    0      MTRRphysMask  63   32 31     12  11  10   0
 *              +-------+---------+-----+------+                  +-------+---------+----+------+
 *              |   0   |  base   |  0  | type |                  |   0   |  mask   |  V |   0  |
 *              +-------+---------+-----+------+                  +-------+---------+----+------+
 * MTRRdefType   63           12 11 10 9 8 7    0    MTRRfix*     63    56 55    48      7     0
 *              +---------------+--+--+---+------+               +--------+--------+ - -+-------+
 *              |       0       | E|FE| 0 | type |               | type 7 | type 6 |    | type 0|
 *              +---------------+--+--+---+------+               +--------+--------+ - -+-------+
 *
 * A type is UC 0, WC 1, WT 4, WP 5, WB 6.  Another one, or a bit drawn as 0, is #GP(0) (11.11.2, table 11-8).
 * Addresses end with MAXPHYADDR, which is 32 here, not the 36 of a Pentium Pro (CPUID 80000008H). */
#ifndef SIM_DEV_MTRR_H
#define SIM_DEV_MTRR_H

#include "sim/api/base.h"

enum { MSR_MTRR_CAP = 0xfe, MSR_MTRR_PHYS_BASE0 = 0x200, MSR_MTRR_PHYS_MASK0, MSR_MTRR_FIX64K_00000 = 0x250,
       MSR_MTRR_FIX16K_80000 = 0x258, MSR_MTRR_FIX16K_A0000, MSR_MTRR_FIX4K_C0000 = 0x268,
       MSR_MTRR_DEF_TYPE = 0x2ff };
enum { MTRR_UC = 0, MTRR_WC = 1, MTRR_WT = 4, MTRR_WP = 5, MTRR_WB = 6 };
enum { MTRR_VALID = 1 << 11 /* of a mask */, MTRR_FIXED_ENABLE = 1 << 10, MTRR_ENABLE = 1 << 11 };
enum { MTRR_PAIRS = 8, MTRR_FIXED = 11 };

struct mtrrs {              /* arena */
    u64 phys[2 * MTRR_PAIRS]; /* base, mask */
    u64 fixed[MTRR_FIXED];  /* in the order of their addresses */
    u64 def_type;
};

/* RESET clears V and E; the other bits, undefined, too (11.11.5).  left: as firmware leaves them: write back,
 * but for the legacy video memory and, from E0000000 on, what is no RAM. */
void mtrr_reset(struct mtrrs *r, bool left);
/* False: none of them, or (write) MTRRcap, or a value that it refuses. */
MUST_CHECK bool mtrr_read(const struct mtrrs *r, u32 msr, u64 *value);
MUST_CHECK bool mtrr_write(struct mtrrs *r, u32 msr, u64 value);

#endif
