/* vmm.h - the monitor: a trap handler, not a loop.
 *
 * vmm_entry is called when the machine stands at the native window; it handles one entry and leaves by
 * a door.  Everything that must survive lives in struct vmm_state (arena, hot), in the monitor's RAM
 * (layout.h), or in the hardware; struct vmm holds only what can be recomputed. */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include "sim/api/isa.h"
#include "sim/dev/platform.h"
#include "vmm/engine.h"
#include "vmm/event.h"
#include "vmm/layout.h"
#include "vmm/shadow.h"

struct vcpu {
    struct arch arch;          /* the guest's architectural state, valid while the monitor runs */
    u8 irq_waiting;            /* INTR is up but cannot be taken: IF=0 or a shadow */
    u8 interpreting;           /* leave through the stub: the engine cannot run this state */
    u16 debug_pending;         /* DR6 bits (BS, B0-B3) of a #DB trap due at this boundary */
    u8 committed;              /* this monitor entry has completed an instruction */
    u8 reset_pending;          /* the board's reset line was pulsed */
    u8 ended;                  /* it shut down, or was reset where nothing does that: never entered again */
    u8 pad;
};

struct shdesc {                /* shdesc.h */
    u32 current;               /* the copies are up to date */
    u32 gdt_count, ldt_count;  /* entries copied */
};

struct direct_state {          /* direct.h: what was loaded for the guest when it was last entered */
    u64 entered;               /* tick */
    u16 sel[SREG_COUNT];
    u16 pad[2];
};

struct vmm_state {             /* arena, hot */
    struct vcpu vcpu;
    struct platform platform;  /* the virtual devices */
    struct guestmem guestmem;
    struct shadow shadow;
    struct shdesc shdesc;
    struct direct_state direct;
    u32 ram_next, ram_end;     /* bump allocator over the monitor's RAM, while building only */
    u32 idt, gdt, ldt, data, tc, weights; /* machine-physical addresses of the layout's parts */
    u32 stack, monitor_pt;
    u32 host_root;             /* a directory with nothing but the monitor: HOST_CR3 under VT-x */
    u32 pad;
    u64 entries;
};

struct vmm {
    struct hw *hw;
    struct vmm_state *s;
    const struct engine *engine;
    void *engine_state;
    struct isa isa;            /* the rules on vcpu.arch with guest accessors (interp.c) */
    struct fpu fpu;            /* scratch of an x87 instruction: the registers are in the hardware */
};

/* Bytes of hot arena for vmm_init. */
u32 vmm_state_size(const struct engine *engine);
/* Build the monitor in a reset machine: hot points to zeroed arena memory.  start: the guest's first
 * state.  Leaves the hardware in protected mode with paging, one step before entering the guest. */
void vmm_init(struct vmm *v, struct hw *hw, const struct engine *engine, void *hot, u32 guest_ram,
              const struct arch *start);
/* Reattach to an arena that was restored or moved. */
void vmm_attach(struct vmm *v, struct hw *hw, const struct engine *engine, void *hot);
void vmm_entry(struct vmm *v, unsigned slot);

/* ---- for engines ---- */
static inline u64 vmm_now(const struct vmm *v) { return hw_count(v->hw); }
/* An instruction or REP iteration at the vcpu was completed by the monitor: the one place that counts
 * the tick, turns TF into #DB, and owns the interrupt shadow (old_shadow: before the instruction). */
void vmm_retire(struct vmm *v);
/* Leave the monitor: into the guest by engine->enter, or into the stub.  Ends vmm_entry; an engine
 * calls it only from code that replaces vmm_entry's own call. */
void vmm_resume(struct vmm *v);
/* Devices up to now, then the one event that is due at this boundary, if any: true when delivered. */
bool vmm_service(struct vmm *v);
/* Bytes from outside whose time has come (CAUSE_EXTERNAL). */
void vmm_input(struct vmm *v);
u64 vmm_next_input(const struct vmm *v); /* tick of the next of them; TIME_NEVER */
/* Set MSR_COUNT_LIMIT for the next stretch of guest time. */
void vmm_set_limit(struct vmm *v);
/* Interpret one instruction (or REP iteration) at the vcpu; a fault is delivered to the guest. */
void vmm_emulate(struct vmm *v);
/* The same, its cost in another account (enum account, cost.h). */
void vmm_emulate_as(struct vmm *v, unsigned account);
/* An instruction that needs no fetch: the engine knows its operands (VT-x tells them). */
void vmm_emulate_insn(struct vmm *v, const struct insn *in, unsigned account);
/* Guest code running on the hardware raised f: shadow, emulation or injection, as its rules say. */
void vmm_guest_fault(struct vmm *v, fault_t f, u32 la);
/* The access of the instruction at the vcpu (EIP, CPL, CS) sets A or D: may the hardware begin with it again
 * once they are set?  Not if it may have read the entry before: as code, or as one of several operands. */
bool vmm_may_retry(struct vmm *v, u32 la, unsigned access);
/* The same of the delivery of an event: not if the entry lies in a table that it reads. */
bool vmm_may_redeliver(struct vmm *v, u32 la, unsigned access);
/* Deliver to the guest through its IDT (in the vcpu); false: it was a triple fault. */
MUST_CHECK bool vmm_deliver(struct vmm *v, unsigned vector, enum event_type type, bool has_error,
                            u32 error);
/* The same; shutdown on triple fault. */
void vmm_inject(struct vmm *v, unsigned vector, enum event_type type, bool has_error, u32 error);
/* The guest shut down: tell the outside. */
void vmm_shutdown(struct vmm *v, unsigned vector); /* behind a delivery that failed */
/* Is the guest in a state that no engine runs on the hardware: breakpoints enabled, branches recorded or
 * stepped, NMIs blocked, or FERR# active? */
bool vmm_must_interpret(const struct vmm *v);
u64 vmm_next_due(const struct vmm *v);  /* tick of the next device or input event; TIME_NEVER */
mpa_t vmm_alloc(struct vmm *v, u32 pages);   /* while building; zeroed, contiguous */
struct peek vmm_vcpu_peek(const struct vmm *v); /* the vcpu itself is the truth (stub, interp) */

extern const struct engine engine_direct, engine_interp;

#endif
