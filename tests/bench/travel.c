/* travel - what recording for time travel costs, and how long a way back takes.
 *
 *   travel [-n STEPS] [-p PLACES] FILE.elf
 *
 * Runs the guest STEPS steps with and without recording, then visits PLACES places of the run at random:
 * the first half among the last 100 million steps, the second anywhere.  At each it goes one step back.
 * Times are processor time of this process; the guest runs on the native engine. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lessons/timeline.h"

enum { RECENT = 100000000, ROUNDS = 3 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct world *begin(const struct image *image)
{
    char error[200];
    struct world_config config = { .engine = ENGINE_NATIVE, .image = image };
    struct world *w = world_new(&config, error, sizeof error);
    if (!w) {
        fprintf(stderr, "travel: %s: %s\n", image->name, error);
        exit(1);
    }
    return w;
}

static double plain_run(const struct image *image, u64 steps)
{
    struct world *w = begin(image);
    const struct limits limits = { steps, UINT64_MAX };
    double t = now();
    (void)world_run(w, &limits);
    t = now() - t;
    world_free(w);
    return t;
}

static struct timeline *recorded_run(const struct image *image, u64 steps, double *seconds)
{
    struct timeline *line = timeline_new(begin(image));
    const struct limits limits = { steps, UINT64_MAX };
    double t = now();
    (void)timeline_run(line, &limits);
    *seconds = now() - t;
    return line;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, double *t, unsigned n)
{
    qsort(t, n, sizeof *t, ascending);
    printf("  %-46s median %7.3f ms, 99 %% within %7.3f ms, longest %7.3f ms\n", what, 1e3 * t[n / 2],
           1e3 * t[n - 1 - n / 100], 1e3 * t[n - 1]);
}

static u64 random_below(u64 *state, u64 n)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (*state >> 20) % n;
}

/* To `places` steps in the last `span` of the run, and one step back from each. */
static void visit(struct timeline *line, const char *where, u64 span, unsigned places)
{
    double *there = calloc(places, sizeof *there), *back = calloc(places, sizeof *back);
    u64 state = 1, end = line->end;
    char what[64];
    if (!there || !back)
        exit(1);
    if (span > end - 1)
        span = end - 1;
    for (unsigned i = 0; i < places; i++) {
        u64 at = end - random_below(&state, span);
        double t = now();
        timeline_seek(line, at);
        there[i] = now() - t;
        t = now();
        timeline_seek(line, at - 1);
        back[i] = now() - t;
        timeline_seek(line, end);
    }
    snprintf(what, sizeof what, "from the end to a place in %s:", where);
    print_times(what, there, places);
    snprintf(what, sizeof what, "one step back from a place in %s:", where);
    print_times(what, back, places);
    free(there);
    free(back);
}

static void measure(const struct image *image, u64 steps, unsigned places)
{
    double plain = 1e9, recorded = 1e9, t;
    struct timeline *line = NULL;
    for (unsigned i = 0; i < ROUNDS; i++) {
        t = plain_run(image, steps);
        plain = t < plain ? t : plain;
        if (line)
            timeline_free(line);
        line = recorded_run(image, steps, &t);
        recorded = t < recorded ? t : recorded;
    }
    printf("%s: %.0f million steps; recording costs %.1f %%; history %.1f MiB in %u snapshots\n",
           image->name, (double)line->end / 1e6, 100 * (recorded / plain - 1),
           (double)timeline_bytes(line) / 1048576, line->mark_count);
    visit(line, "the last 100 M", RECENT, places / 2);
    visit(line, "the whole run", line->end, places - places / 2);
    timeline_free(line);
}

int main(int argc, char **argv)
{
    u64 steps = 1000000000;
    unsigned places = 400;
    char error[200];
    struct image image;
    for (int c; (c = getopt(argc, argv, "n:p:")) != -1;)
        switch (c) {
        case 'n': steps = strtoull(optarg, NULL, 10); break;
        case 'p': places = (unsigned)atoi(optarg); break;
        default: return 2;
        }
    if (optind + 1 != argc || steps < 2 || places < 2) {
        fprintf(stderr, "usage: travel [-n STEPS] [-p PLACES] FILE.elf\n");
        return 2;
    }
    if (!image_load(&image, argv[optind], NULL, error, sizeof error)) {
        fprintf(stderr, "travel: %s\n", error);
        return 1;
    }
    measure(&image, steps, places);
    image_free(&image);
    return 0;
}
