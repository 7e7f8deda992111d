/* msr.h - model-specific registers of a P6 beside those of struct arch (sim/api/isa.h): msr.def lists all of
 * them, with their rules and sources.  What is not there does not exist: #GP(0).
 *
 * No machine check ever happens, so that the registers of errors are there and hold nothing.  The MTRRs and
 * the performance counters have files of their own. */
#ifndef SIM_DEV_MSR_H
#define SIM_DEV_MSR_H

#include "sim/dev/mtrr.h"
#include "sim/dev/perf.h"

enum { MSR_P5_MC_ADDR = 0, MSR_P5_MC_TYPE = 1, MSR_PLATFORM_ID = 0x17, MSR_EBL_CR_POWERON = 0x2a,
       MSR_BIOS_SIGN = 0x8b, MSR_PERFCTR0 = 0xc1, MSR_MCG_CAP = 0x179, MSR_MCG_STATUS, MSR_MCG_CTL,
       MSR_PERFEVTSEL0 = 0x186, MSR_MC0_CTL = 0x400 };
enum { MC_BANKS = 5 };

struct p6_msrs {          /* arena; all 0 after a reset, but mtrr (mtrr_reset) */
    u64 tsc_offset;
    struct mtrrs mtrr;
    struct perf perf;
    u32 ebl_cr_poweron;
    u8 mcg_status;
    u8 mc_ctl;            /* bit i: bank i's CTL is all ones; MC_BANKS: MCG_CTL is */
    u8 pad[2];
};

/* The time stamp counter counts a tick each; WRMSR sets its low half and clears the high one, as of the P6
 * (SDM 3B 17.15.3). */
static inline u64 msr_tsc(const struct p6_msrs *r, u64 now) { return now + r->tsc_offset; }

struct platform;
/* False: there is none, or (wrmsr) it is read only, or refuses the value: #GP(0).  IA32_APIC_BASE is written
 * by platform_write_apic_base (mmio.h), which tells what moved. */
MUST_CHECK bool platform_rdmsr(const struct platform *p, u64 now, u32 msr, u64 *value);
MUST_CHECK bool platform_wrmsr(struct platform *p, u64 now, u32 msr, u64 value);
/* RESET: the time stamp counter begins at 0 again; left: for mtrr_reset. */
void msr_reset(struct p6_msrs *r, u64 now, bool left);

#endif
