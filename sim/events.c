#include "sim/events.h"

#include <stdlib.h>
#include <string.h>

void events_init(struct events *e)
{
    memset(e, 0, sizeof *e);
    e->hit = -1;
}

void events_free(struct events *e)
{
    free(e->ring);
    memset(e, 0, sizeof *e);
}

static void update_mask(struct events *e)
{
    memcpy(e->mask, e->record, sizeof e->mask);
    for (u32 i = 0; i < e->stop_count; i++)
        if (e->stop[i].used)
            e->mask[e->stop[i].kind / 64] |= 1ull << (e->stop[i].kind % 64);
}

void events_record(struct events *e, unsigned kind, bool on)
{
    assert(kind < EVENT_KINDS);
    if (!e->ring) {
        e->ring = calloc(EVENT_RING, sizeof *e->ring);
        assert(e->ring);
    }
    if (on)
        e->record[kind / 64] |= 1ull << (kind % 64);
    else
        e->record[kind / 64] &= ~(1ull << (kind % 64));
    update_mask(e);
}

int events_stop_on(struct events *e, unsigned kind, unsigned index, u32 lo, u32 hi)
{
    for (u32 i = 0; i < EVENT_STOPS; i++) {
        if (e->stop[i].used)
            continue;
        e->stop[i] = (struct event_stop){ .kind = (u16)kind, .index = (u8)index, .used = 1,
                                          .lo = lo, .hi = hi };
        if (i >= e->stop_count)
            e->stop_count = i + 1;
        update_mask(e);
        return (int)i;
    }
    return -1;
}

void events_stop_off(struct events *e, int stop)
{
    assert(stop >= 0 && stop < EVENT_STOPS);
    e->stop[stop].used = 0;
    update_mask(e);
}

void events_forget_hits(struct events *e) { memset(e->hits, 0, sizeof e->hits); }

void events_forget_hit(struct events *e, int stop) { e->hits[stop / 64] &= ~(1ull << (stop % 64)); }

bool events_any_hit(const struct events *e)
{
    u64 any = 0;
    for (unsigned i = 0; i < EVENT_STOPS / 64; i++)
        any |= e->hits[i];
    return any != 0;
}

static void test_stops(struct events *e, const struct event *event)
{
    for (u32 i = 0; i < e->stop_count; i++) {
        const struct event_stop *s = &e->stop[i];
        if (!s->used || s->kind != event->kind || event->arg[s->index] < s->lo ||
            event->arg[s->index] > s->hi)
            continue;
        e->hit = (int)i;
        e->hits[i / 64] |= 1ull << (i % 64);
        e->hit_event[i] = *event;
    }
}

void events_emit(struct events *e, const struct event *event)
{
    test_stops(e, event);
    if (!(e->record[event->kind / 64] >> (event->kind % 64) & 1))
        return;
    if (e->written - e->read == EVENT_RING)
        e->read++; /* the run loop returns long before; a reader that ignores it loses the oldest */
    e->ring[e->written++ % EVENT_RING] = *event;
}

bool events_next(struct events *e, struct event *out)
{
    if (e->read == e->written)
        return false;
    *out = e->ring[e->read++ % EVENT_RING];
    return true;
}
