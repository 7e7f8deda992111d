/* Stores into decoded code (sim/icache_store.c): which blocks are mended in place, which are built anew, which are
 * given up, which are left alone.  What mended blocks do at every place of a block: test_mend.c. */
#include "tests/unit/two_ways.h"

#include "sim/icache_impl.h"

enum { ROOM = 16, LAPS = 30 };

/* A loop: `before`, then inc %edx; dec %edi; jnz to its begin.  After some laps the first instructions become
 * `after`. */
struct change { const char *name; u8 len; u8 before[ROOM], after[ROOM]; bool mended; };

static const struct change changes[] = {
    { "mov immediate", 5, { 0xbb, 1, 0, 0, 0 }, { 0xbb, 9, 8, 7, 6 }, true },
    { "mov byte immediate", 2, { 0xb3, 1 }, { 0xb3, 0xff }, true },
    { "mov to memory: displacement and immediate", 10, { 0xc7, 0x05, 0, 0x80, 0, 0, 1, 2, 3, 4 },
      { 0xc7, 0x05, 4, 0x81, 0, 0, 5, 6, 7, 8 }, true },
    { "mov from memory, [esi + disp8]", 3, { 0x8b, 0x5e, 4 }, { 0x8b, 0x5e, 0xf8 }, true },
    { "lea", 3, { 0x8d, 0x5e, 4 }, { 0x8d, 0x5e, 0x7f }, true },
    { "movzx", 7, { 0x0f, 0xb6, 0x1d, 0, 0x80, 0, 0 }, { 0x0f, 0xb6, 0x1d, 3, 0x80, 0, 0 }, true },
    { "push immediate", 6, { 0x68, 1, 2, 3, 4, 0x5b }, { 0x68, 9, 8, 7, 6, 0x5b }, true },
    { "add, flags unseen", 5, { 0x83, 0xc3, 5, 0x01, 0xc0 }, { 0x83, 0xc3, 0xfb, 0x01, 0xc0 }, true },
    { "add, flags seen by setc", 6, { 0x83, 0xc3, 5, 0x0f, 0x92, 0xc0 }, { 0x83, 0xc3, 0xfb, 0x0f, 0x92, 0xc0 },
      true },
    { "adc", 3, { 0x83, 0xd3, 5 }, { 0x83, 0xd3, 0xff }, true },
    { "cmp and jcc in one: the immediate", 6, { 0x83, 0xfa, 3, 0x72, 1, 0x43 }, { 0x83, 0xfa, 7, 0x72, 1, 0x43 },
      true },
    { "jcc: where it goes", 7, { 0x83, 0xfa, 3, 0x77, 1, 0x43, 0x46 }, { 0x83, 0xfa, 3, 0x77, 2, 0x43, 0x46 },
      true },
    { "jmp: where it goes", 4, { 0xeb, 1, 0x43, 0x46 }, { 0xeb, 2, 0x43, 0x46 }, true },
    { "call: where it goes", 9, { 0xe8, 1, 0, 0, 0, 0x43, 0x5b, 0x90, 0x90 },
      { 0xe8, 0, 0, 0, 0, 0x43, 0x5b, 0x90, 0x90 }, true },
    { "the same bytes again", 5, { 0xbb, 1, 0, 0, 0 }, { 0xbb, 1, 0, 0, 0 }, true },
    { "another register", 5, { 0xbb, 1, 0, 0, 0 }, { 0xb8, 1, 0, 0, 0 }, false },
    { "another operation", 3, { 0x83, 0xc3, 5 }, { 0x83, 0xeb, 5 }, false },
    { "another base", 3, { 0x8b, 0x5e, 4 }, { 0x8b, 0x59, 4 }, false },
    { "another segment", 4, { 0x3e, 0x8b, 0x5e, 4 }, { 0x36, 0x8b, 0x5e, 4 }, false },
    { "another size", 6, { 0x66, 0x90, 0xb3, 1, 0x90, 0x90 }, { 0x66, 0xbb, 1, 2, 0x90, 0x90 }, false },
    { "another condition", 3, { 0x77, 1, 0x43 }, { 0x72, 1, 0x43 }, false },
    { "a shift's count decides of its flags", 3, { 0xc1, 0xe3, 4 }, { 0xc1, 0xe3, 0 }, false },
    { "one instruction becomes two", 2, { 0xb3, 0x43 }, { 0x46, 0x43 }, false },
    { "two become one", 2, { 0x46, 0x43 }, { 0xb3, 0x43 }, false },
    { "what becomes undefined", 2, { 0xb3, 1 }, { 0x0f, 0x0b }, false },
    { "what is done by the rules", 3, { 0xb3, 1, 0x90 }, { 0x0f, 0xa2, 0x90 }, false },
};

static struct hw *begin(const struct change *c, bool careful)
{
    u8 code[ROOM + 4] = { 0 };
    memcpy(code, c->before, c->len);
    memcpy(code + c->len, "\x42\x4f\x75", 3);
    code[c->len + 3] = (u8)-(c->len + 4);
    struct hw *m = new_machine(careful, code, c->len + 4u, 1);
    m->arch->reg[EBP] = DATA + 0x300;
    return m;
}

static void run(struct hw *m, u64 steps)
{
    const struct limits limits = { m->state->step + steps, UINT64_MAX };
    machine_run(m, &limits);
}

/* From the first byte that is another to the last one. */
static void store_changes(struct hw *m, const struct change *c)
{
    u32 from = 0, to = c->len;
    while (from + 1 < to && c->before[from] == c->after[from])
        from++;
    while (to > from + 1 && c->before[to - 1] == c->after[to - 1])
        to--;
    machine_poke(m, CODE + from, c->after + from, to - from);
}

/* False in builds that have none to look at (tests/variant.sh). */
static bool has_blocks(const struct hw *m) { return !m->config.drop_caches && !m->config.one_insn_blocks; }

static void change_one(const struct change *c, u32 n, u64 lap)
{
    struct hw *m = begin(c, false), *rules = begin(c, true);
    run(m, lap);
    run(rules, lap);
    u32 built = m->icache->block_used;
    u64 drops = m->icache->drops;
    store_changes(m, c);
    store_changes(rules, c);
    run(m, LAPS);
    run(rules, LAPS);
    compare(m, rules, n, m->state->step);
    if (has_blocks(m) && m->icache->drops == drops && lap % 100 == 0) {
        bool same = m->icache->block[1].live;
        if (same != c->mended)
            printf("\n  %s: blocks %u, then %u ", c->name, built, m->icache->block_used);
        CU_ASSERT_EQUAL(same, c->mended);
    }
    free_machine(m);
    free_machine(rules);
}

/* Stopped in each place of the loop, also in the middle of it. */
static void mended_or_anew(void)
{
    for (u32 i = 0; i < COUNT(changes); i++)
        for (u64 lap = 100; lap < 108; lap++)
            change_one(&changes[i], i, lap);
}

/* A block that is stored into again and again without being run is given up, not kept for ever. */
static void given_up(void)
{
    struct hw *m = begin(&changes[0], false);
    run(m, 100);
    CU_ASSERT(!has_blocks(m) || icache_has_code(m, CODE));
    for (u32 i = 0; i < 2 * STALE_MAX; i++) {
        u8 byte = (u8)i;
        machine_poke(m, CODE + 1, &byte, 1);
    }
    CU_ASSERT(!icache_has_code(m, CODE));
    run(m, 4);
    CU_ASSERT_EQUAL(m->arch->reg[EBX], 2 * STALE_MAX - 1);
    machine_poke(m, CODE + 1, "\x77", 1); /* what is run now is not what was given up */
    run(m, 4);
    CU_ASSERT_EQUAL(m->arch->reg[EBX], 0x77);
    free_machine(m);
}

/* A store beside a block, in the same granule, leaves it alone; one across the border of pages hits both. */
static void neighbours(void)
{
    struct hw *m = begin(&changes[0], false);
    u8 bytes[8] = { 0 };
    run(m, 100);
    u32 built = m->icache->block_used;
    machine_poke(m, CODE + changes[0].len + 4, bytes, 8);
    machine_poke(m, CODE - 4, bytes, 4);
    run(m, 100);
    CU_ASSERT(!has_blocks(m) || m->icache->block_used == built);
    CU_ASSERT(!has_blocks(m) || m->icache->block[1].live);
    bytes[4] = 0xbb, bytes[5] = 7;
    machine_poke(m, CODE - 4, bytes, 8);
    CU_ASSERT(!has_blocks(m) || !m->icache->block[1].live);
    run(m, 4 + 4);
    CU_ASSERT_EQUAL(m->arch->reg[EBX], 7);
    free_machine(m);
}

/* Six bytes with an immediate in them, in the same operation in different places. */
struct six { u8 bytes[6], imm, imm_len; };
static const struct six sixes[] = {
    { { 0x81, 0xc3, 1, 2, 3, 4 }, 2, 4 },          /* add $0x04030201, %ebx */
    { { 0x2e, 0x2e, 0x2e, 0x83, 0xc3, 5 }, 5, 1 }, /* add $5, %ebx, behind three prefixes */
    { { 0x66, 0x81, 0xc3, 1, 2, 0x90 }, 3, 2 },    /* add $0x0201, %bx; nop */
    { { 0x80, 0xc3, 7, 0x80, 0xc3, 9 }, 2, 1 },    /* add $7, %bl; add $9, %bl */
    { { 0xbb, 1, 2, 3, 4, 0x90 }, 1, 4 },          /* mov $0x04030201, %ebx; nop */
};

/* A loop of two of them; another form in one of them, or bytes of its immediate, with laps between or none. */
static void one_change_after_another(void)
{
    enum { LEN = 12, CHANGES = 4000 };
    struct change c = { .len = LEN };
    const struct six *at[2] = { &sixes[0], &sixes[COUNT(sixes) - 1] };
    memcpy(c.before, at[0]->bytes, 6);
    memcpy(c.before + 6, at[1]->bytes, 6);
    struct hw *m = begin(&c, false), *rules = begin(&c, true);
    seed = 20061021;
    for (u32 n = 0; n < CHANGES; n++) {
        u32 i = draw(2), from = draw(at[i]->imm_len), len = 1 + draw(at[i]->imm_len - from), value = draw(1 << 24);
        u32 pa = CODE + 6 * i + at[i]->imm + from;
        const u8 *bytes = (const u8 *)&value;
        if (draw(8) == 0) {
            at[i] = &sixes[draw(COUNT(sixes))];
            bytes = at[i]->bytes;
            pa = CODE + 6 * i;
            len = 6;
            m->arch->eip = rules->arch->eip = CODE; /* not into the middle of the new one */
        }
        machine_poke(m, pa, bytes, len);
        machine_poke(rules, pa, bytes, len);
        m->arch->reg[EDI] = rules->arch->reg[EDI] = LAPS;
        u64 steps = draw(3) * draw(8);
        run(m, steps);
        run(rules, steps);
        compare(m, rules, n, m->state->step);
    }
    CU_ASSERT(m->arch->eip - CODE < ROOM); /* it is still in its loop */
    free_machine(m);
    free_machine(rules);
}

static const struct unit_case cases[] = {
    { "mended, or built anew", mended_or_anew },
    { "given up after many stores", given_up },
    { "stores beside a block", neighbours },
    { "one change after another", one_change_after_another },
};
UNIT_MAIN("icache store", cases)
