#include "tui/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 24, COLUMN_MAX = 200, MARK = 2 /* columns of a row's mark and the blank behind it */ };

struct columns { const char *key[COLUMNS]; int width[COLUMNS]; bool bare[COLUMNS]; int count;
    bool split; /* too wide: "real-dpl" is a name of two lines */ };

/* Columns of a name's first line; 0: it has one. */
static int first_part(const struct columns *c, const char *key)
{
    const char *dash = c->split ? strchr(key, '-') : NULL;
    return dash ? (int)(dash - key) + 1 : 0;
}

static int column_of(struct columns *c, const struct item *f)
{
    for (int i = 0; i < c->count; i++)
        if (!strcmp(c->key[i], f->key))
            return i;
    assert(c->count < COLUMNS);
    c->key[c->count] = f->key;
    c->bare[c->count] = f->bare;
    int first = first_part(c, f->key), rest = utf8_columns(f->key) - first;
    c->width[c->count] = f->bare ? 0 : first > rest ? first : rest;
    return c->count++;
}

static void measure(const struct sheet *s, const struct section *section, struct columns *c)
{
    for (u32 i = 0; i < section->count; i++) {
        const struct row *row = &s->row[section->first + i];
        for (u32 j = 0; j < row->count; j++) {
            const struct item *f = &s->item[row->first + j];
            int at = column_of(c, f);
            if (row->count == 1 && c->bare[at])
                continue; /* a heading inside of the table: it may run over the columns */
            int width = utf8_columns(sheet_item_text(s, f)) + (f->changed ? 1 : 0);
            if (width > c->width[at])
                c->width[at] = width < COLUMN_MAX ? width : COLUMN_MAX;
        }
    }
}

static bool named_columns(const struct columns *c)
{
    for (int i = 0; i < c->count; i++)
        if (!c->bare[i])
            return true;
    return false;
}

/* Returns the row behind them. */
static int draw_names(struct cells *c, const struct columns *columns, int y)
{
    int x = MARK, last = y + columns->split;
    for (int i = 0; i < columns->count; i++) {
        int first = first_part(columns, columns->key[i]);
        if (!columns->bare[i] && first)
            cells_textf(c, x, y, 0, "%.*s", first, columns->key[i]);
        if (!columns->bare[i])
            cells_text(c, x, last, ATTR_UNDERLINE, columns->key[i] + first);
        x += columns->width[i] + 1;
    }
    for (; y <= last; y++)
        cells_stay(c, y, MARK);
    return y;
}

static int width_of(const struct columns *c)
{
    int width = 1;
    for (int i = 0; i < c->count; i++)
        width += c->width[i] + 1;
    return width;
}

/* Columns as wide as they must be; names are split only where all fit then. */
static void fit(const struct sheet *s, const struct section *section, int width, struct columns *c)
{
    struct columns split = { .split = true };
    *c = (struct columns){ .count = 0 };
    measure(s, section, c);
    measure(s, section, &split);
    if (width_of(c) > width && width_of(&split) <= width)
        *c = split;
}

static unsigned item_attr(const struct item *f, const struct row *row)
{
    return f->changed ? ATTR_CHANGED | (row->attr & ATTR_REVERSE)
                      : (f->attr ? f->attr : row->attr);
}

static void draw_table_row(const struct sheet *s, struct cells *c, const struct row *row,
                           struct columns *columns, int y)
{
    int at[COLUMNS], x = MARK;
    for (int i = 0; i < columns->count; i++) {
        at[i] = x;
        x += columns->width[i] + 1;
    }
    cells_put(c, 0, y, row->attr | ATTR_BOLD, (u32)(unsigned char)row->mark);
    for (u32 j = 0; j < row->count; j++) {
        const struct item *f = &s->item[row->first + j];
        int column = column_of(columns, f), start = at[column];
        const char *text = sheet_item_text(s, f);
        if (f->type == ITEM_NUMBER) /* numbers stand to the right */
            start += columns->width[column] - utf8_columns(text) - f->changed;
        int end = cells_text(c, start, y, item_attr(f, row), text);
        if (f->changed)
            cells_put(c, end, y, ATTR_CHANGED, '*');
    }
    if (row->attr & ATTR_REVERSE)
        cells_attr(c, (struct rect){ 0, y, c->width, 1 }, ATTR_REVERSE);
    cells_stay(c, y, MARK);
}

static int draw_table(const struct sheet *s, struct cells *c, const struct section *section,
                      int y, int *cursor)
{
    struct columns columns;
    fit(s, section, c->wrap, &columns);
    if (section->count && named_columns(&columns))
        y = draw_names(c, &columns, y);
    for (u32 i = 0; i < section->count; i++) {
        if ((int)(section->first + i) == s->cursor)
            *cursor = y;
        draw_table_row(s, c, &s->row[section->first + i], &columns, y++);
    }
    return y;
}

int sheet_width(const struct sheet *s, int columns)
{
    int width = columns;
    for (u32 i = 0; i < s->sections; i++) {
        struct columns c;
        if (s->section[i].shape != SHEET_TABLE)
            continue;
        fit(s, &s->section[i], columns, &c);
        width = width_of(&c) > width ? width_of(&c) : width;
    }
    return width;
}

/* One pair with its key; returns its width, draws it when c is not NULL. */
static int pair(const struct sheet *s, const struct item *f, const struct row *row,
                struct cells *c, int x, int y)
{
    const char *text = sheet_item_text(s, f);
    int key = f->bare ? 0 : utf8_columns(f->key) + (*text ? 1 : 0);
    if (c) {
        if (key)
            cells_text(c, x, y, row->attr | ATTR_DIM, f->key);
        int end = cells_text(c, x + key, y, item_attr(f, row), text);
        if (f->changed)
            cells_put(c, end, y, ATTR_CHANGED, '*');
    }
    return key + utf8_columns(text) + 1; /* room for the mark, always: columns stay put */
}

/* One that is longer than a line; returns its last row. */
static int long_pair(const struct sheet *s, const struct item *f, const struct row *row,
                     struct cells *c, int x, int y)
{
    if (!f->bare)
        x = 1 + cells_text(c, x, y, row->attr | ATTR_DIM, f->key);
    return cells_wrap(c, x, y, item_attr(f, row), sheet_item_text(s, f)) - 1;
}

static int draw_pairs(const struct sheet *s, struct cells *c, const struct section *section,
                      int y, int *cursor)
{
    for (u32 i = 0; i < section->count; i++) {
        const struct row *row = &s->row[section->first + i];
        int x = row->mark == ' ' ? 0 : MARK;
        if ((int)(section->first + i) == s->cursor)
            *cursor = y;
        if (row->mark != ' ')
            cells_put(c, 0, y, row->attr | ATTR_BOLD, (u32)(unsigned char)row->mark);
        for (u32 j = 0; j < row->count; j++) {
            const struct item *f = &s->item[row->first + j];
            int width = pair(s, f, row, NULL, 0, 0);
            if (x > MARK && x + width - 1 > c->wrap)
                x = 1, y++;
            bool long_words = f->type == ITEM_TEXT && x + width - 1 > c->wrap && x <= MARK;
            if (long_words)
                y = long_pair(s, f, row, c, x, y);
            else
                pair(s, f, row, c, x, y);
            x = long_words ? c->wrap : x + width + 1;
        }
        y++;
    }
    return y;
}

static int draw_words(const struct sheet *s, struct cells *c, const struct section *section,
                      int y, int *cursor)
{
    for (u32 i = 0; i < section->count; i++) {
        const struct row *row = &s->row[section->first + i];
        int indent = row->mark == ' ' ? 0 : MARK;
        if ((int)(section->first + i) == s->cursor)
            *cursor = y;
        if (indent)
            cells_put(c, 0, y, row->attr | ATTR_BOLD, (u32)(unsigned char)row->mark);
        const char *text = sheet_item_text(s, &s->item[row->first]);
        y = *text ? cells_wrap(c, indent, y, row->attr, text) : y + 1;
    }
    return y;
}

/* A heading, and what is no table: broken into lines of what is shown, they need not move. */
static void keep_in_place(struct cells *c, int from, int to)
{
    for (int y = from; y < to; y++)
        cells_stay(c, y, STAY_ALL);
}

int sheet_draw(const struct sheet *s, struct cells *c)
{
    static int (*const draw[])(const struct sheet *, struct cells *, const struct section *, int,
                               int *) = {
        [SHEET_PAIRS] = draw_pairs, [SHEET_TABLE] = draw_table, [SHEET_WORDS] = draw_words,
    };
    int y = 0, cursor = -1;
    for (u32 i = 0; i < s->sections; i++) {
        const struct section *section = &s->section[i];
        int from = y;
        if (section->headed)
            y = cells_wrap(c, 0, y, ATTR_BOLD | ATTR_CYAN, s->pool.at + section->title);
        if (section->headed && !section->count)
            cells_text(c, MARK, y++, 0, "none");
        if (section->shape == SHEET_TABLE)
            keep_in_place(c, from, y);
        y = draw[section->shape](s, c, section, y, &cursor);
        if (section->shape != SHEET_TABLE)
            keep_in_place(c, from, y);
    }
    return cursor;
}

void sheet_plain(const struct sheet *s, int width, struct text *out)
{
    struct cells c;
    cells_grow(&c, sheet_width(s, width), width);
    sheet_draw(s, &c);
    cells_to_text(&c, out);
    cells_free(&c);
}
