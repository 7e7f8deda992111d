#include "sim/api/paging.h"

#include "sim/api/arch.h"

/* Bits 21:13 of a PDE that maps a 4 MB page hold address bits 39:32 only with PSE-36, which
 * this processor does not have: reserved (SDM 3A table 4-4). */
#define PDE_LARGE_RESERVED 0x003fe000u

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
    u32 leaf = w->large ? w->pde : w->pte;
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
    w->pa = w->large ? (w->pde & 0xffc00000u) | (w->la & 0x003fffffu)
                     : PTE_FRAME(w->pte) | (w->la & 0xfffu);
}

struct walk paging_walk(const struct walk_mem *mem, u32 cr0, u32 cr3, u32 cr4, u32 la,
                        unsigned access)
{
    struct walk w = { .la = la, .pde_pa = PTE_FRAME(cr3) | (la >> 22) << 2 };

    assert(cr0 & CR0_PG);
    w.pde = mem->read(mem->owner, w.pde_pa);
    if (!(w.pde & PTE_P)) {
        w.fault = FAULT_ERR(VEC_PF, error_code(access));
        return w;
    }
    w.large = (cr4 & CR4_PSE) && (w.pde & PTE_PS);
    if (w.large && (w.pde & PDE_LARGE_RESERVED)) {
        w.fault = FAULT_ERR(VEC_PF, PF_PRESENT | PF_RESERVED | error_code(access));
        return w;
    }
    if (!w.large) {
        w.pte_pa = PTE_FRAME(w.pde) | (la >> 12 & 0x3ff) << 2;
        w.pte = mem->read(mem->owner, w.pte_pa);
        if (!(w.pte & PTE_P)) {
            w.fault = FAULT_ERR(VEC_PF, error_code(access));
            return w;
        }
    }
    finish(mem, &w, cr0, cr4, access);
    return w;
}
