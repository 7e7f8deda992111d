/* The monitor's guests under the other engines: the same end, the same state at every tick. */
#include "tests/unit/unit.h"

#include "bt/bt.h"
#include "tests/unit/compare.h"
#include "tests/unit/guests_kernel.h"
#include "vt/vt.h"

static u32 native_exit(const u8 *code, const u8 *end)
{
    struct guest_world w;
    world_open(&w, NULL, code, (u32)(end - code));
    world_run(&w, FOREVER);
    u32 exit_code = w.stop.arg;
    world_close(&w);
    return exit_code;
}

#define ALL_CASES(engine) \
    GUEST_CASE(engine, plain) GUEST_CASE(engine, kernel) GUEST_CASE(engine, user) \
    GUEST_CASE(engine, ring3) GUEST_CASE(engine, old) \
    static void engine##_odd(void) { odd_ticks(&engine_##engine); } \
    static void engine##_input(void) { input(&engine_##engine); } \
    static void engine##_ends(void) { ends(&engine_##engine); }
#define GUEST_CASE(engine, guest) \
    static void engine##_##guest(void) \
    { \
        compare(&engine_##engine, guest, guest##_end, native_exit(guest, guest##_end)); \
        compare_ticks(&engine_##engine, guest, guest##_end); \
    }
#define ALL_ROWS(engine) \
    { #engine ": no tables", engine##_plain }, { #engine ": kernel", engine##_kernel }, \
    { #engine ": user mode", engine##_user }, { #engine ": CPL 3 faults", engine##_ring3 }, \
    { #engine ": real and virtual-8086 mode", engine##_old }, \
    { #engine ": odd states", engine##_odd }, { #engine ": input", engine##_input }, \
    { #engine ": shutdown and idle", engine##_ends }

ALL_CASES(bt)
ALL_CASES(vt)

static const struct unit_case cases[] = { ALL_ROWS(bt), ALL_ROWS(vt) };

UNIT_MAIN("engines", cases)
