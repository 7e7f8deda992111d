/* fpu.c - the x87 state by itself: reset, tags, and its form in memory.
 *
 * FXSAVE (SDM 2A, FXSAVE)
 *    0 FCW   2 FSW   4 FTW, a bit a register R(i), 1: in use   6 FOP   8 FIP   12 FCS
 *   16 FDP  20 FDS  32 ST(0)  48 ST(1) ... 144 ST(7), ten bytes each */
#include "sim/api/fpu.h"

#include <string.h>

enum { AT_FCW = 0, AT_FSW = 2, AT_FTW = 4, AT_FOP = 6, AT_FIP = 8, AT_FCS = 12, AT_FDP = 16, AT_FDS = 20,
       AT_ST = 32, ST_STEP = 16, POINTERS_END = 24 };

/* RESET leaves eight zeros in the registers, none of them empty; INIT leaves the state alone. */
void fpu_reset(struct fpu *f)
{
    memset(f, 0, sizeof *f);
    f->control = FCW_RESET;
    f->used = 0xff;
}

void fpu_init(struct fpu *f)
{
    f->control = FCW_INIT;
    f->status = 0;
    f->used = 0;
    f->opcode = 0;
    f->ip = f->dp = 0;
    f->cs = f->ds = 0;
}

static unsigned tag_of(struct fp80 value)
{
    switch (fp80_class(value)) {
    case FP_CLASS_NORMAL: return 0;
    case FP_CLASS_ZERO: return 1;
    default: return 2;
    }
}

u16 fpu_tag_word(const struct fpu *f)
{
    unsigned tags = 0;
    for (unsigned i = 0; i < 8; i++)
        tags |= (f->used & BIT(i) ? tag_of(f->reg[i]) : 3) << 2 * i;
    return (u16)tags;
}

void fpu_summarize(struct fpu *f)
{
    f->status &= (u16)~(FSW_ES | FSW_B);
    if (f->status & ~f->control & 0x3f)
        f->status |= FSW_ES | FSW_B;
}

void fpu_to_fxsave(const struct fpu *f, u8 image[512])
{
    memset(image, 0, POINTERS_END);
    memset(image + AT_ST, 0, 8 * ST_STEP);
    memcpy(image + AT_FCW, &f->control, 2);
    memcpy(image + AT_FSW, &f->status, 2);
    image[AT_FTW] = f->used;
    memcpy(image + AT_FOP, &f->opcode, 2);
    memcpy(image + AT_FIP, &f->ip, 4);
    memcpy(image + AT_FCS, &f->cs, 2);
    memcpy(image + AT_FDP, &f->dp, 4);
    memcpy(image + AT_FDS, &f->ds, 2);
    for (unsigned i = 0; i < 8; i++) {
        const struct fp80 *st = &f->reg[(FSW_TOP(f->status) + i) & 7];
        memcpy(image + AT_ST + i * ST_STEP, &st->mant, 8);
        memcpy(image + AT_ST + i * ST_STEP + 8, &st->se, 2);
    }
}

void fpu_from_fxsave(struct fpu *f, const u8 image[512])
{
    memset(f, 0, sizeof *f);
    memcpy(&f->control, image + AT_FCW, 2);
    memcpy(&f->status, image + AT_FSW, 2);
    f->control = fpu_control_word(f->control);
    f->used = image[AT_FTW];
    memcpy(&f->opcode, image + AT_FOP, 2);
    f->opcode &= 0x7ff;
    memcpy(&f->ip, image + AT_FIP, 4);
    memcpy(&f->cs, image + AT_FCS, 2);
    memcpy(&f->dp, image + AT_FDP, 4);
    memcpy(&f->ds, image + AT_FDS, 2);
    for (unsigned i = 0; i < 8; i++) {
        struct fp80 *st = &f->reg[(FSW_TOP(f->status) + i) & 7];
        memcpy(&st->mant, image + AT_ST + i * ST_STEP, 8);
        memcpy(&st->se, image + AT_ST + i * ST_STEP + 8, 2);
    }
    fpu_summarize(f);
}
