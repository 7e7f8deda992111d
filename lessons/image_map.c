/* image_map.c - what a guest that is started without firmware is told of its memory. */
#include "lessons/image_impl.h"

#include "sim/dev/mptable.h"

u32 image_get32(const u8 *at)
{
    return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

void image_put32(u8 *at, u32 value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (u8)(value >> 8 * i);
}

unsigned image_regions(u32 ram, struct region region[REGIONS])
{
    u32 low = ram < LOW_END ? ram : LOW_END, high = ram < MEGABYTE ? ram : MEGABYTE;
    const struct region all[REGIONS] = {
        { 0, low, REGION_RAM },
        { LOW_END, high > LOW_END ? high - LOW_END : 0, REGION_RESERVED },
        { MEGABYTE, ram - high, REGION_RAM },
    };
    unsigned count = 0;
    for (unsigned i = 0; i < REGIONS; i++)
        if (all[i].size)
            region[count++] = all[i];
    return count;
}

void image_place_mptable(const struct image_sink *sink)
{
    u8 table[MPTABLE_SIZE];
    mptable_build(table);
    if (sink->ram_bytes >= MEGABYTE)
        sink->write(sink->owner, MPTABLE_AT, table, sizeof table);
}
