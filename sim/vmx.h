/* vmx.h - VT-x of the simulated processor: state and behaviour.  SDM 3C 23-30.
 *
 * The VMCS lives in simulated memory in a format of this processor's own (a revision id, the abort
 * indicator, then one 32-bit word a field in vmcs.def order; bit 31 of the launch word: launched). */
#ifndef SIM_MACHINE_VMX_H
#define SIM_MACHINE_VMX_H

#include "sim/api/insn.h"
#include "sim/api/fault.h"
#include "sim/api/isa.h"
#include "sim/api/vmx.h"

enum { VMCS_REVISION = 0x53545631 };

struct vmx_state {          /* arena, hot */
    u8 on;                  /* in VMX operation */
    u8 nonroot;
    u8 pad[2];
    u32 vmxon_region;       /* machine-physical */
    u32 current;            /* VMCS address, ~0: none */
    u32 idt_vectoring_info; /* of the event being delivered in non-root, 0: none */
    u32 idt_vectoring_error;
};

struct hw;
/* The ten VT-x instructions, for simulated code (isa ops->vmx; #UD rules included) ... */
MUST_CHECK fault_t vmx_exec(struct isa *x, const struct insn *in);
/* ... and for the doors. */
MUST_CHECK enum vmx_result vmx_on(struct hw *m, u32 region);
void vmx_off(struct hw *m);
MUST_CHECK enum vmx_result vmx_clear(struct hw *m, u32 region);
MUST_CHECK enum vmx_result vmx_ptrld(struct hw *m, u32 region);
u32 vmx_field_peek(const struct hw *m, u32 field);      /* current VMCS; 0 when there is none */
void vmx_field_set(struct hw *m, u32 field, u32 value); /* through mem_edit; no checks */
/* VMLAUNCH/VMRESUME: checks (26.1-26.3), then loads the guest and injects.  A failed guest-state check
 * is an entry-failure exit: host state is loaded, the result is VMX_SUCCEED and HOST_RIP runs. */
MUST_CHECK enum vmx_result vmx_enter(struct hw *m, bool launch);

/* In non-root operation, before an instruction executes: must it exit?  true: the exit has happened
 * (host state is loaded); nothing of the instruction was done. */
MUST_CHECK bool vmx_intercept(struct hw *m, const struct insn *in);
/* An exception f (or a fault while delivering one) in non-root: true if it exited. */
MUST_CHECK bool vmx_intercept_fault(struct hw *m, fault_t f, u32 fault_la);
/* An NMI, external interrupt or open interrupt window at a boundary: true if it exited. */
MUST_CHECK bool vmx_intercept_nmi(struct hw *m);
MUST_CHECK bool vmx_intercept_external(struct hw *m, u8 vector);
MUST_CHECK bool vmx_interrupt_window(struct hw *m);
void vmx_triple_fault(struct hw *m);

#endif
