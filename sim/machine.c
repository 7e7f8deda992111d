#include "sim/machine.h"

#include <stdlib.h>
#include <string.h>

#include "sim/dev/mmio.h"
#include "sim/flags.h"
#include "sim/icache.h"
#include "sim/machine_impl.h"
#include "sim/torture.h"

/* ---- building ---- */

static void reset_state(struct hw *m)
{
    struct machine_state *st = m->state;
    arch_reset(&st->arch);
    fpu_reset(&st->fpu);
    st->monitored = m->config.monitored;
    st->evtsel = EVTSEL_USR | EVTSEL_OS;
    st->tlb.generation = st->tlb.global_generation = 1;
    st->count_limit = TIME_NEVER;
    vmx_reset(m);
    st->outside.console_hash = 0xcbf29ce484222325ull;
    if (st->monitored)
        return;
    const struct machine_media *media = &m->config.media;
    platform_reset(&st->platform, m->ram_bytes);
    platform_plug(&st->platform, &(struct platform_board){ .epoch = PLATFORM_EPOCH,
        .disk_sectors = media->disk_sectors, .option_rom_bytes = media->option_rom_bytes,
        .firmware = media->rom_bytes != 0 });
}

/* Of the machine's own map: under a monitor the ROM is the monitor's to show. */
static u32 mapped_rom(const struct machine_config *c)
{
    return c->monitored ? 0 : c->media.rom_bytes;
}

/* RAM, the ROM behind it, console, the disk's overlay and its map. */
static u64 paged_bytes(const struct machine_config *c)
{
    u64 disk = (u64)c->media.disk_sectors * ATA_SECTOR, pages = disk / PAGE_SIZE + 1;
    u64 size = (u64)c->ram_bytes + mapped_rom(c) + CONSOLE_SIZE;
    if (disk)
        size += (pages + pages / 8 / PAGE_SIZE + 1) * PAGE_SIZE;
    return size + (c->arena_extra + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static void lay_out(struct hw *m)
{
    const struct machine_media *media = &m->config.media;
    u64 disk = (u64)media->disk_sectors * ATA_SECTOR;
    m->ram = m->arena.base + arena_paged(&m->arena, m->ram_bytes);
    m->store_bytes = m->ram_bytes + mapped_rom(&m->config);
    if (mapped_rom(&m->config)) {
        u64 at = arena_paged(&m->arena, media->rom_bytes);
        arena_touch(&m->arena, at, media->rom_bytes);
        memcpy(m->arena.base + at, media->rom, media->rom_bytes);
    }
    m->console_offset = arena_paged(&m->arena, CONSOLE_SIZE);
    if (disk) {
        m->disk_offset = arena_paged(&m->arena, disk);
        m->disk_map_offset = arena_paged(&m->arena, disk / PAGE_SIZE / 8 + 1);
    }
}

bool machine_init(struct hw *m, const struct machine_config *config)
{
    memset(m, 0, sizeof *m);
    m->config = *config;
    m->config.one_insn_blocks |= TORTURE_ONE_INSN;
    m->config.drop_caches |= TORTURE_NO_CACHE;
    m->config.one_insn_blocks |= m->config.drop_caches;
    m->ram_bytes = config->ram_bytes;
    assert(config->ram_bytes % PAGE_SIZE == 0 && config->ram_bytes > 0);
    assert(config->media.rom_bytes % PAGE_SIZE == 0);
    if (!arena_init(&m->arena, ARENA_HOT + paged_bytes(config), config->arena_hint))
        return false;
    u32 state = arena_hot(&m->arena, sizeof *m->state);
    m->state = (struct machine_state *)(m->arena.base + state);
    m->arch = &m->state->arch;
    lay_out(m);
    m->isa = (struct isa){ .s = m->arch, .ops = &machine_isa_ops, .owner = m,
                          .fpu = &m->state->fpu };
    events_init(&m->events);
    m->hosttlb = calloc(1, sizeof *m->hosttlb);
    if (!m->hosttlb || !icache_init(m)) {
        machine_free(m);
        return false;
    }
    hosttlb_reset(m->hosttlb);
    reset_state(m);
    machine_arena_replaced(m);
    return true;
}

void machine_free(struct hw *m)
{
    icache_free(m);
    events_free(&m->events);
    free(m->hosttlb);
    arena_free(&m->arena);
}

void machine_arena_replaced(struct hw *m)
{
    m->cc.both = CC_EFLAGS;
    machine_map_changed(m);
    machine_refresh(m);
    machine_platform_changed(m);
}

void machine_arena_cleaned(struct hw *m)
{
    hosttlb_drop_writes(m);
}

void machine_interrupt(struct hw *m)
{
    m->interrupted = 1;
}

void machine_set_coherent(struct hw *m, bool coherent)
{
    if (m->config.coherent_tlb == coherent)
        return;
    m->config.coherent_tlb = coherent;
    tlb_flush_all(m, false);
    machine_arena_replaced(m);
}

/* What the monitor does at one entry takes as long as so many instructions the careful way. */
enum { ENTRY_COST = 30 };

void machine_enter_native(struct hw *m, unsigned slot)
{
    m->state->step++;
    m->careful += ENTRY_COST;
    machine_event(m, HW_NATIVE, slot, 0, 0, 0);
}

u32 machine_console(const struct hw *m, char *out, u32 max)
{
    u64 total = m->state->outside.console_total;
    u64 have = total < CONSOLE_SIZE ? total : CONSOLE_SIZE;
    u32 n = have < max ? (u32)have : max;
    for (u32 i = 0; i < n; i++)
        out[i] = (char)m->arena.base[m->console_offset + (total - n + i) % CONSOLE_SIZE];
    return n;
}

static u8 event_mode(const struct hw *m)
{
    const struct machine_state *st = m->state;
    u32 pa;
    if (!st->monitored)
        return EVENT_MODE_NATIVE;
    if (st->vmx.nonroot)
        return EVENT_MODE_NONROOT;
    if (m->arch->cpl == 0)
        return EVENT_MODE_MONITOR;
    if (st->tc_size && mmu_peek(m, m->arch->seg[CS].base + m->arch->eip, &pa) &&
        pa - st->tc_base < st->tc_size)
        return EVENT_MODE_CACHE;
    return EVENT_MODE_DIRECT;
}

void machine_emit(struct hw *m, unsigned kind, u32 a0, u32 a1, u32 a2, u32 a3)
{
    struct event e = { .step = m->state->step, .tick = m->state->count, .eip = m->arch->eip,
                       .kind = (u16)kind, .cpl = m->arch->cpl, .mode = event_mode(m),
                       .arg = { a0, a1, a2, a3 } };
    events_emit(&m->events, &e);
}

/* ---- boundaries ---- */

static const struct stop go_on = { STOP_NONE, 0 };

static struct stop ended(const struct hw *m)
{
    const struct outside *o = &m->state->outside;
    switch ((enum outside_end)o->ended) {
    case OUTSIDE_END_EXIT: return (struct stop){ STOP_EXIT, o->exit_code };
    case OUTSIDE_END_SHUTDOWN: return (struct stop){ STOP_SHUTDOWN, o->shutdown_vector };
    case OUTSIDE_END_IDLE: return (struct stop){ STOP_IDLE, 0 };
    case OUTSIDE_END_RESET: return (struct stop){ STOP_RESET, o->exit_code };
    case OUTSIDE_RUNNING: break;
    }
    return go_on;
}

/* What observers want, in an order that never depends on which of them looks first. */
static struct stop observers(struct hw *m)
{
    if (unlikely(m->events.hit >= 0)) {
        struct stop s = { STOP_EVENT, (u32)m->events.hit };
        m->events.hit = -1;
        return s;
    }
    if (unlikely(events_nearly_full(&m->events)) || (m->log.to && reglog_is_full(m)))
        return (struct stop){ STOP_RING, 0 };
    if (unlikely(m->interrupted)) {
        m->interrupted = 0;
        return (struct stop){ STOP_INTERRUPT, 0 };
    }
    if (m->state->step >= m->limits.step)
        return (struct stop){ STOP_STEP, 0 };
    return ended(m);
}

static bool at_window(const struct hw *m)
{
    const struct machine_state *st = m->state;
    return st->monitored && st->arch.cpl == 0 && !st->vmx.nonroot;
}

/* The fetch from the window: by address translation alone. */
static struct stop enter_window(struct hw *m)
{
    u32 pa;
    fault_t f = mmu_translate(m, m->arch->seg[CS].base + m->arch->eip, ACCESS_FETCH, &pa);
    if (f) {
        machine_fault(m, f);
        return (struct stop){ STOP_NONE, 1 };
    }
    u32 slot = (pa - WINDOW_FRAME) / WINDOW_SLOT_SIZE;
    if (pa - WINDOW_FRAME < WINDOW_PAGES * PAGE_SIZE)
        return (struct stop){ STOP_NATIVE, slot };
    return go_on;
}

/* The weight of the instruction at EIP, without any effect. */
static unsigned next_weight(const struct hw *m)
{
    u32 pa;
    if (!mmu_peek(m, m->arch->seg[CS].base + m->arch->eip, &pa))
        return 1; /* it will fault, or be filled in and asked again */
    return machine_weight(m, pa);
}

/* An event taken between two instructions.  Every one counts one step. */
static void deliver_event(struct hw *m, unsigned vector, enum event_type type)
{
    struct arch *s = m->arch;
    unsigned old_cpl = s->cpl;
    m->state->step++;
    s->halted = 0;
    m->isa.hits = 0;
    if (m->state->vmx.nonroot) {
        struct vmx_event e = { .vector = (u8)vector, .type = (u8)type, .return_eip = s->eip };
        if (vmx_deliver(m, e)) {
            return;
        }
    } else {
        fault_t f = isa_deliver(&m->isa, vector, type, false, 0, s->eip);
        if (f && !machine_deliver_fault(m, f)) { /* interrupts are benign */
            machine_shutdown(m, vector);
            return;
        }
    }
    s->shadow = 0;
    m->state->debug_pending |= (u16)m->isa.hits; /* of the frame */
    ledger_charge(&m->state->ledger, old_cpl != s->cpl ? COST_GATE : COST_GATE_SAME);
    machine_event(m, HW_DELIVER, vector, s->eip, s->cpl, 0);
}

static bool take_debug_trap(struct hw *m)
{
    struct machine_state *st = m->state;
    if (likely(!st->debug_pending) || (st->arch.shadow & SHADOW_MOV_SS))
        return false;
    u32 bits = st->debug_pending;
    st->debug_pending = 0;
    st->arch.halted = 0;
    machine_debug(m, bits);
    return true;
}

/* STI's shadow does not hold NMIs back (chosen: SDM 3A 6.8.3 leaves it open). */
static bool nmi_is_open(const struct hw *m)
{
    const struct arch *s = m->arch;
    return !s->nmi_blocked && !(s->shadow & SHADOW_MOV_SS);
}

/* NMIs are blocked from the beginning of the delivery, even if that faults. */
static void deliver_nmi(struct hw *m)
{
    if (m->state->vmx.nonroot && vmx_intercept_nmi(m)) {
        m->state->step++;
        return;
    }
    deliver_event(m, VEC_NMI, EVENT_NMI);
    m->arch->nmi_blocked = 1;
}

/* Of the board, in a native world. */
static bool take_pin_nmi(struct hw *m)
{
    if (!nmi_is_open(m))
        return false;
    platform_advance(&m->state->platform, m->state->count); /* what came since is the same NMI */
    platform_take_nmi(&m->state->platform);
    machine_platform_changed(m);
    machine_event(m, HW_PIN_NMI, 0, 0, 0, 0);
    deliver_nmi(m);
    return true;
}

/* The counter's overflow: before the instruction whose weight would pass the limit. */
static bool take_nmi(struct hw *m)
{
    struct machine_state *st = m->state;
    if (likely(st->count + 15 <= st->count_limit))
        return false;
    if (!st->monitored || !nmi_is_open(m))
        return false;
    if (!st->arch.halted && st->count + next_weight(m) <= st->count_limit)
        return false;
    machine_event(m, HW_NMI, 0, 0, 0, 0);
    deliver_nmi(m);
    return true;
}

void machine_arrived(struct hw *m, const struct journal_entry *e)
{
    if (e->source == SOURCE_NMI)
        machine_event(m, HW_IOCHK, 0, 0, 0, 0);
    else
        machine_event(m, HW_INPUT, e->byte, e->source, 0, 0);
}

/* Journalled input that is due: into the platform's pin, or an interrupt to the monitor. */
static bool take_input(struct hw *m)
{
    struct machine_state *st = m->state;
    u32 next = st->outside.input_next;
    if (likely(next >= m->journal_count) || m->journal[next].tick > st->count)
        return false;
    if (!st->monitored) { /* all that is due: a monitor takes it at once, too */
        for (; next < m->journal_count && m->journal[next].tick <= st->count; next++) {
            const struct journal_entry *e = &m->journal[next];
            platform_input(&st->platform, st->count, (enum platform_source)e->source, e->byte);
            machine_arrived(m, e);
        }
        st->outside.input_next = next;
        machine_platform_changed(m);
        return false;
    }
    if (st->outside.input_raised)
        return false;
    if (st->vmx.nonroot && vmx_external_exits(m)) {
        st->outside.input_raised = 1;
        machine_platform_changed(m);
        st->step++;
        bool exited = vmx_intercept_external(m, OUTSIDE_VECTOR);
        return exited;
    }
    if (!(st->arch.eflags & FL_IF) || st->arch.shadow)
        return false;
    st->outside.input_raised = 1;
    machine_platform_changed(m);
    deliver_event(m, OUTSIDE_VECTOR, EVENT_EXTERNAL);
    return true;
}

/* INIT: the processor begins anew, but for the x87, MSRs, time stamp and the local APIC's ID; the board and
 * its memory stay (SDM 3A table 9-1).  Without firmware nothing is there to begin with. */
static void init_processor(struct hw *m)
{
    struct machine_state *st = m->state;
    platform_take_init(&st->platform);
    if (!st->platform.firmware) {
        machine_end(m, OUTSIDE_END_RESET, 0);
        return;
    }
    machine_event(m, HW_INIT, 0, 0, 0, 0);
    st->debug_pending = 0;
    arch_init(&st->arch);
    tlb_flush_all(m, false);
    machine_arena_replaced(m);
}

/* Before traps of the last instruction (SDM 3A table 6-2), with which what the board brings now competes.
 * VMX root operation blocks INIT. */
static bool take_init(struct hw *m)
{
    struct machine_state *st = m->state;
    if (likely(!m->init && !st->debug_pending))
        return false;
    if (!st->monitored && st->count >= m->due) {
        platform_advance(&st->platform, st->count);
        machine_platform_changed(m);
    }
    if (!m->init)
        return false;
    if (platform_smi(&st->platform)) {
        platform_take_smi(&st->platform);
        machine_event(m, HW_SMI, 0, 0, 0, 0);
    }
    bool taken = platform_init(&st->platform) && (!st->vmx.on || st->vmx.nonroot);
    if (taken && st->vmx.nonroot) {
        platform_lose_init(&st->platform);
        vmx_init_signal(m);
    } else if (taken) {
        init_processor(m);
    }
    st->step += taken;
    machine_platform_changed(m);
    return taken;
}

static bool take_interrupt(struct hw *m)
{
    struct machine_state *st = m->state;
    if (!st->monitored && st->count >= m->due) {
        platform_advance(&st->platform, st->count);
        machine_platform_changed(m);
    }
    if (unlikely(m->init) && take_init(m)) /* the board brought it just now */
        return true;
    if (m->nmi && take_pin_nmi(m))
        return true;
    if (st->vmx.nonroot && vmx_interrupt_window(m)) {
        st->step++;
        return true;
    }
    if (st->monitored)
        return false;
    bool open = (st->arch.eflags & FL_IF) && !st->arch.shadow;
    if (st->vmx.nonroot && vmx_external_exits(m))
        open = true;
    if (!open || !m->intr)
        return false;
    platform_advance(&st->platform, st->count); /* what asked since INTR rose competes, too */
    if (st->vmx.nonroot && vmx_external_exits(m)) {
        u8 vector = vmx_external_acks(m) ? platform_ack(&st->platform) : 0;
        machine_platform_changed(m);
        if (vmx_intercept_external(m, vector)) {
            st->step++;
            return true;
        }
    }
    int irq = platform_pending_irq(&st->platform);
    u8 vector = platform_ack(&st->platform);
    machine_platform_changed(m);
    machine_event(m, irq < IRQ_APIC ? HW_INTERRUPT : HW_APIC, vector, (u32)irq, 0, 0);
    deliver_event(m, vector, EVENT_EXTERNAL);
    return true;
}

bool machine_nmi_comes(const struct hw *m)
{
    for (u32 i = m->state->outside.input_next; i < m->journal_count; i++)
        if (m->journal[i].source == SOURCE_NMI)
            return true;
    return false;
}

/* Halted: time moves to whatever comes first. */
static void skip_halted_time(struct hw *m)
{
    struct machine_state *st = m->state;
    u32 next = st->outside.input_next;
    u64 input = next < m->journal_count ? m->journal[next].tick : TIME_NEVER;
    bool intr = (st->arch.eflags & FL_IF) != 0, nmi = !st->arch.nmi_blocked;
    u64 due = st->monitored ? st->count_limit : platform_wakes(&st->platform, intr, nmi);
    bool deaf = !intr && !st->monitored && !(nmi && machine_nmi_comes(m));
    u64 now = platform_halt_until(st->count, due, deaf ? TIME_NEVER : input);
    if (now == TIME_NEVER) {
        machine_end(m, OUTSIDE_END_IDLE, 0);
        return;
    }
    if (!st->monitored)
        platform_halted(&st->platform, st->count, now);
    st->step++;
    st->count = now;
    machine_event(m, HW_WAKE, (u32)now, 0, 0, 0);
}

/* The board's reset line: processor and devices begin anew; RAM, clock and time stay. */
static bool take_reset(struct hw *m)
{
    struct machine_state *st = m->state;
    if (likely(!st->reset_pending))
        return take_init(m);
    machine_event(m, HW_RESET, 0, 0, 0, 0);
    st->step++;
    st->reset_pending = st->debug_pending = 0;
    vmx_reset(m);
    arch_reset(&st->arch);
    fpu_reset(&st->fpu);
    platform_advance(&st->platform, st->count);
    platform_restart(&st->platform);
    tlb_flush_all(m, false);
    machine_arena_replaced(m);
    return true;
}

/* Everything that can happen at a boundary, in the order of SDM 3A table 6-2.  True: something did. */
static bool boundary(struct hw *m)
{
    if (take_reset(m) || take_debug_trap(m) || take_nmi(m) || take_input(m) || take_interrupt(m))
        return true;
    if (unlikely(m->arch->halted)) {
        skip_halted_time(m);
        return true;
    }
    return false;
}

static u64 left(u64 limit, u64 now) { return limit > now ? limit - now : 0; }

/* Steps to the observers' limit, or until the register log is full. */
static u64 steps_left(const struct hw *m)
{
    u64 steps = left(m->limits.step, m->state->step), room = m->log.to ? reglog_room(m) : steps;
    return room < steps ? room : steps;
}

/* Instructions until something at a boundary may be due. */
static void run_plain(struct hw *m)
{
    struct machine_state *st = m->state;
    u64 until = m->limits.tick < st->count_limit ? m->limits.tick : st->count_limit;
    /* Translated instructions of weight 0 stand behind the tick that brings an interrupt, too: the loop stops
     * one short, and single steps find the boundary. */
    u64 due = m->due - (st->monitored && m->due > 0);
    if (due < until)
        until = due;
    bool careful = (st->arch.eflags & FL_TF) || st->arch.shadow ||
                   machine_wants(m, HW_RETIRE) ||
                   st->count + 15 > st->count_limit;
    if (careful) {
        machine_step_one(m);
        return;
    }
    u64 before = st->step;
    icache_run(m, steps_left(m), left(until, st->count));
    if (st->step == before)
        machine_step_one(m);
}

/* Has the guest's time come to the observers' limit, before an instruction that counts? */
static bool tick_limit(const struct hw *m)
{
    const struct machine_state *st = m->state;
    if (likely(st->count + 15 < m->limits.tick))
        return false;
    if (!st->monitored)
        return st->count >= m->limits.tick;
    if (st->count_limit < m->limits.tick && nmi_is_open(m)) /* monitored */
        return false; /* an instruction of weight > 1 stands here: its NMI comes first */
    return st->count + next_weight(m) > m->limits.tick && !at_window(m);
}

struct stop machine_run(struct hw *m, const struct limits *limits)
{
    m->limits = *limits;
    machine_journal_changed(m); /* it may have grown */
    if (machine_wants(m, HW_WRITE))
        hosttlb_drop_writes(m);
    for (;;) {
        struct stop s = observers(m);
        if (s.kind)
            return s;
        if (at_window(m)) {
            s = enter_window(m);
            if (s.kind == STOP_NATIVE)
                return s;
            if (s.arg)
                continue;
        }
        if (tick_limit(m))
            return (struct stop){ STOP_TICK, 0 };
        if (unlikely(m->config.drop_caches)) {
            hosttlb_drop(m);
            icache_drop(m);
        }
        if (!boundary(m))
            run_plain(m);
    }
}
