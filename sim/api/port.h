/* port.h - the doors: what a ring-0 program can do, one function per instruction.
 *
 * The monitor reaches the hardware through these and nothing else.  It runs when the machine has
 * stopped at the native window (docs/window.md); EIP then names the slot, SS:ESP the frame.  No
 * door can fault, except the return to the guest (hw_iret, hw_vmlaunch, hw_vmresume), whose failure
 * arrives as a gate or a VMfail.  A door misused (a bad selector, memory outside RAM) is our own
 * mistake: assert. */
#ifndef SIM_API_PORT_H
#define SIM_API_PORT_H

#include "sim/api/arch.h"
#include "sim/api/fpu.h"
#include "sim/api/vmx.h"

struct hw; /* the machine, opaque */

/* ---- registers ---- */
u32 hw_reg(const struct hw *hw, enum reg r);
void hw_set_reg(struct hw *hw, enum reg r, u32 value);
u32 hw_read_cr(const struct hw *hw, unsigned n);          /* 0 2 3 4 */
void hw_write_cr(struct hw *hw, unsigned n, u32 value);   /* flushes the TLB as MOV CR does; never CR4.PAE */
u32 hw_read_dr(const struct hw *hw, unsigned n);
void hw_write_dr(struct hw *hw, unsigned n, u32 value);
void hw_invlpg(struct hw *hw, u32 la);
void hw_load_seg(struct hw *hw, enum sreg which, u16 sel); /* MOV sreg, at CPL 0; not CS */
void hw_lgdt(struct hw *hw, u32 base, u32 limit);
void hw_lidt(struct hw *hw, u32 base, u32 limit);
void hw_lldt(struct hw *hw, u16 sel);
void hw_ltr(struct hw *hw, u16 sel);
u64 hw_rdmsr(struct hw *hw, u32 msr);
void hw_wrmsr(struct hw *hw, u32 msr, u64 value);
u32 hw_in(struct hw *hw, u16 port, unsigned size);        /* the outside device only, see outside.h */
void hw_out(struct hw *hw, u16 port, unsigned size, u32 value);

/* FXSAVE and FXRSTOR: the x87 registers, which are always the guest's.  CR0.TS and EM must be 0. */
void hw_fxsave(struct hw *hw, u8 image[512]);
void hw_fxrstor(struct hw *hw, const u8 image[512]);

/* ---- leaving ---- */
void hw_iret(struct hw *hw); /* pops EIP CS EFLAGS [ESP SS] at SS:ESP; then the machine runs on */

/* ---- VT-x ---- */
MUST_CHECK enum vmx_result hw_vmxon(struct hw *hw, mpa_t region);
MUST_CHECK enum vmx_result hw_vmclear(struct hw *hw, mpa_t region);
MUST_CHECK enum vmx_result hw_vmptrld(struct hw *hw, mpa_t region);
u32 hw_vmread(struct hw *hw, u32 field);
void hw_vmwrite(struct hw *hw, u32 field, u32 value);
MUST_CHECK enum vmx_result hw_vmlaunch(struct hw *hw);
MUST_CHECK enum vmx_result hw_vmresume(struct hw *hw);

/* ---- memory: loads and stores of a ring-0 program that maps all of RAM ---- */
u32 hw_ram_size(const struct hw *hw);
const void *mem_map(const struct hw *hw, mpa_t at);      /* valid to the end of RAM, until the return */
/* The one way to write: marks the pages for snapshots, drops decoded code.  The pointer covers len
 * bytes and is valid until the next door. */
void *mem_edit(struct hw *hw, mpa_t at, u32 len);
static inline u32 mem_read32(const struct hw *hw, mpa_t at) { return *(const u32_any *)mem_map(hw, at); }
static inline void mem_write32(struct hw *hw, mpa_t at, u32 v) { *(u32_any *)mem_edit(hw, at, 4) = v; }

/* ---- for observers, no effect on anything the guest can feel ---- */
bool hw_event_wanted(const struct hw *hw, unsigned kind);
void hw_event(struct hw *hw, unsigned kind, u32 a0, u32 a1, u32 a2, u32 a3);
void hw_charge(struct hw *hw, unsigned account, u32 cycles); /* the ledger, cost.h */
_Noreturn void hw_panic(const struct hw *hw, const char *why);

/* ---- for peek(), which is const and may run between any two steps ---- */
const struct arch *hw_arch(const struct hw *hw); /* the real processor's state, exact */
const struct fpu *hw_fpu(const struct hw *hw);   /* the x87 registers */
u64 hw_count(const struct hw *hw);               /* MSR_COUNT */
u64 hw_count_limit(const struct hw *hw);         /* MSR_COUNT_LIMIT */
bool hw_in_nonroot(const struct hw *hw);
int hw_window_slot(const struct hw *hw);         /* slot about to be entered, -1: none */
u32 hw_vmcs_peek(const struct hw *hw, u32 field);/* VMREAD without charge or event */

#endif
