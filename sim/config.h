/* config.h - what a machine is made of and with; fixed while it lives, but coherent_tlb
 * (machine_set_coherent). */
#ifndef SIM_CONFIG_H
#define SIM_CONFIG_H

#include "sim/api/base.h"

/* What is plugged in: files, kept unchanged by the world's owner.  All may be absent. */
struct machine_media {
    const u8 *rom;          /* ends at 4 GB, its last 128 KB at 1 MB, too: the reset vector is in it */
    const u8 *option_rom;   /* of the display adapter */
    const u8 *disk;         /* never written: see disk.c */
    u32 rom_bytes;          /* a multiple of 4096 */
    u32 option_rom_bytes, disk_sectors;
};

struct machine_config {
    u32 ram_bytes;    /* of the machine; a multiple of 4096 */
    bool monitored;
    bool coherent_tlb;/* lockstep: no architectural TLB entries are kept (docs/contracts.md) */
    bool one_insn_blocks, drop_caches; /* torture: see docs/exactness.md */
    struct machine_media media;
    void *arena_hint;
    u64 arena_extra;  /* bytes beyond RAM that the world's owner will allocate */
};
/* Each instruction runs alone, by the rules. */
static inline bool is_stepped(const struct machine_config *c)
{
    return c->one_insn_blocks || c->coherent_tlb;
}

#endif
