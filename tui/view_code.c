#include "tui/view.h"

#include "tui/session.h"
#include <stdlib.h>
#include <string.h>

enum { BACK_BYTES = 60, ROWS_DEFAULT = 20, BEFORE_MAX = 30 };

struct line { u32 at; u8 len; };

/* The instruction lengths from `start` up to `la`; 0 when they do not meet it. */
static int lines_to(const struct view_context *c, u32 start, u32 la, struct line *out, int max)
{
    char text[96];
    u8 bytes[INSN_MAX];
    u32 got;
    int n = 0;
    for (u32 at = start; at != la;) {
        if (at > la || n == max || !view_code_bytes(c, at, bytes, sizeof bytes, &got))
            return 0;
        unsigned len = disasm_one(bytes, got, at, arch_code32(&c->guest.arch), DISASM_INTEL, text,
                                  sizeof text);
        if (!strcmp(text, "(bad)"))
            return 0;
        out[n++] = (struct line){ at, (u8)len };
        at += len;
    }
    return n;
}

/* Where to begin so that `la` is met: at its symbol when that is near, else the furthest start from
 * which decoding meets it. */
static int lines_before(const struct view_context *c, u32 la, struct line *out, int wanted)
{
    struct line lines[BACK_BYTES];
    u32 offset;
    int n = 0;
    if (guest_symbol(c->world->image, la, &offset) && offset && offset <= BACK_BYTES)
        n = lines_to(c, la - offset, la, lines, BACK_BYTES);
    for (u32 back = BACK_BYTES; !n && back > 0; back--)
        n = back <= la ? lines_to(c, la - back, la, lines, BACK_BYTES) : 0;
    int keep = n < wanted ? n : wanted;
    memcpy(out, lines + (n - keep), (size_t)keep * sizeof *out);
    return keep;
}

static char breakpoint_mark(const struct session *s, u32 la)
{
    for (int i = 0; i < s->debug->breakpoint_count; i++) {
        const struct breakpoint *b = &s->debug->breakpoints[i];
        if (b->type == BREAK_EXEC && b->address == la)
            return b->enabled ? (b->hits ? 'B' : 'b') : '-';
    }
    return ' ';
}

static void add_line(const struct view_context *c, struct sheet *s, u32 la, u32 here)
{
    u8 bytes[INSN_MAX];
    char text[160], hex[64];
    u32 got, offset;
    const char *symbol = guest_symbol(c->world->image, la, &offset);
    if (symbol && !offset) {
        sheet_row(s);
        sheet_text(s, "address", "%s:", symbol);
        sheet_bare(s);
        sheet_attr(s, ATTR_CYAN);
    }
    sheet_row(s);
    sheet_hex(s, "address", la, 8);
    sheet_bare(s);
    if (view_code_bytes(c, la, bytes, sizeof bytes, &got)) {
        unsigned len = disasm_one(bytes, got, la, arch_code32(&c->guest.arch), c->session->syntax,
                                  text, sizeof text);
        guest_name_target(c->world->image, text, sizeof text);
        unsigned shown = !c->width ? INSN_MAX : c->width < 50 ? 2 : c->width < 60 ? 4 : 7;
        sheet_text(s, "bytes", "%s",
                   disasm_bytes(bytes, len, shown, hex, sizeof hex));
        sheet_bare(s);
        sheet_text(s, "code", "%s", text);
    } else {
        sheet_text(s, "code", "[nothing is mapped here]");
    }
    sheet_bare(s);
    char mark = breakpoint_mark(c->session, la);
    if (la == here) {
        sheet_mark(s, '>', ATTR_REVERSE);
        sheet_here(s);
    } else if (mark != ' ') {
        sheet_mark(s, mark, ATTR_BOLD);
    }
}

static u32 length_at(const struct view_context *c, u32 la)
{
    u8 bytes[INSN_MAX];
    char text[96];
    u32 got;
    if (!view_code_bytes(c, la, bytes, sizeof bytes, &got))
        return 0;
    return disasm_one(bytes, got, la, arch_code32(&c->guest.arch), DISASM_INTEL, text, sizeof text);
}

void view_code(const struct view_context *c, struct sheet *s)
{
    u32 here = c->guest.arch.seg[CS].base + c->guest.arch.eip, la;
    int rows = c->rows ? c->rows : ROWS_DEFAULT;
    struct line before[BEFORE_MAX];
    if (!view_address(c, s, here, &la))
        return;
    int wanted = c->arg[0] ? 0 : rows / 2 < BEFORE_MAX ? rows / 2 : BEFORE_MAX;
    int n = lines_before(c, la, before, wanted);
    sheet_section(s, SHEET_TABLE, "code", NULL);
    for (int i = 0; i < n; i++)
        add_line(c, s, before[i].at, here);
    for (int i = n; i < rows; i++) {
        u32 len = length_at(c, la);
        add_line(c, s, la, here);
        if (!len)
            break;
        la += len;
    }
}
