/* torture.h - a TLB of one entry.
 *
 * A torture build (tests/variant.sh) puts another file of this name before it: tests/torture/.  Nothing the
 * guest can feel may depend on it; every test passes in every build.
 */
#ifndef SIM_TORTURE_H
#define SIM_TORTURE_H

enum {
    TLB_BITS = 0,        /* the architectural TLB has 2 to this power entries */
    TORTURE_ONE_INSN = 0,  /* blocks of one instruction, whatever the world is configured for */
    TORTURE_NO_CACHE = 0,  /* every host-side cache is dropped at every step */
    TORTURE_SNAPSHOTS = 0, /* a timeline takes a snapshot at every step */
};

#endif
