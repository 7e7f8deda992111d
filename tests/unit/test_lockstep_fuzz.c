/* Generated guests: under every engine they are, at every tick, what they are natively; and a
 * world is the same, byte for byte, however it is run.
 *
 * FUZZ_SEEDS: how many programs each case runs; FUZZ_SEED: the first; FUZZ_TICKS: how long each
 * runs. */
#include "tests/unit/unit.h"

#include "tests/unit/fuzzpair.inc"

static u64 asked(const char *name, u64 usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : usual;
}

/* ---- shrinking ---- */

static void erase(u8 *ram, const struct gen_span *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        memset(ram + s[i].at, 0x90, s[i].len);
}

static bool still_differs(struct pair_run *r, struct gen_image *image)
{
    struct pair_run again = *r;
    again.until = 2 * r->until;
    if (pair_agree(&again, image) ||
        strncmp(again.what, r->what, strcspn(r->what + 1, " :") + 1) != 0)
        return false; /* the same field is what differs first */
    *r = again;
    return true;
}

/* Take away what is not needed for the difference: halves, quarters, ... of the gadgets. */
static void shrink(struct gen *g, struct gen_image *image, struct pair_run *r)
{
    static u8 kept[GEN_END];
    for (unsigned size = (g->span_count + 1) / 2; size > 0; size /= 2) {
        for (unsigned i = 0; i < g->span_count; i += size) {
            unsigned n = size < g->span_count - i ? size : g->span_count - i;
            memcpy(kept, g->ram, sizeof kept);
            erase(g->ram, g->span + i, n);
            if (memcmp(kept, g->ram, sizeof kept) != 0 && !still_differs(r, image))
                memcpy(g->ram, kept, sizeof kept);
        }
    }
}

static void report(struct gen *g, struct gen_image *image, struct pair_run *r)
{
    printf("\n%s, seed %llu, stride %u, tick %llu:%s\n", engine_name(r->engine),
           (unsigned long long)r->seed, r->stride, (unsigned long long)r->tick, r->what);
    struct pair_run every = *r;
    every.stride = 1;
    every.until = r->tick;
    if (pair_agree(&every, image)) {
        printf("looking at every tick, there is no difference\n");
        every = *r;
    }
    pair_tell(&every, image);
    if (!getenv("FUZZ_SHRINK"))
        return;
    every.until = every.tick;
    shrink(g, image, &every);
    printf("shrunk to:\n");
    pair_tell(&every, image);
}

/* ---- against native ---- */

static bool one_program(enum engine_id engine, u64 seed)
{
    static const u32 strides[] = { 1, 1, 1, 40, 300 };
    struct gen *g = gen_new(seed);
    struct gen_image image;
    gen_make_image(g, &image);
    struct pair_run r = { .engine = engine, .seed = seed, .until = asked("FUZZ_TICKS", 3000),
                          .stride = strides[seed % COUNT(strides)] };
    if (getenv("FUZZ_LOUD"))
        fprintf(stderr, "%s, seed %llu\n", engine_name(engine), (unsigned long long)seed);
    bool agree = pair_agree(&r, &image);
    if (!agree && pair_excused(&r, &image))
        agree = true;
    if (!agree)
        report(g, &image, &r);
    free(g);
    return agree;
}

static void programs(enum engine_id engine)
{
    u64 first = asked("FUZZ_SEED", 1), count = asked("FUZZ_SEEDS", 300), failed = 0;
    for (u64 seed = first; seed < first + count && failed < asked("FUZZ_STOP", 3); seed++)
        failed += !one_program(engine, seed);
    CU_ASSERT_EQUAL(failed, 0);
}

static void interp_is_native(void) { programs(ENGINE_INTERP); }
static void bt_is_native(void) { programs(ENGINE_BT); }

static void vt_is_native(void) { programs(ENGINE_VT); }

/* ---- one engine, run in several ways ---- */

struct way {
    const char *name;
    struct world_config config;
    u64 steps; /* a run, 0: to the end */
};

static u64 hash_of(const struct world *w) { return arena_hash(&w->hw.arena); }

/* To this step, in runs of at most way->steps. */
static struct stop run_to(struct world *w, const struct way *way, u64 step)
{
    struct stop s;
    do {
        u64 next =
            way->steps && world_step(w) + way->steps < step ? world_step(w) + way->steps : step;
        struct limits limits = { .step = next, .tick = UINT64_MAX };
        s = world_run(w, &limits);
    } while (s.kind == STOP_STEP && world_step(w) < step);
    return s;
}

static bool same_ways(struct gen_image *image, u64 seed, const struct way *way, unsigned count)
{
    struct world *w[6];
    u32 noise = (u32)seed;
    bool same = true, ended = false;
    for (unsigned i = 0; i < count; i++)
        w[i] = fuzz_world(image, &way[i].config, seed);
    for (u64 step = 0; step < asked("FUZZ_TICKS", 3000) && same && !ended;) {
        noise = noise * 1664525 + 1013904223;
        step += 1 + (noise >> 8) % 400;
        struct stop first = run_to(w[0], &way[0], step);
        u64 hash = hash_of(w[0]);
        ended = first.kind != STOP_STEP;
        for (unsigned i = 1; i < count; i++) {
            struct stop s = run_to(w[i], &way[i], step);
            if (s.kind == first.kind && s.arg == first.arg && hash_of(w[i]) == hash)
                continue;
            printf("\n%s, seed %llu, by step %llu: %s is not the same world\n",
                   engine_name(way[i].config.engine), (unsigned long long)seed,
                   (unsigned long long)step, way[i].name);
            same = false;
        }
    }
    for (unsigned i = 0; i < count; i++)
        world_free(w[i]);
    return same;
}

static void ways(enum engine_id engine)
{
    const struct way way[] = {
        { "the plain one", { .engine = engine }, 0 },
        { "short runs", { .engine = engine }, 7 },
        { "one step at a time", { .engine = engine }, 1 },
        { "one instruction a block", { .engine = engine, .one_insn_blocks = true }, 0 },
        { "no caches", { .engine = engine, .drop_caches = true }, 0 },
        { "another base", { .engine = engine, .arena_hint = (void *)0x7e0000000000 }, 0 },
    };
    u64 first = asked("FUZZ_SEED", 1), count = asked("FUZZ_SEEDS", 300) / 3 + 1, failed = 0;
    for (u64 seed = first; seed < first + count && failed < asked("FUZZ_STOP", 3); seed++) {
        struct gen *g = gen_new(seed);
        struct gen_image image;
        gen_make_image(g, &image);
        failed += !same_ways(&image, seed, way, COUNT(way));
        free(g);
    }
    CU_ASSERT_EQUAL(failed, 0);
}

static void native_ways(void) { ways(ENGINE_NATIVE); }
static void interp_ways(void) { ways(ENGINE_INTERP); }
static void bt_ways(void) { ways(ENGINE_BT); }
static void vt_ways(void) { ways(ENGINE_VT); }

static const struct unit_case cases[] = {
    { "interp is native", interp_is_native }, { "bt is native", bt_is_native },
    { "vt is native", vt_is_native }, { "native, however it is run", native_ways },
    { "interp, however it is run", interp_ways }, { "bt, however it is run", bt_ways },
    { "vt, however it is run", vt_ways },
};

UNIT_MAIN("lockstep fuzz", cases)
