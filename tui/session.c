#include "tui/session.h"

#include "lessons/trace.h"
#include "tui/move.h"
#include "tui/term.h"
#include <stdlib.h>
#include <string.h>

void session_init(struct session *s, const struct options *o)
{
    *s = (struct session){ .options = o, .engine = o->engine, .format = { 1, 'x', 4 },
                           .next_display = 1 };
    term_watch_interrupts(NULL, &s->interrupted);
}

static void forget_before(struct session *s)
{
    for (int i = 0; i < VIEW_COUNT; i++)
        sheet_free(&s->before[i]);
    s->has_before = false;
}

void session_free(struct session *s)
{
    forget_before(s);
    term_watch_interrupts(NULL, NULL);
    if (s->debug)
        debug_free(s->debug);
    if (s->lesson)
        lesson_free(s->lesson);
    guest_free(s->image);
    text_free(&s->lesson_words);
}

void session_say(struct session *s, const char *format, ...)
{
    struct text t = { 0 };
    va_list args;
    va_start(args, format);
    text_vaddf(&t, format, args);
    va_end(args);
    s->say(s->say_owner, text_get(&t));
    text_free(&t);
}

void session_complain(struct session *s, const char *text, int at, const char *format, ...)
{
    struct text t = { 0 };
    va_list args;
    va_start(args, format);
    text_vaddf(&t, format, args);
    va_end(args);
    if (text && at >= 0)
        text_addf(&t, "\n  %s\n  %*s^", text, at, "");
    session_say(s, "error: %s\n", text_get(&t));
    text_free(&t);
}

bool session_has_guest(struct session *s)
{
    if (!s->debug)
        session_complain(s, NULL, -1, "no guest is loaded: file GUEST, or lesson start NAME");
    return s->debug != NULL;
}

static bool begin(struct session *s, struct image *image, enum engine_id engine)
{
    char error[256];
    struct world *w = guest_world(image, engine, s->options, error, sizeof error);
    if (!w) {
        session_complain(s, NULL, -1, "%s", error);
        return false;
    }
    s->debug = debug_new(timeline_new(w));
    s->debug->interrupt = &s->interrupted;
    term_watch_interrupts(&w->hw, &s->interrupted);
    s->engine = engine;
    s->told = 0;
    s->edited = false;
    forget_before(s);
    return true;
}

bool session_open(struct session *s, const char *path)
{
    char error[256];
    int code;
    struct image *image = guest_load(path, s->options, error, sizeof error, &code);
    struct debug *old = s->debug;
    if (!image) {
        session_complain(s, NULL, -1, "%s", error);
        s->quit_code = code;
        return false;
    }
    if (!begin(s, image, s->engine)) {
        guest_free(image);
        s->quit_code = EXIT_CODE_CANNOT_LOAD;
        return false;
    }
    if (old)
        debug_free(old);
    guest_free(s->image);
    s->image = image;
    memset(s->bookmark, 0, sizeof s->bookmark);
    snprintf(s->guest_path, sizeof s->guest_path, "%s", path);
    return true;
}

static void carry_over(struct session *s, const struct debug *old)
{
    const struct world *from = old->timeline->world;
    for (u32 i = 0; i < from->journal_count; i++)
        world_input_from(s->debug->timeline->world,
                         (enum platform_source)from->journal[i].source, from->journal[i].tick,
                         from->journal[i].byte);
    memcpy(s->debug->breakpoints, old->breakpoints, sizeof old->breakpoints);
    s->debug->breakpoint_count = old->breakpoint_count;
    s->debug->next_number = old->next_number;
}

bool session_engine(struct session *s, enum engine_id engine, bool from_start)
{
    struct debug *old = s->debug;
    u64 tick = world_tick(old->timeline->world);
    if (!begin(s, s->image, engine)) {
        s->debug = old;
        return false;
    }
    carry_over(s, old);
    if (!from_start && tick)
        move_run_to(s, tick);
    for (int i = 0; i < BOOKMARKS; i++)
        s->bookmark[i].step = UINT64_MAX; /* steps are another history's: by tick from now on */
    debug_free(old);
    return true;
}

static void context(const struct session *s, struct view_context *c, const char *arg, int width,
                    int rows)
{
    const struct world *w = s->debug->timeline->world;
    *c = (struct view_context){ .session = s, .world = w, .real = &w->hw.state->arch,
                                .monitored = w->engine != ENGINE_NATIVE, .arg = arg ? arg : "",
                                .width = width, .rows = rows };
    if (!world_peek(w, &c->guest))
        c->guest = (struct peek){ .arch = *c->real, .tick = world_tick(w), .who = RUNS_MONITOR };
}

void session_view(const struct session *s, enum view_id id, const char *arg, int width, int rows,
                  struct sheet *out)
{
    struct view_context c;
    sheet_init(out, views[id].name);
    context(s, &c, arg, width, rows);
    views[id].draw(&c, out);
    bool same = id != VIEW_PAGING || !strcmp(s->before_arg, c.arg);
    if (s->has_before && s->before[id].view && same)
        sheet_compare(out, &s->before[id]);
}

/* Views whose fields are worth comparing with those of the stop before. */
static bool remembered(enum view_id id)
{
    return id == VIEW_CPU || id == VIEW_WHO || id == VIEW_PAGING || id == VIEW_VMCS ||
           id == VIEW_DESC || id == VIEW_DEVICES || id == VIEW_LEDGER || id == VIEW_TC;
}

void session_before_move(struct session *s)
{
    struct view_context c;
    context(s, &c, "", 0, 0);
    for (int i = 0; i < VIEW_COUNT; i++) {
        sheet_free(&s->before[i]);
        if (!remembered((enum view_id)i))
            continue;
        c.arg = i == VIEW_PAGING ? s->view_arg : "";
        sheet_init(&s->before[i], views[i].name);
        views[i].draw(&c, &s->before[i]);
    }
    const struct machine_state *m = c.world->hw.state;
    s->has_before = true;
    s->before_step = m->step;
    s->before_cycles = ledger_total(&m->ledger, m->retired);
    s->before_events = s->debug->timeline->log.total;
    snprintf(s->before_arg, sizeof s->before_arg, "%s", s->view_arg);
}

bool session_eval(struct session *s, const char *text, u64 *value)
{
    char error[160];
    int at = -1;
    struct expr_context ctx = { .world = s->debug->timeline->world,
                                .event_counts = s->debug->timeline->log.counts };
    if (s->debug->last.has_event)
        ctx.event = &s->debug->last.event;
    if (expr_eval(text, &ctx, value, error, sizeof error, &at))
        return true;
    session_complain(s, text, at, "%s", error);
    return false;
}

bool session_address(struct session *s, const char *text, u32 *address)
{
    u64 value;
    if (!session_eval(s, text, &value))
        return false;
    if (value > UINT32_MAX && value < (u64)(s64)INT32_MIN) {
        session_complain(s, text, 0, "0x%llx is no address: those have 32 bits", (unsigned long long)value);
        return false;
    }
    *address = (u32)value;
    return true;
}

void session_say_nothing(void *owner, const char *words)
{
    (void)owner;
    (void)words;
}
