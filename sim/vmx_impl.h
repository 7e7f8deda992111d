/* vmx_impl.h - what the vmx*.c files share among themselves.  Nobody else includes it. */
#ifndef SIM_VMX_IMPL_H
#define SIM_VMX_IMPL_H

#include "sim/api/desc.h"
#include "sim/machine.h"
#include "sim/machine_impl.h"

/* The VMCS region as this processor lays it out; fields by their names in vmcs.def. */
struct vmcs {
    u32 revision, abort, launched;
#define F(id, encoding, width, group, text) u32 id;
#include "sim/api/vmcs.def"
#undef F
};
_Static_assert(sizeof(struct vmcs) <= PAGE_SIZE, "a VMCS fits its region");

/* The words of a register's fields lie one after the other, ES CS SS DS FS GS LDTR TR. */
enum { VMCS_LDTR = SREG_COUNT, VMCS_TR, VMCS_SEGMENTS };
static inline const u32 *vmcs_word(const struct vmcs *c, size_t offset, unsigned index)
{
    return (const u32 *)((const u8 *)c + offset) + index;
}

/* The current VMCS, to look at and to write; it exists (and lies in RAM) once it could be
 * loaded. */
const struct vmcs *vmcs_current(const struct hw *m);
struct vmcs *vmcs_edit(struct hw *m);
/* Loads of the processor itself: all ones where no memory answers.  at: low, high half. */
u8 vmx_phys8(const struct hw *m, u32 low, u32 high, u32 offset);
u32 vmx_phys32(const struct hw *m, u32 low, u32 high, u32 offset);

static inline bool vmx_pin(const struct hw *m, u32 bit)
{
    return (vmcs_current(m)->PIN_CONTROLS & bit) != 0;
}
static inline bool vmx_cpu(const struct hw *m, u32 bit)
{
    return (vmcs_current(m)->CPU_CONTROLS & bit) != 0;
}

/* SDM 3C 30.4 */
enum vmx_error {
    VMX_ERROR_NONE = 0, VMX_ERROR_VMCALL_ROOT = 1, VMX_ERROR_VMCLEAR_ADDRESS = 2,
    VMX_ERROR_VMCLEAR_VMXON = 3, VMX_ERROR_LAUNCH_NOT_CLEAR = 4,
    VMX_ERROR_RESUME_NOT_LAUNCHED = 5,
    VMX_ERROR_CONTROLS = 7, VMX_ERROR_HOST_STATE = 8, VMX_ERROR_VMPTRLD_ADDRESS = 9,
    VMX_ERROR_VMPTRLD_VMXON = 10, VMX_ERROR_VMPTRLD_REVISION = 11, VMX_ERROR_NO_FIELD = 12,
    VMX_ERROR_READ_ONLY = 13, VMX_ERROR_VMXON_ROOT = 15, VMX_ERROR_MOV_SS = 26,
};
/* VMfail: the error goes into the current VMCS if there is one; op names the instruction. */
enum vmx_result vmx_fail(struct hw *m, enum op op, enum vmx_error error);

/* vmx_check.c, vmx_check_guest.c: 26.2 and 26.3.1 */
MUST_CHECK enum vmx_error vmx_check_controls(const struct vmcs *c);
MUST_CHECK enum vmx_error vmx_check_host(const struct vmcs *c);
/* false: entry failure; *qualification says which kind (26.7) */
MUST_CHECK bool vmx_check_guest(const struct hw *m, const struct vmcs *c, u32 *qualification);

/* vmx_msr.c */
enum vmx_controls { VMX_CONTROLS_PIN = 1, VMX_CONTROLS_CPU, VMX_CONTROLS_EXIT,
                    VMX_CONTROLS_ENTRY };
bool vmx_controls_allowed(enum vmx_controls which, u32 value); /* appendix A.3 to A.5 */
bool vmx_cr_fixed(unsigned n, u32 value); /* CR0 or CR4 as VMX operation demands (23.8) */
/* the MSR areas (24.7.2, 24.8.2): the number of the entry that failed, from 1, or 0 */
MUST_CHECK u32 vmx_msr_load(struct hw *m, u32 low, u32 high, u32 count);
MUST_CHECK u32 vmx_msr_store(struct hw *m, u32 low, u32 high, u32 count);

/* Neither VM entry nor exit changes these bits of CR0: ET, NW, CD, reserved (26.3.2.1,
 * 27.5.1). */
#define VMX_CR0_KEPT (CR0_ET | CR0_NW | CR0_CD | 0x1ff8ffc0u | BIT(17))

/* vmx_exit.c.  rf: what becomes of RFLAGS.RF in the saved state (27.3.3). */
enum vmx_rf { VMX_RF_KEEP, VMX_RF_SET, VMX_RF_CLEAR };
struct vmx_exit {
    u32 reason, qualification, length, intr_info, intr_error, instruction_info, linear;
    enum vmx_rf rf;
};
void vmx_leave(struct hw *m, const struct vmx_exit *exit);
void vmx_entry_failure(struct hw *m, u32 reason, u32 qualification); /* 26.7 */
/* An exit by the instruction in itself. */
fault_t vmx_leave_insn(struct hw *m, const struct insn *in, u32 reason, u32 qualification);

/* vmx_event.c: what an exit by this event, or by the task switch it leads to, does with RF (27.3.3) */
enum vmx_rf vmx_event_rf(unsigned type, unsigned vector);
static inline bool vmx_is_software(unsigned type)
{
    return type == EVENT_SOFT_INT || type == EVENT_PRIV_SOFT_INT ||
           type == EVENT_SOFT_EXCEPTION;
}

/* vmx_cr.c: control registers in VMX operation (23.8, 25.1.3, 25.3) */
typedef fault_t vmx_watch_fn(struct hw *m, const struct insn *in, bool *done);
/* The PDPTEs that such registers refer to (26.3.1.6, 27.5.4); false: a reserved bit.  No PAE paging: true,
 * pdpte unchanged. */
MUST_CHECK bool vmx_read_pdptes(const struct hw *m, u32 cr0, u32 cr3, u32 cr4, u32 pdpte[4]);
vmx_watch_fn vmx_mov_to_cr, vmx_mov_from_cr, vmx_lmsw, vmx_smsw, vmx_clts;

#endif
