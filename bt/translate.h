/* translate.h - guest bytes to a unit: decode, classify, emit (the paper, 3.2). */
#ifndef BT_TRANSLATE_H
#define BT_TRANSLATE_H

#include "vmm/vmm.h"

/* Where the closing jump of the last unit stands, when the new unit may take its place. */
struct elide { u32 site; unsigned extra; /* guest jumps that vanish with it */ };

/* Translate the unit at eip, whose bytes lie at gpa (memory: asked by the caller).  Never sets
 * guest A bits.  over: may be NULL; the unit was put there if its tc is over->site.  May empty
 * the cache first (never when over is given and tc_room). */
u32 translate_unit(struct vmm *v, u32 eip, gpa_t gpa, const struct elide *over);
/* A new confirmation block for an indirect target in the stub area; the index of its stub. */
u32 translate_confirm(struct vmm *v, u32 eip, u32 gpa);

#endif
