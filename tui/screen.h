/* screen.h - the terminal as a grid of cells.  ncurses is known here only. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "tui/cells.h"

struct screen_options { bool color, mouse; };

enum screen_key { /* beyond characters */
    SCREEN_NONE = -1, SCREEN_RESIZE = 0x1000, SCREEN_UP, SCREEN_DOWN, SCREEN_LEFT, SCREEN_RIGHT,
    SCREEN_PAGE_UP, SCREEN_PAGE_DOWN, SCREEN_HOME, SCREEN_END, SCREEN_BACKTAB, SCREEN_DELETE,
    SCREEN_BACKSPACE, SCREEN_WHEEL_UP, SCREEN_WHEEL_DOWN,
    SCREEN_F1 /* .. F24: F13 and on are Shift-F1 and on */,
};

/* False: this terminal cannot show one. */
bool screen_open(const struct screen_options *o);
void screen_close(void);
void screen_size(int *width, int *height);
/* Show the grid; the cursor stands at (x, y), hidden when y < 0. */
void screen_show(const struct cells *c, int x, int y);
void screen_redraw(void); /* all of it, at the next show */
/* A key, or SCREEN_NONE after `milliseconds` (-1: no limit) or when a signal came. */
int screen_key(int milliseconds);

#endif
