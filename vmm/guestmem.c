#include "vmm/guestmem.h"

#include "sim/dev/mmio.h"
#include "vmm/vmm.h"
#include "vmm/wtrace.h"

#include <string.h>

static mpa_t pmap_word(const struct vmm *v, u32 gfn)
{
    return (mpa_t){ v->s->guestmem.pmap + gfn * 4 };
}

void guestmem_init(struct vmm *v, u32 pages)
{
    struct guestmem *g = &v->s->guestmem;
    g->pages = pages;
    g->pmap = vmm_alloc(v, (pages * 4 + PAGE_SIZE - 1) / PAGE_SIZE).v;
    for (u32 gfn = 0; gfn < pages; gfn++)
        mem_write32(v->hw, pmap_word(v, gfn), guestmem_place(gfn, pages) << PAGE_SHIFT);
}

bool guestmem_find(const struct vmm *v, gpa_t from, mpa_t *to)
{
    u32 gfn = from.v >> PAGE_SHIFT;
    if (gfn >= v->s->guestmem.pages || platform_is_device(&v->s->platform, from.v))
        return false;
    u32 frame = PTE_FRAME(mem_read32(v->hw, pmap_word(v, gfn)));
    *to = (mpa_t){ frame | (from.v & (PAGE_SIZE - 1)) };
    return true;
}

unsigned guestmem_traces(const struct vmm *v, gpa_t page)
{
    u32 gfn = page.v >> PAGE_SHIFT;
    return gfn < v->s->guestmem.pages ? mem_read32(v->hw, pmap_word(v, gfn)) & TRACE_ALL : 0;
}

void guestmem_set_traces(struct vmm *v, gpa_t page, unsigned traces)
{
    u32 gfn = page.v >> PAGE_SHIFT;
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
    mpa_t where;
    assert((at.v & (PAGE_SIZE - 1)) + size <= PAGE_SIZE);
    if (!guestmem_find(v, at, &where))
        return;
    u32 old = guestmem_read(v, at, size);
    memcpy(mem_edit(v->hw, where, size), &value, size);
    if (guestmem_traces(v, at))
        wtrace_fire(v, at, size, old, value & ones(size));
}
