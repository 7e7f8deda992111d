#include "tui/move.h"

#include "lessons/trace.h"
#include "tui/ending.h"
#include "tui/undefined.h"
#include <string.h>
#include <time.h>

void move_run_to(struct session *s, u64 tick)
{
    debug_goto_tick(s->debug, tick);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct why_stopped move_slice(struct session *s, u64 until_tick, u64 *slice)
{
    u64 now = world_tick(s->debug->timeline->world);
    u64 limit = until_tick - now > *slice ? now + *slice : until_tick;
    double start = seconds();
    struct why_stopped why = debug_continue(s->debug, limit);
    double took = seconds() - start;
    if (took < 0.025 && *slice < UINT64_MAX / 4)
        *slice *= 2;
    else if (took > 0.06 && *slice > 1000)
        *slice /= 2;
    return why;
}

struct why_stopped move_continue(struct session *s, u64 until_tick)
{
    u64 slice = 20000;
    if (!s->progress_shown)
        return debug_continue(s->debug, until_tick);
    for (;;) {
        struct why_stopped why = move_slice(s, until_tick, &slice);
        if (why.why != WHY_LIMIT || world_tick(s->debug->timeline->world) >= until_tick || s->interrupted)
            return why;
        s->progress_shown(s->say_owner);
    }
}

const char *move_why(const struct session *s, struct why_stopped why, char *out, size_t size)
{
    const struct outside *o = world_outside(s->debug->timeline->world);
    switch (why.why) {
    case WHY_BREAKPOINT:
        snprintf(out, size, "breakpoint %d", why.breakpoint);
        break;
    case WHY_EXIT:
        snprintf(out, size, "the guest ended with code %u", o->exit_code);
        break;
    case WHY_SHUTDOWN:
    case WHY_IDLE:
    case WHY_RESET:
        ending_words(s->debug->timeline->world, out, size);
        break;
    case WHY_LOOP:
        ending_loop(s->debug->timeline->world, &s->debug->loop, out, size);
        break;
    case WHY_BEGIN:
        snprintf(out, size, "this is the beginning of history");
        break;
    case WHY_END:
        snprintf(out, size, "this is the end of history");
        break;
    case WHY_LIMIT:
        snprintf(out, size, "tick %llu was reached", (unsigned long long)why.tick);
        break;
    case WHY_INTERRUPT:
        snprintf(out, size, "interrupted");
        break;
    default:
        out[0] = 0;
    }
    return out;
}

void move_tell_where(struct session *s)
{
    const struct world *w = s->debug->timeline->world;
    char name[64], text[160], a[32], b[32];
    u8 bytes[INSN_MAX];
    u32 got = 0;
    struct peek p;
    if (!world_peek(w, &p)) {
        session_say(s, "tick %s step %s: in the monitor\n", with_commas(world_tick(w), a),
                    with_commas(world_step(w), b));
        return;
    }
    u32 la = p.arch.seg[CS].base + p.arch.eip;
    while (got < sizeof bytes && world_read_linear(w, &p.arch, la + got, bytes + got, 1))
        got++;
    snprintf(text, sizeof text, "[not mapped]");
    if (got)
        disasm_one(bytes, got, la, arch_code32(&p.arch), s->syntax, text, sizeof text);
    guest_name_target(w->image, text, sizeof text);
    guest_where(w->image, la, name);
    session_say(s, "tick %s step %s: %08x%s%s%s  %s  [%s%s, CPL guest %u real %u]\n",
                with_commas(p.tick, a), with_commas(world_step(w), b), la, name[0] ? " <" : "",
                name, name[0] ? ">" : "", text, view_who_name(p.who),
                p.boundary ? "" : ", inside this instruction", p.arch.cpl, w->hw.state->arch.cpl);
}

static void tell_event(struct session *s, const struct event *e)
{
    char words[320];
    const struct event_info *info = event_info(e->kind);
    event_words(e, s->image, words, sizeof words);
    session_say(s, "  %s: %s%s%s%s\n", info ? info->name : "?", words,
                info && info->section[0] ? "  (" : "", info ? info->section : "",
                info && info->section[0] ? ")" : "");
}

/* Events since the last telling, when `log` is on. */
static void tell_log(struct session *s, const struct why_stopped *why)
{
    const struct debug *d = s->debug;
    u64 now = world_step(d->timeline->world), from = s->told;
    for (u32 i = 0; s->log_on && i < d->log_count; i++) {
        const struct event *e = &d->log[(d->log_first + i) % DEBUG_LOG];
        bool stopped_by = why->has_event && e->step == why->event.step && e->kind == why->event.kind;
        if (e->step >= from && e->step < now && view_matters(e) && !stopped_by)
            tell_event(s, e);
    }
    s->told = now;
}

static void tell_displays(struct session *s)
{
    for (int i = 0; i < s->display_count; i++) {
        u64 value;
        if (session_eval(s, s->display[i].text, &value))
            session_say(s, "%d: %s = 0x%llx\n", s->display[i].number, s->display[i].text,
                        (unsigned long long)value);
    }
}

void move_tell(struct session *s, struct why_stopped why)
{
    char words[ENDING_WORDS];
    if (!s->on_screen)
        tell_log(s, &why);
    move_why(s, why, words, sizeof words);
    if (words[0])
        session_say(s, "%s\n", words);
    if (why.has_event && !s->on_screen)
        tell_event(s, &why.event);
    if (!s->on_screen) /* there the panels tell */
        move_tell_where(s);
    tell_displays(s);
}

void session_after_move(struct session *s, struct why_stopped why)
{
    if (why.why == WHY_INTERRUPT)
        s->interrupted = 0;
    move_tell(s, why);
}
