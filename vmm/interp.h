/* interp.h - the interpreter: the shared rules of isa.h on the vcpu, its memory and its devices. */
#ifndef VMM_INTERP_H
#define VMM_INTERP_H

#include "vmm/vmm.h"

void interp_init(struct vmm *v);   /* sets up v->isa */
/* Fetch and decode at the vcpu's EIP.  Faults as a fetch would (#PF, #GP, #UD); A of the code page is
 * set only when `touch`. */
MUST_CHECK fault_t interp_fetch(struct vmm *v, struct insn *in, bool touch);
/* Execute one; FAULT_NONE: done (the caller retires).  *op names it for events. */
MUST_CHECK fault_t interp_one(struct vmm *v, unsigned *op);
/* Walk the guest's tables: what a fetch at la would be.  touch=false never sets A. */
MUST_CHECK fault_t interp_translate(struct vmm *v, u32 la, unsigned access, bool touch, gpa_t *out);

#endif
