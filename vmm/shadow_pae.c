/* shadow_pae.c - bookkeeping of shadows of PAE tables.
 *
 * The hardware's tables stay 32-bit: two levels, 1024 entries of 4 bytes.  The guest's have entries of
 * 8 bytes, 512 a table, so that one shadow table (4 MB) stands for a pair of directory entries (2 MB each):
 *
 *   PDPTE registers         directory of 512          page tables of 512
 *   [0] [1] [2] [3]  --->   | 2n | 2n+1 |   --->      |        |  |        |
 *        LEVEL_ROOT           LEVEL_PAIR                half 0      half 1
 *
 * A root has a directory for each of its four quarters, a pair a page table for each half that is not a 2 MB
 * page: their sources, four words a table in the monitor's RAM, frame | P or 0.  The PDPTEs are registers: a
 * root follows them when they are loaded (shadow_switch), not when the guest's table of them is written.
 * Rights are in the leaves and depend on both levels, so what a directory entry maps goes with it. */
#include "vmm/shadow.h"

#include "vmm/vmm.h"
#include "vmm/wtrace.h"

#include <string.h>

enum { HALF = 512, QUARTER = 256 };

static mpa_t source_at(const struct vmm *v, unsigned table, unsigned i)
{
    return (mpa_t){ v->s->shadow.sources + table * SHADOW_SOURCES * 4 + i * 4 };
}

static u32 source(const struct vmm *v, unsigned table, unsigned i)
{
    return mem_read32(v->hw, source_at(v, table, i));
}

static void set_source(struct vmm *v, unsigned table, unsigned i, u32 value)
{
    mem_write32(v->hw, source_at(v, table, i), value);
    if (value)
        wtrace_add(v, (gpa_t){ PTE_FRAME(value) }, TRACE_PT);
}

void shadow_pae_new(struct vmm *v, unsigned table)
{
    memset(mem_edit(v->hw, source_at(v, table, 0), SHADOW_SOURCES * 4), 0, SHADOW_SOURCES * 4);
}

static void clear_range(struct vmm *v, unsigned table, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        shadow_clear_entry(v, table, i);
}

void shadow_pae_root(struct vmm *v, unsigned root)
{
    for (unsigned i = 0; i < 4; i++) {
        u32 pdpte = v->s->vcpu.arch.pdpte[i];
        u32 want = pdpte & PTE_P ? PTE_FRAME(pdpte) | PTE_P : 0;
        if (source(v, root, i) == want)
            continue;
        clear_range(v, root, i * QUARTER, QUARTER);
        set_source(v, root, i, want);
    }
}

static void drop_half(struct vmm *v, unsigned pair, unsigned half)
{
    clear_range(v, pair, half * HALF, HALF);
    set_source(v, pair, half, 0);
}

void shadow_pae_fill(struct vmm *v, unsigned pair, const struct walk *w)
{
    unsigned half = w->la >> 21 & 1;
    u32 want = w->large ? 0 : PTE_FRAME(w->pde) | PTE_P;
    if (source(v, pair, half) == want)
        return;
    drop_half(v, pair, half);
    set_source(v, pair, half, want);
}

static bool root_written(struct vmm *v, unsigned root, u32 at)
{
    bool found = false;
    for (unsigned i = 0; i < 4; i++)
        found = found || source(v, root, i) == (PTE_FRAME(at) | PTE_P);
    return found && !shadow_recycled(v, root);
}

/* The entry's own half, when the pair stands for it; or one page in the halves that the table maps. */
static bool pair_written(struct vmm *v, unsigned pair, u32 at)
{
    unsigned entry = (at & (PAGE_SIZE - 1)) / 8;
    bool found = false, recycled = false;
    if (v->s->shadow.table[pair].guest == (at & ~15u))
        drop_half(v, pair, entry & 1);
    for (unsigned half = 0; half < 2; half++) {
        if (source(v, pair, half) != (PTE_FRAME(at) | PTE_P))
            continue;
        shadow_clear_entry(v, pair, half * HALF + entry);
        recycled = recycled || shadow_recycled(v, pair);
        if (recycled)
            drop_half(v, pair, half);
        else
            found = true;
    }
    return found;
}

bool shadow_pae_written(struct vmm *v, unsigned table, u32 at)
{
    switch (v->s->shadow.table[table].level) {
    case LEVEL_ROOT: return root_written(v, table, at);
    case LEVEL_PAIR: return pair_written(v, table, at);
    default: return false;
    }
}
