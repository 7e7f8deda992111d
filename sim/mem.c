/* mem.c - RAM: the only memory there is; nothing answers elsewhere. */
#include "sim/machine_impl.h"
#include "sim/icache.h"

#include <string.h>

u32 phys_read32(const struct hw *m, u32 pa)
{
    u32 value = 0xffffffffu;
    if (pa <= m->ram_bytes - 4)
        memcpy(&value, m->ram + pa, 4);
    return value;
}

void ram_touch(struct hw *m, u32 pa, u32 len)
{
    assert((u64)pa + len <= m->ram_bytes && len > 0);
    arena_touch(&m->arena, ARENA_HOT + (u64)pa, len);
    icache_written(m, pa, len);
}

void phys_write32(struct hw *m, u32 pa, u32 value)
{
    if (pa > m->ram_bytes - 4)
        return;
    ram_touch(m, pa, 4);
    memcpy(m->ram + pa, &value, 4);
}

const u8 *machine_ram(const struct hw *m, u32 pa)
{
    return pa < m->ram_bytes ? m->ram + pa : NULL;
}

void machine_poke(struct hw *m, u32 pa, const void *bytes, u32 len)
{
    if (len == 0)
        return;
    ram_touch(m, pa, len);
    memcpy(m->ram + pa, bytes, len);
}
