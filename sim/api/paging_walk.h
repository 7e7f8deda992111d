/* paging_walk.h - the walk of paging.h as code to be built in, for a caller whose accessors are known when it
 * is compiled: the hardware's walker, which walks at each TLB miss.  All others call paging_walk. */
#ifndef SIM_API_PAGING_WALK_H
#define SIM_API_PAGING_WALK_H

#include "sim/api/paging.h"

/* Bits 21:13 of a PDE that maps a 4 MB page would be address bits 39:32 with PSE-36; bit 12 there, and bit 7
 * of a PTE, would be PAT.  This processor has neither: reserved, though without CR4.PSE nothing is
 * (SDM 3A 4.3). */
#define PDE_LARGE_RESERVED 0x003ff000u
#define PTE_RESERVED 0x80u
/* PAE, the low half of a 2 MB page: 20:13, and PAT again; CR4.PSE does not count (SDM 3A 4.4.2). */
#define PAE_LARGE_RESERVED 0x001ff000u

/* The error code but for P and RSVD; no I/D: neither NX nor SMEP exist (SDM 3A 4.7). */
ALWAYS_INLINE u32 walk_error_code(unsigned access)
{
    return (access & ACCESS_WRITE ? PF_WRITE : 0) | (access & ACCESS_USER ? PF_USER : 0);
}

/* SDM 3A 4.6.1: rights are those that both levels grant. */
ALWAYS_INLINE bool walk_is_allowed(u32 rights, u32 cr0, unsigned access)
{
    if ((access & ACCESS_USER) && !(rights & PTE_U))
        return false;
    if (!(access & ACCESS_WRITE) || (rights & PTE_W))
        return true;
    return !(access & ACCESS_USER) && !(cr0 & CR0_WP);
}

ALWAYS_INLINE void walk_set_flags(const struct walk_mem *mem, u32 pa, u32 entry, u32 flags)
{
    if (~entry & flags)
        mem->write(mem->owner, pa, entry | flags);
}

/* Finish at the leaf: rights, and the address. */
ALWAYS_INLINE void walk_finish(struct walk *w, u32 cr0, u32 cr4, unsigned access)
{
    u32 leaf = w->large ? w->pde : w->pte, inside = w->pae ? 0x001fffffu : 0x003fffffu;
    w->rights = w->pde & leaf & (PTE_W | PTE_U);
    w->rights |= leaf & (PTE_D | (cr4 & CR4_PGE ? PTE_G : 0));
    if (!walk_is_allowed(w->rights, cr0, access)) {
        w->fault = FAULT_ERR(VEC_PF, PF_PRESENT | walk_error_code(access));
        return;
    }
    w->pa = w->large ? (w->pde & ~inside) | (w->la & inside)
                     : PTE_FRAME(w->pte) | (w->la & 0xfffu);
}

/* The access that was walked for is made: accessed and dirty flags (SDM 3A 4.8). */
ALWAYS_INLINE void walk_mark(const struct walk_mem *mem, struct walk *w, unsigned access)
{
    u32 dirty = access & ACCESS_WRITE ? PTE_D : 0;
    w->rights |= dirty;
    walk_set_flags(mem, w->pde_pa, w->pde, PTE_A | (w->large ? dirty : 0));
    if (!w->large)
        walk_set_flags(mem, w->pte_pa, w->pte, PTE_A | dirty);
}

/* Where the directory entry is; false: PAE, and nothing is mapped in this gigabyte. */
ALWAYS_INLINE bool walk_find_directory(struct walk *w, const struct arch *s)
{
    if (!w->pae) {
        w->pde_pa = PTE_FRAME(s->cr3) | (w->la >> 22) << 2;
        return true;
    }
    w->pdpte = s->pdpte[w->la >> 30];
    w->pde_pa = PTE_FRAME(w->pdpte) | (w->la >> 21 & 0x1ff) << 3;
    return (w->pdpte & PTE_P) != 0;
}

ALWAYS_INLINE u32 walk_read_high(const struct walk_mem *mem, const struct walk *w, u32 pa)
{
    return w->pae ? mem->read(mem->owner, pa + 4) : 0;
}

/* Both levels, up to the first entry that stops the walk.  PF_PRESENT: nothing did; 0: one is not
 * present; PF_RESERVED: one has a reserved bit set. */
ALWAYS_INLINE u32 walk_read_entries(const struct walk_mem *mem, struct walk *w, u32 cr4)
{
    bool has_large = w->pae || (cr4 & CR4_PSE);
    w->pde = mem->read(mem->owner, w->pde_pa);
    w->pde_high = walk_read_high(mem, w, w->pde_pa);
    if (!(w->pde & PTE_P))
        return 0;
    w->large = (w->pde & PTE_PS) && has_large;
    if (w->pde_high ||
        (w->large && (w->pde & (w->pae ? PAE_LARGE_RESERVED : PDE_LARGE_RESERVED))))
        return PF_RESERVED;
    if (w->large)
        return PF_PRESENT;
    w->pte_pa = PTE_FRAME(w->pde) |
                (w->pae ? (w->la >> 12 & 0x1ff) << 3 : (w->la >> 12 & 0x3ff) << 2);
    w->pte = mem->read(mem->owner, w->pte_pa);
    w->pte_high = walk_read_high(mem, w, w->pte_pa);
    if (!(w->pte & PTE_P))
        return 0;
    return w->pte_high || (has_large && (w->pte & PTE_RESERVED)) ? PF_RESERVED : PF_PRESENT;
}

/* Nothing is written: walk_mark is for whoever makes the access. */
ALWAYS_INLINE struct walk paging_look_inline(const struct walk_mem *mem, const struct arch *s, u32 la,
                                             unsigned access)
{
    struct walk w = { .la = la, .pae = (s->cr4 & CR4_PAE) != 0 };
    u32 found = 0;

    assert(s->cr0 & CR0_PG);
    if (walk_find_directory(&w, s))
        found = walk_read_entries(mem, &w, s->cr4);
    if (found == PF_PRESENT)
        walk_finish(&w, s->cr0, s->cr4, access);
    else
        w.fault = FAULT_ERR(VEC_PF, (found ? PF_PRESENT | PF_RESERVED : 0) | walk_error_code(access));
    return w;
}

#endif
