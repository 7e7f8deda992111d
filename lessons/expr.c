#include "lessons/expr.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lessons/expr_names.h"

/* Precedence climbing.  Numbers are 64 bits wide and signed, so that -1 < 0 holds and every register
 * fits.  What && || ?: do not reach is parsed, not evaluated: `skip` counts how deep. */
struct parser {
    const char *text, *at;
    const struct expr_context *ctx;
    char *error;
    size_t error_size;
    int error_at;
    int skip, depth;
    bool failed;
};

enum { DEEPEST = 64, LONGEST_NAME = 64 };

static s64 ternary(struct parser *p);

PRINTF_LIKE(3, 4) static s64 fail(struct parser *p, const char *at, const char *format, ...)
{
    va_list args;
    if (p->failed)
        return 0;
    p->failed = true;
    p->error_at = (int)(at - p->text);
    va_start(args, format);
    vsnprintf(p->error, p->error_size, format, args);
    va_end(args);
    return 0;
}

static void space(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool accept(struct parser *p, const char *token)
{
    size_t n = strlen(token);
    space(p);
    if (strncmp(p->at, token, n) != 0)
        return false;
    p->at += n;
    return true;
}

static void expect(struct parser *p, char c)
{
    space(p);
    if (*p->at == c)
        p->at++;
    else
        fail(p, p->at, "'%c' is missing here", c);
}

/* ---- numbers, names, memory ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return isalpha((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;
}

static s64 number(struct parser *p)
{
    const char *start = p->at;
    unsigned base = 10;
    u64 value = 0;
    if (start[0] == '0' && (start[1] == 'x' || start[1] == 'X'))
        base = 16;
    else if (start[0] == '0' && (start[1] == 'b' || start[1] == 'B'))
        base = 2;
    p->at += base == 10 ? 0 : 2;
    const char *first = p->at;
    for (; isalnum((unsigned char)*p->at); p->at++) {
        if (digit(*p->at) >= (int)base)
            return fail(p, p->at, "'%c' is not a digit of a number of base %u", *p->at, base);
        if (value > (UINT64_MAX >> 1) / base)
            return fail(p, start, "this number does not fit in 63 bits");
        value = value * base + (unsigned)digit(*p->at);
    }
    if (p->at == first)
        return fail(p, p->at, "a digit is missing after 0x or 0b");
    return (s64)value;
}

static s64 character(struct parser *p)
{
    const char *start = p->at++;
    int c = (unsigned char)*p->at;
    if (c == '\\' && p->at[1] == 'n')
        c = '\n', p->at++;
    if (c == '\0' || p->at[1] != '\'')
        return fail(p, start, "a character is written 'c'");
    p->at += 2;
    return c;
}

static s64 load(struct parser *p, const char *at, s64 address, unsigned size)
{
    char why[160];
    u64 value = 0;
    if (p->skip || p->failed)
        return 0;
    if (!expr_memory(p->ctx, (u32)address, size, &value, why, sizeof why))
        return fail(p, at, "%s", why);
    return (s64)value;
}

static bool is_name_char(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.'; }

static unsigned memory_word(const char *name)
{
    if (strcmp(name, "byte") == 0 || strcmp(name, "u8") == 0)
        return 1;
    if (strcmp(name, "word") == 0 || strcmp(name, "u16") == 0)
        return 2;
    return strcmp(name, "dword") == 0 || strcmp(name, "u32") == 0 ? 4 : 0;
}

static bool read_name(struct parser *p, char name[LONGEST_NAME])
{
    size_t n = 0;
    space(p);
    while (is_name_char(p->at[n]))
        n++;
    if (n == 0 || n >= LONGEST_NAME)
        return false;
    memcpy(name, p->at, n);
    name[n] = '\0';
    p->at += n;
    return true;
}

static s64 name_or_memory(struct parser *p)
{
    char name[LONGEST_NAME], why[160];
    const char *start = p->at;
    u64 value = 0;
    if (!read_name(p, name))
        return fail(p, start, "a number, a name or '(' is missing here");
    space(p);
    if (*p->at == '[' && memory_word(name)) {
        p->at++;
        s64 address = ternary(p);
        expect(p, ']');
        return load(p, start, address, memory_word(name));
    }
    if (p->skip || p->failed)
        return 0;
    if (!expr_name(p->ctx, name, &value, why, sizeof why))
        return fail(p, start, "%s", why);
    return (s64)value;
}

/* ---- operators ---- */

static s64 unary(struct parser *p);

static s64 sized_load(struct parser *p, const char *start)
{
    char name[LONGEST_NAME];
    unsigned size = read_name(p, name) ? memory_word(name) : 0;
    expect(p, '}');
    if (size == 0)
        return fail(p, start, "a size is {u8}, {u16} or {u32}");
    return load(p, start, unary(p), size);
}

static s64 primary(struct parser *p)
{
    space(p);
    const char *start = p->at;
    if (accept(p, "(")) {
        s64 value = ternary(p);
        expect(p, ')');
        return value;
    }
    if (accept(p, "{"))
        return sized_load(p, start);
    if (*start == '\'')
        return character(p);
    if (isdigit((unsigned char)*start))
        return number(p);
    if (*start == '$' || *start == '%')
        p->at++;
    return name_or_memory(p);
}

static s64 unary(struct parser *p)
{
    s64 value = 0;
    space(p);
    const char *start = p->at;
    if (++p->depth > DEEPEST)
        fail(p, start, "this nests too deeply");
    else if (accept(p, "-"))
        value = (s64)-(u64)unary(p);
    else if (accept(p, "+"))
        value = unary(p);
    else if (accept(p, "!"))
        value = !unary(p);
    else if (accept(p, "~"))
        value = ~unary(p);
    else if (accept(p, "*"))
        value = load(p, start, unary(p), 4);
    else
        value = primary(p);
    p->depth--;
    return value;
}

enum binary { OR_OR, AND_AND, BIT_OR, BIT_XOR, BIT_AND, EQUAL, NOT_EQUAL, LESS_EQUAL, MORE_EQUAL,
              SHIFT_LEFT, SHIFT_RIGHT, LESS, MORE, PLUS, MINUS, TIMES, DIVIDE, MODULO };
struct operator { const char *text; u8 id, level; };
/* Longer spellings first. */
static const struct operator operators[] = {
    { "||", OR_OR, 1 }, { "&&", AND_AND, 2 }, { "==", EQUAL, 6 }, { "!=", NOT_EQUAL, 6 },
    { "<=", LESS_EQUAL, 7 }, { ">=", MORE_EQUAL, 7 }, { "<<", SHIFT_LEFT, 8 },
    { ">>", SHIFT_RIGHT, 8 }, { "|", BIT_OR, 3 }, { "^", BIT_XOR, 4 }, { "&", BIT_AND, 5 },
    { "<", LESS, 7 }, { ">", MORE, 7 }, { "+", PLUS, 9 }, { "-", MINUS, 9 }, { "*", TIMES, 10 },
    { "/", DIVIDE, 10 }, { "%", MODULO, 10 },
};

static const struct operator *operator_here(struct parser *p, int level)
{
    space(p);
    for (unsigned i = 0; i < COUNT(operators); i++) {
        size_t n = strlen(operators[i].text);
        if (strncmp(p->at, operators[i].text, n) != 0)
            continue;
        if (operators[i].level < level)
            return NULL;
        p->at += n;
        return &operators[i];
    }
    return NULL;
}

static s64 divide(struct parser *p, const char *at, bool remainder, s64 a, s64 b)
{
    if (p->skip || p->failed)
        return 0;
    if (b == 0)
        return fail(p, at, "division by zero");
    if (b == -1)
        return remainder ? 0 : (s64)-(u64)a; /* the most negative number stays what it is */
    return remainder ? a % b : a / b;
}

static s64 apply(struct parser *p, const char *at, enum binary op, s64 a, s64 b)
{
    switch (op) {
    case OR_OR: return a || b;
    case AND_AND: return a && b;
    case BIT_OR: return a | b;
    case BIT_XOR: return a ^ b;
    case BIT_AND: return a & b;
    case EQUAL: return a == b;
    case NOT_EQUAL: return a != b;
    case LESS_EQUAL: return a <= b;
    case MORE_EQUAL: return a >= b;
    case LESS: return a < b;
    case MORE: return a > b;
    case SHIFT_LEFT: return b < 0 || b > 63 ? 0 : (s64)((u64)a << b);
    case SHIFT_RIGHT: return b < 0 || b > 63 ? 0 : a >> b;
    case PLUS: return (s64)((u64)a + (u64)b);
    case MINUS: return (s64)((u64)a - (u64)b);
    case TIMES: return (s64)((u64)a * (u64)b);
    case DIVIDE: return divide(p, at, false, a, b);
    case MODULO: return divide(p, at, true, a, b);
    }
    return 0;
}

static s64 binary(struct parser *p, int level)
{
    s64 left = unary(p);
    for (;;) {
        space(p);
        const char *at = p->at;
        const struct operator *o = operator_here(p, level);
        if (!o || p->failed)
            return left;
        bool unneeded = (o->id == OR_OR && left) || (o->id == AND_AND && !left);
        p->skip += unneeded;
        s64 right = binary(p, o->level + 1);
        p->skip -= unneeded;
        left = apply(p, at, (enum binary)o->id, left, right);
    }
}

static s64 ternary(struct parser *p)
{
    if (++p->depth > DEEPEST)
        return fail(p, p->at, "this nests too deeply");
    s64 value = binary(p, 1);
    if (!p->failed && accept(p, "?")) {
        bool yes = value != 0;
        p->skip += !yes;
        s64 first = ternary(p);
        p->skip += !yes ? -1 : 1;
        expect(p, ':');
        s64 second = ternary(p);
        p->skip -= yes;
        value = yes ? first : second;
    }
    p->depth--;
    return value;
}

bool expr_eval(const char *text, const struct expr_context *ctx, u64 *value, char *error,
               size_t error_size, int *error_at)
{
    struct parser p = { .text = text, .at = text, .ctx = ctx, .error = error,
                        .error_size = error_size };
    s64 result = ternary(&p);
    space(&p);
    if (!p.failed && *p.at)
        fail(&p, p.at, *p.at == '=' ? "an expression changes nothing; == compares"
                                    : "an operator is missing before this");
    if (p.failed) {
        *error_at = p.error_at;
        return false;
    }
    *value = (u64)result;
    return true;
}
