/* cells.h - a grid of character cells with attributes: what a panel is before a terminal shows it.
 *
 * Rows grow on demand (to `height` when that is fixed); everything beyond the width is clipped. */
#ifndef TUI_CELLS_H
#define TUI_CELLS_H

#include "tui/text.h"

enum cell_attr { /* weight and hue; no meaning rests on the hue alone */
    ATTR_BOLD = 1, ATTR_REVERSE = 2, ATTR_UNDERLINE = 4, ATTR_DIM = 8,
    ATTR_RED = 0x10, ATTR_GREEN = 0x20, ATTR_YELLOW = 0x30, ATTR_BLUE = 0x40, ATTR_MAGENTA = 0x50,
    ATTR_CYAN = 0x60, ATTR_HUE = 0x70,
    ATTR_CHANGED = ATTR_BOLD | ATTR_YELLOW,
};

struct cell {
    u32 glyph; /* 0: empty, shown as a blank */
    u8 attr;
    u8 stay;   /* of a row's first cell: how many columns stay when the others are scrolled sideways */
    u8 pad[2];
};
enum { STAY_ALL = 255 };
struct cells {
    int width, height;  /* height: rows there are */
    int wrap;           /* words are broken here: the width, unless what is shown of it is narrower */
    bool grows;
    int room;
    struct cell *cell;
};
struct rect { int x, y, w, h; };

/* Rows of `width` that grow, words broken at `wrap`. */
void cells_grow(struct cells *c, int width, int wrap);
void cells_init(struct cells *c, int width, int height, bool grows);
void cells_free(struct cells *c);
void cells_put(struct cells *c, int x, int y, unsigned attr, u32 glyph);
/* UTF-8 text from (x, y) on; returns the column behind it.  Control characters become '.'. */
int cells_text(struct cells *c, int x, int y, unsigned attr, const char *utf8);
int cells_textf(struct cells *c, int x, int y, unsigned attr, const char *format, ...)
    PRINTF_LIKE(5, 6);
/* Words broken into lines between x and c->wrap, a paragraph's later lines below its text, not below
 * the word that it explains; returns the row behind the last. */
int cells_wrap(struct cells *c, int x, int y, unsigned attr, const char *utf8);
void cells_attr(struct cells *c, struct rect r, unsigned attr); /* or-ed in */
void cells_box(struct cells *c, struct rect r, unsigned attr, const char *title, bool unicode);
void cells_stay(struct cells *c, int y, int columns); /* once the row is drawn */
/* Copy src from its row `first` and column `left` on into the rectangle of dst. */
void cells_blit(struct cells *dst, struct rect r, const struct cells *src, int first, int left);
/* Lines without trailing blanks. */
void cells_to_text(const struct cells *c, struct text *out);
/* Columns of a UTF-8 string (one a code point). */
int utf8_columns(const char *utf8);

#endif
