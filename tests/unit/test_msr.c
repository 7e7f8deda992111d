/* The P6's model-specific registers, natively and under every monitor. */
#include "tests/unit/unit.h"

#include "bt/bt.h"
#include "tests/unit/compare.h"
#include "vt/vt.h"

/* #GP is counted at 0x6000 and skips the two bytes of RDMSR or WRMSR. */
#define REFUSED(insn, msr, n) "mov $" #msr ", %ecx\n" insn "\ncmpl $" #n ", 0x6000\njne msrs_bad\n"
GUEST(msrs,
    GUEST_LOAD_GDT(msrs) GUEST_GATE(msrs, 13, msrs_gp, 8e) GUEST_LOAD_IDT(msrs)
    "mov $0x10, %ecx\nmov $5, %edx\nmov $0xfffffffe, %eax\nwrmsr\n" /* the high half is cleared */
    "rdtsc\nmov %eax, 0x6010\nmov %edx, 0x6014\n"
    "nop\nnop\nmov $0x10, %ecx\nrdmsr\nmov %eax, 0x6018\nmov %edx, 0x601c\n"
    "mov $0x17, %ecx\nrdmsr\nor %edx, %eax\njnz msrs_bad\n"
    "mov $0x8b, %ecx\nmov $-1, %eax\nmov $-1, %edx\nwrmsr\n"
    "mov $1, %eax\ncpuid\nmov $0x8b, %ecx\nrdmsr\ntest %edx, %edx\njnz msrs_bad\n"
    REFUSED("wrmsr", 0x17, 1) REFUSED("rdmsr", 0x1d9, 2) REFUSED("rdmsr", 0xfe, 3) REFUSED("rdmsr", 0x277, 4)
    REFUSED("rdmsr", 0x179, 5) REFUSED("rdmsr", 0x3a, 6) REFUSED("wrmsr", 0x40000100, 7)
    "EXIT $7\nmsrs_bad: EXIT $0xbad\n"
    "msrs_gp: add $4, %esp\nincl 0x6000\naddl $2, (%esp)\niret\n"
    GUEST_GDT(msrs));

static void alike(void)
{
    static const struct engine *const monitors[] = { &engine_bt, &engine_vt, &engine_interp, &engine_direct };
    for (unsigned i = 0; i < COUNT(monitors); i++) {
        compare(monitors[i], msrs, msrs_end, 7);
        compare_ticks(monitors[i], msrs, msrs_end);
    }
}

static void counter_was_written(void)
{
    struct guest_world w;
    world_open(&w, NULL, msrs, (u32)(msrs_end - msrs));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(world_read(&w, 0x6010), 0xffffffff); /* WRMSR was one tick */
    CU_ASSERT_EQUAL(world_read(&w, 0x6014), 0);
    CU_ASSERT_EQUAL(world_read(&w, 0x6018), 5); /* RDTSC, 2 MOV, 2 NOP, MOV */
    CU_ASSERT_EQUAL(world_read(&w, 0x601c), 1);
    world_close(&w);
}

static const struct unit_case cases[] = {
    { "alike under all monitors", alike },
    { "the time stamp counter", counter_was_written },
};

UNIT_MAIN("msr", cases)
