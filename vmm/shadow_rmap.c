/* shadow_rmap.c - from a guest page back to the shadow entries that map it, for traces.
 *
 * One word a guest page: 0 none, else 1 + table * 1024 + index of one entry; MANY: others may
 * map it too, and all live tables are searched.  A word may be out of date: the entry tells. */
#include "vmm/shadow.h"

#include "vmm/vmm.h"

#define MANY 0x80000000u

static mpa_t word_of(const struct vmm *v, gpa_t page)
{
    return (mpa_t){ v->s->shadow.rmap + (page.v >> PAGE_SHIFT) * 4 };
}

static bool maps(const struct vmm *v, unsigned table, unsigned index, u32 frame)
{
    const struct shadow *s = &v->s->shadow;
    if (!shadow_live(s, table) || s->table[table].level == LEVEL_ROOT)
        return false;
    u32 pte = mem_read32(v->hw, shadow_entry_mpa(s, table, index));
    return (pte & PTE_P) && PTE_FRAME(pte) == frame;
}

void shadow_rmap_set(struct vmm *v, gpa_t page, unsigned table, unsigned index)
{
    mpa_t at = word_of(v, page), frame;
    if (page.v >> PAGE_SHIFT >= v->s->guestmem.pages)
        return; /* ROM is never traced */
    u32 old = mem_read32(v->hw, at), mine = 1 + table * 1024 + index;
    if ((old & ~MANY) == mine || !guestmem_find(v, page, &frame))
        return;
    u32 other = (old & ~MANY) - 1;
    bool many = (old & MANY) ||
                (old && maps(v, other / 1024, other % 1024, PTE_FRAME(frame.v)));
    mem_write32(v->hw, at, mine | (many ? MANY : 0));
}

static bool make_read_only(struct vmm *v, unsigned table, unsigned index)
{
    mpa_t at = shadow_entry_mpa(&v->s->shadow, table, index);
    u32 pte = mem_read32(v->hw, at);
    if (!(pte & PTE_W))
        return false;
    mem_write32(v->hw, at, pte & ~(u32)PTE_W);
    return true;
}

static bool protect_everywhere(struct vmm *v, u32 frame)
{
    bool changed = false;
    for (unsigned t = 0; t < SHADOW_TABLES; t++) {
        if (!shadow_live(&v->s->shadow, t))
            continue;
        for (unsigned i = 0; i < 1024; i++)
            if (maps(v, t, i, frame) && make_read_only(v, t, i))
                changed = true;
    }
    return changed;
}

/* Of an entry that is gone the hardware may remember that it was writable. */
void shadow_protect(struct vmm *v, gpa_t page)
{
    u32 word = mem_read32(v->hw, word_of(v, page)), one = (word & ~MANY) - 1;
    mpa_t frame;
    bool changed = false;
    if (!word || !guestmem_find(v, page, &frame))
        return;
    if (word & MANY)
        changed = protect_everywhere(v, PTE_FRAME(frame.v));
    else if (maps(v, one / 1024, one % 1024, PTE_FRAME(frame.v)))
        changed = make_read_only(v, one / 1024, one % 1024);
    if (changed || v->s->shadow.dropped)
        shadow_flush_hardware(v);
}
