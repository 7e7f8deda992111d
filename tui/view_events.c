#include "tui/view.h"

#include "bt/event.h"
#include "lessons/trace.h"
#include "tui/card.h"
#include "tui/session.h"
#include "tui/undefined.h"
#include "vmm/event.h"
#include <string.h>

enum { EVENTS_DEFAULT = 20 };

/* Does a comma list of kinds and layers name this kind?  An empty list: what is of interest. */
static bool wanted(const char *list, const struct event *e)
{
    unsigned kind = e->kind;
    const struct event_info *info = event_info(kind);
    if (!list[0])
        return view_matters(e);
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

static bool names_something(const char *word)
{
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
        if (event_info(kind) && (!strcmp(event_info(kind)->name, word) || !strcmp(event_layer(kind), word)))
            return true;
    return false;
}

/* Does each word of the list?  False: the sheet says which does not. */
static bool list_ok(const char *list, struct sheet *s)
{
    char word[40];
    for (const char *p = list; *p;) {
        size_t len = strcspn(p, ", ");
        snprintf(word, sizeof word, "%.*s", (int)len, p);
        if (len && !names_something(word)) {
            s->failed = true;
            sheet_section(s, SHEET_WORDS, "error", NULL);
            sheet_words(s, "error: no event or layer \"%s\"; layers: hw vmm bt vt", word);
            return false;
        }
        p += len + strspn(p + len, ", ");
    }
    return true;
}

static const struct event *log_at(const struct debug *d, u32 i)
{
    return &d->log[(d->log_first + i) % DEBUG_LOG];
}

static void add_event(const struct view_context *c, struct sheet *s, const struct event *e)
{
    char words[320];
    const struct event_info *info = event_info(e->kind);
    event_words(e, c->world->image, words, sizeof words);
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
    if (!list_ok(c->arg, s))
        return;
    while (first > 0 && found < rows) {
        const struct event *e = log_at(d, --first);
        found += e->step <= now && wanted(c->arg, e);
    }
    sheet_section(s, SHEET_TABLE, "events", NULL);
    for (u32 i = first; i < d->log_count; i++) {
        const struct event *e = log_at(d, i);
        if (e->step <= now && wanted(c->arg, e))
            add_event(c, s, e);
    }
    if (found)
        sheet_here(s);
    else
        sheet_section(s, SHEET_WORDS, "none", NULL),
        sheet_words(s, "%s", c->arg[0] ? "none of them yet" : "no event yet");
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
        if (e->step > now || !view_matters(e) || back-- > 0)
            continue;
        card_draw(c, e, s);
        return;
    }
    sheet_section(s, SHEET_WORDS, "none", NULL);
    sheet_words(s, "no event here");
}

static void add_sentence(const struct view_context *c, struct sheet *s, const struct event *e)
{
    char words[320], tick[32];
    event_words(e, c->world->image, words, sizeof words);
    sheet_words(s, "%s %s: %s", with_commas(e->tick, tick), event_info(e->kind)->name, words);
}

/* How much an event says about what the guest just did. */
static int weight(unsigned kind)
{
    switch (kind) {
    case HW_EXIT: case HW_IDLE: case HW_ASKED: case HW_SHUTDOWN: case VMM_SHUTDOWN:
    case HW_NESTED: case VMM_NESTED: case HW_INIT: case VMM_INIT:
    case HW_SILENT: case VMM_VIF: case HW_IF:
    case VMM_INJECT: case VMM_FORWARD: case VMM_TRUE_FAULT: case VMM_TRACED:
        return 3;
    case BT_CALLOUT: case VMM_EMULATE: case VMM_HIDDEN: case HW_VMEXIT: case HW_INTERRUPT:
    case VMM_ABOVE: case VMM_DEVICE: case HW_UNDEFINED: case VMM_UNDEFINED:
        return 2;
    case BT_CHAIN: case BT_ELIDE: case BT_DISPATCH: case HW_DELIVER: case HW_VMENTRY: case HW_IRET:
        return 0;
    default:
        return 1;
    }
}

/* Of the events since the last stop the one that says most; else the newest.  An event of the step before
 * the last stop has the last stop's number, or not: those that had been told there are counted. */
static const struct event *headline(const struct view_context *c)
{
    const struct session *s = c->session;
    const struct debug *d = s->debug;
    const struct event *best = view_last_event(s);
    u64 now = world_step(c->world), total = d->timeline->log.total;
    u64 since = s->before_step < now && total > s->before_events ? total - s->before_events : 0;
    for (u32 i = d->log_count; since-- > 0 && i-- > 0;) {
        const struct event *e = log_at(d, i);
        if (e->step <= now && view_matters(e) && weight(e->kind) > weight(best->kind))
            best = e;
    }
    return best;
}

static void add_reasons(const struct view_context *c, struct sheet *s, const struct event *e)
{
    const struct machine_state *m = c->world->hw.state;
    u64 cycles = ledger_total(&m->ledger, m->retired), before = c->session->before_cycles;
    char words[160], number[32];
    const char *why = card_why(e), *section = event_info(e->kind)->section;
    if (why[0] || section[0])
        sheet_words(s, "why: %s%s%s", why, why[0] && section[0] ? "; " : "", section);
    if (c->session->has_before && cycles > before)
        sheet_words(s, "cost: %s cycles since the last stop", with_commas(cycles - before, number));
    else if (card_cost(e))
        sheet_words(s, "cost: %s cycles", with_commas(card_cost(e), number));
    if (card_op(e) >= 0) {
        card_prices((unsigned)card_op(e), words, sizeof words);
        sheet_words(s, "%s", words); /* the sentence names the instruction */
    }
}

/* The event that matters most, its source and price; then the others, newest first. */
void view_what(const struct view_context *c, struct sheet *s)
{
    enum { EARLIER = 5 };
    const struct debug *d = c->session->debug;
    const struct event *first = headline(c);
    sheet_section(s, SHEET_WORDS, "what", NULL);
    if (!first) {
        sheet_words(s, "no event yet");
        return;
    }
    add_sentence(c, s, first);
    sheet_mark(s, ' ', ATTR_BOLD);
    add_reasons(c, s, first);
    int n = 0;
    for (u32 i = d->log_count; i-- > 0 && n < EARLIER;) {
        const struct event *e = log_at(d, i);
        if (e == first || e->step > world_step(c->world) || !view_matters(e))
            continue;
        add_sentence(c, s, e);
        n++;
    }
}
