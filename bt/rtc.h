/* rtc.h - the return cache and other indirect targets (OSR 2010; US 6,711,672).
 *
 * rtc[low byte of the target] holds the address of a confirmation block, or of the shared miss
 * stub. A call stores its own return site there in passing; a miss stores what it found. */
#ifndef BT_RTC_H
#define BT_RTC_H

#include "vmm/vmm.h"

void rtc_reset(struct vmm *v);
/* Not in the return cache: the vcpu stands at the target. */
void rtc_miss(struct vmm *v);

#endif
