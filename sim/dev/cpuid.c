/* cpuid.c - what CPUID answers on this platform: a Pentium Pro as its documents describe it.
 *
 * Leaf 1   EAX  31      14 13 12 11   8 7    4 3      0      SDM 2A, CPUID
 *              +----------+-----+------+------+--------+
 *              |    0     | type|family| model|stepping|
 *              +----------+-----+------+------+--------+ */
#include "sim/dev/platform.h"

/* EDX of leaf 1: what this processor has, and no more. */
enum { CPUID_FPU = 1 << 0, CPUID_PSE = 1 << 3, CPUID_TSC = 1 << 4, CPUID_MSR = 1 << 5, CPUID_CX8 = 1 << 8,
       CPUID_SEP = 1 << 11, CPUID_PGE = 1 << 13, CPUID_CMOV = 1 << 15, CPUID_FXSR = 1 << 24 };

void platform_cpuid(u32 leaf, u32 regs[4])
{
    /* EAX EBX ECX EDX; leaf 2 lists TLBs and caches by descriptor byte, for one CPUID 2 (AL) */
    static const u32 answer[3][4] = {
        { 2, 0x756e6547 /* Genu */, 0x6c65746e /* ntel */, 0x49656e69 /* ineI */ },
        { 6 << 8 | 1 << 4 | 9, 0, 0,
          CPUID_FPU | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_CX8 | CPUID_SEP | CPUID_PGE |
          CPUID_CMOV | CPUID_FXSR },
        { 0x03020101, 0, 0, 0x06040a42 },
    };
    /* a leaf that does not exist is answered as the highest one that does */
    for (unsigned i = 0; i < 4; i++)
        regs[i] = answer[leaf < 2 ? leaf : 2][i];
}
