/* isa.h - the rules of the instruction set, for whoever owns a processor state.
 *
 * The same functions execute an instruction for the machine (sim/step.c) and for the monitor's
 * interpreter (vmm/interp.c): one rule, two owners.  They see a struct arch and reach everything else
 * through the owner's accessors (docs/contracts.md); they keep nothing between calls. */
#ifndef SIM_API_ISA_H
#define SIM_API_ISA_H

#include "sim/api/fault.h"
#include "sim/api/fpu.h"
#include "sim/api/insn.h"
#include "sim/api/paging.h"

struct isa;

enum isa_change { /* told to the owner after the commit */
    ISA_CR0 /* arg: bits that changed */, ISA_CR3, ISA_CR4, ISA_INVLPG /* arg: linear address */, ISA_CPL,
    ISA_SEG /* arg: enum sreg */, ISA_GDTR, ISA_IDTR, ISA_LDTR, ISA_TR, ISA_DR7, ISA_IRET /* NMI unblocked */,
};

/* The owner's accessors.  size: 1, 2 or 4; addresses may cross a page (the accessor checks both
 * pages before it writes).  #PF: the accessor puts the linear address in x->fault_la.  A read with
 * ACCESS_WRITE is the first half of a change: allowed where the write will be, and sets D. */
struct isa_ops {
    fault_t (*read)(struct isa *x, u32 la, unsigned size, unsigned access, u32 *value);
    fault_t (*write)(struct isa *x, u32 la, unsigned size, unsigned access, u32 value);
    /* Would an access succeed?  Sets A and D as the access itself would (SDM 3A 4.8).  Used before
     * commits that write more than once. */
    fault_t (*probe)(struct isa *x, u32 la, unsigned size, unsigned access);
    /* Four bytes at a physical address, for the PDPTEs (SDM 3A 4.4.1); all ones where nothing is. */
    u32 (*read_phys)(struct isa *x, u32 pa);
    fault_t (*in)(struct isa *x, u16 port, unsigned size, u32 *value);
    fault_t (*out)(struct isa *x, u16 port, unsigned size, u32 value);
    /* MSRs that are not part of struct arch (isa_rdmsr); #GP(0) for an unknown one. */
    fault_t (*rdmsr)(struct isa *x, u32 msr, u64 *value);
    fault_t (*wrmsr)(struct isa *x, u32 msr, u64 value);
    u64 (*tsc)(struct isa *x);
    void (*cpuid)(struct isa *x, u32 leaf, u32 regs[4]);   /* eax ebx ecx edx */
    void (*changed)(struct isa *x, enum isa_change what, u32 arg);
    /* VT-x instructions; NULL: #UD (no such processor).  All checks are its own, CPL's too: the
     * order of #UD, VM exit and #GP differs from other instructions'.  It moves EIP itself. */
    fault_t (*vmx)(struct isa *x, const struct insn *in);
    /* A task switch passed its privilege and gate checks; nothing was changed.  why: enum task_why.
     * FAULT_VMEXIT (25.4.2) stops it and is passed up; NULL or FAULT_NONE: switch. */
    fault_t (*task_switch)(struct isa *x, u16 tss_sel, unsigned why);
    /* The pins that report x87 exceptions as a PC/AT does, with CR0.NE = 0: drive FERR#; the answer is
     * IGNNE#.  NULL: nothing is connected, IGNNE# stays inactive. */
    bool (*ferr)(struct isa *x, bool asserted);
};
enum task_why { TASK_WHY_CALL, TASK_WHY_IRET, TASK_WHY_JMP, TASK_WHY_GATE /* as a VM exit says */ };

struct isa {
    struct arch *s;
    const struct isa_ops *ops;
    void *owner;
    struct fpu *fpu; /* may be NULL where no x87 instruction is executed */
    u32 fault_la; /* linear address of the last #PF */
    u32 hits;     /* B0-B3 of data and I/O breakpoints met since the owner cleared it (debug.h) */
    bool jumped;  /* a near jump was taken since isa_exec began */
    bool switched;/* a task switch was committed since isa_exec began */
    struct fault_chain chain; /* of the last isa_deliver_fault */
};

/* Execute one instruction, or one iteration of a REP string instruction, at s->eip (in was decoded
 * from there).  On FAULT_NONE: committed, EIP is at the next instruction (at the same one while
 * REP goes on), s->shadow tells the new interrupt shadow, s->halted is set by HLT.  The caller
 * counts the tick, handles TF, and cleared s->shadow before the call.  On a fault nothing but what
 * the SDM says has changed and EIP is where it was; INT n, INT3, INTO deliver themselves through
 * isa_deliver and return FAULT_NONE. */
MUST_CHECK fault_t isa_exec(struct isa *x, const struct insn *in);
/* What the boundary after it brings, given EFLAGS and EIP before it: RF as SDM 3B 17.3.1.1 has it, and
 * returned the DR6 bits of the #DB trap that is due (BS, B0-B3), 0: none. */
u32 isa_retire(struct isa *x, const struct insn *in, u32 old_flags, u32 old_eip);

enum event_type { /* as in the VM-entry interruption-information field, SDM 3C 24.8.3 */
    EVENT_EXTERNAL = 0, EVENT_NMI = 2, EVENT_HARD_EXCEPTION = 3, EVENT_SOFT_INT = 4,
    EVENT_PRIV_SOFT_INT = 5, EVENT_SOFT_EXCEPTION = 6,
};

/* Deliver one event through the guest's IDT (real mode: the IVT): gate checks, stack switch, frame,
 * flags.  return_eip is what is pushed; the EFLAGS image has RF=1 for hardware exceptions except
 * #DB and #MC, RF=0 for software events, else s->eflags as it is (an interrupt inside REP: the
 * owner sets RF first).  On a fault nothing changed, unless a task switch had committed: EIP is
 * then the new task's.  The caller turns it into a nested delivery, at s->eip, with
 * fault_combine. */
MUST_CHECK fault_t isa_deliver(struct isa *x, unsigned vector, enum event_type type,
                               bool has_error, u32 error, u32 return_eip);
/* VM entry (SDM 3C 26.5.1.1): RF is pushed as is; #DB keeps DR7 and DEBUGCTL, CR4.VME may redirect INT n. */
MUST_CHECK fault_t isa_inject(struct isa *x, unsigned vector, enum event_type type,
                              bool has_error, u32 error, u32 return_eip);

/* A second fault while delivering `first`: the same again, #DF, or shutdown (SDM 3A table 6-5).
 * Returns FAULT_NONE for shutdown. */
fault_t fault_combine(fault_t first, fault_t second);

/* Deliver f (an exception) and whatever faults while doing so; sets CR2 from x->fault_la for #PF,
 * DR6 untouched, RF in the pushed image for faults.  Returns false on triple fault.  x->chain tells of all.
 * For owners whose accessors know no faults but exceptions; others loop around isa_deliver themselves. */
MUST_CHECK bool isa_deliver_fault(struct isa *x, fault_t f, u32 return_eip);

/* Load a segment register as MOV/POP/far transfer does, all checks; CS only through transfers. */
MUST_CHECK fault_t isa_load_seg(struct isa *x, enum sreg which, u16 sel);
/* The IRET of the SDM in all its forms; osize 2 or 4.  A nested task that it leaves is saved with
 * EIP as it stands.  NMIs are unblocked even if it faults (SDM 3A 6.7.1). */
MUST_CHECK fault_t isa_iret(struct isa *x, unsigned osize);

/* Segment-checked linear address of an access; FAULT is #GP(0) or #SS(0). */
MUST_CHECK fault_t isa_linear(const struct isa *x, enum sreg seg, u32 offset, unsigned size,
                              bool write, u32 *la);

/* Any MSR, as RDMSR and WRMSR reach it at CPL 0; #GP(0) where there is none, or the value is refused. */
MUST_CHECK fault_t isa_rdmsr(struct isa *x, u32 msr, u64 *value);
MUST_CHECK fault_t isa_wrmsr(struct isa *x, u32 msr, u64 value);

/* Is condition cc (low four opcode bits) true under eflags? */
bool isa_condition(u32 eflags, unsigned cc);
/* May CPL use this port?  Reads the TSS bitmap through x. */
MUST_CHECK fault_t isa_io_allowed(struct isa *x, u16 port, unsigned size);

#endif
