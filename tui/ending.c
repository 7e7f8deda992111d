#include "tui/ending.h"

#include "lessons/debug.h"
#include "lessons/trace.h"
#include "tui/guest.h"
#include "tui/term.h"
#include "tui/undefined.h"
#include "tui/verbs.h"
#include "tui/view.h"
#include "vmm/event.h"
#include <string.h>

enum { SHOWN = 8, STRETCH = 1 << 20 /* steps that are recorded */ };

/* "00100000 <_start>" of where the guest is; the machine's own state when the monitor cannot tell. */
static const char *where(const struct world *w, u32 eip, char out[80])
{
    struct peek p;
    u32 base = world_peek(w, &p) ? p.arch.seg[CS].base : 0;
    char name[64];
    guest_where(w->image, base + eip, name);
    snprintf(out, 80, "%08x%s%s%s", eip, name[0] ? " <" : "", name, name[0] ? ">" : "");
    return out;
}

static u32 eip_of(const struct world *w, bool *deaf)
{
    struct peek p;
    if (!world_peek(w, &p))
        p.arch = *w->hw.arch;
    *deaf = !(p.arch.eflags & FL_IF);
    return p.arch.eip;
}

/* "#PF (error code 0x2)" */
static const char *fault_words(fault_t f, char out[48])
{
    char vector[24];
    trace_vector(fault_vector(f), vector);
    if (fault_has_error(f))
        snprintf(out, 48, "%s (error code 0x%x)", vector, fault_error(f));
    else
        snprintf(out, 48, "%s", vector);
    return out;
}

/* What began it, and what was raised while it, and what came of both, was delivered. */
static void chain_words(const struct outside *o, char *out, size_t size)
{
    char words[48], vector[24];
    fault_t during = FAULT(o->shutdown_vector);
    u32 next = o->shutdown_faults && fault_vector(o->shutdown_fault[0]) == o->shutdown_vector;
    const char *begin = next ? fault_words(during = o->shutdown_fault[0], words)
                             : trace_vector(o->shutdown_vector, vector);
    size_t at = (size_t)snprintf(out, size, "%s", begin);
    for (u32 i = next; i < o->shutdown_faults && at < size; i++) {
        fault_t f = o->shutdown_fault[i];
        trace_vector(fault_vector(during), vector);
        at += (size_t)snprintf(out + at, size - at, ", %s while %s was delivered", fault_words(f, words),
                               vector);
        during = i || next ? fault_combine(during, f) : f; /* an interrupt makes nothing worse */
    }
}

/* Behind a sentence: of a #UD, which instruction it was. */
static void add_undefined(const struct world *w, u32 vector, u32 eip, char *out, size_t size)
{
    char words[UNDEFINED_WORDS];
    size_t used = strlen(out);
    if (vector == VEC_UD && undefined_words(w, eip, words)[0])
        snprintf(out + used, size - used, "; %s", words);
}

bool ending_is_quiet(const struct world *w)
{
    bool deaf;
    eip_of(w, &deaf);
    return world_outside(w)->ended == OUTSIDE_END_IDLE && !deaf;
}

const char *ending_words(const struct world *w, char *out, size_t size)
{
    const struct outside *o = world_outside(w);
    unsigned long long tick = world_tick(w);
    char chain[256], place[80];
    bool deaf;
    u32 eip = eip_of(w, &deaf);
    out[0] = 0;
    where(w, eip, place);
    if (o->ended == OUTSIDE_END_SHUTDOWN) {
        chain_words(o, chain, sizeof chain);
        snprintf(out, size, "triple fault at tick %llu, EIP %s: %s: the guest shut down", tick, place, chain);
        add_undefined(w, o->shutdown_vector, eip, out, size);
    } else if (o->ended == OUTSIDE_END_IDLE && deaf)
        snprintf(out, size, "the guest halted with interrupts off at tick %llu, before EIP %s: "
                 "nothing can wake it", tick, place);
    else if (o->ended == OUTSIDE_END_IDLE)
        snprintf(out, size, "the guest halted at tick %llu, before EIP %s, and nothing will ever "
                 "wake it", tick, place);
    else if (o->ended == OUTSIDE_END_RESET && !o->exit_code)
        snprintf(out, size, "the guest sent itself an INIT by its local APIC at tick %llu, before EIP %s; "
                 "there is no firmware to begin anew with", tick, place);
    else if (o->ended == OUTSIDE_END_RESET)
        snprintf(out, size, "the guest asked for a reset through port %xh at tick %llu, before EIP %s; "
                 "there is no firmware to begin anew with", o->exit_code, tick, place);
    return out;
}

const char *ending_loop(const struct world *w, const struct loop *loop, char *out, size_t size)
{
    char vector[24] = "an exception", place[80];
    unsigned long long n = loop->ticks;
    where(w, loop->eip, place);
    if (loop->vector >= 0)
        trace_vector((u32)loop->vector, vector);
    switch (loop->kind) {
    case LOOP_SPINS:
        snprintf(out, size, "the guest loops for ever at EIP %s: after every %llu instruction%s memory "
                 "and processor are as before, and no interrupt can come", place, n,
                 n == 1 ? "" : "s");
        break;
    case LOOP_FAULTS:
        snprintf(out, size, "the guest faults for ever: %s at EIP %s, its handler returns after %llu "
                 "instruction%s, nothing has changed, and it faults again", vector, place, n,
                 n == 1 ? "" : "s");
        break;
    case LOOP_DELIVERS:
        snprintf(out, size, "the guest faults for ever: %s at EIP %s, each delivery meets the next fault, "
                 "and after %llu steps without an instruction all is as before", vector, place,
                 (unsigned long long)loop->steps);
        break;
    case LOOP_STUCK:
        snprintf(out, size, "the guest does nothing but fault: %s at EIP %s, %llu steps without an "
                 "instruction; its stack moves on until it meets something", vector, place,
                 (unsigned long long)loop->steps);
        break;
    default:
        out[0] = 0;
    }
    if (loop->kind != LOOP_SPINS && loop->vector >= 0)
        add_undefined(w, (u32)loop->vector, loop->eip, out, size);
    return out;
}

const char ending_heading[] = "      tick       step EIP      CPL";

void ending_print_event(const struct event *e, const struct image *image, FILE *to)
{
    char line[1024];
    const struct event_info *info = event_info(e->kind);
    event_words(e, image, line, sizeof line);
    fprintf(to, "%10llu %10llu %08x %u %-*s %s\n", (unsigned long long)e->tick,
            (unsigned long long)e->step, e->eip, e->cpl, (int)event_name_width(),
            info ? info->name : "?", line);
}

/* ---- the same way again ---- */

struct last { struct event event[SHOWN]; u64 count; bool ended; };

/* A monitor has told of its guest's shutdown already; and what an interpreter emulates is everything. */
static bool is_told(const struct world *w, const struct event *e)
{
    bool again = e->kind == HW_SHUTDOWN && w->engine != ENGINE_NATIVE;
    return view_matters(e) && !again &&
           !(e->kind == VMM_EMULATE && w->engine == ENGINE_INTERP);
}

static void drain(struct world *w, struct last *last)
{
    struct event e;
    while (events_next(&w->hw.events, &e))
        if (is_told(w, &e) && !last->ended) {
            last->event[last->count++ % SHOWN] = e;
            last->ended = e.kind == HW_SHUTDOWN || e.kind == VMM_SHUTDOWN; /* the monitor does not matter */
        }
}

/* False: the user would not wait. */
static bool go(struct world *w, u64 step, struct last *last)
{
    struct limits l = { .step = step, .tick = UINT64_MAX };
    for (;;) {
        struct stop s = world_run(w, &l);
        drain(w, last);
        if (s.kind != STOP_RING)
            return s.kind != STOP_INTERRUPT;
    }
}

static void show(struct world *w, u64 end, FILE *to)
{
    struct last last = { .count = 0 };
    if (end > STRETCH && !go(w, end - STRETCH, &last))
        return;
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
        if (event_info(kind) && debug_interesting(kind))
            events_record(&w->hw.events, kind, true);
    if (!go(w, end, &last))
        return;
    u64 first = last.count > SHOWN ? last.count - SHOWN : 0;
    if (last.count)
        fprintf(to, "the last events (tick, step, EIP, CPL):\n");
    for (u64 i = first; i < last.count; i++)
        ending_print_event(&last.event[i % SHOWN], w->image, to);
}

void ending_events(const struct world *w, const struct options *o, FILE *to)
{
    char error[256];
    struct world *again = guest_world((struct image *)w->image, w->engine, o, error, sizeof error);
    if (!again)
        return; /* no memory for a second one: the line about the end has been said */
    if (!verbs_input(again, o, error, sizeof error)) {
        term_watch_interrupts(&again->hw, NULL);
        show(again, world_step(w), to);
        term_watch_interrupts(NULL, NULL);
    }
    world_free(again);
}
