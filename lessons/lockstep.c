#include "lessons/lockstep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lessons/lockstep_impl.h"

/* MARK_TICKS: how far apart the moments are to which an interval's search can return.  MARK_PAGES:
 * every page written since then is compared each time, so they must stay few.  FREE_TICKS: intervals
 * at least so long are run with TLBs, and once more without when that made a difference.
 * SETTLE_TICKS: so many moments are tried for one at which all can be compared.  STUCK_STEPS: a world
 * that spends so many on one comparison's way does not get anywhere. */
enum { MARK_TICKS = 20000, MARK_PAGES = 64, FREE_TICKS = 5000, SETTLE_TICKS = 64,
       STUCK_STEPS = 50000000 };

struct lockstep {
    const struct lockstep_config *config;
    struct runner runner[LOCKSTEP_ENGINES];
    u64 marked_tick;
    bool settled;           /* at the last comparison every world could be compared */
};

/* ---- building ---- */

static void map_pages(struct runner *r)
{
    const struct world *w = r->world;
    r->guest_page = calloc(w->hw.arena.page_count, sizeof *r->guest_page);
    assert(r->guest_page);
    for (u32 page = 0; page < w->ram_bytes / PAGE_SIZE; page++) {
        mpa_t at = { page * PAGE_SIZE };
        if (w->engine != ENGINE_NATIVE)
            at = guestmem_frame(&w->vmm, page);
        r->guest_page[at.v / PAGE_SIZE] = page + 1;
    }
}

static void take_mark(struct runner *r)
{
    if (r->mark)
        snapshot_drop(&r->store, r->mark);
    r->mark = snapshot_take(&r->store);
    machine_arena_cleaned(&r->world->hw);
}

static void type_all(struct world *w, const struct world *from)
{
    for (u32 i = 0; i < from->typed_count; i++) {
        const struct journal_entry *e = &from->typed[i].entry;
        world_input_from(w, (enum platform_source)e->source, e->tick, e->byte);
    }
}

static bool runner_open(struct runner *r, const struct lockstep_config *c, int engine, char *error,
                        size_t error_size)
{
    struct world_config wc = { .engine = c->engines[engine], .image = c->image,
                               .ram_bytes = c->ram_bytes, .coherent_tlb = true };
    r->world = world_new(&wc, error, error_size);
    if (!r->world)
        return false;
    if (c->typed_in)
        type_all(r->world, c->typed_in);
    snapstore_init(&r->store, &r->world->hw.arena);
    map_pages(r);
    take_mark(r);
    r->known = world_peek(r->world, &r->peek);
    return true;
}

static void close_all(struct lockstep *l)
{
    for (int i = 0; i < l->config->engine_count; i++) {
        struct runner *r = &l->runner[i];
        if (!r->world)
            continue;
        snapshot_drop(&r->store, r->mark);
        snapstore_free(&r->store);
        free(r->guest_page);
        world_free(r->world);
    }
}

/* ---- running ---- */

static void advance(struct runner *r, u64 tick)
{
    struct limits l = { .step = world_step(r->world) + STUCK_STEPS, .tick = tick };
    do
        r->stop = world_run(r->world, &l);
    while (r->stop.kind == STOP_RING || r->stop.kind == STOP_INTERRUPT);
    r->known = world_peek(r->world, &r->peek);
}

static bool has_ended(const struct runner *r)
{
    return world_outside(r->world)->ended != OUTSIDE_RUNNING;
}

static u64 reference_tick(const struct lockstep *l) { return world_tick(l->runner[0].world); }

static void mark_all(struct lockstep *l)
{
    for (int i = 0; i < l->config->engine_count; i++)
        take_mark(&l->runner[i]);
    l->marked_tick = reference_tick(l);
}

/* Are TLB entries kept?  When that changes, those there are go. */
static void set_coherent(struct lockstep *l, bool coherent)
{
    for (int i = 0; i < l->config->engine_count; i++)
        machine_set_coherent(&l->runner[i].world->hw, coherent);
}

static void return_to_mark(struct lockstep *l)
{
    for (int i = 0; i < l->config->engine_count; i++) {
        struct runner *r = &l->runner[i];
        snapshot_restore(&r->store, r->mark);
        world_replaced(r->world);
        r->known = world_peek(r->world, &r->peek);
    }
}

/* ---- comparing ---- */

static const u8 *guest_bytes(const struct runner *r, u32 page)
{
    mpa_t at = { page * PAGE_SIZE };
    if (r->world->engine != ENGINE_NATIVE)
        at = guestmem_frame(&r->world->vmm, page);
    return r->world->hw.ram + at.v; /* RAM itself, whatever the chipset shows there */
}

static bool page_differs(const struct runner *a, const struct runner *b, u32 page, struct difference *d)
{
    const u8 *x = guest_bytes(a, page), *y = guest_bytes(b, page);
    u32 expected, actual;
    if (memcmp(x, y, PAGE_SIZE) == 0)
        return false;
    for (u32 at = 0; at < PAGE_SIZE; at += 4) {
        memcpy(&expected, x + at, 4);
        memcpy(&actual, y + at, 4);
        if (expected == actual)
            continue;
        d->kind = DIFFERENT_RAM;
        d->gpa = page * PAGE_SIZE + at;
        d->expected = expected;
        d->actual = actual;
        snprintf(d->field, sizeof d->field, "ram 0x%08x", d->gpa);
        return true;
    }
    return false;
}

/* Only pages that either has written since the last mark can differ. */
static bool ram_differs(const struct runner *a, struct runner *b, const struct runner *writer,
                        struct difference *d)
{
    const struct arena *arena = &writer->world->hw.arena;
    for (u32 i = 0; i < arena->dirty_count; i++) {
        u32 page = writer->guest_page[arena->dirty_list[i]];
        if (page && page_differs(a, b, page - 1, d))
            return true;
    }
    return false;
}

static bool state_differs(const struct runner *a, const struct runner *b, struct difference *d)
{
    struct field_difference f;
    unsigned from = 0;
    if (!fields_difference(&a->peek.arch, &b->peek.arch, &from, &f))
        return false;
    d->kind = DIFFERENT_FIELD;
    d->expected = f.a;
    d->actual = f.b;
    snprintf(d->field, sizeof d->field, "%s", f.name);
    return true;
}

static bool fpu_differs(const struct runner *a, const struct runner *b, struct difference *d)
{
    const struct fpu *x = world_fpu(a->world), *y = world_fpu(b->world);
    int i = fpu_difference(x, y, a->world->engine == ENGINE_DIRECT || b->world->engine == ENGINE_DIRECT);
    if (i < 0)
        return false;
    d->kind = DIFFERENT_FIELD;
    d->expected = fpu_field_get(x, (unsigned)i);
    d->actual = fpu_field_get(y, (unsigned)i);
    snprintf(d->field, sizeof d->field, "%s", fpu_field_name((unsigned)i));
    return true;
}

static bool end_differs(const struct runner *a, const struct runner *b, struct difference *d)
{
    const struct outside *x = world_outside(a->world), *y = world_outside(b->world);
    if (x->ended == y->ended && x->exit_code == y->exit_code &&
        x->shutdown_vector == y->shutdown_vector)
        return false;
    d->kind = DIFFERENT_END;
    d->expected = x->ended;
    d->actual = y->ended;
    snprintf(d->field, sizeof d->field, "end");
    return true;
}

static bool console_differs(const struct runner *a, const struct runner *b, struct difference *d)
{
    const struct outside *x = world_outside(a->world), *y = world_outside(b->world);
    if (x->console_total == y->console_total && x->console_hash == y->console_hash)
        return false;
    d->kind = DIFFERENT_CONSOLE;
    d->expected = x->console_total;
    d->actual = y->console_total;
    snprintf(d->field, sizeof d->field, "console");
    return true;
}

/* Can b be compared now?  In the cache it may stand before a group of instructions that cannot be
 * split; a later tick will do. */
static bool time_differs(const struct runner *a, const struct runner *b, bool *later,
                         struct difference *d)
{
    u64 x = a->peek.tick, y = b->peek.tick;
    *later = !b->known || !b->peek.boundary || (y < x && b->stop.kind == STOP_TICK);
    if (*later || x == y)
        return false;
    d->kind = DIFFERENT_TIME;
    d->expected = x;
    d->actual = y;
    snprintf(d->field, sizeof d->field, "tick");
    return true;
}

static bool pair_differs(const struct runner *a, struct runner *b, bool *later, struct difference *d)
{
    if (end_differs(a, b, d))
        return true;
    if (has_ended(a))
        return ram_differs(a, b, a, d) || ram_differs(a, b, b, d) || console_differs(a, b, d);
    if (time_differs(a, b, later, d))
        return true;
    if (*later)
        return false;
    return state_differs(a, b, d) || fpu_differs(a, b, d) || ram_differs(a, b, a, d) ||
           ram_differs(a, b, b, d) || console_differs(a, b, d);
}

static bool any_differs(struct lockstep *l, struct difference *d)
{
    l->settled = true;
    for (int i = 1; i < l->config->engine_count; i++) {
        bool later = false;
        *d = (struct difference){ .engine = i };
        if (pair_differs(&l->runner[0], &l->runner[i], &later, d))
            return true;
        l->settled &= !later;
    }
    return false;
}

/* ---- searching ---- */

/* The reference goes to `tick` (a halted one further), the others to where it then is. */
static void advance_all(struct lockstep *l, u64 tick)
{
    advance(&l->runner[0], tick);
    u64 now = reference_tick(l);
    for (int i = 1; i < l->config->engine_count; i++)
        advance(&l->runner[i], has_ended(&l->runner[0]) ? UINT64_MAX : now);
}

static struct culprit culprit_at(const struct runner *r)
{
    struct culprit c = { .arch = r->peek.arch, .fpu = *world_fpu(r->world) };
    unsigned n = 0;
    u32 la = c.arch.seg[CS].base + c.arch.eip;
    while (n < INSN_MAX && world_read_linear(r->world, &c.arch, la + n, &c.bytes[n], 1))
        n++;
    c.has_insn = n > 0 && decode(c.bytes, n, arch_code32(&c.arch), &c.in) == DECODE_OK;
    return c;
}

/* The worlds go to `target`, and on to where all can be compared.  Do they differ then? */
static bool differ_at(struct lockstep *l, u64 target, struct difference *d)
{
    advance_all(l, target);
    for (int i = 0; i < SETTLE_TICKS; i++) {
        if (any_differs(l, d))
            return true;
        if (l->settled || reference_tick(l) >= l->config->until)
            break;
        advance_all(l, reference_tick(l) + 1);
    }
    return false;
}

/* All agree now, and nobody goes back to the mark any more: what was written is not looked at again. */
static void forget_written(struct lockstep *l)
{
    for (int i = 0; i < l->config->engine_count; i++) {
        arena_clean(&l->runner[i].world->hw.arena);
        machine_arena_cleaned(&l->runner[i].world->hw);
    }
}

/* Go back to the mark, then tick by tick to the first difference after it. */
static void locate(struct lockstep *l, struct difference *d, struct culprit *c,
                   struct divergence *out)
{
    u64 limit = reference_tick(l);
    return_to_mark(l);
    for (u64 tick = reference_tick(l); tick <= limit + 1; tick++) {
        *c = culprit_at(&l->runner[0]);
        advance_all(l, tick + 1);
        if (any_differs(l, d))
            break;
        if (l->settled)
            forget_written(l);
        tick = reference_tick(l) - 1;
    }
    out->tick = l->runner[0].peek.tick;
    if (d->kind == DIFFERENT_FIELD) { /* what it was before, to tell "left" from "set" */
        struct arch now = l->runner[d->engine].peek.arch;
        struct field_difference f;
        unsigned from = 0;
        d->before = ~0ull;
        if (fpu_value(&c->fpu, d->field, &d->before))
            return;
        while (fields_difference(&c->arch, &now, &from, &f))
            if (strcmp(f.name, d->field) == 0)
                return;
        d->before = d->actual; /* the engine did not change it */
    }
}

static void fill(struct lockstep *l, const struct difference *d, const struct culprit *c,
                 struct divergence *out)
{
    out->found = true;
    out->engine = d->engine;
    out->eip = c->arch.eip;
    out->op = c->has_insn ? c->in.op : OP_COUNT;
    out->expected = d->expected;
    out->actual = d->actual;
    memcpy(out->field, d->field, sizeof out->field);
    lockstep_explain(l->config, d, c, out);
}

static void tell_end(const struct lockstep *l, struct divergence *out)
{
    const struct outside *o = world_outside(l->runner[0].world);
    u64 tick = reference_tick(l);
    static const char *const how[] = {
        [OUTSIDE_RUNNING] = "did not end",       [OUTSIDE_END_EXIT] = "exited",
        [OUTSIDE_END_SHUTDOWN] = "shut down",    [OUTSIDE_END_IDLE] = "halted for ever",
        [OUTSIDE_END_RESET] = "asked for a reset",
    };
    char code[24] = "";
    if (o->ended == OUTSIDE_END_EXIT)
        snprintf(code, sizeof code, " with code %u", o->exit_code);
    snprintf(out->end, sizeof out->end, "%s%s at tick %llu", how[o->ended], code, (unsigned long long)tick);
}

/* Do the worlds differ at `target`?  A stale TLB entry, which a processor may keep and which engines keep
 * for different times, does not count. */
static bool interval_differs(struct lockstep *l, u64 target, struct difference *d)
{
    bool free = target - reference_tick(l) >= FREE_TICKS;
    if (free && l->marked_tick != reference_tick(l) && l->settled)
        mark_all(l);
    set_coherent(l, !free);
    if (!differ_at(l, target, d))
        return false;
    if (!free)
        return true;
    return_to_mark(l);
    set_coherent(l, true);
    return differ_at(l, target, d);
}

static void run_all(struct lockstep *l, struct divergence *out)
{
    const struct lockstep_config *c = l->config;
    u64 every = c->every ? c->every : 1;
    struct difference d;
    struct culprit culprit;
    for (;;) {
        u64 now = reference_tick(l);
        u64 target = c->until - now > every ? now + every : c->until;
        bool stopped = c->interrupt && *c->interrupt;
        if (now >= c->until || has_ended(&l->runner[0]) || stopped)
            break;
        if (interval_differs(l, target, &d)) {
            locate(l, &d, &culprit, out);
            fill(l, &d, &culprit, out);
            return;
        }
        out->ticks_compared = reference_tick(l);
        if (l->settled && (reference_tick(l) - l->marked_tick >= MARK_TICKS ||
                           l->runner[0].world->hw.arena.dirty_count > MARK_PAGES))
            mark_all(l);
    }
    tell_end(l, out);
}

bool lockstep_run(const struct lockstep_config *config, struct divergence *out, char *error,
                  size_t error_size)
{
    struct lockstep l = { .config = config };
    *out = (struct divergence){ .found = false };
    bool ok = config->engine_count >= 1 && config->engine_count <= LOCKSTEP_ENGINES;
    if (!ok)
        snprintf(error, error_size, "between one and %d engines can be compared", LOCKSTEP_ENGINES);
    for (int i = 0; ok && i < config->engine_count; i++)
        ok = runner_open(&l.runner[i], config, i, error, error_size);
    if (ok)
        run_all(&l, out);
    if (config->engine_count <= LOCKSTEP_ENGINES)
        close_all(&l);
    return ok;
}
