/* paging.h - the page-table formats and the walk, as the manual gives them.
 *
 * Entries, 32-bit paging                                           SDM 3A 4.3, tables 4-5, 4-6
 *  31              12 11 9 8  7   6 5 4   3   2 1 0
 * +------------------+----+-+----+-+-+---+---+-+-+-+
 * |   page frame     |free|G|PS/T|D|A|PCD|PWT|U|W|P|    PS only in a PDE with CR4.PSE (4 MB page)
 * +------------------+----+-+----+-+-+---+---+-+-+-+
 * PAE paging: the same below 63:32; all of that is reserved here     SDM 3A 4.4, tables 4-8 to 4-11
 *  63    32
 * +--------+--- - -   MAXPHYADDR is 32 (CPUID 80000008H), so physical addresses have 32 bits in
 * |reserved|          every mode, and XD does not exist.  PS of a PDE always counts (2 MB page).
 * +--------+--- - -   A page-directory-pointer-table entry has P, PWT, PCD, free bits and the frame. */
#ifndef SIM_API_PAGING_H
#define SIM_API_PAGING_H

#include "sim/api/arch.h"
#include "sim/api/fault.h"

enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_PWT = 8, PTE_PCD = 16, PTE_A = 32, PTE_D = 64,
       PTE_PS = 128, PTE_G = 256 };
#define PTE_FRAME(pte) ((pte) & 0xfffff000u)
/* With PAE paging CR3 points to four entries of 8 bytes; bits 4:0 are ignored (table 4-7). */
#define CR3_PDPT(cr3) ((cr3) & 0xffffffe0u)

/* How an access asks; USER means CPL 3 and not an implicit supervisor access. */
enum access { ACCESS_READ = 0, ACCESS_WRITE = 1, ACCESS_USER = 2, ACCESS_FETCH = 4 };

/* What the error code of a #PF says of the access (SDM 3A 4.7); a fetch is a read there. */
static inline unsigned access_of_fault(u32 error)
{
    return (error & PF_WRITE ? ACCESS_WRITE : 0) | (error & PF_USER ? ACCESS_USER : 0);
}

/* Where the walker reads and writes entries: simulated RAM for the hardware, guest memory for
 * the monitor.  read returns false where no memory answers (all ones are read then). */
struct walk_mem {
    void *owner;
    u32 (*read)(void *owner, u32 pa);
    void (*write)(void *owner, u32 pa, u32 value); /* NULL: look only, A and D stay */
};

struct walk {
    u32 la;
    u32 pde_pa, pde; /* entry as it was before A was set; pde_pa is valid unless pdpte has P = 0 */
    u32 pte_pa, pte; /* pte_pa = 0 when no table was read (large page, or PDE not present) */
    u32 pdpte;       /* PAE: the register that la goes through; else 0 */
    u32 pde_high, pte_high; /* PAE: bits 63:32 */
    u32 pa;          /* the translated address; valid when fault is FAULT_NONE */
    u32 rights;      /* PTE_W, PTE_U, PTE_G, PTE_D as combined over both levels (D after the walk) */
    u8 large;        /* a 4 MB page; PAE: 2 MB */
    u8 pae;          /* PAE paging: entries are 8 bytes */
    fault_t fault;   /* #PF with its error code, or FAULT_NONE */
};

static inline bool paging_is_pae(u32 cr0, u32 cr4) { return (cr0 & CR0_PG) && (cr4 & CR4_PAE); }

/* Translate la with s->cr0, cr3, cr4 and, with PAE, pdpte.  Checks everything first; only when the
 * access is allowed are A (both levels) and D (write, leaf) set, each with one write, only if
 * clear.  cr0.PG must be 1. */
struct walk paging_walk(const struct walk_mem *mem, const struct arch *s, u32 la, unsigned access);

/* Would, or did, this walk set A or D?  false for a fault. */
static inline bool walk_marks(const struct walk *w, unsigned access)
{
    u32 leaf = w->large ? w->pde : w->pte;
    if (w->fault || !(w->pde & PTE_P))
        return false;
    return !(w->pde & leaf & PTE_A) || ((access & ACCESS_WRITE) && !(leaf & PTE_D));
}

/* The four entries at CR3 as the registers take them (SDM 3A 4.4.1): low halves, in pdpte[4].  false:
 * a present one has a reserved bit (63:32, 8:5, 2:1) set; pdpte is unchanged then. */
MUST_CHECK bool paging_read_pdptes(const struct walk_mem *mem, u32 cr3, u32 pdpte[4]);

#endif
