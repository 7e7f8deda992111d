#include "tui/command.h"

#include "lessons/fields.h"
#include "lessons/fields_fpu.h"
#include "sim/tlb.h"
#include "tui/float_text.h"
#include <ctype.h>
#include <string.h>

/* Not VM: it belongs to CS, the CPL and the TSS; not the bits that are always 0 or 1. */
enum { FL_SETTABLE = FL_ARITH | FL_TF | FL_IF | FL_DF | FL_IOPL | FL_NT | FL_RF | FL_AC | FL_VIF | FL_VIP |
                     FL_ID };

/* Into so many bits, unsigned or negative; false: it does not fit, as is told. */
static bool narrow(struct session *s, const char *name, const char *text, unsigned bits, u64 *value)
{
    u64 mask = bits < 64 ? (1ull << bits) - 1 : UINT64_MAX;
    bool negative = bits > 1 && *value >= ~(mask >> 1);
    if (*value > mask && !negative) {
        session_complain(s, text, 0, (s64)*value < 0 ? "%lld does not fit into %s, which has %u bit%s"
                         : "0x%llx does not fit into %s, which has %u bit%s", (long long)*value, name, bits,
                         bits == 1 ? "" : "s");
        return false;
    }
    *value &= mask;
    return true;
}

static bool is_settable(const struct field *f, u32 flag, const struct part *p)
{
    if (f)
        return f->group == FIELD_REG || f->group == FIELD_FLAGS;
    return p || (flag & FL_SETTABLE);
}

static void put_register(struct arch *a, const struct field *f, u32 flag, const struct part *p, u32 value)
{
    u32 *of = p ? &a->reg[p->reg] : &a->eflags;
    u32 mask = p ? (BIT(p->bits) - 1) << p->shift : f ? (u32)FL_SETTABLE : flag;
    if (f && f->group != FIELD_FLAGS)
        memcpy((char *)a + f->offset, &value, f->size);
    else
        *of = (*of & ~mask) | ((f ? value : value * (mask & -mask)) & mask);
}

/* The machine's own registers, in a world without a monitor. */
static enum command_result set_register(struct session *s, const char *name, const char *text, u64 *value)
{
    struct world *w = s->debug->timeline->world;
    const struct field *f = field_by_name(name);
    const struct part *p = part_by_name(name);
    u32 flag = flag_by_name(name);
    if (!f && !flag && !p) {
        session_complain(s, NULL, -1, "no register or flag \"%s\"", name);
        return COMMAND_FAILED;
    }
    if (w->engine != ENGINE_NATIVE) {
        session_complain(s, NULL, -1, "under %s the guest's state is spread over the monitor; "
                         "it can be set under the engine native", engine_name(w->engine));
        return COMMAND_FAILED;
    }
    if (!is_settable(f, flag, p)) {
        session_complain(s, NULL, -1, "only general registers, eip and flags (not VM) can be set");
        return COMMAND_FAILED;
    }
    unsigned bits = f ? f->size * 8u : p ? p->bits : flag == FL_IOPL ? 2 : 1;
    if (!narrow(s, name, text, bits, value))
        return COMMAND_FAILED;
    put_register(w->hw.arch, f, flag, p, (u32)*value);
    return COMMAND_OK;
}

/* st0 .. st7 is a number here.  The x87 is the processor's under every engine, and can be set there. */
static bool is_st(const char *name)
{
    return name[0] == 's' && name[1] == 't' && name[2] >= '0' && name[2] <= '7' && !name[3];
}

static enum command_result set_st(struct session *s, const char *name, const char *text, char said[48])
{
    struct fpu *f = &s->debug->timeline->world->hw.state->fpu;
    char exponent[40];
    struct fp80 number;
    u64 value;
    if (!float_parse(text, &number)) {
        if (!session_eval(s, text, &value))
            return COMMAND_FAILED;
        number = float_from_integer(value);
    }
    snprintf(exponent, sizeof exponent, "%.30s.exp", name);
    snprintf(said, 48, "%s", float_decimal(number, (char[48]){ 0 }));
    return fpu_set(f, name, number.mant) && fpu_set(f, exponent, number.se) ? COMMAND_OK : COMMAND_FAILED;
}

static enum command_result set_memory(struct session *s, const char *target, const char *text, u64 *value)
{
    static const struct { const char *word; u32 size; } units[] = {
        { "byte[", 1 }, { "word[", 2 }, { "dword[", 4 } };
    struct world *w = s->debug->timeline->world;
    char inner[96], unit[16];
    u32 address, pa[4], size = 0;
    for (unsigned i = 0; i < COUNT(units); i++)
        if (!strncmp(target, units[i].word, strlen(units[i].word))) {
            size = units[i].size;
            snprintf(unit, sizeof unit, "a %.*s", (int)strlen(units[i].word) - 1, units[i].word);
            target += strlen(units[i].word);
        }
    size_t len = strlen(target);
    if (!size || len < 2 || target[len - 1] != ']')
        return command_usage(s, CMD_SET);
    snprintf(inner, sizeof inner, "%.*s", (int)(len - 1), target);
    if (!session_address(s, inner, &address))
        return COMMAND_FAILED;
    if (w->engine != ENGINE_NATIVE) {
        session_complain(s, NULL, -1, "memory can be set only under the engine native");
        return COMMAND_FAILED;
    }
    if (!narrow(s, unit, text, size * 8, value))
        return COMMAND_FAILED;
    for (u32 i = 0; i < size; i++)
        if (!mmu_peek(&w->hw, address + i, &pa[i]) || pa[i] >= w->hw.ram_bytes) {
            session_complain(s, NULL, -1, "nothing is mapped at %08x", address + i);
            return COMMAND_FAILED;
        }
    for (u32 i = 0; i < size; i++) {
        u8 byte = (u8)(*value >> i * 8);
        machine_poke(&w->hw, pa[i], &byte, 1);
    }
    return COMMAND_OK;
}

static enum command_result set_fpu(struct session *s, const char *name, const char *text, u64 *value)
{
    if (!narrow(s, name, text, fpu_bits(name), value))
        return COMMAND_FAILED;
    return fpu_set(&s->debug->timeline->world->hw.state->fpu, name, *value) ? COMMAND_OK : COMMAND_FAILED;
}

/* said: the new value, as it is told. */
static enum command_result set_any(struct session *s, const char *name, const char *target,
                                   const char *text, char said[48])
{
    u64 value;
    if (is_st(name))
        return set_st(s, name, text, said);
    if (!session_eval(s, text, &value))
        return COMMAND_FAILED;
    enum command_result result = strchr(name, '[') ? set_memory(s, target, text, &value)
                                 : fpu_bits(name) ? set_fpu(s, name, text, &value)
                                 : set_register(s, name, text, &value);
    snprintf(said, 48, "0x%llx", (unsigned long long)value);
    return result;
}

static enum command_result assign(struct session *s, const char *args)
{
    char target[96], name[32], said[48];
    const char *equals = strchr(args, '='), *text = equals + 1;
    size_t len = (size_t)(equals - args), n = 0;
    while (len && args[len - 1] == ' ')
        len--;
    while (*text == ' ')
        text++;
    snprintf(target, sizeof target, "%.*s", (int)len, args);
    if (!session_has_guest(s))
        return COMMAND_FAILED;
    const char *p = target + (target[0] == '$' || target[0] == '%');
    for (const char *q = p; *q && n + 1 < sizeof name; q++)
        name[n++] = (char)tolower((unsigned char)*q);
    name[n] = 0;
    session_before_move(s);
    enum command_result result = set_any(s, name, p, text, said);
    if (result == COMMAND_OK) {
        machine_arena_replaced(&s->debug->timeline->world->hw);
        timeline_branch(s->debug->timeline);
        s->edited = true;
        session_say(s, "%s = %s; a branch of history begins here\n", target, said);
    }
    return result;
}

enum command_result cmd_SET(struct session *s, const char *args)
{
    char what[64], value[64];
    if (!strncmp(args, "var ", 4))
        args += 4;
    if (strchr(args, '='))
        return assign(s, args);
    const char *rest = next_word(args, what, sizeof what);
    next_word(rest, value, sizeof value);
    if (!strcmp(what, "exec-direction") && (!strcmp(value, "reverse") || !strcmp(value, "forward")))
        s->backwards = value[0] == 'r';
    else if (!strcmp(what, "disassembly-flavor") && (!strcmp(value, "att") || !strcmp(value, "intel")))
        s->syntax = value[0] == 'a' ? DISASM_ATT : DISASM_INTEL;
    else
        return command_usage(s, CMD_SET);
    return COMMAND_OK;
}

/* \n \r \t \\ \" and \xNN. */
static const char *one_byte(const char *p, u8 *byte)
{
    unsigned code;
    *byte = (u8)*p++;
    if (*byte != '\\')
        return p;
    char c = *p ? *p++ : '\\';
    *byte = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : (u8)c;
    if (c == 'x' && sscanf(p, "%2x", &code) == 1) {
        *byte = (u8)code;
        p += 2;
    }
    return p;
}

/* The text to type, its quotes taken away, a byte at a time to `give`; returns how many. */
static u32 each_byte(struct session *s, const char *text,
                     u64 (*give)(struct timeline *t, u64 tick, u8 byte))
{
    const char *p = text, *end = text + strlen(text);
    u64 tick = world_tick(s->debug->timeline->world);
    u32 count = 0;
    if (end - p >= 2 && *p == '"' && end[-1] == '"')
        p++, end--;
    for (u8 byte; p < end; count++) {
        p = one_byte(p, &byte);
        tick = give(s->debug->timeline, tick, byte);
    }
    return count;
}

static u64 give_serial(struct timeline *t, u64 tick, u8 byte)
{
    return timeline_input(t, tick, byte);
}

static u64 give_key(struct timeline *t, u64 tick, u8 byte)
{
    return timeline_key(t, tick, (char)byte);
}

enum command_result cmd_TYPE(struct session *s, const char *args)
{
    if (!*args)
        return command_usage(s, CMD_TYPE);
    u32 n = each_byte(s, args, give_serial);
    session_say(s, "%u byte%s typed on the serial line\n", n, n == 1 ? "" : "s");
    return COMMAND_OK;
}

enum command_result cmd_KEYS(struct session *s, const char *args)
{
    if (!*args)
        return command_usage(s, CMD_KEYS);
    u32 n = each_byte(s, args, give_key);
    session_say(s, "%u key%s typed\n", n, n == 1 ? "" : "s");
    return COMMAND_OK;
}
