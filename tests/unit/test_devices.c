/* test_devices.c - the platform as scripts: at this tick, this access, this answer. */
#include "tests/unit/pc.h"

/* ---- 8254 ---- */

/* Mode 2, N = 5, written at tick 10 (clock 2): loaded at clock 3, OUT low at 7, high at 8. */
static void pit_mode2(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(10, 0x43, 0x34), OUT_(10, 0x40, 5), OUT_(10, 0x40, 0),
        DUE_(10, 32), INTR_(31, 0), INTR_(32, 1), DUE_(32, 48), ACK_(32, 0x20),
        OUT_(33, 0x20, 0x20), INTR_(33, 0), DUE_(33, 52), INTR_(51, 0), INTR_(52, 1),
        /* not acknowledged: the request goes with the line, while OUT is low: a clock */
        DUE_(52, 68), INTR_(67, 1), INTR_(68, 0), DUE_(68, 72), INTR_(72, 1), END_
    };
    play(script);
}

/* The count as read while mode 2 runs, low byte only: 5 at the load, then 4 3 2 1 5. */
static void pit_mode2_count(void)
{
    static const struct line script[] = {
        OUT_(0, 0x43, 0x14), OUT_(0, 0x40, 5), IN_(4, 0x40, 5), IN_(7, 0x40, 5),
        IN_(8, 0x40, 4),
        IN_(12, 0x40, 3), IN_(16, 0x40, 2), IN_(20, 0x40, 1), IN_(24, 0x40, 5), END_
    };
    play(script);
}

/* Mode 0: OUT rises N + 1 clocks after the write; the count goes on below zero. */
static void pit_mode0(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x43, 0x30), OUT_(0, 0x40, 3), OUT_(1, 0x40, 0), DUE_(1, 16),
        OUT_(12, 0x43, 0x00), IN_(12, 0x40, 1), IN_(12, 0x40, 0), INTR_(15, 0), INTR_(16, 1),
        DUE_(16, NEVER), IN_(20, 0x40, 0xff), IN_(20, 0x40, 0xff),
        /* the first byte of a new count takes OUT down and stops; the second starts */
        OUT_(24, 0x40, 2), INTR_(24, 0), DUE_(24, NEVER), OUT_(40, 0x40, 0), DUE_(40, 52), END_
    };
    play(script);
}

/* Mode 3, odd N = 5: high for 3 clocks, low for 2; N = 4: 2 and 2, counting by two. */
static void pit_mode3(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x43, 0x16), OUT_(0, 0x40, 5), DUE_(0, 24), IN_(4, 0x40, 4),
        IN_(8, 0x40, 2), IN_(12, 0x40, 0), IN_(16, 0x40, 4), IN_(20, 0x40, 2), INTR_(23, 0),
        INTR_(24, 1), DUE_(24, 36), INTR_(36, 0), DUE_(36, 44),
        /* a new count waits for the end of the half-period, here the low one at clock 11 */
        OUT_(36, 0x40, 4), IN_(40, 0x40, 2), DUE_(40, 44), IN_(44, 0x40, 4), DUE_(44, 52),
        INTR_(52, 0), IN_(52, 0x40, 4), DUE_(52, 60), END_
    };
    play(script);
}

/* Mode 3: a new count written in the high half takes effect in the low half. */
static void pit_mode3_reload(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x43, 0x16), OUT_(0, 0x40, 4), INTR_(20, 1), OUT_(20, 0x40, 8),
        DUE_(20, 28), INTR_(28, 0), DUE_(28, 44), IN_(28, 0x40, 8), IN_(32, 0x40, 6),
        INTR_(44, 1), DUE_(44, 60), END_
    };
    play(script);
}

/* Counter 2 in mode 1: bit 0 of port 61h triggers, bit 5 shows OUT; again: retriggered. */
static void pit_mode1(void)
{
    static const struct line script[] = {
        OUT_(0, 0x43, 0x92), OUT_(0, 0x42, 4), IN_(8, 0x61, 0x20), OUT_(8, 0x61, 1),
        IN_(11, 0x61, 0x21), IN_(12, 0x61, 0x01), IN_(27, 0x61, 0x01), IN_(28, 0x61, 0x21),
        OUT_(28, 0x61, 0), OUT_(32, 0x61, 1), IN_(36, 0x61, 0x01), OUT_(44, 0x61, 0),
        OUT_(44, 0x61, 1), IN_(52, 0x61, 0x01), IN_(63, 0x61, 0x01), IN_(64, 0x61, 0x21), END_
    };
    play(script);
}

/* Mode 4 strobes once, N + 1 clocks after the write; mode 5 N + 1 clocks after the trigger. */
static void pit_strobes(void)
{
    static const struct line script[] = {
        OUT_(0, 0x61, 1), OUT_(0, 0x43, 0x98), OUT_(0, 0x42, 3), IN_(15, 0x61, 0x21),
        IN_(16, 0x61, 0x01), IN_(19, 0x61, 0x01), IN_(20, 0x61, 0x21), IN_(71, 0x61, 0x21),
        OUT_(144, 0x61, 0), OUT_(144, 0x43, 0x9a), OUT_(144, 0x42, 2), IN_(160, 0x61, 0x20),
        OUT_(160, 0x61, 1), IN_(171, 0x61, 0x21), IN_(172, 0x61, 0x01), IN_(176, 0x61, 0x21),
        END_
    };
    play(script);
}

/* A low gate holds mode 0's count and restarts mode 2's. */
static void pit_gate(void)
{
    static const struct line script[] = {
        OUT_(0, 0x61, 1), OUT_(0, 0x43, 0x90), OUT_(0, 0x42, 10), IN_(8, 0x42, 9),
        OUT_(8, 0x61, 0), IN_(40, 0x42, 9), OUT_(40, 0x61, 1), IN_(44, 0x42, 8),
        OUT_(48, 0x43, 0x94), OUT_(48, 0x42, 9), IN_(60, 0x42, 7), OUT_(60, 0x61, 0),
        IN_(64, 0x42, 7), OUT_(64, 0x61, 1), IN_(68, 0x42, 9), IN_(72, 0x42, 8), END_
    };
    play(script);
}

/* Read-back of status and count of two counters; BCD counts in tens. */
static void pit_readback_bcd(void)
{
    static const struct line script[] = {
        OUT_(0, 0x43, 0x35), OUT_(0, 0x40, 0x00), OUT_(0, 0x40, 0x10), /* N = 1000 decimal */
        OUT_(0, 0x43, 0xe2), IN_(0, 0x40, 0xf5),  /* not loaded yet: null count */
        OUT_(8, 0x43, 0xc2), IN_(20, 0x40, 0xb5), IN_(20, 0x40, 0x99), IN_(20, 0x40, 0x09),
        IN_(20, 0x40, 0x96), IN_(24, 0x40, 0x09), END_
    };
    static const struct line as_written[] = { /* modes 6 and 7 are 2 and 3, but the status says 6 and 7 */
        OUT_(0, 0x43, 0x1c), OUT_(0, 0x43, 0xae), OUT_(0, 0x43, 0xea), IN_(0, 0x40, 0xdc), IN_(0, 0x42, 0xee),
        END_
    };
    play(script);
    play(as_written);
}

/* A new count in mode 2 waits for the end of the period. */
static void pit_mode2_reload(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x43, 0x14), OUT_(0, 0x40, 10), OUT_(8, 0x40, 3), DUE_(8, 44),
        IN_(40, 0x40, 1), IN_(44, 0x40, 3), INTR_(44, 1), DUE_(44, 52), ACK_(44, 0x20),
        OUT_(44, 0x20, 0x20), DUE_(44, 56), END_
    };
    play(script);
}

/* ---- 8259: driven directly, inputs by number ---- */

static void pics_init(struct i8259 pic[2], u8 icw4_first, u8 icw4_second)
{
    i8259_reset(pic);
    for (unsigned i = 0; i < 2; i++) {
        i8259_write(pic, i, 0, 0x11);
        i8259_write(pic, i, 1, i ? 0x28 : 0x20);
        i8259_write(pic, i, 1, i ? 2 : 4);
        i8259_write(pic, i, 1, i ? icw4_second : icw4_first);
    }
}

static void pulse(struct i8259 pic[2], unsigned irq)
{
    i8259_line(pic, irq, false);
    i8259_line(pic, irq, true);
}

static void pic_priority(void)
{
    struct i8259 pic[2];
    pics_init(pic, 1, 1);
    pulse(pic, 3);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x23);
    pulse(pic, 5);
    CU_ASSERT_FALSE(i8259_int(&pic[0])); /* 3 is in service */
    pulse(pic, 1);
    CU_ASSERT_TRUE(i8259_int(&pic[0]));
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x21);
    i8259_write(pic, 0, 0, 0x0b);
    CU_ASSERT_EQUAL(i8259_read(pic, 0, 0), 0x0a);
    i8259_write(pic, 0, 0, 0x0a);
    CU_ASSERT_EQUAL(i8259_read(pic, 0, 0), 0x20);
    i8259_write(pic, 0, 0, 0x20); /* non-specific EOI: the highest, 1 */
    CU_ASSERT_EQUAL(pic[0].isr, 0x08);
    i8259_write(pic, 0, 0, 0x63); /* specific EOI of 3 */
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x25);
    i8259_write(pic, 0, 1, 0x40);
    CU_ASSERT_EQUAL(i8259_read(pic, 0, 1), 0x40);
}

static void pic_cascade_spurious(void)
{
    struct i8259 pic[2];
    pics_init(pic, 1, 1);
    pulse(pic, 12);
    pulse(pic, 9);
    CU_ASSERT_EQUAL(i8259_pending(pic), 9);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x29);
    CU_ASSERT_FALSE(i8259_int(&pic[0]));
    i8259_write(pic, 1, 0, 0x20);
    i8259_write(pic, 0, 0, 0x20);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x2c);
    i8259_write(pic, 1, 0, 0x20);
    i8259_write(pic, 0, 0, 0x20);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x27); /* nothing asks: spurious IRQ 7, ISR stays */
    CU_ASSERT_EQUAL(pic[0].isr, 0);
    pulse(pic, 10);
    pic[1].imr = 0xff; /* masked after INT reached the first chip, before the acknowledge */
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x2f);
    CU_ASSERT_EQUAL(pic[0].isr, 4);
    CU_ASSERT_EQUAL(pic[1].isr, 0);
}

static void pic_rotation_aeoi(void)
{
    struct i8259 pic[2];
    pics_init(pic, 1, 1);
    pulse(pic, 2 + 2);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x24);
    i8259_write(pic, 0, 0, 0xa0); /* rotate on non-specific EOI: 4 is the lowest now */
    pulse(pic, 4);
    pulse(pic, 6);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x26);
    i8259_write(pic, 0, 0, 0xe0 | 2); /* rotate on specific EOI names the level itself */
    CU_ASSERT_EQUAL(pic[0].lowest, 2);
    i8259_write(pic, 0, 0, 0xc0 | 7); /* set priority: back to the usual order */
    CU_ASSERT_EQUAL(pic[0].isr, 0x40);
    pics_init(pic, 3, 1);
    pulse(pic, 0);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x20);
    CU_ASSERT_EQUAL(pic[0].isr, 0);
    i8259_write(pic, 0, 0, 0x80); /* rotate in AEOI mode */
    pulse(pic, 5);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x25);
    CU_ASSERT_EQUAL(pic[0].lowest, 5);
}

static void pic_special_modes(void)
{
    struct i8259 pic[2];
    pics_init(pic, 1, 1);
    pulse(pic, 3);
    (void)i8259_ack(pic);
    pulse(pic, 6);
    i8259_write(pic, 0, 1, 0x08);
    CU_ASSERT_FALSE(i8259_int(&pic[0]));
    i8259_write(pic, 0, 0, 0x68); /* special mask: the masked 3 does not block 6 any more */
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x26);
    i8259_write(pic, 0, 0, 0x20);
    CU_ASSERT_EQUAL(pic[0].isr, 0x08);
    pics_init(pic, 0x11, 1); /* special fully nested: a higher request of the second chip */
    pulse(pic, 11);
    (void)i8259_ack(pic);
    pulse(pic, 9);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x29);
    CU_ASSERT_EQUAL(pic[1].isr, 0x0a);
}

static void pic_level_poll(void)
{
    struct i8259 pic[2];
    pics_init(pic, 1, 1);
    i8259_write_elcr(pic, 0, 0xff);
    CU_ASSERT_EQUAL(pic[0].elcr, 0xf8);
    i8259_line(pic, 5, true);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x25);
    i8259_write(pic, 0, 0, 0x20);
    CU_ASSERT_EQUAL(i8259_ack(pic), 0x25); /* still high: again */
    i8259_write(pic, 0, 0, 0x20);
    i8259_line(pic, 5, false);
    CU_ASSERT_FALSE(i8259_int(&pic[0]));
    i8259_line(pic, 1, true);
    i8259_write(pic, 0, 0, 0x0c);
    CU_ASSERT_EQUAL(i8259_read(pic, 0, 0), 0x81);
    CU_ASSERT_EQUAL(pic[0].isr, 0x02);
    i8259_write(pic, 0, 0, 0x0c);
    CU_ASSERT_EQUAL(i8259_read(pic, 0, 0), 0);
    i8259_write(pic, 0, 0, 0x20);
    CU_ASSERT_FALSE(i8259_int(&pic[0])); /* an edge asks once */
    i8259_write(pic, 0, 0, 0x11);        /* initialized again: a high line is no edge */
    i8259_write(pic, 0, 1, 0x20);
    i8259_write(pic, 0, 1, 4);
    CU_ASSERT_FALSE(i8259_would_interrupt(pic, 1));
    i8259_write(pic, 0, 1, 1);
    CU_ASSERT_FALSE(i8259_int(&pic[0]));
    CU_ASSERT_TRUE(i8259_would_interrupt(pic, 1));
}

/* ---- 16550 ---- */

/* 115200 baud 8N1: 160 clocks of 1.8432 MHz = 414.3, so 415 ticks a byte. */
static void uart_transmit(void)
{
    static const struct line script[] = {
        IN_(0, 0x3fd, 0x60), OUT_(0, 0x3f8, 'a'), CONSOLE_(0, 'a'), IN_(0, 0x3fd, 0),
        IN_(1, 0x3fd, 0x20), OUT_(2, 0x3f8, 'b'), CONSOLE_(2, 'b'), IN_(2, 0x3fd, 0),
        OUT_(3, 0x3f8, 'c'), CONSOLE_(3, NOTHING), /* lost: the holding register is full */
        IN_(415, 0x3fd, 0), IN_(416, 0x3fd, 0x20), IN_(830, 0x3fd, 0x20), IN_(831, 0x3fd, 0x60),
        /* 1200 baud: divisor 96, 16 * 96 * 10 clocks = 39772.7 ticks */
        OUT_(840, 0x3fb, 0x83), OUT_(840, 0x3f8, 96), OUT_(840, 0x3f9, 0), IN_(840, 0x3f8, 96),
        OUT_(840, 0x3fb, 3), OUT_(840, 0x3f8, 'd'), IN_(40613, 0x3fd, 0x20),
        IN_(40614, 0x3fd, 0x60), END_
    };
    play(script);
}

static void uart_thre_interrupt(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x3f9, 2), INTR_(0, 0), IN_(0, 0x3fa, 0x02), IN_(0, 0x3fa, 0x01),
        OUT_(0, 0x3fc, 8), INTR_(0, 0), OUT_(0, 0x3f8, 'x'), DUE_(0, 1), INTR_(1, 1),
        ACK_(1, 0x24), IN_(2, 0x3fa, 0x02), OUT_(2, 0x20, 0x20), DUE_(2, NEVER),
        OUT_(3, 0x3f8, 'y'), DUE_(3, 416), INTR_(415, 0), INTR_(416, 1), DUE_(416, NEVER),
        /* OUT2 down: the board's driver lets the line go */
        OUT_(420, 0x3fc, 0), INTR_(420, 0), END_
    };
    play(script);
}

static void uart_fifo(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x3fa, 0x41), IN_(0, 0x3fa, 0xc1), OUT_(0, 0x3f9, 1),
        OUT_(0, 0x3fc, 8), SERIAL_(1, 'a'), SERIAL_(2, 'b'), SERIAL_(3, 'c'), INTR_(3, 0),
        DUE_(3, 3 + 4 * 415), SERIAL_(4, 'd'), INTR_(4, 1), IN_(4, 0x3fa, 0xc4),
        IN_(5, 0x3f8, 'a'), INTR_(5, 0), DUE_(5, 1665), IN_(1665, 0x3fa, 0xcc), INTR_(1665, 1),
        IN_(1666, 0x3f8, 'b'), INTR_(1666, 0), IN_(1666, 0x3fd, 0x61), IN_(1666, 0x3f8, 'c'),
        IN_(1666, 0x3f8, 'd'), IN_(1666, 0x3fd, 0x60), DUE_(1666, NEVER), END_
    };
    struct pc *pc = play(script);
    for (unsigned i = 0; i < 17; i++)
        platform_input(&pc->p, 2000, SOURCE_SERIAL, (u8)i);
    static const struct line overrun[] = {
        OUT_(2000, 0x3f9, 5), IN_(2000, 0x3fa, 0xc6), IN_(2000, 0x3fd, 0x63),
        IN_(2000, 0x3fa, 0xc4), IN_(2000, 0x3fd, 0x61), END_
    };
    play_on(pc, overrun);
    CU_ASSERT_EQUAL(pc->p.uart.rx[15], 15); /* the 17th is lost */
}

/* The transmit FIFO asks when it is empty, a frame before the line is. */
static void uart_fifo_transmit(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x3fa, 1), OUT_(0, 0x3fc, 8), OUT_(0, 0x3f9, 2),
        IN_(0, 0x3fa, 0xc2), OUT_(0, 0x3f8, 1), OUT_(0, 0x3f8, 2), OUT_(0, 0x3f8, 3),
        DUE_(0, 1 + 2 * 415), INTR_(830, 0), INTR_(831, 1), IN_(831, 0x3fd, 0x20),
        IN_(1246, 0x3fd, 0x60), END_
    };
    play(script);
}

static void uart_loopback(void)
{
    static const struct line script[] = {
        OUT_(0, 0x3fc, 0x1b), IN_(0, 0x3fe, 0xb0), OUT_(0, 0x3f8, 'L'), CONSOLE_(0, NOTHING),
        IN_(415, 0x3fd, 0x20), IN_(416, 0x3fd, 0x61), IN_(416, 0x3f8, 'L'),
        OUT_(416, 0x3fc, 0x14), IN_(416, 0x3fe, 0x4b), IN_(416, 0x3fe, 0x40),
        OUT_(416, 0x3fc, 0x10), IN_(416, 0x3fe, 0x04), SERIAL_(417, 'x'), IN_(417, 0x3fd, 0x60),
        OUT_(417, 0x3ff, 0x5a), IN_(417, 0x3ff, 0x5a), END_
    };
    play(script);
}

/* ---- the board ---- */

static void board_ports(void)
{
    static const struct line script[] = {
        IN_(0, 0xe9, 0xe9), OUT_(0, 0xe9, '!'), CONSOLE_(0, '!'), OUT_(0, 0x80, 0x42),
        IN_(0, 0x80, 0x42), IN_(0, 0x92, 2), OUT_(0, 0x92, 0), IN_(0, 0x92, 0),
        IN_(0, 0x1234, 0xff), OUT_(0, 0x70, 0x17), IN_(0, 0x71, 0x00), OUT_(0, 0x70, 0x18),
        IN_(0, 0x71, 0xfc), OUT_(0, 0x4d1, 0xff), IN_(0, 0x4d1, 0xde), IN_(71, 0x61, 0x20),
        IN_(72, 0x61, 0x30), IN_(144, 0x61, 0x20), END_
    };
    struct pc *pc = play(script);
    struct platform_out out;
    CU_ASSERT_EQUAL(platform_in(&pc->p, 200, 0x1234, 4, &out), 0xffffffff);
    CU_ASSERT_TRUE(out.unclaimed);
    CU_ASSERT_EQUAL(platform_in(&pc->p, 200, 0x3fd, 2, &out), 0xb060);
    CU_ASSERT_FALSE(out.unclaimed);
    platform_out(&pc->p, 200, 0xf4, 4, 0x12345678, &out);
    CU_ASSERT_TRUE(out.exit && out.exit_code == 0x12345678);
    platform_out(&pc->p, 200, 0xf4, 1, 0x12345607, &out);
    CU_ASSERT_TRUE(out.exit && out.exit_code == 7);
    CU_ASSERT_EQUAL(platform_halt_until(5, 9, 7), 7);
    CU_ASSERT_EQUAL(platform_halt_until(8, 9, 7), 8);
    CU_ASSERT_EQUAL(platform_halt_until(8, NEVER, NEVER), NEVER);
}

/* The timer asks and nobody answers; the serial line takes over before the timer's line falls,
 * or it does not, being masked. */
static void board_two_askers(void)
{
    static const struct line script[] = {
        PIC_INIT(0), OUT_(0, 0x3fc, 8), OUT_(0, 0x3f9, 2), IN_(0, 0x3fa, 2),
        OUT_(0, 0x43, 0x36), OUT_(0, 0x40, 0xe8), OUT_(0, 0x40, 3), DUE_(0, 4004),
        INTR_(4004, 1), DUE_(4004, 6004), OUT_(4010, 0x3f8, 'x'), DUE_(4010, NEVER),
        OUT_(4010, 0x21, 0x10), DUE_(4010, 6004), INTR_(6003, 1), INTR_(6004, 0),
        OUT_(6004, 0x21, 0), INTR_(6004, 1), ACK_(6004, 0x24), END_
    };
    play(script);
}

static void board_cpuid(void)
{
    u32 r[4], last[4];
    platform_cpuid(NULL, 0, r);
    CU_ASSERT_EQUAL(r[0], 2);
    CU_ASSERT_FALSE(memcmp(&r[1], "Genu", 4) || memcmp(&r[3], "ineI", 4));
    CU_ASSERT_FALSE(memcmp(&r[2], "ntel", 4));
    platform_cpuid(NULL, 1, r);
    CU_ASSERT_EQUAL(r[0], 0x619);
    CU_ASSERT_EQUAL(r[3], 0x0100fbf9);
    platform_cpuid(NULL, 2, last);
    platform_cpuid(NULL, 3, r);
    CU_ASSERT_FALSE(memcmp(r, last, sizeof r));
    platform_cpuid(NULL, 0x80000000, r);
    CU_ASSERT(r[0] == 0x80000008 && !r[1] && !r[2] && !r[3]);
    platform_cpuid(NULL, 0x80000001, r);
    CU_ASSERT(!r[0] && !r[1] && !r[2] && !r[3]); /* no NX */
    platform_cpuid(NULL, 0x80000002, r);
    CU_ASSERT_FALSE(memcmp(r, "Stepvisor P6\0\0\0", 16));
    platform_cpuid(NULL, 0x80000008, r);
    CU_ASSERT(r[0] == 0x2020 && !r[1] && !r[2] && !r[3]); /* 32 bits, linear and physical */
    platform_cpuid(NULL, 0x80000009, r);
    CU_ASSERT_FALSE(memcmp(r, last, sizeof r));
}

/* ---- exactness: jumping to platform_due and stepping by one tick see the same machine ---- */

/* Something a guest might do: mostly meaningful, with small counts and divisors. */
static void random_access(struct platform *p, u64 now, u32 *seed)
{
    static const u16 ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x40, 0x40, 0x43, 0x43, 0x42,
                                 0x61, 0x3f8, 0x3f8, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x4d0 };
    static const u8 controls[] = { 0x10, 0x12, 0x14, 0x16, 0x18, 0x1a, 0x34, 0x36, 0x30, 0x15,
                                   0x94, 0x90, 0x00, 0xc2, 0xe2 };
    u16 port = ports[unit_random(seed) % COUNT(ports)];
    u32 value = unit_random(seed) & 0xff;
    struct platform_out out;
    if (port == 0x43)
        value = controls[value % COUNT(controls)];
    if (port == 0x40)
        value = value & 0x80 ? value & 1 : value & 63;
    if (port == 0x20 && (value & 0x30) != 0x20)
        value = 0x20;
    if (port == 0x21)
        value = value & 7 ? 0 : unit_random(seed) & 0x11;
    if (port == 0x3f9)
        value = p->uart.lcr & 0x80 ? 0 : value;
    if (port == 0x3fc)
        value |= 8;
    if (unit_random(seed) % 4 == 0)
        (void)platform_in(p, now, port, 1, &out);
    else
        platform_out(p, now, port, 1, value, &out);
    if (unit_random(seed) % 3 == 0)
        platform_input(p, now, SOURCE_SERIAL, (u8)value);
    if (platform_intr(p) && unit_random(seed) % 4) {
        (void)platform_ack(p);
        if (unit_random(seed) % 4)
            platform_out(p, now, 0x20, 1, 0x20, &out);
    }
}

static void due_is_exact(void)
{
    static const struct line init[] = { PIC_INIT(0), OUT_(0, 0x3fc, 8), END_ };
    struct score score = { 0 };
    for (u32 run = 1; run <= 200; run++) {
        u32 seed = run * 2654435761u;
        struct platform *p = &play(init)->p;
        for (unsigned i = 0; i < 60; i++) {
            u64 pause = unit_random(&seed) % 8 ? unit_random(&seed) % 60 : 2500;
            random_access(p, p->now, &seed);
            compare_due(p, p->now + pause, &score);
            platform_advance(p, p->now + pause);
        }
    }
    printf(" %u edges, %u quiet ends", score.edges, score.quiet);
    CU_ASSERT_EQUAL(score.wrong, 0);
    CU_ASSERT_TRUE(score.edges > 5000 && score.quiet > 1000); /* the walk reaches something */
}

static const struct unit_case cases[] = {
    { "8254 mode 2", pit_mode2 },
    { "8254 mode 2, counts", pit_mode2_count },
    { "8254 mode 2, new count", pit_mode2_reload },
    { "8254 mode 0", pit_mode0 },
    { "8254 mode 3", pit_mode3 },
    { "8254 mode 3, new count", pit_mode3_reload },
    { "8254 mode 1", pit_mode1 },
    { "8254 modes 4 and 5", pit_strobes },
    { "8254 gate", pit_gate },
    { "8254 read-back, BCD", pit_readback_bcd },
    { "8259 priority, EOI", pic_priority },
    { "8259 cascade, spurious", pic_cascade_spurious },
    { "8259 rotation, AEOI", pic_rotation_aeoi },
    { "8259 special mask, nested", pic_special_modes },
    { "8259 level, poll", pic_level_poll },
    { "16550 transmitter", uart_transmit },
    { "16550 THRE interrupt", uart_thre_interrupt },
    { "16550 receive FIFO", uart_fifo },
    { "16550 transmit FIFO", uart_fifo_transmit },
    { "16550 loopback", uart_loopback },
    { "board ports", board_ports },
    { "board, two askers", board_two_askers },
    { "CPUID", board_cpuid },
    { "due is exact", due_is_exact },
};

UNIT_MAIN("devices", cases)
