#include "lessons/timeline.h"

#include "lessons/typing.h"
#include "sim/torture.h"

#include <stdlib.h>
#include <string.h>

/* Gaps are counted in work: a plain step is 1, one that went the careful way CAREFUL more, and BULK
 * iterations of a string instruction that were done at once are 1.  SPACING of it is replayed in a fraction
 * of a millisecond, WIDEST times as much in a few.  Nearer than NEAREST steps the snapshots themselves would
 * be what a run spends its time on. */
enum { SPACING = 50000, CAREFUL = 12, BULK = 8, NEAREST = 1000, WIDEST = 20, FILL_SPACINGS = 4,
       DENSITY = 8, MARKS_AT_FIRST = 64 };
#define BYTE_LIMIT (256ull << 20)
#define NOT_KNOWN UINT64_MAX

static u64 now_of(const struct timeline *t) { return world_step(t->world); }

/* ---- the log ---- */

static void log_append(struct event_log *log, const struct event *e)
{
    log->entry[(log->first + log->count) % TIMELINE_LOG] = *e;
    if (log->count < TIMELINE_LOG)
        log->count++;
    else
        log->first = (log->first + 1) % TIMELINE_LOG;
    log->total++;
    log->counts[e->kind]++;
}

static void drain(struct timeline *t)
{
    struct event e;
    while (events_next(&t->world->hw.events, &e))
        log_append(&t->log, &e);
}

/* The present moved to mark m without executing: what the log still has of the time before it. */
static void log_move(struct timeline *t, const struct mark *m)
{
    struct event_log *log = &t->log;
    u64 oldest = log->total - log->count;
    if (m->told == NOT_KNOWN || m->told > log->total || m->told < oldest || log->since > m->step) {
        log->count = 0;
        log->since = m->step;
    } else {
        log->count = (u32)(m->told - oldest);
    }
    log->total = m->told == NOT_KNOWN ? 0 : m->told;
    memcpy(log->counts, m->counts, sizeof log->counts);
}

void timeline_record(struct timeline *t, unsigned kind, bool on)
{
    drain(t);
    events_record(&t->world->hw.events, kind, on);
    for (u32 i = 0; i < t->mark_count; i++)
        t->marks[i].told = NOT_KNOWN;
    if (t->mark_count && t->marks[0].step == 0)
        t->marks[0].told = 0;
    t->log.count = 0;
    t->log.since = now_of(t);
}

/* A stop that was hit on the way to somewhere else. */
static void forget_hits(struct timeline *t)
{
    t->world->hw.events.hit = -1;
    events_forget_hits(&t->world->hw.events);
}

/* ---- marks ---- */

/* Index of the newest mark at or before step; marks[0] is at the beginning. */
static u32 mark_before(const struct timeline *t, u64 step)
{
    u32 lo = 0, hi = t->mark_count;
    while (hi - lo > 1) {
        u32 mid = lo + (hi - lo) / 2;
        if (t->marks[mid].step <= step)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static void mark_remove(struct timeline *t, u32 index)
{
    snapshot_drop(&t->store, t->marks[index].snapshot);
    free(t->marks[index].counts);
    t->mark_count--;
    memmove(&t->marks[index], &t->marks[index + 1],
            (t->mark_count - index) * sizeof *t->marks);
}

static struct mark *mark_insert(struct timeline *t, u32 index)
{
    if (t->mark_count == t->mark_room) {
        t->mark_room = t->mark_room ? 2 * t->mark_room : MARKS_AT_FIRST;
        t->marks = realloc(t->marks, t->mark_room * sizeof *t->marks);
        assert(t->marks);
    }
    memmove(&t->marks[index + 1], &t->marks[index], (t->mark_count - index) * sizeof *t->marks);
    t->mark_count++;
    return &t->marks[index];
}

static u64 away(const struct timeline *t, u64 step)
{
    u64 now = now_of(t);
    return step < now ? now - step : step - now;
}

static u64 widest(const struct timeline *t) { return t->fixed ? UINT64_MAX : WIDEST * t->spacing; }

/* The gap that is dense enough so far from the present. */
static u64 gap_at(const struct timeline *t, u64 distance)
{
    u64 gap = distance / DENSITY;
    if (gap > widest(t))
        gap = widest(t);
    return gap > t->spacing ? gap : t->spacing;
}

/* What lies further away than this was thinned when it was nearer, unless the present jumped. */
static u64 thinned_beyond(const struct timeline *t)
{
    return t->fixed ? UINT64_MAX : 2ull * DENSITY * widest(t);
}

/* The further from now, the wider the gaps may be. */
static void thin(struct timeline *t, u64 reach)
{
    for (u32 i = t->mark_count; i-- > 2;) {
        u64 distance = away(t, t->marks[i - 1].step);
        u64 gap = t->marks[i].step - t->marks[i - 2].step;
        if (distance > reach && t->marks[i - 1].step < now_of(t))
            break;
        if (distance <= reach && !t->marks[i - 1].branch && gap <= gap_at(t, distance))
            mark_remove(t, i - 1);
    }
}

/* The last stretch tells what replaying the next will cost. */
static void choose_spacing(struct timeline *t, u64 steps)
{
    const struct hw *m = &t->world->hw;
    u64 careful = m->careful - t->careful, bulk = m->bulk - t->bulk;
    t->careful = m->careful;
    t->bulk = m->bulk;
    if (t->fixed || steps == 0)
        return;
    u64 plain = bulk < steps ? steps - bulk : 0; /* bulk and careful may have begun before the stretch */
    u64 spacing = SPACING * steps / (plain + bulk / BULK + CAREFUL * careful + 1);
    t->spacing = spacing > NEAREST ? spacing : NEAREST;
}

/* The mark whose loss hurts least: the narrowest gap for its distance.  0: none may go. */
static u32 least_useful(const struct timeline *t)
{
    u32 best = 0;
    double best_loss = 0;
    for (u32 i = 1; i + 1 < t->mark_count; i++) {
        double gap = (double)(t->marks[i + 1].step - t->marks[i - 1].step);
        double loss = gap / (double)(away(t, t->marks[i].step) + t->spacing);
        if (!t->marks[i].branch && (best == 0 || loss < best_loss)) {
            best = i;
            best_loss = loss;
        }
    }
    return best;
}

static void obey_byte_limit(struct timeline *t)
{
    u32 victim;
    while (timeline_bytes(t) > t->byte_limit && (victim = least_useful(t)) != 0)
        mark_remove(t, victim);
}

static void take_mark(struct timeline *t)
{
    u64 now = now_of(t);
    u32 at = t->mark_count ? mark_before(t, now) + 1 : 0;
    if (at && t->marks[at - 1].step == now)
        return;
    drain(t);
    struct mark *m = mark_insert(t, at);
    *m = (struct mark){ .step = now, .tick = world_tick(t->world), .told = t->log.total };
    m->counts = malloc(sizeof t->log.counts);
    assert(m->counts);
    memcpy(m->counts, t->log.counts, sizeof t->log.counts);
    m->snapshot = snapshot_take(&t->store);
    machine_arena_cleaned(&t->world->hw);
    choose_spacing(t, at ? now - t->marks[at - 1].step : 0);
    thin(t, thinned_beyond(t));
    obey_byte_limit(t);
}

static void go_to_mark(struct timeline *t, u32 index)
{
    drain(t);
    forget_hits(t);
    snapshot_restore(&t->store, t->marks[index].snapshot);
    world_replaced(t->world);
    t->careful = t->world->hw.careful;
    t->bulk = t->world->hw.bulk;
    log_move(t, &t->marks[index]);
}

/* ---- building ---- */

struct timeline *timeline_new(struct world *w)
{
    struct timeline *t = calloc(1, sizeof *t);
    assert(t);
    t->world = w;
    t->spacing = TORTURE_SNAPSHOTS ? 1 : SPACING / 10; /* until the first stretch has told */
    t->fixed = TORTURE_SNAPSHOTS;
    t->byte_limit = BYTE_LIMIT;
    t->log.entry = calloc(TIMELINE_LOG, sizeof *t->log.entry);
    assert(t->log.entry);
    t->end = now_of(t);
    t->log.since = t->end;
    snapstore_init(&t->store, &w->hw.arena);
    take_mark(t);
    return t;
}

void timeline_free(struct timeline *t)
{
    while (t->mark_count)
        mark_remove(t, t->mark_count - 1);
    snapstore_free(&t->store);
    world_free(t->world);
    free(t->marks);
    free(t->log.entry);
    free(t);
}

void timeline_spacing(struct timeline *t, u64 steps)
{
    assert(steps > 0);
    t->spacing = steps;
    t->fixed = true;
}

u64 timeline_bytes(const struct timeline *t)
{
    return snapshot_bytes(&t->store) + t->mark_count * sizeof t->log.counts;
}

/* ---- going ---- */

/* Where the next mark is due on the way to target: dense where the run will end. */
static u64 next_mark(const struct timeline *t, u64 target)
{
    u64 now = now_of(t), last = t->marks[mark_before(t, now)].step;
    u64 gap = target == UINT64_MAX ? t->spacing : gap_at(t, target - now);
    return last + gap > now ? last + gap : now + 1;
}

/* The next edit on this branch after now: its index, or 0. */
static u32 next_branch(const struct timeline *t)
{
    for (u32 i = mark_before(t, now_of(t)) + 1; i < t->mark_count; i++)
        if (t->marks[i].branch)
            return i;
    return 0;
}

static struct stop run_piece(struct timeline *t, const struct limits *limits)
{
    struct limits l = *limits;
    u32 branch = next_branch(t);
    u64 mark = next_mark(t, limits->step);
    if (mark < l.step)
        l.step = mark;
    if (branch && t->marks[branch].step < l.step)
        l.step = t->marks[branch].step;
    struct stop s = world_run(t->world, &l);
    drain(t);
    if (now_of(t) > t->end)
        t->end = now_of(t);
    if (branch && now_of(t) == t->marks[branch].step)
        go_to_mark(t, branch);
    else if (s.kind == STOP_STEP && now_of(t) == mark)
        take_mark(t);
    return s;
}

struct stop timeline_run(struct timeline *t, const struct limits *limits)
{
    for (;;) {
        struct stop s = run_piece(t, limits);
        if (s.kind == STOP_RING || (s.kind == STOP_STEP && now_of(t) < limits->step))
            continue;
        return s;
    }
}

/* Armed stops and interruptions do not concern a seek: it arrives, or the guest has ended. */
static bool is_final(struct stop s)
{
    return s.kind == STOP_EXIT || s.kind == STOP_SHUTDOWN || s.kind == STOP_IDLE ||
           s.kind == STOP_RESET;
}

static void replay_to(struct timeline *t, u64 step)
{
    struct limits l = { .step = step, .tick = UINT64_MAX };
    while (now_of(t) < step)
        if (is_final(timeline_run(t, &l)))
            break;
}

void timeline_seek(struct timeline *t, u64 step)
{
    u32 mark = mark_before(t, step);
    assert(step <= t->end);
    if (now_of(t) > step || t->marks[mark].step > now_of(t))
        go_to_mark(t, mark);
    replay_to(t, step);
    forget_hits(t);
}

void timeline_seek_tick(struct timeline *t, u64 tick)
{
    struct limits l = { .step = UINT64_MAX, .tick = tick };
    u32 mark = t->mark_count - 1;
    while (mark > 0 && t->marks[mark].tick >= tick)
        mark--;
    if (world_tick(t->world) >= tick || t->marks[mark].step > now_of(t))
        go_to_mark(t, mark);
    for (;;) {
        struct stop s = timeline_run(t, &l);
        if (s.kind == STOP_TICK || is_final(s))
            break;
    }
    forget_hits(t);
}

void timeline_fill_log(struct timeline *t, u32 want)
{
    u64 now = now_of(t);
    u32 mark = mark_before(t, now);
    while (mark > 0 && now - t->marks[mark - 1].step <= FILL_SPACINGS * t->spacing)
        mark--;
    if (t->log.count >= want || t->log.since <= t->marks[mark].step)
        return;
    go_to_mark(t, mark);
    t->log.count = 0; /* what is older is not complete */
    t->log.since = t->marks[mark].step;
    replay_to(t, now);
    forget_hits(t);
}

/* ---- another future ---- */

static void forget_future(struct timeline *t)
{
    u64 now = now_of(t);
    while (t->mark_count > 1 && t->marks[t->mark_count - 1].step > now)
        mark_remove(t, t->mark_count - 1);
    t->end = now;
}

void timeline_branch(struct timeline *t)
{
    u64 now = now_of(t);
    world_forget_typed(t->world);
    forget_future(t);
    if (t->marks[t->mark_count - 1].step == now)
        mark_remove(t, t->mark_count - 1);
    take_mark(t);
    t->marks[mark_before(t, now)].branch = true;
}

u64 timeline_input(struct timeline *t, u64 tick, u8 byte)
{
    u64 next = typing_byte(t->world, tick, byte);
    forget_future(t);
    return next;
}

void timeline_nmi(struct timeline *t)
{
    world_input_from(t->world, SOURCE_NMI, world_tick(t->world), 0);
    forget_future(t);
}

u64 timeline_key(struct timeline *t, u64 tick, char character)
{
    u64 next = typing_key(t->world, tick, character);
    forget_future(t);
    return next;
}
