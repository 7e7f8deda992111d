/* direct.h - direct execution: the guest's own code on the hardware, under shadow descriptors.
 *
 * Guest CPL 3 runs at CPL 3; guest CPL 0 (engine_direct only) at CPL 1.  Selectors stay the guest's,
 * but for the RPL of CS and SS and for nonreversible segments of CPL 0, which use cached descriptors. */
#ifndef VMM_DIRECT_H
#define VMM_DIRECT_H

#include "vmm/vmm.h"

/* Can this state run directly at all, at its own CPL? */
bool direct_can_run(const struct vmm *v);
/* vcpu -> hardware, ends in hw_iret; into the stub if CPL 3 has a segment that the hardware cannot load */
void direct_enter(struct vmm *v);
/* The guest's state while (or as) it ran directly: real has the hardware's registers, EIP, EFLAGS,
 * selectors and CPL; hidden parts and system registers come from the vcpu and the guest's tables. */
void direct_view(const struct vmm *v, const struct arch *real, struct arch *out);
/* The same into the vcpu, at the window, from the frame of `slot`. */
void direct_import(struct vmm *v, unsigned slot);
/* The cause that the gate of `slot` means, whatever ran. */
void direct_cause(struct vmm *v, unsigned slot, struct cause *cause);

#endif
