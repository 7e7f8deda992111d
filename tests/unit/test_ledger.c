/* The cost table: every sum the paper publishes comes out of the accounts (docs/ledger.md). */
#include "tests/unit/unit.h"

#include "sim/api/cost.h"

#include <string.h>

#define CYCLES(id) ((int)cost_p4_672[COST_##id].cycles)

static void software(void)
{
    int gate = CYCLES(GATE) + CYCLES(IRET);
    CU_ASSERT_EQUAL(gate + CYCLES(EMULATE), 2030);            /* trap and emulate rdtsc, 3.3 */
    CU_ASSERT_EQUAL(gate + CYCLES(CALLOUT), 1254);            /* callout, 3.3 */
    CU_ASSERT_EQUAL(CYCLES(VDEVICE), 216);                    /* in, software, 6.3 */
    CU_ASSERT_EQUAL(CYCLES(TRANSLATE), 2300);                 /* an instruction, 6.3 */
    CU_ASSERT_EQUAL(CYCLES(IO), 3209);                        /* in, native, 6.3 */
    CU_ASSERT_EQUAL(CYCLES(MOV_CR), 150);                     /* cr8wr, native, 6.3 */
    CU_ASSERT_EQUAL(CYCLES(CLI_STI), 60);                     /* cli, 3.2 */
}

static void faults(void)
{
    int handler = 889 - CYCLES(GATE) - CYCLES(IRET);          /* of the divzero test itself */
    CU_ASSERT_EQUAL(handler, 139);
    CU_ASSERT_EQUAL(889 + CYCLES(PAGE_FAULT), 1093);          /* pgfault, native */
    CU_ASSERT_EQUAL(CYCLES(FORWARD) + CYCLES(GATE) + CYCLES(IRET), 2334);
    CU_ASSERT_EQUAL(889 + CYCLES(FORWARD) + CYCLES(GATE) + CYCLES(IRET), 3223); /* divzero */
    CU_ASSERT_EQUAL(3223 + CYCLES(TRUE_FAULT), 3927);         /* pgfault, software */
}

static void hardware(void)
{
    int trip = CYCLES(VMENTRY) + CYCLES(VMEXIT);
    int rebuild = 10 * CYCLES(VMREAD);                        /* a typical exit, 7.1 */
    CU_ASSERT_EQUAL(trip, 4340);
    CU_ASSERT_EQUAL(rebuild, 1780);
    CU_ASSERT_EQUAL(CYCLES(VMWRITE), 171);
    CU_ASSERT_EQUAL(trip + rebuild + CYCLES(VT_IO), 15826);   /* in, hardware */
    CU_ASSERT_EQUAL(trip + rebuild + CYCLES(VT_PTE), 12733);  /* ptemod, hardware */
    CU_ASSERT_EQUAL(1093 + trip + rebuild + CYCLES(VT_PF), 11242); /* pgfault, hardware */
}

/* Every row names its source: the paper's section, arithmetic on it, or a choice said to be one. */
static void sources(void)
{
    for (unsigned i = 0; i < COST_COUNT; i++) {
        const char *s = cost_p4_672[i].source;
        CU_ASSERT_TRUE(strncmp(s, "A ", 2) == 0 || strncmp(s, "[derived] ", 10) == 0 ||
                       strncmp(s, "[chosen]", 8) == 0);
        CU_ASSERT_TRUE(strlen(cost_p4_672[i].name) > 0 && strlen(cost_p4_672[i].text) > 0);
    }
}

static void charging(void)
{
    struct ledger l;
    memset(&l, 0, sizeof l);
    ledger_charge(&l, COST_GATE);
    ledger_charge_cycles(&l, COST_CALLOUT, 7);
    ledger_charge(&l, COST_GATE);
    CU_ASSERT_EQUAL(l.total, 2u * (u64)CYCLES(GATE) + 7);
    CU_ASSERT_EQUAL(l.cycles[COST_GATE], 2u * (u64)CYCLES(GATE));
    CU_ASSERT_EQUAL(l.count[COST_GATE], 2);
    CU_ASSERT_EQUAL(ledger_total(&l, 100), l.total + 100 * (u64)CYCLES(PLAIN));
}

static const struct unit_case cases[] = {
    { "software: 2030, 1254, 216, 2300", software },
    { "faults: 1093, 3223, 3927", faults },
    { "hardware: 4340, 15826, 12733, 11242", hardware },
    { "every row names its source", sources },
    { "charging", charging },
};

UNIT_MAIN("ledger", cases)
