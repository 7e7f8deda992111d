/* pci.h - PCI configuration, mechanism #1, and the three functions on bus 0.
 *
 *  CF8h  31     30    24 23    16 15     11 10       8 7        2 1 0     (32-bit accesses only)
 *       +------+--------+--------+---------+----------+----------+---+
 *       |enable|   0    |  bus   | device  | function | register |0 0|    CFCh-CFFh: its bytes
 *       +------+--------+--------+---------+----------+----------+---+
 *
 *   0.0  82441FX (440FX) host bridge: the PAM registers map C0000-FFFFF
 *   1.0  82371SB (PIIX3) ISA bridge
 *   1.1  82371SB IDE function, in compatibility mode, without bus mastering */
#ifndef SIM_DEV_PCI_H
#define SIM_DEV_PCI_H

#include "sim/api/base.h"

enum pci_function { PCI_HOST, PCI_ISA, PCI_IDE, PCI_FUNCTIONS };
enum { PCI_CONFIG = 256, PCI_ENABLE = (int)0x80000000u };

/* PAM registers, 59h-5Fh of the host bridge: two areas each
 *    7 6    5    4    3 2    1    0
 *  +-----+----+----+-----+----+----+
 *  | x x | WE | RE | x x | WE | RE |     RE: reads, WE: writes go to RAM; else to the bus
 *  +-----+----+----+-----+----+----+
 *   59h: F0000-FFFFF (7:4);  5Ah: C0000-C3FFF (3:0), C4000-C7FFF (7:4) ... 5Fh: .. EC000-EFFFF */
enum { PAM_FIRST = 0x59, PAM_LAST = 0x5f, PAM_RE = 1, PAM_WE = 2, PAM_ALL = 0x33,
       PAM_START = 0xc0000, PAM_END = 0x100000 };

struct pci {
    u32 address;  /* CF8h */
    u32 pad;
    u8 config[PCI_FUNCTIONS][PCI_CONFIG];
};
_Static_assert(sizeof(struct pci) == 8 + PCI_FUNCTIONS * PCI_CONFIG, "no implicit padding");

/* shadowed: C0000-FFFFF is RAM, as firmware leaves it; else as after power on. */
void pci_reset(struct pci *p, bool shadowed);
u8 pci_read(const struct pci *p, unsigned offset);  /* byte CFCh + offset */
/* True: a PAM register changed. */
bool pci_write(struct pci *p, unsigned offset, u8 value);
/* PAM_RE | PAM_WE for an address in PAM_START to PAM_END. */
unsigned pci_pam(const struct pci *p, u32 address);

#endif
