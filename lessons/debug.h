/* debug.h - the debugger's verbs on a timeline: stepping, stops, and the same backwards.
 *
 * A guest step is one tick (an instruction, a REP iteration) or the delivery of an interrupt or fault
 * that comes before it.  It ends at the first boundary where (tick, guest EIP, ESP, CPL) differ from
 * those of the boundary before: the same places under every engine, whatever the monitor did in
 * between.  An executed step (stepi) is one step of the machine's history.  Reverse verbs scan
 * intervals backwards with the stops armed and go to the last hit before now.
 *
 * WHY_BEGIN: a reverse verb came to step 0.  WHY_EXIT, _SHUTDOWN, _IDLE: the guest just ended;
 * WHY_END: it had ended before, there is nothing to run. */
#ifndef LESSONS_DEBUG_H
#define LESSONS_DEBUG_H

#include "lessons/expr.h"
#include "lessons/loops.h"
#include "lessons/timeline.h"

enum stop_type { BREAK_EXEC /* guest EIP */, BREAK_WATCH /* bytes at a guest linear address change */,
                 BREAK_CATCH /* an event kind, optionally with an argument range */ };
struct breakpoint {
    int number;
    u8 type, enabled, temporary;
    u8 any_arg;                    /* catch: whatever the arguments */
    u32 address, len;              /* exec, watch */
    u16 kind; u8 arg_index; u8 pad;
    u32 lo, hi;                    /* catch */
    u64 hits, ignore;
    u64 counted;                   /* hits up to this step are in `hits`: a replay counts none twice */
    u64 seen;                      /* watch: hash of the bytes as last looked at */
    int stop;                      /* catch: index of the armed event stop, -1 */
    char condition[96];            /* expression, empty: none */
    char text[64];                 /* as the user wrote it */
};
enum why {
    WHY_NONE, WHY_STEP, WHY_BREAKPOINT, WHY_EXIT, WHY_SHUTDOWN, WHY_IDLE, WHY_RESET, WHY_BEGIN, WHY_END,
    WHY_LIMIT, WHY_INTERRUPT, WHY_LOOP /* continue: it repeats itself for ever, debug.loop */
};
struct why_stopped { enum why why; int breakpoint; u64 step, tick; struct event event; bool has_event; };

enum { DEBUG_BREAKPOINTS = 64, DEBUG_LOG = TIMELINE_LOG };
struct debug {
    struct timeline *timeline;
    struct breakpoint breakpoints[DEBUG_BREAKPOINTS];
    int breakpoint_count, next_number;
    struct why_stopped last;
    const struct event *log;       /* DEBUG_LOG most recent events up to now, oldest at log_first */
    u32 log_first, log_count;      /* event i is log[(log_first + i) % DEBUG_LOG] */
    struct loop loop;              /* of WHY_LOOP */
    u64 loop_look;                 /* the step of the next look whether the guest repeats itself */
    volatile int *interrupt;       /* set by a signal handler: stop soon */
};

struct debug *debug_new(struct timeline *t);
void debug_free(struct debug *d);               /* frees timeline and world */
struct why_stopped debug_step(struct debug *d, u64 count);          /* guest instructions */
struct why_stopped debug_stepi(struct debug *d, u64 count);         /* executed steps */
struct why_stopped debug_next(struct debug *d, u64 count);          /* over calls, ints, REP */
struct why_stopped debug_finish(struct debug *d);      /* until the frame/handler/monitor is left */
struct why_stopped debug_continue(struct debug *d, u64 until_tick); /* UINT64_MAX: no limit */
struct why_stopped debug_until(struct debug *d, u32 guest_eip);
struct why_stopped debug_next_event(struct debug *d);               /* next event of interest (not retire) */
struct why_stopped debug_reverse_step(struct debug *d, u64 count);
struct why_stopped debug_reverse_stepi(struct debug *d, u64 count);
struct why_stopped debug_reverse_next(struct debug *d, u64 count);
struct why_stopped debug_reverse_finish(struct debug *d);
struct why_stopped debug_reverse_continue(struct debug *d);
struct why_stopped debug_previous_event(struct debug *d);
void debug_goto(struct debug *d, u64 step);
void debug_goto_tick(struct debug *d, u64 tick);
/* NULL when full; number and defaults are set. */
struct breakpoint *debug_add(struct debug *d, enum stop_type type);
bool debug_delete(struct debug *d, int number);
/* Is this kind an "event of interest" for e/E and the events panel by default? */
bool debug_interesting(unsigned kind);

#endif
