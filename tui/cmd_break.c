#include "tui/command.h"

#include "bt/event.h"
#include "lessons/suggest.h"
#include "lessons/trace.h"
#include "vmm/event.h"
#include <ctype.h>
#include <string.h>

/* "PLACE if CONDITION": cut it in two. */
static const char *split_if(const char *args, char *place, size_t size)
{
    const char *p = !strncmp(args, "if ", 3) ? args : strstr(args, " if ");
    size_t len = p ? (size_t)(p - args) : strlen(args);
    snprintf(place, size, "%.*s", (int)len, args);
    return p ? p + (p == args ? 3 : 4) : "";
}

static struct breakpoint *add(struct session *s, enum stop_type type, const char *text,
                              const char *condition)
{
    if (strlen(condition) >= sizeof ((struct breakpoint *)0)->condition) {
        session_complain(s, NULL, -1, "the condition is too long");
        return NULL;
    }
    struct breakpoint *b = debug_add(s->debug, type);
    if (!b) {
        session_complain(s, NULL, -1, "there are %d breakpoints already", DEBUG_BREAKPOINTS);
        return NULL;
    }
    snprintf(b->text, sizeof b->text, "%s", text);
    snprintf(b->condition, sizeof b->condition, "%s", condition);
    return b;
}

/* Is it an expression at all?  Its value does not matter now. */
static bool condition_ok(struct session *s, const char *condition)
{
    u64 value;
    return !condition[0] || session_eval(s, condition, &value);
}

static enum command_result add_break(struct session *s, const char *args, bool temporary)
{
    char place[128], where[64];
    u32 address;
    const char *condition = split_if(args, place, sizeof place);
    if (!place[0]) { /* here */
        struct peek p;
        address = world_peek(s->debug->timeline->world, &p)
                ? p.arch.seg[CS].base + p.arch.eip : s->debug->timeline->world->hw.arch->eip;
    } else if (!session_address(s, place + (place[0] == '*'), &address)) {
        return COMMAND_FAILED;
    }
    if (!condition_ok(s, condition))
        return COMMAND_FAILED;
    struct breakpoint *b = add(s, BREAK_EXEC, place[0] ? place : "here", condition);
    if (!b)
        return COMMAND_FAILED;
    b->address = address;
    b->temporary = temporary;
    guest_where(s->image, b->address, where);
    session_say(s, "breakpoint %d at %08x%s%s%s\n", b->number, b->address, where[0] ? " <" : "",
                where, where[0] ? ">" : "");
    return COMMAND_OK;
}

enum command_result cmd_BREAK(struct session *s, const char *args)
{
    return add_break(s, args, false);
}

enum command_result cmd_TBREAK(struct session *s, const char *args)
{
    return add_break(s, args, true);
}

/* What is watched: `dword[A]` is the memory at A, as gdb's *(int *)A; plain `A` and `*A` too.  Leaves the
 * address's expression in text and gives the length, when the form tells it. */
static void watched_place(char *text, u64 *len)
{
    static const struct { const char *word; u8 len; } forms[] = {
        { "byte[", 1 }, { "word[", 2 }, { "dword[", 4 }, { "*", 4 },
    };
    size_t size = strlen(text);
    for (unsigned i = 0; i < COUNT(forms); i++) {
        size_t skip = strlen(forms[i].word);
        bool bracket = forms[i].word[skip - 1] == '[';
        if (strncmp(text, forms[i].word, skip) != 0 || (bracket && text[size - 1] != ']'))
            continue;
        memmove(text, text + skip, size - skip + 1);
        if (bracket)
            text[size - skip - 1] = '\0';
        *len = forms[i].len;
        return;
    }
}

enum command_result cmd_WATCH(struct session *s, const char *args)
{
    char place[128], first[96], second[32];
    u32 address;
    u64 len = 4;
    const char *condition = split_if(args, place, sizeof place);
    const char *rest = next_word(place, first, sizeof first);
    if (!first[0])
        return command_usage(s, CMD_WATCH);
    next_word(rest, second, sizeof second);
    watched_place(first, &len);
    if (!session_address(s, first, &address) || (second[0] && !session_eval(s, second, &len)))
        return COMMAND_FAILED;
    if (len < 1 || len > 8) {
        session_complain(s, NULL, -1, "a watchpoint covers 1 to 8 bytes");
        return COMMAND_FAILED;
    }
    if (!condition_ok(s, condition))
        return COMMAND_FAILED;
    struct breakpoint *b = add(s, BREAK_WATCH, place, condition);
    if (!b)
        return COMMAND_FAILED;
    b->address = address;
    b->len = (u32)len;
    session_say(s, "watchpoint %d: %u bytes at %08x\n", b->number, b->len, b->address);
    return COMMAND_OK;
}

/* gdb's and other monitors' words for our events; the argument that a value is compared with. */
struct catchable { const char *word; u16 kind; u8 arg; bool fixed; u32 value; };
static const struct catchable catchables[] = {
    { "exit", HW_VMEXIT, 0, false, 0 }, { "exception", HW_FAULT, 0, false, 0 },
    { "interrupt", HW_INTERRUPT, 0, false, 0 }, { "mode", HW_CR, 0, true, 0 },
    { "ptwrite", VMM_TRACED, 1, false, 0 }, { "tc fill", BT_TRANSLATE, 1, false, 0 },
    { "tc flush", BT_FLUSH, 1, false, 0 }, { "tc chain", BT_CHAIN, 0, false, 0 },
    { "tc smc", BT_FLUSH, 1, true, 2 }, { "guest-exit", HW_EXIT, 0, false, 0 },
};

static bool find_catchable(const char **args, struct catchable *out)
{
    char word[64];
    for (unsigned i = 0; i < COUNT(catchables); i++) {
        size_t len = strlen(catchables[i].word);
        if (!strncmp(*args, catchables[i].word, len) && ((*args)[len] == ' ' || !(*args)[len])) {
            *out = catchables[i];
            *args += len + strspn(*args + len, " ");
            return true;
        }
    }
    const char *rest = next_word(*args, word, sizeof word);
    int kind = event_by_name(word);
    if (kind < 0)
        return false;
    *out = (struct catchable){ word, (u16)kind, 0, false, 0 };
    *args = rest;
    return true;
}

static void no_such_event(struct session *s, const char *args)
{
    char word[64];
    const char *names[EVENT_KINDS];
    size_t count = 0;
    next_word(args, word, sizeof word);
    for (unsigned i = 0; i < EVENT_KINDS; i++)
        if (event_info(i))
            names[count++] = event_info(i)->name;
    const char *near = suggest(word, names, count);
    session_complain(s, args, 0, "no event \"%s\"%s%s%s", word, near ? "; did you mean \"" : "",
                     near ? near : "; see help catch", near ? "\"?" : "");
}

static void no_such_reason(struct session *s, const char *word)
{
    const char *names[EXIT_REASON_COUNT];
    for (unsigned r = 0; r < EXIT_REASON_COUNT; r++)
        names[r] = exit_reason_name(r);
    const char *near = suggest(word, names, EXIT_REASON_COUNT);
    session_complain(s, word, 0, "no exit reason \"%s\"%s%s%s", word, near ? "; did you mean \"" : "",
                     near ? near : "", near ? "\"?" : "");
}

/* An exit reason may be named as Linux does. */
static bool catch_value(struct session *s, const struct catchable *c, const char *word, u64 *value)
{
    for (unsigned r = 0; c->kind == HW_VMEXIT && r < EXIT_REASON_COUNT; r++)
        if (!strcmp(exit_reason_name(r), word)) {
            *value = r;
            return true;
        }
    if (c->kind == HW_VMEXIT && isupper((unsigned char)word[0])) {
        no_such_reason(s, word);
        return false;
    }
    return session_eval(s, word, value);
}

static bool catch_range(struct session *s, const struct catchable *c, const char *text, u32 *lo,
                        u32 *hi, bool *any)
{
    char first[96], to[8], last[96];
    u64 value = c->value, end;
    const char *rest = next_word(text, first, sizeof first);
    rest = next_word(rest, to, sizeof to);
    next_word(rest, last, sizeof last);
    *any = !first[0] && !c->fixed;
    if (first[0] && !catch_value(s, c, first, &value))
        return false;
    end = value;
    if (to[0] && (strcmp(to, "to") || !catch_value(s, c, last, &end)))
        return false;
    *lo = (u32)value;
    *hi = (u32)end;
    return true;
}

enum command_result cmd_CATCH(struct session *s, const char *args)
{
    char place[128];
    struct catchable c;
    u32 lo, hi;
    bool any;
    const char *condition = split_if(args, place, sizeof place), *rest = place;
    if (!place[0])
        return command_usage(s, CMD_CATCH);
    if (!find_catchable(&rest, &c)) {
        no_such_event(s, place);
        return COMMAND_FAILED;
    }
    if (!catch_range(s, &c, rest, &lo, &hi, &any) || !condition_ok(s, condition))
        return COMMAND_FAILED;
    struct breakpoint *b = add(s, BREAK_CATCH, place, condition);
    if (!b)
        return COMMAND_FAILED;
    b->kind = c.kind;
    b->arg_index = c.arg;
    b->any_arg = any;
    b->lo = lo;
    b->hi = hi;
    session_say(s, "catchpoint %d: %s\n", b->number, event_info(c.kind)->name);
    return COMMAND_OK;
}

static struct breakpoint *by_number(struct session *s, u64 number)
{
    for (int i = 0; i < s->debug->breakpoint_count; i++)
        if ((u64)s->debug->breakpoints[i].number == number)
            return &s->debug->breakpoints[i];
    session_complain(s, NULL, -1, "there is no breakpoint %llu", (unsigned long long)number);
    return NULL;
}

enum command_result cmd_CONDITION(struct session *s, const char *args)
{
    char word[32];
    u64 number;
    const char *rest = next_word(args, word, sizeof word);
    if (!parse_u64(word, &number))
        return command_usage(s, CMD_CONDITION);
    struct breakpoint *b = by_number(s, number);
    if (!b || !condition_ok(s, rest))
        return COMMAND_FAILED;
    snprintf(b->condition, sizeof b->condition, "%s", rest);
    session_say(s, rest[0] ? "breakpoint %d stops only if %s\n"
                           : "breakpoint %d stops always%s\n", b->number, rest);
    return COMMAND_OK;
}

enum command_result cmd_IGNORE(struct session *s, const char *args)
{
    char word[32];
    u64 number, count;
    const char *rest = next_word(args, word, sizeof word);
    if (!parse_u64(word, &number) || !parse_u64(rest, &count))
        return command_usage(s, CMD_IGNORE);
    struct breakpoint *b = by_number(s, number);
    if (!b)
        return COMMAND_FAILED;
    b->ignore = count;
    session_say(s, "breakpoint %d passes %llu times\n", b->number, (unsigned long long)count);
    return COMMAND_OK;
}

static enum command_result each_number(struct session *s, const char *args, int what, enum command_id id)
{
    char word[32];
    u64 number;
    for (int i = s->debug->breakpoint_count; !args[0] && i-- > 0;) {
        struct breakpoint *b = &s->debug->breakpoints[i];
        if (what < 0)
            debug_delete(s->debug, b->number);
        else
            b->enabled = (u8)what;
    }
    while (args[0]) {
        args = next_word(args, word, sizeof word);
        if (!parse_u64(word, &number))
            return command_usage(s, id);
        struct breakpoint *b = by_number(s, number);
        if (!b)
            return COMMAND_FAILED;
        if (what < 0)
            debug_delete(s->debug, b->number);
        else
            b->enabled = (u8)what;
    }
    return COMMAND_OK;
}

enum command_result cmd_DELETE(struct session *s, const char *args)
{
    return each_number(s, args, -1, CMD_DELETE);
}

enum command_result cmd_ENABLE(struct session *s, const char *args)
{
    return each_number(s, args, 1, CMD_ENABLE);
}

enum command_result cmd_DISABLE(struct session *s, const char *args)
{
    return each_number(s, args, 0, CMD_DISABLE);
}
