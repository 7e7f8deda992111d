/* i8254.h - the programmable interval timer: three counters, modes 0-5.  Intel 8254 datasheet.
 *
 * A counter remembers what was programmed and when; its count and output are computed from
 * guest time when somebody asks, so a running timer costs nothing.  Times at this interface are
 * ticks; inside, clocks of the chip (TICKS_PER_PIT_CLOCK ticks each, clock n at tick n * that).
 *
 * Control word, port 43h                        Status byte (read-back)
 *   7 6   5 4   3 2 1   0                          7     6     5 4   3 2 1   0
 * +-----+-----+-------+-----+                   +-----+------+-----+-------+-----+
 * |  SC |  RW |  mode | BCD |                   | OUT | null |  RW |  mode | BCD |
 * +-----+-----+-------+-----+                   +-----+------+-----+-------+-----+   5-0 as written
 *  RW: 0 latch the count, 1 low byte, 2 high byte, 3 low then high
 *  SC: the counter; 3 is read-back:  1 1 | no count | no status | counter 2 1 0 | 0 */
#ifndef SIM_DEV_I8254_H
#define SIM_DEV_I8254_H

#include "sim/api/base.h"

enum { PIT_BCD = 0x01, PIT_CONTROL = 0x3f, PIT_READBACK_NO_STATUS = 0x10, PIT_READBACK_NO_COUNT = 0x20,
       PIT_STATUS_NULL = 0x40, PIT_STATUS_OUT = 0x80 };
enum pit_state {
    PIT_IDLE,    /* no count taken since the control word: OUT at its initial level */
    PIT_RUNNING, /* at clock base + k, k clocks have been counted since the load */
    PIT_FROZEN,  /* the gate is low: base is k itself */
};

/* One counter.
 *
 *   write count            load_at        +1      +2     ...
 *  ------|--------------------|-----------|-------|----------> clocks
 *        cr, null_count = 1   count = cr, base = load_at; the count shows N, N-1, N-2, ...
 *
 * load_at is the next clock after the write (modes 0, 4, and the first load of 2, 3), the end
 * of the running period (2) or half-period (3), or a clock after the gate rises (1-3, 5). */
struct i8254_counter {
    s64 base;
    u64 load_at;       /* clock at which cr becomes the count; TIME_NEVER: none expected */
    u32 count;         /* N of the running period, 1-65536 */
    u32 cr;            /* the count register: N for the next load; 0: none written yet */
    u16 held;          /* PIT_IDLE: what the count reads as */
    u16 latch;         /* latched count, when latched */
    u8 mode;           /* 0-5 */
    u8 bcd;
    u8 control;        /* RW, mode and BCD as they were written */
    u8 state;          /* enum pit_state */
    u8 gate;
    u8 null_count;     /* cr not loaded yet */
    u8 write_high;     /* RW=3: the low byte has been written */
    u8 write_low;      /* that byte */
    u8 read_high;      /* RW=3: the low byte has been read */
    u8 latched;        /* bytes of the latch still to be read: 0, 1 or 2 */
    u8 status;
    u8 status_latched;
};
_Static_assert(sizeof(struct i8254_counter) == 40, "no implicit padding");

struct i8254 {
    struct i8254_counter counter[3];
};

/* All counters wait for a count, OUT high (the chip itself comes up undefined).
 * Gates of counters 0 and 1 are high; that of counter 2 is bit 0 of port 61h. */
void i8254_reset(struct i8254 *pit);
/* Bring the state to `now`.  The other functions want that done, and `now` the same. */
void i8254_advance(struct i8254 *pit, u64 now);
void i8254_write_control(struct i8254 *pit, u64 now, u8 value);
void i8254_write(struct i8254 *pit, u64 now, unsigned n, u8 value);
u8 i8254_read(struct i8254 *pit, u64 now, unsigned n);
void i8254_gate(struct i8254 *pit, u64 now, unsigned n, bool level);

/* Level of OUT at `now`, and the count as it would read. */
bool i8254_out(const struct i8254 *pit, u64 now, unsigned n);
u16 i8254_count(const struct i8254 *pit, u64 now, unsigned n);
/* The earliest tick > now at which OUT goes to `level`; TIME_NEVER: not by itself. */
u64 i8254_next_edge(const struct i8254 *pit, u64 now, unsigned n, bool level);

#endif
