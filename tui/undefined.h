/* undefined.h - which instruction the processor did not know: a guest built for a later one meets #UD. */
#ifndef TUI_UNDEFINED_H
#define TUI_UNDEFINED_H

#include "lessons/world.h"

enum { UNDEFINED_WORDS = 176 };
/* "#UD was raised by 0f 28 c1 (movaps xmm0, xmm1), which this processor does not have": the instruction
 * at EIP, as the guest's memory is now.  "" where it cannot be read, or is one that the processor knows
 * (ud2, and what is refused only here and now). */
const char *undefined_words(const struct world *w, u32 eip, char out[UNDEFINED_WORDS]);
/* An event's sentence (lessons/trace.h); of the bytes of such an instruction also its name. */
void event_words(const struct event *e, const struct image *image, char *out, size_t size);

#endif
