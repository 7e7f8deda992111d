#include "sim/dev/msr.h"

#include "sim/api/arch.h"
#include "sim/dev/platform.h"

enum { MCG_CAP = 1 << 8 /* MCG_CTL */ | MC_BANKS, MCG_STATUS_BITS = 7, EBL_WRITABLE = 0x040000de };
#define ALL_ONES (~0ull)

void msr_reset(struct p6_msrs *r, u64 now, bool left)
{
    *r = (struct p6_msrs){ .tsc_offset = 0 - now };
    mtrr_reset(&r->mtrr, left);
}

/* ---- machine check: banks of CTL, STATUS, ADDR, MISC ---- */

enum mc_kind { MC_CTL, MC_STATUS, MC_ADDR, MC_MISC };
enum { BANK_WITHOUT_ADDR = 3 /* MC4: the numbers of the last two are exchanged */ };

static bool is_bank(u32 msr)
{
    u32 at = msr - MSR_MC0_CTL, bank = at / 4;
    enum mc_kind kind = (enum mc_kind)(at % 4);
    return bank < MC_BANKS && kind != MC_MISC && !(kind == MC_ADDR && bank == BANK_WITHOUT_ADDR);
}

static u64 read_ctl(const struct p6_msrs *r, unsigned bit) { return r->mc_ctl >> bit & 1 ? ALL_ONES : 0; }

static bool write_ctl(struct p6_msrs *r, unsigned bit, u64 value)
{
    if (value != 0 && value != ALL_ONES)
        return false;
    r->mc_ctl = (u8)((r->mc_ctl & ~BIT(bit)) | (value ? BIT(bit) : 0));
    return true;
}

static u64 read_bank(const struct p6_msrs *r, u32 msr)
{
    u32 at = msr - MSR_MC0_CTL;
    if (at % 4 != MC_CTL)
        return 0; /* no error has been found */
    return at == 0 ? r->ebl_cr_poweron : read_ctl(r, at / 4);
}

static bool write_bank(struct p6_msrs *r, u32 msr, u64 value)
{
    u32 at = msr - MSR_MC0_CTL;
    if (at % 4 != MC_CTL)
        return value == 0;
    if (!write_ctl(r, at / 4, value))
        return false;
    if (at == 0)
        r->ebl_cr_poweron = (u32)value & EBL_WRITABLE;
    return true;
}

/* ---- performance counters ---- */

static bool write_perf(struct platform *p, u64 now, u32 msr, u64 value)
{
    struct perf *c = &p->msr.perf;
    if (perf_is_on(c))
        platform_advance(p, now);
    if (msr >= MSR_PERFEVTSEL0)
        return perf_select(c, msr - MSR_PERFEVTSEL0, now, value);
    perf_write(c, msr - MSR_PERFCTR0, value);
    return true;
}

/* ---- all ---- */

bool platform_rdmsr(const struct platform *p, u64 now, u32 msr, u64 *value)
{
    const struct p6_msrs *r = &p->msr;
    switch (msr) {
    case MSR_P5_MC_ADDR:
    case MSR_P5_MC_TYPE:
    case MSR_PLATFORM_ID:
    case MSR_BIOS_SIGN: *value = 0; return true;
    case MSR_TSC: *value = msr_tsc(r, now); return true;
    case MSR_APIC_BASE: *value = p->apic.base; return true;
    case MSR_EBL_CR_POWERON: *value = r->ebl_cr_poweron; return true;
    case MSR_PERFCTR0:
    case MSR_PERFCTR0 + 1: *value = perf_read(&r->perf, msr - MSR_PERFCTR0, now); return true;
    case MSR_PERFEVTSEL0:
    case MSR_PERFEVTSEL0 + 1: *value = r->perf.select[msr - MSR_PERFEVTSEL0]; return true;
    case MSR_MCG_CAP: *value = MCG_CAP; return true;
    case MSR_MCG_STATUS: *value = r->mcg_status; return true;
    case MSR_MCG_CTL: *value = read_ctl(r, MC_BANKS); return true;
    }
    if (!is_bank(msr))
        return mtrr_read(&r->mtrr, msr, value);
    *value = read_bank(r, msr);
    return true;
}

bool platform_wrmsr(struct platform *p, u64 now, u32 msr, u64 value)
{
    struct p6_msrs *r = &p->msr;
    switch (msr) {
    case MSR_P5_MC_ADDR:
    case MSR_P5_MC_TYPE:
    case MSR_BIOS_SIGN: return true;
    case MSR_TSC: r->tsc_offset = (u32)value - now; return true;
    case MSR_EBL_CR_POWERON: r->ebl_cr_poweron = (u32)value & EBL_WRITABLE; return true;
    case MSR_PERFCTR0:
    case MSR_PERFCTR0 + 1:
    case MSR_PERFEVTSEL0:
    case MSR_PERFEVTSEL0 + 1: return write_perf(p, now, msr, value);
    case MSR_MCG_STATUS:
        if (value & ~(u64)MCG_STATUS_BITS)
            return false;
        r->mcg_status = (u8)value;
        return true;
    case MSR_MCG_CTL: return write_ctl(r, MC_BANKS, value);
    }
    return is_bank(msr) ? write_bank(r, msr, value) : mtrr_write(&r->mtrr, msr, value);
}
