/* The counter: the NMI comes before the instruction whose weight would pass the limit
 * (docs/counter.md).  A hand-filled cache, every limit, every way to run. */
#include "tests/unit/tiny.h"

enum { MOST = 64 };
struct program {
    u8 code[MOST];
    u8 len[MOST];     /* of instruction i */
    u8 weight[MOST];
    u8 shadow[MOST];  /* instruction i leaves the MOV SS shadow behind */
    unsigned count, bytes;
};

static void add(struct program *p, const u8 *code, u8 len, u8 weight, bool shadow)
{
    memcpy(p->code + p->bytes, code, len);
    p->len[p->count] = len;
    p->weight[p->count] = weight;
    p->shadow[p->count] = shadow;
    p->bytes += len;
    p->count++;
}
#define ADD(p, weight, shadow, ...) \
    add(p, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }), weight, shadow)

/* Where the NMI must be: the first instruction that would pass, unless a MOV SS stands before it. */
static unsigned due(const struct program *p, u64 limit, u64 *count)
{
    *count = 0;
    for (unsigned i = 0; i < p->count; i++) {
        bool held = i > 0 && p->shadow[i - 1];
        if (*count + p->weight[i] > limit && !held)
            return i;
        *count += p->weight[i];
    }
    return p->count;
}

static u32 offset_of(const struct program *p, unsigned index)
{
    u32 at = 0;
    for (unsigned i = 0; i < index; i++)
        at += p->len[i];
    return at;
}

static void load(struct tiny *t, const struct program *p, struct machine_config config)
{
    static const u8 end[] = { 0xcd, 0x80 }; /* int 80h, weight 0 */
    config.monitored = true;
    tiny_open(t, config, 1, TINY_CACHE);
    machine_poke(&t->hw, TINY_CACHE, p->code, p->bytes);
    machine_poke(&t->hw, TINY_CACHE + p->bytes, end, sizeof end);
    for (unsigned i = 0; i < p->count; i++)
        machine_poke(&t->hw, TINY_WEIGHTS + offset_of(p, i), &p->weight[i], 1);
    hw_wrmsr(&t->hw, MSR_TC_BASE, TINY_CACHE);
    hw_wrmsr(&t->hw, MSR_TC_WEIGHTS, TINY_WEIGHTS);
    hw_wrmsr(&t->hw, MSR_TC_SIZE, PAGE_SIZE);
}

/* Run to the window, in pieces of `piece` steps. */
static void to_window(struct tiny *t, u64 piece)
{
    for (unsigned i = 0; i < 1000; i++) {
        tiny_run(t, piece);
        if (t->stop.kind != STOP_STEP)
            return;
    }
}

static void expect(struct tiny *t, const struct program *p, u64 limit)
{
    u64 count;
    unsigned at = due(p, limit, &count);
    CU_ASSERT_EQUAL(t->stop.kind, STOP_NATIVE);
    CU_ASSERT_EQUAL(t->hw.state->count, count);
    if (at == p->count) { /* the limit is not passed: the end is reached, before NMI if over */
        CU_ASSERT_TRUE(t->stop.arg == 0x80 || (t->stop.arg == VEC_NMI && count > limit));
        return;
    }
    CU_ASSERT_EQUAL(t->stop.arg, VEC_NMI);
    CU_ASSERT_EQUAL(tiny_frame(t, 0), TINY_CACHE + offset_of(p, at));
}

static const struct machine_config ways[] = {
    { 0 }, { .one_insn_blocks = true }, { .drop_caches = true }, { .coherent_tlb = true },
};

static void every_limit(const struct program *p)
{
    u64 total = 0;
    for (unsigned i = 0; i < p->count; i++)
        total += p->weight[i];
    for (unsigned way = 0; way < COUNT(ways); way++)
        for (u64 limit = 0; limit <= total + 1; limit++)
            for (u64 piece = 1; piece <= 1000; piece = piece == 1 ? 7 : piece * 150) {
                struct tiny t;
                load(&t, p, ways[way]);
                hw_wrmsr(&t.hw, MSR_COUNT_LIMIT, limit);
                to_window(&t, piece);
                expect(&t, p, limit);
                tiny_close(&t);
            }
}

static void plain_weights(void)
{
    static const u8 weights[] = { 1, 0, 2, 15, 1, 1, 0, 0, 3, 1, 0, 15, 2 };
    struct program p = { 0 };
    for (unsigned i = 0; i < sizeof weights; i++)
        ADD(&p, weights[i], false, 0x40); /* inc eax */
    every_limit(&p);
}

static void mixed_lengths(void)
{
    struct program p = { 0 };
    ADD(&p, 1, false, 0xb8, 1, 0, 0, 0);                      /* mov eax, 1 */
    ADD(&p, 0, false, 0xa3, 0x00, 0x10, 0x04, 0x00);          /* mov [41000h], eax */
    ADD(&p, 2, false, 0x03, 0x05, 0x00, 0x10, 0x04, 0x00);    /* add eax, [41000h] */
    ADD(&p, 1, false, 0x50);                                  /* push eax */
    ADD(&p, 15, false, 0x59);                                 /* pop ecx */
    ADD(&p, 0, false, 0xeb, 0x00);                            /* jmp next */
    ADD(&p, 1, false, 0x9c);                                  /* pushf */
    ADD(&p, 1, false, 0x9d);                                  /* popf */
    ADD(&p, 1, false, 0x48);                                  /* dec eax */
    ADD(&p, 1, false, 0x75, 0x00);                            /* jne next */
    ADD(&p, 2, false, 0x40);
    every_limit(&p);
}

static void mov_ss(void)
{
    struct program p = { 0 };
    ADD(&p, 1, false, 0x66, 0x8c, 0xd0); /* mov ax, ss */
    ADD(&p, 1, true, 0x8e, 0xd0);         /* mov ss, ax: nothing is taken before the next one */
    ADD(&p, 1, false, 0x89, 0xe4);        /* mov esp, esp */
    ADD(&p, 2, false, 0x41);
    ADD(&p, 0, false, 0x41);
    ADD(&p, 1, true, 0x8e, 0xd0);
    ADD(&p, 15, false, 0x41);
    ADD(&p, 0, false, 0x41);
    ADD(&p, 1, false, 0x41);
    every_limit(&p);
}

/* REP: each iteration counts; the NMI stands on the instruction with the rest of the count in ECX. */
static void rep_iterations(void)
{
    for (unsigned way = 0; way < COUNT(ways); way++)
        for (u32 weight = 0; weight <= 3; weight++)
            for (u64 limit = 0; limit < 45; limit++) {
                struct program p = { 0 };
                struct tiny t;
                ADD(&p, 1, false, 0xfc);                   /* cld */
                ADD(&p, (u8)weight, false, 0xf3, 0xa4);    /* rep movsb */
                load(&t, &p, ways[way]);
                t.hw.arch->reg[ECX] = 12;
                t.hw.arch->reg[ESI] = TINY_DATA;
                t.hw.arch->reg[EDI] = TINY_DATA + 0x100;
                hw_wrmsr(&t.hw, MSR_COUNT_LIMIT, limit);
                to_window(&t, limit % 2 ? 1 : 1000);
                u64 fits = limit == 0 ? 0 : weight ? (limit - 1) / weight : 12;
                u32 done = fits < 12 ? (u32)fits : 12;
                CU_ASSERT_EQUAL(t.stop.arg, limit && done == 12 ? 0x80 : VEC_NMI);
                CU_ASSERT_EQUAL(t.hw.arch->reg[ECX], 12 - done);
                CU_ASSERT_EQUAL(t.hw.arch->reg[EDI], TINY_DATA + 0x100 + done);
                CU_ASSERT_EQUAL(t.hw.state->count, limit ? 1 + done * weight : 0);
                tiny_close(&t);
            }
}

/* Outside the cache every instruction at CPL > 0 counts one, and none at CPL 0. */
static void outside_the_cache(void)
{
    for (unsigned cpl = 0; cpl <= 3; cpl += cpl ? 2 : 1)
        for (u64 limit = 0; limit < 10; limit++) {
            struct tiny t;
            static const u8 code[] = { 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0xcd, 0x80 };
            tiny_open(&t, (struct machine_config){ .monitored = true }, cpl, TINY_CODE);
            machine_poke(&t.hw, TINY_CODE, code, sizeof code);
            hw_wrmsr(&t.hw, MSR_COUNT_LIMIT, limit);
            to_window(&t, 1000);
            u32 ran = cpl == 0 || limit >= 7 ? 7 : (u32)limit;
            CU_ASSERT_EQUAL(t.stop.arg, ran == 7 ? 0x80 : VEC_NMI);
            CU_ASSERT_EQUAL(t.hw.arch->reg[EAX], ran < 6 ? ran : 6);
            CU_ASSERT_EQUAL(t.hw.state->count, cpl ? ran : 0);
            tiny_close(&t);
        }
}

/* A fault counts nothing, and an NMI due at the same boundary comes first. */
static void faults_count_nothing(void)
{
    for (u64 limit = 1; limit <= 2; limit++) {
        struct tiny t;
        static const u8 code[] = { 0x40, 0xfa, 0x40 }; /* inc eax; cli; inc eax */
        tiny_open(&t, (struct machine_config){ .monitored = true }, 3, TINY_CODE);
        machine_poke(&t.hw, TINY_CODE, code, sizeof code);
        hw_wrmsr(&t.hw, MSR_COUNT_LIMIT, limit);
        to_window(&t, 1000);
        CU_ASSERT_EQUAL(t.stop.arg, limit == 1 ? VEC_NMI : VEC_GP);
        CU_ASSERT_EQUAL(t.hw.state->count, 1);
        tiny_close(&t);
    }
}

/* No second NMI before IRET; after it the next one that is due. */
static void blocked_until_iret(void)
{
    struct program p = { 0 };
    struct tiny t;
    for (unsigned i = 0; i < 6; i++)
        ADD(&p, 1, false, 0x40);
    load(&t, &p, ways[0]);
    for (u64 limit = 2; limit <= 4; limit += 2) {
        hw_wrmsr(&t.hw, MSR_COUNT_LIMIT, limit);
        to_window(&t, 1000);
        CU_ASSERT_EQUAL(t.stop.arg, VEC_NMI);
        CU_ASSERT_EQUAL(t.hw.arch->reg[EAX], limit);
        CU_ASSERT_EQUAL(t.hw.arch->nmi_blocked, 1);
        to_window(&t, 1000); /* asked again: still at the window, no second frame */
        CU_ASSERT_EQUAL(t.hw.arch->reg[ESP], TINY_STACK - 20);
        hw_iret(&t.hw);
        CU_ASSERT_EQUAL(t.hw.arch->nmi_blocked, 0);
    }
    tiny_close(&t);
}

static const struct unit_case cases[] = {
    { "weights 0, 1, 2, 3, 15 at every limit", plain_weights },
    { "instructions of every kind", mixed_lengths },
    { "the MOV SS shadow", mov_ss },
    { "REP, iteration by iteration", rep_iterations },
    { "outside the cache", outside_the_cache },
    { "faults count nothing", faults_count_nothing },
    { "blocked until IRET", blocked_until_iret },
};

UNIT_MAIN("counter", cases)
