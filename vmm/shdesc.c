#include "vmm/shdesc.h"

#include "sim/api/desc.h"
#include "vmm/charge.h"
#include "vmm/interp.h"
#include "vmm/wtrace.h"

enum { FIRST_MONITOR_INDEX = MON_CS0 >> 3, LDT_ENTRIES = 8192 };

static mpa_t shadow_slot(const struct vmm *v, u16 sel)
{
    u32 table = sel & SEL_TI ? v->s->ldt : v->s->gdt;
    return (mpa_t){ table + (sel & 0xfff8u) };
}

/* Write only what differs: an entry into the guest must not dirty a page for nothing. */
static void put_desc(struct vmm *v, mpa_t at, u32 lo, u32 hi)
{
    mpa_t high = { at.v + 4 };
    if (mem_read32(v->hw, at) != lo)
        mem_write32(v->hw, at, lo);
    if (mem_read32(v->hw, high) != hi)
        mem_write32(v->hw, high, hi);
}

/* ---- truncation ---- */

/* An expand-down segment whose limit is the highest offset has no byte at all. */
static struct seg empty_segment(struct seg s)
{
    s.ar = (s.ar & ~15u) | AR_DB | AR_G | 7u;
    s.limit = 0xffffffffu;
    return s;
}

struct seg shdesc_truncate(struct seg s)
{
    if (AR_IS_EXPAND_DOWN(s.ar) || s.base >= MON_BASE)
        return AR_IS_CODE(s.ar) ? (struct seg){ .sel = s.sel } : empty_segment(s);
    u32 most = MON_BASE - 1 - s.base;
    if (s.limit > most)
        s.limit = most;
    if (s.limit <= 0xfffff) {
        s.ar &= ~AR_G;
    } else {
        s.ar |= AR_G;
        s.limit = ((s.limit + 1) & ~0xfffu) - 1; /* whole pages; never more than the guest's */
    }
    return s;
}

/* ---- copies of the guest's descriptors ---- */

bool shdesc_guest(const struct vmm *v, u16 sel, struct seg *out)
{
    const struct arch *s = &v->s->vcpu.arch;
    u32 at = sel & 0xfff8u, base = s->gdtr.base, limit = s->gdtr.limit, lo, hi;
    if (sel & SEL_TI) {
        base = s->ldtr.base;
        limit = s->ldtr.limit;
        if (s->ldtr.ar & AR_UNUSABLE)
            return false;
    }
    if (at + 7 > limit || !interp_peek32(v, base + at, &lo) ||
        !interp_peek32(v, base + at + 4, &hi))
        return false;
    *out = desc_unpack(sel, lo, hi);
    return true;
}

/* What the hardware may load of it: zero (not present) sends the load to the monitor. */
static bool shadow_of(const struct seg *guest, u32 *lo, u32 *hi)
{
    bool usable = (guest->ar & AR_S) && (guest->ar & AR_P) && (guest->ar & 1) &&
                  !AR_IS_EXPAND_DOWN(guest->ar) && guest->base < MON_BASE;
    *lo = *hi = 0;
    if (!usable)
        return false;
    struct seg s = shdesc_truncate(*guest);
    if (AR_DPL(s.ar) == 0)
        s.ar |= 1u << 5;
    desc_pack(&s, lo, hi);
    return true;
}

/* Watch a table and what maps it.  One bit a page: its walk sets nothing, so that the hardware may load from
 * a copy without it. */
static u32 trace_table(struct vmm *v, u32 base, u32 bytes)
{
    u32 first = PTE_FRAME(base), pages = ((base & (PAGE_SIZE - 1)) + bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    u32 quiet = 0;
    for (u32 i = 0; i < pages; i++) {
        struct walk w = interp_walk(v, first + i * PAGE_SIZE, ACCESS_READ, false);
        if (w.fault)
            continue;
        wtrace_add(v, (gpa_t){ PTE_FRAME(w.pa) }, TRACE_DESC);
        wtrace_add_tables(v, &w);
        quiet |= walk_marks(&w, ACCESS_READ) ? 0 : BIT(i);
    }
    return quiet;
}

static bool is_quiet(u32 quiet, u32 base, u32 entry)
{
    u32 at = (base & (PAGE_SIZE - 1)) + entry * 8;
    return quiet >> at / PAGE_SIZE & quiet >> (at + 7) / PAGE_SIZE & 1;
}

/* Copy one table; returns how many entries, and clears what was copied before beyond them. */
static u32 copy_table(struct vmm *v, u16 ti, u32 base, u32 bytes, u32 before, u32 most)
{
    u32 count = bytes / 8 < most ? bytes / 8 : most, first = ti ? 0 : 1, lo, hi;
    u32 quiet = count ? trace_table(v, base, count * 8) : 0;
    for (u32 i = first; i < count; i++) {
        u16 sel = (u16)(i << 3 | ti);
        struct seg guest = { 0 };
        if (is_quiet(quiet, base, i) && shdesc_guest(v, sel, &guest))
            shadow_of(&guest, &lo, &hi);
        else
            lo = hi = 0;
        put_desc(v, shadow_slot(v, sel), lo, hi);
    }
    for (u32 i = count > first ? count : first; i < before; i++)
        put_desc(v, shadow_slot(v, (u16)(i << 3 | ti)), 0, 0);
    return count;
}

void shdesc_changed(struct vmm *v)
{
    v->s->shdesc.current = 0;
}

void shdesc_written(struct vmm *v, gpa_t at)
{
    wtrace_remove(v, at, TRACE_DESC); /* the next copy puts it back if needed */
    shdesc_changed(v);
}

static bool is_entry(u32 entry_pa, gpa_t at, u32 size)
{
    u32 from = entry_pa & ~7u; /* PAE: either half */
    return at.v < from + 8 && from < at.v + size;
}

static bool is_mapped_by(struct vmm *v, u32 base, u32 count, gpa_t at, u32 size)
{
    u32 first = PTE_FRAME(base), last = PTE_FRAME(base + count * 8 - 1);
    for (u32 page = first; count; page += PAGE_SIZE) {
        struct walk w = interp_walk(v, page, ACCESS_READ, false);
        if (is_entry(w.pde_pa, at, size) || (w.pte_pa && is_entry(w.pte_pa, at, size)))
            return true;
        if (page == last)
            break;
    }
    return false;
}

void shdesc_remapped(struct vmm *v, gpa_t at, u32 size)
{
    const struct shdesc *d = &v->s->shdesc;
    const struct arch *s = &v->s->vcpu.arch;
    if (d->current && (is_mapped_by(v, s->gdtr.base, d->gdt_count, at, size) ||
                       is_mapped_by(v, s->ldtr.base, d->ldt_count, at, size)))
        shdesc_changed(v);
}

void shdesc_sync(struct vmm *v)
{
    struct shdesc *d = &v->s->shdesc;
    const struct arch *s = &v->s->vcpu.arch;
    bool has_ldt = !(s->ldtr.ar & AR_UNUSABLE) && arch_is_protected(s);
    if (d->current)
        return;
    d->gdt_count = copy_table(v, 0, s->gdtr.base, s->gdtr.limit + 1, d->gdt_count,
                              FIRST_MONITOR_INDEX);
    d->ldt_count = copy_table(v, SEL_TI, s->ldtr.base, has_ldt ? s->ldtr.limit + 1 : 0,
                              d->ldt_count, LDT_ENTRIES);
    d->current = 1;
    vmm_event(v, VMM_DESC, d->gdt_count + d->ldt_count, 0, 0);
}

/* ---- segments of the vcpu ---- */

bool shdesc_reversible(const struct vmm *v, enum sreg which)
{
    const struct seg *s = &v->s->vcpu.arch.seg[which];
    struct seg guest;
    if (SEL_IS_NULL(s->sel))
        return (s->ar & AR_UNUSABLE) != 0;
    if (!(s->sel & SEL_TI) && SEL_INDEX(s->sel) >= FIRST_MONITOR_INDEX)
        return false;
    return shdesc_guest(v, s->sel, &guest) && guest.ar == s->ar && guest.base == s->base &&
           guest.limit == s->limit;
}

bool shdesc_loadable(const struct vmm *v, enum sreg which)
{
    u16 sel = v->s->vcpu.arch.seg[which].sel;
    if (!shdesc_reversible(v, which))
        return false;
    mpa_t high = { shadow_slot(v, sel).v + 4 };
    return SEL_IS_NULL(sel) || (mem_read32(v->hw, high) >> 8 & AR_P) != 0;
}

u16 shdesc_cached(struct vmm *v, enum sreg which, unsigned ring)
{
    struct seg s = shdesc_truncate(v->s->vcpu.arch.seg[which]);
    u16 sel = (u16)(MON_CACHED + 8 * which);
    u32 lo, hi;
    if (s.ar & AR_UNUSABLE)
        return 0;
    if (!(s.ar & AR_S)) /* readable code, all of it above */
        s = empty_segment((struct seg){ .ar = AR_S });
    s.ar = (s.ar & ~(3u << 5)) | ring << 5 | AR_P | 1u;
    desc_pack(&s, &lo, &hi);
    put_desc(v, shadow_slot(v, sel), lo, hi);
    return (u16)(sel | ring);
}
