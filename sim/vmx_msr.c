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

static const struct { u32 msr; u64 value; } capability[] = {
    { MSR_FEATURE_CONTROL, 5 },             /* locked by the BIOS, VMXON allowed outside SMX */
    { MSR_VMX_BASIC, VMCS_REVISION | (u64)PAGE_SIZE << 32 | 6ull << 50 | 1ull << 54 },
    { MSR_VMX_BASIC + 1, CAN(PIN_MUST, PIN_MAY) },
    { MSR_VMX_BASIC + 2, CAN(CPU_MUST, CPU_MAY) },
    { MSR_VMX_BASIC + 3, CAN(EXIT_MUST, EXIT_ACK_INTERRUPT) },
    { MSR_VMX_BASIC + 4, CAN(ENTRY_MUST, 0) },
    { MSR_VMX_BASIC + 5, 1u << 6 | 4u << 16 }, /* HLT activity; 4 CR3 targets; 512 MSRs */
    { MSR_VMX_BASIC + 6, CR0_PG | CR0_NE | CR0_PE },
    { MSR_VMX_BASIC + 7, 0xffffffffu },
    { MSR_VMX_BASIC + 8, CR4_VMXE },
    { MSR_VMX_BASIC + 9, CR4_VMXE | CR4_MAY },
    { MSR_VMX_BASIC + 10, 0x2a },           /* the highest field index, in bits 9:1 */
};

bool vmx_rdmsr(u32 msr, u64 *value)
{
    for (unsigned i = 0; i < COUNT(capability); i++) {
        if (capability[i].msr == msr) {
            *value = capability[i].value;
            return true;
        }
    }
    return false;
}

static bool allowed(u32 msr, u32 value)
{
    u64 can = 0;
    bool known = vmx_rdmsr(msr, &can);
    assert(known);
    u32 must = (u32)can, may = (u32)(can >> 32);
    return (value & must) == must && (value & ~may) == 0;
}

bool vmx_controls_allowed(unsigned which, u32 value)
{
    return allowed(MSR_VMX_BASIC + which, value);
}

bool vmx_cr_fixed(unsigned n, u32 value)
{
    u64 zero = 0, one = 0; /* FIXED0: bits that must be 1; FIXED1: bits that may be */
    bool known = vmx_rdmsr(MSR_VMX_BASIC + (n == 0 ? 6 : 8), &zero) &&
                 vmx_rdmsr(MSR_VMX_BASIC + (n == 0 ? 7 : 9), &one);
    assert(known);
    return (value & (u32)zero) == (u32)zero && (value & ~(u32)one) == 0;
}

/* MSR areas: sixteen bytes an entry: index, reserved, low, high (24.7.2). */
enum { MSR_ENTRY = 16 };

u32 vmx_msr_load(struct hw *m, u32 low, u32 high, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        u32 at = i * MSR_ENTRY, msr = vmx_phys32(m, low, high, at);
        u64 value = vmx_phys32(m, low, high, at + 8);
        value |= (u64)vmx_phys32(m, low, high, at + 12) << 32;
        if (vmx_phys32(m, low, high, at + 4) != 0 || m->isa.ops->wrmsr(&m->isa, msr, value))
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
            m->isa.ops->rdmsr(&m->isa, vmx_phys32(m, low, high, at), &value))
            return i + 1;
        if (pa + MSR_ENTRY <= m->ram_bytes) {
            u32 *entry = mem_edit(m, (mpa_t){ (u32)pa }, MSR_ENTRY);
            entry[2] = (u32)value;
            entry[3] = (u32)(value >> 32);
        }
    }
    return 0;
}
