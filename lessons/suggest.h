/* suggest.h - "did you mean": the nearest of some words to one that was mistyped. */
#ifndef LESSONS_SUGGEST_H
#define LESSONS_SUGGEST_H

#include <stddef.h>

/* The word of `words` with the fewest edits to `typed`, at most two; NULL: none is near. */
const char *suggest(const char *typed, const char *const *words, size_t count);

#endif
