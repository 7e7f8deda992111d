/* paging_usual.h - the usual walk alone: 32-bit paging, a 4 KB page, both entries present, access allowed, no
 * bit that may be reserved.
 *
 * In pieces, for a TLB miss on the fast way: find, look at what must be set, set it.  What it does not
 * find is for paging_look_inline; where it finds, both agree. */
#ifndef SIM_API_PAGING_USUAL_H
#define SIM_API_PAGING_USUAL_H

#include "sim/api/paging_walk.h"

struct usual_walk { u32 pde_pa, pde, pte_pa, pte; };

/* true: la is mapped so; usual_walk_marks and usual_walk_rights say the rest.  false: it may be anything, and
 * paging_look_inline says what.  Nothing is written. */
ALWAYS_INLINE bool usual_walk_find(const struct walk_mem *mem, const struct arch *s, u32 la, unsigned access,
                                   struct usual_walk *w)
{
    u32 need = PTE_P | (access & ACCESS_USER ? PTE_U : 0);

    if ((access & ACCESS_WRITE) && ((access & ACCESS_USER) || (s->cr0 & CR0_WP)))
        need |= PTE_W;
    if (unlikely(s->cr4 & CR4_PAE))
        return false;
    w->pde_pa = PTE_FRAME(s->cr3) | (la >> 22) << 2;
    w->pde = mem->read(mem->owner, w->pde_pa);
    if (unlikely((w->pde & (PTE_P | PTE_PS)) != PTE_P))
        return false;
    w->pte_pa = PTE_FRAME(w->pde) | (la >> 12 & 0x3ff) << 2;
    w->pte = mem->read(mem->owner, w->pte_pa);
    return likely(((w->pte & w->pde & need) | (w->pte & PTE_RESERVED)) == need);
}

/* Flags that the walk has to set yet: A in either entry, D in the leaf (SDM 3A 4.8). */
ALWAYS_INLINE u32 usual_walk_marks(const struct usual_walk *w, unsigned access)
{
    return (~(w->pde & w->pte) & PTE_A) | (access & ACCESS_WRITE ? ~w->pte & PTE_D : 0);
}

/* Set them. */
ALWAYS_INLINE void usual_walk_mark(const struct walk_mem *mem, struct usual_walk *w, unsigned access)
{
    u32 leaf = PTE_A | (access & ACCESS_WRITE ? PTE_D : 0);

    walk_set_flags(mem, w->pde_pa, w->pde, PTE_A);
    walk_set_flags(mem, w->pte_pa, w->pte, leaf);
    w->pte |= leaf;
}

/* As in struct walk, behind usual_walk_mark where it had something to do. */
ALWAYS_INLINE u32 usual_walk_rights(const struct usual_walk *w, u32 cr4)
{
    return w->pte & ((w->pde & (PTE_W | PTE_U)) | PTE_D | (cr4 & CR4_PGE ? PTE_G : 0));
}

#endif
