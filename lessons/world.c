#include "lessons/world.h"

#include "bt/bt.h"
#include "vt/vt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- engines: one line each ---- */

struct engine_row { const char *name; const struct engine *engine; /* NULL: no monitor */ };
static const struct engine_row engines[ENGINE_COUNT] = {
    [ENGINE_NATIVE] = { "native", NULL },
    [ENGINE_DIRECT] = { "direct", &engine_direct },
    [ENGINE_BT] = { "bt", &engine_bt },
    [ENGINE_VT] = { "vt", &engine_vt },
    [ENGINE_INTERP] = { "interp", &engine_interp },
};

const char *engine_name(enum engine_id id)
{
    return (unsigned)id < ENGINE_COUNT ? engines[id].name : "?";
}

bool engine_by_name(const char *name, enum engine_id *id)
{
    for (unsigned i = 0; i < ENGINE_COUNT; i++)
        if (strcmp(engines[i].name, name) == 0) {
            *id = (enum engine_id)i;
            return true;
        }
    return false;
}

static const struct engine *engine_of(const struct world *w) { return engines[w->engine].engine; }
static bool is_monitored(const struct world *w) { return engine_of(w) != NULL; }
static void *hot_vmm(const struct world *w) { return w->hw.arena.base + w->hot_vmm; }

/* ---- guest-physical memory, whoever maps it ---- */

/* Bytes from gpa to the end of its page that lie in memory (RAM, on the machine itself also ROM);
 * *machine is where they are. */
static u32 find_bytes(const struct world *w, u32 gpa, u32 len, u32 *machine)
{
    u32 room = PAGE_SIZE - gpa % PAGE_SIZE;
    mpa_t at = { gpa };
    if (is_monitored(w) && !guestmem_find(&w->vmm, (gpa_t){ gpa }, &at))
        return 0;
    if (!machine_ram(&w->hw, at.v))
        return 0;
    *machine = at.v;
    return len < room ? len : room;
}

bool world_read_physical(const struct world *w, u32 gpa, void *out, u32 len)
{
    u8 *to = out;
    while (len > 0) {
        u32 machine, n = find_bytes(w, gpa, len, &machine);
        if (n == 0)
            return false;
        memcpy(to, machine_ram(&w->hw, machine), n);
        to += n;
        gpa += n;
        len -= n;
    }
    return true;
}

static void place_bytes(void *owner, u32 gpa, const void *bytes, u32 len)
{
    struct world *w = owner;
    const u8 *from = bytes;
    while (len > 0) {
        u32 machine, n = find_bytes(w, gpa, len, &machine);
        assert(n > 0); /* image_place checked that it fits */
        machine_poke(&w->hw, machine, from, n);
        from += n;
        gpa += n;
        len -= n;
    }
}

static u32 read_entry(void *owner, u32 gpa)
{
    u32 value = ~0u;
    world_read_physical(owner, gpa, &value, sizeof value);
    return value;
}

static bool translate(const struct world *w, const struct arch *guest, u32 la, u32 *gpa)
{
    struct walk_mem mem = { .owner = (void *)(uintptr_t)w, .read = read_entry };
    *gpa = la;
    if (!(guest->cr0 & CR0_PG))
        return true;
    struct walk walk = paging_walk(&mem, guest, la, ACCESS_READ);
    *gpa = walk.pa;
    return walk.fault == FAULT_NONE;
}

bool world_read_linear(const struct world *w, const struct arch *guest, u32 la, void *out, u32 len)
{
    u8 *to = out;
    while (len > 0) {
        u32 gpa, room = PAGE_SIZE - la % PAGE_SIZE, n = len < room ? len : room;
        if (!translate(w, guest, la, &gpa) || !world_read_physical(w, gpa, to, n))
            return false;
        to += n;
        la += n;
        len -= n;
    }
    return true;
}

/* ---- building ---- */

static struct machine_media media_of(const struct world *w)
{
    const struct image_media *m = w->image->media;
    return (struct machine_media){
        .rom = m[SLOT_ROM].bytes, .rom_bytes = (u32)m[SLOT_ROM].size,
        .option_rom = m[SLOT_OPTION_ROM].bytes,
        .option_rom_bytes = (u32)m[SLOT_OPTION_ROM].size,
        .disk = m[SLOT_DISK].bytes, .disk_sectors = (u32)(m[SLOT_DISK].size / ATA_SECTOR),
    };
}

static bool init_machine(struct world *w, const struct world_config *config)
{
    struct machine_config mc = {
        .ram_bytes = w->ram_bytes + (is_monitored(w) ? MON_RAM : 0),
        .monitored = is_monitored(w),
        .coherent_tlb = config->coherent_tlb,
        .one_insn_blocks = config->one_insn_blocks,
        .drop_caches = config->drop_caches,
        .media = media_of(w),
        .arena_hint = config->arena_hint,
    };
    return machine_init(&w->hw, &mc);
}

static void init_guest(struct world *w)
{
    struct arch start;
    memset(&start, 0, sizeof start);
    image_start(w->image, &start);
    if (!is_monitored(w)) {
        *w->hw.arch = start;
        machine_arena_replaced(&w->hw);
        return;
    }
    w->hot_vmm = arena_hot(&w->hw.arena, vmm_state_size(engine_of(w)));
    vmm_init(&w->vmm, &w->hw, engine_of(w), hot_vmm(w), w->ram_bytes, &start);
}

static bool place(struct world *w, char *error, size_t error_size)
{
    struct image_sink sink = { .owner = w, .ram_bytes = w->ram_bytes, .write = place_bytes };
    return image_place(w->image, &sink, error, error_size);
}

/* The monitor's first entry belongs to building: history begins where the guest may run. */
static void let_guest_go(struct world *w)
{
    if (!is_monitored(w))
        return;
    vmm_entry(&w->vmm, VEC_STUB);
    w->hw.state->step = 0;
}

static bool is_size_possible(const struct world *w, char *error, size_t n)
{
    u64 most = (u64)3 << 30;
    if (w->ram_bytes % PAGE_SIZE == 0 && w->ram_bytes >= 1 << 20 && w->ram_bytes <= most)
        return true;
    snprintf(error, n, "a guest has 1 MB to 3 GB of RAM in whole pages, not %u bytes", w->ram_bytes);
    return false;
}

struct world *world_new(const struct world_config *config, char *error, size_t error_size)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w && config->image);
    w->engine = config->engine;
    w->image = config->image;
    w->ram_bytes = config->ram_bytes ? config->ram_bytes : WORLD_RAM;
    if (!is_size_possible(w, error, error_size)) {
        free(w);
        return NULL;
    }
    if (!init_machine(w, config)) {
        snprintf(error, error_size, "there is no memory for a machine of %u MB", w->ram_bytes >> 20);
        free(w);
        return NULL;
    }
    init_guest(w);
    if (!place(w, error, error_size)) {
        world_free(w);
        return NULL;
    }
    let_guest_go(w);
    return w;
}

void world_free(struct world *w)
{
    machine_free(&w->hw);
    free(w->journal);
    free(w->typed);
    free(w);
}

/* ---- input ---- */

static void journal_publish(struct world *w)
{
    w->hw.journal = w->journal;
    w->hw.journal_count = w->journal_count;
}

/* Sorted by due tick; of equal ones the first typed comes first, so what was taken stays in front. */
static void journal_insert(struct world *w, const struct journal_entry *e)
{
    u32 i = w->journal_count++;
    for (; i > 0 && w->journal[i - 1].tick > e->tick; i--)
        w->journal[i] = w->journal[i - 1];
    w->journal[i] = *e;
}

/* Let the machine see all that had been typed by now. */
static void journal_refresh(struct world *w)
{
    w->journal_count = 0;
    for (u32 i = 0; i < w->typed_count && w->typed[i].step <= world_step(w); i++)
        journal_insert(w, &w->typed[i].entry);
    journal_publish(w);
}

void world_forget_typed(struct world *w)
{
    while (w->typed_count && w->typed[w->typed_count - 1].step > world_step(w))
        w->typed_count--;
}

void world_input(struct world *w, u64 tick, u8 byte)
{
    world_input_from(w, SOURCE_SERIAL, tick, byte);
}

void world_input_from(struct world *w, enum platform_source from, u64 tick, u8 byte)
{
    world_forget_typed(w);
    if (w->typed_count == w->room) {
        w->room = w->room ? 2 * w->room : 64;
        w->typed = realloc(w->typed, w->room * sizeof *w->typed);
        w->journal = realloc(w->journal, w->room * sizeof *w->journal);
        assert(w->typed && w->journal);
    }
    u64 now = world_tick(w);
    struct journal_typed *t = &w->typed[w->typed_count++];
    *t = (struct journal_typed){ .step = world_step(w),
                                 .entry = { .tick = tick > now ? tick : now, .byte = byte,
                                            .source = (u8)from } };
    journal_insert(w, &t->entry);
    journal_publish(w);
}

void world_replaced(struct world *w)
{
    w->deadline = 0;
    machine_arena_replaced(&w->hw);
    if (is_monitored(w))
        vmm_attach(&w->vmm, &w->hw, engine_of(w), hot_vmm(w));
    journal_refresh(w);
}

/* ---- running ---- */

/* The step at which the next byte was typed: the run pauses there, unseen. */
static u64 next_typed(const struct world *w)
{
    return w->journal_count < w->typed_count ? w->typed[w->journal_count].step : UINT64_MAX;
}

/* Nothing that the machine would rather stop for. */
static bool is_quiet(const struct world *w)
{
    return w->hw.events.hit < 0 && w->hw.state->outside.ended == OUTSIDE_RUNNING;
}

static struct stop run(struct world *w, const struct limits *limits)
{
    for (;;) {
        struct limits l = *limits;
        if (next_typed(w) < l.step)
            l.step = next_typed(w);
        struct stop s = machine_run(&w->hw, &l);
        if (s.kind == STOP_STEP && world_step(w) >= next_typed(w)) {
            journal_refresh(w);
            if (world_step(w) < limits->step)
                continue;
        }
        if (s.kind != STOP_NATIVE)
            return s;
        if (world_tick(w) >= limits->tick)
            return (struct stop){ STOP_TICK, 0 };
        machine_enter_native(&w->hw, s.arg);
        vmm_entry(&w->vmm, s.arg);
        if (world_tick(w) >= limits->tick && is_quiet(w))
            return (struct stop){ STOP_TICK, 0 }; /* before the next instruction is even fetched */
    }
}

struct stop world_run(struct world *w, const struct limits *limits)
{
    struct stop s = run(w, limits);
    w->deadline = s.kind == STOP_TICK ? limits->tick : 0;
    return s;
}

/* ---- looking ---- */

bool world_peek(const struct world *w, struct peek *out)
{
    if (is_monitored(w)) {
        bool known = engine_of(w)->peek(&w->vmm, out);
        peek_pass(out, w->deadline);
        return known;
    }
    const struct arch *s = w->hw.arch;
    *out = (struct peek){ .arch = *s, .tick = world_tick(w), .boundary = true,
                          .who = s->cpl == 3 ? RUNS_GUEST_USER : RUNS_GUEST_KERNEL };
    return true;
}

const struct platform *world_platform(const struct world *w)
{
    return is_monitored(w) ? &w->vmm.s->platform : &w->hw.state->platform;
}

const struct outside *world_outside(const struct world *w) { return &w->hw.state->outside; }
