#include "tui/view.h"

#include "lessons/trace.h"
#include "sim/api/paging_walk.h"
#include "tui/session.h"
#include "tui/undefined.h"
#include "vmm/event.h"
#include <string.h>

static u32 read_guest(void *owner, u32 pa)
{
    u32 value = ~0u;
    world_read_physical(owner, pa, &value, 4);
    return value;
}

static struct walk guest_walk(const struct view_context *c, u32 la, unsigned access)
{
    struct walk_mem mem = { .owner = (void *)c->world, .read = read_guest, .write = NULL };
    return paging_walk(&mem, &c->guest.arch, la, access);
}

static const char *entry_flags(u32 e, char out[32])
{
    if (!(e & PTE_P))
        return strcpy(out, "not present");
    snprintf(out, 32, "%s %s%s%s%s", e & PTE_W ? "rw" : "r-", e & PTE_U ? "user" : "kernel",
             e & PTE_A ? " A" : "", e & PTE_D ? " D" : "", e & PTE_G ? " G" : "");
    return out;
}

/* The tables in either format: entries of 4 or 8 bytes, 1024 or 512 a table. */
struct format { u32 entry, per_table, shift; u32 large /* bytes of a large page; 0: there are none */; };

static struct format format_of(const struct arch *a)
{
    if (a->cr4 & CR4_PAE)
        return (struct format){ 8, 512, 21, 1 << 21 };
    return (struct format){ 4, 1024, 22, a->cr4 & CR4_PSE ? 1 << 22 : 0 };
}

static const char *large_name(const struct view_context *c)
{
    return format_of(&c->guest.arch).large == 1 << 21 ? " 2M" : " 4M";
}

/* note: what else there is to say of the entry. */
static void add_entry(struct sheet *s, const char *level, u32 at, u32 entry, const char *note)
{
    char flags[32];
    sheet_row(s);
    sheet_text(s, "level", "%s", level);
    sheet_hex(s, "at", at, 8);
    sheet_hex(s, "entry", entry, 8);
    sheet_text(s, "rights", "%s%s", entry_flags(entry, flags), note);
}

/* An entry of PAE tables: 8 bytes, of which the upper 4 are reserved. */
static void add_wide(struct sheet *s, const char *level, u32 at, u32 low, u32 high, const char *note)
{
    char flags[32];
    sheet_row(s);
    sheet_text(s, "level", "%s", level);
    sheet_hex(s, "at", at, 8);
    sheet_text(s, "entry", "%08x'%08x", high, low);
    sheet_text(s, "rights", "%s%s", entry_flags(low, flags), note);
}

/* The last entry that the walk has read: its reserved bits end a walk. */
static const char *reserved_bits(const struct walk *w)
{
    return w->fault != FAULT_NONE && (fault_error(w->fault) & PF_RESERVED) ? " reserved bits" : "";
}

static void guest_entries(const struct view_context *c, const struct walk *w, struct sheet *s)
{
    char note[32];
    snprintf(note, sizeof note, "%s%s", w->large ? large_name(c) : "", w->pte_pa ? "" : reserved_bits(w));
    if (w->pae)
        add_wide(s, "pde", w->pde_pa, w->pde, w->pde_high, note);
    else
        add_entry(s, "pde", w->pde_pa, w->pde, note);
    if (w->pte_pa && w->pae)
        add_wide(s, "pte", w->pte_pa, w->pte, w->pte_high, reserved_bits(w));
    else if (w->pte_pa)
        add_entry(s, "pte", w->pte_pa, w->pte, reserved_bits(w));
}

/* False: the pointer leads to no directory. */
static bool add_pointer(const struct view_context *c, const struct walk *w, struct sheet *s)
{
    const struct arch *a = &c->guest.arch;
    unsigned i = w->la >> 30;
    u32 memory = read_guest((void *)c->world, CR3_PDPT(a->cr3) + i * 8);
    sheet_row(s);
    sheet_text(s, "level", "pdpte%u", i);
    sheet_hex(s, "at", CR3_PDPT(a->cr3) + i * 8, 8);
    sheet_hex(s, "entry", w->pdpte, 8);
    sheet_text(s, "rights", "%s%s", w->pdpte & PTE_P ? "present" : "not present",
               memory == w->pdpte ? "" : "; memory has changed since it was loaded");
    return w->pdpte & PTE_P;
}

static bool shadowed(const struct view_context *c)
{
    return c->monitored;
}

static void walks(const struct view_context *c, u32 la, struct sheet *s)
{
    sheet_section(s, SHEET_TABLE, "guest-walk", "the guest's walk (guest-physical)");
    if (c->guest.arch.cr0 & CR0_PG) {
        struct walk w = guest_walk(c, la, ACCESS_READ);
        if (!w.pae || add_pointer(c, &w, s))
            guest_entries(c, &w, s);
    } else {
        sheet_row(s);
        sheet_text(s, "level", "paging is off: linear is physical");
        sheet_bare(s);
    }
    if (!shadowed(c))
        return;
    struct shadow_view v = shadow_peek(&c->world->vmm, la);
    sheet_section(s, SHEET_TABLE, "shadow-walk", "the shadow's walk (machine-physical)");
    add_entry(s, "pde", v.pde_mpa, v.pde, "");
    if (v.pde & PTE_P)
        add_entry(s, "pte", v.pte_mpa, v.pte, "");
}

static const char *shadow_state(const struct view_context *c, const struct walk *w, u32 la, u32 gpa)
{
    struct shadow_view v = shadow_peek(&c->world->vmm, la);
    mpa_t machine;
    if (!(v.pde & PTE_P) || !(v.pte & PTE_P))
        return w && w->fault ? "absent, as in the guest" : "absent: not filled yet";
    if (w && w->fault)
        return "stale: the guest's entry is gone";
    if (!guestmem_find(&c->world->vmm, (gpa_t){ gpa }, &machine) ||
        PTE_FRAME(machine.v) != PTE_FRAME(v.pte))
        return "stale: another page";
    return v.pte & PTE_W ? "present, writable" : "present, read-only";
}

static void machine_page(const struct view_context *c, u32 la, struct sheet *s)
{
    bool paging = c->guest.arch.cr0 & CR0_PG;
    struct walk w = { .pa = la };
    if (paging)
        w = guest_walk(c, la, ACCESS_READ);
    sheet_section(s, SHEET_PAIRS, "result", "the result");
    sheet_row(s);
    sheet_hex(s, "linear", la, 8);
    if (w.fault == FAULT_NONE)
        sheet_hex(s, "guest-physical", w.pa, 8);
    else
        sheet_text(s, "guest-physical", "page fault, error code %x", fault_error(w.fault));
    if (!shadowed(c))
        return;
    mpa_t machine;
    gpa_t page = { w.pa };
    if (w.fault == FAULT_NONE && guestmem_find(&c->world->vmm, page, &machine)) {
        unsigned traces = guestmem_traces(&c->world->vmm, page);
        sheet_hex(s, "machine", machine.v, 8);
        sheet_text(s, "traced", "%s%s%s%s", traces & TRACE_PT ? "P" : "", traces & TRACE_CODE ? "C" : "",
                   traces & TRACE_DESC ? "D" : "", traces ? "" : "no");
    }
    sheet_text(s, "shadow", "%s", shadow_state(c, paging ? &w : NULL, la, w.pa));
}

/* ---- all present mappings, runs of pages with equal rights joined ---- */
struct run { u32 la, pa, pages, rights; u32 filled, traced; };

static void add_run(const struct view_context *c, struct sheet *s, const struct run *r)
{
    char flags[32];
    sheet_row(s);
    sheet_hex(s, "linear", r->la, 8);
    sheet_hex(s, "to", r->la + (r->pages << PAGE_SHIFT) - 1, 8);
    sheet_hex(s, "physical", r->pa, 8);
    sheet_number(s, "pages", r->pages);
    sheet_text(s, "rights", "%s%s", entry_flags(r->rights | PTE_P, flags),
               r->rights & PTE_PS ? large_name(c) : "");
    if (shadowed(c)) {
        sheet_text(s, "shadow", "%u/%u", r->filled, r->pages);
        sheet_text(s, "traced", "%u", r->traced);
    }
}

static void count_shadow(const struct view_context *c, struct run *r, u32 la, u32 pa)
{
    if (!shadowed(c))
        return;
    struct shadow_view v = shadow_peek(&c->world->vmm, la);
    r->filled += (v.pde & PTE_P) && (v.pte & PTE_P);
    r->traced += guestmem_traces(&c->world->vmm, (gpa_t){ pa }) != 0;
}

static void map_page(const struct view_context *c, struct sheet *s, struct run *r, u32 la,
                     u32 pa, u32 rights)
{
    bool joins = r->pages && la == r->la + (r->pages << PAGE_SHIFT) &&
                 pa == r->pa + (r->pages << PAGE_SHIFT) && rights == r->rights;
    if (!joins) {
        if (r->pages)
            add_run(c, s, r);
        *r = (struct run){ .la = la, .pa = pa, .rights = rights };
    }
    r->pages++;
    count_shadow(c, r, la, pa);
}

static bool has_reserved(const struct format *f, u32 entry, bool directory)
{
    u32 in_large = f->entry == 8 ? PAE_LARGE_RESERVED : PDE_LARGE_RESERVED;
    if (!f->large)
        return false;
    return directory ? (entry & PTE_PS) && (entry & in_large) : (entry & PTE_RESERVED) != 0;
}

/* Entry i of the table or directory at pa; one that no walk would use is as good as absent. */
static u32 read_table(const struct view_context *c, const struct format *f, u32 pa, u32 i,
                      bool directory)
{
    u32 low = read_guest((void *)c->world, PTE_FRAME(pa) + i * f->entry);
    u32 high = f->entry == 8 ? read_guest((void *)c->world, PTE_FRAME(pa) + i * 8 + 4) : 0;
    return low == ~0u || high || has_reserved(f, low, directory) ? 0 : low;
}

static void map_table(const struct view_context *c, struct sheet *s, struct run *r, u32 la, u32 pde)
{
    struct format f = format_of(&c->guest.arch);
    u32 keep = PTE_W | PTE_U | PTE_G;
    for (u32 j = 0; j < f.per_table; j++) {
        u32 at = la | j << PAGE_SHIFT, pte;
        if ((pde & PTE_PS) && f.large)
            map_page(c, s, r, at, (pde & ~(f.large - 1)) | j << PAGE_SHIFT, pde & (keep | PTE_PS));
        else if ((pte = read_table(c, &f, pde, j, false)) & PTE_P)
            map_page(c, s, r, at, PTE_FRAME(pte), (pte & PTE_G) | (pte & pde & (PTE_W | PTE_U)));
    }
}

static void map(const struct view_context *c, struct sheet *s)
{
    const struct arch *a = &c->guest.arch;
    struct format f = format_of(a);
    struct run r = { 0 };
    sheet_section(s, SHEET_TABLE, "map", "all present mappings of the guest");
    for (u32 i = 0; a->cr0 & CR0_PG && i < 1u << (32 - f.shift); i++) {
        u32 directory = f.entry == 8 ? a->pdpte[i / 512] : a->cr3 | PTE_P;
        u32 pde = directory & PTE_P ? read_table(c, &f, directory, i % f.per_table, true) : 0;
        if (pde & PTE_P)
            map_table(c, s, &r, i << f.shift, pde);
    }
    if (r.pages)
        add_run(c, s, &r);
}

static void faults(const struct view_context *c, struct sheet *s)
{
    static const u16 kinds[] = { VMM_HIDDEN, VMM_TRUE_FAULT, VMM_TRACED, VMM_DEVICE, VMM_ABOVE };
    static const char *const owners[] = { "hidden", "true", "traced", "no memory", "monitor's range" };
    const struct debug *d = c->session->debug;
    char words[320];
    int shown = 0;
    sheet_section(s, SHEET_TABLE, "faults", "the last faults and their owners");
    for (u32 i = d->log_count; i-- > 0 && shown < 8;) {
        const struct event *e = &d->log[(d->log_first + i) % DEBUG_LOG];
        for (unsigned k = 0; k < COUNT(kinds) && e->step <= world_step(c->world); k++) {
            if (e->kind != kinds[k])
                continue;
            event_words(e, c->world->image, words, sizeof words);
            sheet_row(s);
            sheet_number(s, "tick", e->tick);
            sheet_text(s, "owner", "%s", owners[k]);
            sheet_text(s, "event", "%s", words);
            shown++;
        }
    }
}

void view_paging(const struct view_context *c, struct sheet *s)
{
    u32 la;
    const struct arch *a = &c->guest.arch;
    if (!view_address(c, s, a->seg[CS].base + a->eip, &la))
        return;
    machine_page(c, la, s);
    walks(c, la, s);
    map(c, s);
    if (c->monitored)
        faults(c, s);
}
