#include "tui/options.h"

#include "lessons/suggest.h"
#include "lessons/typing.h"
#include "lessons/world.h"
#include "tui/text.h"
#include <string.h>

struct verb_row { const char *name, *args, *text; };
struct option_row { const char *name, *other, *arg, *text; };

static const struct verb_row verbs[] = {
#define VERB(id, name, args, text) [VERB_##id] = { name, args, text },
#include "tui/options.def"
};
static const struct option_row rows[] = {
#define OPT(id, name, other, arg, text) [OPT_##id] = { name, other, arg, text },
#include "tui/options.def"
};

struct parse { struct options *o; char *error; size_t error_size; };

static bool fail(struct parse *p, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(struct parse *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->error, p->error_size, format, args);
    va_end(args);
    return false;
}

bool options_time(const char *text, struct time_arg *out)
{
    bool is_step = !strncmp(text, "step:", 5);
    bool is_tick = !strncmp(text, "tick:", 5);
    *out = (struct time_arg){ .given = true, .is_step = is_step };
    return parse_u64(text + (is_step || is_tick ? 5 : 0), &out->value);
}

static bool take_number(struct parse *p, const char *name, const char *text, u64 max, u64 *out)
{
    if (!parse_u64(text, out) || *out > max)
        return fail(p, "--%s: \"%s\" is no number that fits", name, text);
    return true;
}

static bool take_ram(struct parse *p, const char *text)
{
    size_t len = strlen(text);
    u64 n;
    if (!take_number(p, "m", text, ~0u, &n))
        return false;
    if (len && text[len - 1] >= '0' && text[len - 1] <= '9')
        n = n < 4096 ? n << 20 : ~0ull; /* as QEMU: MiB */
    n &= ~4095ull;
    if (n < 1 << 20 || n > 3ull << 30)
        return fail(p, "-m: RAM of \"%s\" is not between 1M and 3G", text);
    p->o->ram = n;
    return true;
}

static bool take_engine(struct parse *p, const char *text)
{
    if (engine_by_name(text, &p->o->engine))
        return true;
    return fail(p, "--engine: no engine \"%s\"; there are native direct bt vt interp", text);
}

static bool take_value(struct parse *p, enum option id, const char *text)
{
    struct options *o = p->o;
    const char *name = rows[id].name;
    o->value[id] = text;
    switch (id) {
    case OPT_ENGINE:
        return take_engine(p, text);
    case OPT_UNTIL:
    case OPT_AT:
        if (!options_time(text, id == OPT_UNTIL ? &o->until : &o->at))
            return fail(p, "--%s: \"%s\" is no time; a tick as 1042, or step:2000", name, text);
        return true;
    case OPT_EVERY:
        return take_number(p, name, text, ~0ull, &o->every) &&
               (o->every || fail(p, "--every: 0 would compare nothing"));
    case OPT_RAM:
        return take_ram(p, text);
    case OPT_KEYS_AT:
        return take_number(p, name, text, ~0ull >> 1, &o->keys_at);
    case OPT_INPUT_AT:
        return take_number(p, name, text, ~0ull >> 1, &o->input_at);
    case OPT_LOAD:
        return take_number(p, name, text, ~0u, &o->load);
    case OPT_ENTRY:
        return take_number(p, name, text, ~0u, &o->entry);
    case OPT_FORMAT:
        return !strcmp(text, "text") || !strcmp(text, "json") ||
               fail(p, "--format: \"%s\" is neither text nor json", text);
    case OPT_SCRIPT:
    case OPT_COMMAND:
        if (o->startup_count == STARTUP_MAX)
            return fail(p, "more than %d -x and -ex", STARTUP_MAX);
        o->startup[o->startup_count++] = (struct startup){ id == OPT_SCRIPT, text };
        return true;
    default:
        return true;
    }
}

static int find_option(const char *name, size_t len)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if ((strlen(rows[i].name) == len && !strncmp(rows[i].name, name, len)) ||
            (len && strlen(rows[i].other) == len && !strncmp(rows[i].other, name, len)))
            return i;
    return -1;
}

static const char *nearest_option(const char *name, size_t len)
{
    char word[40];
    const char *names[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++)
        names[i] = rows[i].name;
    snprintf(word, sizeof word, "%.*s", (int)len, name);
    return suggest(word, names, OPTION_COUNT);
}

static bool take_option(struct parse *p, int argc, char **argv, int *at)
{
    const char *word = argv[*at], *name = word + 1 + (word[1] == '-');
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    int id = find_option(name, len);
    if (id < 0) {
        const char *near = nearest_option(name, len);
        return fail(p, "no option \"%.*s\"%s%s%s; see --help", (int)(name + len - word), word,
                    near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
    }
    p->o->given[id] = true;
    if (!rows[id].arg[0])
        return !equals || fail(p, "--%s takes no value", rows[id].name);
    if (!equals && *at + 1 >= argc)
        return fail(p, "--%s needs a value: %s", rows[id].name, rows[id].arg);
    return take_value(p, (enum option)id, equals ? equals + 1 : argv[++*at]);
}

/* A second guest: the first was meant as a verb. */
static bool no_such_verb(struct parse *p, const char *word)
{
    const char *names[VERB_COUNT];
    size_t count = 0;
    for (int i = VERB_DEBUG + 1; i < VERB_COUNT; i++)
        names[count++] = verbs[i].name;
    const char *near = suggest(word, names, count);
    return fail(p, "there is no verb \"%s\"%s%s%s; see --help", word, near ? "; did you mean " : "",
                near ? near : "", near ? "?" : "");
}

static bool take_word(struct parse *p, const char *word, int index)
{
    struct options *o = p->o;
    for (int i = VERB_DEBUG + 1; index == 0 && i < VERB_COUNT; i++)
        if (!strcmp(verbs[i].name, word)) {
            o->verb = (enum verb)i;
            return true;
        }
    if (o->verb == VERB_LESSON && !o->lesson) {
        o->lesson = word;
    } else if (o->verb == VERB_SHOW && !o->view) {
        o->view = word;
    } else if (o->verb != VERB_LESSON && !o->guest) {
        o->guest = word;
    } else if (o->verb == VERB_SHOW && o->view_arg_count < (int)COUNT(o->view_args)) {
        o->view_args[o->view_arg_count++] = word;
    } else if (o->verb == VERB_DEBUG) {
        return no_such_verb(p, o->guest);
    } else {
        return fail(p, "\"%s\": nothing more was expected here; see --help", word);
    }
    return true;
}

static bool complete(struct parse *p)
{
    const struct options *o = p->o;
    if (o->given[OPT_HELP] || o->given[OPT_VERSION] || o->given[OPT_HELP_MAN])
        return true;
    if (o->verb == VERB_SHOW && !o->view)
        return fail(p, "show: which view?  stepvisor show VIEW GUEST");
    if (o->verb != VERB_DEBUG && o->verb != VERB_LESSON && !o->guest)
        return fail(p, "%s: which guest?  stepvisor %s %s", verbs[o->verb].name,
                    verbs[o->verb].name, verbs[o->verb].args);
    return true;
}

bool options_parse(struct options *o, int argc, char **argv, char *error, size_t error_size)
{
    struct parse p = { o, error, error_size };
    bool only_words = false;
    int words = 0;
    *o = (struct options){ .verb = VERB_DEBUG, .engine = ENGINE_NATIVE, .every = 1,
                          .keys_at = TYPING_BEGINS };
    for (int i = 1; i < argc; i++) {
        bool ok;
        if (!only_words && !strcmp(argv[i], "--")) {
            only_words = true;
            continue;
        }
        if (!only_words && argv[i][0] == '-' && argv[i][1])
            ok = take_option(&p, argc, argv, &i);
        else
            ok = take_word(&p, argv[i], words++);
        if (!ok)
            return false;
    }
    if (o->given[OPT_KERNEL] && o->guest)
        return fail(&p, "%s: with --kernel no other GUEST is loaded", o->guest);
    if (o->given[OPT_KERNEL])
        o->guest = o->value[OPT_KERNEL];
    if (o->given[OPT_ROM] && o->guest)
        return fail(&p, "%s: with --rom no GUEST is loaded; firmware starts from --disk", o->guest);
    if (o->given[OPT_ROM] && (o->given[OPT_INITRD] || o->given[OPT_APPEND]))
        return fail(&p, "--%s: with --rom there is no kernel to give it to",
                    o->given[OPT_INITRD] ? "initrd" : "append");
    if (o->given[OPT_VGAROM] && !o->given[OPT_ROM])
        return fail(&p, "--vgarom: without --rom nothing would start it");
    if (o->given[OPT_ROM])
        o->guest = o->value[OPT_ROM];
    return complete(&p);
}

void options_spelled(int id, char *out, size_t size)
{
    const struct option_row *r = &rows[id];
    bool single = strlen(r->name) == 1 || !strcmp(r->name, "ex"); /* as QEMU and gdb write them */
    snprintf(out, size, "%s%s%s%s", single ? "-" : "--", r->name, r->arg[0] ? " " : "", r->arg);
}

void options_help(FILE *out)
{
    char left[48];
    fputs("Stepvisor: a PC that can be stepped, and the monitors that virtualize it.\n\nusage:\n",
          out);
    for (int i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  stepvisor %s%s%s\n      %s\n", verbs[i].name, i ? " " : "", verbs[i].args,
                verbs[i].text);
    fputs("\nGUEST is an ELF file, a Linux bzImage, a boot sector, a flat file (--load, --entry) or a\n"
          "source (.S, .asm).\n"
          "\noptions:\n", out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        options_spelled(i, left, sizeof left);
        fprintf(out, "  %-21s %s\n", left, rows[i].text);
    }
    fputs("\nexit codes: " EXIT_CODES "\n", out);
}
