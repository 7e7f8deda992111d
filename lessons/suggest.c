#include "lessons/suggest.h"

#include <string.h>

enum { LONGEST = 40, NEAR = 2 };

static int least(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein: row[j] is the distance of the first i letters of a to the first j of b. */
static int distance(const char *a, const char *b)
{
    int row[LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

const char *suggest(const char *typed, const char *const *words, size_t count)
{
    const char *best = NULL;
    int limit = strlen(typed) <= 3 ? 1 : NEAR, best_distance = limit + 1;
    for (size_t i = 0; i < count; i++) {
        int d = distance(typed, words[i]);
        if (d < best_distance) {
            best_distance = d;
            best = words[i];
        }
    }
    return best;
}
