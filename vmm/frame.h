/* frame.h - the trap frame on the monitor's ring-0 stack, and the hardware state around it.
 *
 *   ESP -> [error code]  EIP  CS  EFLAGS  ESP  SS        (from an inner ring, always with ESP and SS)
 */
#ifndef VMM_FRAME_H
#define VMM_FRAME_H

#include "sim/api/desc.h"
#include "vmm/vmm.h"

struct frame { u32 error, eip, cs, eflags, esp, ss; };

/* Read the frame that the gate of `slot` pushed (hw ESP points at it). */
struct frame frame_read(const struct vmm *v, unsigned slot);
/* Put a frame where hw_iret will pop it and point the hardware's ESP there. */
void frame_write(struct vmm *v, const struct frame *f);
/* Leave into the stub (ring 1, int VEC_STUB). */
void frame_leave_stub(struct vmm *v);
/* Was it the stub (or a monitor code segment at all) that was interrupted? */
static inline bool frame_from_monitor(const struct frame *f) { return f->cs == MON_CS1; }
static inline bool frame_from_stub(const struct frame *f)
{
    return f->cs == MON_CS1 && f->eip - MON_TC < 16;
}
/* The real processor's state with what the gate pushed put back. */
void frame_interrupted(const struct vmm *v, unsigned slot, struct arch *out);
/* General registers between hardware and vcpu (not ESP: it is in the frame). */
void frame_export_regs(struct vmm *v);

#endif
