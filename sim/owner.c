/* owner.c - the machine as an owner of the instruction rules: memory through the MMU, ports to the
 * platform (native worlds), MSRs, and what a change of mode means for the TLBs. */
#include "sim/dev/mmio.h"
#include "sim/icache.h"
#include "sim/machine_impl.h"

static struct hw *machine_of(struct isa *x) { return x->owner; }

static fault_t owner_read(struct isa *x, u32 la, unsigned size, unsigned access, u32 *value)
{
    return mmu_read(machine_of(x), la, size, access, value);
}

static fault_t owner_write(struct isa *x, u32 la, unsigned size, unsigned access, u32 value)
{
    return mmu_write(machine_of(x), la, size, access, value);
}

static fault_t owner_probe(struct isa *x, u32 la, unsigned size, unsigned access)
{
    return mmu_probe(machine_of(x), la, size, access);
}

static u32 owner_read_phys(struct isa *x, u32 pa) { return phys_read32(machine_of(x), pa); }

void machine_outside_console(struct hw *m, u8 byte)
{
    struct outside *o = &m->state->outside;
    u64 at = m->console_offset + o->console_total % CONSOLE_SIZE;
    arena_touch(&m->arena, at, 1);
    m->arena.base[at] = byte;
    o->console_total++;
    o->console_hash = (o->console_hash ^ byte) * 0x100000001b3ull;
    machine_event(m, HW_CONSOLE, byte, 0, 0, 0);
}

void machine_end_fault(struct hw *m, u32 fault)
{
    struct outside *o = &m->state->outside;
    if (o->shutdown_faults < COUNT(o->shutdown_fault))
        o->shutdown_fault[o->shutdown_faults++] = fault;
}

void machine_end(struct hw *m, enum outside_end how, u32 code)
{
    static const u8 kind[] = { [OUTSIDE_END_EXIT] = HW_EXIT, [OUTSIDE_END_SHUTDOWN] = HW_SHUTDOWN,
                               [OUTSIDE_END_IDLE] = HW_IDLE, [OUTSIDE_END_RESET] = HW_ASKED };
    struct outside *o = &m->state->outside;
    if (o->ended)
        return;
    o->ended = (u8)how;
    if (how == OUTSIDE_END_SHUTDOWN)
        o->shutdown_vector = (u8)code;
    else
        o->exit_code = code;
    machine_event(m, how == OUTSIDE_END_RESET && !code ? HW_INIT : kind[how], code, 0, 0, 0);
}

void machine_journal_changed(struct hw *m)
{
    const struct outside *o = &m->state->outside;
    bool waits = o->input_next < m->journal_count && !o->input_raised;
    m->due = m->devices_due;
    if (waits && m->journal[o->input_next].tick < m->due)
        m->due = m->journal[o->input_next].tick;
}

void machine_platform_changed(struct hw *m)
{
    const struct platform *p = &m->state->platform;
    bool native = !m->state->monitored;
    m->devices_due = native ? platform_due(p) : TIME_NEVER;
    m->ring_counts = perf_minds_cpl(&p->msr.perf);
    m->intr = native && platform_intr(p);
    m->nmi = native && platform_nmi(p);
    m->init = native && (platform_init(p) || platform_smi(p));
    machine_journal_changed(m);
}

static void carry_disk(struct hw *m, struct ata_request r)
{
    u8 *buffer = m->state->platform.ata.buffer;
    if (r.what == ATA_FILL)
        disk_read(m, (u64)r.sector * ATA_SECTOR, buffer, ATA_SECTOR);
    else
        disk_write(m, (u64)r.sector * ATA_SECTOR, buffer, ATA_SECTOR);
    machine_event(m, HW_DISK, r.sector, r.what, 0, 0);
}

static void carry_firmware(struct hw *m, const struct platform_out *out)
{
    if (out->debug)
        machine_event(m, HW_LOG, out->debug_byte, 0, 0, 0);
    if (out->map) {
        machine_map_changed(m);
        machine_event(m, HW_MAP, 0, 0, 0, 0);
    }
    if (out->reset && m->state->platform.firmware)
        m->state->reset_pending = 1;
    else if (out->reset)
        machine_end(m, OUTSIDE_END_RESET, out->reset);
}

static void carry_out(struct hw *m, u16 port, u32 value, const struct platform_out *out)
{
    if (out->post)
        machine_event(m, HW_POST, value & 0xff, 0, 0, 0);
    if (out->debug | out->map | out->reset)
        carry_firmware(m, out);
    if (out->disk.what)
        carry_disk(m, out->disk);
    if (out->console)
        machine_outside_console(m, out->console_byte);
    if (out->exit)
        machine_end(m, OUTSIDE_END_EXIT, out->exit_code);
    if (out->unclaimed)
        machine_event(m, HW_UNCLAIMED, port, 0, 0, 0);
    if (out->wired)
        machine_platform_changed(m);
}

/* The budget of the run loop ends where a device is due: it may come later than was known, not earlier. */
static bool is_calm(const struct hw *m, const struct platform_out *out, u64 due, bool intr)
{
    return !(out->exit | out->reset | out->map | m->nmi | m->init) && m->due >= due && m->intr <= intr;
}

bool machine_port_out(struct hw *m, u64 now, u16 port, unsigned size, u32 value)
{
    u64 due = m->due;
    bool intr = m->intr;
    struct platform_out out;
    platform_out(&m->state->platform, now, port, size, value, &out);
    carry_out(m, port, value, &out);
    return is_calm(m, &out, due, intr);
}

static u32 port_in(struct hw *m, u64 now, u16 port, unsigned size, struct platform_out *out)
{
    u32 value = platform_in(&m->state->platform, now, port, size, out);
    if (out->option_rom)
        value = m->config.media.option_rom[out->rom_at];
    carry_out(m, port, value, out);
    return value;
}

bool machine_port_in(struct hw *m, u64 now, u16 port, unsigned size, u32 *value)
{
    u64 due = m->due;
    bool intr = m->intr;
    struct platform_out out;
    *value = port_in(m, now, port, size, &out);
    return is_calm(m, &out, due, intr);
}

static fault_t owner_in(struct isa *x, u16 port, unsigned size, u32 *value)
{
    struct hw *m = machine_of(x);
    struct platform_out out;
    if (m->state->monitored) { /* no devices on this machine but the outside one */
        *value = 0xffffffffu;
        return FAULT_NONE;
    }
    *value = port_in(m, m->state->count, port, size, &out);
    machine_event(m, HW_IN, port, size, *value, 0);
    return FAULT_NONE;
}

static fault_t owner_out(struct isa *x, u16 port, unsigned size, u32 value)
{
    struct hw *m = machine_of(x);
    struct platform_out out;
    if (m->state->monitored)
        return FAULT_NONE;
    machine_event(m, HW_OUT, port, size, value, 0);
    platform_out(&m->state->platform, m->state->count, port, size, value, &out);
    carry_out(m, port, value, &out);
    return FAULT_NONE;
}

/* ---- registers in memory ---- */

u32 machine_device_load(struct hw *m, u32 pa, unsigned size)
{
    struct platform_out out;
    u32 value = platform_load(&m->state->platform, m->state->count, pa, size, &out);
    m->touched = true;
    machine_platform_changed(m);
    machine_event(m, HW_LOAD, pa, size, value, 0);
    return value;
}

void machine_device_store(struct hw *m, u32 pa, unsigned size, u32 value)
{
    struct platform_out out;
    machine_event(m, HW_STORE, pa, size, value, 0);
    platform_store(&m->state->platform, m->state->count, pa, size, value, &out);
    m->touched = true;
    machine_platform_changed(m);
}

/* False: a reserved bit. */
static bool write_apic_base(struct hw *m, u64 value)
{
    struct platform_out out;
    if (!platform_write_apic_base(&m->state->platform, m->state->count, value, &out))
        return false;
    if (out.map)
        machine_map_changed(m);
    machine_platform_changed(m);
    return true;
}

/* ---- MSRs ---- */

/* The counter's and the cache's exist only where there is a monitor: the native world offers the platform
 * that monitors offer. */
static bool monitors_msr(struct hw *m, u32 msr, u32 **field)
{
    struct machine_state *st = m->state;
    if (!st->monitored)
        return false;
    switch (msr) {
    case MSR_EVTSEL: *field = &st->evtsel; return true;
    case MSR_TC_BASE: *field = &st->tc_base; return true;
    case MSR_TC_SIZE: *field = &st->tc_size; return true;
    case MSR_TC_WEIGHTS: *field = &st->tc_weights; return true;
    }
    return false;
}

/* CPUID says nothing of VMX, and so the native world has none of its MSRs, as under a monitor: kernels do
 * look for IA32_FEATURE_CONTROL.  A guest that is a hypervisor knows better, and sets CR4.VMXE. */
static bool shows_vmx(const struct hw *m)
{
    return m->state->monitored || (m->arch->cr4 & CR4_VMXE);
}

static fault_t owner_rdmsr(struct isa *x, u32 msr, u64 *value)
{
    struct hw *m = machine_of(x);
    u32 *field;
    if (m->state->monitored && (msr == MSR_COUNT || msr == MSR_TSC)) {
        *value = m->state->count;
    } else if (msr == MSR_COUNT_LIMIT && m->state->monitored) {
        *value = m->state->count_limit;
    } else if (monitors_msr(m, msr, &field)) {
        *value = *field;
    } else if (!m->state->monitored &&
               platform_rdmsr(&m->state->platform, m->state->count, msr, value)) {
        return FAULT_NONE;
    } else if (!shows_vmx(m) || !vmx_rdmsr(msr, value)) {
        return FAULT_ERR(VEC_GP, 0);
    }
    return FAULT_NONE;
}

static fault_t owner_wrmsr(struct isa *x, u32 msr, u64 value)
{
    struct hw *m = machine_of(x);
    u32 *field;
    if (msr == MSR_COUNT && m->state->monitored) {
        m->state->count = value;
    } else if (msr == MSR_COUNT_LIMIT && m->state->monitored) {
        m->state->count_limit = value;
    } else if (monitors_msr(m, msr, &field)) {
        *field = (u32)value;
        icache_drop(m); /* decoded weights came from the table */
    } else if (!m->state->monitored &&
               platform_wrmsr(&m->state->platform, m->state->count, msr, value)) {
        machine_platform_changed(m); /* a counter may end sooner now */
    } else if (msr != MSR_APIC_BASE || m->state->monitored || !write_apic_base(m, value)) {
        return FAULT_ERR(VEC_GP, 0);
    }
    return FAULT_NONE;
}

static u64 owner_tsc(struct isa *x)
{
    struct hw *m = machine_of(x);
    return msr_tsc(&m->state->platform.msr, m->state->count) + vmx_tsc_offset(m);
}

static void owner_cpuid(struct isa *x, u32 leaf, u32 regs[4])
{
    const struct hw *m = machine_of(x);
    platform_cpuid(m->state->monitored ? NULL : &m->state->platform, leaf, regs);
}

/* Under a monitor nothing is connected: CR0.NE is 1, and the guest's board is the monitor's. */
static bool owner_ferr(struct isa *x, bool active)
{
    struct hw *m = machine_of(x);
    if (m->state->monitored)
        return false;
    bool ignne = platform_ferr(&m->state->platform, m->state->count, active);
    machine_platform_changed(m);
    return ignne;
}

static void owner_changed(struct isa *x, enum isa_change what, u32 arg)
{
    struct hw *m = machine_of(x);
    switch (what) {
    case ISA_CR3:
        tlb_flush_all(m, true);
        return;
    case ISA_INVLPG:
        tlb_flush_page(m, arg);
        return;
    case ISA_CR0:
        if (arg & ~CR0_X87)
            tlb_flush_all(m, false);
        return;
    case ISA_CR4:
        tlb_flush_all(m, false);
        return;
    case ISA_SEG:
        machine_refresh_seg(m, arg);
        return;
    case ISA_CPL:
        machine_refresh_cpl(m);
        return;
    default:
        return;
    }
}

const struct isa_ops machine_isa_ops = {
    .read = owner_read, .write = owner_write, .probe = owner_probe,
    .read_phys = owner_read_phys, .in = owner_in,
    .out = owner_out, .rdmsr = owner_rdmsr, .wrmsr = owner_wrmsr, .tsc = owner_tsc,
    .cpuid = owner_cpuid, .changed = owner_changed, .vmx = vmx_exec,
    .task_switch = vmx_task_switch, .ferr = owner_ferr,
};
