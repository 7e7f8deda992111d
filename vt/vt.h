/* vt.h - the hardware engine: VT-x runs the guest, the monitor handles exits (the paper, 4).
 *
 * What the guest may do without us: everything but page faults, single steps and INT1, #MF, I/O, CR3,
 * CR0 and CR4 writes, debug registers, INVLPG, INVD, MSRs, CPUID, RDTSC, RDPMC, HLT and task switches.
 * Descriptor tables, segments, system calls, its own faults, CLI, STI and POPF are the hardware's.
 * Page tables are shadowed, as for every engine here.
 *
 * The VMCS is the guest's state while it runs.  At an exit the fields that nearly every handler
 * needs are read (about ten, the paper, 4.4); the others only when the rules must work on the
 * whole vcpu. */
#ifndef VT_VT_H
#define VT_VT_H

#include "vmm/vmm.h"

/* What guest-state fields hold, as far as it was read or written: only changes are written. */
struct vt_known {
    struct arch arch;
    u32 cr0, cr0_shadow, cr3, cr4, cr4_shadow;
    u32 interruptibility;
    u32 controls;          /* processor-based */
    u32 pending_debug;     /* traps: the vcpu's own are in debug_pending, this is to be 0 */
};

/* What began a delivery that may have led to others.  The hardware does not tell. */
enum vt_origin {
    VT_ORIGIN_NONE,        /* no event is under way */
    VT_ORIGIN_INSTRUCTION, /* the instruction at EIP: executed again, it begins again */
    VT_ORIGIN_EVENT        /* what the monitor injected */
};

struct vt_state {          /* arena, hot */
    struct vt_known known;
    u64 entered;           /* tick of the last entry */
    u32 vmcs;              /* machine-physical */
    u32 entered_rf;        /* FL_RF as it was then */
    u32 entered_eip, entered_esp, entered_event; /* likewise; the event that it injected */
    u32 event;             /* to be injected by the next entry, as ENTRY_INTR_INFO; 0: none */
    u32 event_error;
    u32 reason, qualification, intr_info, vectoring, vectoring_error; /* of the last exit */
    u32 reads, writes;     /* since the exit */
    u32 account, total, charged; /* cost of this exit's software; total 0: none */
    u32 first, first_error; /* VT_ORIGIN_EVENT: what the monitor injected, as event and event_error */
    u8 launched;
    u8 unread;             /* the vcpu lacks what vmcs_complete reads */
    u8 software;           /* vmm_inject is to deliver in the vcpu */
    u8 origin;             /* enum vt_origin, of the event under way */
};

_Static_assert(sizeof(struct vt_state) == 408, "struct vt_state has no implicit padding");

static inline struct vt_state *vt_of(const struct vmm *v) { return v->engine_state; }

extern const struct engine engine_vt;

/* vmcs.c - between vcpu and VMCS */
void vmcs_build(struct vmm *v);            /* VMXON, a VMCS with controls and host state */
bool vmcs_enterable(const struct arch *s); /* would the checks of SDM 3C 26.3 pass? */
void vmcs_import(struct vmm *v);           /* the exit, and what every handler needs */
void vmcs_complete(struct vmm *v);         /* the rest, if it was not read yet */
void vmcs_read_segment(struct vmm *v, enum sreg which); /* of it, one segment's checks */
void vmcs_export(struct vmm *v);           /* what changed, and the event */
/* The guest's state by looking only: at an exit's window or in the stub; while it runs. */
void vmcs_look(const struct vmm *v, struct arch *out);
void vmcs_look_running(const struct vmm *v, struct arch *out);
u32 vmcs_read(struct vmm *v, u32 field);
/* At an exit in the middle of a delivery: of the event that the entry injected, or of what came of it?
 * s: the state that the exit saved. */
bool vmcs_still_injecting(const struct vmm *v, const struct arch *s);
u32 vmcs_guest_cr0(const struct arch *s);  /* what the hardware runs with */
u32 vmcs_guest_cr4(const struct arch *s);

/* exits.c - the table of exits.  vt_exit_cause: from the fields that vmcs_import read. */
void vt_exit_cause(struct vmm *v, struct cause *cause);
void vt_exit_handle(struct vmm *v, const struct cause *cause);
void vt_exit_charge(struct vmm *v); /* at the entry, when all vmreads and vmwrites are known */

#endif
