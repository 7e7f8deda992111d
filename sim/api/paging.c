#include "sim/api/paging_walk.h"

#include <string.h>

#define PDPTE_RESERVED 0x1e6u

struct walk paging_walk(const struct walk_mem *mem, const struct arch *s, u32 la, unsigned access)
{
    struct walk w = paging_look_inline(mem, s, la, access);

    if (mem->write && !w.fault)
        walk_mark(mem, &w, access);
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
