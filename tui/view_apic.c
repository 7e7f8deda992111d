/* view_apic.c - the local APIC and the I/O APIC, of the devices view. */
#include "tui/view.h"

#include "sim/dev/platform.h"

#include <stdio.h>

static const char *const modes[8] = { "fixed", "lowest", "SMI", "3", "NMI", "INIT", "start-up", "ExtINT" };

/* The vectors of a set, highest first. */
static void vectors(struct sheet *s, const char *key, const u32 set[8])
{
    char out[40];
    int at = 0;
    for (int v = 255; v >= 0; v--) {
        if (!(set[v / 32] >> v % 32 & 1))
            continue;
        if (at > 30) {
            at += snprintf(out + at, sizeof out - (size_t)at, ",...");
            break;
        }
        at += snprintf(out + at, sizeof out - (size_t)at, at ? ",%02x" : "%02x", (unsigned)v);
    }
    sheet_text(s, key, "%s", at ? out : "-");
}

static void entry_fields(struct sheet *s, u32 word, bool has_mode)
{
    sheet_bool(s, "masked", word & LVT_MASK);
    sheet_text(s, "mode", "%s", has_mode ? modes[apic_mode(word)] : "fixed");
    sheet_hex(s, "vector", word & 0xff, 2);
    sheet_text(s, "trigger", "%s%s", word & LVT_LEVEL ? "level" : "edge", word & LVT_LOW ? ", low" : "");
    sheet_bool(s, "remote-irr", word & LVT_REMOTE);
}

static void local_vectors(const struct lapic *l, struct sheet *s)
{
    static const char *const names[LVT_COUNT] = { "timer", "counter", "LINT0", "LINT1", "error" };
    sheet_section(s, SHEET_TABLE, "lvt", "its local vectors");
    for (unsigned i = 0; i < LVT_COUNT; i++) {
        sheet_row(s);
        sheet_text(s, "source", "%s", names[i]);
        entry_fields(s, l->lvt[i], i != LVT_TIMER && i != LVT_ERROR);
    }
}

static void local_timer(const struct platform *p, struct sheet *s)
{
    const struct lapic *l = &p->apic;
    u64 next = lapic_next(l);
    sheet_row(s);
    sheet_text(s, "timer", "%s", l->lvt[LVT_TIMER] & LVT_PERIODIC ? "periodic" : "one-shot");
    sheet_number(s, "initial", l->timer_initial);
    sheet_number(s, "count", lapic_timer_count(l, p->now));
    sheet_hex(s, "divide", l->divide, 1);
    if (next == TIME_NEVER)
        sheet_text(s, "interrupts", "never");
    else
        sheet_text(s, "interrupts", "tick %llu", (unsigned long long)next);
}

static void local(const struct platform *p, struct sheet *s)
{
    const struct lapic *l = &p->apic;
    sheet_section(s, SHEET_PAIRS, "lapic", lapic_is_on(l) ? "local APIC" : "local APIC, turned off");
    sheet_row(s);
    sheet_hex(s, "base", l->base, 8);
    sheet_hex(s, "id", l->id >> 24, 2);
    sheet_hex(s, "svr", l->svr, 3);
    sheet_hex(s, "tpr", l->tpr, 2);
    sheet_hex(s, "esr", l->esr, 2);
    sheet_bool(s, "nmi", l->waits & LAPIC_WAITS_NMI);
    sheet_row(s);
    vectors(s, "requests", l->irr);
    vectors(s, "in-service", l->isr);
    vectors(s, "level", l->tmr);
    local_timer(p, s);
    local_vectors(l, s);
}

/* Entries that were never touched are left out. */
static void inputs(const struct ioapic *io, struct sheet *s)
{
    sheet_section(s, SHEET_TABLE, "ioapic", "I/O APIC: what its inputs send; the others are masked");
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        u64 entry = io->entry[i];
        if (entry == LVT_MASK)
            continue;
        sheet_row(s);
        sheet_text(s, "input", "%u", i);
        sheet_bool(s, "line", io->lines >> i & 1);
        entry_fields(s, (u32)entry, true);
        sheet_text(s, "to", "%s %02x", entry & ICR_LOGICAL ? "set" : "id", (unsigned)(entry >> 56));
    }
}

void view_apics(const struct platform *p, struct sheet *s)
{
    local(p, s);
    inputs(&p->ioapic, s);
}
