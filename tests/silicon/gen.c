#include "tests/silicon/gen.h"

#include <string.h>

enum { END_JUMP = 5, SEQUENCE = 8 };

/* ---- drawing (splitmix64) ---- */

static u64 next64(u64 *state)
{
    u64 z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

u32 gen_draw(struct gen *g, u32 below)
{
    return (u32)((next64(&g->state) >> 32) * below >> 32);
}

static u32 word(u64 *state)
{
    static const u32 edge[] = { 0, 1, 0xff, 0x7f, 0x80, 0xffff, 0x7fff, 0x8000, 0xffffffffu, 0x7fffffff,
                                0x80000000u, 0x99, 0x9999, 0x10, 31, 32 };
    u64 r = next64(state);
    u32 kind = (u32)r & 7, value = (u32)(r >> 32);
    if (kind == 0)
        return edge[value % COUNT(edge)];
    if (kind == 1)
        return value & 0xff;
    if (kind == 2)
        return (u32)(s32)(s8)value;
    return value;
}

u32 gen_value(struct gen *g) { return word(&g->state); }

void gen_page(u64 seed, u8 page[4096])
{
    for (u32 i = 0; i < 4096; i += 4) {
        u32 w = word(&seed);
        memcpy(page + i, &w, 4);
    }
}

u8 gen_memory(const struct gen *g, u32 la)
{
    for (unsigned p = 0; p < PAGES_WRITABLE; p++)
        if (la - page_at[p] < 4096)
            return g->page[p][la - page_at[p]];
    return la - page_at[PAGE_READ_ONLY] < 4096 ? g->read_only[la - page_at[PAGE_READ_ONLY]] : 0;
}

/* ---- what is not compared ---- */

static const struct exclusion { u8 map, first, last, rows, mods, prefixes; const char *reason; } excluded[] = {
#define X(map, first, last, rows, mods, prefixes, reason) { map, first, last, rows, mods, prefixes, reason },
#include "tests/silicon/excluded.def"
#undef X
};

static u8 prefix_of(u8 byte)
{
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: return PFX_SEG;
    case 0x66: return PFX_OSIZE;
    case 0x67: return PFX_ASIZE;
    case 0xf0: return PFX_LOCK;
    case 0xf2: return PFX_REPNE;
    case 0xf3: return PFX_REP;
    default: return 0;
    }
}

const char *gen_excluded(const u8 *bytes, unsigned count)
{
    unsigned at = 0;
    u8 prefixes = 0, map = 0;
    while (at + 3 < count && prefix_of(bytes[at]))
        prefixes |= prefix_of(bytes[at++]);
    if (at + 3 > count)
        return NULL;
    if (bytes[at] == 0x0f)
        map = 1, at++;
    u8 opcode = bytes[at], modrm = bytes[at + 1];
    if (map == 0 && opcode == 0xcd && modrm == 0x80)
        return "INT 80h is Linux's";
    if (map == 0 && opcode >= 0xd8 && opcode <= 0xdf && (prefixes & PFX_LOCK))
        return NULL; /* undefined, whatever the state */
    for (unsigned i = 0; i < COUNT(excluded); i++) {
        const struct exclusion *x = &excluded[i];
        if (x->map == map && opcode >= x->first && opcode <= x->last && (x->rows >> (modrm >> 3 & 7) & 1) &&
            (x->mods & (modrm >= 0xc0 ? 2 : 1)) && (!x->prefixes || (prefixes & x->prefixes)))
            return x->reason;
    }
    return NULL;
}

/* ---- addresses, selectors, targets ---- */

u32 gen_address(struct gen *g)
{
    u32 at = gen_draw(g, 4096);
    switch (gen_draw(g, 32)) {
    case 0: return DATA_AT + 0x2000 + at;                   /* read-only */
    case 1: return DATA_AT + 0x1ff0 + gen_draw(g, 32);      /* across into it */
    case 2: return DATA_AT - 16 + gen_draw(g, 32);          /* across out of absent memory */
    case 3: return DATA_AT + 0x2ff0 + gen_draw(g, 32);
    case 4: return DATA_AT + 0x3000 + at;                   /* absent */
    case 5: return DATA_AT + 0xff0 + gen_draw(g, 32);       /* across two pages */
    case 6: return CODE_AT + at;
    case 7: return STACK_AT + at;
    case 8: return g->low ? LOW_AT + at : DATA_AT + at;
    case 9: return DATA_AT - 0x100000 + gen_draw(g, 0x200000);
    default: return DATA_AT + (gen_draw(g, 0x2000) & (gen_draw(g, 2) ? ~3u : ~0u));
    }
}

u16 gen_selector(struct gen *g)
{
    static const u16 common[] = { 0, 1, 2, 3, SEL_CODE, SEL_DATA, SEL_DATA, SEL_DATA, 0x20, 0x28, 0x10, 0x18,
                                  0x08, 0x80, 0x8b, 0xfff3, 0x40, 0x50, 0x47, 0x4f, 0xffff };
    if (g->ldt && gen_draw(g, 2))
        return (u16)(LDT_SEL(gen_draw(g, LDT_ROWS)) - gen_draw(g, 4));
    return common[gen_draw(g, COUNT(common))];
}

/* Not into the middle of the program: what would run there was not chosen. */
static u32 clear_of(u32 eip, u32 target)
{
    return target - eip < INSN_MAX + END_JUMP ? target + INSN_MAX + END_JUMP : target;
}

u32 gen_target(struct gen *g, u32 eip)
{
    switch (gen_draw(g, 8)) {
    case 0: return gen_address(g);
    case 1: return EXIT_AT;
    case 2: return gen_draw(g, 0x10000);
    case 3: return clear_of(eip, eip + gen_draw(g, 64));
    default: return clear_of(eip, CODE_AT + gen_draw(g, 4096));
    }
}

/* ---- the state a program starts with ---- */

/* Null is 0 here: Linux forgets the RPL of null selectors when it switches processes. */
static u16 starting_segment(struct gen *g)
{
    static const u8 row[] = { LDT_DATA, LDT_READ_ONLY, LDT_DOWN, LDT_DOWN16, LDT_CODE, LDT_LARGE };
    if (g->ldt && gen_draw(g, 4))
        return LDT_SEL(row[gen_draw(g, COUNT(row))]);
    return gen_draw(g, 2) ? SEL_DATA : 0;
}

static u32 stack_pointer(struct gen *g)
{
    switch (gen_draw(g, 16)) {
    case 0: return STACK_AT + gen_draw(g, 48);
    case 1: return STACK_AT + 4096 - gen_draw(g, 48);
    case 2: return gen_address(g);
    case 3: return STACK_AT + gen_draw(g, 4096);
    default: return STACK_AT + 0x400 + 4 * gen_draw(g, 0x200);
    }
}

static u32 starting_flags(struct gen *g)
{
    u32 flags = (gen_value(g) & FL_ARITH) | FL_1 | FL_IF;
    if (gen_draw(g, 4) == 0)
        flags |= FL_DF;
    if (gen_draw(g, 64) == 0)
        flags |= FL_AC;
    if (gen_draw(g, 32) == 0)
        flags |= FL_ID;
    if (gen_draw(g, 32) == 0)
        flags |= FL_NT;
    return flags;
}

static void starting_state(struct gen *g, struct job *j)
{
    for (unsigned r = 0; r < 8; r++)
        j->reg[r] = gen_draw(g, 4) ? gen_value(g) : gen_address(g);
    j->reg[ESP] = stack_pointer(g);
    if (gen_draw(g, 2))
        j->reg[EBP] = stack_pointer(g);
    j->eflags = starting_flags(g);
    j->seg[ES] = gen_draw(g, 32) ? SEL_DATA : starting_segment(g);
    j->seg[DS] = gen_draw(g, 32) ? SEL_DATA : starting_segment(g);
    j->seg[CS] = SEL_CODE;
    j->seg[SS] = SEL_DATA;
    j->seg[FS] = starting_segment(g);
    j->seg[GS] = starting_segment(g);
}

/* ---- programs ---- */

static void end_program(struct job *j)
{
    u32 rel = EXIT_AT - (j->eip + j->code_len + END_JUMP);
    j->code[j->code_len++] = 0xe9;
    memcpy(j->code + j->code_len, &rel, 4);
    j->code_len += 4;
}

/* Several instructions; a short conditional jump leads over the one behind it. */
static void sequence(struct gen *g, struct job *j)
{
    unsigned count = 2 + gen_draw(g, SEQUENCE - 1), jump = 0;
    for (unsigned i = 0; i < count && j->code_len < CODE_MAX - 15 - END_JUMP; i++) {
        u8 *p = j->code + j->code_len;
        unsigned len = gen_insn(g, j, p, j->eip + j->code_len, false);
        if (jump)
            j->code[jump] = (u8)len;
        j->item[j->items++] = j->code_len;
        j->code_len += (u8)len;
        jump = len == 2 && (p[0] & 0xf0) == 0x70 ? j->code_len - 1u : 0;
        if (jump)
            j->code[jump] = 0;
    }
}

void gen_job(struct gen *g, u64 seed, u64 number, struct job *j)
{
    g->state = seed * 0xd1342543de82ef95ull + number * 0x2545f4914f6cdd1dull;
    next64(&g->state);
    memset(j, 0, sizeof *j);
    starting_state(g, j);
    j->eip = CODE_AT + 0x80 + gen_draw(g, 0xd00);
    if (gen_draw(g, 24) == 0)
        j->eip = CODE_AT + 4096 - 1 - gen_draw(g, 16); /* into the absent page behind */
    if (gen_is_x87(g->only) || (g->only < 0 && gen_draw(g, 6) == 0)) {
        gen_x87(g, j);
    } else if (g->only < 0 && gen_draw(g, 6) == 0) {
        sequence(g, j);
    } else {
        j->items = 1;
        j->code_len = (u8)gen_insn(g, j, j->code, j->eip, true);
    }
    end_program(j);
}
