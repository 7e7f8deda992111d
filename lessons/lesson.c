#include "lessons/lesson.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lessons/manifest.h"
#include "lessons/suggest.h"

enum { FORMAT_VERSION = 1, FILE_MAX = 128 * 1024 };

/* ---- what the keys mean ---- */

struct key {
    const char *name;
    u8 kind;             /* enum manifest_kind */
    size_t offset, size; /* of the string, or of one string of a list */
    size_t count_offset; /* of a list */
    int most;
};
#define TEXT(type, name) { #name, MANIFEST_STRING, offsetof(struct type, name), \
                           sizeof((struct type *)0)->name, 0, 0 }
#define LIST(type, name, count, most) { #name, MANIFEST_LIST, offsetof(struct type, name), \
                                        sizeof(((struct type *)0)->name[0]), \
                                        offsetof(struct type, count), most }

static const struct key lesson_keys[] = {
    { "format_version", MANIFEST_NUMBER, offsetof(struct lesson, format_version), 0, 0, 0 },
    TEXT(lesson, name), TEXT(lesson, title), TEXT(lesson, guest), TEXT(lesson, needs),
    TEXT(lesson, after),
};
static const struct key step_keys[] = {
    TEXT(lesson_step, id), TEXT(lesson_step, title), TEXT(lesson_step, text),
    TEXT(lesson_step, engine), TEXT(lesson_step, run), TEXT(lesson_step, ask),
    LIST(lesson_step, choice, choices, LESSON_CHOICES), TEXT(lesson_step, answer),
    TEXT(lesson_step, reveal), TEXT(lesson_step, right), TEXT(lesson_step, wrong),
    TEXT(lesson_step, check), TEXT(lesson_step, solution), LIST(lesson_step, hint, hints, LESSON_HINTS),
};

static const struct key *find_key(const struct key *keys, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool unknown_key(struct manifest *m, const struct manifest_item *item,
                        const struct key *keys, unsigned count)
{
    const char *names[COUNT(step_keys)];
    for (unsigned i = 0; i < count; i++)
        names[i] = keys[i].name;
    const char *near = suggest(item->name, names, count);
    return manifest_complain(m, item->line, item->at, "no such key '%s'%s%s%s", item->name,
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool store_list(struct manifest *m, const struct manifest_item *item, const struct key *k,
                       u8 *base)
{
    if (item->count > k->most)
        return manifest_complain(m, item->line, item->value_at, "'%s' holds at most %d strings",
                                 k->name, k->most);
    for (int i = 0; i < item->count; i++) {
        if (strlen(item->list[i]) >= k->size)
            return manifest_complain(m, item->line, item->value_at,
                                     "string %d of '%s' is longer than %zu bytes", i + 1, k->name,
                                     k->size - 1);
        memcpy(base + k->offset + (size_t)i * k->size, item->list[i], strlen(item->list[i]) + 1);
    }
    memcpy(base + k->count_offset, &item->count, sizeof item->count);
    return true;
}

static bool store(struct manifest *m, const struct manifest_item *item, const struct key *k,
                  u8 *base)
{
    static const char *const wanted[] = { [MANIFEST_STRING] = "a string",
                                          [MANIFEST_NUMBER] = "a number",
                                          [MANIFEST_LIST] = "a list of strings" };
    if (item->kind != k->kind)
        return manifest_complain(m, item->line, item->value_at, "'%s' is %s", k->name,
                                 wanted[k->kind]);
    if (k->kind == MANIFEST_LIST)
        return store_list(m, item, k, base);
    if (k->kind == MANIFEST_NUMBER) {
        int number = (int)item->number;
        memcpy(base + k->offset, &number, sizeof number);
        return true;
    }
    if (base[k->offset])
        return manifest_complain(m, item->line, item->at, "'%s' was given before", k->name);
    size_t n = strlen(item->text);
    while (n > 0 && item->text[n - 1] == '\n') /* of """: the last line end is the quotes' */
        n--;
    if (n >= k->size)
        return manifest_complain(m, item->line, item->value_at, "'%s' is longer than %zu bytes",
                                 k->name, k->size - 1);
    memcpy(base + k->offset, item->text, n);
    base[k->offset + n] = '\0';
    return true;
}

/* ---- what a lesson must have ---- */

static bool complete_step(struct manifest *m, const struct lesson *l, const struct lesson_step *s,
                          const char *at)
{
    enum engine_id engine;
    const char *missing = !s->id[0] ? "id" : !s->title[0] ? "title" : !s->text[0] ? "text"
                          : s->ask[0] && !s->answer[0] ? "answer"
                          : s->ask[0] && !s->right[0] ? "right"
                          : s->ask[0] && !s->wrong[0] ? "wrong"
                          : s->check[0] && !s->solution[0] ? "solution"
                          : (s->ask[0] || s->check[0]) && !s->hints ? "hint" : NULL;
    if (missing)
        return manifest_complain(m, s->line, at, "this step has no '%s'", missing);
    if (!s->ask[0] && (s->answer[0] || s->choices || s->reveal[0]))
        return manifest_complain(m, s->line, at, "this step answers, but does not 'ask'");
    if (s->choices == 1)
        return manifest_complain(m, s->line, at, "one choice is none: 'choice' holds two or more");
    if (s->engine[0] && !engine_by_name(s->engine, &engine))
        return manifest_complain(m, s->line, at, "no engine is called '%s'", s->engine);
    if (s == &l->step[0] && !s->engine[0])
        return manifest_complain(m, s->line, at, "the first step must name its 'engine'");
    for (const struct lesson_step *t = l->step; t < s; t++)
        if (strcmp(t->id, s->id) == 0)
            return manifest_complain(m, s->line, at, "the id '%s' is taken by line %d", s->id,
                                     t->line);
    return true;
}

static bool complete_lesson(struct manifest *m, const struct lesson *l)
{
    const char *missing = !l->name[0] ? "name" : !l->title[0] ? "title" : !l->guest[0] ? "guest"
                          : !l->after[0] ? "after" : !l->steps ? "[[step]]" : NULL;
    if (l->format_version != FORMAT_VERSION)
        return manifest_complain(m, 1, m->text, "format_version = %d is missing", FORMAT_VERSION);
    if (missing)
        return manifest_complain(m, 1, m->text, "the lesson has no '%s'", missing);
    return true;
}

static bool new_step(struct manifest *m, struct lesson *l, const struct manifest_item *item)
{
    if (strcmp(item->name, "step") != 0)
        return manifest_complain(m, item->line, item->at, "the only table is [[step]]");
    if (l->steps == LESSON_STEPS)
        return manifest_complain(m, item->line, item->at, "a lesson has at most %d steps",
                                 LESSON_STEPS);
    l->step[l->steps++].line = item->line;
    return true;
}

static bool read_all(struct manifest *m, struct lesson *l, struct manifest_item *item)
{
    const char *step_at = m->text;
    for (;;) {
        struct lesson_step *s = l->steps ? &l->step[l->steps - 1] : NULL;
        manifest_next(m, item);
        if (item->kind == MANIFEST_ERROR)
            return false;
        if (item->kind == MANIFEST_END || item->kind == MANIFEST_TABLE)
            if (s && !complete_step(m, l, s, step_at))
                return false;
        if (item->kind == MANIFEST_END)
            return complete_lesson(m, l);
        if (item->kind == MANIFEST_TABLE) {
            step_at = item->at;
            if (!new_step(m, l, item))
                return false;
            continue;
        }
        const struct key *keys = s ? step_keys : lesson_keys;
        unsigned count = s ? COUNT(step_keys) : COUNT(lesson_keys);
        const struct key *k = find_key(keys, count, item->name);
        if (!k)
            return unknown_key(m, item, keys, count);
        if (!store(m, item, k, s ? (u8 *)s : (u8 *)l))
            return false;
    }
}

/* ---- files ---- */

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? calloc(1, FILE_MAX) : NULL;
    if (text && fread(text, 1, FILE_MAX, f) == FILE_MAX) {
        free(text);
        text = NULL;
    }
    if (f)
        fclose(f);
    return text;
}

struct lesson *lesson_load(const char *directory, char *error, size_t error_size)
{
    char path[300];
    snprintf(path, sizeof path, "%s/lesson.toml", directory);
    char *text = read_file(path);
    if (!text) {
        snprintf(error, error_size, "%s: it cannot be read, or is larger than %d KB", path,
                 FILE_MAX / 1024);
        return NULL;
    }
    struct lesson *l = calloc(1, sizeof *l);
    struct manifest_item *item = malloc(sizeof *item);
    struct manifest m = { .path = path, .text = text, .at = text, .line = 1, .error = error,
                          .error_size = error_size };
    assert(l && item);
    snprintf(l->directory, sizeof l->directory, "%s", directory);
    bool ok = read_all(&m, l, item);
    free(item);
    free(text);
    if (!ok) {
        free(l);
        return NULL;
    }
    return l;
}

void lesson_free(struct lesson *l) { free(l); }

void lesson_guest_path(const struct lesson *l, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", l->directory, l->guest);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

int lesson_list(const char *root, char names[][40], int max)
{
    DIR *dir = opendir(root);
    struct dirent *e;
    int count = 0;
    while (dir && count < max && (e = readdir(dir)) != NULL) {
        char path[640];
        snprintf(path, sizeof path, "%s/%s/lesson.toml", root, e->d_name);
        FILE *f = e->d_name[0] != '.' && strlen(e->d_name) < 40 ? fopen(path, "r") : NULL;
        if (!f)
            continue;
        fclose(f);
        memcpy(names[count++], e->d_name, strlen(e->d_name) + 1);
    }
    if (dir)
        closedir(dir);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    return count;
}

/* ---- progress ---- */

bool lesson_progress_load(struct lesson_progress *p, const char *state_file)
{
    FILE *f = fopen(state_file, "r");
    int done = 0;
    *p = (struct lesson_progress){ .step = 0 };
    if (!f)
        return false;
    int n = fscanf(f, "step %d answered %d right %d hints %d seed %u done %d", &p->step,
                   &p->answered, &p->right, &p->hints_used, &p->seed, &done);
    fclose(f);
    p->done = done != 0;
    if (n == 6 && p->step >= 0 && p->step <= LESSON_STEPS)
        return true;
    *p = (struct lesson_progress){ .step = 0 };
    return false;
}

bool lesson_progress_save(const struct lesson_progress *p, const char *state_file)
{
    char temporary[600];
    if (snprintf(temporary, sizeof temporary, "%s.new", state_file) >= (int)sizeof temporary)
        return false;
    FILE *f = fopen(temporary, "w");
    if (!f)
        return false;
    int n = fprintf(f, "step %d\nanswered %d\nright %d\nhints %d\nseed %u\ndone %d\n", p->step,
                    p->answered, p->right, p->hints_used, p->seed, p->done);
    return fclose(f) == 0 && n > 0 && rename(temporary, state_file) == 0;
}

/* ---- judging ---- */

static bool evaluate(const struct debug *d, const char *text, u64 *value, char *error, size_t n)
{
    struct expr_context ctx = { .world = d->timeline->world,
                                .event = d->last.has_event ? &d->last.event : NULL,
                                .event_counts = d->timeline->log.counts };
    char why[200];
    int at;
    if (expr_eval(text, &ctx, value, why, sizeof why, &at))
        return true;
    snprintf(error, n, "%s\n  %s\n  %*s^", why, text, at, "");
    return false;
}

/* "2", "b" or "B": the second choice. */
static bool read_choice(const struct lesson_step *s, const char *typed, u64 *value, char *error,
                        size_t n)
{
    while (isspace((unsigned char)*typed))
        typed++;
    int c = tolower((unsigned char)typed[0]);
    *value = isdigit(c) ? (u64)(c - '0') : c >= 'a' && c <= 'z' ? (u64)(c - 'a' + 1) : 0;
    size_t rest = typed[0] ? strspn(typed + 1, " \t\r\n") : 0;
    if (*value >= 1 && *value <= (u64)s->choices && typed[1 + rest] == '\0')
        return true;
    snprintf(error, n, "answer with a number from 1 to %d", s->choices);
    return false;
}

/* A prediction is a number: a name would only ask the machine for it. */
static bool read_number(const char *typed, u64 *value, char *error, size_t n)
{
    char *end;
    while (isspace((unsigned char)*typed))
        typed++;
    bool binary = typed[0] == '0' && (typed[1] == 'b' || typed[1] == 'B');
    bool hex = typed[0] == '0' && (typed[1] == 'x' || typed[1] == 'X');
    const char *digits = typed + (binary || hex ? 2 : *typed == '-');
    *value = isxdigit((unsigned char)*digits)
                 ? strtoull(binary || hex ? digits : typed, &end, binary ? 2 : hex ? 16 : 10) : 0;
    if (isxdigit((unsigned char)*digits) && end > digits && end[strspn(end, " \t\r\n")] == '\0')
        return true;
    snprintf(error, n, "answer with a number, such as 2, 0x202 or 0b10");
    return false;
}

bool lesson_judge(const struct lesson *l, int step, const char *typed, const struct debug *d,
                  bool *right, char *error, size_t error_size)
{
    const struct lesson_step *s = &l->step[step];
    u64 given, wanted;
    bool ok = s->choices ? read_choice(s, typed, &given, error, error_size)
                         : read_number(typed, &given, error, error_size);
    if (!ok || !evaluate(d, s->answer, &wanted, error, error_size))
        return false;
    *right = given == wanted;
    return true;
}

bool lesson_checked(const struct lesson *l, int step, const struct debug *d, bool *passed,
                    char *error, size_t error_size)
{
    u64 value = 1;
    if (l->step[step].check[0] && !evaluate(d, l->step[step].check, &value, error, error_size))
        return false;
    *passed = value != 0;
    return true;
}
