#include <stdio.h>
#include <string.h>

#include "lessons/lesson.h"
#include "lessons/suggest.h"

/* The commands that a manifest may use: the debugger's verbs under gdb's names.  An argument is an
 * expression: a count, an address, a tick. */
struct verb { const char *name; void (*run)(struct debug *d, u64 argument); u64 absent; };

static void do_step(struct debug *d, u64 n) { debug_step(d, n); }
static void do_stepi(struct debug *d, u64 n) { debug_stepi(d, n); }
static void do_next(struct debug *d, u64 n) { debug_next(d, n); }
static void do_reverse_step(struct debug *d, u64 n) { debug_reverse_step(d, n); }
static void do_reverse_stepi(struct debug *d, u64 n) { debug_reverse_stepi(d, n); }
static void do_reverse_next(struct debug *d, u64 n) { debug_reverse_next(d, n); }
static void do_until(struct debug *d, u64 eip) { debug_until(d, (u32)eip); }
static void do_continue(struct debug *d, u64 tick) { debug_continue(d, tick); }
static void do_goto(struct debug *d, u64 step) { debug_goto(d, step); }
static void do_tick(struct debug *d, u64 tick) { debug_goto_tick(d, tick); }
static void do_finish(struct debug *d, u64 none) { (void)none, debug_finish(d); }
static void do_event(struct debug *d, u64 n)
{
    while (n-- > 0)
        debug_next_event(d);
}

enum { NEEDED = 0 };
static const struct verb verbs[] = {
    { "step", do_step, 1 }, { "stepi", do_stepi, 1 }, { "next", do_next, 1 },
    { "reverse-step", do_reverse_step, 1 }, { "reverse-stepi", do_reverse_stepi, 1 },
    { "reverse-next", do_reverse_next, 1 }, { "until", do_until, NEEDED },
    { "continue", do_continue, UINT64_MAX }, { "goto", do_goto, NEEDED },
    { "tick", do_tick, NEEDED }, { "finish", do_finish, 1 }, { "event", do_event, 1 },
};

static const struct verb *find_verb(const char *name, char *error, size_t n)
{
    const char *names[COUNT(verbs)];
    for (unsigned i = 0; i < COUNT(verbs); i++) {
        names[i] = verbs[i].name;
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    const char *near = suggest(name, names, COUNT(verbs));
    snprintf(error, n, "a lesson has no command '%s'%s%s%s", name, near ? "; did you mean '" : "",
             near ? near : "", near ? "'?" : "");
    return NULL;
}

static bool do_one(struct debug *d, const char *command, char *error, size_t n)
{
    char name[24] = "", why[160];
    int used = 0, at;
    struct expr_context ctx = { .world = d->timeline->world,
                                .event_counts = d->timeline->log.counts };
    if (sscanf(command, " %23s %n", name, &used) < 1)
        return true; /* nothing between two semicolons */
    const struct verb *v = find_verb(name, error, n);
    if (!v)
        return false;
    u64 argument = v->absent;
    if (!command[used] && v->absent == NEEDED)
        return snprintf(error, n, "'%s' needs an argument", name), false;
    if (command[used] && !expr_eval(command + used, &ctx, &argument, why, sizeof why, &at))
        return snprintf(error, n, "%s: %s", command, why), false;
    v->run(d, argument);
    return true;
}

bool lesson_do(struct debug *d, const char *commands, char *error, size_t error_size)
{
    char one[160];
    while (*commands) {
        size_t n = strcspn(commands, ";");
        if (n >= sizeof one)
            return snprintf(error, error_size, "a command is too long"), false;
        memcpy(one, commands, n);
        one[n] = '\0';
        if (!do_one(d, one, error, error_size))
            return false;
        commands += n + (commands[n] == ';');
    }
    return true;
}
