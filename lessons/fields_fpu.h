/* fields_fpu.h - the x87 state by gdb's names: for differences, expressions and views.
 *
 *   fctrl fstat ftag fiseg fioff foseg fooff fop     the 16-bit full tag word; FCS, FIP, FDS, FDP, FOP
 *   st0 .. st7                                       the 64 bits of the significand
 *   st0.exp .. st7.exp                               sign and exponent, 16 bits */
#ifndef LESSONS_FIELDS_FPU_H
#define LESSONS_FIELDS_FPU_H

#include "sim/api/fpu.h"

enum { FPU_FIELDS = 8 + 2 * 8 };
const char *fpu_field_name(unsigned i);
u64 fpu_field_get(const struct fpu *f, unsigned i);
/* False: there is none of this name. */
bool fpu_value(const struct fpu *f, const char *name, u64 *value);
/* Its width, 0: there is none of this name. */
unsigned fpu_bits(const char *name);
/* Sets the field of this name, what is defined of it: ES and B follow from fctrl and fstat, and ftag says
 * which registers are empty.  Writing st0 or st0.exp makes it not empty. */
bool fpu_set(struct fpu *f, const char *name, u64 value);
/* The first field in which two states differ, -1: none.  deprivileged: under one of them the kernel runs
 * with less privilege than it has: FCS and FDS are the monitor's selectors there, and do not count. */
int fpu_difference(const struct fpu *a, const struct fpu *b, bool deprivileged);

#endif
