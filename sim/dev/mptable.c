/* mptable.c - see mptable.h.  "4.3.1" and the like are sections of the specification. */
#include "sim/dev/mptable.h"

#include <string.h>

#include "sim/dev/platform.h"

enum { POINTER = 16, HEADER = 44, SPEC_1_4 = 4, CPU_ENABLED = 1, CPU_BOOT = 2, IOAPIC_ENABLED = 1,
       ALL_LAPICS = 0xff };
enum entry { ENTRY_CPU, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_INTERRUPT, ENTRY_LOCAL }; /* 4.3 */
enum bus { BUS_PCI, BUS_ISA };
enum interrupt { INT_VECTORED, INT_NMI, INT_SMI, INT_EXT }; /* table 4-10 */
enum { IRQ_CASCADE = 2 };

struct writer { u8 *at; u32 entries; };

static void put(u8 *at, u32 value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (u8)(value >> 8 * i);
}

static u8 checksum(const u8 *bytes, u32 size)
{
    u8 sum = 0;
    for (u32 i = 0; i < size; i++)
        sum = (u8)(sum + bytes[i]);
    return (u8)-sum;
}

static u8 *entry(struct writer *w, enum entry type, unsigned size)
{
    u8 *at = w->at;
    at[0] = (u8)type;
    w->at += size;
    w->entries++;
    return at;
}

/* 4.3.1 */
static void processor(struct writer *w)
{
    u32 id[4];
    u8 *e = entry(w, ENTRY_CPU, 20);
    platform_cpuid(NULL, 1, id);
    e[2] = LAPIC_VERSION;
    e[3] = CPU_ENABLED | CPU_BOOT;
    put(e + 4, id[0], 4);
    put(e + 8, id[3], 4);
}

/* 4.3.2 */
static void bus(struct writer *w, enum bus id, const char *name)
{
    u8 *e = entry(w, ENTRY_BUS, 8);
    e[1] = (u8)id;
    memcpy(e + 2, name, 6);
}

/* 4.3.3 */
static void io_apic(struct writer *w)
{
    u8 *e = entry(w, ENTRY_IOAPIC, 8);
    e[1] = MPTABLE_IOAPIC_ID;
    e[2] = IOAPIC_VERSION;
    e[3] = IOAPIC_ENABLED;
    put(e + 4, IOAPIC_BASE, 4);
}

/* 4.3.4, 4.3.5; polarity and trigger mode conform to the ISA bus. */
static void interrupt(struct writer *w, enum entry type, enum interrupt what, unsigned irq, u8 apic,
                      unsigned pin)
{
    u8 *e = entry(w, type, 8);
    e[1] = (u8)what;
    e[4] = BUS_ISA;
    e[5] = (u8)irq;
    e[6] = apic;
    e[7] = (u8)pin;
}

static void interrupts(struct writer *w)
{
    interrupt(w, ENTRY_INTERRUPT, INT_EXT, 0, MPTABLE_IOAPIC_ID, IOAPIC_PIN_8259);
    for (unsigned irq = 0; irq < 16; irq++)
        if (irq != IRQ_CASCADE)
            interrupt(w, ENTRY_INTERRUPT, INT_VECTORED, irq, MPTABLE_IOAPIC_ID,
                      irq ? irq : IOAPIC_PIN_TIMER);
    interrupt(w, ENTRY_LOCAL, INT_EXT, 0, ALL_LAPICS, 0);
    interrupt(w, ENTRY_LOCAL, INT_NMI, 0, ALL_LAPICS, 1);
}

/* 4.1; the feature bytes are 0: there is a table, and no IMCR, so virtual wire mode. */
static void pointer(u8 *at)
{
    memcpy(at, "_MP_", 4);
    put(at + 4, MPTABLE_AT + POINTER, 4);
    at[8] = 1;
    at[9] = SPEC_1_4;
    at[10] = checksum(at, POINTER);
}

/* 4.2 */
static void header(u8 *at, u32 size, u32 entries)
{
    memcpy(at, "PCMP", 4);
    put(at + 4, size, 2);
    at[6] = SPEC_1_4;
    memcpy(at + 8, "STEPVISRP6 BOARD    ", 20);
    put(at + 34, entries, 2);
    put(at + 36, APIC_BASE_RESET, 4);
    at[7] = checksum(at, size);
}

void mptable_build(u8 out[MPTABLE_SIZE])
{
    struct writer w = { .at = out + POINTER + HEADER };
    memset(out, 0, MPTABLE_SIZE);
    processor(&w);
    bus(&w, BUS_PCI, "PCI   ");
    bus(&w, BUS_ISA, "ISA   ");
    io_apic(&w);
    interrupts(&w);
    assert(w.at == out + MPTABLE_SIZE);
    pointer(out);
    header(out + POINTER, MPTABLE_SIZE - POINTER, w.entries);
}
