/* timeline.h - time travel over one world: every step that was executed can be visited again.
 *
 * Snapshots are taken as the world runs: dense near the present, thinned with distance to gaps that are
 * replayed in a few milliseconds, bounded by bytes.  seek restores the newest one at or before the
 * target, drops caches and replays. */
#ifndef LESSONS_TIMELINE_H
#define LESSONS_TIMELINE_H

#include "lessons/snapshot.h"
#include "lessons/world.h"

enum { TIMELINE_LOG = 4096 };
/* What was told up to now: exact wherever the timeline goes, because every mark knows how many
 * events came before it.  Kinds are chosen with timeline_record. */
struct event_log {
    struct event *entry;       /* ring of TIMELINE_LOG, the oldest at first */
    u32 first, count;
    u64 total;                 /* events since the beginning, of the kinds recorded */
    u64 counts[EVENT_KINDS];   /* the same by kind */
    u64 since;                 /* the log is complete from this step on (or full) */
};
struct mark {
    u64 step, tick;
    struct snapshot *snapshot;
    u64 told;                  /* event_log.total there; UINT64_MAX: not known */
    u64 *counts;
    bool branch;               /* an edit was made here: replay cannot lead to it, only this can */
};
struct timeline {
    struct world *world;
    struct snapstore store;
    struct mark *marks;        /* sorted by step; marks[0] is the beginning */
    u32 mark_count, mark_room;
    u64 spacing;               /* steps between dense snapshots; set by the owner, or by what they cost */
    u64 careful, bulk;         /* those of hw at the last mark */
    bool fixed;                /* timeline_spacing was called */
    u64 byte_limit;
    u64 end;                   /* the furthest step ever reached on this branch */
    struct event_log log;
};

/* The world must be new (at its first step). */
struct timeline *timeline_new(struct world *w);
void timeline_free(struct timeline *t);       /* frees the world too */
/* Run forward, taking snapshots on the way; as world_run. */
struct stop timeline_run(struct timeline *t, const struct limits *limits);
void timeline_seek(struct timeline *t, u64 step);     /* 0 <= step <= end */
void timeline_seek_tick(struct timeline *t, u64 tick);/* first moment of that tick */
/* The world was edited at the present: what lay in the future is forgotten, a branch begins. */
void timeline_branch(struct timeline *t);
/* typing_byte on a timeline: another future begins. */
u64 timeline_input(struct timeline *t, u64 tick, u8 byte);
void timeline_nmi(struct timeline *t); /* a card pulls IOCHK# now */
u64 timeline_key(struct timeline *t, u64 tick, char character); /* typing_key, the same way */
void timeline_record(struct timeline *t, unsigned kind, bool on); /* starts the log anew */
/* Replay some of the past, should the log hold fewer than `want` events (bounded work). */
void timeline_fill_log(struct timeline *t, u32 want);
void timeline_spacing(struct timeline *t, u64 steps); /* 1: a snapshot at every step (torture) */
u64 timeline_bytes(const struct timeline *t);

#endif
