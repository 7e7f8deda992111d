/* platform.c - time, and whose output is wired to which input; ports.c has the other side.
 *
 *   8254 OUT0 -> IRQ 0     8042 -> IRQ 1, IRQ 12     16550 INTRPT (if OUT2) -> IRQ 4
 *   MC146818 /IRQ -> IRQ 8     IDE INTRQ -> IRQ 14     8259 INT -> the processor
 *   FERR# -> latch -> IRQ 13   port F0h: clears the latch, IGNNE# until FERR# goes away */
#include "sim/dev/platform.h"

#include "sim/dev/ports.h"

enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_COM1 = 4, IRQ_CLOCK = 8, IRQ_MOUSE = 12, IRQ_FPU = 13,
       IRQ_DISK = 14 };

/* CMOS bytes that firmware fills: memory in KB (15h, 17h and its copy 30h), 64 KB units above
 * 16 MB (34h); equipment (14h); how disks are translated (39h, two bits each: 1 is LBA). */
enum { CMOS_EQUIPMENT = 0x14, CMOS_BASE_KB = 0x15, CMOS_EXTENDED_KB = 0x17,
       CMOS_EXTENDED_KB_COPY = 0x30, CMOS_ABOVE_16M = 0x34, CMOS_TRANSLATION = 0x39,
       EQUIPMENT_MOUSE = 0x04, BIOS_MAX_CYLINDERS = 1024 };

/* The wires, as they are at p->now. */
void platform_drive(struct platform *p)
{
    i8259_line(p->pic, IRQ_TIMER, i8254_out(&p->pit, p->now, 0));
    i8259_line(p->pic, IRQ_KEYBOARD, i8042_irq1(&p->kbc));
    i8259_line(p->pic, IRQ_COM1, uart_irq(&p->uart));
    i8259_line(p->pic, IRQ_CLOCK, mc146818_irq(&p->rtc));
    i8259_line(p->pic, IRQ_MOUSE, i8042_irq12(&p->kbc));
    i8259_line(p->pic, IRQ_FPU, p->fpu_error);
    i8259_line(p->pic, IRQ_DISK, ata_irq(&p->ata));
}

static u32 smaller(u32 a, u32 b)
{
    return a < b ? a : b;
}

static void fill_cmos(struct platform *p)
{
    u32 kb = p->ram_bytes >> 10;
    u32 extended = kb > 1024 ? smaller(kb - 1024, 0xfc00) : 0;
    u32 above = kb > 16384 ? smaller((kb - 16384) / 64, 0xffff) : 0;
    const struct { u32 at, value; } word[] = {
        { CMOS_BASE_KB, smaller(kb, 640) },
        { CMOS_EXTENDED_KB, extended },
        { CMOS_EXTENDED_KB_COPY, extended },
        { CMOS_ABOVE_16M, above },
    };
    for (unsigned i = 0; i < COUNT(word); i++) {
        p->rtc.byte[word[i].at] = (u8)word[i].value;
        p->rtc.byte[word[i].at + 1] = (u8)(word[i].value >> 8);
    }
    p->rtc.byte[CMOS_EQUIPMENT] = EQUIPMENT_MOUSE;
    p->rtc.byte[CMOS_TRANSLATION] = p->ata.cylinders > BIOS_MAX_CYLINDERS;
}

/* Everything that a reset of the board resets. */
static void reset_devices(struct platform *p)
{
    p->a20 = 1;
    p->port61 = p->reset_control = 0;
    p->ferr = p->fpu_error = p->ignne = 0;
    i8259_reset(p->pic);
    i8254_reset(&p->pit);
    uart_reset(&p->uart);
    i8042_reset(&p->kbc);
    ata_reset(&p->ata, p->ata.sectors);
    pci_reset(&p->pci, !p->firmware);
    vga_reset(&p->vga);
    isadma_reset(&p->dma);
    fwcfg_select(&p->fwcfg, 0);
    platform_drive(p);
    p->pic[0].edge = 0; /* a line that is high from the start has not risen */
}

void platform_reset(struct platform *p, u32 ram_bytes)
{
    *p = (struct platform){ .ram_bytes = ram_bytes };
    mc146818_reset(&p->rtc, PLATFORM_EPOCH);
    reset_devices(p);
    fill_cmos(p);
}

void platform_plug(struct platform *p, const struct platform_board *board)
{
    p->firmware = board->firmware;
    p->ata.sectors = board->disk_sectors;
    p->fwcfg.option_rom_size = board->option_rom_bytes;
    mc146818_reset(&p->rtc, board->epoch);
    reset_devices(p);
    fill_cmos(p);
}

void platform_restart(struct platform *p)
{
    reset_devices(p);
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
    mc146818_advance(&p->rtc, now);
    i8042_advance(&p->kbc, now);
    ata_advance(&p->ata, now);
    p->now = now;
    if (rose)
        i8259_line(p->pic, IRQ_TIMER, false);
    platform_drive(p);
}

/* ---- when INTR changes by itself ---- */

static u64 next_clock(const struct platform *p) { return mc146818_next_irq(&p->rtc); }
static u64 next_serial(const struct platform *p) { return uart_next_irq(&p->uart); }
static u64 next_key(const struct platform *p) { return i8042_next_irq(&p->kbc, false); }
static u64 next_mouse(const struct platform *p) { return i8042_next_irq(&p->kbc, true); }
static u64 next_disk(const struct platform *p) { return ata_next_irq(&p->ata); }

/* Lines that rise by themselves, and fall by an access only. */
static const struct { u8 irq; u64 (*next)(const struct platform *p); } risers[] = {
    { IRQ_COM1, next_serial }, { IRQ_KEYBOARD, next_key }, { IRQ_CLOCK, next_clock },
    { IRQ_MOUSE, next_mouse }, { IRQ_DISK, next_disk },
};

static u64 next_riser(const struct platform *p, const struct i8259 pic[2])
{
    u64 first = TIME_NEVER;
    for (unsigned i = 0; i < COUNT(risers); i++) {
        u64 t = risers[i].next(p);
        if (t < first && i8259_would_interrupt(pic, risers[i].irq))
            first = t;
    }
    return first;
}

/* With INTR up: the others' lines stay up by themselves, the timer's falls.  INTR falls with it if
 * the timer is all that asks, and nothing else rises by then. */
static u64 due_fall(const struct platform *p)
{
    struct i8259 rest[2] = { p->pic[0], p->pic[1] };
    i8259_line(rest, IRQ_TIMER, false);
    if (i8259_int(&rest[0]))
        return TIME_NEVER;
    u64 fall = i8254_next_edge(&p->pit, p->now, 0, false);
    return next_riser(p, rest) <= fall ? TIME_NEVER : fall;
}

u64 platform_due(const struct platform *p)
{
    u64 timer = TIME_NEVER;
    if (platform_intr(p))
        return due_fall(p);
    if (i8259_would_interrupt(p->pic, IRQ_TIMER))
        timer = i8254_next_edge(&p->pit, p->now, 0, true);
    u64 other = next_riser(p, p->pic);
    return timer < other ? timer : other;
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

void platform_input(struct platform *p, u64 now, enum platform_source from, u8 byte)
{
    platform_advance(p, now);
    switch (from) {
    case SOURCE_KEYBOARD: i8042_key(&p->kbc, now, byte); break;
    case SOURCE_MOUSE: i8042_mouse(&p->kbc, now, byte); break;
    case SOURCE_SERIAL:
    case SOURCE_COUNT: uart_receive(&p->uart, now, byte); break;
    }
    platform_drive(p);
}

bool platform_ferr(struct platform *p, u64 now, bool active)
{
    platform_advance(p, now);
    if (active && !p->ferr)
        p->fpu_error = 1;
    if (!active)
        p->ignne = 0;
    p->ferr = active;
    platform_drive(p);
    return p->ignne;
}

void platform_serial_input(struct platform *p, u64 now, u8 byte)
{
    platform_input(p, now, SOURCE_SERIAL, byte);
}

u64 platform_halt_until(u64 now, u64 due, u64 input_due)
{
    u64 next = due < input_due ? due : input_due;
    return next == TIME_NEVER || next > now ? next : now;
}
