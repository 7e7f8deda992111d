/* ioapic.c - see ioapic.h. */
#include "sim/dev/ioapic.h"

enum { REG_ID = 0, REG_VERSION = 1, REG_ARBITRATION = 2, REG_ENTRIES = 0x10,
       LOW_BITS = 0x1afff };
#define ID_BITS 0x0f000000u
#define HIGH_BITS 0xff000000u

static bool is_level(u64 entry)
{
    return (entry & LVT_LEVEL) && apic_mode((u32)entry) <= APIC_LOWEST;
}

static bool is_active(const struct ioapic *io, unsigned pin)
{
    return (io->lines >> pin & 1) != ioapic_is_low(io, pin);
}

static struct apic_message message(u64 entry)
{
    return (struct apic_message){ .word = (u32)entry & 0xfff, .destination = (u8)(entry >> 56),
                                  .level = is_level(entry) };
}

static void level_input(struct ioapic *io, struct lapic *l, unsigned pin)
{
    u64 *entry = &io->entry[pin];
    struct apic_message m = message(*entry);
    if (!is_level(*entry) || (*entry & (LVT_MASK | LVT_REMOTE)) || !is_active(io, pin))
        return;
    if (lapic_accept(l, &m))
        *entry |= LVT_REMOTE;
}

void ioapic_line(struct ioapic *io, struct lapic *l, unsigned pin, bool level)
{
    if ((io->lines >> pin & 1) == level)
        return;
    io->lines ^= (u32)BIT(pin);
    if (!(io->open >> pin & 1) || !is_active(io, pin))
        return;
    struct apic_message m = message(io->entry[pin]);
    if (m.level)
        level_input(io, l, pin);
    else
        (void)lapic_accept(l, &m);
}

void ioapic_end(struct ioapic *io, struct lapic *l, int vector)
{
    if (!io->open && vector < 0)
        return;
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        u64 *entry = &io->entry[pin];
        if (vector >= 0 && is_level(*entry) && (u8)*entry == vector)
            *entry &= ~(u64)LVT_REMOTE;
        level_input(io, l, pin);
    }
}

u32 ioapic_read(const struct ioapic *io)
{
    unsigned n = (io->select - REG_ENTRIES) / 2u;
    switch (io->select) {
    case REG_ID:
    case REG_ARBITRATION: return io->id; /* loaded with the ID */
    case REG_VERSION: return IOAPIC_VERSION | (IOAPIC_PINS - 1) << 16;
    }
    if (io->select < REG_ENTRIES || n >= IOAPIC_PINS)
        return 0;
    return (u32)(io->entry[n] >> (io->select & 1 ? 32 : 0));
}

static void write_low(struct ioapic *io, unsigned n, u32 value)
{
    u64 *entry = &io->entry[n];
    *entry = (*entry & ((u64)HIGH_BITS << 32 | LVT_REMOTE)) | (value & LOW_BITS);
    if (!is_level(*entry))
        *entry &= ~(u64)LVT_REMOTE;
    io->open = (io->open & ~(u32)BIT(n)) | (value & LVT_MASK ? 0 : (u32)BIT(n));
}

void ioapic_write(struct ioapic *io, struct lapic *l, u32 value)
{
    unsigned n = (io->select - REG_ENTRIES) / 2u;
    if (io->select == REG_ID)
        io->id = value & ID_BITS;
    if (io->select < REG_ENTRIES || n >= IOAPIC_PINS)
        return;
    if (io->select & 1)
        io->entry[n] = (u32)io->entry[n] | (u64)(value & HIGH_BITS) << 32;
    else
        write_low(io, n, value);
    level_input(io, l, n);
}

u32 ioapic_live(const struct ioapic *io, const struct lapic *l, enum lapic_output out)
{
    u32 live = 0;
    for (u32 open = io->open; open; open &= open - 1) {
        unsigned pin = (unsigned)__builtin_ctz(open);
        struct apic_message m = message(io->entry[pin]);
        if (!(io->entry[pin] & LVT_REMOTE) && lapic_would_raise(l, &m, out))
            live |= (u32)BIT(pin);
    }
    return live;
}

void ioapic_reset(struct ioapic *io, u8 id)
{
    *io = (struct ioapic){ .present = 1, .id = (u32)id << 24 };
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        io->entry[i] = LVT_MASK;
}
