#include "lessons/debug.h"

#include <stdlib.h>

#include "lessons/debug_impl.h"
#include "lessons/trace.h"

enum { LOG_WANTED = 256, POLL_STEPS = 2000000 };

static struct world *world_of(const struct debug *d) { return d->timeline->world; }
static u64 now_of(const struct debug *d) { return world_step(world_of(d)); }

struct debug *debug_new(struct timeline *t)
{
    struct debug *d = calloc(1, sizeof *d);
    assert(d);
    d->timeline = t;
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
        if (event_info(kind) && debug_interesting(kind))
            timeline_record(t, kind, true);
    debug_sync_log(d, false);
    return d;
}

void debug_free(struct debug *d)
{
    timeline_free(d->timeline);
    free(d);
}

void debug_sync_log(struct debug *d, bool fill)
{
    if (fill)
        timeline_fill_log(d->timeline, LOG_WANTED);
    d->log = d->timeline->log.entry;
    d->log_first = d->timeline->log.first;
    d->log_count = d->timeline->log.count;
}

bool debug_interrupted(const struct debug *d) { return d->interrupt && *d->interrupt; }

/* ---- where the guest is ---- */

struct place debug_place(const struct debug *d)
{
    struct peek peek;
    struct place p = { .step = now_of(d) };
    if (!world_peek(world_of(d), &peek))
        return p;
    p.known = 1;
    p.boundary = peek.boundary;
    p.monitor = peek.who == RUNS_MONITOR && world_of(d)->engine != ENGINE_INTERP;
    p.tick = peek.tick;
    p.eip = peek.arch.eip;
    p.esp = peek.arch.reg[ESP];
    p.cpl = peek.arch.cpl;
    return p;
}

bool debug_insn(const struct debug *d, struct insn *in)
{
    struct peek peek;
    u8 bytes[INSN_MAX];
    unsigned n = 0;
    if (!world_peek(world_of(d), &peek))
        return false;
    u32 la = peek.arch.seg[CS].base + peek.arch.eip;
    while (n < sizeof bytes && world_read_linear(world_of(d), &peek.arch, la + n, &bytes[n], 1))
        n++;
    return n > 0 && decode(bytes, n, arch_code32(&peek.arch), in) == DECODE_OK;
}

bool debug_enters(const struct insn *in)
{
    return in->op == OP_CALL || in->op == OP_CALL_FAR || in->op == OP_INT || in->op == OP_INT3 ||
           in->op == OP_INT1 || in->op == OP_SYSENTER;
}

bool debug_leaves(const struct insn *in)
{
    return in->op == OP_RET || in->op == OP_RET_FAR || in->op == OP_IRET || in->op == OP_SYSEXIT;
}

static enum why why_of(struct stop s)
{
    switch (s.kind) {
    case STOP_EXIT: return WHY_EXIT;
    case STOP_SHUTDOWN: return WHY_SHUTDOWN;
    case STOP_IDLE: return WHY_IDLE;
    case STOP_RESET: return WHY_RESET;
    case STOP_INTERRUPT: return WHY_INTERRUPT;
    case STOP_EVENT: return WHY_BREAKPOINT;
    case STOP_TICK: return WHY_LIMIT;
    case STOP_NONE: case STOP_NATIVE: case STOP_STEP: case STOP_RING: break;
    }
    return WHY_NONE;
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->tick == b->tick && a->eip == b->eip && a->esp == b->esp && a->cpl == b->cpl;
}

static bool is_repeating(const struct debug *d, const struct place *before, const struct place *now)
{
    struct insn in;
    return before->known && before->eip == now->eip && debug_insn(d, &in) && in.rep;
}

enum why debug_guest_stop(struct debug *d, struct place *here, u64 until_step)
{
    while (now_of(d) < until_step) {
        struct limits l = { .step = now_of(d) + 1, .tick = UINT64_MAX };
        enum why why = why_of(timeline_run(d->timeline, &l));
        if (why && why != WHY_BREAKPOINT)
            return why;
        struct place p = debug_place(d);
        if (p.boundary && (!here->known || !same_place(&p, here))) {
            p.repeating = is_repeating(d, here, &p);
            *here = p;
            return WHY_NONE;
        }
        if (why)
            return why;
        if (debug_interrupted(d))
            return WHY_INTERRUPT;
    }
    return WHY_LIMIT;
}

struct why_stopped debug_stopped(struct debug *d, enum why why)
{
    d->last = (struct why_stopped){ .why = why, .step = now_of(d), .tick = world_tick(world_of(d)) };
    return d->last;
}

static bool has_ended(const struct debug *d)
{
    return world_outside(world_of(d))->ended != OUTSIDE_RUNNING;
}

/* ---- running to a goal, guest stop by guest stop ---- */

struct goal {
    /* True: arrived.  before: the stop that precedes *here; in: the instruction there, if asked for */
    bool (*reached)(struct goal *g, const struct place *before, const struct place *here);
    bool wants_insn, has_insn, breakpoints;
    struct insn in;
    struct place start;
    u32 eip;
    u64 count;
};

static bool breakpoint_stops(struct debug *d, const struct place *here, bool at_stop)
{
    struct event event;
    struct breakpoint *b = breakpoints_caught(d, &event);
    bool caught = b != NULL;
    if (at_stop && !b)
        b = breakpoints_at(d, here);
    if (!b || !breakpoints_count(d, b))
        return false;
    debug_stopped(d, WHY_BREAKPOINT);
    d->last.breakpoint = b->number;
    d->last.has_event = caught;
    if (caught)
        d->last.event = event;
    if (b->temporary)
        debug_delete(d, b->number);
    return true;
}

static enum why how_ended(const struct debug *d)
{
    switch ((enum outside_end)world_outside(world_of(d))->ended) {
    case OUTSIDE_END_EXIT: return WHY_EXIT;
    case OUTSIDE_END_SHUTDOWN: return WHY_SHUTDOWN;
    case OUTSIDE_END_IDLE: return WHY_IDLE;
    case OUTSIDE_END_RESET: return WHY_RESET;
    case OUTSIDE_RUNNING: break;
    }
    return WHY_NONE;
}

static void run_goal(struct debug *d, struct goal *g)
{
    struct place here = debug_place(d), before;
    g->start = here;
    for (;;) {
        before = here;
        g->has_insn = g->wants_insn && here.known && debug_insn(d, &g->in);
        enum why why;
        do {
            why = debug_guest_stop(d, &here, UINT64_MAX);
            bool at_stop = why == WHY_NONE;
            if ((at_stop || why == WHY_BREAKPOINT) && g->breakpoints &&
                breakpoint_stops(d, &here, at_stop))
                return;
        } while (why == WHY_BREAKPOINT);
        if (why || has_ended(d)) {
            debug_stopped(d, why ? why : how_ended(d));
            return;
        }
        if (g->reached(g, &before, &here)) {
            debug_stopped(d, WHY_STEP);
            return;
        }
    }
}

static struct why_stopped run_to(struct debug *d, struct goal *g)
{
    if (has_ended(d))
        return debug_stopped(d, WHY_END);
    if (g->breakpoints) {
        breakpoints_arm(d);
        breakpoints_look(d);
    }
    run_goal(d, g);
    breakpoints_disarm(d);
    debug_sync_log(d, false);
    return d->last;
}

/* ---- step, next, finish, until ---- */

static bool counted_down(struct goal *g, const struct place *before, const struct place *here)
{
    (void)before, (void)here;
    return --g->count == 0;
}

struct why_stopped debug_step(struct debug *d, u64 count)
{
    struct goal g = { .reached = counted_down, .count = count, .breakpoints = count > 1 };
    return count ? run_to(d, &g) : debug_stopped(d, WHY_STEP);
}

/* An event came instead of the instruction: no tick passed, but the guest is elsewhere. */
static bool was_delivery(const struct place *before, const struct place *here)
{
    return before->known && here->tick == before->tick && !same_place(before, here);
}

static bool is_back(const struct place *start, const struct place *here)
{
    return here->cpl == start->cpl && here->esp >= start->esp;
}

/* next: the instruction at the start is over, and whatever it called or let in has returned. */
static bool stepped_over(struct goal *g, const struct place *before, const struct place *here)
{
    if (!g->start.known)
        return true;
    if (same_place(before, &g->start)) {
        bool inside = was_delivery(before, here) || (g->has_insn && debug_enters(&g->in));
        if (!inside && !here->repeating)
            return true;
    }
    if (!is_back(&g->start, here) || here->repeating)
        return false;
    if (here->eip != g->start.eip)
        return true;
    g->start = *here; /* the handler returned to the instruction itself: now it is its turn */
    return false;
}

struct why_stopped debug_next(struct debug *d, u64 count)
{
    struct why_stopped why = debug_stopped(d, WHY_STEP);
    for (; count > 0 && why.why == WHY_STEP; count--) {
        struct goal g = { .reached = stepped_over, .wants_insn = true, .breakpoints = true };
        why = run_to(d, &g);
    }
    return why;
}

static bool frame_left(struct goal *g, const struct place *before, const struct place *here)
{
    return here->tick != before->tick && g->has_insn && debug_leaves(&g->in) &&
           before->cpl == g->start.cpl && before->esp >= g->start.esp;
}

/* Steps until the monitor has let the guest go on. */
static struct why_stopped leave_monitor(struct debug *d)
{
    struct place p;
    do {
        if (debug_stepi(d, 1).why != WHY_STEP)
            return d->last;
        p = debug_place(d);
    } while ((!p.boundary || p.monitor) && !debug_interrupted(d));
    return d->last;
}

struct why_stopped debug_finish(struct debug *d)
{
    struct place here = debug_place(d);
    if (!here.boundary || here.monitor)
        return leave_monitor(d);
    struct goal g = { .reached = frame_left, .wants_insn = true, .breakpoints = true };
    return run_to(d, &g);
}

static bool at_address(struct goal *g, const struct place *before, const struct place *here)
{
    (void)before;
    return here->eip == g->eip;
}

struct why_stopped debug_until(struct debug *d, u32 guest_eip)
{
    struct goal g = { .reached = at_address, .eip = guest_eip, .breakpoints = true };
    return run_to(d, &g);
}

/* ---- whole steps of history ---- */

struct why_stopped debug_stepi(struct debug *d, u64 count)
{
    u64 target = now_of(d) + count;
    enum why why = WHY_NONE;
    if (has_ended(d))
        return debug_stopped(d, WHY_END);
    while (why == WHY_NONE && now_of(d) < target) {
        struct limits l = { .step = target, .tick = UINT64_MAX };
        why = why_of(timeline_run(d->timeline, &l));
    }
    debug_sync_log(d, false);
    if (why == WHY_NONE)
        why = has_ended(d) ? how_ended(d) : WHY_STEP;
    return debug_stopped(d, why);
}

/* ---- continue: at full speed where nothing has to be looked at between instructions ---- */

static bool never(struct goal *g, const struct place *before, const struct place *here)
{
    (void)before;
    return here->tick >= g->count;
}

static struct stop run_timeline(void *owner, const struct limits *limits)
{
    return timeline_run(owner, limits);
}

/* Each look for a loop comes twice as late in history as the one before.  WHY_NONE: go on. */
static enum why look_for_loop(struct debug *d, u64 until_tick)
{
    const struct loop_runner r = { .owner = d->timeline, .run = run_timeline, .more_input = true };
    struct stop stop;
    bool room = until_tick - world_tick(world_of(d)) > 4 * LOOP_STEPS;
    if (now_of(d) < d->loop_look || now_of(d) < d->timeline->end || !room)
        return WHY_NONE;
    d->loop_look = now_of(d) > POLL_STEPS ? 2 * now_of(d) : POLL_STEPS;
    if (now_of(d) < POLL_STEPS)
        return WHY_NONE;
    d->loop = loops_look(world_of(d), &r, &stop);
    bool proven = d->loop.kind != LOOP_NONE && d->loop.kind != LOOP_STUCK;
    return proven ? WHY_LOOP : why_of(stop);
}

static void run_free(struct debug *d, u64 until_tick)
{
    for (;;) {
        struct limits l = { .step = now_of(d) + POLL_STEPS, .tick = until_tick };
        enum why why = look_for_loop(d, until_tick);
        if (!why)
            why = why_of(timeline_run(d->timeline, &l));
        if (why == WHY_BREAKPOINT && breakpoint_stops(d, NULL, false))
            return;
        if (why && why != WHY_BREAKPOINT) {
            debug_stopped(d, why);
            return;
        }
        if (debug_interrupted(d)) {
            debug_stopped(d, WHY_INTERRUPT);
            return;
        }
    }
}

struct why_stopped debug_continue(struct debug *d, u64 until_tick)
{
    struct goal g = { .reached = never, .count = until_tick, .breakpoints = true };
    if (has_ended(d))
        return debug_stopped(d, WHY_END);
    if (world_tick(world_of(d)) >= until_tick)
        return debug_stopped(d, WHY_LIMIT);
    if (breakpoints_need_steps(d)) {
        struct why_stopped why = run_to(d, &g);
        if (why.why == WHY_STEP)
            d->last.why = WHY_LIMIT;
        return d->last;
    }
    breakpoints_arm(d);
    run_free(d, until_tick);
    breakpoints_disarm(d);
    debug_sync_log(d, false);
    return d->last;
}

struct why_stopped debug_next_event(struct debug *d)
{
    struct event event;
    enum why why = WHY_NONE;
    if (has_ended(d))
        return debug_stopped(d, WHY_END);
    breakpoints_arm_interesting(d);
    while (why == WHY_NONE) {
        struct limits l = { .step = now_of(d) + POLL_STEPS, .tick = UINT64_MAX };
        why = why_of(timeline_run(d->timeline, &l));
        if (why == WHY_NONE && debug_interrupted(d))
            why = WHY_INTERRUPT;
    }
    debug_stopped(d, why == WHY_BREAKPOINT ? WHY_STEP : why);
    d->last.has_event = breakpoints_interesting_hit(d, &event);
    if (d->last.has_event)
        d->last.event = event;
    breakpoints_disarm(d);
    debug_sync_log(d, false);
    return d->last;
}
