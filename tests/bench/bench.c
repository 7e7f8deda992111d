/* bench - how fast Stepvisor runs the loads.
 *
 *   bench [-n RUNS] [-t SECONDS] [-e ENGINE] LOAD...
 *       a line for each: name, instructions, processor time, MIPS (the median of RUNS), checksum.
 *       A run repeats the load until it has used SECONDS.  Time travel is being recorded.
 *   bench [-n RUNS] -l LOAD   instructions per second when a reader sees each with all its registers
 *   bench [-n RUNS] -s LOAD   instructions per second when each is a call of machine_run
 *   bench -1 FILE.elf         marks for watch(1): after the first instruction, and at the end
 *
 * A LOAD is LOAD.elf next to this program. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lessons/timeline.h"
#include "sim/reglog.h"

enum { MARK_BEGIN = 2, MARK_END = 3, MAX_RUNS = 99 };

struct options { unsigned runs; double seconds; enum engine_id engine; bool step, log, first; };
struct sample { u64 instructions; double seconds; char checksum[32]; };
static const struct limits NO_LIMITS = { UINT64_MAX, UINT64_MAX };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static struct world *begin(const struct image *image, enum engine_id engine)
{
    char error[200];
    struct world_config config = { .engine = engine, .image = image };
    struct world *w = world_new(&config, error, sizeof error);
    if (!w)
        fail(image->name, error);
    return w;
}

/* To the load's first mark, and not far beyond. */
static void run_to_mark(struct world *w, struct timeline *line)
{
    while (world_outside(w)->console_total == 0) {
        struct limits limits = { world_step(w) + 64, UINT64_MAX };
        if ((line ? timeline_run(line, &limits) : world_run(w, &limits)).kind != STOP_STEP)
            fail(w->image->name, "it ended before its first mark");
    }
}

static void read_checksum(const struct world *w, char *out, u32 size)
{
    char text[256];
    u32 n = machine_console(&w->hw, text, sizeof text - 1);
    text[n] = 0;
    char *mark = strchr(text, MARK_END);
    if (!mark || sscanf(mark + 1, "%*s %31s", out) != 1)
        snprintf(out, size, "none");
}

static void run_once(const struct image *image, enum engine_id engine, struct sample *s)
{
    struct world *w = begin(image, engine);
    struct timeline *line = timeline_new(w);
    run_to_mark(w, line);
    u64 tick = world_tick(w);
    double t = now();
    struct stop stop = timeline_run(line, &NO_LIMITS);
    s->seconds += now() - t;
    s->instructions += world_tick(w) - tick;
    if (stop.kind != STOP_EXIT) {
        fprintf(stderr, "stop %u at %08x\n", stop.kind, w->hw.arch->eip);
        fail(image->name, "it did not end with an exit");
    }
    read_checksum(w, s->checksum, sizeof s->checksum);
    timeline_free(line);
}

static double mips(const struct sample *s) { return (double)s->instructions / s->seconds / 1e6; }

static int slower(const void *a, const void *b)
{
    double x = mips(a), y = mips(b);
    return (x > y) - (x < y);
}

static void measure(const struct image *image, const char *name, const struct options *o)
{
    struct sample s[MAX_RUNS];
    u64 instructions = 0;
    for (unsigned i = 0; i < o->runs; i++) {
        s[i] = (struct sample){ 0 };
        do {
            u64 before = s[i].instructions;
            run_once(image, o->engine, &s[i]);
            instructions = s[i].instructions - before;
        } while (s[i].seconds < o->seconds);
    }
    qsort(s, o->runs, sizeof s[0], slower);
    double median = mips(&s[o->runs / 2]);
    printf("%-8s %12llu %8.3f s %9.2f MIPS  %s\n", name, (unsigned long long)instructions,
           (double)instructions / median / 1e6, median, s[0].checksum);
    fflush(stdout);
}

static int less(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of so many runs of `measured`, which gives millions a second. */
static double median_of(double (*measured)(const struct image *), const struct image *image, unsigned runs)
{
    double rate[MAX_RUNS];
    for (unsigned i = 0; i < runs; i++)
        rate[i] = measured(image);
    qsort(rate, runs, sizeof rate[0], less);
    return rate[runs / 2];
}

static double measure_steps(const struct image *image)
{
    enum { STEPS = 2000000 };
    struct world *w = begin(image, ENGINE_NATIVE);
    run_to_mark(w, NULL);
    double t = now();
    for (unsigned i = 0; i < STEPS; i++) {
        struct limits limits = { world_step(w) + 1, UINT64_MAX };
        if (machine_run(&w->hw, &limits).kind != STOP_STEP)
            fail(image->name, "it ended too early");
    }
    t = now() - t;
    world_free(w);
    return STEPS / t / 1e6;
}

typedef u32 four __attribute__((vector_size(16)));
struct sum { four a[4], b[4]; };

/* The reader: a sum of every word of every record, and a sum of the sums, which their order changes. */
static void add_records(struct sum *sum, const struct reg_record *r, u32 n)
{
    four a0 = sum->a[0], a1 = sum->a[1], a2 = sum->a[2], a3 = sum->a[3];
    four b0 = sum->b[0], b1 = sum->b[1], b2 = sum->b[2], b3 = sum->b[3];
    for (const four *word = (const four *)r; n--; word += 4) {
        b0 += a0 += word[0];
        b1 += a1 += word[1];
        b2 += a2 += word[2];
        b3 += a3 += word[3];
    }
    *sum = (struct sum){ { a0, a1, a2, a3 }, { b0, b1, b2, b3 } };
}

static u64 total(const struct sum *s)
{
    u64 x = 0;
    for (unsigned i = 0; i < 16; i++)
        x = x * 31 + s->a[i / 4][i % 4] + ((u64)s->b[i / 4][i % 4] << 32);
    return x;
}

static double measure_log(const struct image *image)
{
    enum { ROOM = 256 };
    static struct reg_record record[ROOM];
    static struct reglog log;
    struct world *w = begin(image, ENGINE_NATIVE);
    struct sum sum = { 0 };
    run_to_mark(w, NULL);
    u64 records = 0, step = world_step(w);
    double t = now();
    struct stop stop = { STOP_RING, 0 };
    machine_log(&w->hw, &log);
    while (stop.kind == STOP_RING) {
        stop = world_run(w, &NO_LIMITS);
        for (u32 n; (n = reglog_read(&w->hw, record, ROOM)); records += n)
            add_records(&sum, record, n);
    }
    t = now() - t;
    if (records != world_step(w) - step || total(&sum) == 0)
        fail(image->name, "not every instruction has its record");
    world_free(w);
    return (double)records / t / 1e6;
}

static void mark(char c)
{
    if (write(1, &c, 1) != 1)
        exit(1);
}

static void run_first(const struct image *image)
{
    struct world *w = begin(image, ENGINE_NATIVE);
    struct limits limits = { 1, UINT64_MAX };
    struct stop stop = world_run(w, &limits);
    mark(MARK_BEGIN);
    if (stop.kind == STOP_STEP)
        stop = world_run(w, &NO_LIMITS);
    mark(MARK_END);
    printf("%s %u\n", image->name, stop.kind == STOP_EXIT ? stop.arg : ~0u);
    fflush(stdout);
    pause(); /* watch reads our memory, then ends us */
}

static void run(const char *folder, const char *name, const struct options *o)
{
    char path[4096], error[200];
    struct image image;
    if (o->first)
        snprintf(path, sizeof path, "%s", name);
    else
        snprintf(path, sizeof path, "%s/%s.elf", folder, name);
    if (!image_load(&image, path, NULL, error, sizeof error))
        fail(name, error);
    if (o->first)
        run_first(&image);
    else if (o->log)
        printf("%.1f M records/s\n", median_of(measure_log, &image, o->runs));
    else if (o->step)
        printf("%.2f M steps/s\n", median_of(measure_steps, &image, o->runs));
    else
        measure(&image, name, o);
    image_free(&image);
}

int main(int argc, char **argv)
{
    struct options o = { .runs = 1, .engine = ENGINE_NATIVE };
    for (int c; (c = getopt(argc, argv, "n:t:e:ls1")) != -1;)
        switch (c) {
        case 'n': o.runs = (unsigned)atoi(optarg); break;
        case 't': o.seconds = atof(optarg); break;
        case 'e':
            if (!engine_by_name(optarg, &o.engine))
                fail(optarg, "no such engine");
            break;
        case 'l': o.log = true; break;
        case 's': o.step = true; break;
        case '1': o.first = true; break;
        default: return 2;
        }
    if (optind == argc || o.runs < 1 || o.runs > MAX_RUNS) {
        fprintf(stderr, "usage: bench [-n RUNS] [-t SECONDS] [-e ENGINE] LOAD...\n");
        return 2;
    }
    char *folder = dirname(argv[0]);
    for (int i = optind; i < argc; i++)
        run(folder, argv[i], &o);
    return 0;
}
