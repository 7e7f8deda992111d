#include "tui/verbs.h"

#include "tui/json.h"
#include "tui/move.h"
#include "tui/term.h"
#include <stdlib.h>
#include <string.h>

static void say_error(void *owner, const char *words)
{
    (void)owner;
    fputs(words, stderr);
}

static bool take_engines(struct session *s, const char *list, struct lockstep_config *config)
{
    for (const char *p = list; *p; p += strspn(p, ",")) {
        char word[16];
        size_t len = strcspn(p, ",");
        snprintf(word, sizeof word, "%.*s", (int)len, p);
        if (config->engine_count == LOCKSTEP_ENGINES ||
            !engine_by_name(word, &config->engines[config->engine_count])) {
            session_complain(s, list, (int)(p - list), config->engine_count == LOCKSTEP_ENGINES
                             ? "too many engines" : "no engine \"%s\"; there are native direct bt vt "
                             "interp", word);
            return false;
        }
        config->engine_count++;
        p += len;
    }
    if (config->engine_count < 2)
        session_complain(s, NULL, -1, "at least two engines are needed, as native,bt");
    return config->engine_count >= 2;
}

bool verbs_diverge(struct session *s, const char *engines, u64 every, const struct world *typed_in)
{
    char error[256];
    struct lockstep_config config = { .image = s->image, .every = every, .until = UINT64_MAX,
                                      .ram_bytes = (u32)s->options->ram, .typed_in = typed_in,
                                      .interrupt = s->debug ? &s->interrupted : NULL };
    const struct time_arg *until = &s->options->until;
    if (until->given && !until->is_step)
        config.until = until->value;
    if (!take_engines(s, engines, &config))
        return false;
    if (!lockstep_run(&config, &s->divergence, error, sizeof error)) {
        session_complain(s, NULL, -1, "%s", error);
        return false;
    }
    s->has_divergence = true;
    snprintf(s->divergence_engines, sizeof s->divergence_engines, "%s", engines);
    return true;
}

void verbs_say_divergence(struct session *s)
{
    char ticks[32];
    const struct divergence *d = &s->divergence;
    with_commas(d->ticks_compared, ticks);
    if (d->found)
        session_say(s, "%s\n  first difference at tick %llu, after %08x %s\n  %s: expected 0x%llx, got "
                    "0x%llx\n", d->sentence, (unsigned long long)d->tick, d->eip, d->instruction,
                    d->field, (unsigned long long)d->expected, (unsigned long long)d->actual);
    else
        session_say(s, "%s: no difference in %s ticks; %s\n", s->divergence_engines, ticks, d->end);
}

static void say_output(void *owner, const char *words)
{
    (void)owner;
    fputs(words, stdout);
}

/* A world that only says what --input and --keys type.  NULL: said, *code is what to exit with. */
static struct world *typist(struct session *s, const struct options *o, int *code)
{
    char error[256];
    struct world *w = guest_world(s->image, ENGINE_NATIVE, o, error, sizeof error);
    *code = w ? verbs_input(w, o, error, sizeof error) : EXIT_CODE_CANNOT_LOAD;
    if (!*code)
        return w;
    session_complain(s, NULL, -1, "%s", error);
    if (w)
        world_free(w);
    return NULL;
}

int verb_diverge(const struct options *o)
{
    struct session s;
    char error[256];
    int code;
    const char *engines = o->value[OPT_ENGINES] ? o->value[OPT_ENGINES] : "native,bt,vt";
    session_init(&s, o);
    term_watch_interrupts(NULL, NULL); /* lockstep does not look: a signal ends it */
    s.say = say_error;
    s.image = guest_load(o->guest, o, error, sizeof error, &code);
    if (!s.image) {
        fprintf(stderr, "stepvisor: %s\n", error);
        return code;
    }
    struct world *typed_in = typist(&s, o, &code);
    if (typed_in)
        code = EXIT_CODE_USAGE;
    if (typed_in && verbs_diverge(&s, engines, o->every, typed_in)) {
        s.say = say_output;
        verbs_say_divergence(&s);
        code = s.divergence.found ? EXIT_CODE_FAILED : EXIT_CODE_OK;
    }
    if (typed_in)
        world_free(typed_in);
    session_free(&s);
    return code;
}

static void join(const struct options *o, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (int i = 0; i < o->view_arg_count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, i ? " %s" : "%s", o->view_args[i]);
}

/* To the time asked for, else to the guest's end (where much has happened already).  A guest that ended
 * before is shown there. */
static void go(struct session *s, const struct options *o)
{
    const struct world *w = s->debug->timeline->world;
    if (o->at.given && o->at.is_step)
        debug_goto(s->debug, o->at.value);
    else if (o->at.given)
        debug_goto_tick(s->debug, o->at.value);
    else
        debug_continue(s->debug, UINT64_MAX);
    if (o->at.given && (o->at.is_step ? world_step(w) : world_tick(w)) < o->at.value)
        fprintf(stderr, "stepvisor: history ends before that, at tick %llu, step %llu\n",
                (unsigned long long)world_tick(w), (unsigned long long)world_step(w));
}

int verb_show(const struct options *o)
{
    struct session s;
    struct sheet sheet;
    struct text out = { 0 };
    char arg[256];
    int id = view_by_name(o->view);
    session_init(&s, o);
    s.say = say_error;
    if (id < 0) {
        fprintf(stderr, "stepvisor: no view \"%s\"; there are", o->view);
        for (int i = 0; i < VIEW_COUNT; i++)
            fprintf(stderr, " %s", views[i].name);
        fputc('\n', stderr);
        return EXIT_CODE_USAGE;
    }
    if (!session_open(&s, o->guest)) {
        session_free(&s);
        return s.quit_code;
    }
    int code = verbs_input(s.debug->timeline->world, o, arg, sizeof arg);
    if (code) {
        fprintf(stderr, "stepvisor: %s\n", arg);
        session_free(&s);
        return code;
    }
    if (id == VIEW_COMPARE && !verbs_diverge(&s, o->value[OPT_ENGINES] ? o->value[OPT_ENGINES]
                                             : "native,bt,vt", o->every,
                                             s.debug->timeline->world)) {
        session_free(&s);
        return EXIT_CODE_USAGE;
    }
    go(&s, o);
    join(o, arg, sizeof arg);
    session_view(&s, (enum view_id)id, arg, 0, 0, &sheet);
    const struct world *w = s.debug->timeline->world;
    struct json_where where = { s.image->name, engine_name(w->engine), world_step(w),
                                world_tick(w) };
    if (o->given[OPT_JSON] && !sheet.failed)
        json_view(&sheet, &where, &out);
    else
        sheet_plain(&sheet, 250, &out);
    code = sheet.failed ? EXIT_CODE_USAGE : EXIT_CODE_OK;
    fputs(text_get(&out), sheet.failed ? stderr : stdout);
    text_free(&out);
    sheet_free(&sheet);
    session_free(&s);
    return code;
}
