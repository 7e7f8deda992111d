#include "tui/view.h"

#include "tui/session.h"
#include <stdlib.h>
#include <string.h>

static void bits(const struct i8259 *p, u8 mask, char out[32])
{
    int at = 0;
    out[0] = '-', out[1] = 0;
    for (int i = 0; i < 8; i++)
        if (mask >> i & 1)
            at += snprintf(out + at, 32 - (size_t)at, at ? ",%d" : "%d", i + (p->is_slave ? 8 : 0));
}

static void pic(const struct i8259 *p, struct sheet *s)
{
    char out[32];
    sheet_row(s);
    sheet_text(s, "8259", p->is_slave ? "second" : "first");
    bits(p, i8259_irr(p), out);
    sheet_text(s, "requests", "%s", out);
    bits(p, p->isr, out);
    sheet_text(s, "in-service", "%s", out);
    bits(p, p->imr, out);
    sheet_text(s, "masked", "%s", out);
    sheet_hex(s, "base", p->base, 2);
    sheet_bool(s, "int", i8259_int(p));
    sheet_bool(s, "aeoi", p->icw4 & ICW4_AEOI);
}

static void pit(const struct platform *p, u64 now, struct sheet *s)
{
    sheet_section(s, SHEET_TABLE, "pit", "the timer, 8254");
    for (unsigned i = 0; i < 3; i++) {
        const struct i8254_counter *k = &p->pit.counter[i];
        sheet_row(s);
        sheet_text(s, "counter", "%u", i);
        sheet_text(s, "mode", "%u", k->mode);
        sheet_number(s, "reload", k->cr);
        sheet_number(s, "count", i8254_count(&p->pit, now, i));
        sheet_bool(s, "out", i8254_out(&p->pit, now, i));
        u64 edge = i8254_next_edge(&p->pit, now, i, true);
        if (edge == TIME_NEVER)
            sheet_text(s, "next-rise", "never");
        else
            sheet_text(s, "next-rise", "tick %llu", (unsigned long long)edge);
    }
}

static void uart(const struct uart16550 *u, struct sheet *s)
{
    sheet_section(s, SHEET_PAIRS, "uart", "the serial port, 16550");
    sheet_row(s);
    sheet_hex(s, "ier", u->ier, 2);
    sheet_hex(s, "iir", uart_iir(u), 2);
    sheet_hex(s, "lcr", u->lcr, 2);
    sheet_hex(s, "mcr", u->mcr, 2);
    sheet_hex(s, "lsr", uart_lsr(u), 2);
    sheet_hex(s, "msr", u->msr, 2);
    sheet_row(s);
    sheet_number(s, "to-send", u->tx_count);
    sheet_number(s, "received", u->rx_count);
    sheet_number(s, "divisor", u->divisor);
    sheet_bool(s, "irq", uart_irq(u));
}

void view_devices(const struct view_context *c, struct sheet *s)
{
    /* a copy brought to the present, as the next access would find it */
    struct platform p = *world_platform(c->world);
    u64 now = world_tick(c->world), due;
    if (now > p.now)
        platform_advance(&p, now);
    due = platform_due(&p);
    sheet_section(s, SHEET_PAIRS, "lines", c->monitored ? "virtual devices of the monitor"
                                                        : "devices of the machine");
    sheet_row(s);
    sheet_bool(s, "intr", platform_intr(&p));
    int pending = platform_pending_irq(&p);
    if (pending >= IRQ_APIC)
        sheet_text(s, "pending", "apic %02x", pending - IRQ_APIC);
    else if (pending >= 0)
        sheet_text(s, "pending", "irq%d", pending);
    else
        sheet_text(s, "pending", "none");
    if (due == TIME_NEVER)
        sheet_text(s, "next-due", "never");
    else
        sheet_text(s, "next-due", "tick %llu (in %llu)", (unsigned long long)due,
                   (unsigned long long)(due - p.now));
    sheet_section(s, SHEET_TABLE, "pic", "interrupt controllers");
    pic(&p.pic[0], s);
    pic(&p.pic[1], s);
    pit(&p, p.now, s);
    uart(&p.uart, s);
    view_apics(&p, s);
}

/* The console's last lines; what is not printable is shown as '.'. */
void view_console(const struct view_context *c, struct sheet *s)
{
    char *bytes = must_alloc(CONSOLE_SIZE);
    u32 len = machine_console(&c->world->hw, bytes, CONSOLE_SIZE), start = 0, lines = 0;
    u32 rows = c->rows ? (u32)c->rows : ~0u;
    for (u32 i = len; i > 0 && lines < rows; i--)
        if (bytes[i - 1] == '\n' && i != len && ++lines >= rows)
            start = i;
    sheet_section(s, SHEET_WORDS, "console", NULL);
    while (start < len) {
        char line[512];
        u32 n = 0;
        for (; start < len && bytes[start] != '\n'; start++)
            if (bytes[start] != '\r' && n < sizeof line - 1)
                line[n++] = bytes[start] >= ' ' && bytes[start] < 0x7f ? bytes[start] : '.';
        line[n] = 0;
        start++;
        sheet_words(s, "%s", line);
        sheet_here(s);
    }
    sheet_section(s, SHEET_PAIRS, "bytes", NULL);
    sheet_row(s);
    sheet_number(s, "bytes", world_outside(c->world)->console_total);
    free(bytes);
}
