/* isa_sys.h - what the files of the system half share: segment checks, stacks under
 * construction, returns, events, task switches.  Only isa_*.c include it.
 *
 * The pattern everywhere: check_ and read_ functions change nothing but Accessed and Dirty bits
 * of page tables; commit_ and set_ functions cannot fail. */
#ifndef SIM_API_ISA_SYS_H
#define SIM_API_ISA_SYS_H

#include "sim/api/isa_exec.h"

static inline fault_t sel_fault(unsigned vector, u16 sel)
{
    return FAULT_ERR(vector, sel & 0xfffcu);
}

/* Do selectors index descriptor tables (protected mode, not virtual-8086)? */
static inline bool sys_has_descriptors(const struct arch *s)
{
    return arch_is_protected(s) && !arch_is_v86(s);
}

static inline void sys_tell(struct isa *x, enum isa_change what, u32 arg)
{
    if (x->ops->changed)
        x->ops->changed(x, what, arg);
}

/* isa_seg.c */
bool sys_desc_la(const struct arch *s, u16 sel, u32 *la); /* false: outside its table */
MUST_CHECK fault_t sys_read_seg(struct isa *x, u16 sel, unsigned vector, struct seg *seg);
/* SS, or one of DS ES FS GS, for privilege cpl; `vector` is #GP or #TS */
MUST_CHECK fault_t sys_check_stack(struct isa *x, u16 sel, unsigned cpl, unsigned vector,
                                   struct seg *seg);
MUST_CHECK fault_t sys_check_data(struct isa *x, u16 sel, unsigned cpl, unsigned vector,
                                  struct seg *seg);
/* Set the descriptor's Accessed bit if clear; the last step before a commit. */
MUST_CHECK fault_t sys_mark_accessed(struct isa *x, struct seg *seg);
struct seg sys_null_seg(u16 sel);
struct seg sys_real_seg(const struct arch *s, enum sreg which, u16 sel); /* real mode and v86 */
struct seg sys_v86_seg(u16 sel);

/* isa_stack.c: a frame is collected, checked as a whole, then written. */
enum { FRAME_MAX = 31 + 4 }; /* a call gate's parameters, SS, ESP, CS, EIP */
struct frame {
    struct seg ss;
    u32 esp;
    unsigned cpl, osize, count;
    bool inner; /* a new stack: its #SS carries the selector */
    u32 item[FRAME_MAX];
};
void frame_here(struct frame *fr, const struct arch *s, unsigned osize);
MUST_CHECK fault_t frame_inner(struct isa *x, struct frame *fr, unsigned cpl, unsigned osize);
void frame_push(struct frame *fr, u32 value);
MUST_CHECK fault_t frame_check(struct isa *x, const struct frame *fr);
void frame_commit(struct isa *x, struct frame *fr); /* writes, then SS (if inner) and ESP */
void sys_set_esp(struct arch *s, const struct seg *ss, u32 esp); /* SP only if ss is 16-bit */
MUST_CHECK fault_t sys_peek(struct isa *x, u32 above, unsigned size, u32 *value);

/* isa_far.c: the common part of RETF and IRET */
struct way_out { struct seg cs, ss; u32 eip, esp; bool outer; };
/* `above`: bytes between ESP and the saved ESP:SS pair; release: parameters to drop from it */
MUST_CHECK fault_t sys_check_return(struct isa *x, unsigned osize, u32 above, u32 release,
                                    struct way_out *w);
void sys_commit_return(struct isa *x, const struct way_out *w);

/* isa_cr.c: the PDPTE registers from CR3's table; #GP(0) for a reserved bit, nothing is loaded then */
MUST_CHECK fault_t sys_load_pdptes(struct isa *x, u32 cr3);

/* isa_task.c */
struct task_request {
    u16 sel;
    int why; /* TASK_ */
    bool has_error;
    u32 error, return_eip;
    u32 eflags;     /* as saved in the old TSS, before the rules about NT */
    bool committed; /* out: a fault belongs to the new task */
};
MUST_CHECK fault_t sys_task_switch(struct isa *x, struct task_request *r);

/* isa_iret.c */
MUST_CHECK fault_t sys_iret(struct isa *x, unsigned osize, u32 next_eip);

/* isa_vme.c: INT n in virtual-8086 mode that CR4.VME sends to the 8086 program's own handler; *inside: it
 * was done */
MUST_CHECK fault_t sys_vme_int(struct isa *x, unsigned vector, u32 return_eip, bool *inside);
/* 16-bit IRET in virtual-8086 mode with IOPL < 3 */
MUST_CHECK fault_t sys_vme_iret(struct isa *x, const u32 slot[3]);

/* One instruction each; operands are as decode_map.def gives them. */
typedef fault_t sys_fn(struct isa *x, const struct insn *in);
sys_fn sys_mov_from_sreg, sys_mov_to_sreg, sys_push_sreg, sys_pop_sreg, sys_load_far;
sys_fn sys_arpl, sys_lar, sys_lsl, sys_verr, sys_verw;        /* isa_selector.c */
sys_fn sys_jmp_far, sys_call_far, sys_ret_far;                /* isa_far.c */
sys_fn sys_int, sys_int3, sys_int1, sys_into;                 /* isa_gate.c */
sys_fn sys_smsw, sys_lmsw, sys_clts, sys_mov_from_cr, sys_mov_to_cr; /* isa_cr.c */
sys_fn sys_mov_from_dr, sys_mov_to_dr;
sys_fn sys_rdmsr, sys_wrmsr, sys_rdpmc;                       /* isa_msr.c */
void sys_set_edx_eax(struct arch *s, u64 value);

#endif
