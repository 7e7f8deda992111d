#include "tui/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sheet_init(struct sheet *s, const char *view)
{
    *s = (struct sheet){ .view = view, .cursor = -1 };
    text_add(&s->pool, "", 1); /* offset 0: no text */
}

void sheet_free(struct sheet *s)
{
    free(s->item);
    free(s->row);
    free(s->section);
    text_free(&s->pool);
    *s = (struct sheet){ .cursor = -1 };
}

static u32 keep_text(struct sheet *s, const char *text)
{
    u32 at = (u32)s->pool.len;
    text_add(&s->pool, text, strlen(text) + 1);
    return at;
}

static void *grow(void *array, u32 count, u32 *room, size_t each)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 32;
    return must_realloc(array, *room * each);
}

void sheet_section(struct sheet *s, enum sheet_shape shape, const char *key, const char *title)
{
    s->section = grow(s->section, s->sections, &s->section_room, sizeof *s->section);
    s->section[s->sections++] = (struct section){
        .key = key, .title = title ? keep_text(s, title) : 0, .shape = (u8)shape,
        .headed = title != NULL, .first = s->rows,
    };
}

void sheet_row(struct sheet *s)
{
    assert(s->sections);
    s->row = grow(s->row, s->rows, &s->row_room, sizeof *s->row);
    s->row[s->rows++] = (struct row){ .first = s->items, .mark = ' ' };
    s->section[s->sections - 1].count++;
}

void sheet_mark(struct sheet *s, char mark, unsigned attr)
{
    s->row[s->rows - 1].mark = mark;
    s->row[s->rows - 1].attr = (u8)attr;
}

void sheet_here(struct sheet *s)
{
    s->cursor = (int)s->rows - 1;
}

static struct item *add_item(struct sheet *s, const char *key, enum item_type type)
{
    assert(s->rows);
    s->item = grow(s->item, s->items, &s->item_room, sizeof *s->item);
    struct item *f = &s->item[s->items++];
    *f = (struct item){ .key = key, .type = (u8)type };
    s->row[s->rows - 1].count++;
    return f;
}

void sheet_text(struct sheet *s, const char *key, const char *format, ...)
{
    struct text t = { 0 };
    va_list args;
    va_start(args, format);
    text_vaddf(&t, format, args);
    va_end(args);
    add_item(s, key, ITEM_TEXT)->text = keep_text(s, text_get(&t));
    text_free(&t);
}

void sheet_number(struct sheet *s, const char *key, u64 value)
{
    char shown[32];
    struct item *f = add_item(s, key, ITEM_NUMBER);
    f->number = value;
    f->text = keep_text(s, with_commas(value, shown));
}

void sheet_hex(struct sheet *s, const char *key, u32 value, int digits)
{
    char shown[16];
    snprintf(shown, sizeof shown, "%0*x", digits, value);
    struct item *f = add_item(s, key, ITEM_TEXT);
    f->text = keep_text(s, shown);
    f->number = 1; /* JSON puts 0x before it */
}

void sheet_bool(struct sheet *s, const char *key, bool value)
{
    struct item *f = add_item(s, key, ITEM_BOOL);
    f->number = value;
    f->text = keep_text(s, value ? "1" : "0");
}

void sheet_attr(struct sheet *s, unsigned attr)
{
    s->item[s->items - 1].attr = (u8)attr;
}

void sheet_bare(struct sheet *s)
{
    s->item[s->items - 1].bare = true;
}

void sheet_words(struct sheet *s, const char *format, ...)
{
    struct text t = { 0 };
    va_list args;
    va_start(args, format);
    text_vaddf(&t, format, args);
    va_end(args);
    sheet_row(s);
    add_item(s, "text", ITEM_TEXT)->text = keep_text(s, text_get(&t));
    text_free(&t);
}

const char *sheet_item_text(const struct sheet *s, const struct item *f)
{
    return s->pool.at + f->text;
}

/* Rows of a table are the same row when their first fields say the same. */
static const struct row *same_row(const struct sheet *before, const struct section *section,
                                  const struct sheet *now, const struct row *row, u32 index)
{
    if (section->shape == SHEET_PAIRS)
        return index < section->count ? &before->row[section->first + index] : NULL;
    if (!row->count)
        return NULL;
    const char *name = sheet_item_text(now, &now->item[row->first]);
    for (u32 i = 0; i < section->count; i++) {
        const struct row *old = &before->row[section->first + (index + i) % section->count];
        if (old->count && !strcmp(sheet_item_text(before, &before->item[old->first]), name))
            return old;
    }
    return NULL;
}

static void compare_row(struct sheet *now, const struct row *row, const struct sheet *before,
                        const struct row *old)
{
    for (u32 i = 0; i < row->count; i++) {
        struct item *f = &now->item[row->first + i];
        for (u32 j = 0; j < old->count; j++) {
            const struct item *g = &before->item[old->first + j];
            if (!strcmp(f->key, g->key))
                f->changed = strcmp(sheet_item_text(now, f), sheet_item_text(before, g)) != 0;
        }
    }
}

void sheet_compare(struct sheet *now, const struct sheet *before)
{
    for (u32 i = 0; i < now->sections; i++) {
        const struct section *section = &now->section[i];
        for (u32 j = 0; section->shape != SHEET_WORDS && j < before->sections; j++) {
            if (strcmp(section->key, before->section[j].key))
                continue;
            for (u32 k = 0; k < section->count; k++) {
                const struct row *row = &now->row[section->first + k];
                const struct row *old = same_row(before, &before->section[j], now, row, k);
                if (old)
                    compare_row(now, row, before, old);
            }
        }
    }
}
