#include "tui/play.h"

#include "tui/command.h"
#include "tui/plain.h"
#include "tui/prompt.h"
#include "tui/term.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Input that ends before the lesson does is no error: the place is kept. */
static int stop_here(struct session *s, const char *name)
{
    if (!s->quit || !s->quit_code)
        session_say(s, "\nThe lesson stops at step %d of %d; go on with: stepvisor lesson %s\n",
                    s->progress.step + 1, s->lesson->steps, name);
    return plain_exit_code(s);
}

static const char *prompt_for(const struct session *s)
{
    const char *why;
    if (s->lesson_asked)
        return "answer> ";
    return play_can_go_on(s, &why) ? "(Enter: go on) " : "(stepvisor) ";
}

static void take_line(struct session *s, const char *line)
{
    s->interrupted = 0;
    if (play_is_answer(s, line))
        play_answer(s, line);
    else if (!strcmp(line, "hint") || !strcmp(line, "h") || !strcmp(line, "?"))
        play_hint(s);
    else if (line[0])
        command_run(s, line);
    else if (s->lesson_asked)
        session_say(s, "an answer, hint, a debugger command, or quit\n");
}

/* One step until it is done; false: input ended, or quit. */
static bool do_step(struct session *s)
{
    int here = s->progress.step;
    const char *why;
    play_say_step(s);
    for (;;) {
        bool done = play_can_go_on(s, &why);
        if (done && !s->interactive)
            return true;
        char *line = prompt_line(prompt_for(s));
        if (!line)
            return false;
        const char *p = line + strspn(line, " \t");
        if (done && !*p) {
            free(line);
            return true;
        }
        take_line(s, p);
        free(line);
        if (s->quit || term_signal())
            return false;
        if (s->progress.done || s->progress.step != here)
            return true; /* "lesson next" was typed */
    }
}

/* Tasks are left to the student; questions are answered. */
static bool demonstrate_step(struct session *s)
{
    const char *why;
    play_say_step(s);
    if (s->lesson_asked && !play_demonstrate(s))
        return false;
    if (!play_can_go_on(s, &why) && !play_demonstrate_task(s))
        session_say(s, "(demonstration) this task is left to you\n");
    return true;
}

/* A demonstration goes on also where a task was not done. */
static bool go_on(struct session *s, bool demo)
{
    const char *why;
    if (demo && !play_can_go_on(s, &why))
        return play_skip(s);
    return play_next(s);
}

int play_plain(struct session *s, const char *name, bool demo)
{
    if (!play_start(s, name))
        return s->quit_code ? s->quit_code : EXIT_CODE_USAGE;
    while (!s->progress.done) {
        int here = s->progress.step;
        bool ok = demo ? demonstrate_step(s) : do_step(s);
        if (!ok)
            return demo ? EXIT_CODE_FAILED : stop_here(s, name);
        if (s->progress.step == here && !s->progress.done && !go_on(s, demo))
            return EXIT_CODE_FAILED;
    }
    session_say(s, "\n%s\n", s->lesson->after);
    if (s->progress.answered)
        session_say(s, "%d of %d predictions were right.\n", s->progress.right,
                    s->progress.answered);
    return EXIT_CODE_OK;
}
