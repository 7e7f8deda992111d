#include <stdlib.h>

#include "lessons/debug_impl.h"

/* Backwards is forwards from an earlier mark: intervals are replayed, newest first, with the stops
 * armed; the last hit before now is where to go. */
enum { FIRST_WINDOW = 64, WINDOW_GROWTH = 8, LARGEST_WINDOW = 1 << 18 };

static struct world *world_of(const struct debug *d) { return d->timeline->world; }
static u64 now_of(const struct debug *d) { return world_step(world_of(d)); }

static struct why_stopped arrive(struct debug *d, u64 step, enum why why)
{
    timeline_seek(d->timeline, step);
    debug_sync_log(d, true);
    return debug_stopped(d, why);
}

/* ---- the guest stops of an interval, newest first ---- */

enum past_kind { PAST_PLAIN, PAST_ENTERS /* a call, or an event was delivered here */, PAST_LEAVES };
struct past { struct place place; u8 kind, rep; };
struct past_list { struct past *at; u32 count, room; };

static void past_append(struct past_list *l, const struct place *p)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 1024;
        l->at = realloc(l->at, l->room * sizeof *l->at);
        assert(l->at);
    }
    l->at[l->count++] = (struct past){ .place = *p };
}

/* A stop is classified by its instruction, and by whether that instruction then had its turn. */
static void classify(struct debug *d, struct past *p)
{
    struct insn in;
    if (!debug_insn(d, &in))
        return;
    p->kind = debug_enters(&in) ? PAST_ENTERS : debug_leaves(&in) ? PAST_LEAVES : PAST_PLAIN;
    p->rep = in.rep != 0;
}

static void see_delivery(struct past_list *l, const struct place *next)
{
    struct past *last = l->count ? &l->at[l->count - 1] : NULL;
    if (last && last->place.tick == next->tick)
        last->kind = PAST_ENTERS;
}

/* Stops in (from, to), at the beginning of history [0, to).  Where the guest's state at `from` cannot
 * be told, the first boundary may repeat an older one and does not count.  Returns the end of the next
 * older window: what was not seen here belongs to it. */
static u64 collect(struct debug *d, u64 from, u64 to, struct past_list *l)
{
    timeline_seek(d->timeline, from);
    struct place here = debug_place(d);
    bool counts = here.known;
    l->count = 0;
    if (from == 0 && here.boundary) {
        past_append(l, &here);
        classify(d, &l->at[0]);
    }
    while (now_of(d) < to) {
        if (debug_guest_stop(d, &here, to) != WHY_NONE)
            continue; /* an armed stop, an interruption: not now */
        see_delivery(l, &here);
        if (now_of(d) >= to)
            break;
        if (counts) {
            past_append(l, &here);
            classify(d, &l->at[l->count - 1]);
        }
        counts = true;
    }
    if (from == 0)
        return 0;
    return l->count ? l->at[0].place.step : counts ? from + 1 : to;
}

enum verdict { GO_ON, HERE, THE_ONE_AFTER };
struct search {
    enum verdict (*look)(struct search *s, const struct past *p);
    struct place start;     /* where the guest stood */
    u64 count;
    u64 newer;              /* the stop looked at before this one */
    u64 fallback;           /* the first one looked at */
    s64 depth;
    u32 rep_eip;
    bool in_rep, any;
};

static bool look_through(struct search *s, const struct past_list *l, u64 *found)
{
    for (u32 i = l->count; i-- > 0;) {
        const struct past *p = &l->at[i];
        if (!s->any)
            s->fallback = p->place.step;
        enum verdict v = s->look(s, p);
        *found = v == HERE ? p->place.step : s->newer;
        if (v != GO_ON)
            return true;
        s->newer = p->place.step;
        s->any = true;
    }
    return false;
}

/* False: history does not reach that far back. */
static bool search_back(struct debug *d, struct search *s, u64 *found)
{
    struct past_list list = { .count = 0 };
    u64 to = now_of(d), window = FIRST_WINDOW;
    bool done = false;
    s->start = debug_place(d);
    while (to > 0 && !done && !debug_interrupted(d)) {
        u64 from = to > window ? to - window : 0;
        to = collect(d, from, to, &list);
        done = look_through(s, &list, found);
        window = window < LARGEST_WINDOW || !list.count ? window * WINDOW_GROWTH : window;
    }
    free(list.at);
    return done;
}

/* ---- step, next, finish ---- */

static enum verdict count_down(struct search *s, const struct past *p)
{
    (void)p;
    return --s->count == 0 ? HERE : GO_ON;
}

struct why_stopped debug_reverse_step(struct debug *d, u64 count)
{
    struct search s = { .look = count_down, .count = count };
    u64 found = 0;
    if (count == 0)
        return debug_stopped(d, WHY_STEP);
    bool ok = search_back(d, &s, &found);
    return arrive(d, ok ? found : 0, ok ? WHY_STEP : WHY_BEGIN);
}

/* Calls and returns pair like brackets; read backwards, a return opens. */
static enum verdict over_brackets(struct search *s, const struct past *p)
{
    if (s->in_rep)
        return p->rep && p->place.eip == s->rep_eip ? GO_ON : THE_ONE_AFTER;
    if (p->kind == PAST_LEAVES) {
        s->depth++;
        return GO_ON;
    }
    if (p->kind == PAST_ENTERS && s->depth > 0)
        s->depth--;
    if (s->depth > 0)
        return GO_ON;
    s->in_rep = p->rep;
    s->rep_eip = p->place.eip;
    return s->in_rep ? GO_ON : HERE;
}

static struct why_stopped reverse_next_once(struct debug *d)
{
    struct search s = { .look = over_brackets };
    u64 found = 0, now = now_of(d);
    if (search_back(d, &s, &found))
        return arrive(d, found, WHY_STEP);
    if (s.in_rep)
        return arrive(d, s.newer, WHY_STEP);
    if (s.any) /* returned from what was never called: a kernel's first way to its user */
        return arrive(d, s.fallback, WHY_STEP);
    return arrive(d, 0, now ? WHY_STEP : WHY_BEGIN);
}

struct why_stopped debug_reverse_next(struct debug *d, u64 count)
{
    struct why_stopped why = debug_stopped(d, WHY_STEP);
    for (; count > 0 && why.why == WHY_STEP; count--)
        why = reverse_next_once(d);
    return why;
}

static enum verdict out_of_brackets(struct search *s, const struct past *p)
{
    if (p->kind == PAST_LEAVES)
        s->depth++;
    else if (p->kind == PAST_ENTERS && s->depth-- == 0)
        return HERE;
    return GO_ON;
}

struct why_stopped debug_reverse_finish(struct debug *d)
{
    struct search s = { .look = out_of_brackets };
    struct place here = debug_place(d);
    u64 found = 0;
    if (!here.boundary || here.monitor)
        return debug_reverse_step(d, 1); /* before the monitor was entered */
    bool ok = search_back(d, &s, &found);
    return arrive(d, ok ? found : 0, ok ? WHY_STEP : WHY_BEGIN);
}

struct why_stopped debug_reverse_stepi(struct debug *d, u64 count)
{
    u64 now = now_of(d);
    return arrive(d, now > count ? now - count : 0,
                  count > now || now == 0 ? WHY_BEGIN : WHY_STEP);
}

/* ---- continue and events ---- */

struct hit { u64 step; int number; bool found, has_event; struct event event; };

static void keep_hit(struct debug *d, struct hit *h, const struct breakpoint *b,
                     const struct event *event)
{
    *h = (struct hit){ .step = now_of(d), .number = b ? b->number : 0, .found = true,
                       .has_event = event != NULL };
    if (event)
        h->event = *event;
}

static void keep_caught(struct debug *d, struct hit *h, bool interesting)
{
    struct event event;
    if (interesting) {
        if (breakpoints_interesting_hit(d, &event))
            keep_hit(d, h, NULL, &event);
        return;
    }
    const struct breakpoint *b = breakpoints_caught(d, &event);
    if (b)
        keep_hit(d, h, b, &event);
}

/* Hits in (from, to), the last one kept; at the beginning of history `from` itself counts. */
static void scan_steps(struct debug *d, u64 from, u64 to, struct hit *h)
{
    struct place here = debug_place(d);
    breakpoints_look(d);
    const struct breakpoint *b = from == 0 ? breakpoints_at(d, &here) : NULL;
    if (b)
        keep_hit(d, h, b, NULL);
    while (now_of(d) < to) {
        enum why why = debug_guest_stop(d, &here, to);
        if (now_of(d) >= to)
            break;
        keep_caught(d, h, false);
        b = why == WHY_NONE ? breakpoints_at(d, &here) : NULL;
        if (b)
            keep_hit(d, h, b, NULL);
    }
}

static void scan_events(struct debug *d, u64 to, struct hit *h, bool interesting)
{
    struct limits l = { .step = to, .tick = UINT64_MAX };
    while (now_of(d) < to) {
        timeline_run(d->timeline, &l);
        if (now_of(d) < to)
            keep_caught(d, h, interesting);
    }
}

static struct hit scan_back(struct debug *d, bool interesting)
{
    struct hit h = { .found = false };
    u64 to = now_of(d), window = FIRST_WINDOW;
    while (to > 0 && !h.found && !debug_interrupted(d)) {
        u64 from = to > window ? to - window : 0;
        timeline_seek(d->timeline, from);
        events_forget_hits(&d->timeline->world->hw.events);
        if (!interesting && breakpoints_need_steps(d))
            scan_steps(d, from, to, &h);
        else
            scan_events(d, to, &h, interesting);
        to = from ? from + 1 : 0; /* an event of the step at `from` belongs to the older window */
        window = window < LARGEST_WINDOW ? window * WINDOW_GROWTH : window;
    }
    return h;
}

static bool can_stop(const struct debug *d)
{
    for (int i = 0; i < d->breakpoint_count; i++)
        if (d->breakpoints[i].enabled)
            return true;
    return false;
}

static struct why_stopped go_back(struct debug *d, bool interesting)
{
    u64 now = now_of(d);
    if (now == 0)
        return debug_stopped(d, WHY_BEGIN);
    if (!interesting && !can_stop(d)) /* not a minute's search of a long history for nothing */
        return arrive(d, 0, WHY_BEGIN);
    if (interesting)
        breakpoints_arm_interesting(d);
    else
        breakpoints_arm(d);
    struct hit h = scan_back(d, interesting);
    breakpoints_disarm(d);
    if (!h.found && debug_interrupted(d))
        return arrive(d, now, WHY_INTERRUPT);
    arrive(d, h.found ? h.step : 0,
           !h.found ? WHY_BEGIN : interesting ? WHY_STEP : WHY_BREAKPOINT);
    d->last.breakpoint = h.number;
    d->last.has_event = h.has_event;
    d->last.event = h.event;
    return d->last;
}

struct why_stopped debug_reverse_continue(struct debug *d) { return go_back(d, false); }
struct why_stopped debug_previous_event(struct debug *d) { return go_back(d, true); }

/* ---- going ---- */

void debug_goto(struct debug *d, u64 step)
{
    if (step <= d->timeline->end) {
        arrive(d, step, WHY_STEP);
        return;
    }
    while (now_of(d) < step) {
        struct limits l = { .step = step, .tick = UINT64_MAX };
        struct stop s = timeline_run(d->timeline, &l);
        if (s.kind == STOP_EXIT || s.kind == STOP_SHUTDOWN || s.kind == STOP_IDLE ||
            s.kind == STOP_RESET || debug_interrupted(d))
            break;
    }
    debug_sync_log(d, true);
    debug_stopped(d, WHY_STEP);
}

void debug_goto_tick(struct debug *d, u64 tick)
{
    timeline_seek_tick(d->timeline, tick);
    debug_sync_log(d, true);
    debug_stopped(d, WHY_STEP);
}
