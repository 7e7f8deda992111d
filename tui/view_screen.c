/* view_screen.c - what stands on the guest's display, in text modes. */
#include "tui/view.h"

#include "tui/session.h"

/* IBM's characters 80h-FFh that have a look-alike in ASCII or Unicode; 16 a row. */
static const u16 upper[128] = {
    0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5,
    0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xa2, 0xa3, 0xa5, 0x20a7, 0x192,
    0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba, 0xbf, 0x2310, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
    0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
    0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
    0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x3b1, 0xdf, 0x393, 0x3c0, 0x3a3, 0x3c3, 0xb5, 0x3c4,
    0x3a6, 0x398, 0x3a9, 0x3b4, 0x221e, 0x3c6, 0x3b5, 0x2229,
    0x2261, 0xb1, 0x2265, 0x2264, 0x2320, 0x2321, 0xf7, 0x2248,
    0xb0, 0x2219, 0xb7, 0x221a, 0x207f, 0xb2, 0x25a0, 0xa0,
};

static int put_utf8(char *out, u8 c)
{
    unsigned u = c >= 0x80 ? upper[c - 0x80] : c >= 0x20 && c < 0x7f ? c : ' ';
    if (u < 0x80)
        return out[0] = (char)u, 1;
    if (u < 0x800)
        return out[0] = (char)(0xc0 | u >> 6), out[1] = (char)(0x80 | (u & 0x3f)), 2;
    out[0] = (char)(0xe0 | u >> 12);
    out[1] = (char)(0x80 | (u >> 6 & 0x3f));
    out[2] = (char)(0x80 | (u & 0x3f));
    return 3;
}

enum { COLUMNS_MAX = 132, ROWS_MAX = 60 };

/* One row of characters as UTF-8, blanks at its end dropped. */
static void row_text(const struct view_context *c, const struct vga_text *t, unsigned row,
                     char out[3 * COLUMNS_MAX + 1])
{
    u8 cells[2 * COLUMNS_MAX];
    unsigned columns = t->columns < COLUMNS_MAX ? t->columns : COLUMNS_MAX;
    int at = 0, end = 0;
    out[0] = 0;
    if (!world_read_physical(c->world, t->start + row * t->stride, cells, 2 * columns))
        return;
    for (unsigned i = 0; i < columns; i++) {
        at += put_utf8(out + at, cells[2 * i]);
        if (out[at - 1] != ' ')
            end = at;
    }
    out[end] = 0;
}

void view_screen(const struct view_context *c, struct sheet *s)
{
    char line[3 * COLUMNS_MAX + 1];
    struct vga_text t = vga_text(&world_platform(c->world)->vga);
    unsigned rows = t.rows < ROWS_MAX ? t.rows : ROWS_MAX, last = 0;
    if (t.graphics) {
        sheet_section(s, SHEET_WORDS, "note", NULL);
        sheet_words(s, "The display is in a graphics mode: there is no text to show.");
        return;
    }
    for (unsigned i = 0; i < rows; i++) {
        row_text(c, &t, i, line);
        last = line[0] ? i + 1 : last;
    }
    sheet_section(s, SHEET_TABLE, "screen", NULL);
    for (unsigned i = 0; i < last; i++) {
        row_text(c, &t, i, line);
        sheet_row(s);
        sheet_text(s, "text", "%s", line);
        sheet_bare(s);
        if (t.cursor && t.cursor_row == i)
            sheet_here(s);
    }
    sheet_section(s, SHEET_PAIRS, "mode", NULL);
    sheet_row(s);
    sheet_text(s, "size", "%ux%u", t.columns, t.rows);
    sheet_text(s, "cursor", t.cursor ? "%u,%u" : "off", t.cursor_column, t.cursor_row);
}
