/* mtrr.c - see mtrr.h. */
#include "sim/dev/mtrr.h"

enum { MTRR_CAP = 1 << 10 /* WC */ | 1 << 8 /* fixed ones */ | MTRR_PAIRS };
enum { FIXED_VIDEO = 2 /* A0000-BFFFF */ };
#define PAGES 0xfffff000u /* of an address of MAXPHYADDR bits */
#define HOLE 0xe0000000u  /* from here to 4 GB there is never RAM */
#define ALL_WB 0x0606060606060606ull

enum kind { PHYS_BASE, PHYS_MASK, FIXED, DEF_TYPE, NONE };

static enum kind kind_of(u32 msr)
{
    if (msr - MSR_MTRR_PHYS_BASE0 < 2 * MTRR_PAIRS)
        return msr & 1 ? PHYS_MASK : PHYS_BASE;
    if (msr == MSR_MTRR_FIX64K_00000 || msr - MSR_MTRR_FIX16K_80000 < 2 || msr - MSR_MTRR_FIX4K_C0000 < 8)
        return FIXED;
    return msr == MSR_MTRR_DEF_TYPE ? DEF_TYPE : NONE;
}

static unsigned fixed_of(u32 msr)
{
    if (msr == MSR_MTRR_FIX64K_00000)
        return 0;
    return msr < MSR_MTRR_FIX4K_C0000 ? msr - MSR_MTRR_FIX16K_80000 + 1 : msr - MSR_MTRR_FIX4K_C0000 + 3;
}

static bool is_type(u64 byte)
{
    return byte <= MTRR_WB && byte != 2 && byte != 3;
}

static bool are_types(u64 bytes)
{
    for (; bytes; bytes >>= 8)
        if (!is_type(bytes & 0xff))
            return false;
    return true;
}

bool mtrr_read(const struct mtrrs *r, u32 msr, u64 *value)
{
    switch (kind_of(msr)) {
    case PHYS_BASE:
    case PHYS_MASK: *value = r->phys[msr - MSR_MTRR_PHYS_BASE0]; return true;
    case FIXED: *value = r->fixed[fixed_of(msr)]; return true;
    case DEF_TYPE: *value = r->def_type; return true;
    case NONE: break;
    }
    *value = MTRR_CAP;
    return msr == MSR_MTRR_CAP;
}

static bool set(u64 *field, bool fits, u64 value)
{
    if (fits)
        *field = value;
    return fits;
}

bool mtrr_write(struct mtrrs *r, u32 msr, u64 value)
{
    u64 *phys = &r->phys[(msr - MSR_MTRR_PHYS_BASE0) % (2 * MTRR_PAIRS)];
    bool type = is_type(value & 0xff);
    switch (kind_of(msr)) {
    case PHYS_BASE: return set(phys, type && !(value & ~(u64)(PAGES | 0xff)), value);
    case PHYS_MASK: return set(phys, !(value & ~(u64)(PAGES | MTRR_VALID)), value);
    case FIXED: return set(&r->fixed[fixed_of(msr)], are_types(value), value);
    case DEF_TYPE: return set(&r->def_type, type && !(value >> 8 & ~(u64)0xc), value);
    case NONE: break;
    }
    return false;
}

void mtrr_reset(struct mtrrs *r, bool left)
{
    *r = (struct mtrrs){ .def_type = 0 };
    if (!left)
        return;
    for (unsigned i = 0; i < MTRR_FIXED; i++)
        r->fixed[i] = i == FIXED_VIDEO ? 0 : ALL_WB;
    r->phys[0] = HOLE | MTRR_UC;
    r->phys[1] = (HOLE & PAGES) | MTRR_VALID;
    r->def_type = MTRR_ENABLE | MTRR_FIXED_ENABLE | MTRR_WB;
}
