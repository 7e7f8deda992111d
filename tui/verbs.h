/* verbs.h - what the command line does without a debugger: run, trace, diverge, show. */
#ifndef TUI_VERBS_H
#define TUI_VERBS_H

#include "tui/session.h"

int verb_run(const struct options *o);
int verb_trace(const struct options *o);
int verb_diverge(const struct options *o);
int verb_show(const struct options *o);

/* Lockstep of "native,bt,..." for the session's guest, into s->divergence.  What was typed into
 * typed_in (NULL: nothing) is typed into all.  False: said. */
bool verbs_diverge(struct session *s, const char *engines, u64 every, const struct world *typed_in);
void verbs_say_divergence(struct session *s);
/* Bytes of --input and --keys, typed at the beginning.  0, or the code to exit with: error is one line. */
int verbs_input(struct world *w, const struct options *o, char *error, size_t error_size);

#endif
