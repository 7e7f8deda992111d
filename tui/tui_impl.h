/* tui_impl.h - what tui.c, tui_draw.c and tui_keys.c share. */
#ifndef TUI_TUI_IMPL_H
#define TUI_TUI_IMPL_H

#include "tui/cells.h"
#include "tui/layout.h"
#include "tui/session.h"

struct panel { enum view_id view; int scroll, aside /* first column */; int lines, shown; };
enum input { INPUT_KEYS, INPUT_PROMPT, INPUT_BOOKMARK, INPUT_JUMP };
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
};

/* tui_draw.c */
void tui_draw(struct tui *t);
const char *tui_panel_arg(const struct tui *t, enum slot slot);
/* tui_keys.c */
void tui_key(struct tui *t, int key);
void tui_command(struct tui *t, const char *line);
/* tui.c */
void tui_side_view(struct tui *t);   /* the view that suits the engine */

#endif
