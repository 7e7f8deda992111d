/* i8259.c - see i8259.h.  "Datasheet" is Intel's 8259A, order number 231468. */
#include "sim/dev/i8259.h"

enum { CASCADE = 2 };

/* Inputs 0-2, 8 and 13 are wired to devices of the board and stay edge triggered (82371SB). */
static const u8 elcr_writable[2] = { 0xf8, 0xde };

u8 i8259_irr(const struct i8259 *chip)
{
    return (u8)((chip->lines & chip->elcr) | (chip->edge & ~chip->elcr));
}

/* The set bit of highest priority: the scan starts after the lowest one. */
static int highest(const struct i8259 *chip, u8 set)
{
    for (unsigned i = 1; i <= 8; i++) {
        unsigned level = (chip->lowest + i) & 7;
        if (set & BIT(level))
            return (int)level;
    }
    return -1;
}

/* 0 for the highest priority, 7 for the lowest. */
static unsigned rank(const struct i8259 *chip, int level)
{
    return ((unsigned)level + 7 - chip->lowest) & 7;
}

/* What is in service blocks its own and all lower levels; not what special mask mode takes out,
 * and in special fully nested mode not a further request of the second chip. */
static int request(const struct i8259 *chip)
{
    u8 asking = i8259_irr(chip) & (u8)~chip->imr, blocking = chip->isr;
    if (!asking || chip->expect)
        return -1;
    if (chip->special_mask)
        blocking &= (u8)~chip->imr;
    if ((chip->icw4 & ICW4_SFNM) && !chip->is_slave)
        blocking &= (u8)~BIT(CASCADE);
    int asks = highest(chip, asking);
    int served = highest(chip, blocking);
    return served < 0 || rank(chip, asks) < rank(chip, served) ? asks : -1;
}

bool i8259_int(const struct i8259 *chip)
{
    return request(chip) >= 0;
}

static void set_input(struct i8259 *chip, unsigned level, bool high)
{
    u8 bit = (u8)BIT(level);
    if (!high) {
        chip->lines &= (u8)~bit;
        chip->edge &= (u8)~bit;
    } else {
        chip->edge |= (u8)(bit & ~chip->lines);
        chip->lines |= bit;
    }
}

static void cascade(struct i8259 pic[2])
{
    set_input(&pic[0], CASCADE, i8259_int(&pic[1]));
}

void i8259_line(struct i8259 pic[2], unsigned irq, bool level)
{
    assert(irq < 16 && irq != CASCADE);
    if ((pic[irq >> 3].lines >> (irq & 7) & 1) == level)
        return;
    set_input(&pic[irq >> 3], irq & 7, level);
    cascade(pic);
}

void i8259_reset(struct i8259 pic[2])
{
    for (unsigned i = 0; i < 2; i++) {
        pic[i] = (struct i8259){ .lowest = 7, .is_slave = (u8)i };
    }
}

/* Datasheet, "Initialization command words": what ICW1 does besides being remembered.  The
 * edge latches are cleared: an input must fall and rise to ask again. */
static void write_icw1(struct i8259 *chip, u8 value)
{
    chip->icw1 = value;
    chip->icw4 = 0;
    chip->edge = chip->isr = chip->imr = 0;
    chip->lowest = 7;
    chip->special_mask = chip->read_isr = chip->poll = chip->rotate_aeoi = 0;
    chip->expect = 2;
}

/* ICW2, ICW3, ICW4.  ICW3 (who is cascaded where) is how a PC is wired: taken and dropped. */
static void write_icw(struct i8259 *chip, u8 value)
{
    unsigned which = chip->expect;
    if (which == 2)
        chip->base = value & 0xf8;
    if (which == 4)
        chip->icw4 = value;
    if (which == 2 && !(chip->icw1 & ICW1_SNGL))
        chip->expect = 3;
    else if (which != 4 && (chip->icw1 & ICW1_IC4))
        chip->expect = 4;
    else
        chip->expect = 0;
}

/* End of interrupt without a level: the highest in service.  In special mask mode a masked one
 * is not found (datasheet, "End of interrupt"). */
static int served_level(const struct i8259 *chip)
{
    return highest(chip, chip->special_mask ? chip->isr & (u8)~chip->imr : chip->isr);
}

static void write_ocw2(struct i8259 *chip, u8 value)
{
    bool specific = (value & OCW2_SL) != 0, rotate = (value & OCW2_R) != 0;
    int level = specific ? (value & 7) : served_level(chip);
    if (!(value & OCW2_EOI) && !specific) {
        chip->rotate_aeoi = rotate;
        return;
    }
    if ((value & OCW2_EOI) && level >= 0)
        chip->isr &= (u8)~BIT(level);
    if (rotate && level >= 0)
        chip->lowest = (u8)level;
}

static void write_ocw3(struct i8259 *chip, u8 value)
{
    if (value & OCW3_ESMM)
        chip->special_mask = (value & OCW3_SMM) != 0;
    if (value & OCW3_RR)
        chip->read_isr = (value & OCW3_RIS) != 0;
    chip->poll = (value & OCW3_POLL) != 0;
}

void i8259_write(struct i8259 pic[2], unsigned chip, unsigned a0, u8 value)
{
    struct i8259 *c = &pic[chip];
    if (a0 && c->expect)
        write_icw(c, value);
    else if (a0)
        c->imr = value;
    else if (value & ICW1_MARK)
        write_icw1(c, value);
    else if (value & OCW3_MARK)
        write_ocw3(c, value);
    else
        write_ocw2(c, value);
    cascade(pic);
}

void i8259_write_elcr(struct i8259 pic[2], unsigned chip, u8 value)
{
    pic[chip].elcr = value & elcr_writable[chip];
    cascade(pic);
}

/* The request is taken into service; with AEOI it leaves again at the end of the cycle. */
static void take(struct i8259 *chip, int level)
{
    chip->edge &= (u8)~BIT(level);
    if (!(chip->icw4 & ICW4_AEOI))
        chip->isr |= (u8)BIT(level);
    else if (chip->rotate_aeoi)
        chip->lowest = (u8)level;
}

/* Datasheet, "Poll command": bit 7 is INT, bits 2:0 the level, now acknowledged. */
static u8 read_poll(struct i8259 pic[2], struct i8259 *chip)
{
    int level = request(chip);
    chip->poll = 0;
    if (level < 0)
        return 0;
    take(chip, level);
    if (chip->is_slave)
        set_input(&pic[0], CASCADE, false);
    cascade(pic);
    return (u8)(0x80 | level);
}

u8 i8259_read(struct i8259 pic[2], unsigned chip, unsigned a0)
{
    struct i8259 *c = &pic[chip];
    if (c->poll)
        return read_poll(pic, c);
    if (a0)
        return c->imr;
    return c->read_isr ? c->isr : i8259_irr(c);
}

u8 i8259_ack(struct i8259 pic[2])
{
    int level = request(&pic[0]);
    if (level >= 0)
        take(&pic[0], level);
    if (level != CASCADE)
        return (u8)(pic[0].base | (level < 0 ? 7 : level));
    int second = request(&pic[1]);
    if (second >= 0)
        take(&pic[1], second);
    /* INT of the second chip drops with INTA; a further request is a new edge for the first */
    set_input(&pic[0], CASCADE, false);
    cascade(pic);
    return (u8)(pic[1].base | (second < 0 ? 7 : second));
}

int i8259_pending(const struct i8259 pic[2])
{
    int level = request(&pic[0]);
    if (level != CASCADE)
        return level;
    int second = request(&pic[1]);
    return second < 0 ? -1 : second + 8;
}

bool i8259_would_interrupt(const struct i8259 pic[2], unsigned irq)
{
    struct i8259 copy[2] = { pic[0], pic[1] };
    i8259_line(copy, irq, false);
    i8259_line(copy, irq, true);
    return i8259_int(&copy[0]);
}
