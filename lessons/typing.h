/* typing.h - text as keys on the guest's keyboard: an American layout, scan code set 2. */
#ifndef LESSONS_TYPING_H
#define LESSONS_TYPING_H

#include "lessons/world.h"

enum { KEYS_PER_SECOND = 10, TYPING_BEGINS = 2 * TICKS_PER_SECOND /* firmware is ready for keys */ };

/* The key of a character is pressed and released from `tick` on; returns the tick at which the next
 * key may go down.  A character that is on no key does nothing. */
u64 typing_key(struct world *w, u64 tick, char character);

#endif
