#include "vmm/wtrace.h"

#include "vmm/charge.h"
#include "vmm/shdesc.h"

static gpa_t page_of(gpa_t at)
{
    return (gpa_t){ PTE_FRAME(at.v) };
}

void wtrace_add(struct vmm *v, gpa_t page, enum trace client)
{
    unsigned old = guestmem_traces(v, page);
    mpa_t frame;
    if ((old & client) || !guestmem_find(v, page, &frame) ||
        guestmem_a20(v, page.v).v >> PAGE_SHIFT >= v->s->guestmem.pages)
        return; /* watched already; or nobody, or ROM above RAM: nothing changes there */
    guestmem_set_traces(v, page, old | client);
    if (!old)
        shadow_protect(v, page_of(page));
    vmm_event(v, VMM_TRACE, PTE_FRAME(page.v), old | client, 0);
}

void wtrace_add_tables(struct vmm *v, const struct walk *w)
{
    if (w->fault || !(w->pde & PTE_P))
        return;
    wtrace_add(v, (gpa_t){ w->pde_pa }, TRACE_PT);
    if (w->pte_pa)
        wtrace_add(v, (gpa_t){ w->pte_pa }, TRACE_PT);
}

static void tell_engine(struct vmm *v, struct forget what)
{
    if (v->engine->forget)
        v->engine->forget(v, &what);
}

/* The mappings stay read-only: the next write faults and finds that it may pass.  Nobody will tell of a
 * change in this page table any more. */
void wtrace_remove(struct vmm *v, gpa_t page, enum trace client)
{
    unsigned old = guestmem_traces(v, page);
    if (!(old & client))
        return;
    guestmem_set_traces(v, page, old & ~(unsigned)client);
    if (client != TRACE_PT)
        return;
    shdesc_changed(v);
    tell_engine(v, (struct forget){ .kind = FORGET_MAPPINGS });
}

/* May a translation that somebody remembers have become another one?  D never does that, nor A that is set,
 * nor does an entry that was absent; where A is lost the next walk must happen, for it sets A.  Part of an
 * entry: its P is not seen.  PAE: all of the upper half counts. */
static bool remaps(bool pae, gpa_t at, unsigned size, u32 old_value, u32 new_value)
{
    u32 shift = 8 * (at.v & 3), changed = (old_value ^ new_value) << shift;
    u32 lost = (old_value & ~new_value) << shift;
    bool whole = size == 4 && (at.v & 3) == 0;
    if ((at.v & 3) + size > 4 || (pae && (at.v & 4))) /* parts of two entries */
        return true;
    bool matters = (changed & ~(u32)(PTE_A | PTE_D)) || (lost & PTE_A);
    return matters && (!whole || (old_value & PTE_P));
}

void wtrace_fire(struct vmm *v, gpa_t at, unsigned size, u32 old_value, u32 new_value)
{
    unsigned traces = guestmem_traces(v, at);
    if (old_value == new_value)
        return;
    if (traces & TRACE_PT) {
        shadow_pt_written(v, at, size);
        shdesc_remapped(v, at, size);
        if (remaps((v->s->vcpu.arch.cr4 & CR4_PAE) != 0, at, size, old_value, new_value))
            tell_engine(v, (struct forget){ .kind = FORGET_MAPPINGS });
    }
    if (traces & TRACE_DESC)
        shdesc_written(v, at);
    if (traces & TRACE_CODE)
        tell_engine(v, (struct forget){ .kind = FORGET_PAGE, .gpa = at, .size = size });
}
