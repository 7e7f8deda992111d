/* play.h - working through a lesson: entering steps, judging answers, keeping the place. */
#ifndef TUI_PLAY_H
#define TUI_PLAY_H

#include "tui/session.h"

/* By name ("popf" finds "01-popf").  False: said. */
bool play_start(struct session *s, const char *name);
void play_list(struct session *s);
void play_leave(struct session *s); /* for another guest; the place is kept */
/* What the present step says and asks. */
void play_say_step(struct session *s);
/* A prediction: runs the step's reveal, then judges.  False: it was no answer (said). */
bool play_answer(struct session *s, const char *typed);
/* Answer for the student. */
bool play_demonstrate(struct session *s);
bool play_demonstrate_task(struct session *s);
bool play_hint(struct session *s);
/* Is the step's work done (question answered, check true)?  why: what is missing. */
bool play_can_go_on(const struct session *s, const char **why);
/* The next step; the lesson's end says so and sets progress.done. */
bool play_next(struct session *s);
bool play_skip(struct session *s); /* without asking whether the step is done */
bool play_reset(struct session *s);
/* Does this line look like an answer to the open question, not like a command? */
bool play_is_answer(const struct session *s, const char *line);
/* The whole lesson line by line.  Returns the exit code. */
int play_plain(struct session *s, const char *name, bool demo);

#endif
