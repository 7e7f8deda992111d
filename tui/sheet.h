/* sheet.h - what a view says, before it has a shape: sections of rows of named fields.
 *
 * The one source of a view's three forms: sheet_draw (a panel, and as plain text the same cells
 * printed), sheet_json.  sheet_compare marks what changed since another sheet of the same view. */
#ifndef TUI_SHEET_H
#define TUI_SHEET_H

#include "tui/cells.h"

enum sheet_shape {
    SHEET_PAIRS, /* "name value", several on a line, flowing; in JSON one object */
    SHEET_TABLE, /* a line a row, columns under their names; in JSON a list of objects */
    SHEET_WORDS, /* paragraphs */
};
enum item_type { ITEM_TEXT, ITEM_NUMBER, ITEM_BOOL };

struct item {
    const char *key;   /* a constant */
    u32 text;          /* offset into the pool: as shown */
    u64 number;        /* ITEM_NUMBER, ITEM_BOOL: as told in JSON */
    u8 type, attr, changed;
    bool bare;         /* the key is not shown */
};
struct row { u32 first, count; u8 attr; char mark; u8 pad[2]; };
struct section { const char *key; u32 title; u8 shape; u8 headed; u32 first, count; };

struct sheet {
    const char *view;
    struct item *item; u32 items, item_room;
    struct row *row; u32 rows, row_room;
    struct section *section; u32 sections, section_room;
    struct text pool;
    bool failed;       /* the argument was wrong; the sheet says so */
    int cursor;        /* the row a panel keeps in sight, -1: none */
};

void sheet_init(struct sheet *s, const char *view);
void sheet_free(struct sheet *s);

/* A section: key names it in JSON, title heads it (NULL: no heading line). */
void sheet_section(struct sheet *s, enum sheet_shape shape, const char *key, const char *title);
void sheet_row(struct sheet *s);
void sheet_mark(struct sheet *s, char mark, unsigned attr); /* the last row: '>', 'B', ... */
void sheet_here(struct sheet *s);                           /* the last row is the cursor */
void sheet_text(struct sheet *s, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);
void sheet_number(struct sheet *s, const char *key, u64 value);
void sheet_hex(struct sheet *s, const char *key, u32 value, int digits); /* JSON: "0x..." */
void sheet_bool(struct sheet *s, const char *key, bool value);
void sheet_attr(struct sheet *s, unsigned attr);            /* the last field */
void sheet_bare(struct sheet *s);                           /* the last field: show no key */
void sheet_words(struct sheet *s, const char *format, ...) PRINTF_LIKE(2, 3); /* SHEET_WORDS */

const char *sheet_item_text(const struct sheet *s, const struct item *f);
void sheet_compare(struct sheet *now, const struct sheet *before);

/* What its widest table needs, `columns` at least; all else is broken into lines of `columns`. */
int sheet_width(const struct sheet *s, int columns);
/* Into growing cells; returns the line of the cursor row, or -1. */
int sheet_draw(const struct sheet *s, struct cells *c);
/* Its lines of text; tables are as wide as they must be. */
void sheet_plain(const struct sheet *s, int width, struct text *out);

#endif
