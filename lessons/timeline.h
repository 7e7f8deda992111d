/* timeline.h - time travel over one world: every step that was executed can be visited again.
 *
 * Snapshots are taken as the world runs (spacing in steps, thinned exponentially with distance, bounded
 * by bytes).  seek restores the newest one at or before the target, drops caches and replays. */
#ifndef LESSONS_TIMELINE_H
#define LESSONS_TIMELINE_H

#include "lessons/snapshot.h"
#include "lessons/world.h"

struct mark { u64 step, tick; struct snapshot *snapshot; };
struct timeline {
    struct world *world;
    struct snapstore store;
    struct mark *marks;        /* sorted by step; marks[0] is the beginning */
    u32 mark_count, mark_room;
    u64 spacing;               /* steps between dense snapshots */
    u64 byte_limit;
    u64 end;                   /* the furthest step ever reached on this branch */
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
void timeline_spacing(struct timeline *t, u64 steps); /* 1: a snapshot at every step (torture) */
u64 timeline_bytes(const struct timeline *t);

#endif
