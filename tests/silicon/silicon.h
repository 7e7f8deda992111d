/* silicon.h - what the two sides of the comparison agree on: where things lie, and the shared memory.
 *
 * The host's side is a freestanding 32-bit process (host.c); the other side, and all that decides, is a
 * program of the usual kind.  Same layout for both: only u8, u16 and u32. */
#ifndef TESTS_SILICON_SILICON_H
#define TESTS_SILICON_SILICON_H

#include "sim/api/base.h"

/* Linear addresses of a program.  All pages around them are absent. */
enum {
    LOW_AT = 0x4000,                /* one page that 16-bit addresses reach; absent if the host says so */
    DATA_AT = 0x50000000,           /* two pages, then a read-only one */
    CODE_AT = 0x54000000,           /* one page, full of INT3 around the program, read-only */
    STACK_AT = 0x58000000,          /* one page */
    EXIT_AT = 0x5c000000,           /* absent: a program ends by jumping there */
    /* the host's process lives outside these: nothing there may be touched */
    OPEN_1_END = 0x08000000, OPEN_2 = 0x10000000,
};
#define OPEN_2_END 0xb0000000u

enum { PAGE_LOW, PAGE_DATA0, PAGE_DATA1, PAGE_STACK, PAGE_READ_ONLY, PAGES, PAGES_WRITABLE = 4 };
static const u32 page_at[PAGES] = { LOW_AT, DATA_AT, DATA_AT + 0x1000, STACK_AT, DATA_AT + 0x2000 };

/* Selectors of a 64-bit Linux kernel for 32-bit programs, and an LDT of our own (segments.def). */
enum { SEL_CODE = 0x23, SEL_DATA = 0x2b, SEL_CODE64 = 0x33, SEL_CPU = 0x7b };
enum ldt_row {
#define L(id, base, limit, contents, read_only, present, wide, pages) LDT_##id,
#include "tests/silicon/segments.def"
#undef L
    LDT_ROWS
};
#define LDT_SEL(row) ((u16)((row) << 3 | 7))

enum { CODE_MAX = 96, POKE_MAX = 112, BATCH = 4096, VECTOR_LOST = 255 };
enum { BATCH_ALONE = 2, BATCHES };   /* two in turns, and one for a program that is looked at */

struct job {                        /* one program and the state it starts with */
    u32 reg[8];                     /* as enum reg */
    u32 eflags, eip;
    u16 seg[6];                     /* as enum sreg */
    u32 poke_at;                    /* bytes put into memory before it starts */
    u8 poke[POKE_MAX];
    u8 poke_len, code_len, skip, items;
    u8 item[12];                    /* where its instructions start */
    u8 code[CODE_MAX];
};

struct result {                     /* how it ended: always in a fault or trap */
    u32 reg[8];
    u32 eflags, eip;
    u32 vector, error, cr2;
    u16 seg[6];
    u32 memory[2];                  /* digest of what changed in the writable pages */
};

struct batch {
    u32 count, done;
    u8 page[PAGES_WRITABLE][4096];  /* memory before each program */
    u8 after[PAGES_WRITABLE][4096]; /* and after the last one: for whoever asks for one alone */
    struct job job[BATCH];
    struct result result[BATCH];
};

struct shared {
    u8 code[4096], read_only[4096]; /* mapped into the programs' space, too */
    u32 low_mapped, ldt_loaded;     /* what the host granted */
    u32 cpu;                        /* the processor that the programs run on */
    struct batch batch[BATCHES];
};

enum { HOST_SHARED_FD = 3, HOST_COMMAND_FD = 4, HOST_ANSWER_FD = 5 };

/* ---- the digest of memory: chunks that differ from what was there ---- */

enum { CHUNK = 256, CHUNKS = 4096 / CHUNK };
typedef u32 words4 __attribute__((vector_size(16), may_alias, aligned(4)));

static inline bool chunk_differs(const u8 *a, const u8 *b)
{
    const words4 *x = (const words4 *)a, *y = (const words4 *)b;
    words4 sum = { 0 };
    for (unsigned i = 0; i < CHUNK / 16; i++)
        sum |= x[i] ^ y[i];
    return (sum[0] | sum[1] | sum[2] | sum[3]) != 0;
}

static inline void digest_chunk(u32 digest[2], u32 at, const u8 *bytes)
{
    const u32 *w = (const u32 *)bytes;
    u32 a = digest[0] ^ at, b = digest[1] + at;
    for (unsigned i = 0; i < CHUNK / 4; i++) {
        a = (a ^ w[i]) * 0x01000193u;
        b = (b << 7 | b >> 25) + (w[i] ^ a >> 15);
    }
    digest[0] = a;
    digest[1] = b;
}

#endif
