/* manifest.h - the reader of lesson.toml: a small, strict part of TOML.
 *
 *   key = "string"   key = """several lines"""   key = 12   key = ["a", "b"]   [[step]]   # comment
 *
 * It reports what it finds, in order; what keys mean is the caller's business (lesson.c). */
#ifndef LESSONS_MANIFEST_H
#define LESSONS_MANIFEST_H

#include "sim/api/base.h"

enum manifest_kind { MANIFEST_END, MANIFEST_TABLE /* [[name]] */, MANIFEST_STRING, MANIFEST_NUMBER,
                     MANIFEST_LIST, MANIFEST_ERROR };
enum { MANIFEST_TEXT = 2048, MANIFEST_ITEMS = 8, MANIFEST_ITEM = 256 };
struct manifest_item {
    enum manifest_kind kind;
    int line;
    const char *at, *value_at;      /* in the text, for the caret */
    char name[32];
    char text[MANIFEST_TEXT];
    u64 number;
    char list[MANIFEST_ITEMS][MANIFEST_ITEM];
    int count;
};
struct manifest {
    const char *path, *text, *at;
    int line;
    char *error;
    size_t error_size;
};

/* The next item; MANIFEST_ERROR: error has been filled in. */
void manifest_next(struct manifest *m, struct manifest_item *item);
/* "path:line: message", the line, and a caret under `at`.  Always returns false. */
PRINTF_LIKE(4, 5) bool manifest_complain(struct manifest *m, int line, const char *at,
                                         const char *format, ...);

#endif
