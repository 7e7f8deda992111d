#include "lessons/expr_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lessons/fields.h"
#include "lessons/fields_fpu.h"
#include "lessons/suggest.h"
#include "lessons/trace.h"

enum { NAME_MAX_LENGTH = 64, SUGGESTIONS = 128 };

/* ---- registers ---- */

static bool register_value(const struct arch *s, const char *name, u64 *value)
{
    const struct field *f = field_by_name(name);
    const struct part *p = part_by_name(name);
    u32 flag = flag_by_name(name);
    if (f) {
        *value = field_get(s, f);
        return true;
    }
    if (flag) {
        *value = (s->eflags & flag) / (flag & -flag);
        return true;
    }
    if (p)
        *value = s->reg[p->reg] >> p->shift & (BIT(p->bits) - 1);
    return p != NULL;
}

/* ---- names with a prefix: cost.NAME, count.NAME ---- */

/* Names of events and accounts have dashes, which an expression would subtract: _ stands for -. */
static void with_dashes(const char *in, char *out)
{
    size_t i = 0;
    for (; in[i] && i < NAME_MAX_LENGTH - 1; i++)
        out[i] = in[i] == '_' ? '-' : in[i];
    out[i] = '\0';
}

static bool cost_value(const struct expr_context *ctx, const char *name, u64 *value, char *error,
                       size_t n)
{
    const struct machine_state *m = ctx->world->hw.state;
    const char *words[COST_COUNT];
    for (unsigned i = 0; i < COST_COUNT; i++) {
        words[i] = cost_p4_672[i].name;
        if (strcmp(words[i], name) == 0) {
            *value = i == COST_PLAIN ? m->retired : m->ledger.cycles[i];
            return true;
        }
    }
    const char *near = suggest(name, words, COST_COUNT);
    snprintf(error, n, "no account of the ledger is called '%s'%s%s%s", name,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

static bool count_value(const struct expr_context *ctx, const char *name, u64 *value, char *error,
                        size_t n)
{
    int kind = event_by_name(name);
    if (kind < 0)
        return snprintf(error, n, "no event is called '%s'", name), false;
    if (!ctx->event_counts)
        return snprintf(error, n, "events are not counted here"), false;
    *value = ctx->event_counts[kind];
    return true;
}

/* ---- names of the world and of the event ---- */

static bool world_value(const struct expr_context *ctx, const char *name, u64 *value)
{
    const struct machine_state *m = ctx->world->hw.state;
    if (strcmp(name, "step") == 0)
        return *value = m->step, true;
    if (strcmp(name, "cycles") == 0)
        return *value = ledger_total(&m->ledger, m->retired), true;
    if (strcmp(name, "machine") == 0)
        return *value = m->retired, true;
    return false;
}

static bool is_event_name(const char *name)
{
    return strcmp(name, "kind") == 0 ||
           (strncmp(name, "arg", 3) == 0 && name[3] >= '0' && name[3] <= '3' && !name[4]);
}

static bool event_value(const struct expr_context *ctx, const char *name, u64 *value, char *error,
                        size_t n)
{
    if (!ctx->event)
        return snprintf(error, n, "'%s' belongs to an event, and none stopped here", name), false;
    *value = name[0] == 'k' ? ctx->event->kind : ctx->event->arg[name[3] - '0'];
    return true;
}

/* The image's symbol that is nearer than `best`, or best. */
static const char *nearer_symbol(const struct image *image, const char *name, const char *best)
{
    for (u32 i = 0; image && i < image->symbol_count; i++) {
        const char *two[2] = { best, image->symbols[i].name };
        best = best ? suggest(name, two, 2) : suggest(name, two + 1, 1);
    }
    return best;
}

static bool unknown(const struct image *image, const char *name, char *error, size_t n)
{
    const char *words[SUGGESTIONS];
    size_t count = 0;
    for (unsigned i = 0; i < field_count && count < SUGGESTIONS; i++)
        words[count++] = fields[i].name;
    for (unsigned i = 0; i < FPU_FIELDS && count < SUGGESTIONS; i++)
        words[count++] = fpu_field_name(i);
    for (unsigned i = 0; i < part_count && count < SUGGESTIONS; i++)
        words[count++] = parts[i].name;
    const char *near = nearer_symbol(image, name, suggest(name, words, count));
    snprintf(error, n, "no register, flag or symbol is called '%s'%s%s%s", name,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

static bool symbol_value(const struct expr_context *ctx, const char *name, u64 *value)
{
    u32 address;
    if (!ctx->world->image || !image_symbol(ctx->world->image, name, &address))
        return false;
    *value = address;
    return true;
}

/* A register's name wins over a symbol's: conditions must not change meaning with the guest. */
static bool guest_value(const struct expr_context *ctx, const char *name, const char *typed,
                        u64 *value, char *error, size_t n)
{
    struct peek peek = { .tick = 0 };
    u64 ignored;
    bool is_tick = strcmp(name, "tick") == 0;
    if (fpu_value(world_fpu(ctx->world), name, value))
        return true;
    if (!is_tick && !register_value(&peek.arch, name, &ignored))
        return symbol_value(ctx, typed, value) || unknown(ctx->world->image, typed, error, n);
    if (!world_peek(ctx->world, &peek))
        return snprintf(error, n, "the guest's state cannot be told at this moment"), false;
    if (is_tick)
        return *value = peek.tick, true;
    return register_value(&peek.arch, name, value);
}

bool expr_name(const struct expr_context *ctx, const char *typed, u64 *value, char *error, size_t n)
{
    char name[NAME_MAX_LENGTH], dashed[NAME_MAX_LENGTH];
    size_t i = 0;
    for (; typed[i] && i < sizeof name - 1; i++)
        name[i] = (char)tolower((unsigned char)typed[i]);
    name[i] = '\0';
    with_dashes(name, dashed);
    if (strncmp(name, "real.", 5) == 0)
        return register_value(&ctx->world->hw.state->arch, name + 5, value) ||
               unknown(NULL, name + 5, error, n);
    if (strncmp(name, "cost.", 5) == 0)
        return cost_value(ctx, dashed + 5, value, error, n);
    if (strncmp(name, "count.", 6) == 0)
        return count_value(ctx, dashed + 6, value, error, n);
    if (world_value(ctx, name, value))
        return true;
    if (is_event_name(name))
        return event_value(ctx, name, value, error, n);
    return guest_value(ctx, name, typed, value, error, n);
}

bool expr_memory(const struct expr_context *ctx, u32 la, unsigned size, u64 *value, char *error,
                 size_t n)
{
    struct peek peek;
    u32 raw = 0;
    if (!world_peek(ctx->world, &peek))
        return snprintf(error, n, "the guest's state cannot be told at this moment"), false;
    if (!world_read_linear(ctx->world, &peek.arch, la, &raw, size))
        return snprintf(error, n, "no guest memory is mapped at 0x%08x", la), false;
    *value = raw;
    return true;
}
