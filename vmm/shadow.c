#include "vmm/shadow.h"

#include "vmm/charge.h"
#include "vmm/wtrace.h"

#include <string.h>

enum { MONITOR_PDE = 1023, RECYCLED = 48 };

bool shadow_live(const struct shadow *s, unsigned table)
{
    return s->table[table].guest != SHADOW_FREE && s->table[table].generation == s->generation;
}

static bool paging_is_on(const struct vmm *v)
{
    return (v->s->vcpu.arch.cr0 & CR0_PG) != 0;
}

static u32 mode_now(const struct vmm *v)
{
    const struct arch *a = &v->s->vcpu.arch;
    return (a->cr0 & CR0_WP) | (a->cr4 & (CR4_PSE | CR4_PAE));
}

static bool is_pae(const struct vmm *v) { return (v->s->shadow.mode & CR4_PAE) != 0; }

/* All tables are dead; whoever calls loads CR3, so the hardware knows no large page either. */
static void new_generation(struct vmm *v)
{
    v->s->shadow.generation++;
    memset(v->s->shadow.large, 0, sizeof v->s->shadow.large);
    vmm_event(v, VMM_DROP, 0, 0, 0);
}

/* ---- the pool ---- */

static int lookup(const struct shadow *s, u32 guest, enum shadow_level level, unsigned rights)
{
    for (unsigned i = 0; i < SHADOW_TABLES; i++) {
        const struct shadow_table *t = &s->table[i];
        if (t->guest == guest && t->level == level && t->rights == rights && shadow_live(s, i))
            return (int)i;
    }
    return -1;
}

static int take_free(const struct shadow *s)
{
    for (unsigned i = 0; i < SHADOW_TABLES; i++)
        if (!shadow_live(s, i))
            return (int)i;
    return -1;
}

/* A guest table is watched as long as something is derived from it. */
static void trace_source(struct vmm *v, u32 guest, enum shadow_level level)
{
    if (level == LEVEL_TABLE || (level == LEVEL_ROOT && guest != SHADOW_NO_PAGING && !is_pae(v)))
        wtrace_add(v, (gpa_t){ guest }, TRACE_PT);
}

int shadow_table_find(struct vmm *v, u32 guest, enum shadow_level level, unsigned rights,
                      bool make)
{
    struct shadow *s = &v->s->shadow;
    int i = lookup(s, guest, level, rights);
    if (i >= 0 || !make || (i = take_free(s)) < 0)
        return i;
    trace_source(v, guest, level);
    s->table[i] = (struct shadow_table){ .guest = guest, .generation = s->generation,
                                         .level = level, .rights = (u8)rights };
    memset(mem_edit(v->hw, shadow_entry_mpa(s, i, 0), PAGE_SIZE), 0, PAGE_SIZE);
    if (is_pae(v))
        shadow_pae_new(v, (unsigned)i);
    if (level == LEVEL_ROOT && s->monitor_pt)
        mem_write32(v->hw, shadow_entry_mpa(s, i, MONITOR_PDE),
                    s->monitor_pt | PTE_P | PTE_W | PTE_A);
    return i;
}

/* The hardware may remember what is no longer written: a load of CR3 forgets it.  Under VT-x
 * the VM entry does (no VPID). */
void shadow_flush_hardware(struct vmm *v)
{
    v->s->shadow.dropped = 0;
    if (v->s->shadow.monitor_pt)
        hw_write_cr(v->hw, 3, shadow_root(v));
}

static u32 root_key(const struct vmm *v)
{
    const struct arch *a = &v->s->vcpu.arch;
    if (!paging_is_on(v))
        return SHADOW_NO_PAGING;
    return is_pae(v) ? CR3_PDPT(a->cr3) : PTE_FRAME(a->cr3);
}

static void select_root(struct vmm *v)
{
    struct shadow *s = &v->s->shadow;
    u32 guest = root_key(v);
    int root = shadow_table_find(v, guest, LEVEL_ROOT, 0, true);
    if (root < 0) {
        new_generation(v);
        root = shadow_table_find(v, guest, LEVEL_ROOT, 0, true);
    }
    assert(root >= 0);
    s->root = (u32)root;
    if (is_pae(v) && paging_is_on(v))
        shadow_pae_root(v, s->root);
    shadow_flush_hardware(v);
}

void shadow_init(struct vmm *v, bool share_monitor)
{
    struct shadow *s = &v->s->shadow;
    s->pool = vmm_alloc(v, SHADOW_TABLES).v;
    s->rmap = vmm_alloc(v, (v->s->guestmem.pages * 4 + PAGE_SIZE - 1) / PAGE_SIZE).v;
    s->sources = vmm_alloc(v, SHADOW_TABLES * SHADOW_SOURCES * 4 / PAGE_SIZE).v;
    s->monitor_pt = share_monitor ? v->s->monitor_pt : 0;
    s->generation = 1;
    s->mode = mode_now(v);
    for (unsigned i = 0; i < SHADOW_TABLES; i++)
        s->table[i].guest = SHADOW_FREE;
    select_root(v);
}

u32 shadow_root(const struct vmm *v)
{
    return shadow_entry_mpa(&v->s->shadow, v->s->shadow.root, 0).v;
}

void shadow_drop_all(struct vmm *v)
{
    new_generation(v);
    select_root(v);
}

void shadow_switch(struct vmm *v)
{
    struct shadow *s = &v->s->shadow;
    if (s->mode != mode_now(v)) {
        s->mode = mode_now(v);
        new_generation(v);
    }
    select_root(v);
    vmm_charge(v, COST_SHADOW_SWITCH);
    vmm_event(v, VMM_SHADOW, s->table[s->root].guest, shadow_root(v), 0);
}

/* The tables follow the guest's at each write, so only the hardware's memory is stale.  All of a large
 * page must go (SDM 3A 4.10.4.2), which has many entries there. */
void shadow_invlpg(struct vmm *v, u32 la)
{
    const struct shadow *s = &v->s->shadow;
    if (!s->monitor_pt || la >= MON_BASE)
        return;
    if (s->large[la >> 27] >> (la >> 22 & 31) & 1)
        shadow_flush_hardware(v);
    else
        hw_invlpg(v->hw, la);
}

/* ---- the client of TRACE_PT ---- */

void shadow_clear_entry(struct vmm *v, unsigned table, unsigned index)
{
    struct shadow *s = &v->s->shadow;
    if (s->table[table].level == LEVEL_ROOT && index == MONITOR_PDE && s->monitor_pt)
        return;
    mpa_t at = shadow_entry_mpa(s, table, index);
    if (!mem_read32(v->hw, at))
        return;
    mem_write32(v->hw, at, 0);
    s->dropped = 1;
    vmm_event(v, VMM_DROP, 1, index << (s->table[table].level == LEVEL_ROOT ? 22 : 12), 0);
}

static void unlink_from_roots(struct vmm *v, unsigned table)
{
    struct shadow *s = &v->s->shadow;
    u32 frame = shadow_entry_mpa(s, table, 0).v;
    for (unsigned i = 0; i < SHADOW_TABLES; i++) {
        if (s->table[i].level != LEVEL_ROOT || !shadow_live(s, i))
            continue;
        for (unsigned n = 0; n < 1024; n++)
            if (PTE_FRAME(mem_read32(v->hw, shadow_entry_mpa(s, i, n))) == frame)
                shadow_clear_entry(v, i, n);
    }
}

static void forget_table(struct vmm *v, unsigned table)
{
    unlink_from_roots(v, table);
    v->s->shadow.table[table].guest = SHADOW_FREE;
}

/* Many writes and no use in between: the page has another purpose now [K 4]. */
bool shadow_recycled(struct vmm *v, unsigned table)
{
    struct shadow *s = &v->s->shadow;
    struct shadow_table *t = &s->table[table];
    if (table == s->root || ++t->writes < RECYCLED)
        return false;
    t->writes = 0;
    if (t->level != LEVEL_PAIR) /* a pair stays: half of it may be in use */
        forget_table(v, table);
    return true;
}

/* One aligned guest entry at `at` changed.  Is anything derived from its page still? */
static bool entry_written(struct vmm *v, u32 at)
{
    struct shadow *s = &v->s->shadow;
    bool found = false;
    for (unsigned i = 0; i < SHADOW_TABLES; i++) {
        struct shadow_table *t = &s->table[i];
        if (!shadow_live(s, i))
            continue;
        if (is_pae(v)) {
            found = shadow_pae_written(v, i, at) || found;
            continue;
        }
        if (t->level == LEVEL_LARGE && t->guest == at)
            t->guest = SHADOW_FREE; /* its root's entry goes below */
        if (t->level > LEVEL_ROOT || t->guest != PTE_FRAME(at))
            continue;
        shadow_clear_entry(v, i, (at & 0xfff) / 4);
        found = !shadow_recycled(v, i) || found;
    }
    return found;
}

/* Nobody will tell of writes to this page from now on: no table may live on that stands for an entry of
 * it.  No directory links one, else the page would still be watched. */
static void free_entries_of(struct vmm *v, u32 page)
{
    struct shadow *s = &v->s->shadow;
    for (unsigned i = 0; i < SHADOW_TABLES; i++) {
        struct shadow_table *t = &s->table[i];
        if ((t->level == LEVEL_LARGE || t->level == LEVEL_PAIR) && t->guest != SHADOW_FREE &&
            PTE_FRAME(t->guest) == page)
            t->guest = SHADOW_FREE;
    }
}

void shadow_pt_written(struct vmm *v, gpa_t at, unsigned size)
{
    u32 first = at.v & ~3u, last = (at.v + size - 1) & ~3u;
    bool found = entry_written(v, first);
    if (last != first)
        found = entry_written(v, last) || found;
    if (found)
        return;
    free_entries_of(v, PTE_FRAME(at.v));
    wtrace_remove(v, at, TRACE_PT);
}

struct shadow_view shadow_peek(const struct vmm *v, u32 la)
{
    const struct shadow *s = &v->s->shadow;
    struct shadow_view view = { 0 };
    view.pde_mpa = shadow_entry_mpa(s, s->root, la >> 22).v;
    view.pde = mem_read32(v->hw, (mpa_t){ view.pde_mpa });
    if (view.pde & PTE_P) {
        view.pte_mpa = PTE_FRAME(view.pde) + (la >> 12 & 0x3ff) * 4;
        view.pte = mem_read32(v->hw, (mpa_t){ view.pte_mpa });
    }
    return view;
}
