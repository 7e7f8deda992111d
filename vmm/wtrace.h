/* wtrace.h - write traces on guest pages: a service with clients (the paper, 2.3).
 *
 * A traced page has no writable shadow mapping; a guest write to it faults, is emulated, and the
 * clients are told what changed: the shadow MMU (PT), the engine's translations (CODE), the shadow
 * descriptor tables (DESC).  The monitor's own writes fire traces too. */
#ifndef VMM_WTRACE_H
#define VMM_WTRACE_H

#include "sim/api/paging.h"
#include "vmm/guestmem.h"

/* Add a trace: mappings of the page are made read-only first. */
void wtrace_add(struct vmm *v, gpa_t page, enum trace client);
/* The same for the page tables that w went through: an engine remembers where it led (PT). */
void wtrace_add_tables(struct vmm *v, const struct walk *w);
void wtrace_remove(struct vmm *v, gpa_t page, enum trace client);
/* size bytes at `at` changed from old to new; called by guestmem_write after the write. */
void wtrace_fire(struct vmm *v, gpa_t at, unsigned size, u32 old_value, u32 new_value);

#endif
