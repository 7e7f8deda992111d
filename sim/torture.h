/* torture.h - what a torture build does always, whatever its world is configured for (tests/variant.sh).
 *
 * Nothing the guest can feel may depend on it: every test must pass in every such build. */
#ifndef SIM_TORTURE_H
#define SIM_TORTURE_H

enum { TORTURE_ONE_INSN = 1 /* blocks of one instruction */, TORTURE_NO_CACHE = 2 /* dropped at every step */,
       TORTURE_SNAPSHOTS = 4 /* one at every step */ };
#ifndef TORTURE
#define TORTURE 0
#endif

#endif
