/* The translator: its table, the code it emits, the way back to the guest, and whole guests. */
#include "tests/unit/unit.h"

#include "tests/unit/monitor.h"

#include "bt/bt.h"
#include "bt/view.h"
#include "sim/api/insn.h"

#define FOREVER 50000000

GUEST(plain,
    "mov $0x80000, %esp\nmov $1000, %ecx\nxor %eax, %eax\n"
    "1: add %ecx, %eax\npush %eax\npop 0x6000(,%ecx,4)\ndec %ecx\njnz 1b\n"
    "mov $0x6004, %esi\nmov $0x7004, %edi\nmov $1000, %ecx\ncld\nrep movsd\n"
    "mov $'H', %al\nout %al, $0xe9\nmov $'i', %al\nout %al, $0xe9\n"
    "EXIT $0x5a\n");

static void compare(const u8 *code, const u8 *end, u32 exit_code)
{
    struct guest_world native, other;
    world_open(&native, NULL, code, (u32)(end - code));
    world_open(&other, &engine_bt, code, (u32)(end - code));
    world_run(&native, FOREVER);
    world_run(&other, FOREVER);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(native.stop.arg, exit_code);
    CU_ASSERT_TRUE(same_state(&native, &other));
    world_close(&native);
    world_close(&other);
}
static void plain_bt(void) { compare(plain, plain_end, 0x5a); }

static const struct unit_case cases[] = {
    { "no tables", plain_bt },
};

UNIT_MAIN("bt", cases)
