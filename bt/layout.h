/* layout.h - the monitor's data as emitted code sees it through %gs, and the shape of the
 * cache.
 *
 * gs: (linear MON_DATA)                                       the paper, 3.2: %gs is the escape
 *   +0000  vIF      byte: the guest's IF; the real one stays 1
 *   +0001  vIFprev  byte: what it was before the last sti (an STI shadow follows only from 0)
 *   +0004  scratchEAX   spills of return and indirect-jump sequences (OSR 2010, RET_LAUNCH)
 *   +0008  scratchECX
 *   +000c  scratchSTI   spill of sti, written through the doorbell (+8000), which is the same
 *                       page mapped again and not present while a virtual interrupt waits
 *   +0400  rtc[256]     return cache: where to go, by the low byte of the target
 *   +1000  slot[3072]   cross-page jumps: one word each, reset when mappings may have changed
 *
 * The cache (linear MON_TC):
 *   0     16                      next                    stub_low              TC_SIZE
 *   +------+------ units ----------> ......free...... <-- stubs and confirmations --+
 *   | stub |                                                         | miss (shared) |
 *   +------+-------------------------------------------------------------------------+ */
#ifndef BT_LAYOUT_H
#define BT_LAYOUT_H

#include "vmm/layout.h"

enum {
    GS_VIF = 0, GS_VIF_PREV = 1, GS_EAX = 4, GS_ECX = 8, GS_STI = 12,
    GS_RTC = 0x400, RTC_SIZE = 256,
    GS_SLOTS = 0x1000, SLOTS = (MON_DATA_PAGES - 1) * 1024,
};
_Static_assert(GS_RTC + 4 * RTC_SIZE <= PAGE_SIZE, "the return cache ends in the first page");
_Static_assert(GS_SLOTS + 4 * SLOTS == MON_DATA_PAGES * PAGE_SIZE,
               "slots fill the other pages");

#define GS_DOORBELL (MON_DOORBELL - MON_DATA)
_Static_assert(GS_DOORBELL >= MON_DATA_PAGES * PAGE_SIZE,
               "the doorbell is an alias, not a slot");

enum { TC_FIRST = 16 /* the monitor's stub stands before it */, TC_MISS = TC_SIZE - 16 };

#endif
