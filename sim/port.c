#include "sim/api/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/api/desc.h"
#include "sim/gate.h"
#include "sim/machine_impl.h"

u32 hw_reg(const struct hw *hw, enum reg r) { return hw->arch->reg[r]; }

void hw_set_reg(struct hw *hw, enum reg r, u32 value)
{
    assert(r < REG_NONE);
    hw->arch->reg[r] = value;
}

u32 hw_read_cr(const struct hw *hw, unsigned n)
{
    const struct arch *s = hw->arch;
    switch (n) {
    case 0: return s->cr0;
    case 2: return s->cr2;
    case 3: return s->cr3;
    case 4: return s->cr4;
    }
    assert(!"no such control register");
    return 0;
}

void hw_write_cr(struct hw *hw, unsigned n, u32 value)
{
    struct arch *s = hw->arch;
    bool maps = n != 0 || ((s->cr0 ^ value) & ~CR0_X87);
    ledger_charge(&hw->state->ledger, COST_MOV_CR);
    switch (n) {
    case 0: s->cr0 = value; break;
    case 2: s->cr2 = value; return;
    case 3: s->cr3 = value; break;
    case 4:
        assert(!(value & CR4_PAE)); /* port.h: it would have PDPTEs to load, and could fault */
        s->cr4 = value;
        break;
    default: assert(!"no such control register");
    }
    if (maps)
        tlb_flush_all(hw, n == 3);
}

u32 hw_read_dr(const struct hw *hw, unsigned n)
{
    assert(n < 8);
    return hw->arch->dr[n];
}

void hw_write_dr(struct hw *hw, unsigned n, u32 value)
{
    assert(n < 8);
    hw->arch->dr[n] = value;
}

void hw_invlpg(struct hw *hw, u32 la) { tlb_flush_page(hw, la); }

void hw_load_seg(struct hw *hw, enum sreg which, u16 sel)
{
    fault_t f = isa_load_seg(&hw->isa, which, sel);
    hw->arch->shadow = 0;
    if (f)
        hw_panic(hw, "the monitor loaded a selector that faults");
}

void hw_lgdt(struct hw *hw, u32 base, u32 limit) { hw->arch->gdtr = (struct dtr){ base, limit }; }
void hw_lidt(struct hw *hw, u32 base, u32 limit) { hw->arch->idtr = (struct dtr){ base, limit }; }

/* LLDT and LTR: the instruction itself, decoded from its bytes, so that the rules are the rules. */
static void run_selector_insn(struct hw *hw, u8 modrm, u16 sel)
{
    const u8 bytes[] = { 0x0f, 0x00, modrm };
    struct insn in;
    enum decode_status status = decode(bytes, sizeof bytes, true, &in);
    assert(status == DECODE_OK);
    u32 eax = hw->arch->reg[EAX], eip = hw->arch->eip;
    hw->arch->reg[EAX] = sel;
    fault_t f = isa_exec(&hw->isa, &in);
    hw->arch->reg[EAX] = eax;
    hw->arch->eip = eip;
    if (f)
        hw_panic(hw, "the monitor loaded a system selector that faults");
}

void hw_lldt(struct hw *hw, u16 sel) { run_selector_insn(hw, 0xd0, sel); }
void hw_ltr(struct hw *hw, u16 sel) { run_selector_insn(hw, 0xd8, sel); }

u64 hw_rdmsr(struct hw *hw, u32 msr)
{
    u64 value = 0;
    if (isa_rdmsr(&hw->isa, msr, &value))
        hw_panic(hw, "the monitor read an MSR that does not exist");
    return value;
}

void hw_wrmsr(struct hw *hw, u32 msr, u64 value)
{
    if (isa_wrmsr(&hw->isa, msr, value))
        hw_panic(hw, "the monitor wrote an MSR that does not exist");
}

/* ---- the outside device ---- */

static u32 take_input(struct hw *hw)
{
    struct outside *o = &hw->state->outside;
    if (o->input_next >= hw->journal_count ||
        hw->journal[o->input_next].tick > hw->state->count)
        return BIT(31);
    const struct journal_entry *e = &hw->journal[o->input_next++];
    o->input_raised = 0;
    machine_platform_changed(hw);
    machine_arrived(hw, e);
    return e->byte | (u32)e->source << 8;
}

/* The next four bytes of the chosen sector. */
static u64 disk_next(struct hw *hw)
{
    struct outside *o = &hw->state->outside;
    u64 at = (u64)o->disk_sector * ATA_SECTOR + o->disk_at;
    o->disk_at = (o->disk_at + 4) % ATA_SECTOR;
    return at;
}

static u32 disk_in(struct hw *hw)
{
    u32 value;
    disk_read(hw, disk_next(hw), (u8 *)&value, sizeof value);
    return value;
}

static void disk_choose(struct hw *hw, u32 sector)
{
    hw->state->outside.disk_sector = sector;
    hw->state->outside.disk_at = 0;
    machine_event(hw, HW_DISK, sector, 0, 0, 0);
}

static u8 rom_byte(const struct machine_media *media, u32 at)
{
    if (at < media->rom_bytes)
        return media->rom[at];
    at -= media->rom_bytes;
    return at < media->option_rom_bytes ? media->option_rom[at] : 0;
}

static u32 rom_in(struct hw *hw)
{
    u32 value = 0;
    for (unsigned i = 0; i < 4; i++)
        value |= (u32)rom_byte(&hw->config.media, hw->state->outside.rom_at++) << 8 * i;
    return value;
}

u32 hw_in(struct hw *hw, u16 port, unsigned size)
{
    const struct outside *o = &hw->state->outside;
    u64 due = o->input_next < hw->journal_count ? hw->journal[o->input_next].tick : TIME_NEVER;
    assert(size == 4);
    switch (port) {
    case OUTSIDE_INPUT: return take_input(hw);
    case OUTSIDE_DUE: return (u32)due;
    case OUTSIDE_DUE_HIGH: return (u32)(due >> 32);
    case OUTSIDE_DISK_SIZE: return hw->config.media.disk_sectors;
    case OUTSIDE_DISK_DATA: return disk_in(hw);
    case OUTSIDE_ROM_SIZE: return hw->config.media.rom_bytes;
    case OUTSIDE_OPTION_SIZE: return hw->config.media.option_rom_bytes;
    case OUTSIDE_ROM_DATA: return rom_in(hw);
    case OUTSIDE_NMI_COMES: return machine_nmi_comes(hw);
    }
    hw_panic(hw, "the monitor read a port that does not exist");
}

void hw_out(struct hw *hw, u16 port, unsigned size, u32 value)
{
    (void)size;
    switch (port) {
    case OUTSIDE_CONSOLE: machine_outside_console(hw, (u8)value); return;
    case OUTSIDE_EXIT: machine_end(hw, OUTSIDE_END_EXIT, value); return;
    case OUTSIDE_FAULT: machine_end_fault(hw, value); return;
    case OUTSIDE_SHUTDOWN: machine_end(hw, OUTSIDE_END_SHUTDOWN, value); return;
    case OUTSIDE_IDLE: machine_end(hw, OUTSIDE_END_IDLE, 0); return;
    case OUTSIDE_RESET: machine_end(hw, OUTSIDE_END_RESET, value); return;
    case OUTSIDE_DISK_SECTOR: disk_choose(hw, value); return;
    case OUTSIDE_DISK_DATA: disk_write(hw, disk_next(hw), (const u8 *)&value, 4); return;
    case OUTSIDE_ROM_AT: hw->state->outside.rom_at = value; return;
    case OUTSIDE_LOG: machine_event(hw, HW_LOG, value & 0xff, 0, 0, 0); return;
    case OUTSIDE_POST: machine_event(hw, HW_POST, value & 0xff, 0, 0, 0); return;
    }
    hw_panic(hw, "the monitor wrote a port that does not exist");
}

/* ---- x87 ---- */

static void charge_fpu(struct hw *hw, enum account account)
{
    assert(!(hw->arch->cr0 & (CR0_TS | CR0_EM)));
    ledger_charge(&hw->state->ledger, account);
}

void hw_fxsave(struct hw *hw, u8 image[512])
{
    charge_fpu(hw, COST_FXSAVE);
    fpu_to_fxsave(&hw->state->fpu, image);
}

void hw_fxrstor(struct hw *hw, const u8 image[512])
{
    charge_fpu(hw, COST_FXRSTOR);
    fpu_from_fxsave(&hw->state->fpu, image);
}

/* ---- leaving ---- */

void hw_iret(struct hw *hw)
{
    ledger_charge(&hw->state->ledger, COST_IRET);
    fault_t f = machine_unheard(hw) && gate_return(hw, 4) ? FAULT_NONE : isa_iret(&hw->isa, 4);
    hw->arch->shadow = 0;
    if (f)
        machine_fault(hw, f);
    if (!f)
        machine_event(hw, HW_IRET, hw->arch->eip, hw->arch->cpl, hw->arch->eflags, 0);
}

enum vmx_result hw_vmxon(struct hw *hw, mpa_t region) { return vmx_on(hw, region.v); }
enum vmx_result hw_vmclear(struct hw *hw, mpa_t region) { return vmx_clear(hw, region.v); }
enum vmx_result hw_vmptrld(struct hw *hw, mpa_t region) { return vmx_ptrld(hw, region.v); }

u32 hw_vmread(struct hw *hw, u32 field)
{
    u32 value = 0;
    if (vmx_read(hw, field, &value) != VMX_SUCCEED)
        hw_panic(hw, "the monitor read a VMCS field that does not exist");
    return value;
}

void hw_vmwrite(struct hw *hw, u32 field, u32 value)
{
    if (vmx_write(hw, field, value) != VMX_SUCCEED)
        hw_panic(hw, "the monitor wrote a VMCS field that does not exist");
}

/* No step of their own, like hw_iret: they belong to the monitor's entry; nobody can stop between. */
enum vmx_result hw_vmlaunch(struct hw *hw) { return vmx_enter(hw, true); }
enum vmx_result hw_vmresume(struct hw *hw) { return vmx_enter(hw, false); }

/* ---- memory ---- */

u32 hw_ram_size(const struct hw *hw) { return hw->ram_bytes; }

const void *mem_map(const struct hw *hw, mpa_t at)
{
    assert(at.v < hw->ram_bytes);
    return hw->ram + at.v;
}

void *mem_edit(struct hw *hw, mpa_t at, u32 len)
{
    ram_touch(hw, at.v, len);
    return hw->ram + at.v;
}

/* ---- observers ---- */

bool hw_event_wanted(const struct hw *hw, unsigned kind) { return machine_wants(hw, kind); }

void hw_event(struct hw *hw, unsigned kind, u32 a0, u32 a1, u32 a2, u32 a3)
{
    machine_event(hw, kind, a0, a1, a2, a3);
}

void hw_charge(struct hw *hw, unsigned account, u32 cycles)
{
    ledger_charge_cycles(&hw->state->ledger, (enum account)account, cycles);
}

void hw_panic(const struct hw *hw, const char *why)
{
    fprintf(stderr, "stepvisor: monitor panic at step %llu: %s\n",
            (unsigned long long)hw->state->step, why);
    abort();
}

const struct arch *hw_arch(const struct hw *hw) { return hw->arch; }
const struct fpu *hw_fpu(const struct hw *hw) { return &hw->state->fpu; }
u64 hw_count(const struct hw *hw) { return hw->state->count; }
u64 hw_count_limit(const struct hw *hw) { return hw->state->count_limit; }
bool hw_in_nonroot(const struct hw *hw) { return hw->state->vmx.nonroot != 0; }

int hw_window_slot(const struct hw *hw)
{
    u32 pa;
    if (!hw->state->monitored || hw->arch->cpl != 0 || hw->state->vmx.nonroot ||
        !mmu_peek(hw, hw->arch->seg[CS].base + hw->arch->eip, &pa) ||
        pa - WINDOW_FRAME >= WINDOW_PAGES * PAGE_SIZE)
        return -1;
    return (int)((pa - WINDOW_FRAME) / WINDOW_SLOT_SIZE);
}

u32 hw_vmcs_peek(const struct hw *hw, u32 field) { return vmx_field_peek(hw, field); }
