/* platform.c - time, and whose output is wired to which input; ports.c has the other side.
 *
 *   8254 OUT0 -> IRQ 0     8042 -> IRQ 1, IRQ 12     16550 INTRPT (if OUT2) -> IRQ 4
 *   MC146818 /IRQ -> IRQ 8     IDE INTRQ -> IRQ 14; nothing drives IRQ 15
 *   FERR# -> latch -> IRQ 13   port F0h: clears the latch, IGNNE# until FERR# goes away
 *
 *   IRQ n --+--> 8259 n --INT--+--> LINT0  local   --> INTR
 *           +--> I/O APIC n <--+ 0         APIC    --> NMI       (IRQ 0 is input 2)
 *   IOCHK# -> latch (61h) -> mask (70h) --> LINT1 */
#include "sim/dev/platform.h"

#include "sim/dev/mmio.h"
#include "sim/dev/mptable.h"
#include "sim/dev/ports.h"

enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_COM1 = 4, IRQ_CLOCK = 8, IRQ_MOUSE = 12, IRQ_FPU = 13,
       IRQ_DISK = 14, REPLAYED = 5 /* edges of the timer */ };

/* CMOS bytes that firmware fills: memory in KB (15h, 17h and its copy 30h), 64 KB units above
 * 16 MB (34h); equipment (14h); how disks are translated (39h, two bits each: 1 is LBA). */
enum { CMOS_EQUIPMENT = 0x14, CMOS_BASE_KB = 0x15, CMOS_EXTENDED_KB = 0x17,
       CMOS_EXTENDED_KB_COPY = 0x30, CMOS_ABOVE_16M = 0x34, CMOS_TRANSLATION = 0x39,
       EQUIPMENT_MOUSE = 0x04, BIOS_MAX_CYLINDERS = 1024 };

static unsigned pin_of(unsigned irq) { return irq == IRQ_TIMER ? IOAPIC_PIN_TIMER : irq; }

static bool line_is(const struct platform *p, unsigned pin, bool level)
{
    return (p->ioapic.lines >> pin & 1) == level;
}

/* Both kinds of controller are on the same lines, so either knows the level. */
static void set_irq(struct platform *p, unsigned irq, bool level)
{
    if (line_is(p, pin_of(irq), level))
        return;
    i8259_line(p->pic, irq, level);
    ioapic_line(&p->ioapic, &p->apic, pin_of(irq), level);
}

/* INT of the first 8259. */
static void set_int(struct platform *p, bool level)
{
    if (line_is(p, IOAPIC_PIN_8259, level))
        return;
    ioapic_line(&p->ioapic, &p->apic, IOAPIC_PIN_8259, level);
    lapic_line(&p->apic, 0, level);
}

static void drive_int(struct platform *p)
{
    set_int(p, i8259_int(&p->pic[0]));
}

/* The wires, as they are at p->now. */
void platform_drive(struct platform *p)
{
    set_irq(p, IRQ_TIMER, i8254_out(&p->pit, p->now, 0));
    set_irq(p, IRQ_KEYBOARD, i8042_irq1(&p->kbc));
    set_irq(p, IRQ_COM1, uart_irq(&p->uart));
    set_irq(p, IRQ_CLOCK, mc146818_irq(&p->rtc));
    set_irq(p, IRQ_MOUSE, i8042_irq12(&p->kbc));
    set_irq(p, IRQ_FPU, p->fpu_error);
    set_irq(p, IRQ_DISK, ata_irq(&p->ata));
    drive_int(p);
    lapic_line(&p->apic, 1, p->iochk && !p->nmi_masked);
}

/* Do the APICs add nothing to what the 8259s say? */
static bool only_8259(const struct platform *p)
{
    const struct lapic *l = &p->apic;
    return !p->ioapic.open && lapic_is_wire(l) && lapic_is_idle(l) &&
           (!l->timer_count || (l->lvt[LVT_TIMER] & LVT_MASK)) &&
           (!perf_is_on(&p->msr.perf) || (l->lvt[LVT_PERF] & LVT_MASK));
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
    msr_reset(&p->msr, p->now, !p->firmware);
    p->a20 = 1;
    p->port61 = p->reset_control = 0;
    p->ferr = p->fpu_error = p->ignne = p->iochk = 0;
    p->nmi_masked = p->firmware; /* 82371SB 2.5.5; firmware would let NMI through */
    i8259_reset(p->pic);
    i8254_reset(&p->pit);
    uart_reset(&p->uart);
    i8042_reset(&p->kbc);
    ata_reset(&p->ata, p->ata.sectors);
    pci_reset(&p->pci, !p->firmware);
    vga_reset(&p->vga);
    isadma_reset(&p->dma);
    fwcfg_select(&p->fwcfg, 0);
    lapic_reset(&p->apic, !p->firmware);
    ioapic_reset(&p->ioapic, p->firmware ? 0 : MPTABLE_IOAPIC_ID);
    platform_drive(p);
    p->pic[0].edge = 0; /* a line that is high from the start has not risen */
    drive_int(p);
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
    mc146818_restart(&p->rtc);
    reset_devices(p);
}

/* ---- time ---- */

/* The timer's line may have gone up and down since.  The 8259 forgets a request whose line falls, the
 * APICs keep what they accepted, once or often is the same: so two rounds tell as much as many.  The
 * last edge is left to platform_drive, with all other lines. */
static void replay_timer(struct platform *p, u64 now)
{
    if (only_8259(p)) {
        if (i8254_next_edge(&p->pit, p->now, 0, true) <= now)
            set_irq(p, IRQ_TIMER, false);
        return;
    }
    bool level = i8254_out(&p->pit, p->now, 0);
    u64 at = p->now;
    for (unsigned edges = 0; edges < REPLAYED; edges++) {
        at = i8254_next_edge(&p->pit, at, 0, !level);
        if (at > now)
            return;
        if (edges) {
            set_irq(p, IRQ_TIMER, level);
            drive_int(p);
        }
        i8254_advance(&p->pit, at);
        level = !level;
    }
}

/* No other line changes before `now`, or nobody minds in which order. */
static void advance_to(struct platform *p, u64 now)
{
    replay_timer(p, now);
    i8254_advance(&p->pit, now);
    uart_advance(&p->uart, now);
    mc146818_advance(&p->rtc, now);
    i8042_advance(&p->kbc, now);
    ata_advance(&p->ata, now);
    lapic_advance(&p->apic, now);
    if (perf_advance(&p->msr.perf, now))
        lapic_overflow(&p->apic);
    p->now = now;
    platform_drive(p);
}

/* Lines that rise by themselves, and fall by an access only. */
static u64 next_clock(const struct platform *p) { return mc146818_next_irq(&p->rtc); }
static u64 next_serial(const struct platform *p) { return uart_next_irq(&p->uart); }
static u64 next_key(const struct platform *p) { return i8042_next_irq(&p->kbc, false); }
static u64 next_mouse(const struct platform *p) { return i8042_next_irq(&p->kbc, true); }
static u64 next_disk(const struct platform *p) { return ata_next_irq(&p->ata); }
static const struct { u8 irq; u64 (*next)(const struct platform *p); } risers[] = {
    { IRQ_COM1, next_serial }, { IRQ_KEYBOARD, next_key }, { IRQ_CLOCK, next_clock },
    { IRQ_MOUSE, next_mouse }, { IRQ_DISK, next_disk },
};

static u64 sooner(u64 a, u64 b) { return a < b ? a : b; }

static u64 next_line(const struct platform *p)
{
    u64 first = TIME_NEVER;
    for (unsigned i = 0; i < COUNT(risers); i++)
        first = sooner(first, risers[i].next(p));
    return first;
}

/* Are edges of the 8259's INT told from its level: by input 0, or LINT0 that is no wire? */
static bool int_has_edges(const struct platform *p)
{
    return (p->ioapic.open >> IOAPIC_PIN_8259 & 1) ||
           (!lapic_is_wire(&p->apic) && !(p->apic.lvt[LVT_LINT0] & LVT_MASK));
}

/* Where edges of INT count, what holds it up must come in its time. */
void platform_advance(struct platform *p, u64 now)
{
    assert(now >= p->now);
    if (now == p->now)
        return;
    if (int_has_edges(p))
        for (u64 t = next_line(p); t < now; t = next_line(p))
            advance_to(p, t);
    if (now > p->now)
        advance_to(p, now);
}

/* ---- when INTR changes by itself ---- */

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

/* With the 8259's INT up: the others' lines stay up by themselves, the timer's falls.  INT falls with it
 * if the timer is all that asks, and nothing else rises by then.  rest: without the timer. */
static u64 falls_with_timer(const struct platform *p, const struct i8259 rest[2])
{
    if (i8259_int(&rest[0]))
        return TIME_NEVER;
    u64 fall = i8254_next_edge(&p->pit, p->now, 0, false);
    return next_riser(p, rest) <= fall ? TIME_NEVER : fall;
}

/* If INT is down it must rise first, and then only the timer's request goes again. */
static u64 int_falls(const struct platform *p)
{
    struct i8259 rest[2] = { p->pic[0], p->pic[1] };
    bool up = i8259_int(&rest[0]);
    i8259_line(rest, IRQ_TIMER, false);
    if (up)
        return falls_with_timer(p, rest);
    u64 rise = i8254_next_edge(&p->pit, p->now, 0, true);
    if (rise == TIME_NEVER || !i8259_would_interrupt(rest, IRQ_TIMER))
        return TIME_NEVER;
    struct i8254 then = p->pit;
    i8254_advance(&then, rise);
    u64 fall = i8254_next_edge(&then, rise, 0, false);
    return next_riser(p, rest) <= fall ? TIME_NEVER : fall;
}

/* If INT is up it must fall first. */
static u64 int_rises(const struct platform *p)
{
    struct i8259 rest[2] = { p->pic[0], p->pic[1] };
    u64 timer = TIME_NEVER;
    if (i8259_int(&rest[0])) {
        i8259_line(rest, IRQ_TIMER, false);
        if (falls_with_timer(p, rest) == TIME_NEVER)
            return TIME_NEVER;
    }
    if (i8259_would_interrupt(rest, IRQ_TIMER))
        timer = i8254_next_edge(&p->pit, p->now, 0, true);
    return sooner(timer, next_riser(p, rest));
}

/* When the I/O APIC's inputs `live` become active.  Those that are active low do when a line falls, and
 * of lines only the timer's and the 8259's fall by themselves. */
static u64 next_input(const struct platform *p, u32 live)
{
    const struct ioapic *io = &p->ioapic;
    u64 first = TIME_NEVER;
    for (unsigned i = 0; i < COUNT(risers); i++)
        if ((live >> risers[i].irq & 1) && !ioapic_is_low(io, risers[i].irq))
            first = sooner(first, risers[i].next(p));
    if (live >> IOAPIC_PIN_TIMER & 1)
        first = sooner(first, i8254_next_edge(&p->pit, p->now, 0,
                                              !ioapic_is_low(io, IOAPIC_PIN_TIMER)));
    if (live >> IOAPIC_PIN_8259 & 1)
        first = sooner(first, ioapic_is_low(io, IOAPIC_PIN_8259) ? int_falls(p) : int_rises(p));
    return first;
}

/* When a performance counter does: not before a halted processor has been woken. */
static u64 counter_raises(const struct platform *p, enum lapic_output out, bool halted)
{
    bool may = !halted && perf_is_on(&p->msr.perf) && lapic_lvt_would_raise(&p->apic, LVT_PERF, out);
    return may ? perf_next(&p->msr.perf) : TIME_NEVER;
}

/* When the local APIC itself raises that output. */
static u64 apic_raises(const struct platform *p, enum lapic_output out, bool halted)
{
    u32 live = p->ioapic.open ? ioapic_live(&p->ioapic, &p->apic, out) : 0;
    u64 first = sooner(live ? next_input(p, live) : TIME_NEVER, counter_raises(p, out, halted));
    if (lapic_lvt_would_raise(&p->apic, LVT_LINT0, out)) {
        bool low = (p->apic.lvt[LVT_LINT0] & LVT_LOW) != 0;
        first = sooner(first, low ? int_falls(p) : int_rises(p));
    }
    return out == LAPIC_INTR ? sooner(first, lapic_next(&p->apic)) : first;
}

static u64 due(const struct platform *p, bool halted)
{
    bool wire = lapic_is_wire(&p->apic);
    if (only_8259(p))
        return i8259_int(&p->pic[0]) ? int_falls(p) : int_rises(p);
    u64 nmi = sooner(apic_raises(p, LAPIC_NMI, halted), apic_raises(p, LAPIC_INIT, halted));
    if (p->apic.extint || lapic_pending(&p->apic) >= 0)
        return nmi;
    u64 raised = apic_raises(p, LAPIC_INTR, halted);
    if (!wire)
        return sooner(nmi, raised);
    if (!i8259_int(&p->pic[0]))
        return sooner(nmi, sooner(raised, int_rises(p)));
    u64 fall = int_falls(p);
    return sooner(nmi, raised <= fall ? TIME_NEVER : fall);
}

u64 platform_due(const struct platform *p)
{
    return due(p, false);
}

/* ---- the processor's pins ---- */

bool platform_intr(const struct platform *p)
{
    return lapic_intr(&p->apic);
}

/* INT of the 8259 drops with INTA; a further request is a new edge. */
u8 platform_ack(struct platform *p)
{
    int vector = lapic_ack(&p->apic);
    if (vector >= 0)
        return (u8)vector;
    u8 answer = i8259_ack(p->pic);
    set_int(p, false);
    drive_int(p);
    return answer;
}

int platform_pending_irq(const struct platform *p)
{
    int vector = lapic_pending(&p->apic);
    if (vector >= 0)
        return IRQ_APIC + vector;
    return lapic_is_wire(&p->apic) || p->apic.extint ? i8259_pending(p->pic) : -1;
}

static void take(struct platform *p, unsigned wait) { p->apic.waits &= (u8)~wait; }
void platform_take_nmi(struct platform *p) { take(p, LAPIC_WAITS_NMI); }
void platform_take_smi(struct platform *p) { take(p, LAPIC_WAITS_SMI); }
void platform_lose_init(struct platform *p) { take(p, LAPIC_WAITS_INIT); }

void platform_take_init(struct platform *p)
{
    lapic_init(&p->apic);
}

void platform_input(struct platform *p, u64 now, enum platform_source from, u8 byte)
{
    platform_advance(p, now);
    switch (from) {
    case SOURCE_KEYBOARD: i8042_key(&p->kbc, now, byte); break;
    case SOURCE_MOUSE: i8042_mouse(&p->kbc, now, byte); break;
    case SOURCE_NMI: p->iochk |= !(p->port61 & P61_IOCHK_OFF); break;
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

u64 platform_wakes(const struct platform *p, bool intr, bool nmi)
{
    if (intr)
        return due(p, true);
    return sooner(nmi ? apic_raises(p, LAPIC_NMI, true) : TIME_NEVER, apic_raises(p, LAPIC_INIT, true));
}

void platform_cpl(struct platform *p, u64 now, unsigned cpl)
{
    struct perf *c = &p->msr.perf;
    if (c->user == (cpl > 0))
        return;
    platform_advance(p, now);
    c->user = cpl > 0;
}

void platform_halted(struct platform *p, u64 now, u64 until)
{
    if (!perf_is_on(&p->msr.perf))
        return;
    platform_advance(p, now);
    p->msr.perf.since = until;
}

u64 platform_halt_until(u64 now, u64 due, u64 input_due)
{
    u64 next = due < input_due ? due : input_due;
    return next == TIME_NEVER || next > now ? next : now;
}
