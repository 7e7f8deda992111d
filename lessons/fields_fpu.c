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

unsigned fpu_bits(const char *name)
{
    for (unsigned i = 0; i < FPU_FIELDS; i++)
        if (strcmp(names[i], name) == 0) {
            bool offset = i == AT_IOFF || i == AT_OOFF, significand = i >= AT_ST && i < AT_ST + 8;
            return i == AT_OP ? 11 : offset ? 32 : significand ? 64 : 16;
        }
    return 0;
}

static void set_st(struct fpu *f, unsigned i, u64 value)
{
    unsigned r = (FSW_TOP(f->status) + i) & 7;
    if (i < 8)
        f->reg[r].mant = value;
    else
        f->reg[r].se = (u16)value;
    f->used |= (u8)BIT(r);
}

static void set_tags(struct fpu *f, u64 word)
{
    f->used = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((word >> 2 * i & 3) != 3)
            f->used |= (u8)BIT(i);
}

static void set_field(struct fpu *f, unsigned i, u64 value)
{
    switch (i) {
    case AT_CTRL: f->control = fpu_control_word((u16)value); break;
    case AT_STAT: f->status = (u16)value; break;
    case AT_TAG: set_tags(f, value); break;
    case AT_ISEG: f->cs = (u16)value; break;
    case AT_IOFF: f->ip = (u32)value; break;
    case AT_OSEG: f->ds = (u16)value; break;
    case AT_OOFF: f->dp = (u32)value; break;
    case AT_OP: f->opcode = value & 0x7ff; break;
    default: set_st(f, i - AT_ST, value);
    }
    fpu_summarize(f);
}

bool fpu_set(struct fpu *f, const char *name, u64 value)
{
    for (unsigned i = 0; i < FPU_FIELDS; i++)
        if (strcmp(names[i], name) == 0)
            return set_field(f, i, value), true;
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
