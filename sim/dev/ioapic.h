/* ioapic.h - the I/O APIC: 24 inputs, each with a message to send.  Intel 82093AA, 290566.
 *
 *   FEC00000 IOREGSEL: the register   00 ID, 01 version, 02 arbitration ID,
 *   FEC00010 IOWIN: its 32 bits       10h + 2n, 11h + 2n: redirection entry n, low and high
 *
 *   63    56      16    15     14    13   12   11   10 8   7    0
 * +---------+--+------+-----+------+----+----+-----+------+--------+
 * |   to    |0 | mask |level|remote|low | 0  |logic| mode | vector |   "low": active low; "remote": the
 * +---------+--+------+-----+------+----+----+-----+------+--------+   APIC has accepted, EOI is awaited
 *
 * Inputs 0-15 are the ISA lines, but the timer is on 2, and 0 is the 8259's INT; nothing is on 16-23.
 * An edge on a masked input is lost, and so is one whose message nobody accepts; a level goes on
 * asking.  Only fixed and lowest-priority messages know levels. */
#ifndef SIM_DEV_IOAPIC_H
#define SIM_DEV_IOAPIC_H

#include "sim/dev/lapic.h"

enum { IOAPIC_VERSION = 0x11, IOAPIC_PINS = 24, IOAPIC_PIN_8259 = 0, IOAPIC_PIN_TIMER = 2,
       IOREGSEL = 0x00, IOWIN = 0x10 };
#define IOAPIC_BASE 0xfec00000u

struct ioapic {                /* arena */
    u64 entry[IOAPIC_PINS];
    u32 lines;                 /* the inputs as they are now */
    u32 open;                  /* those that are not masked */
    u32 id;
    u8 select;
    u8 present;                /* 0: nobody answers at its address */
    u8 pad[2];
};
_Static_assert(sizeof(struct ioapic) == 8 * IOAPIC_PINS + 16, "no implicit padding");

void ioapic_reset(struct ioapic *io, u8 id); /* 0, or what firmware has given it */
u32 ioapic_read(const struct ioapic *io);               /* IOWIN */
void ioapic_write(struct ioapic *io, struct lapic *l, u32 value);
void ioapic_line(struct ioapic *io, struct lapic *l, unsigned pin, bool level);
/* The local APIC has ended a level interrupt (vector), or may accept what it refused (-1). */
void ioapic_end(struct ioapic *io, struct lapic *l, int vector);
static inline bool ioapic_is_low(const struct ioapic *io, unsigned pin)
{
    return (io->entry[pin] & LVT_LOW) != 0;
}
/* The inputs that would raise that output if they became active now. */
u32 ioapic_live(const struct ioapic *io, const struct lapic *l, enum lapic_output out);

#endif
