/* fp80 - the arithmetic of the x87 (sim/api/fp80.h) against the host's own FPU.
 *
 *   fp80 [--seed N] [--count N] [--only NAME] [--show N]       count: for each operation
 *
 * Random operands under random control words, masked and not: results, stored bytes, exceptions and condition
 * codes must be the same; a transcendental may be some units in the last place away (docs/x87.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/silicon/fp80.h"

struct run {
    u64 seed, count;
    const char *only;
    unsigned show;
    u64 failures;
};

enum { SPREAD = 4, NEAR = 1 /* units in the last place that are no failure */ };
struct spread { u64 at[SPREAD + 1]; };

static void print_spread(const struct spread *s)
{
    printf("           ulps apart:");
    for (unsigned i = 0; i <= SPREAD; i++)
        printf(" %u%s %llu", i, i == SPREAD ? "+" : "", (unsigned long long)s->at[i]);
    printf("\n");
}

static void print_number(const char *name, struct fp80 n)
{
    printf("  %-6s %04x:%016llx\n", name, n.se, (unsigned long long)n.mant);
}

static void print_outcome(const char *who, const struct fp_outcome *o)
{
    printf("  %-5s st0 %04x:%016llx st1 %04x:%016llx status %04x memory ", who, o->st0.se,
           (unsigned long long)o->st0.mant, o->st1.se, (unsigned long long)o->st1.mant, o->status);
    for (unsigned i = 10; i-- > 0;)
        printf("%02x", o->memory[i]);
    printf("\n");
}

static void print_case(const struct fp_op *op, const struct fp_case *c)
{
    printf("%s: cw %04x\n", op->name, c->cw);
    print_number("a", c->a);
    print_number("b", c->b);
    printf("  memory %016llx\n", (unsigned long long)c->memory);
}

static bool same(struct fp80 a, struct fp80 b) { return a.se == b.se && a.mant == b.mant; }

/* Numbers in their order, one apart for neighbours: what lies between is the distance. */
static u64 distance(struct fp80 a, struct fp80 b)
{
    if (same(a, b))
        return 0;
    if ((a.se ^ b.se) & 0x8000)
        return ~0ull;
    s64 exps = (s64)a.se - b.se;
    if (exps < -1 || exps > 1)
        return ~0ull;
    u64 ma = a.mant << 1, mb = b.mant << 1; /* without the integer bit */
    u64 d = exps > 0 ? ma - mb : exps < 0 ? mb - ma : ma > mb ? ma - mb : mb - ma;
    return d >> 1;
}

/* With an unmasked exception found before the operation, there is no result to compare. */
static bool agree(const struct fp_op *op, const struct fp_case *c, const struct fp_outcome *host,
                  const struct fp_outcome *sim)
{
    u16 compared = op->codes | 0x3f;
    if ((host->status ^ sim->status) & compared)
        return false;
    if (sim->status & ~c->cw & (FP_IE | FP_DE | FP_ZE))
        return true;
    switch (op->shape) {
    case SHAPE_STATUS: return true;
    case SHAPE_STORE: return !memcmp(host->memory, sim->memory, sizeof(host->memory));
    case SHAPE_SPLIT: return same(host->st0, sim->st0) && same(host->st1, sim->st1);
    default: return same(host->st0, sim->st0);
    }
}

static void simulate(const struct fp_op *op, const struct fp_case *c, struct fp_outcome *o)
{
    struct fp_env e = { .masks = c->cw & 0x3f, .rounding = c->cw >> 10 & 3, .precision = c->cw >> 8 & 3 };
    op->sim(c, &e, o);
    o->status |= (u16)(e.flags | (e.up ? 0x200 : 0));
}

/* The last number before overflow or underflow, or the first behind: what was found there hangs on the last
 * place. */
static bool is_edge(struct fp80 r)
{
    u32 exp = r.se & 0x7fff;
    return exp == 0x7fff || (exp == 0x7ffe && r.mant == ~0ull) || (exp == 1 && r.mant == 1ull << 63) ||
           (!exp && r.mant == ~0ull >> 1);
}

/* A transcendental: exceptions the same, the result near. */
static bool is_near(const struct fp_op *op, const struct fp_case *c, const struct fp_outcome *host,
                    const struct fp_outcome *sim, struct spread *s)
{
    u16 compared = op->codes | 0x3f;
    if (is_edge(host->st0) && is_edge(sim->st0))
        compared &= (u16)~(FP_OE | FP_UE);
    if ((host->status ^ sim->status) & compared)
        return false;
    if (sim->status & ~c->cw & (FP_IE | FP_DE | FP_ZE))
        return true;
    bool pushed = op->shape == SHAPE_PUSH && !(sim->status & (0x400 | FP_IE)) && host->st0.se == 0x3fff;
    u64 d = distance(pushed ? host->st1 : host->st0, sim->st0);
    s->at[d < SPREAD ? d : SPREAD]++;
    return d <= NEAR;
}

static void run_op(struct run *t, const struct fp_op *op)
{
    struct fp_gen g = { t->seed * 0x9e3779b97f4a7c15ull + (u64)(op - fp_ops) + 1 };
    u64 failures = 0;
    struct spread s = { .at = { 0 } };
    for (u64 i = 0; i < t->count; i++) {
        struct fp_case c;
        struct fp_outcome host = { .status = 0 }, sim = { .status = 0 };
        fp_gen_case(&g, op, &c);
        memset(host.memory, 0xa5, sizeof(host.memory));
        memset(sim.memory, 0xa5, sizeof(sim.memory));
        op->host(&c, &host);
        simulate(op, &c, &sim);
        if (!fp_is_defined(op, &c))
            continue;
        if (op->approximate ? is_near(op, &c, &host, &sim, &s) : agree(op, &c, &host, &sim))
            continue;
        if (failures++ < t->show) {
            print_case(op, &c);
            print_outcome("host", &host);
            print_outcome("sim", &sim);
        }
    }
    printf("%-10s %llu cases, %llu differ\n", op->name, (unsigned long long)t->count,
           (unsigned long long)failures);
    if (op->approximate)
        print_spread(&s);
    t->failures += failures;
}

static bool take_option(struct run *t, const char *name, const char *value)
{
    if (!strcmp(name, "--seed"))
        t->seed = strtoull(value, NULL, 0);
    else if (!strcmp(name, "--count"))
        t->count = strtoull(value, NULL, 0);
    else if (!strcmp(name, "--only"))
        t->only = value;
    else if (!strcmp(name, "--show"))
        t->show = (unsigned)strtoul(value, NULL, 0);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct run t = { .seed = 1, .count = 200000, .show = 3 };
    unsigned ops = 0;
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !take_option(&t, argv[i], argv[i + 1])) {
            fprintf(stderr, "usage: fp80 [--seed N] [--count N] [--only NAME] [--show N]\n");
            return 2;
        }
    for (unsigned i = 0; i < fp_op_count; i++)
        if (!t.only || !strcmp(t.only, fp_ops[i].name)) {
            run_op(&t, &fp_ops[i]);
            ops++;
        }
    printf("%u operations, %llu differences\n", ops, (unsigned long long)t.failures);
    return t.failures || !ops;
}
