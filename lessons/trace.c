#include "lessons/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bt/event.h"
#include "lessons/fields.h"
#include "lessons/symbol.h"
#include "sim/api/vmx.h"
#include "sim/api/window.h"
#include "vt/event.h"

/* ---- the tables of all layers, side by side ---- */

#define E(id, name, text, section) { name, text, section },
static const struct event_info hw_events[] = {
#include "sim/api/hw.def"
};
static const struct event_info vmm_events[] = {
#include "vmm/vmm.def"
};
static const struct event_info bt_events[] = {
#include "bt/bt.def"
};
static const struct event_info vt_events[] = {
#include "vt/vt.def"
};
#undef E

struct layer { const char *name; const struct event_info *events; unsigned first, count; };
static const struct layer layers[] = {
    { "hw", hw_events, EVENT_HW_FIRST, COUNT(hw_events) },
    { "vmm", vmm_events, EVENT_VMM_FIRST, COUNT(vmm_events) },
    { "bt", bt_events, EVENT_BT_FIRST, COUNT(bt_events) },
    { "vt", vt_events, EVENT_VT_FIRST, COUNT(vt_events) },
};
_Static_assert(COUNT(hw_events) <= EVENT_VMM_FIRST - EVENT_HW_FIRST &&
               COUNT(vmm_events) <= EVENT_BT_FIRST - EVENT_VMM_FIRST &&
               COUNT(bt_events) <= EVENT_VT_FIRST - EVENT_BT_FIRST &&
               COUNT(vt_events) <= EVENT_KINDS - EVENT_VT_FIRST, "a layer has 64 kinds at most");

static const struct layer *layer_of(unsigned kind)
{
    for (unsigned i = 0; i < COUNT(layers); i++)
        if (kind - layers[i].first < layers[i].count)
            return &layers[i];
    return NULL;
}

const struct event_info *event_info(unsigned kind)
{
    const struct layer *l = layer_of(kind);
    return l ? &l->events[kind - l->first] : NULL;
}

const char *event_layer(unsigned kind)
{
    const struct layer *l = layer_of(kind);
    return l ? l->name : "none";
}

int event_by_name(const char *name)
{
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        const struct event_info *info = event_info(kind);
        if (info && strcmp(info->name, name) == 0)
            return (int)kind;
    }
    return -1;
}

unsigned event_name_width(void)
{
    unsigned width = 0;
    for (unsigned i = 0; i < COUNT(layers); i++)
        for (unsigned k = 0; k < layers[i].count; k++) {
            unsigned len = (unsigned)strlen(layers[i].events[k].name);
            width = len > width ? len : width;
        }
    return width;
}

/* ---- one argument in words ---- */

struct text { char *out; size_t size, used; };

PRINTF_LIKE(2, 3) static void put(struct text *t, const char *format, ...)
{
    va_list args;
    size_t room = t->used < t->size ? t->size - t->used : 0;
    va_start(args, format);
    int n = vsnprintf(room ? t->out + t->used : NULL, room, format, args);
    va_end(args);
    t->used += n > 0 ? (size_t)n : 0;
}

static const char *const vector_names[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#09", "#TS", "#NP", "#SS",
    "#GP", "#PF", "#0F", "#MF", "#AC", "#MC", "#XM",
};
static const char *const reg_names[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
static const char *const sreg_names[] = { "es", "cs", "ss", "ds", "fs", "gs" };
static const char *const irq_names[] = {
    "timer", "keyboard", "cascade", "COM2", "COM1", "LPT2", "floppy", "LPT1 or spurious", "clock",
    "IRQ 9", "IRQ 10", "IRQ 11", "mouse", "coprocessor", "disk 1", "disk 2",
};

static void put_name(struct text *t, const char *const *names, unsigned count, u32 value)
{
    if (value < count)
        put(t, "%s", names[value]);
    else
        put(t, "0x%x", value);
}

static void put_flags(struct text *t, u32 value)
{
    const char *before = " [";
    put(t, "0x%08x", value);
    for (unsigned i = 0; i < flag_count; i++)
        if (value & flag_names[i].mask) {
            put(t, "%s%s", before, flag_names[i].name);
            before = " ";
        }
    put(t, "%s", *before == ' ' && before[1] == '\0' ? "]" : "");
}

static void put_address(struct text *t, const struct image *image, u32 value)
{
    u32 offset = 0;
    const struct image_symbol *symbol = image ? symbol_at(image, value, &offset) : NULL;
    put(t, "0x%08x", value);
    if (symbol && offset)
        put(t, " (%s+%u)", symbol->name, offset);
    else if (symbol)
        put(t, " (%s)", symbol->name);
}

static void put_vector(struct text *t, u32 value)
{
    if (value < COUNT(vector_names))
        put(t, "%s", vector_names[value]);
    else
        put(t, "vector 0x%02x", value);
}

const char *trace_vector(u32 vector, char out[24])
{
    if (vector < COUNT(vector_names))
        snprintf(out, 24, "%s", vector_names[vector]);
    else
        snprintf(out, 24, "vector 0x%02x", vector);
    return out;
}

/* Of the vector in argument 0: only some exceptions have an error code, and one has an address. */
static void put_error(struct text *t, u32 vector, u32 code)
{
    bool has = vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
    if (has)
        put(t, " (error code 0x%x)", code);
}

static void put_cr2(struct text *t, const struct image *image, u32 vector, u32 address)
{
    if (vector != VEC_PF)
        return;
    put(t, " at address ");
    put_address(t, image, address);
}

static void put_instruction(struct text *t, u32 op)
{
    if (op < OP_COUNT)
        put(t, " by %s", op_info[op].text);
}

/* A byte, and the character that it is. */
static void put_character(struct text *t, u32 value)
{
    put(t, "0x%02x", value);
    if (value >= 0x20 && value < 0x7f)
        put(t, " '%c'", (char)value);
}

/* The bytes of an instruction that is none (insn_bytes_pack). */
static void put_code(struct text *t, const u32 arg[4])
{
    const u8 *bytes = (const u8 *)arg;
    for (unsigned i = 0; i < (bytes[INSN_MAX] & 15); i++)
        put(t, "%s%02x", i ? " " : "", bytes[i]);
}

/* A mnemonic, or the bytes of what has none. */
static void put_insn(struct text *t, const u32 arg[4])
{
    if (arg[0] < OP_COUNT) {
        put(t, "%s", op_info[arg[0]].text);
        return;
    }
    put(t, arg[2] ? "(bad)" : "an instruction that cannot be read");
    for (unsigned i = 0; i < arg[2] && i < 4; i++)
        put(t, " %02x", arg[3] >> 8 * i & 0xff);
}

/* Where a slot of the window (docs/window.md) is pointed to from. */
static void put_slot(struct text *t, u32 slot)
{
    put(t, "0x%x", slot);
    if (slot < COUNT(vector_names))
        put(t, " (%s)", vector_names[slot]);
    else if (slot == SLOT_HOST_RIP || slot == SLOT_SYSENTER)
        put(t, slot == SLOT_HOST_RIP ? " (VM exit)" : " (SYSENTER)");
}

/* VM-entry interruption-information: SDM 3C 24.8.3. */
static void put_injected(struct text *t, u32 info)
{
    static const char *const types[] = {
        [EVENT_EXTERNAL] = "external interrupt", [EVENT_NMI] = "NMI", [EVENT_HARD_EXCEPTION] = "exception",
        [EVENT_SOFT_INT] = "INT n", [EVENT_PRIV_SOFT_INT] = "INT1", [EVENT_SOFT_EXCEPTION] = "INT3 or INTO",
    };
    u32 type = INTR_TYPE(info);
    if (!(info & INTR_VALID)) {
        put(t, "nothing");
        return;
    }
    put(t, "%s ", type < COUNT(types) && types[type] ? types[type] : "event");
    put_vector(t, info & 0xff);
}

struct hole { unsigned index; char format[8]; }; /* {0:la} in a sentence */

static void put_argument(struct text *t, const struct hole *h, const struct event *e,
                         const struct image *image)
{
    const char *f = h->format;
    u32 value = e->arg[h->index];
    if (strcmp(f, "d") == 0)
        put(t, "%u", value);
    else if (strcmp(f, "la") == 0)
        put_address(t, image, value);
    else if (strcmp(f, "gpa") == 0 || strcmp(f, "mpa") == 0)
        put(t, "0x%08x", value);
    else if (strcmp(f, "op") == 0)
        put(t, "%s", value < OP_COUNT ? op_info[value].text : "an unknown instruction");
    else if (strcmp(f, "insn") == 0)
        put_insn(t, e->arg);
    else if (strcmp(f, "vec") == 0)
        put_vector(t, value);
    else if (strcmp(f, "err") == 0)
        put_error(t, e->arg[0], value);
    else if (strcmp(f, "cr2") == 0)
        put_cr2(t, image, e->arg[0], value);
    else if (strcmp(f, "by") == 0)
        put_instruction(t, value);
    else if (strcmp(f, "code") == 0)
        put_code(t, e->arg);
    else if (strcmp(f, "chr") == 0)
        put_character(t, value);
    else if (strcmp(f, "slot") == 0)
        put_slot(t, value);
    else if (strcmp(f, "intr") == 0)
        put_injected(t, value);
    else if (strcmp(f, "exit") == 0)
        put(t, "%s (%u)", exit_reason_name(value & 0xffff), value & 0xffff);
    else if (strcmp(f, "reg") == 0)
        put_name(t, reg_names, COUNT(reg_names), value);
    else if (strcmp(f, "sreg") == 0)
        put_name(t, sreg_names, COUNT(sreg_names), value);
    else if (strcmp(f, "irq") == 0)
        put_name(t, irq_names, COUNT(irq_names), value);
    else if (strcmp(f, "cr") == 0)
        put(t, "cr%u", value);
    else if (strcmp(f, "flags") == 0)
        put_flags(t, value);
    else if (strcmp(f, "bool") == 0)
        put(t, "%s", value ? "yes" : "no");
    else if (strcmp(f, "acct") == 0)
        put(t, "%s", value < COST_COUNT ? cost_p4_672[value].name : "?");
    else
        put(t, "0x%x", value);
}

/* "{2:la}..." at p: the hole and where it ends, or NULL. */
static const char *read_hole(const char *p, struct hole *h)
{
    size_t n = 0;
    if (p[0] != '{' || p[1] < '0' || p[1] > '3' || p[2] != ':')
        return NULL;
    h->index = (unsigned)(p[1] - '0');
    for (p += 3; *p && *p != '}' && *p != '[' && n < sizeof h->format - 1; p++)
        h->format[n++] = *p;
    h->format[n] = '\0';
    if (*p == '[') /* a choice: what is in it may have holes of its own */
        return p + 1;
    return *p == '}' ? p + 1 : NULL;
}

/* ---- sentences and JSON ---- */

static const char *put_words(struct text *t, const struct event *e, const struct image *image,
                             const char *p, const char *ends);

/* Behind "{0:[": the words for this value up to the next | or ].  Returns what is behind "]}". */
static const char *put_choice(struct text *t, const struct event *e, const struct image *image,
                              const char *p, u32 value)
{
    for (; value && p[strcspn(p, "|]")] == '|'; value--)
        p += strcspn(p, "|]") + 1;
    p = put_words(t, e, image, p, "|]");
    return p + strcspn(p, "]") + strlen("]}");
}

static const char *put_words(struct text *t, const struct event *e, const struct image *image,
                             const char *p, const char *ends)
{
    struct hole hole;
    while (*p && !strchr(ends, *p)) {
        const char *after = read_hole(p, &hole);
        if (after && after[-1] == '[') {
            p = put_choice(t, e, image, after, e->arg[hole.index]);
            continue;
        }
        if (after)
            put_argument(t, &hole, e, image);
        else
            put(t, "%c", *p);
        p = after ? after : p + 1;
    }
    return p;
}

int event_sentence(const struct event *e, const struct image *image, char *out, size_t size)
{
    const struct event_info *info = event_info(e->kind);
    struct text t = { .out = out, .size = size };
    if (!info) {
        put(&t, "an event of the unknown kind %u", e->kind);
        return (int)t.used;
    }
    put_words(&t, e, image, info->text, "");
    return (int)t.used;
}

static bool is_address(const char *format)
{
    return strcmp(format, "la") == 0 || strcmp(format, "cr2") == 0 || strcmp(format, "gpa") == 0 ||
           strcmp(format, "mpa") == 0;
}

static bool is_instruction(const char *format)
{
    return strcmp(format, "by") == 0 || strcmp(format, "insn") == 0;
}

static void put_json_string(struct text *t, const char *s)
{
    put(t, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            put(t, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            put(t, "\\u%04x", *s);
        else
            put(t, "%c", *s);
    }
    put(t, "\"");
}

static void put_json_argument(struct text *t, const struct hole *h, const struct event *e)
{
    u32 value = e->arg[h->index];
    if (strcmp(h->format, "code") == 0) {
        put(t, "\"");
        put_code(t, e->arg);
        put(t, "\"");
    } else if (is_instruction(h->format) && value >= OP_COUNT) {
        put(t, "null");
    } else {
        put(t, is_address(h->format) ? "\"0x%08x\"" : "%u", value);
    }
}

/* The arguments that the sentence names, each once, in its order; "x" bytes and ports are plain numbers. */
static void put_json_arguments(struct text *t, const struct event *e, const struct event_info *info)
{
    struct hole hole;
    unsigned told = 0;
    put(t, ",\"args\":[");
    for (const char *p = info->text, *after; *p; p = after ? after : p + 1) {
        after = read_hole(p, &hole);
        if (!after || (told & BIT(hole.index)))
            continue;
        put(t, "%s", told ? "," : "");
        put_json_argument(t, &hole, e);
        told |= BIT(hole.index);
    }
    put(t, "]");
}

int event_json(const struct event *e, const struct image *image, char *out, size_t size)
{
    static const char *const modes[] = { "native", "direct", "cache", "nonroot", "monitor" };
    const struct event_info *info = event_info(e->kind);
    struct text t = { .out = out, .size = size };
    char sentence[320];
    event_sentence(e, image, sentence, sizeof sentence);
    put(&t, "{\"step\":%llu,\"tick\":%llu,\"kind\":", (unsigned long long)e->step,
        (unsigned long long)e->tick);
    put_json_string(&t, info ? info->name : "unknown");
    put(&t, ",\"layer\":\"%s\",\"eip\":\"0x%08x\",\"cpl\":%u,\"mode\":\"%s\"",
        event_layer(e->kind), e->eip, e->cpl, e->mode < COUNT(modes) ? modes[e->mode] : "unknown");
    if (info)
        put_json_arguments(&t, e, info);
    put(&t, ",\"text\":");
    put_json_string(&t, sentence);
    put(&t, ",\"section\":");
    put_json_string(&t, info ? info->section : "");
    put(&t, "}");
    return (int)t.used;
}
