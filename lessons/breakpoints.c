#include "lessons/debug_impl.h"

#include <string.h>

#include "bt/event.h"
#include "lessons/trace.h"

/* ---- the list ---- */

struct breakpoint *debug_add(struct debug *d, enum stop_type type)
{
    if (d->breakpoint_count == DEBUG_BREAKPOINTS)
        return NULL;
    struct breakpoint *b = &d->breakpoints[d->breakpoint_count++];
    *b = (struct breakpoint){ .number = ++d->next_number, .type = (u8)type, .enabled = 1,
                              .any_arg = 1, .len = type == BREAK_WATCH ? 4 : 1, .hi = UINT32_MAX,
                              .counted = world_step(d->timeline->world), .stop = -1 };
    return b;
}

bool debug_delete(struct debug *d, int number)
{
    for (int i = 0; i < d->breakpoint_count; i++)
        if (d->breakpoints[i].number == number) {
            d->breakpoint_count--;
            memmove(&d->breakpoints[i], &d->breakpoints[i + 1],
                    (size_t)(d->breakpoint_count - i) * sizeof d->breakpoints[0]);
            return true;
        }
    return false;
}

/* ---- events of interest ---- */

/* Kinds that come too often, or that another kind already tells. */
static const u16 dull_kinds[] = {
    HW_RETIRE, HW_IRET, HW_WAKE, HW_SEG, HW_TLB_FILL, HW_TLB_FLUSH, HW_IN, HW_OUT, HW_CONSOLE,
    HW_NATIVE, HW_WRITE, VMM_ENTRY, VMM_HALT_SKIP, VMM_VIN, VMM_VOUT, VMM_WORLD, BT_DISPATCH,
    BT_RECOVER,
};

bool debug_interesting(unsigned kind)
{
    if (kind >= EVENT_KINDS)
        return false;
    for (unsigned i = 0; i < COUNT(dull_kinds); i++)
        if (dull_kinds[i] == kind)
            return false;
    return true;
}

/* ---- arming ---- */

_Static_assert(OP_CLI == OP_POPF + 1 && OP_STI == OP_POPF + 2, "a range of operations names three");

bool breakpoints_need_steps(const struct debug *d)
{
    for (int i = 0; i < d->breakpoint_count; i++)
        if (d->breakpoints[i].enabled && d->breakpoints[i].type != BREAK_CATCH)
            return true;
    return false;
}

static struct events *events_of(struct debug *d) { return &d->timeline->world->hw.events; }

void breakpoints_arm(struct debug *d)
{
    events_forget_hits(events_of(d));
    for (int i = 0; i < d->breakpoint_count; i++) {
        struct breakpoint *b = &d->breakpoints[i];
        if (b->enabled && b->type == BREAK_CATCH)
            b->stop = events_stop_on(events_of(d), b->kind, b->any_arg ? 0 : b->arg_index,
                                     b->any_arg ? 0 : b->lo, b->any_arg ? UINT32_MAX : b->hi);
    }
}

/* Each layer's kinds are few: all that one engine can tell fit the event stops, but not those of
 * every engine at once. */
void breakpoints_arm_interesting(struct debug *d)
{
    enum engine_id engine = d->timeline->world->engine;
    events_forget_hits(events_of(d));
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        bool is_bt = kind >= EVENT_BT_FIRST && kind < EVENT_VT_FIRST;
        bool is_vt = kind >= EVENT_VT_FIRST;
        if (!event_info(kind) || !debug_interesting(kind) || (is_bt && engine != ENGINE_BT) ||
            (is_vt && engine != ENGINE_VT))
            continue;
        /* of IF, what gates and IRET do is told by other kinds: popf, cli, sti are of interest */
        bool is_if = kind == HW_IF;
        int stop = events_stop_on(events_of(d), kind, is_if ? 2 : 0, is_if ? OP_POPF : 0,
                                  is_if ? OP_STI : UINT32_MAX);
        assert(stop >= 0);
    }
}

void breakpoints_disarm(struct debug *d)
{
    for (int i = 0; i < EVENT_STOPS; i++)
        if (events_of(d)->stop[i].used)
            events_stop_off(events_of(d), i);
    for (int i = 0; i < d->breakpoint_count; i++)
        d->breakpoints[i].stop = -1;
    events_of(d)->hit = -1;
    events_forget_hits(events_of(d));
}

/* ---- hits ---- */

static u64 hash_memory(const struct debug *d, u32 la, u32 len)
{
    const struct world *w = d->timeline->world;
    struct peek peek;
    u64 h = 0xcbf29ce484222325ull;
    if (!world_peek(w, &peek))
        return 0;
    for (u32 i = 0; i < len; i++) {
        u8 byte;
        if (!world_read_linear(w, &peek.arch, la + i, &byte, 1))
            return 1; /* no memory there: a value of its own */
        h = (h ^ byte) * 0x100000001b3ull;
    }
    return h;
}

void breakpoints_look(struct debug *d)
{
    for (int i = 0; i < d->breakpoint_count; i++)
        if (d->breakpoints[i].type == BREAK_WATCH)
            d->breakpoints[i].seen =
                hash_memory(d, d->breakpoints[i].address, d->breakpoints[i].len);
}

/* A condition that cannot be evaluated stops: silence would hide a mistake. */
static bool holds(const struct debug *d, const struct breakpoint *b, const struct event *event)
{
    struct expr_context ctx = { .world = d->timeline->world, .event = event,
                                .event_counts = d->timeline->log.counts };
    char error[160];
    int at;
    u64 value;
    if (!b->condition[0] || !expr_eval(b->condition, &ctx, &value, error, sizeof error, &at))
        return true;
    return value != 0;
}

static bool watch_changed(struct debug *d, struct breakpoint *b)
{
    u64 now = hash_memory(d, b->address, b->len);
    bool changed = now != b->seen;
    b->seen = now;
    return changed;
}

struct breakpoint *breakpoints_at(struct debug *d, const struct place *here)
{
    struct breakpoint *hit = NULL;
    for (int i = 0; i < d->breakpoint_count; i++) {
        struct breakpoint *b = &d->breakpoints[i];
        bool exec = b->type == BREAK_EXEC && b->address == here->eip && !here->repeating;
        bool watch = b->type == BREAK_WATCH && watch_changed(d, b);
        if (b->enabled && (exec || watch) && !hit && holds(d, b, NULL))
            hit = b;
    }
    return hit;
}

struct breakpoint *breakpoints_caught(struct debug *d, struct event *event)
{
    struct breakpoint *caught = NULL;
    for (int i = 0; i < d->breakpoint_count && !caught; i++) {
        struct breakpoint *b = &d->breakpoints[i];
        if (b->stop < 0 || !events_was_hit(events_of(d), b->stop))
            continue;
        *event = events_of(d)->hit_event[b->stop];
        if (holds(d, b, event))
            caught = b;
    }
    events_forget_hits(events_of(d));
    return caught;
}

bool breakpoints_interesting_hit(struct debug *d, struct event *event)
{
    if (!events_any_hit(events_of(d)))
        return false;
    int first = 0;
    while (!events_was_hit(events_of(d), first))
        first++;
    *event = events_of(d)->hit_event[first];
    events_forget_hits(events_of(d));
    return true;
}

bool breakpoints_count(struct debug *d, struct breakpoint *b)
{
    u64 now = world_step(d->timeline->world);
    if (now <= b->counted)
        return true;
    b->counted = now;
    b->hits++;
    if (b->ignore == 0)
        return true;
    b->ignore--;
    return false;
}
