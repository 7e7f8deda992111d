#include "sim/dev/pci.h"

enum { COMMAND = 0x04, CLASS = 0x09, HEADER = 0x0e, SUBSYSTEM = 0x2c };

struct preset { u8 function, at; u16 value; };
/* 82441FX datasheet, 3.2; 82371SB, 2.2 and 2.3.  The host bridge's subsystem says "QEMU's board": by
 * it firmware knows that the ports of fwcfg.h exist. */
static const struct preset presets[] = {
    { PCI_HOST, 0x00, 0x8086 }, { PCI_HOST, 0x02, 0x1237 }, { PCI_HOST, COMMAND, 0x0006 },
    { PCI_HOST, 0x06, 0x0280 }, { PCI_HOST, 0x08, 0x0002 }, { PCI_HOST, CLASS + 1, 0x0600 },
    { PCI_HOST, 0x72, 0x0002 }, { PCI_HOST, SUBSYSTEM, 0x1af4 }, { PCI_HOST, 0x2e, 0x1100 },
    { PCI_ISA, 0x00, 0x8086 },  { PCI_ISA, 0x02, 0x7000 },  { PCI_ISA, COMMAND, 0x0007 },
    { PCI_ISA, 0x06, 0x0200 },  { PCI_ISA, CLASS + 1, 0x0601 }, { PCI_ISA, HEADER, 0x0080 },
    { PCI_ISA, 0x4c, 0x034d },  { PCI_ISA, 0x60, 0x8080 },  { PCI_ISA, 0x62, 0x8080 },
    { PCI_IDE, 0x00, 0x8086 },  { PCI_IDE, 0x02, 0x7010 },  { PCI_IDE, COMMAND, 0x0001 },
    { PCI_IDE, 0x06, 0x0280 },  { PCI_IDE, CLASS + 1, 0x0101 },
};

/* Bytes that can be written, and their bits; all others are read only. */
struct writable { u8 function, first, last, mask; };
static const struct writable writables[] = {
    { PCI_HOST, COMMAND + 1, COMMAND + 1, 0x01 }, { PCI_HOST, 0x0d, 0x0d, 0xf8 },
    { PCI_HOST, 0x50, 0x58, 0xff }, { PCI_HOST, PAM_FIRST, PAM_FIRST, 0x30 },
    { PCI_HOST, PAM_FIRST + 1, PAM_LAST, PAM_ALL }, { PCI_HOST, 0x60, 0x67, 0xff },
    { PCI_HOST, 0x68, 0x72, 0xff }, { PCI_HOST, 0x93, 0x93, 0xff },
    { PCI_ISA, COMMAND, COMMAND, 0x08 }, { PCI_ISA, 0x4c, 0x4f, 0xff },
    { PCI_ISA, 0x60, 0x63, 0x8f }, { PCI_ISA, 0x69, 0x6a, 0xff }, { PCI_ISA, 0x70, 0x82, 0xff },
    { PCI_IDE, COMMAND, COMMAND, 0x05 }, { PCI_IDE, 0x0d, 0x0d, 0xf0 },
    { PCI_IDE, 0x3c, 0x3c, 0xff }, { PCI_IDE, 0x40, 0x44, 0xff },
};

void pci_reset(struct pci *p, bool shadowed)
{
    *p = (struct pci){ 0 };
    for (unsigned i = 0; i < COUNT(presets); i++) {
        u8 *at = &p->config[presets[i].function][presets[i].at];
        at[0] = (u8)presets[i].value;
        at[1] = (u8)(presets[i].value >> 8);
    }
    if (!shadowed)
        return;
    for (unsigned i = PAM_FIRST; i <= PAM_LAST; i++)
        p->config[PCI_HOST][i] = i == PAM_FIRST ? PAM_ALL & 0xf0 : PAM_ALL;
}

/* The function that the address register names, PCI_FUNCTIONS: nobody. */
static enum pci_function selected(const struct pci *p)
{
    unsigned bus = p->address >> 16 & 0xff, where = p->address >> 8 & 0xff;
    if (!(p->address & (u32)PCI_ENABLE) || bus != 0)
        return PCI_FUNCTIONS;
    switch (where) {
    case 0 << 3 | 0: return PCI_HOST;
    case 1 << 3 | 0: return PCI_ISA;
    case 1 << 3 | 1: return PCI_IDE;
    }
    return PCI_FUNCTIONS;
}

u8 pci_read(const struct pci *p, unsigned offset)
{
    enum pci_function f = selected(p);
    return f == PCI_FUNCTIONS ? 0xff : p->config[f][(p->address & 0xfc) + (offset & 3)];
}

bool pci_write(struct pci *p, unsigned offset, u8 value)
{
    enum pci_function f = selected(p);
    unsigned at = (p->address & 0xfc) + (offset & 3);
    u8 mask = 0;
    for (unsigned i = 0; i < COUNT(writables); i++) {
        const struct writable *w = &writables[i];
        if (w->function == f && at >= w->first && at <= w->last)
            mask = w->mask;
    }
    if (!mask)
        return false;
    u8 old = p->config[f][at];
    p->config[f][at] = (u8)((old & ~mask) | (value & mask));
    return f == PCI_HOST && at >= PAM_FIRST && at <= PAM_LAST && p->config[f][at] != old;
}

unsigned pci_pam(const struct pci *p, u32 address)
{
    const u8 *config = p->config[PCI_HOST];
    unsigned area = (address - PAM_START) >> 14; /* of 16 KB, from C0000 */
    if (area >= 12)
        return config[PAM_FIRST] >> 4 & 3;
    return config[PAM_FIRST + 1 + area / 2] >> (area & 1 ? 4 : 0) & 3;
}
