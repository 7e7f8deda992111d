/* report.h - a difference, for people. */
#ifndef TESTS_SILICON_REPORT_H
#define TESTS_SILICON_REPORT_H

#include "tests/silicon/silicon.h"
#include "tests/silicon/sim.h"

struct outcome_pair {
    struct result host, sim[WAYS];
    u32 diff[WAYS];
    u8 host_page[PAGES_WRITABLE][4096], sim_page[WAYS][PAGES_WRITABLE][4096];
};

void report(u64 seed, u64 number, const struct job *j, const struct batch *before, const struct outcome_pair *p);

#endif
