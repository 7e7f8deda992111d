#include "lessons/fields_fpu.h"

#include <string.h>

enum { AT_CTRL, AT_STAT, AT_TAG, AT_ISEG, AT_IOFF, AT_OSEG, AT_OOFF, AT_OP, AT_ST };

static const char *const names[FPU_FIELDS] = {
    "fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop",
    "st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7",
    "st0.exp", "st1.exp", "st2.exp", "st3.exp", "st4.exp", "st5.exp", "st6.exp", "st7.exp",
};

const char *fpu_field_name(unsigned i) { return names[i]; }

u64 fpu_field_get(const struct fpu *f, unsigned i)
{
    if (i >= AT_ST) {
        const struct fp80 *st = &f->reg[(FSW_TOP(f->status) + i - AT_ST) & 7];
        return i < AT_ST + 8 ? st->mant : st->se;
    }
    switch (i) {
    case AT_CTRL: return f->control;
    case AT_STAT: return f->status;
    case AT_TAG: return fpu_tag_word(f);
    case AT_ISEG: return f->cs;
    case AT_IOFF: return f->ip;
    case AT_OSEG: return f->ds;
    case AT_OOFF: return f->dp;
    default: return f->opcode;
    }
}

bool fpu_value(const struct fpu *f, const char *name, u64 *value)
{
    for (unsigned i = 0; i < FPU_FIELDS; i++)
        if (strcmp(names[i], name) == 0) {
            *value = fpu_field_get(f, i);
            return true;
        }
    return false;
}

int fpu_difference(const struct fpu *a, const struct fpu *b, bool deprivileged)
{
    if (memcmp(a, b, sizeof *a) == 0)
        return -1;
    for (unsigned i = 0; i < FPU_FIELDS; i++) {
        u64 differ = fpu_field_get(a, i) ^ fpu_field_get(b, i);
        bool leaks = deprivileged && (i == AT_ISEG || i == AT_OSEG);
        if (differ && !leaks)
            return (int)i;
    }
    return -1;
}
