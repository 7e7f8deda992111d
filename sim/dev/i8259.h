/* i8259.h - the two interrupt controllers of a PC: one chip description, two instances.
 *
 *            +-------+      IRQ 0 timer, 1 keyboard, 3/4 serial ...     Intel 8259A datasheet
 *   INTR <---| pic[0]|<---- 0 1 3 4 5 6 7
 *            |  20h  |<-2-- INT of pic[1] (cascade)
 *            +-------+      +-------+
 *                           | pic[1]|<---- 8 .. 15
 *                           |  A0h  |
 *                           +-------+
 * Ports 20h/A0h (A0=0): write ICW1, OCW2, OCW3; read IRR, ISR or the poll word.
 * Ports 21h/A1h (A0=1): write ICW2-4 during initialization, else OCW1, the mask; read OCW1.
 * Ports 4D0h/4D1h: ELCR, a bit per input, 1 = level triggered (82371SB; ICW1.LTIM is ignored).
 *
 * As the datasheet says for both trigger modes, an input must stay high until it is
 * acknowledged: a request whose line falls is forgotten, and an acknowledge that then finds
 * nothing answers IR7 without setting ISR (spurious IRQ 7, or 15 from the second chip). */
#ifndef SIM_DEV_I8259_H
#define SIM_DEV_I8259_H

#include "sim/api/base.h"

/* ICW1   7 6 5   4    3     2     1     0         ICW4   7 6 5  4    3    2    1    0
 *      +-------+---+-----+-----+-----+----+            +------+----+----+----+----+----+
 *      | x x x | 1 | LTIM| ADI | SNGL| IC4|            | 0 0 0|SFNM| BUF| M/S|AEOI| uPM|
 *      +-------+---+-----+-----+-----+----+            +------+----+----+----+----+----+ */
enum { ICW1_IC4 = 0x01, ICW1_SNGL = 0x02, ICW1_MARK = 0x10 };
enum { ICW4_AEOI = 0x02, ICW4_SFNM = 0x10 };

/* OCW2   7   6   5    4 3   2 1 0                 OCW3   7   6    5    4 3   2   1   0
 *      +---+---+-----+-----+-------+                   +---+----+----+-----+---+---+----+
 *      | R | SL| EOI | 0 0 | level |                   | 0 |ESMM| SMM| 0 1 | P | RR| RIS|
 *      +---+---+-----+-----+-------+                   +---+----+----+-----+---+---+----+ */
enum { OCW2_EOI = 0x20, OCW2_SL = 0x40, OCW2_R = 0x80 };
enum { OCW3_RIS = 0x01, OCW3_RR = 0x02, OCW3_POLL = 0x04, OCW3_MARK = 0x08, OCW3_SMM = 0x20,
       OCW3_ESMM = 0x40 };

struct i8259 {
    u8 lines;        /* the inputs as they are now */
    u8 edge;         /* edge-triggered requests not yet acknowledged; a subset of lines */
    u8 isr;          /* in service */
    u8 imr;          /* masked */
    u8 elcr;         /* level triggered */
    u8 base;         /* vector of IR0, a multiple of 8 */
    u8 icw1, icw4;
    u8 expect;       /* the ICW (2-4) that A0=1 takes next; 0: initialized */
    u8 lowest;       /* the input of lowest priority: 7 until rotated */
    u8 special_mask; /* OCW3.SMM */
    u8 read_isr;     /* A0=0 reads ISR, not IRR */
    u8 poll;         /* the next read is an acknowledge */
    u8 rotate_aeoi;  /* rotate at each automatic EOI */
    u8 is_slave;
    u8 pad;
};
_Static_assert(sizeof(struct i8259) == 16, "struct i8259 has no implicit padding");

/* All functions take both chips, because the second one's output is an input of the first. */
void i8259_reset(struct i8259 pic[2]);
void i8259_write(struct i8259 pic[2], unsigned chip, unsigned a0, u8 value);
u8 i8259_read(struct i8259 pic[2], unsigned chip, unsigned a0);
void i8259_write_elcr(struct i8259 pic[2], unsigned chip, u8 value);
/* Drive input irq (0-15). */
void i8259_line(struct i8259 pic[2], unsigned irq, bool level);
/* Interrupt acknowledge: the vector. */
u8 i8259_ack(struct i8259 pic[2]);

/* The INT output of one chip; of pic[0] it is the processor's INTR. */
bool i8259_int(const struct i8259 *chip);
/* The request register as the chip shows it. */
u8 i8259_irr(const struct i8259 *chip);
/* The IRQ (0-15) that an acknowledge would answer, -1: none (it would be spurious). */
int i8259_pending(const struct i8259 pic[2]);
/* Would INTR be up if input irq now went low and high again? */
bool i8259_would_interrupt(const struct i8259 pic[2], unsigned irq);

#endif
