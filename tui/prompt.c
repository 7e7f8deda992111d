#include "tui/prompt.h"

#include "tui/command.h"
#include "tui/paths.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_LINES = 1000 };

static struct session *whose;
static bool is_terminal;
static char history_file[512];
static char *finished; /* a line readline's callback completed */
static bool complete, is_open;
static int fed = EOF;
static struct text matches;

static char *next_match(const char *text, int state)
{
    static unsigned n;
    char *line = must_strdup(rl_line_buffer);
    if (!state)
        n = 0;
    line[rl_point] = 0;
    char *found = command_complete(whose, line, text, n++);
    free(line);
    return found;
}

static char **find_matches(const char *text, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1;
    return rl_completion_matches(text, next_match);
}

void prompt_start(struct session *s)
{
    char folder[400];
    whose = s;
    is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    rl_readline_name = "stepvisor";
    rl_attempted_completion_function = find_matches;
    rl_basic_word_break_characters = " \t\n*[(=,";
    using_history();
    stifle_history(HISTORY_LINES);
    if (is_terminal && paths_state(folder, sizeof folder)) {
        snprintf(history_file, sizeof history_file, "%s/history", folder);
        read_history(history_file);
    }
}

void prompt_end(void)
{
    if (history_file[0])
        write_history(history_file);
    clear_history();
    text_free(&matches);
    history_file[0] = 0;
}

static void remember(const char *line)
{
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (line[0] && (!last || strcmp(last->line, line)))
        add_history(line);
}

static char *piped_line(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len = getline(&line, &room, stdin);
    if (len < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = 0;
    return line;
}

char *prompt_line(const char *prompt)
{
    fflush(stdout);
    if (!is_terminal)
        return piped_line();
    char *line = readline(prompt);
    if (line)
        remember(line);
    return line;
}

static int feed_getc(FILE *stream)
{
    (void)stream;
    int c = fed;
    fed = EOF;
    return c;
}

static int feed_available(void)
{
    return fed != EOF;
}

static void draw_nothing(void)
{
}

static void line_done(char *line)
{
    finished = line;
    complete = true;
}

static void keep_matches(char **found, int count, int longest)
{
    (void)longest;
    text_clear(&matches);
    for (int i = 1; i <= count; i++)
        text_addf(&matches, "%s  ", found[i]);
}

static void leave_terminal(int meta)
{
    (void)meta;
}

void prompt_open(const char *prompt)
{
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    rl_outstream = nowhere;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_getc_function = feed_getc;
    rl_input_available_hook = feed_available;
    rl_redisplay_function = draw_nothing;
    rl_prep_term_function = leave_terminal;
    rl_deprep_term_function = draw_nothing;
    rl_completion_display_matches_hook = keep_matches;
    text_clear(&matches);
    rl_callback_handler_install(prompt, line_done);
    is_open = true;
}

bool prompt_feed(int c, char **line)
{
    text_clear(&matches);
    complete = false;
    fed = c;
    rl_callback_read_char();
    if (!complete)
        return false;
    *line = finished ? finished : must_strdup("");
    remember(*line);
    return true;
}

void prompt_close(void)
{
    if (is_open)
        rl_callback_handler_remove();
    is_open = false;
}

void prompt_shown(char *out, size_t size, int *cursor)
{
    const char *prompt = rl_prompt ? rl_prompt : "";
    snprintf(out, size, "%s%s", prompt, rl_line_buffer ? rl_line_buffer : "");
    *cursor = (int)strlen(prompt) + rl_point;
}

const char *prompt_matches(void)
{
    return text_get(&matches);
}
