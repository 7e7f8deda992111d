/* bt.h - the binary translation engine: the paper's software VMM (3.2).
 *
 * Guest kernel code runs translated, from the cache, at real CPL 1; guest user code runs
 * directly at CPL 3; whatever neither can run is left to the interpreter (can_run). */
#ifndef BT_BT_H
#define BT_BT_H

#include "vmm/vmm.h"

extern const struct engine engine_bt;

#endif
