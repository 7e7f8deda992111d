/* isa_impl.h - what the isa_*.c files share among themselves.  Nobody else includes it. */
#ifndef SIM_API_ISA_IMPL_H
#define SIM_API_ISA_IMPL_H

#include "sim/api/alu.h"
#include "sim/api/desc.h"
#include "sim/api/isa.h"

/* isa_mem.c: operands and the stack.  All segment and privilege checks included. */
MUST_CHECK fault_t isa_load(struct isa *x, enum sreg seg, u32 offset, unsigned size, u32 *value);
MUST_CHECK fault_t isa_store(struct isa *x, enum sreg seg, u32 offset, unsigned size, u32 value);
/* read with the intent to write: the write that follows cannot fault */
MUST_CHECK fault_t isa_load_rmw(struct isa *x, enum sreg seg, u32 offset, unsigned size, u32 *value);
MUST_CHECK fault_t isa_get(struct isa *x, const struct insn *in, unsigned n, u32 *value);
MUST_CHECK fault_t isa_put(struct isa *x, const struct insn *in, unsigned n, u32 value);
/* the program has read or written there: data breakpoints */
void isa_accessed(struct isa *x, u32 la, unsigned size, bool write);
u32 isa_reg_read(const struct arch *s, unsigned reg, unsigned size);
void isa_reg_write(struct arch *s, unsigned reg, unsigned size, u32 value);
/* push/pop of osize 2 or 4 through SS with the stack's address size; (E)SP moves on success */
MUST_CHECK fault_t isa_push(struct isa *x, unsigned osize, u32 value);
MUST_CHECK fault_t isa_pop(struct isa *x, unsigned osize, u32 *value);
/* a system-structure access: linear, supervisor whatever the CPL */
MUST_CHECK fault_t isa_sys_read(struct isa *x, u32 la, unsigned size, u32 *value);
MUST_CHECK fault_t isa_sys_write(struct isa *x, u32 la, unsigned size, u32 value);
/* #AC when the program asked for it and la is not a multiple of size */
MUST_CHECK fault_t isa_check_alignment(const struct isa *x, u32 la, unsigned size);
/* near jump target check: #GP(0) beyond CS.limit; then EIP is set */
MUST_CHECK fault_t isa_jump_near(struct isa *x, u32 eip);

/* isa_seg.c, isa_gate.c, isa_task.c, isa_sys.c: from JMP_FAR to the end of insn.def without UD, BOUND
 * and x87.  EIP still names the instruction; the handler sets it on success. */
MUST_CHECK fault_t isa_exec_system(struct isa *x, const struct insn *in);

/* Descriptor fetch; f(sel) is #GP(sel & ~3) when outside the table, or as `vector` says. */
MUST_CHECK fault_t isa_read_desc(struct isa *x, u16 sel, unsigned vector, u32 *lo, u32 *hi);
MUST_CHECK fault_t isa_task_switch(struct isa *x, u16 tss_sel, int why, bool has_error, u32 error,
                                   u32 return_eip);
enum { TASK_JMP, TASK_CALL, TASK_IRET, TASK_GATE };
/* far control transfers, also used by gates */
MUST_CHECK fault_t isa_far_jump(struct isa *x, u16 sel, u32 offset, u32 next_eip);
MUST_CHECK fault_t isa_far_call(struct isa *x, u16 sel, u32 offset, u32 next_eip, unsigned osize);
MUST_CHECK fault_t isa_far_return(struct isa *x, unsigned osize, u32 release);
/* CPL changed or segment committed: tells the owner */
void isa_set_seg(struct isa *x, enum sreg which, struct seg value);
void isa_set_cpl(struct isa *x, unsigned cpl);

#endif
