#include "lessons/loops.h"

#include "sim/api/insn.h"
#include "vmm/event.h"
#include <string.h>

struct moment { struct arch arch; struct fpu fpu; u64 tick, step; };
struct watch {
    struct world *w;
    const struct loop_runner *runner;
    struct stop *stop;
    struct loop loop;
    struct moment first;
    int told, read, stored; /* the stops that tell of faults, and of device registers in memory */
    bool asked;        /* one was touched */
    bool asks, heard;  /* of the boundary before: its instruction asks outside; an interrupt may come */
    int vector;        /* of the last fault told; a monitor's own are among them */
    u32 last_eip;      /* at the boundary before, at last_tick */
    u64 last_tick;
};

/* ---- what could change the next turn ---- */

static bool nothing_is_due(const struct watch *x)
{
    const struct world *w = x->w;
    return !x->runner->more_input && platform_due(world_platform(w)) == TIME_NEVER &&
           world_outside(w)->input_next >= w->typed_count;
}

static bool is_maskable(u32 entry) /* of an interrupt's low word: mask, delivery mode (SDM 3A 10.5.1) */
{
    u32 mode = entry >> 8 & 7;
    return (entry & BIT(16)) || mode == 0 || mode == 1 || mode == 7;
}

/* May what is due come as an NMI, an SMI or an INIT?  (LINT1 is: the board drives it for parity.) */
static bool only_maskable(const struct platform *p)
{
    bool all = is_maskable(p->apic.lvt[LVT_LINT0]) && is_maskable(p->apic.lvt[LVT_TIMER]);
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        all = all && is_maskable((u32)p->ioapic.entry[i]);
    return all;
}

static bool is_nmi_typed(const struct world *w)
{
    for (u32 i = 0; i < w->typed_count; i++)
        if (w->typed[i].entry.source == SOURCE_NMI && w->typed[i].entry.tick >= world_tick(w))
            return true;
    return false;
}

static bool is_shut(const struct watch *x, const struct arch *s)
{
    return nothing_is_due(x) || (!(s->eflags & FL_IF) && only_maskable(world_platform(x->w)) &&
                                 !is_nmi_typed(x->w));
}

static bool asks_outside(const struct watch *x, const struct arch *s)
{
    struct insn in;
    u8 bytes[INSN_MAX];
    u32 la = s->seg[CS].base + s->eip, n = 0;
    while (n < sizeof bytes && world_read_linear(x->w, s, la + n, &bytes[n], 1))
        n++;
    if (n == 0 || decode(bytes, n, arch_code32(s), &in) != DECODE_OK)
        return false; /* it faults */
    switch (in.op) {
    case OP_IN: case OP_OUT: case OP_INS: case OP_OUTS: case OP_HLT: case OP_RDTSC: case OP_RDPMC:
    case OP_RDMSR: case OP_WRMSR: case OP_VMLAUNCH: case OP_VMRESUME:
        return true;
    default:
        return false;
    }
}

/* ---- comparing ---- */

static void take(const struct world *w, const struct peek *p, struct moment *out)
{
    out->arch = p->arch;
    out->fpu = *world_fpu(w);
    out->tick = p->tick;
    out->step = world_step(w);
}

static bool is_again(const struct world *w, const struct peek *p, const struct moment *m)
{
    return p->boundary && p->tick >= m->tick && !memcmp(&p->arch, &m->arch, sizeof m->arch) &&
           !memcmp(world_fpu(w), &m->fpu, sizeof m->fpu);
}

static u64 ram_hash(const struct world *w)
{
    u64 words[PAGE_SIZE / sizeof(u64)], h = 0xcbf29ce484222325ull;
    const u8 *tlb = (const u8 *)&w->hw.state->tlb; /* what it keeps may be stale, and go one day */
    for (unsigned i = 0; w->engine == ENGINE_NATIVE && i < sizeof w->hw.state->tlb; i++)
        h = (h ^ tlb[i]) * 0x100000001b3ull;
    for (u32 gpa = 0; gpa < w->ram_bytes; gpa += PAGE_SIZE) {
        if (!world_read_physical(w, gpa, words, sizeof words))
            continue;
        for (unsigned i = 0; i < COUNT(words); i++)
            h = (h ^ words[i]) * 0x9e3779b97f4a7c15ull, h ^= h >> 29;
    }
    return h;
}

/* ---- watching ---- */

/* The boundary was left without a tick, for somewhere else: a fault was delivered there. */
static void note_delivery(struct watch *x, const struct peek *p)
{
    if (p->boundary && p->tick == x->last_tick && p->arch.eip != x->last_eip) {
        x->loop.kind = LOOP_FAULTS;
        x->loop.vector = x->vector;
        x->loop.eip = x->last_eip;
    }
    if (p->boundary) {
        x->last_tick = p->tick;
        x->last_eip = p->arch.eip;
    }
}

/* False: *stop says what came. */
static bool go(struct watch *x, u64 step, u64 tick)
{
    struct limits l = { .step = step, .tick = tick };
    struct events *e = &x->w->hw.events;
    struct stop s = x->runner->run(x->runner->owner, &l);
    if (events_was_hit(e, x->told))
        x->vector = (int)e->hit_event[x->told].arg[0];
    x->asked |= events_was_hit(e, x->read) || events_was_hit(e, x->stored);
    events_forget_hit(e, x->told);
    events_forget_hit(e, x->read);
    events_forget_hit(e, x->stored);
    if (s.kind == STOP_EVENT && !events_any_hit(e))
        s.kind = STOP_NONE;
    if (s.kind == STOP_STEP || s.kind == STOP_TICK || s.kind == STOP_RING || s.kind == STOP_NONE)
        return true;
    *x->stop = s;
    return false;
}

static bool advance(struct watch *x, struct peek *p)
{
    if (!go(x, world_step(x->w) + 1, UINT64_MAX))
        return false;
    if (!world_peek(x->w, p))
        memset(p, 0, sizeof *p);
    else
        note_delivery(x, p);
    return true;
}

/* What stands at a boundary matters when its instruction completes: one that faults asks nobody. */
static bool is_open(struct watch *x, u64 tick_before)
{
    bool passed = world_tick(x->w) != tick_before;
    return (x->asks && passed) || (x->heard && (passed || x->runner->more_input));
}

/* From here until the guest stands here again, having been elsewhere.  False: not within LOOP_STEPS
 * (LOOP_SILENT, while no instruction completes), or something came, or may. */
static bool turn(struct watch *x, struct peek *p)
{
    bool left = false;
    u64 begin = world_tick(x->w);
    take(x->w, p, &x->first);
    x->last_tick = p->tick;
    x->last_eip = p->arch.eip;
    for (u32 i = 0; i < LOOP_STEPS || (i < LOOP_SILENT && world_tick(x->w) == begin); i++) {
        u64 tick = world_tick(x->w);
        if (p->boundary) {
            x->heard = !is_shut(x, &p->arch);
            x->asks = asks_outside(x, &p->arch);
        }
        if (!advance(x, p) || is_open(x, tick))
            return false;
        bool again = is_again(x->w, p, &x->first);
        left |= p->boundary && (!again || p->tick != x->first.tick);
        if (again && left)
            return true;
    }
    return false;
}

/* On to a boundary; false: there was none. */
static bool find_boundary(struct watch *x, struct peek *p)
{
    for (u32 i = 0; i < LOOP_STEPS; i++) {
        if (world_peek(x->w, p) && p->boundary)
            return true;
        if (!advance(x, p))
            return false;
    }
    return false;
}

static bool is_repeating(struct watch *x)
{
    struct peek p;
    if (!find_boundary(x, &p) || (!x->w->hw.state->monitored && x->w->hw.state->vmx.nonroot))
        return false;
    x->loop.eip = p.arch.eip;
    if (!turn(x, &p))
        return false;
    u64 before = ram_hash(x->w);
    x->loop.kind = LOOP_SPINS;
    if (!turn(x, &p) || x->asked || ram_hash(x->w) != before)
        return false;
    x->loop.ticks = p.tick - x->first.tick;
    x->loop.steps = world_step(x->w) - x->first.step;
    if (x->loop.ticks == 0) {
        x->loop.kind = LOOP_DELIVERS;
        x->loop.vector = x->vector;
    }
    return true;
}

/* Who tells of the guest's faults. */
static unsigned kind_of_fault(const struct world *w)
{
    bool machine = w->engine == ENGINE_NATIVE || w->engine == ENGINE_VT;
    return machine ? (unsigned)HW_FAULT : (unsigned)VMM_FORWARD;
}

static void look(struct watch *x)
{
    u64 tick = world_tick(x->w), step = world_step(x->w);
    struct peek p;
    if (is_repeating(x))
        return;
    x->loop.kind = LOOP_NONE;
    x->loop.steps = world_step(x->w) - step;
    if (x->stop->kind != STOP_NONE || world_tick(x->w) != tick || x->loop.steps < LOOP_SILENT)
        return;
    x->loop.kind = LOOP_STUCK;
    x->loop.vector = x->vector;
    x->loop.eip = world_peek(x->w, &p) ? p.arch.eip : x->w->hw.arch->eip;
}

struct loop loops_look(struct world *w, const struct loop_runner *r, struct stop *stop)
{
    struct watch x = { .w = w, .runner = r, .stop = stop, .vector = -1, .loop = { .vector = -1 } };
    struct events *e = &w->hw.events;
    bool native = w->engine == ENGINE_NATIVE;
    *stop = (struct stop){ STOP_NONE, 0 };
    x.told = events_stop_on(e, kind_of_fault(w), 0, 0, UINT32_MAX);
    x.read = events_stop_on(e, native ? (unsigned)HW_LOAD : (unsigned)VMM_VLOAD, 0, 0, UINT32_MAX);
    x.stored = events_stop_on(e, native ? (unsigned)HW_STORE : (unsigned)VMM_VSTORE, 0, 0, UINT32_MAX);
    if (x.told >= 0 && x.read >= 0 && x.stored >= 0)
        look(&x);
    const int stops[] = { x.told, x.read, x.stored };
    for (unsigned i = 0; i < COUNT(stops); i++)
        if (stops[i] >= 0)
            events_stop_off(e, stops[i]);
    return x.loop;
}
