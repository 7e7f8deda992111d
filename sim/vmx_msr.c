#include "sim/vmx.h"

#include "sim/vmx_impl.h"

/* What this processor can do in VMX operation.  SDM 3C appendix A; the values are those of a
 * part of 2005: CR3 accesses, RDMSR and WRMSR (without a bitmap) always exit, no unrestricted
 * guest. */
#define CAN(must, may) ((u64)((must) | (may)) << 32 | (must))
enum {
    MSR_FEATURE_CONTROL = 0x3a,
    PIN_MUST = 0x16,
    PIN_MAY = PIN_EXTERNAL_INTERRUPT | PIN_NMI | PIN_VIRTUAL_NMI,
    CPU_MUST = 0x0401e172,
    CPU_MAY = CPU_INTERRUPT_WINDOW | CPU_TSC_OFFSET | CPU_HLT | CPU_INVLPG | CPU_RDPMC |
              CPU_RDTSC | CPU_NMI_WINDOW | CPU_MOV_DR | CPU_IO_EXIT | CPU_IO_BITMAPS |
              CPU_MSR_BITMAPS,
    EXIT_MUST = 0x36dff,
    ENTRY_MUST = 0x11ff,
    CR4_MAY = CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE |
              CR4_PCE | CR4_OSFXSR,
};

static const u64 capability[] = {             /* from MSR_VMX_BASIC on */
    VMCS_REVISION | (u64)PAGE_SIZE << 32 | 6ull << 50 | 1ull << 54,
    CAN(PIN_MUST, PIN_MAY),
    CAN(CPU_MUST, CPU_MAY),
    CAN(EXIT_MUST, EXIT_ACK_INTERRUPT),
    CAN(ENTRY_MUST, 0),
    1u << 6 | 4u << 16,                       /* HLT activity; 4 CR3 targets; 512 MSRs */
    CR0_PG | CR0_NE | CR0_PE,                 /* CR0: FIXED0, FIXED1 */
    0xffffffffu,
    CR4_VMXE,                                 /* CR4: FIXED0, FIXED1 */
    CR4_VMXE | CR4_MAY,
    0x2a,                                     /* the highest field index, in bits 9:1 */
};

bool vmx_rdmsr(u32 msr, u64 *value)
{
    if (msr == MSR_FEATURE_CONTROL)
        *value = 5; /* locked by the BIOS, VMXON allowed outside SMX */
    else if (msr - MSR_VMX_BASIC < COUNT(capability))
        *value = capability[msr - MSR_VMX_BASIC];
    else
        return false;
    return true;
}

static bool allowed(u64 can, u32 value)
{
    u32 must = (u32)can, may = (u32)(can >> 32);
    return (value & must) == must && (value & ~may) == 0;
}

bool vmx_controls_allowed(unsigned which, u32 value)
{
    assert(which >= 1 && which <= 4);
    return allowed(capability[which], value);
}

bool vmx_cr_fixed(unsigned n, u32 value)
{
    const u64 *fixed = &capability[n == 0 ? 6 : 8]; /* FIXED0: must be 1; FIXED1: may be */
    return allowed((fixed[1] & 0xffffffffu) << 32 | fixed[0], value);
}

/* MSR areas: sixteen bytes an entry: index, reserved, low, high (24.7.2). */
enum { MSR_ENTRY = 16 };

u32 vmx_msr_load(struct hw *m, u32 low, u32 high, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        u32 at = i * MSR_ENTRY, msr = vmx_phys32(m, low, high, at);
        u64 value = vmx_phys32(m, low, high, at + 8);
        value |= (u64)vmx_phys32(m, low, high, at + 12) << 32;
        if (vmx_phys32(m, low, high, at + 4) != 0 || isa_wrmsr(&m->isa, msr, value))
            return i + 1;
    }
    return 0;
}

u32 vmx_msr_store(struct hw *m, u32 low, u32 high, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        u32 at = i * MSR_ENTRY;
        u64 value, pa = ((u64)high << 32 | low) + at;
        if (vmx_phys32(m, low, high, at + 4) != 0 ||
            isa_rdmsr(&m->isa, vmx_phys32(m, low, high, at), &value))
            return i + 1;
        if (pa + MSR_ENTRY <= m->ram_bytes) {
            u32 *entry = mem_edit(m, (mpa_t){ (u32)pa }, MSR_ENTRY);
            entry[2] = (u32)value;
            entry[3] = (u32)(value >> 32);
        }
    }
    return 0;
}
