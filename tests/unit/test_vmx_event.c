#include "tests/unit/vmx_world.h"

/* Events delivered in non-root operation that do not exit: what they leave (SDM 3C 25.2, 27.1). */

/* mov 0x600000, %eax, where nothing is, and no stack either: #PF, #PF, #DF, #PF. */
static void page_faults_that_end(u32 bitmap, u32 reason, u32 cr2)
{
    world_up();
    vmcs_set(VMCS_GUEST_RSP, 0x500000);
    poke32(PD + 4, 0);
    vmcs_set(VMCS_EXCEPTION_BITMAP, bitmap);
    world.arch->cr2 = 0x77;
    RUN_GUEST(0xa1, 0, 0, 0x60, 0);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), reason);
    CU_ASSERT_EQUAL(world.arch->cr2, cr2);
    world_down();
}

/* It sets CR2 whatever comes of it, unless it exits itself. */
static void page_faults(void)
{
    page_faults_that_end(BIT(VEC_PF), EXIT_EXCEPTION_NMI, 0x77);
    page_faults_that_end(BIT(VEC_DF), EXIT_EXCEPTION_NMI, 0x4ffffc);
    page_faults_that_end(0, EXIT_TRIPLE_FAULT, 0x4ffffc);
}

static const struct unit_case cases[] = {
    { "CR2 of a #PF that becomes a #DF or the end", page_faults },
};

UNIT_MAIN("vmx-event", cases)
