#include "tui/undefined.h"

#include "lessons/trace.h"
#include "sim/api/insn.h"
#include "tui/disasm.h"
#include "vmm/event.h"
#include <stdio.h>
#include <string.h>

static const char *words_of(const u8 *bytes, unsigned count, u32 la, bool code32, const struct insn *in,
                            char out[UNDEFINED_WORDS])
{
    char hex[48], text[64];
    unsigned len = disasm_one(bytes, count, la, code32, DISASM_INTEL, text, sizeof text);
    bool named = strcmp(text, "(bad)") != 0;
    disasm_bytes(bytes, named ? len : in->len, INSN_MAX, hex, sizeof hex);
    snprintf(out, UNDEFINED_WORDS, "#UD was raised by %s%s%s%s, %s", hex, named ? " (" : "",
             named ? text : "", named ? ")" : "",
             in->prefix & PFX_LOCK ? "to which LOCK does not belong" : "which this processor does not have");
    return out;
}

const char *undefined_words(const struct world *w, u32 eip, char out[UNDEFINED_WORDS])
{
    u8 bytes[INSN_MAX];
    struct peek p;
    struct insn in;
    unsigned got = 0;
    out[0] = 0;
    if (!world_peek(w, &p))
        p.arch = *w->hw.arch;
    u32 la = p.arch.seg[CS].base + eip;
    while (got < INSN_MAX && world_read_linear(w, &p.arch, la + got, bytes + got, 1))
        got++;
    bool code32 = arch_code32(&p.arch);
    if (!got || decode(bytes, got, code32, &in) != DECODE_UD)
        return out;
    return words_of(bytes, got, la, code32, &in, out);
}

void event_words(const struct event *e, const struct image *image, char *out, size_t size)
{
    char words[UNDEFINED_WORDS];
    const u8 *bytes = (const u8 *)e->arg;
    bool code32 = bytes[INSN_MAX] & BIT(7);
    struct insn in;
    if ((e->kind == HW_UNDEFINED || e->kind == VMM_UNDEFINED) &&
        decode(bytes, INSN_MAX, code32, &in) == DECODE_UD)
        snprintf(out, size, "%s", words_of(bytes, INSN_MAX, e->eip, code32, &in, words));
    else
        event_sentence(e, image, out, size);
}
