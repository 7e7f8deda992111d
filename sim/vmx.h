/* vmx.h - VT-x of the simulated processor: state and behaviour.  SDM 3C 23-30.
 *
 * The VMCS lives in simulated memory in a format of this processor's own (a revision id, the
 * abort indicator, the launch state, then one 32-bit word a field in vmcs.def order). */
#ifndef SIM_MACHINE_VMX_H
#define SIM_MACHINE_VMX_H

#include "sim/api/insn.h"
#include "sim/api/fault.h"
#include "sim/api/isa.h"
#include "sim/api/vmx.h"

enum { VMCS_REVISION = 0x53545631, VMX_ADDRESS_NONE = -1 };

struct vmx_state {          /* arena, hot */
    u8 on;                  /* in VMX operation */
    u8 nonroot;
    u8 virtual_nmi_blocked; /* non-root with "virtual NMIs" (24.6.1) */
    u8 iret_unblocked;      /* the IRET under way ended NMI blocking (27.2.2) */
    u32 vmxon_region;       /* machine-physical, ~0: none */
    u32 current;            /* VMCS address, ~0: none */
    u32 idt_vectoring_info; /* of the event being delivered in non-root, 0: none */
    u32 idt_vectoring_error;
    u32 vectoring_length;   /* instruction length, when that event is a software one */
    u16 task_selector;      /* of a task switch that was tried: vmx_task_exit */
    u8 task_source;         /* as in the exit qualification, bits 31:30 */
    u8 task_pending;
};

struct hw;
/* The ten VT-x instructions, for simulated code (isa ops->vmx): #UD and #GP rules, flags, EIP.
 * FAULT_VMEXIT: VMLAUNCH or VMRESUME went through, the processor is elsewhere now. */
MUST_CHECK fault_t vmx_exec(struct isa *x, const struct insn *in);
/* ... and for the doors.  vmx_read and vmx_write charge for VMREAD and VMWRITE. */
MUST_CHECK enum vmx_result vmx_on(struct hw *m, u32 region);
void vmx_off(struct hw *m);
void vmx_reset(struct hw *m); /* RESET: out of VMX operation, from wherever it was */
MUST_CHECK enum vmx_result vmx_clear(struct hw *m, u32 region);
MUST_CHECK enum vmx_result vmx_ptrld(struct hw *m, u32 region);
MUST_CHECK enum vmx_result vmx_read(struct hw *m, u32 field, u32 *value);
MUST_CHECK enum vmx_result vmx_write(struct hw *m, u32 field, u32 value);
u32 vmx_field_peek(const struct hw *m, u32 field);      /* current VMCS; 0 when there is none */
void vmx_field_set(struct hw *m, u32 field, u32 value); /* mem_edit; no checks, no charge */
/* VMLAUNCH/VMRESUME: checks (26.1-26.3), then loads the guest and injects.  A failed
 * guest-state check is an entry-failure exit: host state is loaded, the result is VMX_SUCCEED
 * and HOST_RIP runs.  Entry and whatever exit it leads to are one step, the caller's. */
MUST_CHECK enum vmx_result vmx_enter(struct hw *m, bool launch);
/* The VMX capability MSRs and IA32_FEATURE_CONTROL, read-only; false: not one of them. */
MUST_CHECK bool vmx_rdmsr(u32 msr, u64 *value);

/* Must vmx_intercept see this operation, when state->vmx.on? */
bool vmx_watches(enum op op);
/* In VMX operation, before a watched instruction executes; arch.shadow is still what the one
 * before it left.  FAULT_VMEXIT: it exited (host state is loaded).  An exception: it faults, to
 * be treated as if isa_exec had returned it.  FAULT_NONE: execute it, unless *done: it was
 * executed here (MOV CR, LMSW, CLTS, SMSW under the guest/host masks), EIP and all. */
MUST_CHECK fault_t vmx_intercept(struct hw *m, const struct insn *in, bool *done);
/* Exception f in non-root: true if it exited, else deliver it with vmx_deliver.  in: the
 * instruction that raised it, NULL when there is none (fetch, trap).  detail: the address of a
 * #PF, DR6 bits of a #DB.  arch.shadow is still what it was before the instruction. */
MUST_CHECK bool vmx_intercept_fault(struct hw *m, const struct insn *in, fault_t f, u32 detail);
/* Deliver an event through the guest's IDT in non-root, nested faults and all (25.2, 27.2.3).
 * True: that ended in a VM exit (an intercepted fault, a task switch, a triple fault).
 * length: of the instruction, for the software types (return_eip is already behind it).
 * injected: by VM entry. */
struct vmx_event { u8 vector, type, has_error, length; u32 error, return_eip; bool injected; };
MUST_CHECK bool vmx_deliver(struct hw *m, struct vmx_event event);
/* vmx_intercept_fault, then vmx_deliver: all of an exception in non-root.  True: exited. */
MUST_CHECK bool vmx_fault(struct hw *m, const struct insn *in, fault_t f, u32 detail);
/* For isa ops->task_switch: in non-root FAULT_VMEXIT.  When isa_exec then returns that, the
 * owner calls vmx_task_exit with the instruction (vmx_deliver does so by itself). */
MUST_CHECK fault_t vmx_task_switch(struct isa *x, u16 tss_sel, unsigned why);
void vmx_task_exit(struct hw *m, const struct insn *in);

/* An NMI, external interrupt or open interrupt (or NMI) window at a boundary: true if it
 * exited.  vector: from the 8259 when vmx_external_acks, else ignored (it stays pending). */
MUST_CHECK bool vmx_intercept_nmi(struct hw *m);
MUST_CHECK bool vmx_intercept_external(struct hw *m, u8 vector);
MUST_CHECK bool vmx_interrupt_window(struct hw *m);
bool vmx_external_exits(const struct hw *m); /* then IF does not matter to it (25.2) */
bool vmx_external_acks(const struct hw *m);
void vmx_triple_fault(struct hw *m);
void vmx_init_signal(struct hw *m); /* in non-root; in root operation INIT is blocked (23.8, 25.2) */
u64 vmx_tsc_offset(const struct hw *m); /* RDTSC in non-root adds it; else 0 */

#endif
