/* text.h - a string that grows. */
#ifndef TUI_TEXT_H
#define TUI_TEXT_H

#include "sim/api/base.h"
#include <stdarg.h>

struct text { char *at; size_t len, room; };

void text_free(struct text *t);
void text_clear(struct text *t);
void text_add(struct text *t, const char *bytes, size_t len);
void text_addf(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vaddf(struct text *t, const char *format, va_list args);
static inline const char *text_get(const struct text *t) { return t->at ? t->at : ""; }

/* malloc and friends that never return NULL: out of memory ends the program with a line and 125. */
void *must_alloc(size_t bytes);
void *must_realloc(void *old, size_t bytes);
char *must_strdup(const char *s);

/* "1042", "0x10", with an optional k, M or G (binary for sizes).  False: not a number. */
bool parse_u64(const char *s, u64 *value);
/* 1042 -> "1,042" */
const char *with_commas(u64 n, char out[32]);

#endif
