/* loops.h - does a guest that still runs only repeat itself?  A proof, never a guess.
 *
 * From one boundary to another the processor, its x87 and all of the guest's RAM came back to what
 * they were, twice; no instruction that completed between them asks for time or a device (IN, OUT, INS,
 * OUTS, RDTSC, RDPMC, RDMSR, WRMSR, HLT, a device register in memory), and no interrupt can come: IF was
 * 0 all the time, or no device and no input is due.  What follows is the same, for ever.
 *
 * LOOP_SPINS, LOOP_FAULTS: within LOOP_STEPS steps; in the second some exception was raised.
 * LOOP_DELIVERS: within LOOP_SILENT steps, and none completed an instruction: every delivery met a
 *   fault, and the stack, of 16 bits, went around.
 * LOOP_STUCK is no proof: LOOP_SILENT steps passed and no instruction was completed, but the stack
 *   still moves.  It will meet something one day: a limit, an absent page, the guest's own tables.
 *
 * A guest that waits for a device, counts, or may be interrupted is none of them.  RAM is compared by a
 * 64-bit hash. */
#ifndef LESSONS_LOOPS_H
#define LESSONS_LOOPS_H

#include "lessons/world.h"

enum { LOOP_STEPS = 4096, LOOP_SILENT = 1 << 18 };
enum loop_kind { LOOP_NONE, LOOP_SPINS, LOOP_FAULTS, LOOP_DELIVERS, LOOP_STUCK };
struct loop {
    enum loop_kind kind;
    u32 eip;            /* of the guest, in the loop: where it faults, or where it was met */
    int vector;         /* of the fault, -1: not known */
    u64 ticks, steps;   /* of one turn; LOOP_STUCK: of the watch */
};

/* How the owner lets the world go: world_run, or timeline_run. */
struct loop_runner {
    void *owner;
    struct stop (*run)(void *owner, const struct limits *limits);
    bool more_input;    /* someone may still type: an IF of 1 can always end a loop */
};

/* Watches `w` for a while: at most some LOOP_STEPS steps pass (LOOP_SILENT, when none completes an
 * instruction).  *stop is what ended the watch early (an event, the guest's end ..), else STOP_NONE. */
struct loop loops_look(struct world *w, const struct loop_runner *r, struct stop *stop);

#endif
