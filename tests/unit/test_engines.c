/* The monitor's guests under the other engines: the same end, the same state at every tick. */
#include "tests/unit/unit.h"

#include "bt/bt.h"
#include "tests/unit/compare.h"
#include "tests/unit/guests_kernel.h"

#define GUEST_CASE(guest) \
    static void guest##_end_state(void) \
    { \
        compare(&engine_bt, guest, guest##_end, native_exit(guest, guest##_end)); \
    } \
    static void guest##_ticks(void) { compare_ticks(&engine_bt, guest, guest##_end); }

static u32 native_exit(const u8 *code, const u8 *end)
{
    struct guest_world w;
    world_open(&w, NULL, code, (u32)(end - code));
    world_run(&w, FOREVER);
    u32 exit_code = w.stop.arg;
    world_close(&w);
    return exit_code;
}

GUEST_CASE(plain)
GUEST_CASE(kernel)
GUEST_CASE(user)
GUEST_CASE(ring3)
GUEST_CASE(old)

static void odd_states(void) { odd_ticks(&engine_bt); }
static void takes_input(void) { input(&engine_bt); }
static void shuts_down(void) { ends(&engine_bt); }

static const struct unit_case cases[] = {
    { "bt: no tables", plain_end_state },
    { "bt: no tables, every tick", plain_ticks },
    { "bt: kernel", kernel_end_state },
    { "bt: kernel, every tick", kernel_ticks },
    { "bt: user mode", user_end_state },
    { "bt: user mode, every tick", user_ticks },
    { "bt: CPL 3 and its faults", ring3_end_state },
    { "bt: CPL 3 and its faults, every tick", ring3_ticks },
    { "bt: real and virtual-8086 mode", old_end_state },
    { "bt: real and virtual-8086 mode, every tick", old_ticks },
    { "bt: odd states, every tick", odd_states },
    { "bt: input", takes_input },
    { "bt: shutdown and idle", shuts_down },
};

UNIT_MAIN("engines", cases)
