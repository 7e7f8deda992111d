#include "tui/plain.h"

#include "tui/command.h"
#include "tui/move.h"
#include "tui/play.h"
#include "tui/prompt.h"
#include "tui/term.h"
#include "tui/verbs.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void plain_say(void *owner, const char *words)
{
    (void)owner;
    fputs(words, stdout);
}

static void say_errors_aside(void *owner, const char *words)
{
    (void)owner;
    bool error = !strncmp(words, "error: ", 7);
    if (error)
        fflush(stdout); /* both may go to one file: in their order */
    fputs(words, error ? stderr : stdout);
}

bool plain_startup(struct session *s, const struct options *o, int *code)
{
    for (int i = 0; i < o->startup_count && !s->quit; i++) {
        const struct startup *u = &o->startup[i];
        enum command_result r = u->is_file ? command_source(s, u->text)
                                           : command_run(s, u->text);
        if (r != COMMAND_OK) {
            *code = r == COMMAND_USAGE ? EXIT_CODE_USAGE : EXIT_CODE_FAILED;
            return false;
        }
    }
    return true;
}

int plain_exit_code(const struct session *s)
{
    if (term_signal())
        return EXIT_CODE_SIGNAL + term_signal();
    return s->quit ? s->quit_code : EXIT_CODE_OK;
}

/* Open the guest of the command line, if there is one; 0 or an exit code. */
static int begin(struct session *s, const struct options *o)
{
    char error[256];
    session_init(s, o);
    s->say = o->given[OPT_BATCH] ? say_errors_aside : plain_say;
    s->interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!o->guest)
        return 0;
    s->say = say_errors_aside;
    if (!session_open(s, o->guest))
        return s->quit_code;
    int code = verbs_input(s->debug->timeline->world, o, error, sizeof error);
    if (code)
        session_complain(s, NULL, -1, "%s", error);
    else
        s->say = o->given[OPT_BATCH] ? say_errors_aside : plain_say;
    return code;
}

static void read_commands(struct session *s)
{
    char *line;
    while (!s->quit && !term_signal() && (line = prompt_line("(stepvisor) "))) {
        s->interrupted = 0;
        command_run(s, line);
        free(line);
    }
}

int plain_debug(const struct options *o)
{
    struct session s;
    int code = begin(&s, o);
    if (!code) {
        prompt_start(&s);
        session_say(&s, "stepvisor %s; help lists the commands\n", STEPVISOR_VERSION);
        if (s.debug)
            move_tell_where(&s);
        plain_startup(&s, o, &code);
        read_commands(&s);
        code = plain_exit_code(&s);
        prompt_end();
    }
    session_free(&s);
    return code;
}

int plain_batch(const struct options *o)
{
    struct session s;
    int code = begin(&s, o);
    if (!code && plain_startup(&s, o, &code))
        code = plain_exit_code(&s);
    session_free(&s);
    return code;
}

int plain_lesson(const struct options *o)
{
    struct session s;
    int code = begin(&s, o);
    if (code)
        return code;
    s.demonstrates = o->given[OPT_DEMO];
    if (!o->lesson) {
        play_list(&s);
    } else {
        prompt_start(&s);
        code = play_plain(&s, o->lesson, o->given[OPT_DEMO]);
        prompt_end();
    }
    session_free(&s);
    return code;
}
