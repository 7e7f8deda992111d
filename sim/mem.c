/* mem.c - where physical addresses lead.
 *
 *   0        A0000    C0000         100000             ram_bytes        4 GB - rom_bytes   4 GB
 *   +--------+--------+-------------+------------------+ ..nothing..... +------------------+
 *   | RAM    | RAM,   | by PAM: RAM | RAM              |                | ROM              |
 *   |        | VGA's  | or the bus  |                  |                |                  |
 *   +--------+--------+-------------+------------------+                +------------------+
 *
 * On the bus, the ROM's last 128 KB end at 100000.  In the arena the ROM stands behind RAM: the store.
 * The APICs' pages (FEC00000, FEE00000 or where IA32_APIC_BASE says) come first and are not in the
 * store: tlb.c asks for them.  Text memory of the VGA is the RAM of its window.  Without firmware all of
 * C0000-FFFFF is RAM, and A20 is not wired. */
#include "sim/dev/mmio.h"
#include "sim/icache.h"
#include "sim/machine_impl.h"

#include <string.h>

enum { LOW_ROM_MAX = 128 << 10, A20 = 1 << 20 };

/* The bus below 1 MB: the ROM at its end, or nobody. */
static u32 low_bus(const struct hw *m, u32 pa)
{
    u32 rom = m->store_bytes - m->ram_bytes, shown = rom < LOW_ROM_MAX ? rom : LOW_ROM_MAX;
    u32 from_end = PAM_END - pa;
    return from_end <= shown ? m->store_bytes - from_end : STORE_NONE;
}

u32 phys_route(const struct hw *m, u32 pa, bool write)
{
    const struct platform *p = &m->state->platform;
    u32 rom = m->store_bytes - m->ram_bytes;
    if (platform_is_device(p, pa))
        return STORE_NONE;
    if (rom && !p->a20)
        pa &= ~(u32)A20;
    if (rom && pa >= 0u - rom)
        return write ? STORE_NONE : m->store_bytes - (0u - pa);
    if (rom && !(platform_pam(p, pa) & (write ? PAM_WE : PAM_RE)))
        return write ? STORE_NONE : low_bus(m, pa);
    return pa < m->ram_bytes ? pa : STORE_NONE;
}

static bool all_plain(const struct hw *m)
{
    const struct platform *p = &m->state->platform;
    if (m->store_bytes == m->ram_bytes)
        return true;
    bool open = p->a20;
    for (u32 at = PAM_START; at < PAM_END; at += 1 << 14)
        open = open && platform_pam(p, at) == (PAM_RE | PAM_WE);
    return open;
}

void machine_map_changed(struct hw *m)
{
    const struct lapic *apic = &m->state->platform.apic;
    m->plain = all_plain(m) || m->ram_bytes < PAM_START ? m->ram_bytes : PAM_START;
    if (lapic_is_on(apic) && lapic_frame(apic) < m->plain)
        m->plain = lapic_frame(apic);
    hosttlb_drop(m);
    icache_drop(m);
}

void ram_touch(struct hw *m, u32 pa, u32 len)
{
    assert((u64)pa + len <= m->ram_bytes && len > 0);
    arena_touch(&m->arena, ARENA_HOT + (u64)pa, len);
    icache_written(m, pa, len);
}

void phys_write32(struct hw *m, u32 pa, u32 value)
{
    u32 at = phys_where(m, pa, true);
    if (at > m->ram_bytes - 4)
        return;
    ram_touch(m, at, 4);
    memcpy(m->ram + at, &value, 4);
}

const u8 *machine_ram(const struct hw *m, u32 pa)
{
    u32 at = phys_where(m, pa, false);
    return at < m->store_bytes ? m->ram + at : NULL;
}

void machine_poke(struct hw *m, u32 pa, const void *bytes, u32 len)
{
    if (len == 0)
        return;
    ram_touch(m, pa, len);
    memcpy(m->ram + pa, bytes, len);
}
