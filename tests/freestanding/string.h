/* string.h - what a freestanding program must bring itself (check.sh compiles against this alone). */
#ifndef TESTS_FREESTANDING_STRING_H
#define TESTS_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

#endif
