/* Snapshots: the arena at one moment, shared and restored page by page. */
#include "lessons/snapshot.h"

#include <string.h>

#include "tests/unit/unit.h"

enum { PAGES = 3000 }; /* more than two leaves of the tree */

static void open_arena(struct arena *a, void *hint)
{
    bool ok = arena_init(a, ARENA_HOT + (u64)PAGES * PAGE_SIZE, hint);
    assert(ok);
    arena_hot(a, ARENA_HOT);
    arena_paged(a, (u64)PAGES * PAGE_SIZE);
}

static void put(struct arena *a, u32 page, u32 at, u8 value)
{
    arena_touch_page(a, page);
    arena_page(a, page)[at] = value;
}

static void restores_every_byte(void)
{
    struct arena a;
    struct snapstore s;
    open_arena(&a, NULL);
    snapstore_init(&s, &a);
    put(&a, 0, 0, 1);
    put(&a, 2500, 4095, 2);
    a.base[100] = 3;
    struct snapshot *first = snapshot_take(&s);
    u64 first_hash = arena_hash(&a);
    put(&a, 0, 0, 9);
    put(&a, 1024, 7, 9);
    a.base[100] = 9;
    struct snapshot *second = snapshot_take(&s);
    u64 second_hash = arena_hash(&a);
    put(&a, 2999, 1, 9);
    snapshot_restore(&s, first);
    CU_ASSERT_EQUAL(arena_hash(&a), first_hash);
    CU_ASSERT_EQUAL(arena_page(&a, 1024)[7], 0);
    CU_ASSERT_EQUAL(arena_page(&a, 2999)[1], 0);
    snapshot_restore(&s, second);
    CU_ASSERT_EQUAL(arena_hash(&a), second_hash);
    CU_ASSERT_EQUAL(arena_page(&a, 0)[0], 9);
    CU_ASSERT_EQUAL(arena_page(&a, 2500)[4095], 2);
    CU_ASSERT_NOT_EQUAL(first_hash, second_hash);
    snapshot_drop(&s, first);
    snapshot_drop(&s, second);
    snapstore_free(&s);
    CU_ASSERT_EQUAL(snapshot_bytes(&s), 0);
    arena_free(&a);
}

static void taking_changes_no_byte(void)
{
    struct arena a;
    struct snapstore s;
    open_arena(&a, NULL);
    snapstore_init(&s, &a);
    put(&a, 5, 5, 5);
    u64 before = arena_hash(&a);
    struct snapshot *one = snapshot_take(&s);
    CU_ASSERT_EQUAL(arena_hash(&a), before);
    CU_ASSERT_EQUAL(a.dirty_count, 0);
    snapshot_drop(&s, one);
    snapstore_free(&s);
    arena_free(&a);
}

static void shares_what_did_not_change(void)
{
    struct arena a;
    struct snapstore s;
    struct snapshot *all[100];
    open_arena(&a, NULL);
    snapstore_init(&s, &a);
    for (u32 page = 0; page < PAGES; page++)
        put(&a, page, 0, 1);
    all[0] = snapshot_take(&s);
    u64 full = snapshot_bytes(&s);
    CU_ASSERT_TRUE(full > (u64)PAGES * PAGE_SIZE);
    for (u32 i = 1; i < 100; i++) {
        put(&a, i, 0, (u8)(i + 1));
        all[i] = snapshot_take(&s);
    }
    CU_ASSERT_TRUE(snapshot_bytes(&s) - full < 100 * (3 * PAGE_SIZE + 1000));
    for (u32 i = 1; i < 99; i++) /* thinning is dropping roots */
        snapshot_drop(&s, all[i]);
    snapshot_restore(&s, all[0]);
    CU_ASSERT_EQUAL(arena_page(&a, 50)[0], 1);
    snapshot_restore(&s, all[99]);
    CU_ASSERT_EQUAL(arena_page(&a, 50)[0], 51);
    snapshot_drop(&s, all[0]);
    snapshot_drop(&s, all[99]);
    snapstore_free(&s);
    CU_ASSERT_EQUAL(snapshot_bytes(&s), 0);
    arena_free(&a);
}

static void finds_a_page_written_without_a_mark(void)
{
    struct arena a;
    struct snapstore s;
    open_arena(&a, NULL);
    snapstore_init(&s, &a);
    put(&a, 7, 0, 1);
    struct snapshot *one = snapshot_take(&s);
    put(&a, 8, 0, 1);
    CU_ASSERT_EQUAL(snapshot_check_unmarked(&s), -1);
    arena_page(&a, 1999)[17] = 1; /* the mistake */
    CU_ASSERT_EQUAL(snapshot_check_unmarked(&s), 1999);
    snapshot_drop(&s, one);
    snapstore_free(&s);
    arena_free(&a);
}

static void a_page_that_is_zero_again_costs_nothing(void)
{
    struct arena a;
    struct snapstore s;
    open_arena(&a, NULL);
    snapstore_init(&s, &a);
    struct snapshot *empty = snapshot_take(&s);
    u64 bytes = snapshot_bytes(&s);
    put(&a, 3, 0, 1);
    put(&a, 3, 0, 0);
    struct snapshot *same = snapshot_take(&s);
    CU_ASSERT_TRUE(snapshot_bytes(&s) - bytes < PAGE_SIZE);
    snapshot_drop(&s, empty);
    snapshot_drop(&s, same);
    snapstore_free(&s);
    arena_free(&a);
}

static void two_bases_are_equal(void)
{
    struct arena a, b;
    struct snapstore s;
    open_arena(&a, NULL);
    open_arena(&b, (void *)0x200000000000ull);
    CU_ASSERT_NOT_EQUAL(a.base, b.base);
    put(&a, 1, 1, 1);
    put(&b, 1, 1, 1);
    snapstore_init(&s, &b);
    struct snapshot *one = snapshot_take(&s);
    put(&b, 1, 1, 2);
    snapshot_restore(&s, one);
    CU_ASSERT_EQUAL(memcmp(a.base, b.base, ARENA_HOT + 16 * PAGE_SIZE), 0);
    snapshot_drop(&s, one);
    snapstore_free(&s);
    arena_free(&a);
    arena_free(&b);
}

static const struct unit_case cases[] = {
    { "restore gives back every byte", restores_every_byte },
    { "taking one changes no byte", taking_changes_no_byte },
    { "what did not change is shared", shares_what_did_not_change },
    { "a page written without a mark is found", finds_a_page_written_without_a_mark },
    { "a page that is zero again costs nothing", a_page_that_is_zero_again_costs_nothing },
    { "two base addresses, the same bytes", two_bases_are_equal },
};
UNIT_MAIN("snapshot", cases)
