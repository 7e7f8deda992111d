/* lockstep_impl.h - what lockstep.c (finding) and lockstep_why.c (explaining) share. */
#ifndef LESSONS_LOCKSTEP_IMPL_H
#define LESSONS_LOCKSTEP_IMPL_H

#include "lessons/fields.h"
#include "lessons/fields_fpu.h"
#include "lessons/lockstep.h"
#include "lessons/snapshot.h"

struct runner {             /* one world on its way */
    struct world *world;
    struct snapstore store;
    struct snapshot *mark;  /* the last moment at which all agreed and a snapshot was taken */
    u32 *guest_page;        /* of each machine page: guest page + 1, 0: not the guest's */
    struct stop stop;
    struct peek peek;
    bool known;             /* peek could tell */
};

enum difference_kind { DIFFERENT_NOT, DIFFERENT_FIELD, DIFFERENT_RAM, DIFFERENT_CONSOLE,
                       DIFFERENT_TIME, DIFFERENT_END };
struct difference {
    enum difference_kind kind;
    int engine;
    u32 gpa;                /* RAM */
    u64 expected, actual, before;  /* before: the reference's value one tick earlier */
    char field[48];
};

/* Where the instruction that made the difference stood, as the reference saw it. */
struct culprit { struct arch arch; struct fpu fpu; bool has_insn; struct insn in; u8 bytes[INSN_MAX]; };

/* Fill in the words of *out: instruction, sentence. */
void lockstep_explain(const struct lockstep_config *config, const struct difference *d,
                      const struct culprit *c, struct divergence *out);

#endif
