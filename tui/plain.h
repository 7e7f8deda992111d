/* plain.h - the debugger line by line, for pipes, scripts, screen readers and dumb terminals. */
#ifndef TUI_PLAIN_H
#define TUI_PLAIN_H

#include "tui/session.h"

int plain_debug(const struct options *o);  /* [GUEST] [--plain] */
int plain_batch(const struct options *o);  /* --batch */
int plain_lesson(const struct options *o);
/* Commands of -x and -ex; false: one failed and *code says what to exit with. */
bool plain_startup(struct session *s, const struct options *o, int *code);
void plain_say(void *owner, const char *words);
int plain_exit_code(const struct session *s); /* at the end: quit's, a signal's, or 0 */

#endif
