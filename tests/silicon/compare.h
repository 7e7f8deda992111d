/* compare.h - the host's result against the simulator's, and what the manual leaves open. */
#ifndef TESTS_SILICON_COMPARE_H
#define TESTS_SILICON_COMPARE_H

#include "sim/api/insn.h"
#include "tests/silicon/silicon.h"

enum { IGNORE_DEST = 1 /* the first operand */, IGNORE_MEMORY = 2, IGNORE_LIMIT = 4 /* bits 19:16 of it */,
       IGNORE_FAULT = 8 /* which of two */,
       IGNORE_REGISTERS = 16 /* all but ESP */ };

enum difference { DIFF_FAULT = 1, DIFF_EIP = 2, DIFF_FLAGS = 4, DIFF_MEMORY = 8, DIFF_SEGMENTS = 16,
                  DIFF_REG = 32 /* << register */ };

struct need { u64 times; u32 flags; }; /* how often a row was needed, and for which flags */

/* What differs, undefined things apart; 0: nothing.  need: one for each row of undefined.def, or NULL. */
u32 compare(const struct job *j, const struct result *host, const struct result *sim, struct need *need);

struct undefined { u16 op; u8 when, places; u32 flags; const char *host, *reference; };
extern const struct undefined undefined_row[];
extern const unsigned undefined_rows;

#endif
