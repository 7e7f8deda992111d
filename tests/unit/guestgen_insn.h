/* guestgen_insn.h - random single instructions, as bytes. */
#ifndef TESTS_GUESTGEN_INSN_H
#define TESTS_GUESTGEN_INSN_H

#include "tests/unit/guestgen_kernel.h"

#include "sim/api/arch.h"

#include <string.h>

/* A gadget: some instructions that belong together; what shrinking takes away as one. */
struct gen_span { u32 at, len; };
enum { GEN_SPANS = 2048 };

struct gen {
    u64 seed;
    u8 ram[GEN_END];        /* what is loaded, by address */
    u32 at;                 /* where the next byte goes */
    bool paging;
    struct gen_span span[GEN_SPANS];
    unsigned span_count;
    u32 functions[8];       /* small routines that end with a return */
    u32 chunks[64];
    unsigned chunk_count;
};

static inline u32 gen_random(struct gen *g)
{
    u64 z = g->seed += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (u32)(z >> 32);
}

static inline u32 gen_below(struct gen *g, u32 n) { return (u32)((u64)gen_random(g) * n >> 32); }
static inline bool gen_chance(struct gen *g, u32 percent) { return gen_below(g, 100) < percent; }
#define GEN_PICK(g, table) (table)[gen_below(g, COUNT(table))]

static inline void gen8(struct gen *g, u32 v) { g->ram[g->at++] = (u8)v; }
static inline void gen16(struct gen *g, u32 v) { gen8(g, v); gen8(g, v >> 8); }
static inline void gen32(struct gen *g, u32 v) { gen16(g, v); gen16(g, v >> 16); }
static inline void gen_put32(struct gen *g, u32 at, u32 v) { memcpy(g->ram + at, &v, 4); }

static inline void gen_bytes(struct gen *g, const char *bytes, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        gen8(g, (u8)bytes[i]);
}
#define GEN(g, text) gen_bytes(g, text, sizeof(text) - 1)

static inline u32 gen_value(struct gen *g)
{
    static const u32 special[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
                                   0x80000000, 0xfffffffe, 0xffffffff };
    switch (gen_below(g, 3)) {
    case 0: return GEN_PICK(g, special);
    case 1: return gen_below(g, 64);
    default: return gen_random(g);
    }
}

static inline u32 gen_data(struct gen *g)
{
    if (gen_chance(g, 10)) /* across an edge */
        return GEN_DATA + PAGE_SIZE * (1 + gen_below(g, 6)) - 1 - gen_below(g, 3);
    return GEN_DATA + gen_below(g, 0x7f00);
}

static inline u32 gen_window(struct gen *g)
{
    u32 page = GEN_WINDOW + gen_below(g, GEN_WINDOW_PAGES) * PAGE_SIZE;
    return gen_chance(g, 10) ? page + 0xffd + gen_below(g, 3) : page + gen_below(g, 0xff0);
}

static inline u32 gen_code(struct gen *g)
{
    if (g->span_count && gen_chance(g, 80)) {
        const struct gen_span *s = &g->span[gen_below(g, g->span_count)];
        return s->at + gen_below(g, s->len + 1);
    }
    return (gen_chance(g, 50) ? GEN_KCODE : GEN_UCODE) + gen_below(g, 0x3000);
}

static inline u32 gen_table(struct gen *g)
{
    switch (gen_below(g, 6)) {
    case 0: return GEN_GDT + GEN_RANDOM + gen_below(g, GEN_GDT_BYTES - GEN_RANDOM);
    case 1: return GEN_LDT + gen_below(g, 64);
    case 2: return GEN_PT0 + 4 * (GEN_DATA >> 12) + gen_below(g, 32);
    case 3: return GEN_PT2 + gen_below(g, 4 * GEN_WINDOW_PAGES);
    case 4: return GEN_IDT + 8 * 0x30 + gen_below(g, 128);
    default: return GEN_PT1 + gen_below(g, 4 * GEN_WINDOW_PAGES);
    }
}

/* Where a memory operand may point. */
static inline u32 gen_address(struct gen *g)
{
    u32 r = gen_below(g, 100);
    if (r < 48)
        return gen_data(g);
    if (r < 70)
        return gen_window(g);
    if (r < 76)
        return gen_code(g);
    if (r < 82)
        return gen_table(g);
    if (r < 85)
        return 0xffc00000u + gen_below(g, 0x200000); /* where a monitor may hide */
    if (r < 87)
        return GEN_RAM + gen_below(g, 0x200000);     /* no memory there */
    if (r < 89)
        return 0xfffff000u + gen_below(g, 0x1000);
    if (r < 91)
        return 0x800000u + gen_below(g, 0x400000);
    if (r < 97)
        return GEN_STACK - 0x100 + gen_below(g, 0x100);
    return gen_random(g);
}

static inline u32 gen_selector(struct gen *g)
{
    static const u16 usual[] = { GEN_DS, GEN_DS, GEN_UDS, GEN_UDS, GEN_CS, GEN_UCS, 0, 3 };
    u32 r = gen_below(g, 10);
    if (r < 5)
        return GEN_PICK(g, usual);
    if (r < 8)
        return GEN_RANDOM + gen_below(g, GEN_GDT_BYTES - GEN_RANDOM + 8);
    return r == 8 ? 4 + gen_below(g, 64) : gen_below(g, GEN_GDT_BYTES);
}

static inline u32 gen_reg(struct gen *g)
{
    u32 r = gen_below(g, 8);
    return r == ESP && !gen_chance(g, 5) ? EAX : r;
}

static inline void gen_mov(struct gen *g, u32 reg, u32 value)
{
    gen8(g, 0xb8 | reg);
    gen32(g, value);
}

static inline void gen_memory(struct gen *g, u32 field)
{
    u32 base = gen_below(g, 8), index = gen_below(g, 8);
    field <<= 3;
    switch (gen_below(g, 8)) {
    case 0: case 1: /* base + disp8 */
        gen8(g, 0x40 | field | base);
        if (base == ESP)
            gen8(g, 0x24);
        gen8(g, gen_below(g, 64));
        return;
    case 2: /* base + disp32 */
        gen8(g, 0x80 | field | base);
        if (base == ESP)
            gen8(g, 0x24);
        gen32(g, gen_chance(g, 50) ? gen_below(g, 0x1000) : gen_address(g));
        return;
    case 3: /* base + index * scale + disp8 */
        gen8(g, 0x44 | field);
        gen8(g, gen_below(g, 4) << 6 | index << 3 | base);
        gen8(g, gen_below(g, 128));
        return;
    default:
        gen8(g, 0x05 | field);
        gen32(g, gen_address(g));
        return;
    }
}

static inline void gen_modrm(struct gen *g, u32 field, bool memory_only)
{
    if (!memory_only && gen_chance(g, 45))
        gen8(g, 0xc0 | field << 3 | gen_reg(g));
    else
        gen_memory(g, field);
}

static inline void gen_prefixes(struct gen *g)
{
    static const u8 segments[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
    if (gen_chance(g, 12))
        gen8(g, 0x66);
    if (gen_chance(g, 8))
        gen8(g, GEN_PICK(g, segments));
    if (gen_chance(g, 4))
        gen8(g, 0xf0);
    if (gen_chance(g, 1))
        gen8(g, 0x67);
}

enum gen_imm { IMM_NO, IMM_8, IMM_FULL };
struct gen_form { u8 map, opcode, first, fields, imm; };  /* the reg field lies in first .. +fields-1 */

static inline void gen_form(struct gen *g, const struct gen_form *f)
{
    u32 from = g->at;
    gen_prefixes(g);
    u32 prefixes = g->at - from;
    if (f->map)
        gen8(g, 0x0f);
    gen8(g, f->opcode);
    gen_modrm(g, f->first + gen_below(g, f->fields), false);
    bool small = prefixes && memchr(g->ram + from, 0x66, prefixes);
    if (f->imm == IMM_8 || (f->imm == IMM_FULL && !(f->opcode & 1)))
        gen8(g, gen_value(g));
    else if (f->imm == IMM_FULL && small)
        gen16(g, gen_value(g));
    else if (f->imm == IMM_FULL)
        gen32(g, gen_value(g));
}

/* Arithmetic, logic, moves: with a ModRM byte. */
static inline void gen_arith(struct gen *g)
{
    static const struct gen_form forms[] = {
        { 0, 0x80, 0, 8, IMM_8 }, { 0, 0x81, 0, 8, IMM_FULL }, { 0, 0x83, 0, 8, IMM_8 },
        { 0, 0x84, 0, 8, 0 }, { 0, 0x85, 0, 8, 0 }, { 0, 0x86, 0, 8, 0 }, { 0, 0x87, 0, 3, 0 },
        { 0, 0x88, 0, 8, 0 }, { 0, 0x89, 0, 8, 0 }, { 0, 0x8a, 0, 8, 0 }, { 0, 0x8b, 0, 3, 0 },
        { 0, 0x8b, 5, 3, 0 }, { 0, 0x8d, 0, 3, 0 }, { 0, 0xc6, 0, 1, IMM_FULL },
        { 0, 0xc7, 0, 1, IMM_FULL }, { 0, 0xc0, 0, 8, IMM_8 }, { 0, 0xc1, 0, 8, IMM_8 },
        { 0, 0xd0, 0, 8, 0 }, { 0, 0xd1, 0, 8, 0 }, { 0, 0xd2, 0, 8, 0 }, { 0, 0xd3, 0, 8, 0 },
        { 0, 0xf6, 0, 1, IMM_FULL }, { 0, 0xf7, 0, 1, IMM_FULL }, { 0, 0xf6, 2, 6, 0 },
        { 0, 0xf7, 2, 6, 0 }, { 0, 0xfe, 0, 2, 0 }, { 0, 0xff, 0, 2, 0 }, { 0, 0xff, 6, 1, 0 },
        { 0, 0x69, 0, 3, IMM_FULL }, { 0, 0x6b, 5, 3, IMM_8 }, { 0, 0x62, 0, 8, 0 },
        { 0, 0x63, 0, 8, 0 }, { 0, 0x8f, 0, 1, 0 },
        { 1, 0xa3, 0, 8, 0 }, { 1, 0xab, 0, 8, 0 }, { 1, 0xb3, 0, 8, 0 }, { 1, 0xbb, 0, 8, 0 },
        { 1, 0xba, 4, 4, IMM_8 }, { 1, 0xa4, 0, 8, IMM_8 }, { 1, 0xa5, 0, 8, 0 },
        { 1, 0xac, 0, 8, IMM_8 }, { 1, 0xad, 0, 8, 0 }, { 1, 0xaf, 0, 3, 0 }, { 1, 0xb0, 0, 8, 0 },
        { 1, 0xb1, 0, 8, 0 }, { 1, 0xb6, 0, 3, 0 }, { 1, 0xb7, 5, 3, 0 }, { 1, 0xbe, 0, 3, 0 },
        { 1, 0xbf, 5, 3, 0 }, { 1, 0xbc, 0, 3, 0 }, { 1, 0xbd, 5, 3, 0 }, { 1, 0xc0, 0, 8, 0 },
        { 1, 0xc1, 0, 8, 0 }, { 1, 0xc7, 1, 1, 0 },
    };
    struct gen_form f;
    u32 r = gen_below(g, 10);
    if (r < 3)
        f = (struct gen_form){ 0, (u8)(gen_below(g, 8) << 3 | gen_below(g, 4)), 0, 8, 0 };
    else if (r == 3)
        f = (struct gen_form){ 1, (u8)((gen_chance(g, 50) ? 0x40 : 0x90) | gen_below(g, 16)), 0, 3, 0 };
    else
        f = GEN_PICK(g, forms);
    if (f.fields == 8 && gen_chance(g, 80)) /* seldom the stack pointer */
        f = f.first == 0 && f.imm == 0 && !(f.opcode >= 0xd0) ? (struct gen_form){ f.map, f.opcode,
            gen_chance(g, 50) ? 0 : 5, 3, f.imm } : f;
    gen_form(g, &f);
}

/* Instructions without a ModRM byte. */
static inline void gen_short(struct gen *g)
{
    static const u8 plain[] = { 0x27, 0x2f, 0x37, 0x3f, 0x98, 0x99, 0x9e, 0x9f, 0xd6, 0xf5, 0xf8, 0xf9,
                                0xfc, 0xfd, 0xd7, 0x90, 0x9b, 0xce };
    u32 r = gen_reg(g);
    if (gen_chance(g, 10))
        gen8(g, 0x66);
    switch (gen_below(g, 8)) {
    case 0: gen8(g, 0x40 | r); break;
    case 1: gen8(g, 0x48 | r); break;
    case 2: gen8(g, 0x90 | r); break;
    case 3: gen16(g, 0xc80f | r << 8); break;
    case 4: gen8(g, 0xd4 | gen_below(g, 2)); gen8(g, gen_value(g)); break;
    case 5: gen8(g, 0x50 | gen_below(g, 8)); break;
    case 6: gen8(g, 0x58 | r); break;
    default: gen8(g, GEN_PICK(g, plain)); break;
    }
}

#endif
