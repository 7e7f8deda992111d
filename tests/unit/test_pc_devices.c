/* test_pc_devices.c - the PC's later devices as scripts: at this tick, this access, this answer. */
#include "tests/unit/pc.h"

/* ---- MC146818 ---- */

/* Saturday, 21 October 2006: the date, memory sizes, and what is memory. */
static void clock_date(void)
{
    static const struct line script[] = {
        CMOS_IN(0, 9, 0x06), CMOS_IN(0, 8, 0x10), CMOS_IN(0, 7, 0x21), CMOS_IN(0, 6, 7),
        CMOS_IN(0, 0x32, 0x20), CMOS_IN(0, 0, 0), CMOS_IN(0, 0x0d, 0x80),
        CMOS_IN(0, 0x15, 0x80), CMOS_IN(0, 0x16, 0x02), CMOS_IN(0, 0x35, 0x03),
        CMOS_OUT(0, 0x40, 0x5a), CMOS_IN(9 * S, 0x40, 0x5a), CMOS_IN(9 * S, 0, 0x09),
        CMOS_IN(10 * S - 1, 0, 0x09), CMOS_IN(10 * S, 0, 0x10), CMOS_IN(70 * S, 2, 0x01), END_
    };
    play(script);
}

/* A minute before the century ends, in binary and with 12 hours. */
static void clock_carries(void)
{
    static const struct line script[] = {
        CMOS_OUT(0, 0x0b, 0x84), CMOS_OUT(0, 9, 99), CMOS_OUT(0, 8, 12), CMOS_OUT(0, 7, 31),
        CMOS_OUT(0, 6, 6), CMOS_OUT(0, 4, 0x8b), CMOS_OUT(0, 2, 59), CMOS_OUT(0, 0, 59),
        CMOS_OUT(0, 0x32, 0x19), CMOS_OUT(0, 0x0b, 0x04), CMOS_IN(S, 9, 0), CMOS_IN(S, 8, 1),
        CMOS_IN(S, 7, 1), CMOS_IN(S, 6, 7), CMOS_IN(S, 4, 12), CMOS_IN(S, 2, 0),
        CMOS_IN(S, 0, 0), CMOS_IN(S, 0x32, 0x20), END_
    };
    play(script);
}

/* 29 February of a leap year comes and goes. */
static void clock_leap(void)
{
    static const struct line script[] = {
        CMOS_OUT(0, 0x0b, 0x82), CMOS_OUT(0, 9, 0x24), CMOS_OUT(0, 8, 2), CMOS_OUT(0, 7, 0x28),
        CMOS_OUT(0, 4, 0x23), CMOS_OUT(0, 2, 0x59), CMOS_OUT(0, 0, 0x59), CMOS_OUT(0, 0x0b, 2),
        CMOS_IN(S, 7, 0x29), CMOS_IN(86401 * S, 7, 1), CMOS_IN(86401 * S, 8, 3), END_
    };
    play(script);
}

/* UIP is up for 2228 us before an update, and not while SET holds it. */
static void clock_uip(void)
{
    static const struct line script[] = {
        CMOS_IN(S - 10700, 0x0a, 0x26), CMOS_IN(S - 10600, 0x0a, 0xa6), CMOS_IN(S, 0x0a, 0x26),
        CMOS_OUT(S, 0x0b, 0x82), CMOS_IN(2 * S - 100, 0x0a, 0x26), CMOS_IN(3 * S, 0, 1),
        CMOS_OUT(3 * S, 0x0b, 0x02), CMOS_IN(4 * S, 0, 2), END_
    };
    play(script);
}

/* IRQ 8: 1024 a second; C is cleared by reading, and nothing comes before that. */
static void clock_periodic(void)
{
    static const struct line script[] = {
        PIC_INIT(0), CMOS_IN(0, 0x0c, 0), CMOS_OUT(0, 0x0b, 0x42), DUE_(0, 4661), INTR_(4660, 0),
        INTR_(4661, 1), ACK_(4661, 0x28), EOI_BOTH(4661), DUE_(4661, NEVER),
        CMOS_IN(9999, 0x0c, 0xc0), CMOS_IN(9999, 0x0c, 0), DUE_(9999, 13983), INTR_(13983, 1),
        END_
    };
    play(script);
}

static void clock_update_and_alarm(void)
{
    static const struct line script[] = {
        PIC_INIT(0), CMOS_OUT(0, 1, 0x03), CMOS_OUT(0, 3, 0xff), CMOS_OUT(0, 5, 0xc0),
        CMOS_OUT(0, 0x0b, 0x22), DUE_(0, 3 * S), INTR_(3 * S, 1), ACK_(3 * S, 0x28),
        EOI_BOTH(3 * S), CMOS_IN(3 * S, 0x0c, 0xf0), DUE_(3 * S, 63 * S),
        CMOS_OUT(3 * S, 0x0b, 0x12), DUE_(3 * S, 4 * S), INTR_(4 * S, 1), END_
    };
    play(script);
}

/* The board's reset line leaves the time alone, and nothing that could interrupt. */
static void clock_reset(void)
{
    static const struct line script[] = { PIC_INIT(0), CMOS_OUT(0, 0x0b, 0x7a), CMOS_OUT(0, 0x50, 9), END_ };
    static const struct line behind[] = {
        CMOS_IN(S + 1, 0x0b, 0x02), CMOS_IN(S + 1, 0x0c, 0), CMOS_IN(S + 1, 0, 1), CMOS_IN(S + 1, 0x50, 9),
        PIC_INIT(S + 1), INTR_(S + 1, 0), DUE_(S + 1, NEVER), CMOS_IN(3 * S, 0, 3), END_
    };
    struct pc *pc = play(script);
    platform_advance(&pc->p, S + 1);
    CU_ASSERT_TRUE(mc146818_irq(&pc->p.rtc));
    platform_restart(&pc->p);
    play_on(pc, behind);
}

/* ---- 8042, keyboard, mouse ---- */

static void kbc_self_test(void)
{
    static const struct line script[] = {
        IN_(0, 0x64, 0x14), OUT_(0, 0x64, 0xaa), IN_(0, 0x64, 0x1c), IN_(96, 0x64, 0x1d),
        IN_(96, 0x60, 0x55), IN_(96, 0x64, 0x1c), OUT_(100, 0x64, 0x20), IN_(200, 0x60, 0x74),
        OUT_(200, 0x64, 0x60), OUT_(200, 0x60, 0x03), OUT_(200, 0x64, 0x20), IN_(300, 0x60, 0x03),
        OUT_(300, 0x64, 0xab), IN_(400, 0x60, 0), OUT_(400, 0x64, 0xa9), IN_(500, 0x60, 0), END_
    };
    play(script);
}

/* `a` goes down and up: 1C F0 1C, translated to 1E 9E; a byte takes a millisecond. */
static void keyboard_translated(void)
{
    static const struct line script[] = {
        PIC_INIT(0), KEY_(1000, 0x1c), DUE_(1000, 5772), INTR_(5772, 1), ACK_(5772, 0x21),
        OUT_(5772, 0x20, 0x20), IN_(5772, 0x64, 0x15), IN_(5772, 0x60, 0x1e), DUE_(5772, NEVER),
        KEY_(20000, 0xf0), KEY_(20000, 0x1c), DUE_(20000, 29544), INTR_(29543, 0),
        INTR_(29544, 1), IN_(29544, 0x60, 0x9e), INTR_(29544, 0), END_
    };
    play(script);
}

/* Without translation set 2 arrives as it is; the keyboard itself can send set 1. */
static void keyboard_sets(void)
{
    static const struct line script[] = {
        OUT_(0, 0x64, 0x60), OUT_(0, 0x60, 0x05), KEY_(0, 0xf0), KEY_(0, 0x1c),
        IN_(MS(2), 0x60, 0xf0), IN_(MS(4), 0x60, 0x1c), OUT_(MS(4), 0x60, 0xf0),
        IN_(MS(6), 0x60, 0xfa), OUT_(MS(6), 0x60, 1), IN_(MS(8), 0x60, 0xfa), KEY_(MS(8), 0xe0),
        KEY_(MS(8), 0xf0), KEY_(MS(8), 0x75), IN_(MS(10), 0x60, 0xe0), IN_(MS(12), 0x60, 0xc8),
        OUT_(MS(12), 0x60, 0xf0), IN_(MS(14), 0x60, 0xfa), OUT_(MS(14), 0x60, 0),
        IN_(MS(16), 0x60, 0xfa), IN_(MS(18), 0x60, 1), OUT_(MS(18), 0x60, 0xf0), IN_(MS(20), 0x60, 0xfa),
        OUT_(MS(20), 0x60, 3), IN_(MS(22), 0x60, 0xfe), /* there is no third */
        OUT_(MS(22), 0x60, 0xfa), IN_(MS(24), 0x60, 0xfa), OUT_(MS(24), 0x60, 0xfc), IN_(MS(26), 0x60, 0xfa),
        OUT_(MS(26), 0x60, 0x1c), IN_(MS(28), 0x60, 0xfa), OUT_(MS(28), 0x60, 0x32), IN_(MS(30), 0x60, 0xfa),
        OUT_(MS(30), 0x60, 0xee), IN_(MS(32), 0x60, 0xee), END_
    };
    play(script);
}

static void keyboard_commands(void)
{
    static const struct line script[] = {
        OUT_(0, 0x64, 0x60), OUT_(0, 0x60, 0x05), OUT_(0, 0x60, 0xff), IN_(MS(2), 0x60, 0xfa),
        IN_(MS(4), 0x60, 0xaa), OUT_(MS(4), 0x60, 0xf2), IN_(MS(6), 0x60, 0xfa),
        IN_(MS(8), 0x60, 0xab), IN_(MS(10), 0x60, 0x83), OUT_(MS(10), 0x60, 0xed),
        IN_(MS(12), 0x60, 0xfa), OUT_(MS(12), 0x60, 7), IN_(MS(14), 0x60, 0xfa),
        OUT_(MS(14), 0x60, 0xee), IN_(MS(16), 0x60, 0xee), OUT_(MS(16), 0x60, 0x77),
        IN_(MS(18), 0x60, 0xfe), OUT_(MS(18), 0x60, 0xf5), IN_(MS(20), 0x60, 0xfa),
        KEY_(MS(20), 0x1c), IN_(MS(22), 0x64, 0x14), END_
    };
    struct pc *pc = play(script);
    CU_ASSERT_EQUAL(pc->p.kbc.keyboard.leds, 7);
}

/* D4 speaks to the mouse: reset, identity, enable; then a packet, by IRQ 12. */
static void mouse_stream(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x64, 0x60), OUT_(0, 0x60, 0x46), OUT_(0, 0x64, 0xd4),
        OUT_(0, 0x60, 0xff), INTR_(MS(2), 1), ACK_(MS(2), 0x2c), EOI_BOTH(MS(2)),
        IN_(MS(2), 0x64, 0x35), IN_(MS(2), 0x60, 0xfa), IN_(MS(4), 0x60, 0xaa),
        IN_(MS(6), 0x60, 0), OUT_(MS(6), 0x64, 0xd4), OUT_(MS(6), 0x60, 0xf4),
        IN_(MS(8), 0x60, 0xfa), MOUSE_(MS(9), 0x29), MOUSE_(MS(9), 5), MOUSE_(MS(9), 0xfb),
        IN_(MS(11), 0x60, 0x29), IN_(MS(13), 0x60, 5), IN_(MS(15), 0x60, 0xfb),
        OUT_(MS(15), 0x64, 0xd4), OUT_(MS(15), 0x60, 0xe9), IN_(MS(17), 0x60, 0xfa),
        IN_(MS(19), 0x60, 0x24), IN_(MS(21), 0x60, 2), IN_(MS(23), 0x60, 100), END_
    };
    play(script);
}

/* Scaling 2:1: 5 is 9, -2 is -1; 200 is too much. */
static void mouse_scaling(void)
{
    static const struct line script[] = {
        OUT_(0, 0x64, 0x60), OUT_(0, 0x60, 0x44), OUT_(0, 0x64, 0xd4), OUT_(0, 0x60, 0xf4),
        IN_(MS(2), 0x60, 0xfa), OUT_(MS(2), 0x64, 0xd4), OUT_(MS(2), 0x60, 0xe7), IN_(MS(4), 0x60, 0xfa),
        MOUSE_(MS(5), 0x28), MOUSE_(MS(5), 5), MOUSE_(MS(5), 0xfe),
        IN_(MS(7), 0x60, 0x28), IN_(MS(9), 0x60, 9), IN_(MS(11), 0x60, 0xff),
        MOUSE_(MS(12), 0x18), MOUSE_(MS(12), 0x40), MOUSE_(MS(12), 200),
        IN_(MS(14), 0x60, 0xd8), IN_(MS(16), 0x60, 0), IN_(MS(18), 0x60, 0xff), END_
    };
    play(script);
}

/* A20 and reset through the output port and F0-FF: only a board with firmware has the wires. */
static void kbc_a20_reset(void)
{
    static const struct line script[] = {
        OUT_(0, 0x64, 0xd1), OUT_(0, 0x60, 0xdd), IN_(0, 0x92, 0), OUT_(0, 0x64, 0xd0),
        IN_(200, 0x60, 0xc1), OUT_(200, 0x92, 2), IN_(200, 0x92, 2), OUT_(200, 0x64, 0xfe), END_
    };
    struct pc *pc = play(script);
    CU_ASSERT_EQUAL(pc->out.reset, 0x64);
    platform_out(&pc->p, 300, 0x92, 1, 0, &pc->out);
    CU_ASSERT_TRUE(pc->out.map && !pc->out.reset);
    platform_out(&pc->p, 300, 0xcf9, 1, 6, &pc->out);
    CU_ASSERT_EQUAL(pc->out.reset, 0xcf9);
    platform_out(&pc->p, 300, 0xcf8, 2, 0x0200, &pc->out); /* 16 bits are no PCI address, but reach CF9 */
    CU_ASSERT_EQUAL(pc->out.reset, 0);
    CU_ASSERT_EQUAL(platform_in(&pc->p, 300, 0xcf9, 1, &pc->out), 2);
    CU_ASSERT_EQUAL(platform_in(&pc->p, 300, 0xcf8, 2, &pc->out), 0x02ff);
    platform_out(&pc->p, 300, 0xcf8, 2, 0x0600, &pc->out);
    CU_ASSERT_EQUAL(pc->out.reset, 0xcf9);
    platform_out(&pc->p, 300, 0x92, 1, 1, &pc->out);
    CU_ASSERT_EQUAL(pc->out.reset, 0x92);
    pc = fresh(false);
    play_on(pc, script);
    CU_ASSERT_EQUAL(pc->out.reset, 0x64); /* whoever owns the board says what comes of it */
    platform_out(&pc->p, 300, 0x92, 1, 0, &pc->out);
    CU_ASSERT_FALSE(pc->out.map);
}

/* ---- PCI, fw_cfg, VGA, DMA ---- */

#define PCI_AT(device, function, reg) (0x80000000u | (device) << 11 | (function) << 8 | (reg))

static void pci_functions(void)
{
    static const struct line script[] = {
        OUT4_(0, 0xcf8, PCI_AT(0, 0, 0)), IN4_(0, 0xcf8, 0x80000000), IN4_(0, 0xcfc, 0x12378086),
        IN2_(0, 0xcfe, 0x1237), IN_(0, 0xcfd, 0x80), OUT4_(0, 0xcfc, 0), IN4_(0, 0xcfc, 0x12378086),
        OUT4_(0, 0xcf8, PCI_AT(1, 0, 0)), IN4_(0, 0xcfc, 0x70008086),
        OUT4_(0, 0xcf8, PCI_AT(1, 0, 0x0c)), IN_(0, 0xcfe, 0x80),
        OUT4_(0, 0xcf8, PCI_AT(1, 1, 8)), IN4_(0, 0xcfc, 0x01010000),
        OUT4_(0, 0xcf8, PCI_AT(1, 1, 0x20)), OUT4_(0, 0xcfc, ~0u), IN4_(0, 0xcfc, 0),
        OUT4_(0, 0xcf8, PCI_AT(1, 2, 0)), IN4_(0, 0xcfc, ~0u),
        OUT4_(0, 0xcf8, PCI_AT(2, 0, 0)), IN4_(0, 0xcfc, ~0u),
        OUT4_(0, 0xcf8, 0x80010000), IN4_(0, 0xcfc, ~0u), OUT4_(0, 0xcf8, 0),
        IN4_(0, 0xcfc, ~0u), END_
    };
    play(script);
}

static void pci_pam_areas(void)
{
    static const struct line script[] = {
        OUT4_(0, 0xcf8, PCI_AT(0, 0, 0x58)), IN_(0, 0xcfd, 0), OUT_(0, 0xcfd, 0x30),
        IN_(0, 0xcfd, 0x30), OUT_(0, 0xcfe, 0xf1), IN_(0, 0xcfe, 0x31),
        OUT4_(0, 0xcf8, PCI_AT(0, 0, 0x5c)), OUT_(0, 0xcff, 0x20), END_
    };
    struct pc *pc = play(script);
    const struct platform *p = &pc->p;
    CU_ASSERT_TRUE(pc->out.map);
    CU_ASSERT_EQUAL(platform_pam(p, 0xf0000), PAM_RE | PAM_WE);
    CU_ASSERT_EQUAL(platform_pam(p, 0xfffff), PAM_RE | PAM_WE);
    CU_ASSERT_EQUAL(platform_pam(p, 0xc3fff), PAM_RE);
    CU_ASSERT_EQUAL(platform_pam(p, 0xc4000), PAM_RE | PAM_WE);
    CU_ASSERT_EQUAL(platform_pam(p, 0xe8000), 0);
    CU_ASSERT_EQUAL(platform_pam(p, 0xec000), PAM_WE);
    CU_ASSERT_EQUAL(platform_pam(p, 0xbffff), PAM_RE | PAM_WE);
    CU_ASSERT_EQUAL(platform_pam(&fresh(false)->p, 0xc0000), PAM_RE | PAM_WE);
}

static void fwcfg_items(void)
{
    static const struct line script[] = {
        OUT2_(0, 0x510, 0), IN_(0, 0x511, 'Q'), IN_(0, 0x511, 'E'), IN_(0, 0x511, 'M'),
        IN_(0, 0x511, 'U'), IN_(0, 0x511, 0), OUT2_(0, 0x510, 1), IN_(0, 0x511, 1),
        OUT2_(0, 0x510, 3), IN_(0, 0x511, 0), IN_(0, 0x511, 0), IN_(0, 0x511, 0),
        IN_(0, 0x511, 4), OUT2_(0, 0x510, 0x8002), IN_(0, 0x511, 1),
        OUT2_(0, 0x510, 5), IN_(0, 0x511, 1), IN_(0, 0x511, 0),
        OUT2_(0, 0x510, 0x19), IN_(0, 0x511, 0), IN_(0, 0x511, 0), IN_(0, 0x511, 0),
        IN_(0, 0x511, 1), IN_(0, 0x511, 0), IN_(0, 0x511, 0), IN_(0, 0x511, 0),
        IN_(0, 0x511, 20), IN_(0, 0x511, 0), IN_(0, 0x511, 0x20), IN_(0, 0x511, 0),
        IN_(0, 0x511, 0), IN_(0, 0x511, 'e'), IN_(0, 0x511, 't'), OUT2_(0, 0x510, 0x77),
        IN_(0, 0x511, 0), END_
    };
    play(script);
}

static void vga_registers(void)
{
    static const struct line script[] = {
        OUT_(0, 0x3d4, 0x0e), OUT_(0, 0x3d5, 1), IN_(0, 0x3d5, 1), OUT_(0, 0x3d4, 0x01),
        OUT_(0, 0x3d5, 9), IN_(0, 0x3d5, 0x4f), /* protected */ OUT_(0, 0x3d4, 0x11),
        OUT_(0, 0x3d5, 0x0e), OUT_(0, 0x3d4, 0x01), OUT_(0, 0x3d5, 0x27), IN_(0, 0x3d5, 0x27),
        IN_(0, 0x3b5, 0xff), OUT_(0, 0x3c2, 0x66), IN_(0, 0x3d5, 0xff), IN_(0, 0x3b5, 0x27),
        OUT_(0, 0x3c2, 0x67), IN_(0, 0x3cc, 0x67), OUT_(0, 0x3c8, 3), OUT_(0, 0x3c9, 0x2a),
        OUT_(0, 0x3c9, 0xff), OUT_(0, 0x3c9, 1), OUT_(0, 0x3c7, 3), IN_(0, 0x3c9, 0x2a),
        IN_(0, 0x3c9, 0x3f), IN_(0, 0x3c9, 1), IN_(0, 0x3da, 0), OUT_(0, 0x3c0, 0x10),
        OUT_(0, 0x3c0, 0x08), OUT_(0, 0x3c0, 0x30), IN_(0, 0x3c1, 0x08),
        IN_(S / 70 * 405 / 449, 0x3da, 1), IN_(S / 70 * 413 / 449, 0x3da, 9), END_
    };
    struct vga_text t = vga_text(&play(script)->p.vga);
    CU_ASSERT_TRUE(t.columns == 40 && t.rows == 25 && t.start == VGA_TEXT && !t.graphics);
    CU_ASSERT_TRUE(t.cursor && t.cursor_row == 3 && t.cursor_column == 16);
}

static void dma_registers(void)
{
    static const struct line script[] = {
        OUT_(0, 0x0c, 0), OUT_(0, 0x04, 0x34), OUT_(0, 0x04, 0x12), IN_(0, 0x04, 0x34),
        IN_(0, 0x04, 0x12), IN_(0, 0x0f, 0x0f), OUT_(0, 0x0a, 2), IN_(0, 0x0f, 0x0b),
        OUT_(0, 0x81, 0x55), IN_(0, 0x81, 0x55), OUT_(0, 0xd4, 1), IN_(0, 0xde, 0x0d),
        OUT_(0, 0x0d, 0), IN_(0, 0x0f, 0x0f), END_
    };
    play(script);
}

static const struct unit_case cases[] = {
    { "clock: the date, CMOS", clock_date },
    { "clock: carries", clock_carries },
    { "clock: 29 February", clock_leap },
    { "clock: update in progress", clock_uip },
    { "clock: periodic interrupt", clock_periodic },
    { "clock: update, alarm", clock_update_and_alarm },
    { "clock: reset", clock_reset },
    { "8042: self-test", kbc_self_test },
    { "keyboard: translated", keyboard_translated },
    { "keyboard: scan code sets", keyboard_sets },
    { "keyboard: commands", keyboard_commands },
    { "mouse: a packet", mouse_stream },
    { "mouse: scaling", mouse_scaling },
    { "8042: A20, reset", kbc_a20_reset },
    { "PCI: three functions", pci_functions },
    { "PCI: PAM", pci_pam_areas },
    { "fw_cfg", fwcfg_items },
    { "VGA", vga_registers },
    { "8237", dma_registers },
};

UNIT_MAIN("pc_devices", cases)
