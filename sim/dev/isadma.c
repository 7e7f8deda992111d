#include "sim/dev/isadma.h"

enum { CHIP2 = 0xc0, PAGES = 0x80, REG_COMMAND = 0x8, REG_MASK_ONE = 0xa, REG_FLIPFLOP = 0xc,
       REG_CLEAR = 0xd, REG_UNMASK = 0xe, REG_MASK_ALL = 0xf };

static void clear_chip(struct isadma *d, unsigned chip)
{
    d->mask[chip] = 0x0f;
    d->high[chip] = d->command[chip] = 0;
}

void isadma_reset(struct isadma *d)
{
    *d = (struct isadma){ 0 };
    clear_chip(d, 0);
    clear_chip(d, 1);
}

static unsigned register_of(u16 port, unsigned *chip)
{
    *chip = port >= CHIP2;
    return *chip ? (port - CHIP2) / 2u : port;
}

u8 isadma_read(struct isadma *d, u16 port)
{
    unsigned chip, reg = register_of(port, &chip);
    if (port >= PAGES && port < PAGES + 16)
        return d->page[port - PAGES];
    if (reg >= 8)
        return reg == REG_MASK_ALL ? d->mask[chip] : 0; /* status: nobody asked, nothing ended */
    d->high[chip] ^= 1;
    return (u8)(d->high[chip] ? d->now[chip][reg] : d->now[chip][reg] >> 8);
}

static void write_control(struct isadma *d, unsigned chip, unsigned reg, u8 value)
{
    u8 bit = (u8)BIT(value & 3u);
    switch (reg) {
    case REG_COMMAND: d->command[chip] = value; return;
    case REG_MASK_ONE:
        d->mask[chip] = value & 4 ? d->mask[chip] | bit : d->mask[chip] & (u8)~bit;
        return;
    case REG_FLIPFLOP: d->high[chip] = 0; return;
    case REG_CLEAR: clear_chip(d, chip); return;
    case REG_UNMASK: d->mask[chip] = 0; return;
    case REG_MASK_ALL: d->mask[chip] = value & 0x0f; return;
    }
}

void isadma_write(struct isadma *d, u16 port, u8 value)
{
    unsigned chip, reg = register_of(port, &chip);
    if (port >= PAGES && port < PAGES + 16) {
        d->page[port - PAGES] = value;
        return;
    }
    if (reg >= 8) {
        write_control(d, chip, reg, value);
        return;
    }
    u16 *at = &d->now[chip][reg];
    d->high[chip] ^= 1;
    *at = d->high[chip] ? (u16)((*at & 0xff00) | value) : (u16)((*at & 0xff) | value << 8);
}
