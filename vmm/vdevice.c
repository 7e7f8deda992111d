/* vdevice.c - the virtual devices' ports and registers, and what of them leaves for the host. */
#include "vmm/interp.h"

#include "sim/api/outside.h"
#include "sim/dev/mmio.h"
#include "vmm/charge.h"

#include <string.h>

static void ask_host(struct vmm *v, u16 port, unsigned size, u32 value)
{
    vmm_charge(v, COST_WORLD_SWITCH);
    vmm_event(v, VMM_WORLD, port, value, 0);
    hw_out(v->hw, port, size, value);
}

/* One world switch a sector; its words go through a port. */
static void carry_disk(struct vmm *v, struct ata_request r)
{
    u8 *buffer = v->s->platform.ata.buffer;
    ask_host(v, OUTSIDE_DISK_SECTOR, 4, r.sector);
    for (unsigned i = 0; i < ATA_SECTOR; i += 4) {
        u32 word;
        if (r.what == ATA_FILL) {
            word = hw_in(v->hw, OUTSIDE_DISK_DATA, 4);
            memcpy(buffer + i, &word, 4);
        } else {
            memcpy(&word, buffer + i, 4);
            hw_out(v->hw, OUTSIDE_DISK_DATA, 4, word);
        }
    }
}

static void carry_out(struct vmm *v, u32 value, const struct platform_out *out)
{
    if (out->disk.what)
        carry_disk(v, out->disk);
    if (out->debug)
        hw_out(v->hw, OUTSIDE_LOG, 1, out->debug_byte);
    if (out->post)
        hw_out(v->hw, OUTSIDE_POST, 1, value);
    if (out->console)
        ask_host(v, OUTSIDE_CONSOLE, 1, out->console_byte);
    if (out->exit)
        ask_host(v, OUTSIDE_EXIT, 4, out->exit_code);
}

u32 interp_in(struct vmm *v, u16 port, unsigned size)
{
    struct platform_out out = { 0 };
    u32 value = platform_in(&v->s->platform, vmm_now(v), port, size, &out);
    vmm_charge(v, COST_VDEVICE);
    vmm_event(v, VMM_VIN, port, value, 0);
    carry_out(v, value, &out);
    return value;
}

void interp_out(struct vmm *v, u16 port, unsigned size, u32 value)
{
    struct platform_out out = { 0 };
    vmm_charge(v, COST_VDEVICE);
    vmm_event(v, VMM_VOUT, port, value, 0);
    platform_out(&v->s->platform, vmm_now(v), port, size, value, &out);
    carry_out(v, value, &out);
}

u32 interp_load(struct vmm *v, gpa_t at, unsigned size)
{
    struct platform_out out;
    u32 value = platform_load(&v->s->platform, vmm_now(v), at.v, size, &out);
    vmm_charge(v, COST_VDEVICE);
    vmm_event(v, VMM_VLOAD, at.v, value, size);
    return value;
}

void interp_store(struct vmm *v, gpa_t at, unsigned size, u32 value)
{
    struct platform_out out;
    vmm_charge(v, COST_VDEVICE);
    vmm_event(v, VMM_VSTORE, at.v, value, size);
    platform_store(&v->s->platform, vmm_now(v), at.v, size, value, &out);
}
