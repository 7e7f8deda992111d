/* rep.h - many iterations of a REP string instruction at once, where they are plain. */
#ifndef SIM_REP_H
#define SIM_REP_H

#include "sim/machine_impl.h"

/* At most `most` iterations of REP MOVS or REP STOS at EIP, all of them plain RAM accesses, page by page.
 * Returns how many were done (0: do one the careful way); ECX, ESI, EDI and, when ECX reached 0, EIP are
 * moved.  Time is the caller's. */
u64 rep_plain(struct hw *m, const struct insn *in, u64 most);

#endif
