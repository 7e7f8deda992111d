#include "tui/undefined.h"

#include "sim/api/insn.h"
#include "tui/disasm.h"
#include <stdio.h>
#include <string.h>

const char *undefined_words(const struct world *w, u32 eip, char out[UNDEFINED_WORDS])
{
    u8 bytes[INSN_MAX];
    struct peek p;
    struct insn in;
    char hex[48], text[64];
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
    unsigned len = disasm_one(bytes, got, la, code32, DISASM_INTEL, text, sizeof text);
    bool named = strcmp(text, "(bad)") != 0;
    disasm_bytes(bytes, named ? len : in.len, INSN_MAX, hex, sizeof hex);
    snprintf(out, UNDEFINED_WORDS, "#UD was raised by %s%s%s%s, %s", hex, named ? " (" : "",
             named ? text : "", named ? ")" : "",
             in.prefix & PFX_LOCK ? "to which LOCK does not belong" : "which this processor does not have");
    return out;
}
