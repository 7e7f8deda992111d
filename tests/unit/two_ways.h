/* two_ways.h - the same program in decoded blocks and one careful instruction at a time: for tests that
 * compare arenas. */
#ifndef TESTS_UNIT_TWO_WAYS_H
#define TESTS_UNIT_TWO_WAYS_H

#include "tests/unit/unit.h"

#include <string.h>

#include "sim/machine.h"

enum { RAM = 1 << 20, CODE = 0x1000, DATA = 0x8000, STACK = 0x20000 };

static u32 seed;
static inline u32 draw(u32 n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Little-endian, anywhere. */
static inline void put16(u8 *p, unsigned value) { memcpy(p, &value, 2); }
static inline void put32(u8 *p, u32 value) { memcpy(p, &value, 4); }

static inline struct hw *new_machine(bool careful, const u8 *code, u32 len, u32 start_seed)
{
    struct hw *m = malloc(sizeof *m);
    struct machine_config config = { .ram_bytes = RAM, .one_insn_blocks = careful };
    CU_ASSERT_FATAL(m && machine_init(m, &config));
    arch_reset_multiboot(m->arch, CODE, 0);
    machine_poke(m, CODE, code, len);
    for (u32 i = 0; i < 0x1000; i += 4) {
        u32 word = (start_seed + i) * 2654435761u;
        machine_poke(m, DATA + i, &word, 4);
    }
    for (unsigned r = 0; r < 8; r++)
        m->arch->reg[r] = (start_seed + r) * 2246822519u;
    m->arch->reg[ESP] = STACK;
    m->arch->reg[ESI] = DATA + 0x200;
    m->arch->reg[EDI] = DATA;
    m->arch->reg[ECX] = start_seed & 0x1ff;
    machine_arena_replaced(m);
    return m;
}

static inline void free_machine(struct hw *m)
{
    machine_free(m);
    free(m);
}

static inline bool same_arena(const struct hw *a, const struct hw *b)
{
    if (memcmp(a->arena.base, b->arena.base, ARENA_HOT) != 0)
        return false;
    for (u32 page = 0; page < a->arena.page_count; page++)
        if ((a->arena.dirty[page] | b->arena.dirty[page]) &&
            memcmp(arena_page(&a->arena, page), arena_page(&b->arena, page), PAGE_SIZE) != 0)
            return false;
    return true;
}

static inline void compare(struct hw *a, struct hw *b, u32 program, u64 step)
{
    if (same_arena(a, b))
        return;
    printf("program %u, step %llu: blocks eip %x eflags %x count %llu, careful eip %x eflags %x count %llu\n",
           program, (unsigned long long)step, a->arch->eip, a->arch->eflags,
           (unsigned long long)a->state->count, b->arch->eip, b->arch->eflags,
           (unsigned long long)b->state->count);
    for (unsigned r = 0; r < 8; r++)
        if (a->arch->reg[r] != b->arch->reg[r])
            printf("  reg %u: blocks %08x careful %08x\n", r, a->arch->reg[r], b->arch->reg[r]);
    CU_FAIL("block handlers and rules differ");
}

#endif
