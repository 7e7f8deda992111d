/* debug_impl.h - what debug.c, debug_reverse.c and breakpoints.c share. */
#ifndef LESSONS_DEBUG_IMPL_H
#define LESSONS_DEBUG_IMPL_H

#include "lessons/debug.h"

/* A guest stop: a boundary that differs from the one before. */
struct place {
    u64 step, tick;
    u32 eip, esp;
    u8 cpl;
    u8 known;      /* the guest's state could be told */
    u8 boundary;   /* ... and it stands between two instructions */
    u8 monitor;    /* the monitor runs, though it could be the guest itself */
    u8 repeating;  /* a further iteration of the same REP instruction */
};

struct place debug_place(const struct debug *d);
/* Execute steps until the guest stands at a boundary that differs from *here; *here becomes it.
 * WHY_NONE: it does.  WHY_BREAKPOINT: it does not yet, but an armed event stop was hit. */
enum why debug_guest_stop(struct debug *d, struct place *here, u64 until_step);
struct why_stopped debug_stopped(struct debug *d, enum why why);
/* The instruction at the guest's EIP; false: it cannot be read or decoded. */
bool debug_insn(const struct debug *d, struct insn *in);
bool debug_enters(const struct insn *in);    /* call, int, sysenter: may come back behind itself */
bool debug_leaves(const struct insn *in);    /* ret, iret, sysexit */
void debug_sync_log(struct debug *d, bool fill);
bool debug_interrupted(const struct debug *d);

/* ---- breakpoints.c ---- */
bool breakpoints_need_steps(const struct debug *d);    /* exec or watch: look at every guest stop */
void breakpoints_arm(struct debug *d);                 /* caught kinds become event stops */
void breakpoints_arm_interesting(struct debug *d);     /* all events of interest instead */
void breakpoints_disarm(struct debug *d);
void breakpoints_look(struct debug *d);                /* note what watched memory holds now */
/* At a guest stop: the exec or watch breakpoint that is hit, else NULL. */
struct breakpoint *breakpoints_at(struct debug *d, const struct place *here);
/* After events: the caught one whose condition holds; *event gets what was caught. */
struct breakpoint *breakpoints_caught(struct debug *d, struct event *event);
/* An event of interest among the hits. */
bool breakpoints_interesting_hit(struct debug *d, struct event *event);
/* Count the hit; false: it is to be ignored. */
bool breakpoints_count(struct debug *d, struct breakpoint *b);

#endif
