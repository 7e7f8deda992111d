/* unit.h - the frame of a unit test program: a table of cases, run by CUnit, one line a case.
 * Exit status 0 when all passed.  `UNIT_MAIN(suite, cases)` goes last in each tests/unit/ file. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/api/base.h"

/* Pseudo-random, the same in every run: xorshift of 32 bits (Marsaglia).  The seed is not 0. */
static inline u32 unit_random(u32 *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

struct unit_case { const char *name; void (*run)(void); };

static inline int unit_run(const char *suite, const struct unit_case *cases, unsigned count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite s = CU_add_suite(suite, NULL, NULL);
    for (unsigned i = 0; i < count; i++)
        CU_add_test(s, cases[i].name, cases[i].run);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    printf("%s: %u cases, %u asserts, %u failed\n", suite, CU_get_number_of_tests_run(),
           CU_get_number_of_asserts(), failed);
    CU_cleanup_registry();
    return failed != 0;
}

#define UNIT_MAIN(suite, cases) \
    int main(void) { return unit_run(suite, cases, sizeof(cases) / sizeof((cases)[0])); }

#endif
