/* lockstep.h - several engines run the same guest; the first difference is found and explained.
 *
 * Worlds advance by guest time.  At every tick (or every N) the first moment of that tick is compared: the
 * architectural state by the field table, guest RAM by the pages written, the console.  On a difference
 * with N > 1 the interval is searched for its first tick.
 *
 * A TLB may keep a stale entry or lose it, so worlds that are compared keep none (machine_set_coherent),
 * and are slow.  Long intervals are run with TLBs first; what differs then is run again without. */
#ifndef LESSONS_LOCKSTEP_H
#define LESSONS_LOCKSTEP_H

#include "lessons/world.h"

enum { LOCKSTEP_ENGINES = 6 };
struct lockstep_config {
    const struct image *image;
    enum engine_id engines[LOCKSTEP_ENGINES];  /* [0] is the reference */
    int engine_count;
    u64 every;          /* compare each N ticks; 1 */
    u64 until;          /* give up here: UINT64_MAX none */
    u32 ram_bytes;
    const volatile int *interrupt; /* set by a signal handler: give up soon; NULL: never */
    const struct world *typed_in; /* what was typed into this world is typed into all; NULL: nothing */
};
struct divergence {
    bool found;
    int engine;              /* index into engines */
    u64 tick;                /* the first tick whose state differs */
    u32 eip;                 /* of the guest instruction that made the difference */
    u16 op;
    char field[48];          /* "eflags.IF", "ram 0x00101234", "console" */
    u64 expected, actual;
    char instruction[64];
    char sentence[400];      /* what and why, one English sentence */
    u64 ticks_compared;
    char end[96];            /* how the guest ended when nothing differs */
};
bool lockstep_run(const struct lockstep_config *config, struct divergence *out, char *error,
                  size_t error_size);

#endif
