/* platform.c - which device answers at which port, and whose output is wired to which input.
 *
 *   8254 OUT0 -> IRQ 0      16550 INTRPT (if OUT2) -> IRQ 4      8259 INT -> the processor
 *
 * A port access is a cycle per byte, as on the ISA bus; only the exit port takes it whole. */
#include "sim/dev/platform.h"

enum { IRQ_TIMER = 0, IRQ_COM1 = 4, REFRESH_CLOCKS = 18 };

/* Port 61h   7   6    5      4     3 2    1      0
 *          +---+---+------+-------+-----+------+-----+
 *          | 0 | 0 | OUT2 |refresh| R/W |speakr|gate2|     bits 5 and 4 read only
 *          +---+---+------+-------+-----+------+-----+
 * Port 92h: bit 1 A20, bit 0 fast reset (not wired here) */
enum { P61_GATE2 = 0x01, P61_WRITABLE = 0x0f, P61_REFRESH = 0x10, P61_OUT2 = 0x20,
       P92_A20 = 0x02 };

/* CMOS bytes that firmware fills: memory in KB (15h, 17h and its copy 30h), 64 KB units above
 * 16 MB (34h); register D bit 7: the battery is good.  There is no clock. */
enum { CMOS_STATUS_D = 0x0d, CMOS_BASE_KB = 0x15, CMOS_EXTENDED_KB = 0x17,
       CMOS_EXTENDED_KB_COPY = 0x30, CMOS_ABOVE_16M = 0x34 };

struct access {
    u64 now;
    struct platform_out *out;
};
typedef u8 read_fn(struct platform *p, const struct access *a, u16 port);
typedef void write_fn(struct platform *p, const struct access *a, u16 port, u8 value);
struct range {
    u16 first, last;
    read_fn *read;
    write_fn *write;
    bool wired; /* may change an interrupt line, or when one changes */
};

static u8 pic_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a;
    return i8259_read(p->pic, port >> 7, port & 1);
}

static void pic_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a;
    i8259_write(p->pic, port >> 7, port & 1, value);
}

static u8 elcr_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a;
    return p->pic[port & 1].elcr;
}

static void elcr_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a;
    i8259_write_elcr(p->pic, port & 1, value);
}

static u8 pit_read(struct platform *p, const struct access *a, u16 port)
{
    if ((port & 3) == 3)
        return 0xff; /* the control word is write only */
    return i8254_read(&p->pit, a->now, port & 3);
}

static void pit_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    if ((port & 3) == 3)
        i8254_write_control(&p->pit, a->now, value);
    else
        i8254_write(&p->pit, a->now, port & 3, value);
}

static u8 port61_read(struct platform *p, const struct access *a, u16 port)
{
    (void)port;
    bool refresh = a->now / (REFRESH_CLOCKS * TICKS_PER_PIT_CLOCK) & 1;
    return (u8)(p->port61 | (refresh ? P61_REFRESH : 0)
                | (i8254_out(&p->pit, a->now, 2) ? P61_OUT2 : 0));
}

static void port61_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)port;
    p->port61 = value & P61_WRITABLE;
    i8254_gate(&p->pit, a->now, 2, value & P61_GATE2);
}

static u8 port92_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a, (void)port;
    return p->a20 ? P92_A20 : 0;
}

static void port92_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a, (void)port;
    p->a20 = (value & P92_A20) != 0;
}

static u8 uart_port_read(struct platform *p, const struct access *a, u16 port)
{
    return uart_read(&p->uart, a->now, port & 7);
}

static void uart_port_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    u8 sent;
    if (!uart_write(&p->uart, a->now, port & 7, value, &sent))
        return;
    a->out->console = 1;
    a->out->console_byte = sent;
}

static u8 debug_read(struct platform *p, const struct access *a, u16 port)
{
    (void)p, (void)a, (void)port;
    return PORT_DEBUG_CONSOLE; /* how a guest finds out that the port exists */
}

static void debug_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)p, (void)port;
    a->out->console = 1;
    a->out->console_byte = value;
}

static u8 exit_read(struct platform *p, const struct access *a, u16 port)
{
    (void)p, (void)a, (void)port;
    return 0;
}

static void exit_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)p, (void)port;
    a->out->exit = 1;
    a->out->exit_code = value;
}

static u8 post_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a, (void)port;
    return p->post;
}

static void post_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a, (void)port;
    p->post = value;
}

static u32 smaller(u32 a, u32 b)
{
    return a < b ? a : b;
}

static u8 cmos_byte(const struct platform *p, unsigned index)
{
    u32 kb = p->ram_bytes >> 10;
    u32 extended = kb > 1024 ? smaller(kb - 1024, 0xfc00) : 0;
    u32 above = kb > 16384 ? smaller((kb - 16384) / 64, 0xffff) : 0;
    const struct { u32 at, value; } word[] = {
        { CMOS_STATUS_D, 0x80 },
        { CMOS_BASE_KB, smaller(kb, 640) },
        { CMOS_EXTENDED_KB, extended },
        { CMOS_EXTENDED_KB_COPY, extended },
        { CMOS_ABOVE_16M, above },
    };
    for (unsigned i = 0; i < COUNT(word); i++) {
        if (index - word[i].at < 2)
            return (u8)(word[i].value >> 8 * (index - word[i].at));
    }
    return 0;
}

static u8 cmos_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a;
    return port & 1 ? cmos_byte(p, p->cmos_index) : 0xff;
}

static void cmos_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a;
    if (!(port & 1))
        p->cmos_index = value & 0x7f; /* bit 7 masks NMI, of which this board has none */
}

static const struct range ranges[] = {
    { 0x20, 0x21, pic_read, pic_write, true },
    { 0x40, 0x43, pit_read, pit_write, true },
    { 0x61, 0x61, port61_read, port61_write, true },
    { 0x70, 0x71, cmos_read, cmos_write, false },
    { 0x80, 0x80, post_read, post_write, false },
    { 0x92, 0x92, port92_read, port92_write, false },
    { 0xa0, 0xa1, pic_read, pic_write, true },
    { 0xe9, 0xe9, debug_read, debug_write, false },
    { 0xf4, 0xf4, exit_read, exit_write, false },
    { 0x4d0, 0x4d1, elcr_read, elcr_write, true },
    { 0x3f8, 0x3ff, uart_port_read, uart_port_write, true },
};

static const struct range *range_of(u16 port)
{
    for (unsigned i = 0; i < COUNT(ranges); i++) {
        if (port >= ranges[i].first && port <= ranges[i].last)
            return &ranges[i];
    }
    return NULL;
}

/* The wires, as they are at p->now. */
static void drive_lines(struct platform *p)
{
    i8259_line(p->pic, IRQ_TIMER, i8254_out(&p->pit, p->now, 0));
    i8259_line(p->pic, IRQ_COM1, uart_irq(&p->uart));
}

void platform_reset(struct platform *p, u32 ram_bytes)
{
    *p = (struct platform){ .ram_bytes = ram_bytes, .a20 = 1 };
    i8259_reset(p->pic);
    i8254_reset(&p->pit);
    uart_reset(&p->uart);
    drive_lines(p);
    p->pic[0].edge = 0; /* a line that is high from the start has not risen */
}

/* An edge that came and went since leaves no trace but the request, and that only while the
 * line is still up: so it is enough to know whether there was one. */
void platform_advance(struct platform *p, u64 now)
{
    assert(now >= p->now);
    if (now == p->now)
        return;
    bool rose = i8254_next_edge(&p->pit, p->now, 0, true) <= now;
    i8254_advance(&p->pit, now);
    uart_advance(&p->uart, now);
    p->now = now;
    if (rose)
        i8259_line(p->pic, IRQ_TIMER, false);
    drive_lines(p);
}

static u8 read_byte(struct platform *p, const struct access *a, u16 port)
{
    const struct range *r = range_of(port);
    if (!r)
        return 0xff;
    a->out->unclaimed = 0;
    if (!r->wired)
        return r->read(p, a, port);
    platform_advance(p, a->now);
    u8 value = r->read(p, a, port);
    drive_lines(p);
    a->out->wired = 1;
    return value;
}

static void write_byte(struct platform *p, const struct access *a, u16 port, u8 value)
{
    const struct range *r = range_of(port);
    if (!r)
        return;
    a->out->unclaimed = 0;
    if (!r->wired) {
        r->write(p, a, port, value);
        return;
    }
    platform_advance(p, a->now);
    r->write(p, a, port, value);
    drive_lines(p);
    a->out->wired = 1;
}

u32 platform_in(struct platform *p, u64 now, u16 port, unsigned size, struct platform_out *out)
{
    struct access a = { now, out };
    u32 value = 0;
    *out = (struct platform_out){ .unclaimed = 1 };
    for (unsigned i = 0; i < size; i++)
        value |= (u32)read_byte(p, &a, (u16)(port + i)) << 8 * i;
    return value;
}

void platform_out(struct platform *p, u64 now, u16 port, unsigned size, u32 value,
                  struct platform_out *out)
{
    struct access a = { now, out };
    *out = (struct platform_out){ .unclaimed = 1 };
    for (unsigned i = 0; i < size; i++)
        write_byte(p, &a, (u16)(port + i), (u8)(value >> 8 * i));
    if (port == PORT_DEBUG_EXIT)
        out->exit_code = size == 4 ? value : value & (BIT(8 * size) - 1);
}

/* With INTR up: the serial line stays up by itself, the timer's falls.  INTR falls with it if
 * the timer is all that asks, and the serial line does not rise by then. */
static u64 due_fall(const struct platform *p)
{
    struct i8259 rest[2] = { p->pic[0], p->pic[1] };
    i8259_line(rest, IRQ_TIMER, false);
    if (i8259_int(&rest[0]))
        return TIME_NEVER;
    u64 fall = i8254_next_edge(&p->pit, p->now, 0, false);
    bool taken_over = i8259_would_interrupt(rest, IRQ_COM1) && uart_next_irq(&p->uart) <= fall;
    return taken_over ? TIME_NEVER : fall;
}

u64 platform_due(const struct platform *p)
{
    u64 timer = TIME_NEVER, serial = TIME_NEVER;
    if (platform_intr(p))
        return due_fall(p);
    if (i8259_would_interrupt(p->pic, IRQ_TIMER))
        timer = i8254_next_edge(&p->pit, p->now, 0, true);
    if (i8259_would_interrupt(p->pic, IRQ_COM1))
        serial = uart_next_irq(&p->uart);
    return timer < serial ? timer : serial;
}

bool platform_intr(const struct platform *p)
{
    return i8259_int(&p->pic[0]);
}

u8 platform_ack(struct platform *p)
{
    return i8259_ack(p->pic);
}

int platform_pending_irq(const struct platform *p)
{
    return i8259_pending(p->pic);
}

void platform_serial_input(struct platform *p, u64 now, u8 byte)
{
    platform_advance(p, now);
    uart_receive(&p->uart, now, byte);
    drive_lines(p);
}

u64 platform_halt_until(u64 now, u64 due, u64 input_due)
{
    u64 next = due < input_due ? due : input_due;
    return next == TIME_NEVER || next > now ? next : now;
}
