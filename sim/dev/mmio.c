/* mmio.c - see mmio.h. */
#include "sim/dev/mmio.h"

#include "sim/dev/ports.h"

static u32 ones(unsigned size) { return 0xffffffffu >> (32 - 8 * size); }

/* Of the I/O APIC's page two registers are decoded; elsewhere nobody answers. */
static u32 load_word(struct platform *p, u32 at)
{
    if (platform_is_lapic(p, at))
        return lapic_read(&p->apic, p->now, at & 0xffc);
    switch (at & 0xffc) {
    case IOREGSEL: return p->ioapic.select;
    case IOWIN: return ioapic_read(&p->ioapic);
    }
    return ~0u;
}

/* A device is brought to the present before it answers, and its lines are driven after. */
static void begin(struct platform *p, u64 now, struct platform_out *out)
{
    *out = (struct platform_out){ .wired = 1 };
    platform_advance(p, now);
}

u32 platform_load(struct platform *p, u64 now, u32 address, unsigned size,
                  struct platform_out *out)
{
    unsigned in = address & 3;
    begin(p, now, out);
    if (in + size > 4)
        return ones(size); /* parts of two registers: nobody answers */
    return load_word(p, address) >> 8 * in & ones(size);
}

static void store_lapic(struct platform *p, u32 offset, u32 value)
{
    int vector = lapic_write(&p->apic, p->now, offset, value);
    ioapic_end(&p->ioapic, &p->apic, vector);
}

void platform_store(struct platform *p, u64 now, u32 address, unsigned size, u32 value,
                    struct platform_out *out)
{
    u32 offset = address & 0xfff;
    bool whole = size == 4 && (offset & 3) == 0;
    begin(p, now, out);
    if (platform_is_lapic(p, address)) {
        if (whole)
            store_lapic(p, offset, value);
    } else if (offset == IOREGSEL) {
        p->ioapic.select = (u8)value; /* a register of 8 bits: any size will do */
    } else if (offset == IOWIN && whole) {
        ioapic_write(&p->ioapic, &p->apic, value);
    }
    platform_drive(p);
}

bool platform_write_apic_base(struct platform *p, u64 now, u64 value, struct platform_out *out)
{
    u32 old = p->apic.base;
    begin(p, now, out);
    if (!lapic_write_base(&p->apic, value))
        return false;
    out->map = p->apic.base != old;
    platform_drive(p);
    return true;
}
