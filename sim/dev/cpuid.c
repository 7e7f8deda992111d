/* cpuid.c - what CPUID answers on this platform: a Pentium Pro as its documents describe it.
 *
 * Leaf 1   EAX  31      14 13 12 11   8 7    4 3      0      SDM 2A, CPUID
 *              +----------+-----+------+------+--------+
 *              |    0     | type|family| model|stepping|
 *              +----------+-----+------+------+--------+ */
#include "sim/dev/platform.h"

#include <string.h>

/* EDX of leaf 1: what this processor has, and no more. */
enum { CPUID_FPU = 1 << 0, CPUID_PSE = 1 << 3, CPUID_TSC = 1 << 4, CPUID_MSR = 1 << 5,
       CPUID_PAE = 1 << 6, CPUID_MCE = 1 << 7, CPUID_CX8 = 1 << 8, CPUID_APIC = 1 << 9,
       CPUID_SEP = 1 << 11, CPUID_MTRR = 1 << 12, CPUID_PGE = 1 << 13, CPUID_MCA = 1 << 14,
       CPUID_CMOV = 1 << 15, CPUID_FXSR = 1 << 24 };

/* The extended leaves exist for the last: physical addresses have 32 bits, in PAE paging too.  Without it
 * they would be taken to have 36 (SDM 3A 4.1.4).  The others have nothing to report, but the brand string. */
#define CPUID_EXTENDED 0x80000000u
#define CPUID_BRAND 0x80000002u
#define CPUID_EXTENDED_LAST 0x80000008u
enum { LINEAR_BITS = 32, PHYSICAL_BITS = 32 };

static void extended(u32 leaf, u32 regs[4])
{
    static const char brand[3][16] = { "Stepvisor P6" };
    memset(regs, 0, 4 * sizeof regs[0]);
    if (leaf == CPUID_EXTENDED)
        regs[0] = CPUID_EXTENDED_LAST;
    else if (leaf == CPUID_EXTENDED_LAST)
        regs[0] = LINEAR_BITS << 8 | PHYSICAL_BITS;
    else if (leaf - CPUID_BRAND < COUNT(brand))
        memcpy(regs, brand[leaf - CPUID_BRAND], 16);
}

void platform_cpuid(const struct platform *p, u32 leaf, u32 regs[4])
{
    /* EAX EBX ECX EDX; leaf 2 lists TLBs and caches by descriptor byte, for one CPUID 2 (AL) */
    static const u32 answer[3][4] = {
        { 2, 0x756e6547 /* Genu */, 0x6c65746e /* ntel */, 0x49656e69 /* ineI */ },
        { 6 << 8 | 1 << 4 | 9, 0, 0,
          CPUID_FPU | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_PAE | CPUID_MCE |
          CPUID_CX8 | CPUID_APIC | CPUID_SEP | CPUID_MTRR | CPUID_PGE | CPUID_MCA | CPUID_CMOV |
          CPUID_FXSR },
        { 0x03020101, 0, 0, 0x06040a42 },
    };
    if (leaf - CPUID_EXTENDED <= CPUID_EXTENDED_LAST - CPUID_EXTENDED) {
        extended(leaf, regs);
        return;
    }
    /* a leaf that does not exist is answered as the highest one that does */
    for (unsigned i = 0; i < 4; i++)
        regs[i] = answer[leaf < 2 ? leaf : 2][i];
    if (leaf == 1 && p && !lapic_is_on(&p->apic))
        regs[3] &= ~(u32)CPUID_APIC; /* SDM 3A 10.4.3 */
}
