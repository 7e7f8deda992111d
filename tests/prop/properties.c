/* properties - what must hold for every guest under every engine (docs/exactness.md, time-travel.md).
 *
 *   properties straight GUEST..   one long run = single steps = watched = repeated = other ways to
 *                                 run; seeks find what was there; engines agree at every tick
 *   properties torture GUEST..    a snapshot at every step, caches dropped at every step: n forward,
 *                                 n back, every state as it was, every unmarked page unchanged */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lessons/lockstep.h"
#include "lessons/timeline.h"

enum { LONG = 100000, SLOW = 8000, TORTURE = 300, LOCKSTEP_TICKS = 300000 };
static unsigned checks, failures;
static const struct image *image;

static void check(bool good, const char *what, enum engine_id engine, u64 step)
{
    checks++;
    if (good)
        return;
    failures++;
    printf("FAILED: %s: %s under %s, step %llu\n", image->name, what, engine_name(engine),
           (unsigned long long)step);
}

static struct world *open_world(enum engine_id engine, struct world_config config)
{
    char error[300];
    config.engine = engine;
    config.image = image;
    config.ram_bytes = 8 << 20;
    return world_new(&config, error, sizeof error);
}

static struct stop run_to(struct world *w, u64 step)
{
    struct limits limits = { .step = step, .tick = UINT64_MAX };
    for (;;) {
        struct stop s = world_run(w, &limits);
        struct event e;
        if (s.kind != STOP_RING)
            return s;
        while (events_next(&w->hw.events, &e))
            ;
    }
}

static u64 hash(const struct world *w) { return arena_hash(&w->hw.arena); }

/* The state `steps` steps from the beginning, reached in pieces. */
static u64 hash_at(enum engine_id engine, struct world_config config, u64 step, u64 piece,
                   bool watched)
{
    struct world *w = open_world(engine, config);
    for (unsigned kind = 0; watched && kind < EVENT_KINDS; kind++)
        events_record(&w->hw.events, kind, true);
    for (u64 to = piece < step ? piece : step;; to = to + piece < step ? to + piece : step) {
        run_to(w, to);
        if (to == step)
            break;
    }
    u64 h = hash(w);
    world_free(w);
    return h;
}

static u64 length_of(enum engine_id engine)
{
    struct world *w = open_world(engine, (struct world_config){ 0 });
    run_to(w, LONG);
    u64 step = world_step(w);
    world_free(w);
    return step;
}

static void one_run(enum engine_id engine)
{
    const struct world_config plain = { 0 };
    u64 n = length_of(engine), few = n < SLOW ? n : SLOW;
    u64 straight = hash_at(engine, plain, n, n, false);
    u64 short_run = hash_at(engine, plain, few, few, false);
    check(hash_at(engine, plain, n, n, false) == straight, "a second run", engine, n);
    check(hash_at(engine, plain, n, n, true) == straight, "a watched run", engine, n);
    check(hash_at(engine, plain, n, 1, false) == straight, "single steps", engine, n);
    check(hash_at(engine, plain, n, 997, true) == straight, "watched pieces", engine, n);
    check(hash_at(engine, (struct world_config){ .one_insn_blocks = true }, few, few, false) ==
          short_run, "blocks of one", engine, few);
    check(hash_at(engine, (struct world_config){ .drop_caches = true }, few, few, false) ==
          short_run, "dropped caches", engine, few);
}

/* Marks along a run, then seeks between them in a scattered order, and steps back from each. */
static void seeks(enum engine_id engine)
{
    enum { PLACES = 12, BACK = 12 };
    u64 at[PLACES], is[PLACES], n = length_of(engine);
    struct timeline *t = timeline_new(open_world(engine, (struct world_config){ 0 }));
    timeline_spacing(t, n / 7 + 1);
    for (unsigned i = 0; i < PLACES; i++) {
        at[i] = n * (i + 1) / PLACES;
        struct limits limits = { .step = at[i], .tick = UINT64_MAX };
        while (world_step(t->world) < at[i] && timeline_run(t, &limits).kind == STOP_RING)
            ;
        is[i] = hash(t->world);
    }
    for (unsigned k = 0; k < PLACES; k++) {
        unsigned i = k * 5 % PLACES;
        timeline_seek(t, at[i]);
        check(world_step(t->world) == at[i] && hash(t->world) == is[i], "seek", engine, at[i]);
    }
    timeline_seek(t, at[PLACES / 2]);
    u64 begin = world_step(t->world);
    for (u64 i = 1; i <= BACK && i <= begin; i++)
        timeline_seek(t, begin - i);
    for (u64 i = 0; i < BACK && world_step(t->world) < begin; i++)
        timeline_seek(t, world_step(t->world) + 1);
    check(hash(t->world) == is[PLACES / 2], "n back and n forward", engine, begin);
    timeline_free(t);
}

static void agreement(const enum engine_id *engines, int count)
{
    struct lockstep_config config = { .image = image, .engine_count = count, .every = 1,
                                      .until = LOCKSTEP_TICKS, .ram_bytes = 8 << 20 };
    struct divergence d;
    char error[300] = "";
    memcpy(config.engines, engines, (size_t)count * sizeof *engines);
    memset(&d, 0, sizeof d);
    bool ran = lockstep_run(&config, &d, error, sizeof error);
    if (!ran || d.found)
        printf("%s%s\n", error, d.sentence);
    check(ran && !d.found, "agreement at every tick", engines[count - 1], d.tick);
}

static void torture(enum engine_id engine, u64 from)
{
    static u64 is[TORTURE + 1];
    struct timeline *t = timeline_new(open_world(engine, (struct world_config){ .drop_caches = true }));
    struct limits limits = { .step = from, .tick = UINT64_MAX };
    while (world_step(t->world) < from && timeline_run(t, &limits).kind == STOP_RING)
        ;
    timeline_spacing(t, 1);
    u64 n = 0, start = world_step(t->world);
    for (is[0] = hash(t->world); n < TORTURE; is[++n] = hash(t->world)) {
        limits.step = start + n + 1;
        struct stop s = timeline_run(t, &limits);
        check(snapshot_check_unmarked(&t->store) == -1, "unmarked pages", engine, start + n);
        if (s.kind != STOP_STEP)
            break;
    }
    for (u64 i = n; i-- > 0;) {
        timeline_seek(t, start + i);
        check(hash(t->world) == is[i], "a step back", engine, start + i);
    }
    timeline_seek(t, start + n);
    check(hash(t->world) == is[n], "n forward, n back, n forward", engine, start + n);
    timeline_free(t);
}

static bool there(enum engine_id engine)
{
    struct world *w = open_world(engine, (struct world_config){ 0 });
    if (w)
        world_free(w);
    return w != NULL;
}

static void guest(const char *mode, const char *path)
{
    static struct image loaded;
    char error[300];
    enum engine_id all[ENGINE_COUNT];
    int count = 0;
    if (!image_load(&loaded, path, NULL, error, sizeof error)) {
        printf("FAILED: %s\n", error);
        failures++;
        return;
    }
    image = &loaded;
    for (unsigned id = 0; id < ENGINE_COUNT; id++) {
        enum engine_id e = (enum engine_id)id;
        if (!there(e))
            continue;
        if (e != ENGINE_DIRECT)
            all[count++] = e;
        if (strcmp(mode, "torture") == 0) {
            torture(e, 0);
            torture(e, length_of(e) / 2);
            continue;
        }
        one_run(e);
        seeks(e);
    }
    if (strcmp(mode, "straight") == 0)
        agreement(all, count);
    image_free(&loaded);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "properties straight|torture GUEST..\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        guest(argv[1], argv[i]);
    printf("%s: %d guests, %u checks, %u failed\n", argv[1], argc - 2, checks, failures);
    return failures != 0;
}
