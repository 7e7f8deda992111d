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

/* PAM or A20: whatever was derived from the map is wrong now. */
static void map_changed(struct vmm *v)
{
    vmm_event(v, VMM_MAP, 0, 0, 0);
    shadow_drop_all(v);
    interp_changed(v, ISA_CR0, CR0_PG);
}

static void carry_out(struct vmm *v, u32 value, const struct platform_out *out)
{
    if (out->disk.what)
        carry_disk(v, out->disk);
    if (out->debug)
        hw_out(v->hw, OUTSIDE_LOG, 1, out->debug_byte);
    if (out->post)
        hw_out(v->hw, OUTSIDE_POST, 1, value);
    if (out->map)
        map_changed(v);
    if (out->reset && v->s->platform.firmware)
        v->s->vcpu.reset_pending = 1;
    if (out->console)
        ask_host(v, OUTSIDE_CONSOLE, 1, out->console_byte);
    if (out->exit)
        ask_host(v, OUTSIDE_EXIT, 4, out->exit_code);
    if (out->reset && !v->s->platform.firmware)
        ask_host(v, OUTSIDE_RESET, 4, out->reset);
}

static u8 option_rom_byte(struct vmm *v, u32 at)
{
    ask_host(v, OUTSIDE_ROM_AT, 4, v->s->guestmem.rom_bytes + at);
    return (u8)hw_in(v->hw, OUTSIDE_ROM_DATA, 4);
}

/* The board's reset line: processor and devices begin anew; RAM, clock and time stay. */
void interp_reset(struct vmm *v)
{
    vmm_event(v, VMM_RESET, 0, 0, 0);
    v->s->vcpu.reset_pending = v->s->vcpu.debug_pending = v->s->vcpu.irq_waiting = 0;
    arch_reset(&v->s->vcpu.arch);
    interp_reset_fpu(v);
    platform_advance(&v->s->platform, vmm_now(v));
    platform_restart(&v->s->platform);
    map_changed(v);
}

/* INIT of the guest's local APIC (SDM 3A table 9-1): the x87, MSRs and the board stay. */
void interp_take_init(struct vmm *v)
{
    platform_take_init(&v->s->platform);
    if (!v->s->platform.firmware) {
        v->s->vcpu.ended = 1;
        ask_host(v, OUTSIDE_RESET, 4, 0);
        return;
    }
    vmm_event(v, VMM_INIT, 0, 0, 0);
    v->s->vcpu.debug_pending = v->s->vcpu.irq_waiting = 0;
    if (v->engine->complete)
        v->engine->complete(v);
    arch_init(&v->s->vcpu.arch);
    interp_changed(v, ISA_CPL, 0);
    map_changed(v);
}

u32 interp_in(struct vmm *v, u16 port, unsigned size)
{
    struct platform_out out = { 0 };
    u32 value = platform_in(&v->s->platform, vmm_now(v), port, size, &out);
    if (out.option_rom)
        value = option_rom_byte(v, out.rom_at);
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
