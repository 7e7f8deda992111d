/* keys.h - the keys of the screen: one table for the screen, its help and the docs. */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

enum key_id {
#define KEY(id, shown, code, command, help) KEYS_##id,
#include "tui/keys.def"
    KEYS_COUNT
};
struct key { const char *shown; int code; const char *command; const char *help; };
extern const struct key keys[KEYS_COUNT];

int key_by_code(int code); /* -1: not bound */

#endif
