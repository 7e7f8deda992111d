#include "tui/command.h"

#include "lessons/suggest.h"
#include "lessons/trace.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct command commands[CMD_COUNT] = {
#define CMD(id, name, other, repeats, guest, args, help) \
    [CMD_##id] = { name, other, repeats, guest, args, help, cmd_##id },
#include "tui/commands.def"
};

const char *next_word(const char *args, char *word, size_t size)
{
    size_t n = 0;
    while (isspace((unsigned char)*args))
        args++;
    for (; *args && !isspace((unsigned char)*args); args++)
        if (n + 1 < size)
            word[n++] = *args;
    word[n] = 0;
    while (isspace((unsigned char)*args))
        args++;
    return args;
}

enum command_result command_usage(struct session *s, enum command_id id)
{
    session_complain(s, NULL, -1, "usage: %s%s%s", commands[id].name, commands[id].args[0] ? " " : "",
                     commands[id].args);
    return COMMAND_USAGE;
}

/* Is word one of the blank-separated other names? */
static bool other_name(const struct command *c, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = c->other; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == len && !strncmp(p, word, n))
            return true;
        p += n;
    }
    return false;
}

static void unknown(struct session *s, const char *word)
{
    const char *names[CMD_COUNT];
    for (int i = 0; i < CMD_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = suggest(word, names, CMD_COUNT);
    session_complain(s, NULL, -1, "no command \"%s\"%s%s%s", word, near ? "; did you mean \"" : "",
                     near ? near : "; see help", near ? "\"?" : "");
}

int command_find(struct session *s, const char *word)
{
    struct text all = { 0 };
    int found = -1, count = 0;
    size_t len = strlen(word);
    for (int i = 0; i < CMD_COUNT; i++)
        if (!strcmp(commands[i].name, word) || other_name(&commands[i], word))
            return i;
    for (int i = 0; i < CMD_COUNT; i++)
        if (!strncmp(commands[i].name, word, len)) {
            text_addf(&all, "%s%s", count++ ? ", " : "", commands[i].name);
            found = i;
        }
    if (count > 1) {
        session_complain(s, NULL, -1, "\"%s\" is ambiguous: %s", word, text_get(&all));
        found = -1;
    } else if (!count) {
        unknown(s, word);
    }
    text_free(&all);
    return found;
}

static enum command_result run_word(struct session *s, const char *word, const char *args,
                                    const char *line)
{
    int id = command_find(s, word);
    if (id < 0)
        return COMMAND_USAGE;
    snprintf(s->last_command, sizeof s->last_command, "%s", commands[id].repeats ? line : "");
    if (commands[id].needs_guest && !session_has_guest(s))
        return COMMAND_FAILED;
    return commands[id].run(s, args);
}

enum command_result command_run(struct session *s, const char *line)
{
    char word[64], again[sizeof s->last_command];
    size_t n = 0;
    while (isspace((unsigned char)*line))
        line++;
    if (!*line && s->last_command[0]) {
        strcpy(again, s->last_command);
        s->repeated = true;
        line = again;
    } else {
        s->repeated = false;
    }
    if (!*line || *line == '#')
        return COMMAND_OK;
    const char *p = line;
    while (*p && !isspace((unsigned char)*p) && (*p != '/' || !n) && n + 1 < sizeof word)
        word[n++] = *p++;
    word[n] = 0;
    while (isspace((unsigned char)*p))
        p++;
    struct text args = { 0 };
    text_addf(&args, "%s", p);
    while (args.len && isspace((unsigned char)args.at[args.len - 1]))
        args.at[--args.len] = 0;
    enum command_result result = run_word(s, word, text_get(&args), line);
    text_free(&args);
    return result;
}

enum command_result command_source(struct session *s, const char *path)
{
    char line[512];
    int number = 0;
    enum command_result result = COMMAND_OK;
    FILE *f = s->depth < 16 ? fopen(path, "r") : NULL;
    if (!f) {
        session_complain(s, NULL, -1, "%s: %s", path,
                         s->depth < 16 ? strerror(errno) : "scripts call each other too deeply");
        return COMMAND_USAGE;
    }
    s->depth++;
    while (result == COMMAND_OK && !s->quit && fgets(line, sizeof line, f)) {
        number++;
        line[strcspn(line, "\r\n")] = 0;
        if (line[strspn(line, " \t")])
            result = command_run(s, line);
    }
    s->depth--;
    if (ferror(f)) { /* a folder, for one */
        session_complain(s, NULL, -1, "%s: %s", path, strerror(errno));
        result = COMMAND_USAGE;
    }
    fclose(f);
    if (result != COMMAND_OK && number)
        session_say(s, "%s:%d: stopped here\n", path, number);
    return result;
}

static bool candidate(const char *name, const char *text, unsigned *n, char **out)
{
    if (!name || strncmp(name, text, strlen(text)) || (*n)-- > 0)
        return false;
    *out = must_strdup(name);
    return true;
}

static char *complete_argument(const struct session *s, int command, const char *text, unsigned n)
{
    char *out = NULL;
    for (unsigned i = 0; command == CMD_CATCH && i < EVENT_KINDS; i++)
        if (event_info(i) && candidate(event_info(i)->name, text, &n, &out))
            return out;
    for (unsigned i = 0; (command == CMD_ENGINE || command == CMD_DIVERGE) && i < ENGINE_COUNT; i++)
        if (candidate(engine_name((enum engine_id)i), text, &n, &out))
            return out;
    for (unsigned i = 0; (command == CMD_INFO || command == CMD_SHOW) && i < VIEW_COUNT; i++)
        if (candidate(views[i].name, text, &n, &out))
            return out;
    for (unsigned i = 0; command == CMD_HELP && i < CMD_COUNT; i++)
        if (candidate(commands[i].name, text, &n, &out))
            return out;
    for (u32 i = 0; s->image && i < s->image->symbol_count; i++)
        if (candidate(s->image->symbols[i].name, text, &n, &out))
            return out;
    return NULL;
}

static int command_exactly(const char *word)
{
    size_t len = strlen(word);
    for (int i = 0; i < CMD_COUNT; i++)
        if (!strcmp(commands[i].name, word) || other_name(&commands[i], word))
            return i;
    for (int i = 0; i < CMD_COUNT; i++)
        if (!strncmp(commands[i].name, word, len))
            return i;
    return -1;
}

char *command_complete(const struct session *s, const char *line, const char *text, unsigned n)
{
    char word[64], *out = NULL;
    while (*line == ' ')
        line++;
    next_word(line, word, sizeof word);
    if (strchr(line, ' '))
        return complete_argument(s, command_exactly(word), text, n);
    for (unsigned i = 0; i < CMD_COUNT; i++)
        if (candidate(commands[i].name, text, &n, &out))
            return out;
    return NULL;
}
