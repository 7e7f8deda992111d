/* window.h - the native window: two machine-physical frames whose code is not simulated.
 *
 * A CPL 0 fetch from them in VMX root operation stops the machine with STOP_NATIVE; any other fetch
 * from them faults.  They lie above RAM, so that no guest mapping, EPT entry or device names them.
 *
 *   slot 0-255  vector v      WINDOW_FRAME + v * 16          the IDT gates point here
 *   slot 256    HOST_RIP      WINDOW_FRAME + 0x1000
 *   slot 257    SYSENTER      WINDOW_FRAME + 0x1010
 */
#ifndef SIM_API_WINDOW_H
#define SIM_API_WINDOW_H

#include "sim/api/base.h"

#define WINDOW_FRAME 0xfeed0000u
enum { WINDOW_PAGES = 2, WINDOW_SLOT_SIZE = 16, SLOT_HOST_RIP = 256, SLOT_SYSENTER = 257,
       SLOT_COUNT = 258 };

#endif
