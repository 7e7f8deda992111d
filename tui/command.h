/* command.h - the command language: one table, gdb's abbreviations. */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include "tui/session.h"

enum command_id {
#define CMD(id, name, other, repeats, guest, args, help) CMD_##id,
#include "tui/commands.def"
    CMD_COUNT
};
enum command_result { COMMAND_OK, COMMAND_FAILED, COMMAND_USAGE /* no such command, bad arguments */ };

struct command {
    const char *name, *other;
    bool repeats, needs_guest;
    const char *args, *help;
    enum command_result (*run)(struct session *s, const char *args);
};
extern const struct command commands[CMD_COUNT];

/* One line; an empty line repeats the last command when that repeats.  Comments begin with '#'. */
enum command_result command_run(struct session *s, const char *line);
/* Lines of a file; stops at the first failure, which is told with its line. */
enum command_result command_source(struct session *s, const char *path);
/* By name, other name or unambiguous beginning: its index; -1 none (said), with did-you-mean. */
int command_find(struct session *s, const char *word);
/* Completion: the n-th word that may stand for `text` behind `line`; malloced, NULL at the end. */
char *command_complete(const struct session *s, const char *line, const char *text, unsigned n);
enum command_result command_usage(struct session *s, enum command_id id);

/* ---- the commands, by file ---- */
#define CMD(id, name, other, repeats, guest, args, help) \
    enum command_result cmd_##id(struct session *s, const char *args_);
#include "tui/commands.def"

/* Take one word off the arguments. */
const char *next_word(const char *args, char *word, size_t size);

#endif
