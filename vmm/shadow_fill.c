/* shadow_fill.c - whose page fault is it?  The four owners of the paper, 2.3 and 2.4. */
#include "vmm/shadow.h"

#include "vmm/charge.h"
#include "vmm/interp.h"

/* What the leaf may grant.  A supervisor's write with guest WP=0 to a page that is read-only
 * gets an entry of its own kind: writable, but not for the user. */
static u32 leaf_rights(const struct vmm *v, const struct walk *w, unsigned access, gpa_t page)
{
    bool traced = guestmem_traces(v, page) != 0;
    u32 rights = w->rights & PTE_U;
    if (traced || !(w->rights & PTE_D) || !guestmem_takes_writes(v, page))
        return rights;
    if (w->rights & PTE_W)
        return rights | PTE_W;
    return access & ACCESS_WRITE ? PTE_W : rights;
}

/* The shadow table below the root for w->la, by what the guest has there. */
static int leaf_table(struct vmm *v, const struct walk *w)
{
    u32 rights = w->pde & (PTE_W | PTE_U);
    if (!(v->s->vcpu.arch.cr0 & CR0_PG))
        return shadow_table_find(v, w->la & 0xffc00000u, LEVEL_FLAT, 0, true);
    if (w->pae)
        return shadow_table_find(v, w->pde_pa & ~15u, LEVEL_PAIR, 0, true);
    if (w->large)
        return shadow_table_find(v, w->pde_pa, LEVEL_LARGE, 0, true);
    return shadow_table_find(v, PTE_FRAME(w->pde), LEVEL_TABLE, rights, true);
}

static unsigned link_leaf(struct vmm *v, const struct walk *w)
{
    struct shadow *s = &v->s->shadow;
    mpa_t at = shadow_entry_mpa(s, s->root, w->la >> 22);
    u32 pde = mem_read32(v->hw, at);
    if (pde & PTE_P)
        return (PTE_FRAME(pde) - s->pool) / PAGE_SIZE;
    int table = leaf_table(v, w);
    if (table < 0) { /* the pool is empty: begin again rather than search for a victim */
        shadow_drop_all(v);
        at = shadow_entry_mpa(s, s->root, w->la >> 22);
        table = leaf_table(v, w);
    }
    assert(table >= 0);
    mem_write32(v->hw, at, shadow_entry_mpa(s, (unsigned)table, 0).v | PTE_P | PTE_W | PTE_U |
                PTE_A);
    return (unsigned)table;
}

void shadow_fill(struct vmm *v, const struct walk *w, unsigned access, gpa_t page)
{
    struct shadow *s = &v->s->shadow;
    unsigned table = link_leaf(v, w), index = w->la >> 12 & 0x3ff;
    mpa_t frame;
    bool found = guestmem_find(v, page, &frame);
    assert(found);
    if (w->pae)
        shadow_pae_fill(v, table, w); /* may trace the page itself */
    if (w->large)
        s->large[w->la >> 27] |= 1u << (w->la >> 22 & 31);
    u32 rights = leaf_rights(v, w, access, page);
    mpa_t at = shadow_entry_mpa(s, table, index);
    if (mem_read32(v->hw, at) & PTE_W)
        s->dropped = 1;
    mem_write32(v->hw, at, PTE_FRAME(frame.v) | rights | PTE_P | PTE_A | (rights & PTE_W ? PTE_D : 0));
    shadow_rmap_set(v, page, table, index);
    s->table[table].writes = 0;
}

static void fill_hidden(struct vmm *v, const struct walk *w, unsigned access)
{
    gpa_t page = { PTE_FRAME(w->pa) };
    mpa_t frame;
    bool found = guestmem_find(v, page, &frame);
    assert(found);
    shadow_fill(v, w, access, page);
    vmm_charge(v, COST_HIDDEN);
    vmm_event(v, VMM_HIDDEN, w->la, page.v, frame.v);
}

enum shadow_result shadow_fault(struct vmm *v, u32 la, unsigned access, fault_t *fault)
{
    mpa_t frame;
    *fault = FAULT_NONE;
    if (v->s->shadow.monitor_pt && la >= MON_BASE)
        return SHADOW_MONITOR;
    struct walk w = interp_walk(v, la, access, false);
    gpa_t page = { PTE_FRAME(w.pa) };
    if (w.fault) {
        *fault = w.fault;
        v->isa.fault_la = la;
        vmm_charge(v, COST_TRUE_FAULT);
        vmm_event(v, VMM_TRUE_FAULT, la, fault_error(w.fault), 0);
        return SHADOW_TRUE_FAULT;
    }
    if (!guestmem_find(v, page, &frame))
        return SHADOW_DEVICE;
    if ((access & ACCESS_WRITE) && !guestmem_takes_writes(v, page))
        return SHADOW_DEVICE;
    if ((access & ACCESS_WRITE) && guestmem_traces(v, page))
        return SHADOW_TRACED;
    if (walk_marks(&w, access))
        return SHADOW_MARKS;
    fill_hidden(v, &w, access);
    return SHADOW_FILLED;
}

void shadow_mark(struct vmm *v, u32 la, unsigned access)
{
    struct walk w = interp_walk(v, la, access, true);
    assert(!w.fault);
    fill_hidden(v, &w, access);
}
