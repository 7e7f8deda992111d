/* engine.h - what an execution engine is.  The monitor knows engines by this struct only.
 *
 * The life of one monitor entry (vmm.c):
 *   1 engine->trap     import the guest's exact state into the vcpu, name the cause
 *   2 vmm_service      virtual devices up to now; if an interrupt can be taken at this boundary it is
 *                      injected and the cause is dropped (it recurs)
 *   3 the cause is handled: at most one tick is committed
 *   4 vmm_resume       into the guest by engine->enter, or into the stub, which traps again
 * An entry either commits a tick, moves halted time, or delivers an event: never two of them. */
#ifndef VMM_ENGINE_H
#define VMM_ENGINE_H

#include "sim/api/arch.h"
#include "sim/api/isa.h"
#include "vmm/guestmem.h"

struct vmm;

enum engine_id { ENGINE_NATIVE, ENGINE_DIRECT, ENGINE_BT, ENGINE_VT, ENGINE_INTERP, ENGINE_COUNT };

enum cause_kind {
    CAUSE_FAULT,    /* guest code raised `fault` (la for #PF) at the vcpu's EIP          */
    CAUSE_TIMER,    /* the counter's NMI: service is all there is to do                  */
    CAUSE_EXTERNAL, /* the outside device interrupted: likewise                          */
    CAUSE_EMULATE,  /* the instruction at the vcpu's EIP is to be interpreted            */
    CAUSE_STUB,     /* the stub trapped: halted, or interpreting                         */
    CAUSE_ENGINE,   /* the engine's own business: engine->handle                         */
    CAUSE_DELIVERY, /* likewise, in the middle of an event's delivery: nothing else is due */
};
struct cause {
    enum cause_kind kind;
    fault_t fault;
    u32 la;
    u32 arg[2];     /* engine's own */
};

/* The guest's state as of now.  boundary: between two guest instructions; otherwise the machine is
 * inside the translation or emulation of the one at arch.eip. */
enum { PEEK_JUMPS = 8 };
struct peek {
    struct arch arch;
    u64 tick;
    bool boundary;
    u8 who;         /* enum who_runs */
    u8 jumps;       /* jumps from here on that have no code of their own (bt): the machine counts */
    u32 jump_eip[PEEK_JUMPS]; /* them with what follows.  Where each leads; see peek_pass */
};
/* The state at `tick`, when it lies among those jumps: an observer's deadline may. */
static inline void peek_pass(struct peek *p, u64 tick)
{
    for (unsigned i = 0; i < p->jumps && p->tick < tick; i++) {
        p->tick++;
        p->arch.eip = p->jump_eip[i];
        p->arch.shadow = 0;
        p->arch.eflags &= ~(u32)FL_RF;
    }
}
enum who_runs { RUNS_GUEST_USER, RUNS_GUEST_KERNEL, RUNS_TRANSLATED, RUNS_MONITOR };

/* What the engine must no longer believe. */
enum forget_kind { FORGET_ALL, FORGET_PAGE /* gpa: code bytes changed */, FORGET_MAPPINGS /* linear-to-
    physical mappings may have changed */, FORGET_LINEAR /* the one of la */ };
struct forget { enum forget_kind kind; gpa_t gpa; u32 size /* bytes at gpa, within one page */; u32 la; };

struct engine {
    enum engine_id id;
    const char *name;
    u32 state_size;                /* bytes of hot arena for the engine; starts zero */
    bool shares_address_space;     /* the monitor is mapped at MON_BASE */
    void (*init)(struct vmm *v);   /* once, when the world is built; vcpu is already reset */
    /* Can this vcpu state run on the engine?  (false: TF, 16-bit code, ...: interpreted) */
    bool (*can_run)(const struct vmm *v);
    void (*enter)(struct vmm *v);  /* vcpu -> hardware; ends in hw_iret, hw_vmlaunch, hw_vmresume */
    void (*trap)(struct vmm *v, unsigned slot, struct cause *cause);
    void (*handle)(struct vmm *v, const struct cause *cause); /* CAUSE_ENGINE */
    void (*forget)(struct vmm *v, const struct forget *what);
    /* The vcpu is about to be replaced: nothing may be read into it later.  NULL: it is all there. */
    void (*complete)(struct vmm *v);
    /* Let the hardware deliver this event at the next enter; f carries the error code.  false or NULL: it
     * cannot, deliver it in the vcpu. */
    bool (*inject)(struct vmm *v, unsigned vector, enum event_type type, fault_t f);
    /* const, valid at every step, also when the machine stands at the window; false: cannot tell */
    bool (*peek)(const struct vmm *v, struct peek *out);
};

#endif
