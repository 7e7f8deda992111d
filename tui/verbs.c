#include "tui/verbs.h"

#include "lessons/trace.h"
#include "lessons/typing.h"
#include "tui/ending.h"
#include "tui/json.h"
#include "tui/log_file.h"
#include "tui/move.h"
#include "tui/term.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* At most one byte leaves per tick, so that nothing is lost between two looks at the console. */
enum { LOOK_EVERY = CONSOLE_SIZE - 1 };
/* Steps to the first look whether the guest repeats itself; each further look comes twice as late. */
enum { LOOP_LOOK = 1 << 22 };

struct headless {
    struct image *image;
    struct world *world;
    u64 printed;
    struct log_file *log;
    u64 loop_look;      /* the step of the next look; 0: none */
    struct loop loop;
    bool noted;         /* the guest was told to be stuck */
};

static int cannot(const char *error, int code)
{
    fprintf(stderr, "stepvisor: %s\n", error);
    return code;
}

/* errno in words; the code to exit with. */
static int cannot_read(const char *path, char *error, size_t size)
{
    int code = errno == ENOENT ? EXIT_CODE_NO_FILE : EXIT_CODE_CANNOT_LOAD;
    snprintf(error, size, "%s: %s", path, strerror(errno));
    return code;
}

/* at: the tick from which the bytes are typed, keys or bytes of the serial line. */
static int read_input(struct world *w, const char *path, bool keys, u64 at, char *error, size_t size)
{
    FILE *f = fopen(path, "rb");
    int c;
    if (!f)
        return cannot_read(path, error, size);
    while ((c = getc(f)) != EOF) {
        at = keys ? typing_key(w, at, (char)c) : typing_byte(w, at, (u8)c);
    }
    int code = ferror(f) ? cannot_read(path, error, size) : EXIT_CODE_OK; /* a folder can be opened */
    fclose(f);
    return code;
}

int verbs_input(struct world *w, const struct options *o, char *error, size_t error_size)
{
    const char *serial = o->value[OPT_INPUT], *keys = o->value[OPT_KEYS];
    int code = serial ? read_input(w, serial, false, o->input_at, error, error_size) : EXIT_CODE_OK;
    return code || !keys ? code : read_input(w, keys, true, o->keys_at, error, error_size);
}

/* 0, or the code to exit with: the reason was printed. */
static int begin(struct headless *h, const struct options *o)
{
    char error[256];
    int code;
    *h = (struct headless){ 0 };
    h->image = guest_load(o->guest, o, error, sizeof error, &code);
    if (!h->image)
        return cannot(error, code);
    h->world = guest_world(h->image, o->engine, o, error, sizeof error);
    code = h->world ? verbs_input(h->world, o, error, sizeof error) : EXIT_CODE_CANNOT_LOAD;
    if (!code) {
        term_watch_interrupts(&h->world->hw, NULL);
        return 0;
    }
    if (h->world)
        world_free(h->world);
    guest_free(h->image);
    return cannot(error, code);
}

static void end(struct headless *h)
{
    term_watch_interrupts(NULL, NULL);
    world_free(h->world);
    guest_free(h->image);
}

static void print_console(struct headless *h, FILE *out)
{
    static char bytes[CONSOLE_SIZE];
    u64 total = world_outside(h->world)->console_total;
    if (total == h->printed)
        return;
    u64 fresh = total - h->printed;
    u32 len = machine_console(&h->world->hw, bytes, CONSOLE_SIZE);
    u32 show = fresh < len ? (u32)fresh : len;
    fwrite(bytes + (len - show), 1, show, out);
    fflush(out);
    h->printed = total;
}

static struct stop run_world(void *owner, const struct limits *limits)
{
    return world_run(owner, limits);
}

/* It goes on: that is no proof.  But whoever waits wants to know. */
static void note_stuck(struct headless *h)
{
    char words[ENDING_WORDS];
    if (!h->noted)
        fprintf(stderr, "stepvisor: %s\n", ending_loop(h->world, &h->loop, words, sizeof words));
    h->noted = true;
    h->loop.kind = LOOP_NONE;
}

/* Is the guest in a loop for ever?  Then h->loop tells, and the stop is STOP_NONE. */
static bool look_for_loop(struct headless *h, const struct limits *last, struct stop *stop)
{
    u64 step = world_step(h->world), tick = world_tick(h->world);
    const struct loop_runner r = { .owner = h->world, .run = run_world };
    bool far = last->step - step > LOOP_LOOK && last->tick - tick > LOOP_LOOK;
    if (!h->loop_look || step < h->loop_look || !far)
        return false;
    h->loop_look = step * 2;
    h->loop = loops_look(h->world, &r, stop);
    if (h->loop.kind != LOOP_STUCK)
        return h->loop.kind != LOOP_NONE;
    note_stuck(h);
    return false;
}

/* Run to `until`; each look calls back with the events drained.  Returns why it stopped. */
static struct stop run_on(struct headless *h, const struct time_arg *until, FILE *console,
                          void (*each)(const struct event *, void *), void *owner)
{
    struct limits last = { UINT64_MAX, UINT64_MAX };
    struct event e;
    if (until->given && until->is_step)
        last.step = until->value;
    else if (until->given)
        last.tick = until->value;
    for (;;) {
        struct limits now = last;
        u64 tick = world_tick(h->world); /* halted time may have skipped the limit */
        if (last.tick > tick && last.tick - tick > LOOK_EVERY)
            now.tick = tick + LOOK_EVERY;
        if (h->loop_look && last.step - world_step(h->world) > LOOP_LOOK)
            now.step = world_step(h->world) + LOOP_LOOK; /* where no tick passes steps do */
        struct stop stop = world_run(h->world, &now);
        if (h->log && !log_file_write(h->log, &h->world->hw))
            return (struct stop){ .kind = STOP_NONE };
        while (events_next(&h->world->hw.events, &e))
            if (each)
                each(&e, owner);
        if (console)
            print_console(h, console);
        bool looked = (stop.kind == STOP_TICK && now.tick != last.tick) ||
                      (stop.kind == STOP_STEP && now.step != last.step);
        if (looked && look_for_loop(h, &last, &stop))
            return stop;
        if (!looked && stop.kind != STOP_RING && stop.kind != STOP_EVENT)
            return stop;
        if (term_signal())
            return (struct stop){ .kind = STOP_INTERRUPT };
    }
}

static int exit_code(const struct headless *h, const struct options *o, struct stop stop)
{
    const struct outside *out = world_outside(h->world);
    switch (stop.kind) {
    case STOP_EXIT:
        return (int)((o->given[OPT_QEMU_EXIT] ? out->exit_code << 1 | 1 : out->exit_code) & 0xff);
    case STOP_SHUTDOWN:
        return EXIT_CODE_GUEST;
    case STOP_IDLE:
    case STOP_RESET:
        return EXIT_CODE_OK;
    case STOP_INTERRUPT:
        return EXIT_CODE_SIGNAL + (term_signal() ? term_signal() : 2);
    case STOP_STEP:
    case STOP_TICK:
        return EXIT_CODE_LIMIT;
    default:
        return EXIT_CODE_INTERNAL;
    }
}

/* A guest that ended badly: how, and what came before. */
static void tell_end(struct headless *h, const struct options *o)
{
    char words[ENDING_WORDS];
    if (h->loop.kind)
        ending_loop(h->world, &h->loop, words, sizeof words);
    else
        ending_words(h->world, words, sizeof words);
    if (!words[0] || ending_is_quiet(h->world))
        return;
    fprintf(stderr, "stepvisor: %s\n", words);
    ending_events(h->world, o, stderr);
}

static int cannot_log(struct headless *h, const char *path)
{
    fprintf(stderr, "stepvisor: %s: %s\n", path, strerror(errno));
    end(h);
    return EXIT_CODE_CANNOT_LOAD;
}

int verb_run(const struct options *o)
{
    struct headless h;
    int code = begin(&h, o);
    if (code)
        return code;
    const char *log = o->value[OPT_LOG_REGISTERS];
    h.loop_look = log ? 0 : LOOP_LOOK;
    if (log && !(h.log = log_file_new(log, &h.world->hw)))
        return cannot_log(&h, log);
    struct stop stop = run_on(&h, &o->until, stdout, NULL, NULL);
    bool written = !h.log || log_file_close(h.log, &h.world->hw);
    if ((stop.kind == STOP_NONE && !h.loop.kind) || !written)
        return cannot_log(&h, log);
    code = h.loop.kind ? EXIT_CODE_GUEST : exit_code(&h, o, stop);
    tell_end(&h, o);
    if (code == EXIT_CODE_LIMIT)
        fprintf(stderr, "stepvisor: the guest had not ended at tick %llu, step %llu\n",
                (unsigned long long)world_tick(h.world), (unsigned long long)world_step(h.world));
    end(&h);
    return code;
}

/* ---- trace ---- */
struct tracing { const struct image *image; bool json; };

static void print_event(const struct event *e, void *owner)
{
    const struct tracing *t = owner;
    char line[1024];
    if (t->json) {
        event_json(e, t->image, line, sizeof line);
        printf("%s\n", line);
        return;
    }
    ending_print_event(e, t->image, stdout);
}

static bool is_noise(unsigned kind)
{
    return kind == HW_RETIRE || kind == HW_WRITE || kind == HW_TLB_FILL;
}

/* Record one word of --only: an event's name or a layer; false: neither. */
static bool record_word(struct events *events, const char *word, size_t len)
{
    bool known = false;
    for (unsigned k = 0; k < EVENT_KINDS; k++) {
        const struct event_info *info = event_info(k);
        const char *layer = info ? event_layer(k) : "";
        bool by_name = info && strlen(info->name) == len && !strncmp(info->name, word, len);
        bool by_layer = info && strlen(layer) == len && !strncmp(layer, word, len);
        if (by_name || (by_layer && !is_noise(k)))
            events_record(events, k, true), known = true;
    }
    return known;
}

static bool record(struct events *events, const char *only, char *error, size_t size)
{
    for (unsigned k = 0; !only && k < EVENT_KINDS; k++)
        if (event_info(k) && !is_noise(k))
            events_record(events, k, true);
    for (const char *p = only ? only : ""; *p; p += strspn(p, ",")) {
        size_t len = strcspn(p, ",");
        if (!record_word(events, p, len)) {
            snprintf(error, size, "--only: no event or layer \"%.*s\"; layers: hw vmm bt vt", (int)len,
                     p);
            return false;
        }
        p += len;
    }
    return true;
}

int verb_trace(const struct options *o)
{
    struct headless h;
    char error[160], words[ENDING_WORDS];
    int code = begin(&h, o);
    if (code)
        return code;
    struct tracing t = { .image = h.image, .json = o->value[OPT_FORMAT] &&
                                                  !strcmp(o->value[OPT_FORMAT], "json") };
    if (!record(&h.world->hw.events, o->value[OPT_ONLY], error, sizeof error)) {
        end(&h);
        return cannot(error, EXIT_CODE_USAGE);
    }
    if (t.json) {
        struct text line = { 0 };
        json_trace_header(&(struct json_where){ .guest = h.image->name,
                                                .engine = engine_name(o->engine) }, &line);
        fputs(text_get(&line), stdout);
        text_free(&line);
    } else {
        puts(ending_heading);
    }
    struct stop stop = run_on(&h, &o->until, NULL, print_event, &t);
    bool window = o->until.given && (stop.kind == STOP_TICK || stop.kind == STOP_STEP);
    code = window ? EXIT_CODE_OK : exit_code(&h, o, stop);
    if (code == EXIT_CODE_GUEST)
        fprintf(stderr, "stepvisor: %s\n", ending_words(h.world, words, sizeof words));
    end(&h);
    return code;
}
