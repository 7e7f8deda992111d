/* world.h - one machine with one engine and one guest: the unit of everything the laboratory does.
 *
 * A world is a value: several exist side by side.  The world owns the loop that lets the monitor in
 * when the machine stands at the window. */
#ifndef LESSONS_WORLD_H
#define LESSONS_WORLD_H

#include "lessons/image.h"
#include "sim/machine.h"
#include "vmm/vmm.h"

struct world_config {
    enum engine_id engine;
    const struct image *image;  /* loaded file; kept by the caller, placed into guest RAM by world_new */
    u32 ram_bytes;              /* of the guest; 0: WORLD_RAM */
    bool coherent_tlb;          /* lockstep */
    bool one_insn_blocks, drop_caches;
    void *arena_hint;
};
enum { WORLD_RAM = 32 << 20 };

struct world {
    struct hw hw;               /* the machine */
    struct vmm vmm;             /* monitored worlds only */
    enum engine_id engine;
    const struct image *image;
    u32 ram_bytes;
    u32 hot_vmm;                /* arena offset of the monitor's state */
    struct journal_entry *journal;  /* what has been typed by now, by due tick; the machine reads it */
    struct journal_typed *typed;    /* all that was typed, by the step at which it was */
    u32 journal_count, typed_count, room;
    u64 deadline;               /* the tick at which the last run stopped, 0: another reason */
};
/* A replay must not see a byte before it was typed: the monitor asks for the next one's due time. */
struct journal_typed { u64 step; struct journal_entry entry; };

/* NULL and one clear message when the image cannot be placed. */
struct world *world_new(const struct world_config *config, char *error, size_t error_size);
void world_free(struct world *w);
/* Run the machine and, at the window, the monitor.  limits as in machine.h; a tick limit stops at the
 * first moment the guest's time is there; STOP_NATIVE never leaves this function. */
struct stop world_run(struct world *w, const struct limits *limits);
static inline u64 world_step(const struct world *w) { return w->hw.state->step; }
static inline u64 world_tick(const struct world *w) { return w->hw.state->count; }
/* The guest's state, whoever runs.  false: nothing can be told now (never at a tick boundary). */
bool world_peek(const struct world *w, struct peek *out);
/* Guest-physical and guest-linear reads without effect; false where there is no memory / mapping. */
bool world_read_physical(const struct world *w, u32 gpa, void *out, u32 len);
bool world_read_linear(const struct world *w, const struct arch *guest, u32 la, void *out, u32 len);
/* The devices the guest sees: the machine's, or the monitor's virtual ones. */
const struct platform *world_platform(const struct world *w);
const struct outside *world_outside(const struct world *w);
/* The guest's x87 state: the processor's, under every engine. */
static inline const struct fpu *world_fpu(const struct world *w) { return hw_fpu(&w->hw); }
/* A byte typed now at the guest's serial line, due at tick (>= now).  What was typed after now is
 * forgotten; on a timeline use timeline_input. */
void world_input(struct world *w, u64 tick, u8 byte);
/* The same for a key (scan code set 2), a mouse packet, or IOCHK# (SOURCE_NMI; the byte is 0). */
void world_input_from(struct world *w, enum platform_source from, u64 tick, u8 byte);
void world_forget_typed(struct world *w);  /* what was typed after now */
/* The arena was restored to another moment: host-side caches and the journal follow. */
void world_replaced(struct world *w);
const char *engine_name(enum engine_id id);
bool engine_by_name(const char *name, enum engine_id *id);

#endif
