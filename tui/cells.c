#include "tui/cells.h"

#include <stdlib.h>
#include <string.h>

void cells_init(struct cells *c, int width, int height, bool grows)
{
    *c = (struct cells){ .width = width < 1 ? 1 : width, .grows = grows };
    c->wrap = c->width;
    c->height = grows ? 0 : height < 1 ? 1 : height;
    c->room = c->height ? c->height : 16;
    c->cell = must_alloc((size_t)c->room * (size_t)c->width * sizeof *c->cell);
}

void cells_grow(struct cells *c, int width, int wrap)
{
    cells_init(c, width, 0, true);
    c->wrap = wrap;
}

void cells_free(struct cells *c)
{
    free(c->cell);
    *c = (struct cells){ 0 };
}

static bool reach_row(struct cells *c, int y)
{
    if (y < c->height)
        return true;
    if (!c->grows)
        return false;
    if (y >= c->room) {
        size_t row = (size_t)c->width * sizeof *c->cell;
        int room = (y + 1) * 2;
        c->cell = must_realloc(c->cell, (size_t)room * row);
        memset((char *)c->cell + (size_t)c->room * row, 0, (size_t)(room - c->room) * row);
        c->room = room;
    }
    c->height = y + 1;
    return true;
}

void cells_put(struct cells *c, int x, int y, unsigned attr, u32 glyph)
{
    if (y < 0 || !reach_row(c, y) || x < 0 || x >= c->width)
        return;
    c->cell[(size_t)y * (size_t)c->width + (size_t)x] =
        (struct cell){ .glyph = glyph, .attr = (u8)attr };
}

/* The next code point; broken bytes come out as '.', one each. */
static u32 next_glyph(const unsigned char **s)
{
    unsigned c = *(*s)++;
    unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
    if (c < 0x80)
        return c < 0x20 || c == 0x7f ? '.' : c;
    if (!more)
        return '.';
    u32 glyph = c & (0x3fu >> more);
    for (unsigned i = 0; i < more; i++) {
        if (((*s)[i] & 0xc0) != 0x80)
            return '.';
        glyph = glyph << 6 | ((*s)[i] & 0x3f);
    }
    *s += more;
    return glyph;
}

int utf8_columns(const char *utf8)
{
    int n = 0;
    for (const unsigned char *s = (const unsigned char *)utf8; *s; n++)
        next_glyph(&s);
    return n;
}

int cells_text(struct cells *c, int x, int y, unsigned attr, const char *utf8)
{
    const unsigned char *s = (const unsigned char *)utf8;
    if (y >= 0)
        reach_row(c, y);
    while (*s)
        cells_put(c, x++, y, attr, next_glyph(&s));
    return x;
}

int cells_textf(struct cells *c, int x, int y, unsigned attr, const char *format, ...)
{
    struct text t = { 0 };
    va_list args;
    va_start(args, format);
    text_vaddf(&t, format, args);
    va_end(args);
    x = cells_text(c, x, y, attr, text_get(&t));
    text_free(&t);
    return x;
}

/* One paragraph line: as many words as fit; returns where the next line starts. */
static const char *wrap_line(const char *s, int columns, int *len)
{
    int used = 0, last = -1, i = 0;
    const unsigned char *p = (const unsigned char *)s;
    const char *end = s;
    for (; *p && *p != '\n'; i++) {
        if (*p == ' ')
            last = i, end = (const char *)p;
        if (used++ >= columns) {
            if (last > 0) {
                *len = (int)(end - s);
                return end + 1;
            }
            *len = (int)((const char *)p - s);
            return (const char *)p;
        }
        next_glyph(&p);
    }
    *len = (int)((const char *)p - s);
    return *p ? (const char *)p + 1 : (const char *)p;
}

/* Where a paragraph's second line begins: below its second column ("word    what it is"), else below its
 * first word, unless that leaves too little room. */
static int hanging(const char *s, int columns)
{
    int first = (int)strspn(s, " "), at = 0;
    const unsigned char *p = (const unsigned char *)s + first;
    for (at = first; *p && *p != '\n' && !(p[0] == ' ' && p[1] == ' '); at++)
        next_glyph(&p);
    int second = at + (int)strspn((const char *)p, " ");
    if (second > at && second <= columns / 2)
        return second;
    return first <= columns / 2 ? first : 0;
}

int cells_wrap(struct cells *c, int x, int y, unsigned attr, const char *utf8)
{
    int columns = c->wrap - x < 1 ? 1 : c->wrap - x, hang = 0, indent = 0;
    for (bool begins = true; *utf8;) {
        int len;
        if (begins)
            indent = 0, hang = hanging(utf8, columns);
        const char *next = wrap_line(utf8, columns - indent, &len);
        cells_textf(c, x + indent, y++, attr, "%.*s", len, utf8);
        begins = next[-1] == '\n';
        indent = hang;
        utf8 = next;
    }
    return y;
}

void cells_attr(struct cells *c, struct rect r, unsigned attr)
{
    for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.h && y < c->height; y++)
        for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.w && x < c->width; x++)
            c->cell[(size_t)y * (size_t)c->width + (size_t)x].attr |= (u8)attr;
}

void cells_box(struct cells *c, struct rect r, unsigned attr, const char *title, bool unicode)
{
    static const u32 ascii[6] = { '+', '+', '+', '+', '-', '|' };
    static const u32 lines[6] = { 0x250c, 0x2510, 0x2514, 0x2518, 0x2500, 0x2502 };
    const u32 *g = unicode ? lines : ascii;
    int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    for (int x = r.x + 1; x < right; x++) {
        cells_put(c, x, r.y, attr, g[4]);
        cells_put(c, x, bottom, attr, g[4]);
    }
    for (int y = r.y + 1; y < bottom; y++) {
        cells_put(c, r.x, y, attr, g[5]);
        cells_put(c, right, y, attr, g[5]);
    }
    cells_put(c, r.x, r.y, attr, g[0]);
    cells_put(c, right, r.y, attr, g[1]);
    cells_put(c, r.x, bottom, attr, g[2]);
    cells_put(c, right, bottom, attr, g[3]);
    if (title && r.w > 6)
        cells_textf(c, r.x + 2, r.y, attr | ATTR_BOLD, " %.*s ", r.w - 6, title);
}

void cells_blit(struct cells *dst, struct rect r, const struct cells *src, int first, int left)
{
    for (int y = 0; y < r.h; y++) {
        int sy = first + y;
        if (sy < 0 || sy >= src->height)
            continue;
        const struct cell *row = src->cell + (size_t)sy * (size_t)src->width;
        for (int x = 0; x < r.w; x++) {
            int sx = row->stay == STAY_ALL || x < row->stay ? x : left + x;
            if (sx >= 0 && sx < src->width && (row[sx].glyph || row[sx].attr))
                cells_put(dst, r.x + x, r.y + y, row[sx].attr, row[sx].glyph ? row[sx].glyph : ' ');
        }
    }
}

void cells_stay(struct cells *c, int y, int columns)
{
    if (y >= 0 && reach_row(c, y))
        c->cell[(size_t)y * (size_t)c->width].stay = (u8)columns;
}

static void add_glyph(struct text *out, u32 g)
{
    char b[4];
    if (g < 0x80) {
        b[0] = (char)g;
        text_add(out, b, 1);
    } else if (g < 0x800) {
        b[0] = (char)(0xc0 | g >> 6), b[1] = (char)(0x80 | (g & 0x3f));
        text_add(out, b, 2);
    } else {
        b[0] = (char)(0xe0 | g >> 12), b[1] = (char)(0x80 | (g >> 6 & 0x3f));
        b[2] = (char)(0x80 | (g & 0x3f));
        text_add(out, b, 3);
    }
}

void cells_to_text(const struct cells *c, struct text *out)
{
    for (int y = 0; y < c->height; y++) {
        const struct cell *row = c->cell + (size_t)y * (size_t)c->width;
        int end = c->width;
        while (end > 0 && (!row[end - 1].glyph || row[end - 1].glyph == ' '))
            end--;
        for (int x = 0; x < end; x++)
            add_glyph(out, row[x].glyph ? row[x].glyph : ' ');
        text_add(out, "\n", 1);
    }
}
