#include "tui/view.h"

#include "bt/view.h"
#include "lessons/symbol.h"
#include "tui/session.h"
#include "vmm/layout.h"
#include <stdlib.h>
#include <string.h>

enum { AROUND = 6 }; /* units on either side of the present one, in a panel */

static void summary(const struct bt_view *b, struct sheet *s)
{
    sheet_section(s, SHEET_PAIRS, "cache", NULL);
    sheet_row(s);
    sheet_number(s, "units", b->units);
    sheet_number(s, "guest-instructions", b->insns);
    sheet_text(s, "ident", "%u%%", b->insns ? (u32)(100ull * b->ident / b->insns) : 0);
    sheet_number(s, "continuations", b->continuations);
    sheet_number(s, "remain", b->remain);
    sheet_number(s, "chained", b->chained);
    sheet_number(s, "elided", b->elided);
    sheet_row(s);
    sheet_number(s, "bytes", b->used + b->stubs);
    sheet_number(s, "of", b->size);
    sheet_number(s, "flushes", b->generation);
    sheet_number(s, "slots", b->slots);
    sheet_text(s, "return-cache", "%u/256", b->return_cache);
}

/* A target in the cache in the guest's words: [name] is a continuation, name' a translation. */
static bool target_words(const struct view_context *c, u32 linear, char out[80])
{
    const struct vmm *v = &c->world->vmm;
    char name[64];
    u32 eip;
    int unit = bt_view_unit_at(v, linear);
    bool stub = bt_view_stub_eip(v, linear, &eip);
    if (!stub) {
        if (unit < 0 || bt_view_unit(v, (u32)unit).tc != linear)
            return false;
        eip = bt_view_unit(v, (u32)unit).eip;
    }
    guest_where(c->world->image, eip, name);
    if (!name[0])
        snprintf(name, sizeof name, "%08x", eip);
    snprintf(out, 80, stub ? "[%s]" : "%s'", name);
    return true;
}

/* "jmp 0xffd00410" becomes "jmp nexti'". */
static void name_target(const struct view_context *c, char *text, size_t size)
{
    char words[80], *hex = strstr(text, "0xff");
    if (!hex || (text[0] != 'j' && strncmp(text, "call", 4) && strncmp(text, "loop", 4)))
        return;
    if (hex != strchr(text, ' ') + 1)
        return;
    if (target_words(c, (u32)strtoul(hex, NULL, 16), words))
        snprintf(hex, size - (size_t)(hex - text), "%s", words);
}

static void guest_fields(const struct view_context *c, const struct bt_view_insn *in,
                         struct sheet *s)
{
    u8 bytes[INSN_MAX];
    char text[96];
    u32 got;
    sheet_hex(s, "eip", in->eip, 8);
    if (view_code_bytes(c, in->eip, bytes, sizeof bytes, &got))
        disasm_one(bytes, got, in->eip, arch_code32(&c->guest.arch), c->session->syntax, text,
                   sizeof text);
    else
        snprintf(text, sizeof text, "[not readable]");
    sheet_text(s, "guest", "%s", text);
}

/* Emitted code of one guest instruction, a row each; guest columns stand on the first. */
static void add_insn(const struct view_context *c, const struct bt_view_insn *in, char mark,
                     struct sheet *s)
{
    const struct vmm *v = &c->world->vmm;
    bool narrow = c->width && c->width < 80, first = true;
    u32 end = in->tc + in->tc_len, real = c->real->eip;
    for (u32 at = in->tc; at < end || first;) {
        u8 bytes[INSN_MAX];
        char text[128], hex[64];
        u32 got = bt_view_bytes(v, at, bytes, sizeof bytes), len = 1;
        sheet_row(s);
        if (!narrow && first)
            guest_fields(c, in, s);
        if (at < end) {
            len = disasm_one(bytes, got, at, true, c->session->syntax, text, sizeof text);
            name_target(c, text, sizeof text);
            sheet_hex(s, "cache", at, 8);
            if (narrow) /* no room for both rule and bytes */
                sheet_text(s, "rule", "%s", first ? in->rule : "");
            else
                sheet_text(s, "bytes", "%s", disasm_bytes(bytes, len, 5, hex, sizeof hex));
            sheet_text(s, "emitted", "%s", text);
        } else {
            sheet_text(s, "emitted", "(elided: falls through)");
        }
        if (first && !narrow)
            sheet_text(s, "rule", "%s", in->rule);
        bool here = c->guest.who == RUNS_TRANSLATED && real == at;
        sheet_mark(s, here ? '>' : first ? mark : ' ', here ? ATTR_REVERSE : 0);
        if (here || (s->cursor < 0 && in->eip == c->guest.arch.eip))
            sheet_here(s);
        first = false;
        at += len;
    }
}

static void add_continuations(const struct view_context *c, u32 index,
                              const struct bt_view_unit *u, struct sheet *s)
{
    static const char *const states[] = { [BT_REMAINS] = "remains", [BT_CHAINED] = "chained",
                                          [BT_ELIDED] = "elided" };
    char name[64];
    for (unsigned i = 0; i < u->continuations; i++) {
        struct bt_view_continuation k = bt_view_continuation(&c->world->vmm, index, i);
        sheet_row(s);
        sheet_text(s, "unit", "%u", index);
        guest_where(c->world->image, k.eip, name);
        sheet_text(s, "to", "%s%s%08x", name, name[0] ? " " : "", k.eip);
        sheet_text(s, "state", "%s%s", states[k.state], k.through_slot ? ", through a slot" : "");
        if (k.state != BT_REMAINS)
            sheet_text(s, "target-unit", "%u", k.unit);
    }
}

static bool chosen(const struct view_context *c, u32 low, u32 high, u32 index, int here)
{
    struct bt_view_unit u = bt_view_unit(&c->world->vmm, index);
    if (c->arg[0])
        return u.eip >= low && u.eip < high;
    return !c->rows || here < 0 || (index + AROUND >= (u32)here && index <= (u32)here + AROUND);
}

/* The argument: a function's symbol stands for all of it. */
static bool range_of(const struct view_context *c, struct sheet *s, u32 *low, u32 *high)
{
    const struct image_symbol *symbol;
    u32 offset;
    if (!view_address(c, s, 0, low))
        return false;
    *high = *low + 1;
    symbol = symbol_at(c->world->image, *low, &offset);
    if (symbol && !offset && symbol_end(c->world->image, symbol) > *low)
        *high = symbol_end(c->world->image, symbol);
    return true;
}

static int present_unit(const struct view_context *c, u32 units)
{
    int here = c->guest.who == RUNS_TRANSLATED ? bt_view_unit_at(&c->world->vmm, c->real->eip) : -1;
    for (u32 i = 0; here < 0 && i < units; i++) {
        struct bt_view_unit u = bt_view_unit(&c->world->vmm, i);
        if (c->guest.arch.eip >= u.eip && c->guest.arch.eip < u.eip + u.guest_len)
            here = (int)i;
    }
    return here;
}

void view_tc(const struct view_context *c, struct sheet *s)
{
    const struct vmm *v = &c->world->vmm;
    u32 low, high;
    if (!c->monitored || !bt_view_available(v)) {
        sheet_section(s, SHEET_WORDS, "none", NULL);
        sheet_words(s, "there is no translation cache: the engine is %s, not bt",
                    engine_name(c->world->engine));
        return;
    }
    struct bt_view b = bt_view_summary(v);
    int here = present_unit(c, b.units);
    if (!range_of(c, s, &low, &high))
        return;
    if (!c->width || c->width >= 80)
        summary(&b, s);
    sheet_section(s, SHEET_TABLE, "code", NULL);
    for (u32 i = 0; i < b.units; i++) {
        struct bt_view_unit u = bt_view_unit(v, i);
        for (unsigned k = 0; chosen(c, low, high, i, here) && k < u.insns; k++) {
            struct bt_view_insn in = bt_view_insn(v, i, k);
            add_insn(c, &in, k ? ' ' : '*', s);
        }
    }
    sheet_section(s, SHEET_TABLE, "continuations", "continuations");
    for (u32 i = 0; i < b.units; i++) {
        struct bt_view_unit u = bt_view_unit(v, i);
        if (chosen(c, low, high, i, here))
            add_continuations(c, i, &u, s);
    }
}
