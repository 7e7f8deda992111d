/* expr_names.h - what the names in an expression stand for (expr.c is the grammar). */
#ifndef LESSONS_EXPR_NAMES_H
#define LESSONS_EXPR_NAMES_H

#include "lessons/expr.h"

/* False: error says why. */
bool expr_name(const struct expr_context *ctx, const char *name, u64 *value, char *error,
               size_t error_size);
/* size bytes at a guest linear address. */
bool expr_memory(const struct expr_context *ctx, u32 la, unsigned size, u64 *value, char *error,
                 size_t error_size);

#endif
