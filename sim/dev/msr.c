#include "sim/dev/msr.h"

#include "sim/api/arch.h"

bool platform_rdmsr(const struct platform *p, u64 now, u32 msr, u64 *value)
{
    switch (msr) {
    case MSR_TSC: *value = platform_tsc(p, now); return true;
    case MSR_PLATFORM_ID:
    case MSR_BIOS_SIGN: *value = 0; return true;
    case MSR_APIC_BASE: *value = p->apic.base; return true;
    default: return false;
    }
}

bool platform_wrmsr(struct platform *p, u64 now, u32 msr, u64 value)
{
    switch (msr) {
    case MSR_TSC: p->tsc_offset = (u32)value - now; return true;
    case MSR_BIOS_SIGN: return true;
    default: return false;
    }
}
