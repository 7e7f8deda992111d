/* gen.h - programs to compare, each a function of a seed and its number. */
#ifndef TESTS_SILICON_GEN_H
#define TESTS_SILICON_GEN_H

#include "sim/api/insn.h"
#include "tests/silicon/silicon.h"

struct gen {
    u64 state;
    int only;                   /* an enum op, or -1 */
    bool low, ldt;              /* what the host granted */
    const u8 (*page)[4096];     /* memory of the batch, and the read-only page */
    const u8 *read_only;
};

u32 gen_draw(struct gen *g, u32 below);
/* Words of which many are small, equal or at the edges of their type. */
void gen_page(u64 seed, u8 page[4096]);
void gen_job(struct gen *g, u64 seed, u64 number, struct job *job);
/* A row of excluded.def that covers the instruction at bytes, or NULL. */
const char *gen_excluded(const u8 *bytes, unsigned count);

/* gen_insn.c: one instruction at p, at most 15 bytes, and the registers and memory it would like. */
unsigned gen_insn(struct gen *g, struct job *job, u8 *p, u32 eip, bool alone);
/* the byte of a writable or read-only page that a program finds at la */
u8 gen_memory(const struct gen *g, u32 la);
u32 gen_value(struct gen *g);
u32 gen_address(struct gen *g);         /* of memory that is mostly there */
u16 gen_selector(struct gen *g);
u32 gen_target(struct gen *g, u32 eip); /* to jump to */

/* gen_x87.c: a whole program around one x87 instruction, item[0] */
bool gen_is_x87(int op);
void gen_x87(struct gen *g, struct job *j);

/* undefined.c */
bool gen_has_undefined(enum op op);

#endif
