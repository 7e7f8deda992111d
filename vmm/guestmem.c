#include "vmm/guestmem.h"

#include "sim/api/outside.h"
#include "sim/dev/mmio.h"
#include "vmm/vmm.h"
#include "vmm/wtrace.h"

#include <string.h>

enum { LOW_ROM_MAX = 128 << 10, A20 = 1 << 20 };

static mpa_t pmap_word(const struct vmm *v, u32 gfn)
{
    return (mpa_t){ v->s->guestmem.pmap + gfn * 4 };
}

/* ---- firmware ---- */

static const struct platform *board(const struct vmm *v) { return &v->s->platform; }

gpa_t guestmem_a20(const struct vmm *v, u32 pa)
{
    return (gpa_t){ board(v)->firmware && !board(v)->a20 ? pa & ~(u32)A20 : pa };
}

static bool in_high_rom(const struct guestmem *g, u32 pa)
{
    return g->rom_bytes && pa >= 0u - g->rom_bytes;
}

/* The ROM's last 128 KB end at 100000. */
static bool find_low_rom(const struct guestmem *g, u32 pa, mpa_t *to)
{
    u32 from_end = PAM_END - pa;
    if (from_end > LOW_ROM_MAX || from_end > g->rom_bytes)
        return false;
    *to = (mpa_t){ g->rom + g->rom_bytes - from_end };
    return true;
}

static void copy_rom(struct vmm *v)
{
    struct guestmem *g = &v->s->guestmem;
    g->rom_bytes = hw_in(v->hw, OUTSIDE_ROM_SIZE, 4);
    if (!g->rom_bytes)
        return;
    g->rom = vmm_alloc(v, g->rom_bytes / PAGE_SIZE).v;
    hw_out(v->hw, OUTSIDE_ROM_AT, 4, 0);
    for (u32 i = 0; i < g->rom_bytes; i += 4)
        mem_write32(v->hw, (mpa_t){ g->rom + i }, hw_in(v->hw, OUTSIDE_ROM_DATA, 4));
}

/* ---- the map ---- */

void guestmem_init(struct vmm *v, u32 pages)
{
    struct guestmem *g = &v->s->guestmem;
    g->pages = pages;
    g->pmap = vmm_alloc(v, (pages * 4 + PAGE_SIZE - 1) / PAGE_SIZE).v;
    for (u32 gfn = 0; gfn < pages; gfn++)
        mem_write32(v->hw, pmap_word(v, gfn), guestmem_place(gfn, pages) << PAGE_SHIFT);
    copy_rom(v);
}

mpa_t guestmem_frame(const struct vmm *v, u32 gfn)
{
    return (mpa_t){ PTE_FRAME(mem_read32(v->hw, pmap_word(v, gfn))) };
}

static bool find_ram(const struct vmm *v, u32 pa, mpa_t *to)
{
    u32 gfn = pa >> PAGE_SHIFT;
    if (gfn >= v->s->guestmem.pages || platform_is_device(board(v), pa))
        return false;
    *to = (mpa_t){ guestmem_frame(v, gfn).v | (pa & (PAGE_SIZE - 1)) };
    return true;
}

bool guestmem_find(const struct vmm *v, gpa_t from, mpa_t *to)
{
    const struct guestmem *g = &v->s->guestmem;
    u32 pa = guestmem_a20(v, from.v).v;
    if (in_high_rom(g, pa)) {
        *to = (mpa_t){ g->rom + g->rom_bytes - (0u - pa) };
        return true;
    }
    if (g->rom_bytes && !(platform_pam(board(v), pa) & PAM_RE))
        return find_low_rom(g, pa, to);
    return find_ram(v, pa, to);
}

static bool find_for_write(const struct vmm *v, gpa_t at, mpa_t *to)
{
    const struct guestmem *g = &v->s->guestmem;
    u32 pa = guestmem_a20(v, at.v).v;
    if (in_high_rom(g, pa) || (g->rom_bytes && !(platform_pam(board(v), pa) & PAM_WE)))
        return false;
    return find_ram(v, pa, to);
}

bool guestmem_takes_writes(const struct vmm *v, gpa_t page)
{
    mpa_t read, write;
    return guestmem_find(v, page, &read) && find_for_write(v, page, &write) && read.v == write.v;
}

unsigned guestmem_traces(const struct vmm *v, gpa_t page)
{
    u32 gfn = guestmem_a20(v, page.v).v >> PAGE_SHIFT;
    return gfn < v->s->guestmem.pages ? mem_read32(v->hw, pmap_word(v, gfn)) & TRACE_ALL : 0;
}

void guestmem_set_traces(struct vmm *v, gpa_t page, unsigned traces)
{
    u32 gfn = guestmem_a20(v, page.v).v >> PAGE_SHIFT;
    assert(gfn < v->s->guestmem.pages);
    u32 old = mem_read32(v->hw, pmap_word(v, gfn));
    mem_write32(v->hw, pmap_word(v, gfn), (old & ~(u32)TRACE_ALL) | traces);
}

static u32 ones(unsigned size)
{
    return 0xffffffffu >> (32 - 8 * size);
}

u32 guestmem_read(const struct vmm *v, gpa_t at, unsigned size)
{
    mpa_t where;
    u32 value = 0;
    assert((at.v & (PAGE_SIZE - 1)) + size <= PAGE_SIZE);
    if (!guestmem_find(v, at, &where))
        return ones(size);
    memcpy(&value, mem_map(v->hw, where), size);
    return value;
}

void guestmem_write(struct vmm *v, gpa_t at, unsigned size, u32 value)
{
    mpa_t where, seen;
    assert((at.v & (PAGE_SIZE - 1)) + size <= PAGE_SIZE);
    if (!find_for_write(v, at, &where))
        return;
    bool shown = guestmem_find(v, at, &seen) && seen.v == where.v;
    u32 old = guestmem_read(v, at, size);
    memcpy(mem_edit(v->hw, where, size), &value, size);
    if (shown && guestmem_traces(v, at)) /* what is not shown, nothing is derived from */
        wtrace_fire(v, at, size, old, value & ones(size));
}
