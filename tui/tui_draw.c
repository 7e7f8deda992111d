#include "tui/tui_impl.h"

#include "tui/play.h"
#include "tui/prompt.h"
#include "tui/screen.h"
#include <stdlib.h>
#include <string.h>

static const struct world *world_of(const struct tui *t)
{
    return t->s.debug->timeline->world;
}

/* Of a list with two blanks between its items: those that fit into `columns`. */
static void keep_whole(char *line, size_t columns)
{
    size_t fits = 0;
    for (size_t i = 0; line[i] && i <= columns; i++)
        if (!strncmp(line + i, "  ", 2))
            fits = i;
    if (strlen(line) > columns)
        line[fits] = 0;
}

/* At the right edge of the title: a request that has not been taken.  Returns the column before it. */
static int draw_waiting(struct tui *t, const struct world *w)
{
    char waits[24] = "";
    int irq = platform_pending_irq(world_platform(w));
    if (irq >= 0)
        snprintf(waits, sizeof waits, irq < IRQ_APIC ? " irq%d waits " : " apic %02x waits ",
                 irq & (IRQ_APIC - 1));
    int x = t->grid.width - (int)strlen(waits);
    cells_text(&t->grid, x, 0, ATTR_BOLD | ATTR_YELLOW, waits);
    return x;
}

static void draw_title(struct tui *t)
{
    const struct world *w = world_of(t);
    const struct machine_state *m = w->hw.state;
    char a[32], b[32], c[32], line[128];
    int x = 2 + cells_textf(&t->grid, 1, 0, ATTR_BOLD, "%s  %s", t->s.image->name, engine_name(w->engine));
    int end = draw_waiting(t, w);
    snprintf(line, sizeof line, "t=%s guest  %s machine  %s cycles", with_commas(world_tick(w), a),
             with_commas(m->retired, b), with_commas(ledger_total(&m->ledger, m->retired), c));
    keep_whole(line, (size_t)(end > x ? end - x : 0));
    cells_text(&t->grid, x, 0, 0, line);
}

/* The running side is framed by '#' and reversed; no hue is needed to see it. */
static int draw_who_box(struct tui *t, int x, const char *name, bool on)
{
    return 1 + cells_textf(&t->grid, x, 1, on ? ATTR_REVERSE | ATTR_BOLD : 0, on ? "[#%s#]"
                           : "[ %s ]", name);
}

static void draw_who(struct tui *t)
{
    static const char *const names[] = { "user", "kernel", "translated", "monitor" };
    static const char *const upper[] = { "USER", "KERNEL", "TRANSLATED", "MONITOR" };
    const struct world *w = world_of(t);
    const struct arch *real = w->hw.arch;
    struct peek p;
    if (!world_peek(w, &p))
        p = (struct peek){ .arch = *real, .who = RUNS_MONITOR };
    int x = 1;
    bool wide = t->grid.width >= 80;
    x = wide ? 1 + cells_text(&t->grid, x, 1, 0, "WHO") : x;
    for (unsigned i = 0; i < COUNT(names); i++)
        if (wide || p.who == i)
            x = draw_who_box(t, x, p.who == i ? upper[i] : names[i], p.who == i);
    x = cells_textf(&t->grid, x, 1, p.arch.cpl != real->cpl ? ATTR_BOLD : 0, "CPL guest %u real %u",
                    p.arch.cpl, real->cpl);
    unsigned gif = (p.arch.eflags & FL_IF) != 0, rif = (real->eflags & FL_IF) != 0;
    cells_textf(&t->grid, x + 1, 1, gif != rif ? ATTR_BOLD : 0, t->grid.width >= 100
                      ? "IF guest %u real %u" : "IF %u/%u", gif, rif);
}

const char *tui_panel_arg(const struct tui *t, enum slot slot)
{
    return t->panel[slot].view == VIEW_PAGING ? t->s.view_arg : "";
}

/* The row of the chosen line: what the person's own cursor stands on. */
static void mark_selected(const struct tui *t, struct sheet *sheet)
{
    char hex[16];
    snprintf(hex, sizeof hex, "%08x", t->selected);
    for (u32 i = 0; i < sheet->rows; i++) {
        struct row *row = &sheet->row[i];
        if (row->count && !strcmp(sheet_item_text(sheet, &sheet->item[row->first]), hex)) {
            row->attr |= ATTR_UNDERLINE | ATTR_BOLD;
            sheet->cursor = (int)i;
        }
    }
}

/* In the lower edge: there is more to the left or to the right. */
static void draw_aside(struct tui *t, int aside, struct rect r, int most)
{
    if (most > 0 && r.w > 26)
        cells_text(&t->grid, r.x + 2, r.y + r.h - 1, 0, aside == 0 ? " wider > "
                   : aside < most ? " < wider > " : " < wider ");
}

static void draw_panel(struct tui *t, enum slot slot)
{
    struct rect r = t->layout.slot[slot];
    struct panel *p = &t->panel[slot];
    struct rect in = { r.x + 1, r.y + 1, r.w - 2, r.h - 2 };
    struct sheet sheet;
    struct cells c;
    char title[64];
    snprintf(title, sizeof title, t->focus == (int)slot ? "%s <" : "%s", views[p->view].name);
    cells_box(&t->grid, r, t->focus == (int)slot ? ATTR_BOLD : 0, title, t->unicode);
    if (in.w < 1 || in.h < 1)
        return;
    session_view(&t->s, p->view, tui_panel_arg(t, slot), in.w, in.h * 2, &sheet);
    if (p->view == VIEW_CODE && t->has_selected)
        mark_selected(t, &sheet);
    cells_grow(&c, sheet_width(&sheet, in.w), in.w);
    int cursor = sheet_draw(&sheet, &c);
    int first = cursor < 0 ? 0 : cursor - in.h / 2;
    int most = c.height - in.h > 0 ? c.height - in.h : 0;
    first = first < 0 ? 0 : first > most ? most : first;
    if (first + p->scroll > most)
        p->scroll = most - first;
    if (first + p->scroll < 0)
        p->scroll = -first;
    p->lines = c.height;
    p->shown = in.h;
    if (p->aside > c.width - in.w)
        p->aside = c.width - in.w;
    cells_blit(&t->grid, in, &c, first + p->scroll, p->aside);
    if (first + p->scroll < most)
        cells_text(&t->grid, r.x + r.w - 8, r.y + r.h - 1, 0, " more ");
    draw_aside(t, p->aside, r, c.width - in.w);
    cells_free(&c);
    sheet_free(&sheet);
}

static void draw_timeline(struct tui *t)
{
    struct rect r = t->layout.timeline;
    struct sheet sheet;
    struct cells c;
    char a[32], b[32], now[80];
    int bar = r.h >= 3 ? r.w - 2 : r.w;
    session_view(&t->s, VIEW_TIMELINE, "", bar, 1, &sheet);
    cells_init(&c, bar, 0, true);
    sheet_draw(&sheet, &c);
    if (r.h >= 3) {
        cells_box(&t->grid, r, 0, "timeline", t->unicode);
        snprintf(now, sizeof now, " step %s of %s ", with_commas(world_step(world_of(t)), a),
                 with_commas(t->s.debug->timeline->end, b));
        cells_text(&t->grid, r.x + r.w - 2 - (int)strlen(now), r.y, 0, now);
        cells_blit(&t->grid, (struct rect){ r.x + 1, r.y + 1, bar, 1 }, &c, 0, 0);
    } else {
        cells_blit(&t->grid, r, &c, 0, 0);
    }
    cells_free(&c);
    sheet_free(&sheet);
}

static void draw_bottom(struct tui *t, int *x, int *y)
{
    struct rect r = t->layout.bottom;
    char line[300];
    if (t->input == INPUT_PROMPT) {
        prompt_shown(line, sizeof line, x);
        int skip = *x >= r.w ? *x - r.w + 1 : 0;
        cells_text(&t->grid, 0, r.y, 0, line + skip);
        *x -= skip;
        *y = r.y;
    } else if (t->running) {
        cells_text(&t->grid, 0, r.y, ATTR_REVERSE, " running: C-c stops ");
    } else if (t->message[0]) {
        cells_text(&t->grid, 1, r.y, ATTR_BOLD, t->message);
    } else {
        snprintf(line, sizeof line, "%s", t->s.lesson && !t->s.progress.done
                 ? "? help  A answer  H hint  L next  PgDn more  s step  S back  : command"
                   "  Tab panel"
                 : "? help  s step  S back  e event  E back  c run  C back  1-9 view  : command"
                   "  Tab panel  q quit");
        keep_whole(line, (size_t)(r.w > 1 ? r.w - 1 : 0));
        cells_text(&t->grid, 1, r.y, 0, line);
    }
}

static void draw_overlay(struct tui *t)
{
    struct rect r = { 0, 2, t->grid.width, t->grid.height - 3 };
    struct cells c;
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = 0; x < r.w; x++)
            cells_put(&t->grid, x, y, 0, ' ');
    cells_box(&t->grid, r, ATTR_BOLD, "output: q closes, arrows scroll", t->unicode);
    int wide = t->s.wide > r.w - 2 ? t->s.wide : r.w - 2;
    cells_grow(&c, wide, wide);
    cells_wrap(&c, 0, 0, 0, text_get(&t->output));
    int most = c.height - (r.h - 2) > 0 ? c.height - (r.h - 2) : 0, aside = wide - (r.w - 2);
    if (t->overlay_scroll > most)
        t->overlay_scroll = most;
    if (t->overlay_aside > aside)
        t->overlay_aside = aside;
    cells_blit(&t->grid, (struct rect){ 1, r.y + 1, r.w - 2, r.h - 2 }, &c, t->overlay_scroll,
               t->overlay_aside);
    if (t->overlay_scroll < most)
        cells_text(&t->grid, r.x + r.w - 8, r.y + r.h - 1, 0, " more ");
    draw_aside(t, t->overlay_aside, r, aside);
    cells_free(&c);
}

static void draw_too_small(struct tui *t)
{
    cells_text(&t->grid, 0, 0, 0, "need 40x10");
}

void tui_draw(struct tui *t)
{
    int width, height, x = 0, y = -1;
    screen_size(&width, &height);
    cells_free(&t->grid);
    cells_init(&t->grid, width, height, false);
    t->s.columns = width - 2;
    struct layout_wish wish = { width, height, t->s.lesson != NULL, t->maximised, t->zoom,
                                t->focus };
    t->layout = layout_for(&wish);
    if (t->layout.too_small) {
        draw_too_small(t);
    } else {
        draw_title(t);
        draw_who(t);
        for (int i = 0; i < SLOTS; i++)
            if (t->layout.slot[i].w)
                draw_panel(t, (enum slot)i);
        draw_timeline(t);
        if (t->overlay)
            draw_overlay(t);
        draw_bottom(t, &x, &y);
    }
    screen_show(&t->grid, x, y);
}
