/* typing.h - text as keys on the guest's keyboard (an American layout, scan code set 2) and as bytes of
 * its serial line. */
#ifndef LESSONS_TYPING_H
#define LESSONS_TYPING_H

#include "lessons/world.h"

enum { KEYS_PER_SECOND = 10, TYPING_BEGINS = 2 * TICKS_PER_SECOND /* firmware is ready for keys */ };
enum { TYPED_BYTES_PER_SECOND = 960 /* 9600 baud: a guest without a FIFO has 4971 ticks for each */ };

/* The key of a character is pressed and released from `tick` on, or once the one before it is done; returns
 * the tick at which the next key may go down.  A character that is on no key does nothing. */
u64 typing_key(struct world *w, u64 tick, char character);
/* A byte arrives on the serial line at `tick`, or later, so that it is a byte's time behind the one that was
 * typed before it; returns the tick at which the next one may arrive. */
u64 typing_byte(struct world *w, u64 tick, u8 byte);

#endif
