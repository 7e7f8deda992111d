/* fuzz.h - what the fuzz targets share: bytes that run out, and one machine run two ways.
 *
 * A target is LLVMFuzzerTestOneInput of libFuzzer; tests/fuzz/run.sh builds and runs them. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lessons/snapshot.h"
#include "sim/machine.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct bytes { const u8 *at, *end; };

static inline u8 take8(struct bytes *b) { return b->at < b->end ? *b->at++ : 0; }

static inline u32 take32(struct bytes *b)
{
    u32 v = take8(b);
    v |= (u32)take8(b) << 8;
    v |= (u32)take8(b) << 16;
    return v | (u32)take8(b) << 24;
}

/* What must hold whatever the input is: the process ends here when it does not. */
#define MUST(what) ((what) ? (void)0 : fuzz_failed(#what, __FILE__, __LINE__))
static inline void fuzz_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
    abort();
}

/* A machine that `setup` prepares, run twice: in decoded blocks and one careful instruction at a time, with a
 * stop at each of `stops`; the arenas must be equal byte for byte. */
struct two_ways {
    u32 ram_bytes;
    struct machine_media media;
    void (*setup)(struct hw *m, struct bytes input);
    struct bytes input;
};

/* A machine to be used again and again: every input finds it as it was made. */
struct reused { struct hw hw; struct snapstore store; struct snapshot *fresh; bool there; };

static inline struct hw *fuzz_machine(struct reused *r, const struct two_ways *t, bool careful)
{
    if (!r->there) {
        struct machine_config config = { .ram_bytes = t->ram_bytes, .one_insn_blocks = careful,
                                         .media = t->media };
        MUST(machine_init(&r->hw, &config));
        snapstore_init(&r->store, &r->hw.arena);
        r->fresh = snapshot_take(&r->store);
        r->there = true;
    }
    snapshot_restore(&r->store, r->fresh);
    machine_arena_replaced(&r->hw);
    t->setup(&r->hw, t->input);
    machine_arena_replaced(&r->hw);
    return &r->hw;
}

static inline void fuzz_two_ways(struct reused pair[2], const struct two_ways *t, const u64 *stops, u32 count)
{
    struct hw *a = fuzz_machine(&pair[0], t, false), *b = fuzz_machine(&pair[1], t, true);
    for (u32 i = 0; i < count; i++) {
        const struct limits limits = { stops[i], UINT64_MAX };
        struct stop sa = machine_run(a, &limits), sb = machine_run(b, &limits);
        MUST(sa.kind == sb.kind && sa.arg == sb.arg);
        MUST(memcmp(a->arena.base, b->arena.base, a->arena.size) == 0);
        if (sa.kind != STOP_STEP)
            break;
    }
}

#endif
