#include "tui/view.h"

#include "lessons/trace.h"
#include "tui/card.h"
#include "tui/session.h"
#include <string.h>

enum { EVENTS_DEFAULT = 20 };

/* Does a comma list of kinds and layers name this kind?  An empty list: what is of interest. */
static bool wanted(const char *list, unsigned kind)
{
    const struct event_info *info = event_info(kind);
    if (!list[0])
        return debug_interesting(kind);
    for (const char *p = list; *p;) {
        size_t len = strcspn(p, ", ");
        const char *names[2] = { info ? info->name : "", event_layer(kind) };
        for (int i = 0; i < 2; i++)
            if (strlen(names[i]) == len && !strncmp(names[i], p, len))
                return true;
        p += len + strspn(p + len, ", ");
    }
    return false;
}

static const struct event *log_at(const struct debug *d, u32 i)
{
    return &d->log[(d->log_first + i) % DEBUG_LOG];
}

static void add_event(const struct view_context *c, struct sheet *s, const struct event *e)
{
    char words[320];
    const struct event_info *info = event_info(e->kind);
    event_sentence(e, c->world->image, words, sizeof words);
    sheet_row(s);
    sheet_number(s, "tick", e->tick);
    if (!c->width || c->width >= 90) {
        sheet_number(s, "step", e->step);
        sheet_text(s, "layer", "%s", event_layer(e->kind));
        sheet_hex(s, "eip", e->eip, 8);
    }
    sheet_text(s, "kind", "%s", info ? info->name : "?");
    sheet_attr(s, ATTR_BOLD);
    sheet_text(s, "event", "%s", words);
}

void view_events(const struct view_context *c, struct sheet *s)
{
    const struct debug *d = c->session->debug;
    u64 now = world_step(c->world);
    u32 rows = c->rows ? (u32)c->rows : EVENTS_DEFAULT, first = d->log_count, found = 0;
    while (first > 0 && found < rows) {
        const struct event *e = log_at(d, --first);
        found += e->step <= now && wanted(c->arg, e->kind);
    }
    sheet_section(s, SHEET_TABLE, "events", NULL);
    for (u32 i = first; i < d->log_count; i++) {
        const struct event *e = log_at(d, i);
        if (e->step <= now && wanted(c->arg, e->kind))
            add_event(c, s, e);
    }
    if (found)
        sheet_here(s);
    else
        sheet_section(s, SHEET_WORDS, "none", NULL), sheet_words(s, "nothing has happened yet");
}

/* The card of the last event of interest; argument n: the n-th before it. */
void view_card(const struct view_context *c, struct sheet *s)
{
    const struct debug *d = c->session->debug;
    u64 now = world_step(c->world), back = 0;
    if (c->arg[0] && !parse_u64(c->arg, &back))
        back = 0;
    for (u32 i = d->log_count; i-- > 0;) {
        const struct event *e = log_at(d, i);
        if (e->step > now || !debug_interesting(e->kind) || back-- > 0)
            continue;
        card_draw(c, e, s);
        return;
    }
    sheet_section(s, SHEET_WORDS, "none", NULL);
    sheet_words(s, "no event here");
}
