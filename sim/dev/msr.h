/* msr.h - model-specific registers that a P6 has beside SYSENTER's and the local APIC's base (SDM 4, 2.23).
 * What is not here or there does not exist: #GP(0). */
#ifndef SIM_DEV_MSR_H
#define SIM_DEV_MSR_H

#include "sim/dev/platform.h"

/* BIOS_SIGN: the microcode update's revision in bits 63:32, 0: none was loaded.  Chosen: a write is lost at
 * once, not at the next CPUID (SDM 3A 9.11.7.1). */
enum { MSR_PLATFORM_ID = 0x17, MSR_BIOS_SIGN = 0x8b };

/* The time stamp counter counts a tick each; WRMSR sets its low half and clears the high one, as of the P6
 * (SDM 3B 17.17.3). */
static inline u64 platform_tsc(const struct platform *p, u64 now) { return now + p->tsc_offset; }
/* False: it does not exist (or, wrmsr: is read only). */
MUST_CHECK bool platform_rdmsr(const struct platform *p, u64 now, u32 msr, u64 *value);
MUST_CHECK bool platform_wrmsr(struct platform *p, u64 now, u32 msr, u64 value);

#endif
