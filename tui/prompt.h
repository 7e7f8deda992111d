/* prompt.h - one line from a person or a pipe.  Readline is known here only. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "tui/session.h"

/* History and completion for this session; history is kept in the state folder, at most 1000 lines. */
void prompt_start(struct session *s);
void prompt_end(void);
/* The next line without its newline, malloced; NULL at the end of input.  Through a pipe nothing is
 * echoed and no prompt shown. */
char *prompt_line(const char *prompt);

/* ---- inside a screen: characters in, the line as it is now out ---- */
void prompt_open(const char *prompt);
/* Feed a character; true: a line is complete, *line (malloced) is it. */
bool prompt_feed(int c, char **line);
void prompt_close(void);
/* What to show: prompt and line, and the cursor's column. */
void prompt_shown(char *out, size_t size, int *cursor);
/* Completions that were asked for and are many; "" when there are none. */
const char *prompt_matches(void);

#endif
