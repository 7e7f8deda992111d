/* agree.h - a guest in lockstep: at every tick the engines named are what the first of them is. */
#ifndef TESTS_UNIT_AGREE_H
#define TESTS_UNIT_AGREE_H

#include <string.h>

#include "lessons/lockstep.h"
#include "tests/unit/unit.h"

/* To its end, of which the sentence says `end`. */
static inline void agree(const struct image *image, u32 ram_bytes, const enum engine_id *engines, int count,
                         const char *end)
{
    struct lockstep_config c = { .image = image, .every = 1, .until = UINT64_MAX, .ram_bytes = ram_bytes,
                                 .engine_count = count };
    struct divergence d;
    char error[300] = "";
    memcpy(c.engines, engines, (size_t)count * sizeof *engines);
    bool ran = lockstep_run(&c, &d, error, sizeof error);
    if (!ran || d.found)
        printf("\n  %s\n", ran ? d.sentence : error);
    CU_ASSERT_TRUE_FATAL(ran);
    CU_ASSERT_FALSE(d.found);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.end, end));
}

static inline void all_agree(const struct image *image, u32 ram_bytes, const char *end)
{
    static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT, ENGINE_INTERP, ENGINE_DIRECT };
    agree(image, ram_bytes, all, COUNT(all), end);
}

#endif
