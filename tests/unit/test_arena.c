/* The arena: no pointers (two bases are equal byte for byte), all writes marked (docs/arena.md). */
#include "tests/unit/worlds.h"

#include "lessons/snapshot.h"

static bool equal(const struct world *a, const struct world *b)
{
    const struct arena *x = &a->hw.arena, *y = &b->hw.arena;
    return x->size == y->size && memcmp(x->base, y->base, x->size) == 0;
}

static void two_bases(enum engine_id engine)
{
    struct world *a = busy_world(engine, (struct world_config){ .arena_hint = (void *)0x200000000000 });
    struct world *b = busy_world(engine, (struct world_config){ .arena_hint = (void *)0x312345678000 });
    CU_ASSERT_NOT_EQUAL(a->hw.arena.base, b->hw.arena.base);
    CU_ASSERT_TRUE(equal(a, b));
    for (u64 step = 500;; step += 500) {
        struct stop s = run_on(a, step, UINT64_MAX);
        run_on(b, step, UINT64_MAX);
        CU_ASSERT_TRUE(equal(a, b));
        if (s.kind != STOP_STEP) {
            CU_ASSERT_EQUAL(s.kind, STOP_EXIT);
            CU_ASSERT_EQUAL(s.arg, 9);
            break;
        }
    }
    world_free(a);
    world_free(b);
}

static void unmarked_pages(enum engine_id engine)
{
    struct world *w = busy_world(engine, (struct world_config){ 0 });
    struct snapstore store;
    struct snapshot *last = NULL;
    struct stop s = { 0 };
    snapstore_init(&store, &w->hw.arena);
    for (u64 step = 1; s.kind == STOP_NONE || s.kind == STOP_STEP; step += 97) {
        u64 before = arena_hash(&w->hw.arena);
        struct snapshot *now = snapshot_take(&store);
        machine_arena_cleaned(&w->hw);
        CU_ASSERT_EQUAL(arena_hash(&w->hw.arena), before); /* taking one changes no byte */
        if (last)
            snapshot_drop(&store, last);
        last = now;
        s = run_on(w, step, UINT64_MAX);
        CU_ASSERT_EQUAL(snapshot_check_unmarked(&store), -1);
    }
    CU_ASSERT_EQUAL(s.kind, STOP_EXIT);
    snapshot_drop(&store, last);
    snapstore_free(&store);
    world_free(w);
}

/* The tests above are sharp: a write behind the arena's back and a stored address are both seen. */
static void a_stray_write_is_seen(void)
{
    struct world *w = busy_world(ENGINE_NATIVE, (struct world_config){ 0 });
    struct snapstore store;
    snapstore_init(&store, &w->hw.arena);
    run_on(w, 100, UINT64_MAX);
    struct snapshot *s = snapshot_take(&store);
    machine_arena_cleaned(&w->hw);
    CU_ASSERT_EQUAL(snapshot_check_unmarked(&store), -1);
    arena_page(&w->hw.arena, 77)[5] ^= 1;
    CU_ASSERT_EQUAL(snapshot_check_unmarked(&store), 77);
    snapshot_drop(&store, s);
    snapstore_free(&store);
    world_free(w);
}

static void a_pointer_is_seen(void)
{
    struct world *a = busy_world(ENGINE_NATIVE, (struct world_config){ 0 });
    struct world *b = busy_world(ENGINE_NATIVE, (struct world_config){ 0 });
    CU_ASSERT_TRUE(equal(a, b));
    memcpy(a->hw.arena.base + ARENA_HOT - 8, &a->hw.arena.base, 8);
    memcpy(b->hw.arena.base + ARENA_HOT - 8, &b->hw.arena.base, 8);
    CU_ASSERT_FALSE(equal(a, b));
    world_free(a);
    world_free(b);
}

static void hot_part(enum engine_id engine)
{
    struct world *w = busy_world(engine, (struct world_config){ 0 });
    CU_ASSERT_TRUE(w->hw.arena.hot_used <= ARENA_HOT);
    world_free(w);
}

static void bases_all(void) { each_engine(two_bases); }
static void unmarked_all(void) { each_engine(unmarked_pages); }
static void hot_part_fits(void) { each_engine(hot_part); }

static const struct unit_case cases[] = {
    { "two bases, every engine", bases_all },
    { "unmarked pages, every engine", unmarked_all },
    { "a stray write is seen", a_stray_write_is_seen },
    { "a pointer is seen", a_pointer_is_seen },
    { "the hot part fits", hot_part_fits },
};

UNIT_MAIN("arena", cases)
