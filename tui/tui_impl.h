/* tui_impl.h - what tui.c, tui_draw.c and tui_keys.c share. */
#ifndef TUI_TUI_IMPL_H
#define TUI_TUI_IMPL_H

#include "tui/cells.h"
#include "tui/layout.h"
#include "tui/session.h"

struct panel {
    enum view_id view, before; /* before: what a key took away, VIEW_COUNT: nothing */
    int scroll, aside /* first column */, lines, shown;
};
enum input { INPUT_KEYS, INPUT_PROMPT, INPUT_BOOKMARK, INPUT_JUMP, INPUT_GUEST };
enum prompt_for { PROMPT_COMMAND, PROMPT_ANSWER, PROMPT_VIEW };

struct tui {
    struct session s;
    struct cells grid;
    struct layout layout;
    struct panel panel[SLOTS];
    int focus, maximised, zoom;
    u32 selected;            /* address of the chosen line of the code panel */
    bool has_selected;
    struct text output;      /* of the last command */
    char message[256];
    bool overlay;            /* the output covers the panels */
    int overlay_scroll, overlay_aside;
    enum input input;
    enum prompt_for prompt_for;
    bool unicode, running;
    u64 type_slice;          /* INPUT_GUEST: ticks at a time */
    bool type_waits;         /* INPUT_GUEST: the guest halted until a key comes */
    bool type_rests;         /* INPUT_GUEST: the guest halts most of the time */
};

/* tui_draw.c */
void tui_draw(struct tui *t);
const char *tui_panel_arg(const struct tui *t, enum slot slot);
/* tui_keys.c */
void tui_key(struct tui *t, int key);
void tui_command(struct tui *t, const char *line);
/* tui_type.c: INPUT_GUEST, from begin to Esc or whatever stops the guest; run: for a while, without a key */
void tui_type_begin(struct tui *t);
void tui_type_key(struct tui *t, int key);
void tui_type_run(struct tui *t);
int tui_type_pause(const struct tui *t); /* milliseconds to wait for a key before it; -1: for ever */
/* tui.c */
void tui_side_view(struct tui *t);   /* the view that suits the engine */

#endif
