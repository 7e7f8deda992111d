#include "tui/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
    fputs("stepvisor: out of memory\n", stderr);
    exit(125);
}

void *must_alloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *must_realloc(void *old, size_t bytes)
{
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p)
        out_of_memory();
    return p;
}

char *must_strdup(const char *s)
{
    size_t len = strlen(s) + 1;
    return memcpy(must_alloc(len), s, len);
}

void text_free(struct text *t)
{
    free(t->at);
    *t = (struct text){ 0 };
}

void text_clear(struct text *t)
{
    t->len = 0;
    if (t->at)
        t->at[0] = 0;
}

void text_add(struct text *t, const char *bytes, size_t len)
{
    if (t->len + len + 1 > t->room) {
        t->room = (t->len + len + 1) * 2;
        t->at = must_realloc(t->at, t->room);
    }
    memcpy(t->at + t->len, bytes, len);
    t->len += len;
    t->at[t->len] = 0;
}

void text_vaddf(struct text *t, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len > 0) {
        char *line = must_alloc((size_t)len + 1);
        vsnprintf(line, (size_t)len + 1, format, again);
        text_add(t, line, (size_t)len);
        free(line);
    }
    va_end(again);
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_vaddf(t, format, args);
    va_end(args);
}

bool parse_u64(const char *s, u64 *value)
{
    char *end;
    if (!isdigit((unsigned char)*s))
        return false;
    errno = 0;
    u64 n = strtoull(s, &end, s[0] == '0' && (s[1] | 32) == 'x' ? 16 : 10);
    unsigned shift = 0;
    if (*end) {
        shift = (*end | 32) == 'k' ? 10 : (*end | 32) == 'm' ? 20 : (*end | 32) == 'g' ? 30 : 0;
        if (!shift || end[1] || n >> (64 - shift))
            return false;
    }
    if (errno)
        return false;
    *value = n << shift;
    return true;
}

const char *with_commas(u64 n, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    int at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}
