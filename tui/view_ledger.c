#include "tui/view.h"

#include "tui/session.h"
#include <string.h>

static void add_account(struct sheet *s, const char *name, const char *what, u64 count, u64 cycles,
                        u64 total)
{
    sheet_row(s);
    sheet_text(s, "account", "%s", name);
    sheet_number(s, "count", count);
    sheet_number(s, "cycles", cycles);
    sheet_text(s, "share", "%5.1f%%", total ? 100.0 * (double)cycles / (double)total : 0.0);
    if (what)
        sheet_text(s, "what", "%s", what);
}

void view_ledger(const struct view_context *c, struct sheet *s)
{
    const struct machine_state *m = c->world->hw.state;
    u64 total = ledger_total(&m->ledger, m->retired), ticks = world_tick(c->world);
    bool wide = !c->width || c->width >= 80;
    sheet_section(s, SHEET_PAIRS, "all", NULL);
    sheet_row(s);
    sheet_number(s, "cycles", total);
    sheet_number(s, "guest-instructions", ticks);
    sheet_number(s, "machine-instructions", m->retired);
    if (ticks)
        sheet_text(s, "cycles-per-guest-instruction", "%.2f", (double)total / (double)ticks);
    sheet_section(s, SHEET_TABLE, "accounts", "cycles by account (Pentium 4 672)");
    add_account(s, cost_p4_672[COST_PLAIN].name, wide ? cost_p4_672[COST_PLAIN].text : NULL,
                m->retired,
                total - m->ledger.total + m->ledger.cycles[COST_PLAIN], total);
    for (int i = 0; i < COST_COUNT; i++)
        if (m->ledger.count[i] && i != COST_PLAIN)
            add_account(s, cost_p4_672[i].name, wide ? cost_p4_672[i].text : NULL,
                        m->ledger.count[i], m->ledger.cycles[i], total);
    sheet_row(s); /* without a count: they count different things */
    sheet_text(s, "account", "total");
    sheet_number(s, "cycles", total);
    sheet_text(s, "share", "%5.1f%%", total ? 100.0 : 0.0);
}

/* The bar: '|' snapshots, letters bookmarks, 'e' events, '^' now. */
static void bar(const struct view_context *c, struct sheet *s, int width)
{
    const struct session *x = c->session;
    const struct timeline *t = x->debug->timeline;
    u64 now = world_step(c->world), end = t->end > now ? t->end : now;
    char line[256];
    if (width > (int)sizeof line - 1)
        width = sizeof line - 1;
    memset(line, '.', (size_t)width);
    line[width] = 0;
    u64 span = end ? end : 1;
#define AT(step) ((u64)(step) * (u64)(width - 1) / span)
    for (u32 i = 0; i < t->mark_count; i++)
        if (t->marks[i].step <= end)
            line[AT(t->marks[i].step)] = '|';
    for (u32 i = 0; i < x->debug->log_count; i++) {
        const struct event *e = &x->debug->log[(x->debug->log_first + i) % DEBUG_LOG];
        if (e->step <= end && view_matters(e))
            line[AT(e->step)] = 'e';
    }
    for (int i = 0; i < BOOKMARKS; i++)
        if (x->bookmark[i].set && x->bookmark[i].step <= end)
            line[AT(x->bookmark[i].step)] = (char)('A' + i);
    line[AT(now)] = '^';
#undef AT
    sheet_section(s, SHEET_WORDS, "bar", NULL);
    sheet_words(s, "%s", line);
}

void view_timeline(const struct view_context *c, struct sheet *s)
{
    const struct timeline *t = c->session->debug->timeline;
    bar(c, s, c->width ? c->width : 72);
    sheet_section(s, SHEET_PAIRS, "now", NULL);
    sheet_row(s);
    sheet_number(s, "tick", world_tick(c->world));
    sheet_number(s, "step", world_step(c->world));
    sheet_number(s, "of", t->end);
    sheet_number(s, "snapshots", t->mark_count);
    sheet_number(s, "kilobytes", timeline_bytes(t) >> 10);
    sheet_section(s, SHEET_TABLE, "bookmarks", NULL);
    for (int i = 0; i < BOOKMARKS; i++) {
        const struct bookmark *b = &c->session->bookmark[i];
        if (!b->set)
            continue;
        sheet_row(s);
        sheet_text(s, "bookmark", "%c", 'a' + i);
        sheet_number(s, "tick", b->tick);
        sheet_number(s, "step", b->step);
    }
}
