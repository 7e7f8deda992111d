#include "sim/api/paging.h"

#include <string.h>

/* Bits 21:13 of a PDE that maps a 4 MB page hold address bits 39:32 only with PSE-36, which
 * this processor does not have: reserved (SDM 3A table 4-4). */
#define PDE_LARGE_RESERVED 0x003fe000u
/* PAE, the low half: 20:13 of a large page; and what would be PAT (bit 12 there, bit 7 of a PTE),
 * which this processor does not have either (SDM 3A 4.4.2). */
#define PAE_LARGE_RESERVED 0x001ff000u
#define PAE_PTE_RESERVED 0x80u
#define PDPTE_RESERVED 0x1e6u

/* The error code but for P and RSVD.  I/D stays 0: neither NX nor SMEP exist (SDM 3A 4.7). */
static u32 error_code(unsigned access)
{
    return (access & ACCESS_WRITE ? PF_WRITE : 0) | (access & ACCESS_USER ? PF_USER : 0);
}

/* SDM 3A 4.6.1: rights are those that both levels grant. */
static bool is_allowed(u32 rights, u32 cr0, unsigned access)
{
    if ((access & ACCESS_USER) && !(rights & PTE_U))
        return false;
    if (!(access & ACCESS_WRITE) || (rights & PTE_W))
        return true;
    return !(access & ACCESS_USER) && !(cr0 & CR0_WP);
}

static void set_flags(const struct walk_mem *mem, u32 pa, u32 entry, u32 flags)
{
    if (~entry & flags)
        mem->write(mem->owner, pa, entry | flags);
}

/* Finish at the leaf: rights, then (SDM 3A 4.8) accessed and dirty flags, then the address. */
static void finish(const struct walk_mem *mem, struct walk *w, u32 cr0, u32 cr4,
                   unsigned access)
{
    u32 leaf = w->large ? w->pde : w->pte, inside = w->pae ? 0x001fffffu : 0x003fffffu;
    u32 dirty = access & ACCESS_WRITE ? PTE_D : 0;

    w->rights = w->pde & leaf & (PTE_W | PTE_U);
    w->rights |= leaf & (PTE_D | (cr4 & CR4_PGE ? PTE_G : 0));
    if (!is_allowed(w->rights, cr0, access)) {
        w->fault = FAULT_ERR(VEC_PF, PF_PRESENT | error_code(access));
        return;
    }
    if (mem->write) {
        w->rights |= dirty;
        set_flags(mem, w->pde_pa, w->pde, PTE_A | (w->large ? dirty : 0));
        if (!w->large)
            set_flags(mem, w->pte_pa, w->pte, PTE_A | dirty);
    }
    w->pa = w->large ? (w->pde & ~inside) | (w->la & inside)
                     : PTE_FRAME(w->pte) | (w->la & 0xfffu);
}

/* Where the directory entry is; false: PAE, and nothing is mapped in this gigabyte. */
static bool find_directory(struct walk *w, const struct arch *s)
{
    if (!w->pae) {
        w->pde_pa = PTE_FRAME(s->cr3) | (w->la >> 22) << 2;
        return true;
    }
    w->pdpte = s->pdpte[w->la >> 30];
    w->pde_pa = PTE_FRAME(w->pdpte) | (w->la >> 21 & 0x1ff) << 3;
    return (w->pdpte & PTE_P) != 0;
}

static u32 read_high(const struct walk_mem *mem, const struct walk *w, u32 pa)
{
    return w->pae ? mem->read(mem->owner, pa + 4) : 0;
}

/* Both levels, up to the first entry that stops the walk.  PF_PRESENT: nothing did; 0: one is not
 * present; PF_RESERVED: one has a reserved bit set. */
static u32 read_entries(const struct walk_mem *mem, struct walk *w, u32 cr4)
{
    w->pde = mem->read(mem->owner, w->pde_pa);
    w->pde_high = read_high(mem, w, w->pde_pa);
    if (!(w->pde & PTE_P))
        return 0;
    w->large = (w->pde & PTE_PS) && (w->pae || (cr4 & CR4_PSE));
    if (w->pde_high ||
        (w->large && (w->pde & (w->pae ? PAE_LARGE_RESERVED : PDE_LARGE_RESERVED))))
        return PF_RESERVED;
    if (w->large)
        return PF_PRESENT;
    w->pte_pa = PTE_FRAME(w->pde) |
                (w->pae ? (w->la >> 12 & 0x1ff) << 3 : (w->la >> 12 & 0x3ff) << 2);
    w->pte = mem->read(mem->owner, w->pte_pa);
    w->pte_high = read_high(mem, w, w->pte_pa);
    if (!(w->pte & PTE_P))
        return 0;
    return w->pte_high || (w->pae && (w->pte & PAE_PTE_RESERVED)) ? PF_RESERVED : PF_PRESENT;
}

struct walk paging_walk(const struct walk_mem *mem, const struct arch *s, u32 la, unsigned access)
{
    struct walk w = { .la = la, .pae = (s->cr4 & CR4_PAE) != 0 };
    u32 found = 0;

    assert(s->cr0 & CR0_PG);
    if (find_directory(&w, s))
        found = read_entries(mem, &w, s->cr4);
    if (found == PF_PRESENT)
        finish(mem, &w, s->cr0, s->cr4, access);
    else
        w.fault = FAULT_ERR(VEC_PF, (found ? PF_PRESENT | PF_RESERVED : 0) | error_code(access));
    return w;
}

bool paging_read_pdptes(const struct walk_mem *mem, u32 cr3, u32 pdpte[4])
{
    u32 entry[4];

    for (unsigned i = 0; i < 4; i++) {
        u32 at = CR3_PDPT(cr3) + i * 8;
        entry[i] = mem->read(mem->owner, at);
        u32 high = mem->read(mem->owner, at + 4);
        if ((entry[i] & PTE_P) && (high || (entry[i] & PDPTE_RESERVED)))
            return false;
    }
    memcpy(pdpte, entry, sizeof entry);
    return true;
}
