/* silicon - instructions of the simulated processor against the host's own, in 32-bit user mode.
 *
 *   silicon [--seed N] [--count N] [--only OP] [--at NUMBER] [--long] [--show N]
 *
 * Each program (one instruction, or a few) starts from a random state on the host and, twice, on the
 * simulator: by decoded blocks and by the careful rules.  Registers, EFLAGS, memory and the fault must be the
 * same, what undefined.def leaves open apart.  --long: also, no row of undefined.def may be in vain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/silicon/compare.h"
#include "tests/silicon/gen.h"
#include "tests/silicon/process.h"
#include "tests/silicon/report.h"
#include "tests/silicon/sim.h"

enum { SKIP = 77, PAGE_SEED = 0x51, MOST_SHOWN = 40 };

struct run {
    struct process process;
    struct sim sim[WAYS];
    struct gen gen;
    struct result *result[2][WAYS];
    u64 seed, count, at;
    bool one, is_long;
    u32 show, shown;
    u64 compared, faults, failures, unsafe, endless, not_executable;
    u64 op_failures[OP_COUNT + 1], op_count[OP_COUNT + 1];
    u64 forgotten;              /* x87 pointers that the host lost */
    struct need *need;
};

/* ---- which programs may run on the host ---- */

static bool is_open(u32 la)
{
    return la < OPEN_1_END || (la >= OPEN_2 && la < OPEN_2_END);
}

/* An undefined opcode of the simulator may be one that the host knows. */
static bool ended_in_excluded(const struct job *j, const struct result *r)
{
    u32 at = r->eip - j->eip;
    return (r->vector == VEC_UD || r->vector == VEC_NM) && at < j->code_len &&
           gen_excluded(j->code + at, j->code_len - at);
}

/* Memory of the host's process, Linux's system call, 64-bit mode, a stack that is not flat. */
static bool is_unsafe(const struct job *j, const struct result *r)
{
    if (r->vector == VEC_PF && !is_open(r->cr2))
        return true;
    if (!is_open(r->eip) || (r->seg[CS] & ~7u) == (SEL_CODE64 & ~7u))
        return true;
    if (r->vector == VEC_GP && r->error == (0x80 << 3 | 2))
        return true;
    return ended_in_excluded(j, r);
}

static void simulate(struct run *t, struct job *j, struct result *r[WAYS])
{
    enum outcome how = sim_run(&t->sim[BY_BLOCKS], j, r[BY_BLOCKS]);
    sim_digest(&t->sim[BY_BLOCKS], r[BY_BLOCKS]);
    if (how == SIM_ENDLESS) {
        t->endless++;
        j->skip = 1;
    } else if (is_unsafe(j, r[BY_BLOCKS])) {
        t->unsafe++;
        j->skip = 1;
    } else {
        (void)sim_run(&t->sim[BY_RULES], j, r[BY_RULES]);
        sim_digest(&t->sim[BY_RULES], r[BY_RULES]);
    }
}

/* ---- batches ---- */

static void prepare_pages(struct run *t, struct batch *b, u64 number)
{
    for (unsigned p = 0; p < PAGES_WRITABLE; p++)
        gen_page(t->seed * 1000003 + number * 8 + p, b->page[p]);
    t->gen.page = (const u8(*)[4096])b->page;
    for (unsigned way = 0; way < WAYS; way++)
        sim_begin(&t->sim[way], b);
}

static void prepare(struct run *t, unsigned which, u64 number)
{
    struct batch *b = &t->process.shared->batch[which];
    u64 first = number * BATCH, left = t->count > first ? t->count - first : 0;
    prepare_pages(t, b, number);
    b->count = t->one ? 1 : left < BATCH ? (u32)left : BATCH;
    for (u32 i = 0; i < b->count; i++) {
        gen_job(&t->gen, t->seed, t->one ? t->at : first + i, &b->job[i]);
        struct result *r[WAYS] = { &t->result[which][BY_BLOCKS][i], &t->result[which][BY_RULES][i] };
        simulate(t, &b->job[i], r);
    }
}

/* Paging without NX has no bit for fetches; with it, data pages are not executed. */
static bool normalize(struct result *host)
{
    if (host->vector == VEC_PF && (host->error & PF_FETCH)) {
        if (host->error & PF_PRESENT)
            return false;
        host->error &= ~(u32)PF_FETCH;
    }
    return true;
}

static enum op op_of(const struct job *j)
{
    struct insn in;
    return j->items == 1 && decode(j->code + j->item[0], INSN_MAX, true, &in) == DECODE_OK ? (enum op)in.op : OP_COUNT;
}

/* A host that is interrupted between the instruction and FNSAVE switches processes: AMD processors then
 * save no pointers of an x87 without a pending exception.  Alone the program is the same. */
static bool forgotten(struct run *t, enum op op)
{
    if (!op_is_fpu(op))
        return false;
    t->failures--;
    t->op_failures[op]--;
    t->forgotten++;
    return true;
}

/* ---- a failure again, alone, and smaller ---- */

static bool alone(struct run *t, const struct batch *from, const struct job *j, struct outcome_pair *p)
{
    struct batch *b = &t->process.shared->batch[BATCH_ALONE];
    memcpy(b->page, from->page, sizeof b->page);
    b->count = 1;
    b->job[0] = *j;
    b->job[0].skip = 0;
    for (unsigned way = 0; way < WAYS; way++) {
        sim_begin(&t->sim[way], b);
        if (sim_run(&t->sim[way], j, &p->sim[way]) == SIM_ENDLESS || is_unsafe(j, &p->sim[way]))
            return false;
        sim_pages(&t->sim[way], p->sim_page[way]);
        sim_digest(&t->sim[way], &p->sim[way]);
    }
    process_start(&t->process, BATCH_ALONE);
    process_wait(&t->process, BATCH_ALONE);
    p->host = b->result[0];
    memcpy(p->host_page, b->after, sizeof p->host_page);
    bool differs = normalize(&p->host);
    for (unsigned way = 0; way < WAYS; way++)
        p->diff[way] = differs ? compare(j, &p->host, &p->sim[way], NULL) : 0;
    return p->diff[BY_BLOCKS] || p->diff[BY_RULES];
}

/* The program without instruction n. */
static struct job without(const struct job *j, unsigned n)
{
    struct job smaller = *j;
    unsigned at = j->item[n], end = n + 1u < j->items ? j->item[n + 1] : j->code_len - 5u;
    memmove(smaller.code + at, j->code + end, j->code_len - end);
    smaller.code_len -= (u8)(end - at);
    smaller.items--;
    for (unsigned i = n; i < smaller.items; i++)
        smaller.item[i] = (u8)(j->item[i + 1] - (end - at));
    u32 rel = EXIT_AT - (smaller.eip + smaller.code_len);
    memcpy(smaller.code + smaller.code_len - 4, &rel, 4);
    return smaller;
}

static void explain(struct run *t, unsigned which, u32 i, u64 number)
{
    static struct outcome_pair p, kept; /* large */
    const struct batch *b = &t->process.shared->batch[which];
    struct job best = b->job[i];
    if (!alone(t, b, &best, &kept)) {
        if (forgotten(t, op_of(&best)))
            return;
        printf("--seed %llu --at %llu: differs only among others\n", (unsigned long long)t->seed,
               (unsigned long long)number);
        kept.host = b->result[i];
        for (unsigned way = 0; way < WAYS; way++)
            kept.sim[way] = t->result[which][way][i];
    }
    for (unsigned n = 0; n < best.items && best.items > 1;) {
        struct job smaller = without(&best, n);
        if (alone(t, b, &smaller, &p)) {
            best = smaller;
            kept = p;
            n = 0;
        } else {
            n++;
        }
    }
    report(t->seed, number, &best, b, &kept);
}

static bool same(struct run *t, const struct job *j, const struct result *host, unsigned which, u32 i)
{
    u32 by_blocks = compare(j, host, &t->result[which][BY_BLOCKS][i], t->need);
    u32 by_rules = compare(j, host, &t->result[which][BY_RULES][i], NULL);
    return !by_blocks && !by_rules;
}

/* Which of the batch failed; they are shown later, when the host's process is idle. */
static u32 judge(struct run *t, unsigned which, u32 failed[MOST_SHOWN])
{
    struct batch *b = &t->process.shared->batch[which];
    u32 found = 0;
    for (u32 i = 0; i < b->count; i++) {
        struct result host = b->result[i];
        if (b->job[i].skip)
            continue;
        if (!normalize(&host)) {
            t->not_executable++;
            continue;
        }
        enum op op = op_of(&b->job[i]);
        t->compared++;
        t->op_count[op]++;
        t->faults += host.cr2 != EXIT_AT || host.eip != EXIT_AT;
        if (same(t, &b->job[i], &host, which, i))
            continue;
        t->failures++;
        t->op_failures[op]++;
        if (t->shown < MOST_SHOWN && t->op_failures[op] <= t->show) {
            failed[found++] = i;
            t->shown++;
        }
    }
    return found;
}

static void show(struct run *t, unsigned which, u64 first, const u32 *failed, u32 found)
{
    for (u32 i = 0; i < found; i++)
        explain(t, which, failed[i], t->one ? t->at : first + failed[i]);
}

/* The host runs one batch while the simulator prepares the next. */
static void run_all(struct run *t)
{
    u64 number = t->one ? t->at / BATCH : 0, end = t->one ? number + 1 : (t->count + BATCH - 1) / BATCH;
    unsigned which = 0;
    u32 failed[MOST_SHOWN];
    prepare(t, which, number);
    for (; number < end; number++, which = !which) {
        process_start(&t->process, which);
        if (number + 1 < end)
            prepare(t, !which, number + 1);
        process_wait(&t->process, which);
        show(t, which, number * BATCH, failed, judge(t, which, failed));
    }
}

/* ---- the end ---- */

static bool host_is(const char *vendor)
{
#if defined __x86_64__ || defined __i386__
    return !strcmp(vendor, "AMD") ? __builtin_cpu_is("amd") : __builtin_cpu_is("intel");
#else
    (void)vendor;
    return false;
#endif
}

static bool rows_in_vain(const struct run *t)
{
    bool vain = false;
    for (unsigned i = 0; i < undefined_rows; i++) {
        const struct undefined *u = &undefined_row[i];
        bool needed = t->need[i].times && t->need[i].flags == u->flags;
        if (needed || !host_is(u->host))
            continue;
        printf("undefined.def: row %u (%s): needed %llu times, flags %x of %x\n", i + 1, op_info[u->op].text,
               (unsigned long long)t->need[i].times, t->need[i].flags, u->flags);
        vain = true;
    }
    return vain;
}

/* Operations that CPL 3 can execute or be refused, and that excluded.def leaves, but never came. */
static bool never_came(const struct run *t)
{
    static const u16 absent[] = { OP_INT1, OP_SYSENTER, OP_SYSEXIT, OP_SGDT, OP_SIDT, OP_SLDT, OP_STR, OP_SMSW,
                                  OP_RDTSC, OP_CPUID, OP_FXSAVE, OP_FXRSTOR };
    bool missing = false;
    for (unsigned op = 0; op < OP_VMCALL; op++) {
        bool expected = t->op_count[op] == 0;
        for (unsigned i = 0; i < COUNT(absent); i++)
            expected = expected && op != absent[i];
        expected = expected && !(op_is_fpu(op) && !gen_is_x87((int)op));
        if (expected)
            printf("never compared: %s\n", op_info[op].text);
        missing = missing || expected;
    }
    return missing;
}

static void summarize(const struct run *t)
{
    for (unsigned op = 0; op <= OP_COUNT; op++)
        if (t->op_failures[op])
            printf("%-12s %llu of %llu differ\n", op < OP_COUNT ? op_info[op].text : "(others)",
                   (unsigned long long)t->op_failures[op], (unsigned long long)t->op_count[op]);
    printf("seed %llu: kept from the host %llu, endless %llu, in data pages %llu; %llu ended early\n",
           (unsigned long long)t->seed, (unsigned long long)t->unsafe, (unsigned long long)t->endless,
           (unsigned long long)t->not_executable, (unsigned long long)t->faults);
    if (t->forgotten)
        printf("x87 pointers lost by the host between two instructions: %llu\n", (unsigned long long)t->forgotten);
    if (!t->process.shared->low_mapped)
        printf("the host maps nothing below 64 KB: 16-bit addresses only fault\n");
    if (!t->process.shared->ldt_loaded)
        printf("the host has no modify_ldt: flat segments only\n");
    printf("silicon: %llu programs compared, %llu differ\n", (unsigned long long)t->compared,
           (unsigned long long)t->failures);
}

static int op_named(const char *name)
{
    static const char *const ids[] = {
#define I(id, text, who, rd, wr, exit, ends, direct) #id,
#include "sim/api/insn.def"
#undef I
    };
    for (int op = 0; op < OP_COUNT; op++)
        if (!strcasecmp(name, ids[op]))
            return op;
    fprintf(stderr, "silicon: no operation %s: names are those of sim/api/insn.def\n", name);
    exit(2);
}

static void options(struct run *t, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (!strcmp(argv[i], "--long")) {
            t->is_long = true;
            continue;
        }
        if (!strcmp(argv[i], "--seed"))
            t->seed = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "--count"))
            t->count = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "--show"))
            t->show = (u32)strtoul(value, NULL, 0);
        else if (!strcmp(argv[i], "--only"))
            t->gen.only = op_named(value);
        else if (!strcmp(argv[i], "--at"))
            t->one = true, t->at = strtoull(value, NULL, 0);
        else {
            fprintf(stderr, "usage: silicon [--seed N] [--count N] [--only OP] [--at NUMBER] [--long]\n");
            exit(2);
        }
        i++;
    }
}

static bool open_all(struct run *t)
{
    struct shared *s = t->process.shared;
    gen_page(PAGE_SEED, s->read_only);
    t->gen.low = s->low_mapped;
    t->gen.ldt = s->ldt_loaded;
    t->gen.read_only = s->read_only;
    t->need = calloc(undefined_rows + 1, sizeof *t->need);
    for (unsigned i = 0; i < 2 * WAYS; i++)
        t->result[i / WAYS][i % WAYS] = calloc(BATCH, sizeof(struct result));
    return sim_init(&t->sim[BY_BLOCKS], BY_BLOCKS, s) && sim_init(&t->sim[BY_RULES], BY_RULES, s);
}

int main(int argc, char **argv)
{
    static struct run t;
    char program[4096];
    t = (struct run){ .seed = 1, .count = 100000, .show = 2, .gen = { .only = -1 } };
    options(&t, argc, argv);
    snprintf(program, sizeof program, "%s-host", argv[0]);
    const char *why = process_open(&t.process, program);
    if (why) {
        printf("silicon: skipped: %s\n", why);
        return SKIP;
    }
    if (!open_all(&t))
        return 2;
    run_all(&t);
    bool vain = t.is_long && rows_in_vain(&t);
    vain = (t.is_long && never_came(&t)) || vain;
    summarize(&t);
    process_close(&t.process);
    for (unsigned way = 0; way < WAYS; way++)
        sim_free(&t.sim[way]);
    return t.failures || vain;
}
