/* help.h - what can be done, from the tables of commands, keys and views. */
#ifndef TUI_HELP_H
#define TUI_HELP_H

#include "tui/command.h"
#include "tui/text.h"

void help_all(struct text *out);
void help_command(const struct command *c, struct text *out);
void help_keys(struct text *out);
void help_apropos(const char *word, struct text *out);

#endif
