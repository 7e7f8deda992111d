/* compare.h - a guest under an engine against the same guest natively. */
#ifndef TESTS_COMPARE_H
#define TESTS_COMPARE_H

#include "tests/unit/guests_odd.h"
#include "tests/unit/monitor.h"

#define FOREVER 50000000

/* The whole run at once: the last state. */
static inline void compare(const struct engine *engine, const u8 *code, const u8 *end,
                           u32 exit_code)
{
    struct guest_world native, other;
    world_open(&native, NULL, code, (u32)(end - code));
    world_open(&other, engine, code, (u32)(end - code));
    world_run(&native, FOREVER);
    world_run(&other, FOREVER);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(native.stop.arg, exit_code);
    CU_ASSERT_TRUE(same_state(&native, &other));
    CU_ASSERT_TRUE(other.vmm.s->entries > 3);
    world_close(&native);
    world_close(&other);
}

/* Every tick on the way. */
static inline void compare_ticks(const struct engine *engine, const u8 *code, const u8 *end)
{
    struct guest_world native, other;
    world_open(&native, NULL, code, (u32)(end - code));
    world_open(&other, engine, code, (u32)(end - code));
    CU_ASSERT_EQUAL(lockstep(&native, &other, 100000), 0);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(first_difference(&native, &other), GUEST_RAM);
    world_close(&native);
    world_close(&other);
}

static inline void input(const struct engine *engine)
{
    static const struct journal_entry typed[] = {
        { .tick = 500, .byte = 'a' },   { .tick = 700, .byte = 'b' },
        { .tick = 700, .byte = 'c' },   { .tick = 50000, .byte = 'd' },
        { .tick = 50000, .byte = 'e' }, { .tick = 60000, .byte = 'g' },
    };
    struct guest_world native, other;
    world_open(&native, NULL, echo, (u32)(echo_end - echo));
    world_open(&other, engine, echo, (u32)(echo_end - echo));
    native.hw.journal = other.hw.journal = typed;
    native.hw.journal_count = other.hw.journal_count = COUNT(typed);
    world_run(&native, FOREVER);
    world_run(&other, FOREVER);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(world_read(&native, 0x6010), 'a' | 'c' << 8 | 'e' << 16 | 'g' << 24);
    CU_ASSERT_TRUE(same_state(&native, &other));
    world_close(&native);
    world_close(&other);
}

static inline void odd_ticks(const struct engine *engine)
{
    struct guest_world native, other;
    static const u32 ldt[2] = { 0x90000fff, 0x00409200 };
    u32 at = 0x60a0;
    world_open(&native, NULL, odd, (u32)(odd_end - odd));
    world_open(&other, engine, odd, (u32)(odd_end - odd));
    machine_poke(&native.hw, at, ldt, 8);
    u32 frame = guestmem_place(at >> 12, GUEST_RAM >> 12) << 12;
    machine_poke(&other.hw, frame | (at & 0xfff), ldt, 8);
    CU_ASSERT_EQUAL(lockstep(&native, &other, 10000), 0);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_TRUE(native.stop.arg >= 6);
    CU_ASSERT_EQUAL(world_read(&native, 0x600c), 3);
    CU_ASSERT_EQUAL(world_read(&native, 0x6074), 2);
    CU_ASSERT_EQUAL(world_read(&native, 0x7060), 9);
    CU_ASSERT_EQUAL(world_read(&native, 0x8064), 10);
    tell_difference(&native, &other);
    CU_ASSERT_EQUAL(first_difference(&native, &other), GUEST_RAM);
    world_close(&native);
    world_close(&other);
}

static inline void ends(const struct engine *engine)
{
    struct guest_world w;
    world_open(&w, engine, triple, (u32)(triple_end - triple));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.kind, STOP_SHUTDOWN);
    world_close(&w);
    world_open(&w, engine, idle, (u32)(idle_end - idle));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.kind, STOP_IDLE);
    CU_ASSERT_EQUAL(w.peek.tick, 3);
    CU_ASSERT_EQUAL(w.peek.arch.reg[EAX], 7);
    world_close(&w);
}

#endif
