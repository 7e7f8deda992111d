/* sim.h - programs on the simulated processor, at CPL 3 with paging: by decoded blocks and by the rules. */
#ifndef TESTS_SILICON_SIM_H
#define TESTS_SILICON_SIM_H

#include "sim/machine.h"
#include "tests/silicon/silicon.h"

enum way { BY_BLOCKS, BY_RULES, WAYS };
static const char *const way_name[WAYS] = { "decoded blocks", "careful rules" };

enum outcome {
    SIM_ENDED,      /* in a fault or trap, as programs do */
    SIM_ENDLESS,    /* too many steps: not for the host */
    SIM_BROKEN,     /* shut down */
};

struct sim {
    struct hw m;
    struct arch start;      /* what all programs start from */
    const struct shared *shared;
    const struct batch *batch;
};

MUST_CHECK bool sim_init(struct sim *s, enum way way, const struct shared *shared);
void sim_free(struct sim *s);
/* The memory that the batch's programs find. */
void sim_begin(struct sim *s, const struct batch *b);
/* r->memory is filled in by sim_digest, which also puts memory back. */
enum outcome sim_run(struct sim *s, const struct job *j, struct result *r);
void sim_digest(struct sim *s, struct result *r);
/* Copies the writable pages as they are: before sim_digest, as the program left them. */
void sim_pages(const struct sim *s, u8 page[PAGES_WRITABLE][4096]);
/* The hidden part of a selector that a program may start with. */
struct seg sim_segment(u16 sel);

#endif
