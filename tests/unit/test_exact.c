/* Exactness: wherever a run is stopped, the world is the one that single steps lead to
 * (docs/exactness.md); and nobody who watches changes it. */
#include "tests/unit/worlds.h"

enum { MOST = 40000 };
static u64 truth[MOST]; /* hash of the arena at step i, reached by single steps */
static u64 truth_end;

static u64 next_random(u64 *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static u64 hash(const struct world *w) { return arena_hash(&w->hw.arena); }

static void find_truth(enum engine_id engine)
{
    struct world *w = busy_world(engine, (struct world_config){ 0 });
    struct stop s = { STOP_STEP, 0 };
    truth_end = 0;
    while (s.kind == STOP_STEP && truth_end < MOST) {
        truth[truth_end++] = hash(w);
        s = run_on(w, truth_end, UINT64_MAX);
        CU_ASSERT_TRUE(s.kind != STOP_STEP || world_step(w) == truth_end);
    }
    CU_ASSERT_EQUAL(s.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(s.arg, 9);
    world_free(w);
}

static bool is_true(const struct world *w)
{
    u64 step = world_step(w);
    bool same = step >= truth_end || hash(w) == truth[step];
    if (!same)
        printf("(step %llu, eip %x) ", (unsigned long long)step, w->hw.arch->eip);
    return same;
}

/* Stop at random steps and ticks, up to the end. */
static void random_stops(enum engine_id engine, struct world_config config, u64 seed, bool watched)
{
    struct world *w = busy_world(engine, config);
    struct stop s = { 0 };
    u64 pieces = 0;
    for (unsigned kind = 0; watched && kind < EVENT_KINDS; kind++)
        events_record(&w->hw.events, kind, true);
    while (s.kind != STOP_EXIT && pieces++ < 100000) {
        u64 r = next_random(&seed), size = r >> 8 & 1 ? r % 7 + 1 : r % 900 + 1;
        u64 step = r >> 9 & 1 ? world_step(w) + size : UINT64_MAX;
        s = run_on(w, step, r >> 9 & 1 ? UINT64_MAX : world_tick(w) + size);
        CU_ASSERT_TRUE(world_step(w) <= step);
        bool same = is_true(w);
        CU_ASSERT_TRUE(same);
        if (!same)
            break;
    }
    CU_ASSERT_EQUAL(s.kind, STOP_EXIT);
    world_free(w);
}

static void engine_random(enum engine_id engine)
{
    static const struct world_config ways[] = {
        { 0 }, { .one_insn_blocks = true }, { .drop_caches = true },
    };
    find_truth(engine);
    for (unsigned way = 0; way < COUNT(ways); way++)
        for (u64 seed = 1; seed <= 4; seed++)
            random_stops(engine, ways[way], seed * 0x9e3779b97f4a7c15ull, seed == 2);
}

/* An uninterrupted run, watched and not, ends where single steps end. */
static void engine_straight(enum engine_id engine)
{
    u64 end[2];
    for (unsigned watched = 0; watched < 2; watched++) {
        struct world *w = busy_world(engine, (struct world_config){ 0 });
        for (unsigned kind = 0; watched && kind < EVENT_KINDS; kind++)
            events_record(&w->hw.events, kind, true);
        struct stop s = run_on(w, UINT64_MAX, UINT64_MAX);
        CU_ASSERT_EQUAL(s.kind, STOP_EXIT);
        end[watched] = hash(w);
        world_free(w);
    }
    CU_ASSERT_EQUAL(end[0], end[1]);
}

/* The ledger adds up wherever anybody looks. */
static void engine_ledger(enum engine_id engine)
{
    struct world *w = busy_world(engine, (struct world_config){ 0 });
    struct stop s = { 0 };
    while (s.kind != STOP_EXIT) {
        s = run_on(w, world_step(w) + 1, UINT64_MAX);
        const struct ledger *l = &w->hw.state->ledger;
        u64 sum = 0;
        for (unsigned i = 0; i < COST_COUNT; i++)
            sum += l->cycles[i];
        if (sum != l->total) {
            CU_FAIL("accounts do not add up");
            break;
        }
    }
    world_free(w);
}

static void random_all(void) { each_engine(engine_random); }
static void straight_all(void) { each_engine(engine_straight); }
static void ledger_all(void) { each_engine(engine_ledger); }

static const struct unit_case cases[] = {
    { "random stops, every engine, all torture modes", random_all },
    { "straight runs, watched and not", straight_all },
    { "accounts add up at every step", ledger_all },
};

UNIT_MAIN("exact", cases)
