/* monitor.h - run one guest natively and under an engine, and compare what is left. */
#ifndef TESTS_MONITOR_H
#define TESTS_MONITOR_H

#include <string.h>

#include "sim/machine.h"
#include "vmm/vmm.h"

#include "tests/unit/guests.h"

struct guest_world {
    struct hw hw;
    struct vmm vmm;
    const struct engine *engine; /* NULL: native */
    struct stop stop;
    struct peek peek;
};

static inline void world_open(struct guest_world *w, const struct engine *engine,
                              const u8 *code, u32 size)
{
    struct machine_config config = { .ram_bytes = GUEST_RAM + (engine ? MON_RAM : 0),
                                     .monitored = engine != NULL };
    struct arch start;
    memset(w, 0, sizeof *w);
    w->engine = engine;
    bool ok = machine_init(&w->hw, &config);
    assert(ok);
    arch_reset_multiboot(&start, GUEST_LOAD, 0);
    if (!engine) {
        machine_poke(&w->hw, GUEST_LOAD, code, size);
        *w->hw.arch = start;
        machine_arena_replaced(&w->hw);
        return;
    }
    u32 hot = arena_hot(&w->hw.arena, vmm_state_size(engine));
    vmm_init(&w->vmm, &w->hw, engine, w->hw.arena.base + hot, GUEST_RAM, &start);
    for (u32 i = 0; i < size; i++) {
        mpa_t at;
        ok = guestmem_find(&w->vmm, (gpa_t){ GUEST_LOAD + i }, &at);
        assert(ok);
        machine_poke(&w->hw, at.v, code + i, 1);
    }
    machine_enter_native(&w->hw, VEC_STUB);
    vmm_entry(&w->vmm, VEC_STUB);
}

static inline void world_run(struct guest_world *w, u64 tick)
{
    struct limits limits = { .step = 200000000, .tick = tick };
    for (;;) {
        w->stop = machine_run(&w->hw, &limits);
        if (w->stop.kind == STOP_RING) {
            struct event e;
            while (events_next(&w->hw.events, &e))
                ;
            continue;
        }
        if (w->stop.kind != STOP_NATIVE)
            break;
        if (hw_count(&w->hw) >= tick) { /* what led here did not count */
            w->stop = (struct stop){ STOP_TICK, 0 };
            break;
        }
        machine_enter_native(&w->hw, w->stop.arg);
        vmm_entry(&w->vmm, w->stop.arg);
    }
    if (w->engine)
        CU_ASSERT_TRUE(w->engine->peek(&w->vmm, &w->peek));
    if (w->engine && w->stop.kind == STOP_TICK)
        peek_pass(&w->peek, tick);
    if (!w->engine)
        w->peek = (struct peek){ .arch = *w->hw.arch, .tick = hw_count(&w->hw) };
}

static inline u32 world_read(const struct guest_world *w, u32 pa)
{
    u32 value;
    if (w->engine)
        return guestmem_read(&w->vmm, (gpa_t){ pa }, 4);
    memcpy(&value, machine_ram(&w->hw, pa), 4);
    return value;
}

static inline u32 first_difference(const struct guest_world *a, const struct guest_world *b)
{
    for (u32 pa = 0; pa < GUEST_RAM; pa += 4)
        if (world_read(a, pa) != world_read(b, pa))
            return pa;
    return GUEST_RAM;
}

static inline void tell_difference(const struct guest_world *a, const struct guest_world *b)
{
    u32 pa = first_difference(a, b);
    if (pa != GUEST_RAM)
        printf("\n  ram %x: %x, %x", pa, world_read(a, pa), world_read(b, pa));
    if (a->stop.kind != b->stop.kind || a->stop.arg != b->stop.arg)
        printf("\n  stop %d %x, %d %x", a->stop.kind, a->stop.arg, b->stop.kind, b->stop.arg);
    if (a->peek.tick != b->peek.tick)
        printf("\n  tick %llu, %llu", (unsigned long long)a->peek.tick,
               (unsigned long long)b->peek.tick);
    const u32 *x = (const u32 *)&a->peek.arch, *y = (const u32 *)&b->peek.arch;
    for (unsigned i = 0; i < sizeof(struct arch) / 4; i++)
        if (x[i] != y[i])
            printf("\n  arch word %u: %x, %x", i, x[i], y[i]);
}

static inline bool same_state(const struct guest_world *a, const struct guest_world *b)
{
    struct arch x = a->peek.arch, y = b->peek.arch;
    bool same = memcmp(&x, &y, sizeof x) == 0 && a->peek.tick == b->peek.tick &&
                a->stop.kind == b->stop.kind && a->stop.arg == b->stop.arg &&
                first_difference(a, b) == GUEST_RAM &&
                a->hw.state->outside.console_hash == b->hw.state->outside.console_hash;
    if (!same)
        tell_difference(a, b);
    return same;
}

/* Both worlds tick by tick; the first tick at which their processors differ, 0: none. */
static inline u64 lockstep(struct guest_world *a, struct guest_world *b, u64 ticks)
{
    for (u64 tick = 1; tick <= ticks; tick++) {
        world_run(a, tick);
        world_run(b, tick);
        if (memcmp(&a->peek.arch, &b->peek.arch, sizeof(struct arch)) != 0 ||
            a->peek.tick != b->peek.tick || a->stop.kind != b->stop.kind) {
            tell_difference(a, b);
            return tick;
        }
        if (a->stop.kind == STOP_EXIT)
            break;
    }
    return 0;
}

static inline void world_close(struct guest_world *w)
{
    machine_free(&w->hw);
}

#endif
