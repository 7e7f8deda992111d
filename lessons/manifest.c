#include "lessons/manifest.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool manifest_complain(struct manifest *m, int line, const char *at, const char *format, ...)
{
    char message[256];
    const char *start = at;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    while (start > m->text && start[-1] != '\n')
        start--;
    snprintf(m->error, m->error_size, "%s:%d: %s\n  %.*s\n  %*s^", m->path, line, message,
             (int)strcspn(start, "\n"), start, (int)(at - start), "");
    return false;
}

static void space(struct manifest *m)
{
    while (*m->at == ' ' || *m->at == '\t')
        m->at++;
}

/* Spaces, comments and ends of lines. */
static void blank(struct manifest *m)
{
    for (;;) {
        space(m);
        if (*m->at == '#')
            m->at += strcspn(m->at, "\n");
        if (*m->at != '\n')
            return;
        m->at++;
        m->line++;
    }
}

static bool end_of_line(struct manifest *m)
{
    space(m);
    if (*m->at == '#')
        m->at += strcspn(m->at, "\n");
    if (*m->at == '\n' || *m->at == '\0')
        return true;
    return manifest_complain(m, m->line, m->at, "nothing more may stand on this line");
}

static bool append(struct manifest *m, char *out, size_t size, size_t *used, char c)
{
    if (*used + 1 >= size)
        return manifest_complain(m, m->line, m->at, "this is longer than %zu bytes", size - 1);
    out[(*used)++] = c;
    out[*used] = '\0';
    return true;
}

static bool escape(struct manifest *m, char *c)
{
    switch (*++m->at) {
    case 'n': *c = '\n'; return true;
    case 't': *c = '\t'; return true;
    case '"': case '\\': *c = *m->at; return true;
    default: return manifest_complain(m, m->line, m->at, "a backslash goes before \" \\ n or t");
    }
}

static bool ends_here(const struct manifest *m, bool several)
{
    return several ? strncmp(m->at, "\"\"\"", 3) == 0 : *m->at == '"';
}

static bool read_string(struct manifest *m, char *out, size_t size)
{
    bool several = strncmp(m->at, "\"\"\"", 3) == 0;
    const char *start = m->at;
    int line = m->line;
    size_t used = 0;
    out[0] = '\0';
    m->at += several ? 3 : 1;
    if (several && *m->at == '\n') { /* a first line end belongs to the quotes */
        m->at++;
        m->line++;
    }
    for (; !ends_here(m, several); m->at++) {
        char c = *m->at;
        if (c == '\0' || (c == '\n' && !several))
            return manifest_complain(m, line, start, "this string has no end");
        if (c == '\\' && !escape(m, &c))
            return false;
        if (*m->at == '\n')
            m->line++;
        if (!append(m, out, size, &used, c))
            return false;
    }
    m->at += several ? 3 : 1;
    return true;
}

static bool read_number(struct manifest *m, u64 *out)
{
    for (*out = 0; isdigit((unsigned char)*m->at); m->at++) {
        if (*out > UINT32_MAX)
            return manifest_complain(m, m->line, m->at, "this number is too large");
        *out = *out * 10 + (u64)(*m->at - '0');
    }
    return true;
}

static bool read_list(struct manifest *m, struct manifest_item *item)
{
    m->at++;
    for (;;) {
        blank(m);
        if (*m->at == ']') {
            m->at++;
            return true;
        }
        if (*m->at != '"')
            return manifest_complain(m, m->line, m->at, "a list holds strings: \" or ] is missing");
        if (item->count == MANIFEST_ITEMS)
            return manifest_complain(m, m->line, m->at, "a list holds at most %d strings",
                                     MANIFEST_ITEMS);
        if (!read_string(m, item->list[item->count++], MANIFEST_ITEM))
            return false;
        blank(m);
        if (*m->at == ',')
            m->at++;
        else if (*m->at != ']')
            return manifest_complain(m, m->line, m->at, "a comma or ] is missing here");
    }
}

static bool read_word(struct manifest *m, char *out, size_t size)
{
    size_t n = 0;
    while (islower((unsigned char)m->at[n]) || isdigit((unsigned char)m->at[n]) || m->at[n] == '_')
        n++;
    if (n == 0 || n >= size)
        return manifest_complain(m, m->line, m->at, n ? "this name is too long"
                                                      : "a key or [[step]] is expected here");
    memcpy(out, m->at, n);
    out[n] = '\0';
    m->at += n;
    return true;
}

static bool read_table(struct manifest *m, struct manifest_item *item)
{
    item->kind = MANIFEST_TABLE;
    m->at += 2;
    if (!read_word(m, item->name, sizeof item->name))
        return false;
    if (strncmp(m->at, "]]", 2) != 0)
        return manifest_complain(m, m->line, m->at, "]] is missing here");
    m->at += 2;
    return end_of_line(m);
}

static bool read_value(struct manifest *m, struct manifest_item *item)
{
    item->value_at = m->at;
    if (*m->at == '"') {
        item->kind = MANIFEST_STRING;
        return read_string(m, item->text, sizeof item->text);
    }
    if (*m->at == '[') {
        item->kind = MANIFEST_LIST;
        return read_list(m, item);
    }
    if (isdigit((unsigned char)*m->at)) {
        item->kind = MANIFEST_NUMBER;
        return read_number(m, &item->number);
    }
    return manifest_complain(m, m->line, m->at, "a value is a \"string\", a number or a [\"list\"]");
}

static bool read_item(struct manifest *m, struct manifest_item *item)
{
    if (strncmp(m->at, "[[", 2) == 0)
        return read_table(m, item);
    if (!read_word(m, item->name, sizeof item->name))
        return false;
    space(m);
    if (*m->at != '=')
        return manifest_complain(m, m->line, m->at, "= is missing after the key");
    m->at++;
    space(m);
    return read_value(m, item) && end_of_line(m);
}

void manifest_next(struct manifest *m, struct manifest_item *item)
{
    memset(item, 0, sizeof *item);
    blank(m);
    item->line = m->line;
    item->at = m->at;
    if (*m->at == '\0')
        item->kind = MANIFEST_END;
    else if (!read_item(m, item))
        item->kind = MANIFEST_ERROR;
}
