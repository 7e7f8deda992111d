/* reglog.h - every instruction with its registers, for one reader who keeps up.
 *
 * A record is the state before an instruction or REP iteration that the processor attempts, whatever executes
 * it; deliveries have none.  What is written are changes (reglog_impl.h); reglog_read makes records of them.
 * When the buffer is nearly full, machine_run returns STOP_RING, and goes on after it was read to its end.
 * Logging is outside the arena: nothing the guest can feel depends on it. */
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

/* What each step of a decoded block changes: 16 bytes. */
struct log_step {
    u32 eip;
    u32 add;                 /* to ESP */
    u16 reg, flags;          /* rows: which register and which lazy flags are written */
    u8 how;                  /* enum log_how: what is in the stream for it */
    u8 from;                 /* where A is, in bytes from the stream's position */
    u8 bytes;                /* taken from the stream */
    u8 record;               /* sizeof(struct reg_record): begins an instruction; 0: goes on with one */
};
_Static_assert(sizeof(struct log_step) == 16, "four a cache line");

enum {
    REGLOG_WORDS = 1 << 17, REGLOG_STEPS = 1 << 17,
    REGLOG_READ_MIN = 64,    /* as many as a block may give */
};
/* The reader's memory for a log. */
struct reglog {
    struct reg_record now;   /* the state the reader has come to */
    u16 sel[SREG_COUNT];     /* selectors, of all the records read last */
    u32 limit;               /* words after which the stream is full, 64 to REGLOG_WORDS / 2; 0: these */
    u32 step_count;
    const u32 *read;
    struct log_step step[REGLOG_STEPS] __attribute__((aligned(64)));
    u32 word[REGLOG_WORDS] __attribute__((aligned(64)));
};

/* Log into `log`, from its beginning; NULL: no longer. */
void machine_log(struct hw *m, struct reglog *log);
/* The next records, at most max (at least REGLOG_READ_MIN); 0: all were read.  Where a selector changes it
 * ends early: log->sel holds for all it gave. */
u32 reglog_read(struct hw *m, struct reg_record *out, u32 max);
/* EFLAGS before the record's instruction, exact but for RF. */
u32 reg_record_eflags(const struct reg_record *r);

#endif
