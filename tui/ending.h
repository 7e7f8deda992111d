/* ending.h - how a guest came to its end, in words, and what led there. */
#ifndef TUI_ENDING_H
#define TUI_ENDING_H

#include "tui/options.h"
#include "lessons/loops.h"
#include <stdio.h>

enum { ENDING_WORDS = 640 }; /* room for each of the lines */
/* One line about a guest that shut down or halted for good, "" about any other.  Returns out.
 * Of a #UD it says which instruction was none. */
const char *ending_words(const struct world *w, char *out, size_t size);
/* It halted with interrupts on: it waits for input that never comes, which is nothing bad. */
bool ending_is_quiet(const struct world *w);
/* One line about a guest that repeats itself. */
const char *ending_loop(const struct world *w, const struct loop *loop, char *out, size_t size);
/* A line as `trace` prints it, and what its columns are called. */
extern const char ending_heading[];
void ending_print_event(const struct event *e, const struct image *image, FILE *to);
/* The last events (at most 8) before the present of `w`, on `to`.  Nothing was recorded for them: a
 * second world with the same guest, engine and input goes there again, and only its last stretch is
 * recorded.  A signal ends it. */
void ending_events(const struct world *w, const struct options *o, FILE *to);

#endif
