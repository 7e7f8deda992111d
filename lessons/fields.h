/* fields.h - the architectural state as a table: for differences, expressions and lockstep. */
#ifndef LESSONS_FIELDS_H
#define LESSONS_FIELDS_H

#include "sim/api/arch.h"

enum field_group { FIELD_REG, FIELD_FLAGS, FIELD_CONTROL, FIELD_DEBUG, FIELD_SEG, FIELD_TABLE,
                   FIELD_STATE };
struct field {
    const char *name;   /* "eax", "cs" (the selector), "cs.base", "gdtr.limit", "cpl" */
    u16 offset;
    u8 size;            /* 1, 2 or 4 bytes */
    u8 group;
    u32 compared;       /* bits that two engines must agree on; 0: a read-out only */
};
extern const struct field fields[];
extern const unsigned field_count;

struct flag { const char *name; u32 mask; };
extern const struct flag flag_names[]; /* "CF", ... in order of their bits; IOPL has two */
extern const unsigned flag_count;

u32 field_get(const struct arch *s, const struct field *f);
const struct field *field_by_name(const char *name); /* in lower case; NULL: there is none */
/* Parts of the general registers: ax..di, al..bh.  NULL: there is none of this name (in lower case). */
struct part { const char *name; u8 reg, shift, bits; };
extern const struct part parts[];
extern const unsigned part_count;
const struct part *part_by_name(const char *name);
/* A flag's mask by its name in any case, 0: there is none. */
u32 flag_by_name(const char *name);

/* The first field at or after *from in which a and b differ (in the bits compared).  For EFLAGS `name`
 * gets the flag: "eflags.IF".  False: no more; *from is moved behind the one found. */
struct field_difference { const struct field *field; u32 a, b; char name[24]; };
bool fields_difference(const struct arch *a, const struct arch *b, unsigned *from,
                       struct field_difference *out);

#endif
