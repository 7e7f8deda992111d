/* zeroed.h - tables that are large and mostly untouched: the host's memory is taken for pages touched only,
 * and given back.  (An allocator clears what it gives out again, and so takes all of it.) */
#ifndef SIM_ZEROED_H
#define SIM_ZEROED_H

#include "sim/api/base.h"

void *zeroed_take(u64 bytes); /* NULL: there is none */
void zeroed_give(void *at, u64 bytes); /* at: NULL, or what zeroed_take gave for so many */

#endif
