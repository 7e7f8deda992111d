/* layout.h - which panels stand where on a screen of some size.  Pure. */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "tui/cells.h"

/* Slots; what each shows is the person's choice. */
enum slot { SLOT_CODE, SLOT_SIDE, SLOT_CPU, SLOT_WHAT, SLOT_THIRD, SLOT_FOURTH, SLOTS };
enum { LAYOUT_MIN_WIDTH = 40, LAYOUT_MIN_HEIGHT = 10 };

struct layout_wish { int width, height; bool lesson; int maximised /* a slot, -1 */; int zoom; int focus; };
struct layout {
    bool too_small;
    struct rect slot[SLOTS];   /* w = 0: not on this screen */
    struct rect title, who, timeline, bottom;
};

struct layout layout_for(const struct layout_wish *w);

#endif
