/* shdesc.h - shadow descriptor tables: what the hardware sees of the guest's segments.
 *
 * Guest descriptors are copied by index with limits truncated below MON_BASE, DPL 0 made 1, A=0 made
 * not-present, as is what lies in a page whose walk would set A; system descriptors are not-present.
 * Six cached descriptors mirror the vcpu's hidden parts for segments that are nonreversible (hidden part
 * differs from the table) or, under bt, for all. */
#ifndef VMM_SHDESC_H
#define VMM_SHDESC_H

#include "vmm/vmm.h"

/* GDT, IDT, TSS, LDTR, TR of the monitor.  vmm_init calls it with callout_dpl 0; an engine whose code
 * raises VEC_CALLOUT and VEC_CONTINUE calls it again with 1. */
void shdesc_init(struct vmm *v, unsigned callout_dpl);
/* Copy the guest's GDT and LDT again when they have changed since (GDTR/LDTR load, traced write). */
void shdesc_sync(struct vmm *v);
void shdesc_changed(struct vmm *v);                    /* client of LGDT/LLDT and mode changes */
void shdesc_written(struct vmm *v, gpa_t at);          /* client of TRACE_DESC */
void shdesc_remapped(struct vmm *v, gpa_t at, u32 size); /* client of TRACE_PT */
/* Is the hidden part what loading the selector again would give?  (the classic reversibility) */
bool shdesc_reversible(const struct vmm *v, enum sreg which);
/* Reversible, and the shadow of its descriptor can be loaded by the hardware. */
bool shdesc_loadable(const struct vmm *v, enum sreg which);
/* Fill cached descriptor `which` from the vcpu's hidden part (truncated, for CPL ring) and return the
 * selector to load; 0 for an unusable segment. */
u16 shdesc_cached(struct vmm *v, enum sreg which, unsigned ring);
/* Let the escape segment MON_GS1 be loadable or not. */
void shdesc_gs_present(struct vmm *v, bool present);
/* Let the stub's segments and gate be usable from ring 1 or not: `direct` runs the guest's kernel there. */
void shdesc_stub_present(struct vmm *v, bool present);
/* A truncated copy of a segment: what limits the guest below MON_BASE. */
struct seg shdesc_truncate(struct seg s);
/* The guest's descriptor of sel as it is in memory now, without effect; false: outside or unmapped. */
bool shdesc_guest(const struct vmm *v, u16 sel, struct seg *out);

#endif
