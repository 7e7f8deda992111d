/* The register log: the same records whoever executes, and nothing else changed. */
#include "sim/reglog.h"
#include "tests/unit/worlds.h"

enum { STEPS = 5000, ROOM = 97 };
struct line { u32 reg[8], eip, eflags; };

static struct line line_of(const struct reg_record *r)
{
    struct line l = { .eip = r->eip, .eflags = reg_record_eflags(r) & ~(u32)FL_RF };
    memcpy(l.reg, r->reg, sizeof l.reg);
    return l;
}

/* One step at a time: whatever is logged is the state before that step. */
static u32 single_steps(struct world *w, struct line *out)
{
    static struct reg_record room[4];
    u32 n = 0;
    for (u64 step = world_step(w); step < STEPS; step = world_step(w)) {
        struct arch before = *w->hw.arch;
        machine_log(&w->hw, room, COUNT(room));
        if (run_on(w, step + 1, UINT64_MAX).kind != STOP_STEP)
            break;
        CU_ASSERT_TRUE(machine_logged(&w->hw) <= 1);
        if (machine_logged(&w->hw) == 0)
            continue; /* a delivery, the monitor's entry, halted time */
        out[n] = line_of(room);
        CU_ASSERT_EQUAL(memcmp(out[n].reg, before.reg, sizeof out[n].reg), 0);
        CU_ASSERT_EQUAL(out[n].eip, before.eip);
        CU_ASSERT_EQUAL(out[n].eflags, before.eflags & ~(u32)FL_RF);
        n++;
    }
    return n;
}

static u32 one_run(struct world *w, struct line *out)
{
    static struct reg_record room[ROOM];
    const struct limits limits = { STEPS, UINT64_MAX };
    u32 n = 0;
    for (struct stop s = { STOP_RING, 0 }; s.kind == STOP_RING;) {
        machine_log(&w->hw, room, ROOM);
        s = world_run(w, &limits);
        for (u32 i = 0; i < machine_logged(&w->hw); i++)
            out[n++] = line_of(&room[i]);
    }
    machine_log(&w->hw, NULL, 0);
    return n;
}

static void the_same_records(void)
{
    static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT };
    static struct line a[STEPS], b[STEPS];
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct world_config config = { .ram_bytes = 0 };
        struct world *single = busy_world(all[e], config), *fast = busy_world(all[e], config);
        struct world *unlogged = busy_world(all[e], config);
        u32 n = single_steps(single, a);
        CU_ASSERT_TRUE(n > STEPS / 3);
        CU_ASSERT_EQUAL(one_run(fast, b), n);
        CU_ASSERT_EQUAL(memcmp(a, b, n * sizeof a[0]), 0);
        run_on(unlogged, STEPS, UINT64_MAX);
        CU_ASSERT_EQUAL(arena_hash(&fast->hw.arena), arena_hash(&unlogged->hw.arena));
        world_free(single);
        world_free(fast);
        world_free(unlogged);
    }
}

/* REP iterations count as what they are, and a log ends when it is told to. */
static void every_iteration(void)
{
    struct world_config config = { .ram_bytes = 0 };
    static struct reg_record room[STEPS];
    struct world *w = busy_world(ENGINE_NATIVE, config);
    const struct limits limits = { STEPS, UINT64_MAX };
    u32 same = 0;
    machine_log(&w->hw, room, STEPS);
    (void)world_run(w, &limits);
    u32 n = machine_logged(&w->hw);
    for (u32 i = 1; i < n; i++)
        same += room[i].eip == room[i - 1].eip && room[i].reg[ECX] + 1 == room[i - 1].reg[ECX];
    CU_ASSERT_TRUE(same > 100);
    machine_log(&w->hw, NULL, 0);
    (void)run_on(w, STEPS + 100, UINT64_MAX);
    CU_ASSERT_PTR_NULL(w->hw.log.next);
    world_free(w);
}

static const struct unit_case cases[] = {
    { "the same records, whoever executes", the_same_records },
    { "every iteration", every_iteration },
};
UNIT_MAIN("reglog", cases)
