/* interp.h - the interpreter: the shared rules of isa.h on the vcpu, its memory and its devices. */
#ifndef VMM_INTERP_H
#define VMM_INTERP_H

#include "vmm/vmm.h"

void interp_init(struct vmm *v);   /* sets up v->isa */
/* Fetch and decode at the vcpu's EIP.  Faults as a fetch would (#PF, #GP, #UD); A of the code page is
 * set only when `touch`. */
MUST_CHECK fault_t interp_fetch(struct vmm *v, struct insn *in, bool touch);
/* Execute one; FAULT_NONE: done (the caller retires). */
MUST_CHECK fault_t interp_one(struct vmm *v, struct insn *in);
MUST_CHECK fault_t interp_exec(struct vmm *v, const struct insn *in); /* without the fetch */
/* Walk the guest's tables: what a fetch at la would be.  touch=false never sets A. */
MUST_CHECK fault_t interp_translate(struct vmm *v, u32 la, unsigned access, bool touch, gpa_t *out);
/* The same, with all that the walk saw (with paging off: what an identity map would show). */
struct walk interp_walk(struct vmm *v, u32 la, unsigned access, bool touch);
/* Look at 4 bytes as a supervisor, without effect; false: not mapped or no memory. */
MUST_CHECK bool interp_peek32(const struct vmm *v, u32 la, u32 *value);
/* The virtual devices' ports, for engines that see the access decoded (VT-x). */
void interp_reset(struct vmm *v); /* the board's reset line */
void interp_take_init(struct vmm *v);
void interp_reset_fpu(struct vmm *v);
u32 interp_in(struct vmm *v, u16 port, unsigned size);
void interp_out(struct vmm *v, u16 port, unsigned size, u32 value);
/* Their registers in memory (platform_is_device). */
u32 interp_load(struct vmm *v, gpa_t at, unsigned size);
void interp_store(struct vmm *v, gpa_t at, unsigned size, u32 value);
/* What follows from a change of the vcpu's mode or tables (isa_ops.changed). */
void interp_changed(struct vmm *v, enum isa_change what, u32 arg);

#endif
