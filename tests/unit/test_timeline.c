/* Time travel and the debugger's verbs: one guest with interrupts, faults, REP, paging and code that
 * rewrites itself, under every engine. */
#include "lessons/debug.h"
#include "lessons/trace.h"
#include "tests/unit/worlds.h"

enum { PART = 3000, LONG = 3000000, TORTURE = 400, SAMPLES = 40 };

static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_DIRECT, ENGINE_BT, ENGINE_VT,
                                      ENGINE_INTERP };

static struct timeline *open_timeline(enum engine_id engine)
{
    struct world_config config = { .ram_bytes = 0 };
    return timeline_new(busy_world(engine, config));
}

static u64 hash(const struct timeline *t) { return arena_hash(&t->world->hw.arena); }

static void run_steps(struct timeline *t, u64 step)
{
    struct limits l = { .step = step, .tick = UINT64_MAX };
    timeline_run(t, &l);
}

static void forth_and_back(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct timeline *t = open_timeline(all[e]);
        u64 at[SAMPLES];
        for (u32 i = 0; i < SAMPLES; i++) {
            run_steps(t, i * PART / SAMPLES);
            at[i] = hash(t);
        }
        for (u32 i = SAMPLES; i-- > 0;) {
            timeline_seek(t, i * PART / SAMPLES);
            CU_ASSERT_EQUAL(world_step(t->world), i * PART / SAMPLES);
            CU_ASSERT_EQUAL(hash(t), at[i]);
        }
        timeline_seek(t, (SAMPLES - 1) * PART / SAMPLES);
        CU_ASSERT_EQUAL(hash(t), at[SAMPLES - 1]);
        timeline_free(t);
    }
}

/* A snapshot at every step, every unmarked page compared, n forward and n back. */
static void torture(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct timeline *t = open_timeline(all[e]);
        static u64 at[TORTURE];
        timeline_spacing(t, 1);
        run_steps(t, 2000);
        u64 first = world_step(t->world);
        for (u32 i = 0; i < TORTURE; i++) {
            at[i] = hash(t);
            CU_ASSERT_EQUAL(snapshot_check_unmarked(&t->store), -1);
            run_steps(t, first + i + 1);
        }
        for (u32 i = TORTURE; i-- > 0;) {
            timeline_seek(t, first + i);
            CU_ASSERT_EQUAL(hash(t), at[i]);
        }
        timeline_free(t);
    }
}

static void watching_changes_nothing(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct timeline *plain = open_timeline(all[e]), *watched = open_timeline(all[e]);
        for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
            if (event_info(kind))
                timeline_record(watched, kind, true);
        timeline_spacing(watched, 37);
        run_steps(plain, PART);
        run_steps(watched, PART);
        CU_ASSERT_EQUAL(hash(plain), hash(watched));
        CU_ASSERT_TRUE(watched->log.total > PART / 2);
        CU_ASSERT_EQUAL(plain->log.total, 0);
        timeline_free(plain);
        timeline_free(watched);
    }
}

static void the_log_follows(void)
{
    struct debug *d = debug_new(open_timeline(ENGINE_BT));
    struct timeline *t = d->timeline;
    run_steps(t, 1500);
    u64 total = t->log.total;
    static u64 counts[EVENT_KINDS];
    memcpy(counts, t->log.counts, sizeof counts);
    struct event last = t->log.entry[(t->log.first + t->log.count - 1) % TIMELINE_LOG];
    run_steps(t, PART);
    CU_ASSERT_TRUE(t->log.total > total);
    timeline_seek(t, 1500);
    CU_ASSERT_EQUAL(t->log.total, total);
    CU_ASSERT_EQUAL(memcmp(counts, t->log.counts, sizeof counts), 0);
    struct event again = t->log.entry[(t->log.first + t->log.count - 1) % TIMELINE_LOG];
    CU_ASSERT_EQUAL(memcmp(&last, &again, sizeof last), 0);
    debug_free(d);
}

static void marks_stay_few(void)
{
    struct timeline *t = open_timeline(ENGINE_NATIVE);
    timeline_spacing(t, 10);
    run_steps(t, PART);
    CU_ASSERT_TRUE(t->mark_count > 20 && t->mark_count < 120);
    t->byte_limit = timeline_bytes(t) / 2;
    run_steps(t, PART + 500);
    CU_ASSERT_TRUE(timeline_bytes(t) <= t->byte_limit);
    CU_ASSERT_EQUAL(t->marks[0].step, 0);
    timeline_free(t);
}

/* However long the run: from any place the way to an older snapshot is short. */
static void gaps_stay_narrow(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct world_config config = { .ram_bytes = 0 };
        u32 size = (u32)(endless_end - endless);
        struct timeline *t = timeline_new(guest_world(endless, size, all[e], config));
        u64 widest = 0;
        if (t->fixed) { /* a torture build takes a snapshot at every step, however long the run */
            timeline_free(t);
            continue;
        }
        run_steps(t, LONG);
        for (u32 i = 2; i < t->mark_count; i++) /* the first was a guess */
            if (t->marks[i].step - t->marks[i - 1].step > widest)
                widest = t->marks[i].step - t->marks[i - 1].step;
        /* 20 spacings, of which each stretch chose its own: by how many of its ports it had */
        CU_ASSERT_TRUE(t->mark_count > 2 && widest <= 30 * t->spacing);
        CU_ASSERT_TRUE(all[e] == ENGINE_NATIVE ? t->spacing <= 50000 : t->spacing < 25000); /* its ports trap */
        timeline_free(t);
    }
}

static void an_edit_starts_a_branch(void)
{
    struct timeline *t = open_timeline(ENGINE_NATIVE);
    run_steps(t, 1000);
    u64 before = hash(t);
    run_steps(t, 1200);
    u64 old_future = hash(t);
    timeline_seek(t, 1000);
    t->world->hw.arch->reg[EBP] = 0x1234;
    timeline_branch(t);
    CU_ASSERT_EQUAL(t->end, 1000);
    run_steps(t, 1200);
    u64 new_future = hash(t);
    CU_ASSERT_NOT_EQUAL(new_future, old_future);
    timeline_seek(t, 400);
    run_steps(t, 1200); /* through the edit */
    CU_ASSERT_EQUAL(hash(t), new_future);
    timeline_seek(t, 999);
    timeline_seek(t, 1000);
    CU_ASSERT_EQUAL(t->world->hw.arch->reg[EBP], 0x1234);
    CU_ASSERT_NOT_EQUAL(hash(t), before);
    timeline_free(t);
}

/* A byte typed in the past of a replay arrives as it did, under a monitor that asks for due times. */
static void typed_input_is_replayed(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct timeline *t = open_timeline(all[e]);
        run_steps(t, 700);
        timeline_input(t, world_tick(t->world) + 40, 'x');
        run_steps(t, 1500);
        u64 there = hash(t);
        CU_ASSERT_EQUAL(world_outside(t->world)->input_next, 1);
        timeline_seek(t, 0);
        run_steps(t, 1500);
        CU_ASSERT_EQUAL(hash(t), there);
        timeline_free(t);
    }
}

/* ---- the verbs ---- */

static void single_steps_arrive_where_a_run_does(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct debug *run = debug_new(open_timeline(all[e]));
        struct debug *steps = debug_new(open_timeline(all[e]));
        CU_ASSERT_EQUAL(debug_continue(run, UINT64_MAX).why, WHY_EXIT);
        while (debug_step(steps, 1).why == WHY_STEP)
            ;
        CU_ASSERT_EQUAL(steps->last.why, WHY_EXIT);
        CU_ASSERT_EQUAL(hash(run->timeline), hash(steps->timeline));
        CU_ASSERT_EQUAL(debug_step(steps, 1).why, WHY_END);
        debug_free(run);
        debug_free(steps);
    }
}

/* Every engine stops at the same places: (tick, EIP, ESP, CPL) of each guest step. */
static void steps_are_the_same_under_every_engine(void)
{
    for (unsigned e = 1; e < COUNT(all); e++) {
        struct debug *a = debug_new(open_timeline(ENGINE_NATIVE));
        struct debug *b = debug_new(open_timeline(all[e]));
        unsigned different = 0;
        for (unsigned i = 0; i < PART && a->last.why != WHY_EXIT; i++) {
            struct peek x, y;
            debug_step(a, 1);
            world_peek(a->timeline->world, &x);
            do { /* the translator's elided jumps are no places of their own */
                world_peek(b->timeline->world, &y);
                if (y.tick < x.tick || y.arch.eip != x.arch.eip)
                    debug_step(b, 1);
                world_peek(b->timeline->world, &y);
            } while (y.tick < x.tick && b->last.why == WHY_STEP);
            different += y.tick == x.tick && (y.arch.eip != x.arch.eip ||
                         y.arch.reg[ESP] != x.arch.reg[ESP] || y.arch.cpl != x.arch.cpl);
        }
        CU_ASSERT_EQUAL(different, 0);
        debug_free(a);
        debug_free(b);
    }
}

static void steps_back_undo_steps(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct debug *d = debug_new(open_timeline(all[e]));
        u64 at[200], where[200];
        debug_step(d, 1400);
        for (unsigned i = 0; i < COUNT(at); i++) {
            at[i] = hash(d->timeline);
            where[i] = world_step(d->timeline->world);
            debug_step(d, 1);
        }
        unsigned wrong = 0;
        for (unsigned i = COUNT(at); i-- > 0;) {
            debug_reverse_step(d, 1);
            wrong += world_step(d->timeline->world) != where[i] || hash(d->timeline) != at[i];
        }
        CU_ASSERT_EQUAL(wrong, 0);
        debug_step(d, 100);
        debug_reverse_step(d, 100);
        CU_ASSERT_EQUAL(world_step(d->timeline->world), where[0]);
        CU_ASSERT_EQUAL(debug_reverse_step(d, 1000000).why, WHY_BEGIN);
        CU_ASSERT_EQUAL(world_step(d->timeline->world), 0);
        CU_ASSERT_EQUAL(debug_reverse_continue(d).why, WHY_BEGIN);
        debug_free(d);
    }
}

static u32 label(const u8 *at) { return GUEST_LOAD + (u32)(at - busy); }
extern const u8 busy_irq[], busy_leaf[], busy_loop[], busy_sys[];

static void breakpoints_hit_both_ways(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct debug *d = debug_new(open_timeline(all[e]));
        struct breakpoint *b = debug_add(d, BREAK_EXEC);
        u64 hits[20], count = 0;
        b->address = label(busy_irq);
        while (debug_continue(d, UINT64_MAX).why == WHY_BREAKPOINT && count < COUNT(hits)) {
            struct peek peek;
            world_peek(d->timeline->world, &peek);
            CU_ASSERT_EQUAL(peek.arch.eip, label(busy_irq));
            hits[count++] = d->last.step;
        }
        CU_ASSERT_EQUAL(d->last.why, WHY_EXIT);
        CU_ASSERT_EQUAL(count, 12);
        for (u64 i = count; i-- > 0;) {
            CU_ASSERT_EQUAL(debug_reverse_continue(d).why, WHY_BREAKPOINT);
            CU_ASSERT_EQUAL(d->last.step, hits[i]);
        }
        CU_ASSERT_EQUAL(debug_reverse_continue(d).why, WHY_BEGIN);
        CU_ASSERT_EQUAL(d->breakpoints[0].hits, 12);
        debug_free(d);
    }
}

static void conditions_ignores_and_watches(void)
{
    struct debug *d = debug_new(open_timeline(ENGINE_NATIVE));
    struct breakpoint *b = debug_add(d, BREAK_EXEC);
    b->address = label(busy_irq);
    snprintf(b->condition, sizeof b->condition, "dword[0x6000] == 4");
    CU_ASSERT_EQUAL(debug_continue(d, UINT64_MAX).why, WHY_BREAKPOINT);
    u64 fifth = d->last.step;
    debug_goto(d, 0);
    b->condition[0] = '\0';
    b->counted = 0;
    b->ignore = 4;
    CU_ASSERT_EQUAL(debug_continue(d, UINT64_MAX).step, fifth);
    CU_ASSERT_TRUE(debug_delete(d, b->number));
    CU_ASSERT_FALSE(debug_delete(d, 99));
    debug_goto(d, 0);
    b = debug_add(d, BREAK_WATCH);
    b->address = 0x6000;
    for (u32 i = 1; i <= 3; i++) {
        u32 value = 0;
        CU_ASSERT_EQUAL(debug_continue(d, UINT64_MAX).why, WHY_BREAKPOINT);
        world_read_physical(d->timeline->world, 0x6000, &value, 4);
        CU_ASSERT_EQUAL(value, i);
    }
    debug_free(d);
}

static void caught_events(void)
{
    struct debug *d = debug_new(open_timeline(ENGINE_NATIVE));
    struct breakpoint *b = debug_add(d, BREAK_CATCH);
    b->kind = HW_FAULT;
    b->any_arg = 0;
    b->lo = b->hi = VEC_PF;
    CU_ASSERT_EQUAL(debug_continue(d, UINT64_MAX).why, WHY_BREAKPOINT);
    CU_ASSERT_TRUE(d->last.has_event);
    CU_ASSERT_EQUAL(d->last.event.arg[0], VEC_PF);
    CU_ASSERT_EQUAL(d->last.event.arg[2], 0x300010);
    u64 there = d->last.step;
    CU_ASSERT_EQUAL(debug_continue(d, UINT64_MAX).why, WHY_EXIT);
    CU_ASSERT_EQUAL(debug_reverse_continue(d).step, there);
    CU_ASSERT_TRUE(debug_previous_event(d).step < there);
    CU_ASSERT_TRUE(debug_next_event(d).step <= there);
    debug_free(d);
}

static void next_and_finish(void)
{
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct debug *d = debug_new(open_timeline(all[e]));
        struct world *w = d->timeline->world;
        struct peek in, out;
        debug_until(d, label(busy_leaf));
        world_peek(w, &in);
        CU_ASSERT_EQUAL(debug_finish(d).why, WHY_STEP);
        world_peek(w, &out);
        CU_ASSERT_EQUAL(out.arch.reg[ESP], in.arch.reg[ESP] + 4);
        u64 behind = world_step(w);
        debug_reverse_next(d, 1); /* over the call, back to it */
        world_peek(w, &in);
        CU_ASSERT_EQUAL(in.arch.reg[ESP], out.arch.reg[ESP]);
        CU_ASSERT_EQUAL(debug_next(d, 1).why, WHY_STEP);
        CU_ASSERT_EQUAL(world_step(w), behind);
        debug_reverse_next(d, 1);
        debug_step(d, 1);
        world_peek(w, &in);
        CU_ASSERT_EQUAL(in.arch.eip, label(busy_leaf));
        debug_free(d);
    }
}

static const struct unit_case cases[] = {
    { "n steps forth, n back", forth_and_back },
    { "torture: a snapshot at every step", torture },
    { "watching changes nothing", watching_changes_nothing },
    { "the log follows", the_log_follows },
    { "gaps stay narrow", gaps_stay_narrow },
    { "marks stay few", marks_stay_few },
    { "an edit starts a branch", an_edit_starts_a_branch },
    { "typed input is replayed", typed_input_is_replayed },
    { "single steps arrive where a run does", single_steps_arrive_where_a_run_does },
    { "steps are the same under every engine", steps_are_the_same_under_every_engine },
    { "steps back undo steps", steps_back_undo_steps },
    { "breakpoints hit both ways", breakpoints_hit_both_ways },
    { "conditions, ignores, watches", conditions_ignores_and_watches },
    { "caught events", caught_events },
    { "next and finish", next_and_finish },
};
UNIT_MAIN("timeline", cases)
