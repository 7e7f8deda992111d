/* mmio.h - the board from memory's side: the APICs' pages; NMI, SMI and INIT.
 *
 * Registers are reached by physical address; the owner asks platform_is_device before it looks for
 * memory, and lets no address there become a host address.  Code, descriptors' walks and page tables
 * are not fetched from devices: these see ones. */
#ifndef SIM_DEV_MMIO_H
#define SIM_DEV_MMIO_H

#include "sim/dev/platform.h"

/* What came by the pins or the local APIC, and the processor has not taken yet: NMI, INIT, SMI.  It takes the
 * NMI; an SMI, which is all that there is of it without SMM; INIT, which the local APIC gets, too. */
static inline bool platform_nmi(const struct platform *p) { return p->apic.waits & LAPIC_WAITS_NMI; }
static inline bool platform_init(const struct platform *p) { return p->apic.waits & LAPIC_WAITS_INIT; }
static inline bool platform_smi(const struct platform *p) { return p->apic.waits & LAPIC_WAITS_SMI; }
void platform_take_nmi(struct platform *p);
void platform_take_smi(struct platform *p);
void platform_take_init(struct platform *p);
void platform_lose_init(struct platform *p); /* it ended in something else: the local APIC stays as it is */

/* Do the APICs answer at this physical address, before any memory?  Accesses lie within a page. */
static inline bool platform_is_lapic(const struct platform *p, u32 address)
{
    return lapic_is_on(&p->apic) && (address & ~0xfffu) == lapic_frame(&p->apic);
}
static inline bool platform_is_device(const struct platform *p, u32 address)
{
    return platform_is_lapic(p, address) || (p->ioapic.present && (address & ~0xfffu) == IOAPIC_BASE);
}
u32 platform_load(struct platform *p, u64 now, u32 address, unsigned size, struct platform_out *out);
void platform_store(struct platform *p, u64 now, u32 address, unsigned size, u32 value,
                    struct platform_out *out);
/* IA32_APIC_BASE is written: out->map when addresses lead elsewhere now.  False: #GP. */
MUST_CHECK bool platform_write_apic_base(struct platform *p, u64 now, u64 value,
                                         struct platform_out *out);

#endif
