/* machine_impl.h - what the machine's own files share.  Nobody outside sim/ includes it. */
#ifndef SIM_MACHINE_IMPL_H
#define SIM_MACHINE_IMPL_H

#include <string.h>

#include "sim/api/window.h"
#include "sim/links.h"

extern const struct isa_ops machine_isa_ops; /* owner.c */

/* ---- events ---- */
ALWAYS_INLINE bool machine_wants(const struct hw *m, unsigned kind)
{
    return unlikely(events_wanted(&m->events, kind));
}
NOINLINE void machine_emit(struct hw *m, unsigned kind, u32 a0, u32 a1, u32 a2, u32 a3);
ALWAYS_INLINE void machine_event(struct hw *m, unsigned kind, u32 a0, u32 a1, u32 a2, u32 a3)
{
    if (machine_wants(m, kind))
        machine_emit(m, kind, a0, a1, a2, a3);
}

/* Does nobody want any of the machine's own events? */
ALWAYS_INLINE bool machine_unheard(const struct hw *m) { return m->events.mask[0] == 0; }

ALWAYS_INLINE u32 host_load(const u8 *p, unsigned size)
{
    switch (size) {
    case 1: return *p;
    case 2: return *(const u16_any *)p;
    }
    return *(const u32_any *)p;
}

ALWAYS_INLINE void host_store(u8 *p, unsigned size, u32 value)
{
    switch (size) {
    case 1: *p = (u8)value; return;
    case 2: *(u16_any *)p = (u16)value; return;
    }
    *(u32_any *)p = value;
}

/* ---- physical memory: RAM, ROM, or nothing (all ones, writes lost) ---- */
/* Where an access to physical address pa goes: an offset from m->ram, below m->store_bytes. */
#define STORE_NONE 0xffffffffu
u32 phys_route(const struct hw *m, u32 pa, bool write);
ALWAYS_INLINE u32 phys_where(const struct hw *m, u32 pa, bool write)
{
    return likely(pa < m->plain) ? pa : phys_route(m, pa, write);
}
void machine_map_changed(struct hw *m); /* PAM, A20: what caches know of addresses is wrong */
ALWAYS_INLINE u32 phys_read32(const struct hw *m, u32 pa)
{
    u32 value = 0xffffffffu, at = phys_where(m, pa, false);
    if (at <= m->store_bytes - 4)
        memcpy(&value, m->ram + at, 4);
    return value;
}
void phys_write32(struct hw *m, u32 pa, u32 value);
/* RAM at pa is about to change: mark for snapshots, drop decoded code */
void ram_touch(struct hw *m, u32 pa, u32 len);
static inline u32 ram_arena_page(u32 pa) { return pa >> PAGE_SHIFT; } /* RAM is first in the paged part */

/* ---- boundaries (machine.c) and single instructions (step.c) ---- */
/* Execute the instruction at EIP with every check; a fault is delivered (or exits).  One step. */
void machine_step_one(struct hw *m);
void machine_execute(struct hw *m, const struct insn *in, unsigned weight); /* one decoded already */
/* An exception raised at EIP: deliver or exit, shut down on triple fault.  One step.  op: its, for events. */
void machine_fault(struct hw *m, fault_t f);
void machine_fault_by(struct hw *m, unsigned op, fault_t f);
/* The bytes at EIP, decoded.  A fault is the fetch's. */
MUST_CHECK fault_t machine_fetch(struct hw *m, struct insn *in, u32 *pa);
/* What the counter adds for the instruction at EIP (0-15); 1 where nothing can be told. */
unsigned machine_weight(const struct hw *m, u32 pa);
/* #DB with these DR6 bits, before the instruction at EIP.  One step. */
void machine_debug(struct hw *m, u32 bits);
/* isa_deliver_fault at the present EIP, and what it met is told.  False: triple fault. */
MUST_CHECK bool machine_deliver_fault(struct hw *m, fault_t f);
void machine_shutdown(struct hw *m, unsigned vector);
/* After an instruction retired: counters, TF, events.  old_flags: before it. */
void machine_retired(struct hw *m, const struct insn *in, u32 old_flags, u32 old_eip, unsigned weight);
/* What the loop keeps ready of segments and CPL; who writes struct arch directly calls machine_refresh. */
void machine_refresh(struct hw *m);
void machine_refresh_seg(struct hw *m, unsigned which);
struct segfast machine_segfast(const struct seg *s);
void machine_set_seg(struct hw *m, unsigned which, const struct seg *s, const struct segfast *fast);
void machine_move_seg(struct hw *m, unsigned which, u16 sel); /* as real mode does: limit and rights stay */
void machine_refresh_cpl(struct hw *m);
void machine_refresh_ring(struct hw *m); /* the same while !ring_counts */
void machine_platform_changed(struct hw *m); /* devices, the journal, or what has been taken of it */
void machine_journal_changed(struct hw *m);
/* A port access at guest time `now` of a native machine that nobody listens to.  true: nothing came of it
 * that the run loop has to look at. */
MUST_CHECK bool machine_port_out(struct hw *m, u64 now, u16 port, unsigned size, u32 value);
MUST_CHECK bool machine_port_in(struct hw *m, u64 now, u16 port, unsigned size, u32 *value);
/* Registers in memory (platform_is_device); pa: within one page. */
u32 machine_device_load(struct hw *m, u32 pa, unsigned size);
void machine_device_store(struct hw *m, u32 pa, unsigned size, u32 value);
void machine_outside_console(struct hw *m, u8 byte);
void machine_arrived(struct hw *m, const struct journal_entry *e); /* its event */
bool machine_nmi_comes(const struct hw *m); /* is there an NMI in the journal still? */
void machine_end(struct hw *m, enum outside_end how, u32 code);
void machine_end_fault(struct hw *m, u32 fault); /* one of those that lead to a shutdown */

/* ---- the disk behind the IDE channel (disk.c); at: a byte, len: within one sector ---- */
void disk_read(const struct hw *m, u64 at, u8 *out, u32 len);
void disk_write(struct hw *m, u64 at, const u8 *bytes, u32 len);

/* ---- the register log (reglog.c) ---- */
void reglog_write(struct hw *m); /* a record of the instruction at EIP, if there is a log */
/* Instructions there is room for, while it is not full. */
u64 reglog_room(const struct hw *m);
bool reglog_is_full(const struct hw *m);

/* flags.c */
void flags_fold(struct hw *m); /* arch->eflags becomes exact; CC_EFLAGS */

#endif
