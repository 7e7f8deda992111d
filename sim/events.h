/* events.h - the event ring, its masks and stops.  Host side: never in the arena. */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include "sim/api/event.h"

enum { EVENT_RING = 1 << 14, EVENT_STOPS = 128 /* one for each kind that exists, and more */ };

struct event_stop {       /* stop when kind is emitted and lo <= arg[index] <= hi */
    u16 kind; u8 index; u8 used;
    u32 lo, hi;
};

struct events {
    u64 mask[EVENT_KINDS / 64];      /* wanted by anybody: recording | stops */
    u64 record[EVENT_KINDS / 64];    /* goes into the ring */
    struct event *ring;              /* EVENT_RING entries */
    u64 written, read;               /* written - read <= EVENT_RING */
    struct event_stop stop[EVENT_STOPS];
    u32 stop_count;
    int hit;                         /* index of the stop that was hit, -1 */
    u64 hits[EVENT_STOPS / 64];      /* every stop hit since events_forget_hits, a bit each */
    struct event hit_event[EVENT_STOPS]; /* what hit it */
};

ALWAYS_INLINE bool events_wanted(const struct events *e, unsigned kind)
{
    return (e->mask[kind / 64] >> (kind % 64) & 1) != 0;
}
static inline bool events_was_hit(const struct events *e, int stop)
{
    return (e->hits[stop / 64] >> (stop % 64) & 1) != 0;
}
void events_forget_hits(struct events *e);
void events_forget_hit(struct events *e, int stop);
bool events_any_hit(const struct events *e);
void events_init(struct events *e);
void events_free(struct events *e);
void events_record(struct events *e, unsigned kind, bool on);
int events_stop_on(struct events *e, unsigned kind, unsigned index, u32 lo, u32 hi); /* -1: full */
void events_stop_off(struct events *e, int stop);
void events_emit(struct events *e, const struct event *event);
bool events_next(struct events *e, struct event *out); /* oldest unread; false: none */
static inline bool events_nearly_full(const struct events *e)
{
    return e->written - e->read > EVENT_RING - 256;
}

#endif
