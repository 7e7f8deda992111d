/* fwcfg.h - how firmware learns what the board has: the configuration device of QEMU's PCs
 * (docs/specs/fw_cfg), without DMA.
 *
 *  port 510h  16 bits  write: choose an item, and begin with its first byte
 *  port 511h   8 bits  read: the next byte of the item; zeros after its end
 *
 *  items  0 "QEMU"   1 features (bit 0: this interface)   3 RAM size, 64 bits   5, 0fh CPUs, 16 bits
 *         0eh boot menu   19h the file directory: big-endian count, then size, item, 0, name[56]
 *         8002h, 32 bits: interrupt 0 is input 2 of the I/O APIC */
#ifndef SIM_DEV_FWCFG_H
#define SIM_DEV_FWCFG_H

#include "sim/api/base.h"

struct fwcfg {
    u32 at;              /* next byte */
    u32 option_rom_size; /* of the VGA BIOS; 0: there is none */
    u16 item;
    u16 pad[3];
};
_Static_assert(sizeof(struct fwcfg) == 16, "no implicit padding");

/* The next byte.  True: it is byte *rom_at of the option ROM, which the owner holds. */
bool fwcfg_read(struct fwcfg *f, u32 ram_bytes, u8 *value, u32 *rom_at);
void fwcfg_select(struct fwcfg *f, u16 item);

#endif
