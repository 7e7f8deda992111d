/* ports.c - which device answers at which port.
 *
 * A port access is a cycle per byte, as on the ISA bus; the exit port, the disk's data, and the two
 * address registers take it whole. */
#include "sim/dev/ports.h"

#include "sim/dev/platform.h"

enum { REFRESH_CLOCKS = 18, PORT_POST = 0x80, PORT_DISK = 0x1f0, PORT_FWCFG = 0x510,
       PORT_KBC_COMMAND = 0x64, PORT_RESET = 0xcf9 };

/* Port 61h   7   6    5      4     3 2    1      0
 *          +---+---+------+-------+-----+------+-----+    bits 7-4 read only
 *          | 0 |IOC| OUT2 |refresh| R/W |speakr|gate2|    6: IOCHK# was asserted; bit 3 = 1 clears that
 *          +---+---+------+-------+-----+------+-----+    and keeps it so (82371SB, 2.5.7)
 * Port 70h: bit 7 keeps NMI from the processor (2.5.5); what was latched comes when it is cleared
 * Port 92h: bit 1 A20, bit 0 rises: fast reset
 * Port CF9h (82371SB, 2.4.1): bit 2 rises: reset */
enum { P61_GATE2 = 0x01, P61_WRITABLE = 0x0f, P61_REFRESH = 0x10, P61_OUT2 = 0x20,
       P61_IOCHK = 0x40, P92_RESET = 0x01, P92_A20 = 0x02, RC_RESET = 0x04 };

struct access {
    u64 now;
    struct platform_out *out;
};
typedef u8 read_fn(struct platform *p, const struct access *a, u16 port);
typedef void write_fn(struct platform *p, const struct access *a, u16 port, u8 value);
typedef u32 read_wide_fn(struct platform *p, const struct access *a, unsigned size);
typedef void write_wide_fn(struct platform *p, const struct access *a, unsigned size, u32 value);
struct range {
    u16 first, last;
    read_fn *read;
    write_fn *write;
    bool wired;                /* may change an interrupt line, or when one changes */
    read_wide_fn *read_wide;   /* 16 and 32 bits at `first` are one access, not one a byte */
    write_wide_fn *write_wide;
};

static void absent(const struct access *a) { a->out->unclaimed = 1; }

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
    return (u8)(p->port61 | (refresh ? P61_REFRESH : 0) | (p->iochk ? P61_IOCHK : 0)
                | (i8254_out(&p->pit, a->now, 2) ? P61_OUT2 : 0));
}

static void port61_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)port;
    p->port61 = value & P61_WRITABLE;
    p->iochk &= !(value & P61_IOCHK_OFF);
    i8254_gate(&p->pit, a->now, 2, value & P61_GATE2);
}

/* A20 reaches the processor only where there is firmware (platform.h). */
static void drive_a20(struct platform *p, const struct access *a, bool level)
{
    if (p->firmware && p->a20 != level)
        a->out->map = 1;
    p->a20 = level;
}

static u8 port92_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a, (void)port;
    return p->a20 ? P92_A20 : 0;
}

static void port92_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    drive_a20(p, a, value & P92_A20);
    if (value & P92_RESET)
        a->out->reset = port;
}

/* ---- keyboard controller ---- */

static void kbc_signals(struct platform *p, const struct access *a, const struct i8042_out *out)
{
    if (out->set_a20)
        drive_a20(p, a, out->a20);
    if (out->pulse_reset)
        a->out->reset = PORT_KBC_COMMAND;
}

static u8 kbc_read(struct platform *p, const struct access *a, u16 port)
{
    return port & 4 ? i8042_read_status(&p->kbc) : i8042_read_data(&p->kbc, a->now);
}

static void kbc_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    struct i8042_out out;
    if (port & 4)
        i8042_write_command(&p->kbc, a->now, value, p->a20, &out);
    else
        i8042_write_data(&p->kbc, a->now, value, &out);
    kbc_signals(p, a, &out);
}

/* ---- serial line, debug ports ---- */

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

/* ---- ISA DMA, clock ---- */

static u8 dma_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a;
    return isadma_read(&p->dma, port);
}

static void dma_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    a->out->post |= port == PORT_POST;
    isadma_write(&p->dma, port, value);
}

static u8 cmos_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a;
    return port & 1 ? mc146818_read(&p->rtc) : 0xff;
}

static void cmos_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a;
    if (port & 1)
        mc146818_write(&p->rtc, value);
    else
        p->rtc.index = value & 0x7f, p->nmi_masked = value >> 7;
}

/* ---- disk ---- */

static u8 disk_read(struct platform *p, const struct access *a, u16 port)
{
    if (!p->ata.sectors) {
        absent(a);
        return 0xff;
    }
    if (port == PORT_DISK)
        return (u8)ata_read_data(&p->ata, a->now, &a->out->disk);
    return ata_read(&p->ata, (enum ata_register)(port & 7));
}

static void disk_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    if (!p->ata.sectors)
        absent(a);
    else if (port == PORT_DISK)
        a->out->disk = ata_write_data(&p->ata, a->now, value);
    else
        a->out->disk = ata_write(&p->ata, a->now, (enum ata_register)(port & 7), value);
}

/* 32 bits are two words; a sector is a whole number of them, so at most one asks for something. */
static u32 disk_read_wide(struct platform *p, const struct access *a, unsigned size)
{
    u32 value = 0;
    for (unsigned i = 0; i < size; i += 2) {
        struct ata_request r = { 0, 0 };
        value |= (p->ata.sectors ? (u32)ata_read_data(&p->ata, a->now, &r) : 0xffffu) << 8 * i;
        if (r.what)
            a->out->disk = r;
    }
    if (!p->ata.sectors)
        absent(a);
    return value;
}

static void disk_write_wide(struct platform *p, const struct access *a, unsigned size, u32 value)
{
    for (unsigned i = 0; i < size; i += 2) {
        struct ata_request r = ata_write_data(&p->ata, a->now, (u16)(value >> 8 * i));
        if (r.what)
            a->out->disk = r;
    }
    if (!p->ata.sectors)
        absent(a);
}

static u8 disk_control_read(struct platform *p, const struct access *a, u16 port)
{
    (void)port;
    if (!p->ata.sectors)
        absent(a);
    return p->ata.sectors ? ata_alternate_status(&p->ata) : 0xff;
}

static void disk_control_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)port;
    if (p->ata.sectors)
        ata_write_control(&p->ata, value);
    else
        absent(a);
}

/* The second channel has no drives: nobody drives the cable, whose DD7 is pulled down (ATA-4, 4.3). */
static u8 empty_read(struct platform *p, const struct access *a, u16 port)
{
    (void)p, (void)a, (void)port;
    return 0x7f;
}

static void empty_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)p, (void)a, (void)port, (void)value;
}

static u32 empty_read_wide(struct platform *p, const struct access *a, unsigned size)
{
    (void)p, (void)a;
    return size == 2 ? 0xff7f : 0xff7fff7f;
}

static void empty_write_wide(struct platform *p, const struct access *a, unsigned size, u32 value)
{
    (void)p, (void)a, (void)size, (void)value;
}

/* ---- display ---- */

static u8 display_read(struct platform *p, const struct access *a, u16 port)
{
    u8 value = 0xff;
    if (!vga_read(&p->vga, a->now, port, &value))
        absent(a);
    return value;
}

static void display_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    if (!vga_write(&p->vga, port, value))
        absent(a);
}

/* ---- PCI ---- */

static u8 pci_address_byte(struct platform *p, const struct access *a, u16 port)
{
    if (port == PORT_RESET)
        return p->reset_control;
    absent(a);
    return 0xff;
}

static void pci_address_byte_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    if (port != PORT_RESET) {
        absent(a);
        return;
    }
    if (value & ~p->reset_control & RC_RESET)
        a->out->reset = PORT_RESET;
    p->reset_control = value;
}

/* 16 bits at CF8h are no address: they reach CF9h. */
static u32 pci_address_read(struct platform *p, const struct access *a, unsigned size)
{
    (void)a;
    return size == 4 ? p->pci.address : 0xffu | (u32)p->reset_control << 8;
}

static void pci_address_write(struct platform *p, const struct access *a, unsigned size, u32 value)
{
    if (size == 4)
        p->pci.address = value & ~0x7f000003u;
    else
        pci_address_byte_write(p, a, PORT_RESET, (u8)(value >> 8));
}

static u8 pci_data_read(struct platform *p, const struct access *a, u16 port)
{
    (void)a;
    return pci_read(&p->pci, port & 3);
}

static void pci_data_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    if (pci_write(&p->pci, port & 3, value))
        a->out->map = 1;
}

/* ---- what firmware is told and tells ---- */

static u8 config_read(struct platform *p, const struct access *a, u16 port)
{
    u8 value = 0xff;
    if (port == PORT_FWCFG)
        return value;
    if (fwcfg_read(&p->fwcfg, p->ram_bytes, &value, &a->out->rom_at))
        a->out->option_rom = 1;
    return value;
}

static void config_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)p, (void)a, (void)port, (void)value; /* items are read only */
}

static void config_select(struct platform *p, const struct access *a, unsigned size, u32 value)
{
    (void)a, (void)size;
    fwcfg_select(&p->fwcfg, (u16)value);
}

static u8 log_read(struct platform *p, const struct access *a, u16 port)
{
    (void)p, (void)a, (void)port;
    return PORT_DEBUG_CONSOLE; /* how firmware finds out that the port exists */
}

static void log_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)p, (void)port;
    a->out->debug = 1;
    a->out->debug_byte = value;
}

/* ---- the coprocessor's error ---- */

static u8 fpu_read(struct platform *p, const struct access *a, u16 port)
{
    (void)p, (void)a, (void)port;
    return 0xff;
}

static void fpu_write(struct platform *p, const struct access *a, u16 port, u8 value)
{
    (void)a, (void)port, (void)value;
    p->fpu_error = 0;
    p->ignne = p->ferr;
}

/* ---- the map ---- */

/* In ascending order. */
static const struct range ranges[] = {
    { 0x00, 0x0f, dma_read, dma_write, false, NULL, NULL },
    { 0x20, 0x21, pic_read, pic_write, true, NULL, NULL },
    { 0x40, 0x43, pit_read, pit_write, true, NULL, NULL },
    { 0x60, 0x60, kbc_read, kbc_write, true, NULL, NULL },
    { 0x61, 0x61, port61_read, port61_write, true, NULL, NULL },
    { 0x64, 0x64, kbc_read, kbc_write, true, NULL, NULL },
    { 0x70, 0x71, cmos_read, cmos_write, true, NULL, NULL },
    { 0x80, 0x8f, dma_read, dma_write, false, NULL, NULL },
    { 0x92, 0x92, port92_read, port92_write, false, NULL, NULL },
    { 0xa0, 0xa1, pic_read, pic_write, true, NULL, NULL },
    { 0xc0, 0xdf, dma_read, dma_write, false, NULL, NULL },
    { 0xe9, 0xe9, debug_read, debug_write, false, NULL, NULL },
    { 0xf0, 0xf0, fpu_read, fpu_write, true, NULL, NULL },
    { 0xf4, 0xf4, exit_read, exit_write, false, NULL, NULL },
    { 0x170, 0x170, empty_read, empty_write, false, empty_read_wide, empty_write_wide },
    { 0x171, 0x177, empty_read, empty_write, false, NULL, NULL },
    { 0x1f0, 0x1f0, disk_read, disk_write, true, disk_read_wide, disk_write_wide },
    { 0x1f1, 0x1f7, disk_read, disk_write, true, NULL, NULL },
    { 0x376, 0x376, empty_read, empty_write, false, NULL, NULL },
    { 0x3b0, 0x3bb, display_read, display_write, false, NULL, NULL },
    { 0x3c0, 0x3df, display_read, display_write, false, NULL, NULL },
    { 0x3f6, 0x3f6, disk_control_read, disk_control_write, true, NULL, NULL },
    { 0x3f8, 0x3ff, uart_port_read, uart_port_write, true, NULL, NULL },
    { 0x402, 0x402, log_read, log_write, false, NULL, NULL },
    { 0x4d0, 0x4d1, elcr_read, elcr_write, true, NULL, NULL },
    { 0x510, 0x511, config_read, config_write, false, NULL, config_select },
    { 0xcf8, 0xcfb, pci_address_byte, pci_address_byte_write, false, pci_address_read,
      pci_address_write },
    { 0xcfc, 0xcff, pci_data_read, pci_data_write, false, NULL, NULL },
};

static const struct range *range_of(u16 port)
{
    unsigned low = 0, high = COUNT(ranges);
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (port > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT(ranges) && port >= ranges[low].first ? &ranges[low] : NULL;
}

/* A wired device is brought to the present before it answers, and its lines are driven after. */
static void begin(struct platform *p, const struct access *a, const struct range *r)
{
    a->out->unclaimed = 0;
    if (r->wired)
        platform_advance(p, a->now);
}

static void end(struct platform *p, const struct access *a, const struct range *r)
{
    if (!r->wired)
        return;
    platform_drive(p);
    a->out->wired = 1;
}

static u8 read_byte(struct platform *p, const struct access *a, u16 port)
{
    const struct range *r = range_of(port);
    if (!r)
        return 0xff;
    begin(p, a, r);
    u8 value = r->read(p, a, port);
    end(p, a, r);
    return value;
}

static void write_byte(struct platform *p, const struct access *a, u16 port, u8 value)
{
    const struct range *r = range_of(port);
    if (!r)
        return;
    begin(p, a, r);
    r->write(p, a, port, value);
    end(p, a, r);
}

u32 platform_in(struct platform *p, u64 now, u16 port, unsigned size, struct platform_out *out)
{
    struct access a = { now, out };
    const struct range *r = size > 1 ? range_of(port) : NULL;
    u32 value = 0;
    *out = (struct platform_out){ .unclaimed = 1 };
    if (r && r->read_wide && port == r->first) {
        begin(p, &a, r);
        value = r->read_wide(p, &a, size);
        end(p, &a, r);
        return value;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (u32)read_byte(p, &a, (u16)(port + i)) << 8 * i;
    return value;
}

void platform_out(struct platform *p, u64 now, u16 port, unsigned size, u32 value,
                  struct platform_out *out)
{
    struct access a = { now, out };
    const struct range *r = size > 1 ? range_of(port) : NULL;
    *out = (struct platform_out){ .unclaimed = 1 };
    if (r && r->write_wide && port == r->first) {
        begin(p, &a, r);
        r->write_wide(p, &a, size, value);
        end(p, &a, r);
        return;
    }
    for (unsigned i = 0; i < size; i++)
        write_byte(p, &a, (u16)(port + i), (u8)(value >> 8 * i));
    if (port == PORT_DEBUG_EXIT)
        out->exit_code = size == 4 ? value : value & (BIT(8 * size) - 1);
}
