/* reglog.h - every instruction with its registers, for one reader who keeps up.
 *
 * A record is written before each instruction or REP iteration the processor attempts, whatever executes it;
 * deliveries write none.  The buffer is the reader's: when it is full, machine_run returns STOP_RING, and
 * goes on after machine_log was called again.  Logging is outside the arena: nothing the guest can feel
 * depends on it. */
#ifndef SIM_REGLOG_H
#define SIM_REGLOG_H

#include "sim/machine.h"

/* Flags are written as the machine keeps them, unevaluated (flags.h): reg_record_eflags tells them. */
struct reg_record {           /* 16-byte aligned */
    u32 reg[8];              /* EAX ECX EDX EBX ESP EBP ESI EDI */
    u32 eip;
    u32 eflags;              /* without the arithmetic flags, unless op and step are 0 */
    u32 op, step, dst, stepped, src; /* of struct lazy_flags */
    u32 pad;
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct reg_record) == 64, "a cache line a record");

/* Log into buffer (count records, at least 1) from its beginning; NULL: no longer. */
void machine_log(struct hw *m, struct reg_record *buffer, u32 count);
/* Records written since machine_log was called. */
u32 machine_logged(const struct hw *m);
/* EFLAGS before the record's instruction, exact but for RF. */
u32 reg_record_eflags(const struct reg_record *r);

#endif
