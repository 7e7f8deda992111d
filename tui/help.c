#define _GNU_SOURCE
#include "tui/help.h"

#include "tui/keys.h"
#include <string.h>
#include <strings.h>

void help_command(const struct command *c, struct text *out)
{
    text_addf(out, "%s %s\n  %s\n", c->name, c->args, c->help);
    if (c->other[0])
        text_addf(out, "  also: %s\n", c->other);
    if (c->repeats)
        text_addf(out, "  Enter repeats it\n");
}

void help_all(struct text *out)
{
    for (int i = 0; i < CMD_COUNT; i++)
        text_addf(out, "%-18s %s\n", commands[i].name, commands[i].help);
    text_addf(out, "\nviews (info VIEW):\n");
    for (int i = 0; i < VIEW_COUNT; i++)
        text_addf(out, "%-18s %s\n", views[i].name, views[i].help);
    text_addf(out, "\nhelp COMMAND tells more; help keys lists the keys of the screen; unambiguous "
                   "beginnings are enough.\n");
}

void help_keys(struct text *out)
{
    for (int i = 0; i < KEYS_COUNT; i++)
        text_addf(out, "%-26s %s\n", keys[i].shown, keys[i].help);
}

static bool about(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

void help_apropos(const char *word, struct text *out)
{
    for (int i = 0; i < CMD_COUNT; i++)
        if (about(commands[i].name, word) || about(commands[i].help, word) ||
            about(commands[i].other, word))
            text_addf(out, "%-18s %s\n", commands[i].name, commands[i].help);
    for (int i = 0; i < VIEW_COUNT; i++)
        if (about(views[i].name, word) || about(views[i].help, word))
            text_addf(out, "view %-13s %s\n", views[i].name, views[i].help);
    for (int i = 0; i < KEYS_COUNT; i++)
        if (about(keys[i].help, word))
            text_addf(out, "key %-14s %s\n", keys[i].shown, keys[i].help);
}
