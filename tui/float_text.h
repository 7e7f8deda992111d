/* float_text.h - x87 numbers as people write them.
 *
 * For the eye and the keyboard only: here, and nowhere below, the host's floating point is asked.  What
 * its long double cannot hold is rounded. */
#ifndef TUI_FLOAT_TEXT_H
#define TUI_FLOAT_TEXT_H

#include "sim/api/fp80.h"

/* "+1.5" "-inf" "qnan" "unsupported"; returns out. */
const char *float_decimal(struct fp80 v, char out[48]);
/* A decimal number, inf, nan, or 0x and the 20 digits of the 80 bits.  False: text is none of these. */
bool float_parse(const char *text, struct fp80 *out);
struct fp80 float_from_integer(u64 value);

#endif
