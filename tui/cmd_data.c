#include "tui/command.h"

#include "lessons/fields.h"
#include "lessons/fields_fpu.h"
#include "lessons/trace.h"
#include "tui/float_text.h"
#include <ctype.h>
#include <string.h>

/* "/8xw": count, letter, unit; false: not a format. */
static bool take_format(const char **args, struct memory_format *f)
{
    const char *p = *args;
    u32 count = 0;
    if (*p++ != '/')
        return true;
    while (isdigit((unsigned char)*p))
        count = count * 10 + (u32)(*p++ - '0');
    f->count = count ? count : 1;
    for (; *p && !isspace((unsigned char)*p); p++) {
        if (strchr("bhw", *p))
            f->size = *p == 'b' ? 1 : *p == 'h' ? 2 : 4;
        else if (strchr("xduotcsi", *p))
            f->letter = *p;
        else
            return false;
    }
    while (isspace((unsigned char)*p))
        p++;
    *args = p;
    return f->count <= 4096;
}

static void show_value(struct text *out, char letter, u32 size, u64 value)
{
    u64 mask = size >= 8 ? ~0ull : (1ull << size * 8) - 1;
    s64 extended = (s64)(value << (64 - size * 8)) >> (64 - size * 8);
    value &= mask;
    switch (letter) {
    case 'd': text_addf(out, "%lld", (long long)extended); break;
    case 'u': text_addf(out, "%llu", (unsigned long long)value); break;
    case 'o': text_addf(out, "0%llo", (unsigned long long)value); break;
    case 't':
        text_addf(out, "0b");
        for (u32 i = size * 8; i-- > 0;)
            text_addf(out, "%d", (int)(value >> i & 1));
        break;
    case 'c':
        text_addf(out, "%lld '%c'", (long long)extended, value >= ' ' && value < 0x7f ? (int)value
                                                                                      : '.');
        break;
    default: text_addf(out, "0x%0*llx", (int)size * 2, (unsigned long long)value);
    }
}

struct memory { struct session *s; bool physical; struct peek guest; };

static bool read_bytes(const struct memory *m, u32 at, void *out, u32 len)
{
    const struct world *w = m->s->debug->timeline->world;
    return m->physical ? world_read_physical(w, at, out, len)
                       : world_read_linear(w, &m->guest.arch, at, out, len);
}

static u32 one_instruction(const struct memory *m, u32 at, struct text *out)
{
    u8 bytes[INSN_MAX];
    char text[160];
    u32 got = 0;
    while (got < sizeof bytes && read_bytes(m, at + got, bytes + got, 1))
        got++;
    if (!got)
        return 0;
    unsigned len = disasm_one(bytes, got, at, arch_code32(&m->guest.arch), m->s->syntax, text,
                              sizeof text);
    guest_name_target(m->s->image, text, sizeof text);
    text_addf(out, "%s", text);
    return len;
}

static u32 one_string(const struct memory *m, u32 at, struct text *out)
{
    u32 len = 0;
    u8 byte;
    text_addf(out, "\"");
    while (len < 200 && read_bytes(m, at + len, &byte, 1) && byte) {
        text_addf(out, byte >= ' ' && byte < 0x7f ? "%c" : "\\x%02x", byte);
        len++;
    }
    text_addf(out, "\"");
    return len + 1;
}

static u32 one_unit(const struct memory *m, const struct memory_format *f, u32 at,
                    struct text *out)
{
    u32 value = 0;
    if (f->letter == 'i')
        return one_instruction(m, at, out);
    if (f->letter == 's')
        return one_string(m, at, out);
    if (!read_bytes(m, at, &value, f->size))
        return 0;
    show_value(out, f->letter, f->size, value);
    return f->size;
}

static enum command_result examine(struct session *s, const char *args, bool physical)
{
    struct memory m = { .s = s, .physical = physical };
    struct memory_format *f = &s->format;
    char where[64];
    u32 at = s->next_memory;
    if (!s->repeated && !take_format(&args, f))
        return command_usage(s, physical ? CMD_XP : CMD_EXAMINE);
    if (!s->repeated && args[0] && !session_address(s, args, &at))
        return COMMAND_FAILED;
    if (!world_peek(s->debug->timeline->world, &m.guest))
        m.guest.arch = *s->debug->timeline->world->hw.arch;
    u32 per_line = f->letter == 'i' || f->letter == 's' ? 1 : 16 / f->size;
    for (u32 i = 0; i < f->count;) {
        struct text line = { 0 };
        u32 len = 1, first = i;
        guest_where(s->image, at, where);
        text_addf(&line, "%08x%s%s%s:", at, where[0] ? " <" : "", where, where[0] ? ">" : "");
        for (u32 k = 0; k < per_line && i < f->count && len; k++, i++) {
            text_addf(&line, "  ");
            len = one_unit(&m, f, at, &line);
            at += len;
        }
        if (len || i > first + 1)
            session_say(s, "%s\n", text_get(&line));
        text_free(&line);
        if (!len) {
            session_complain(s, NULL, -1, "nothing is mapped at %08x", at);
            return COMMAND_FAILED;
        }
    }
    s->next_memory = at;
    return COMMAND_OK;
}

enum command_result cmd_EXAMINE(struct session *s, const char *args)
{
    return examine(s, args, false);
}

enum command_result cmd_XP(struct session *s, const char *args)
{
    return examine(s, args, true);
}

/* An x87 register by itself is a number, as in gdb; within an expression it is its significand. */
static bool print_float(struct session *s, const char *args)
{
    char name[16], number[48];
    u64 mantissa, exponent;
    const char *st = args + (*args == '$');
    snprintf(name, sizeof name, "%s.exp", st);
    if (strlen(st) != 3 || !session_has_guest(s))
        return false;
    const struct fpu *f = world_fpu(s->debug->timeline->world);
    if (!fpu_value(f, st, &mantissa) || !fpu_value(f, name, &exponent))
        return false;
    struct fp80 v = { .mant = mantissa, .se = (u16)exponent };
    session_say(s, "%s = 0x%04x%016llx\n", float_decimal(v, number), v.se, (unsigned long long)v.mant);
    return true;
}

enum command_result cmd_PRINT(struct session *s, const char *args)
{
    struct memory_format f = { 1, 0, 4 };
    struct text out = { 0 };
    u64 value;
    if (!take_format(&args, &f) || !args[0])
        return command_usage(s, CMD_PRINT);
    if (!f.letter && print_float(s, args))
        return COMMAND_OK;
    if (!session_eval(s, args, &value))
        return COMMAND_FAILED;
    u32 size = value >> 32 ? 8 : 4;
    if (f.letter)
        show_value(&out, f.letter, f.letter == 'c' ? 1 : size, value);
    else
        text_addf(&out, "%llu = 0x%llx", (unsigned long long)value, (unsigned long long)value);
    session_say(s, "%s\n", text_get(&out));
    text_free(&out);
    return COMMAND_OK;
}

enum command_result cmd_DISPLAY(struct session *s, const char *args)
{
    u64 value;
    if (!args[0]) {
        for (int i = 0; i < s->display_count; i++)
            if (session_eval(s, s->display[i].text, &value))
                session_say(s, "%d: %s = 0x%llx\n", s->display[i].number, s->display[i].text,
                            (unsigned long long)value);
        return COMMAND_OK;
    }
    if (!session_eval(s, args, &value))
        return COMMAND_FAILED;
    if (s->display_count == DISPLAYS || strlen(args) >= sizeof s->display[0].text) {
        session_complain(s, NULL, -1, "too many displays, or too long a one");
        return COMMAND_FAILED;
    }
    struct display *d = &s->display[s->display_count++];
    *d = (struct display){ .number = s->next_display++ };
    snprintf(d->text, sizeof d->text, "%s", args);
    session_say(s, "%d: %s = 0x%llx\n", d->number, d->text, (unsigned long long)value);
    return COMMAND_OK;
}

enum command_result cmd_UNDISPLAY(struct session *s, const char *args)
{
    u64 number;
    int kept = 0;
    if (args[0] && !parse_u64(args, &number))
        return command_usage(s, CMD_UNDISPLAY);
    for (int i = 0; i < s->display_count; i++)
        if (args[0] && (u64)s->display[i].number != number)
            s->display[kept++] = s->display[i];
    if (args[0] && kept == s->display_count) {
        session_complain(s, NULL, -1, "there is no display %s", args);
        return COMMAND_FAILED;
    }
    s->display_count = kept;
    return COMMAND_OK;
}

enum command_result cmd_DISASSEMBLE(struct session *s, const char *args)
{
    struct sheet sheet;
    struct text out = { 0 };
    u64 value;
    if (!strncmp(args, "/r", 2))
        args += 2 + strspn(args + 2, " ");
    if (args[0] && !session_eval(s, args, &value))
        return COMMAND_FAILED;
    session_view(s, VIEW_CODE, args, 0, 0, &sheet);
    sheet_plain(&sheet, 120, &out);
    session_say(s, "%s", text_get(&out));
    sheet_free(&sheet);
    text_free(&out);
    return COMMAND_OK;
}
