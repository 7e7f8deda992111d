/* disk.c - what the disk holds: the file, and the pages written since, in the arena.
 *
 * The file never changes.  The first write to one of its pages copies the page into the overlay;
 * a bit of the map says that the overlay has it.  Both are in the paged part, so that the disk
 * travels in time with everything else, and memory is taken only for what was written. */
#include "sim/machine_impl.h"

#include <string.h>

static u8 *map_byte(const struct hw *m, u64 page)
{
    return m->arena.base + m->disk_map_offset + page / 8;
}

static bool is_written(const struct hw *m, u64 page)
{
    return *map_byte(m, page) >> page % 8 & 1;
}

void disk_read(const struct hw *m, u64 at, u8 *out, u32 len)
{
    assert(at + len <= (u64)m->config.media.disk_sectors * ATA_SECTOR);
    const u8 *from = is_written(m, at / PAGE_SIZE) ? m->arena.base + m->disk_offset
                                                   : m->config.media.disk;
    memcpy(out, from + at, len);
}

static void copy_page(struct hw *m, u64 page)
{
    u64 size = (u64)m->config.media.disk_sectors * ATA_SECTOR, at = page * PAGE_SIZE;
    u64 len = size - at < PAGE_SIZE ? size - at : PAGE_SIZE;
    memcpy(m->arena.base + m->disk_offset + at, m->config.media.disk + at, len);
    arena_touch(&m->arena, m->disk_map_offset + page / 8, 1);
    *map_byte(m, page) |= (u8)BIT(page % 8);
}

void disk_write(struct hw *m, u64 at, const u8 *bytes, u32 len)
{
    assert(at + len <= (u64)m->config.media.disk_sectors * ATA_SECTOR);
    arena_touch(&m->arena, m->disk_offset + at, len);
    if (!is_written(m, at / PAGE_SIZE))
        copy_page(m, at / PAGE_SIZE);
    memcpy(m->arena.base + m->disk_offset + at, bytes, len);
}
