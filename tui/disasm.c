#include "tui/disasm.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static csh handles[2]; /* 16-bit and 32-bit code; opened when first asked */
static int syntax_now[2] = { -1, -1 };

static csh handle_for(bool code32, enum disasm_syntax syntax)
{
    if (!handles[code32] &&
        cs_open(CS_ARCH_X86, code32 ? CS_MODE_32 : CS_MODE_16, &handles[code32]) != CS_ERR_OK) {
        fputs("stepvisor: the disassembler cannot be started\n", stderr);
        exit(125);
    }
    if (syntax_now[code32] != (int)syntax) {
        cs_option(handles[code32], CS_OPT_SYNTAX,
                  syntax == DISASM_ATT ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL);
        syntax_now[code32] = (int)syntax;
    }
    return handles[code32];
}

/* "dword ptr [eax]" is "dword [eax]" here: columns are dear. */
static void drop_ptr(char *text)
{
    for (char *p = strstr(text, " ptr "); p; p = strstr(p, " ptr "))
        memmove(p + 1, p + 5, strlen(p + 5) + 1);
}

unsigned disasm_one(const u8 *bytes, unsigned avail, u32 address, bool code32,
                    enum disasm_syntax syntax, char *text, size_t size)
{
    cs_insn *insn;
    size_t n = cs_disasm(handle_for(code32, syntax), bytes, avail, address, 1, &insn);
    if (!n) {
        snprintf(text, size, "(bad)");
        return 1;
    }
    snprintf(text, size, "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "", insn->op_str);
    if (syntax == DISASM_INTEL)
        drop_ptr(text);
    unsigned len = insn->size;
    cs_free(insn, n);
    return len;
}

const char *disasm_bytes(const u8 *bytes, unsigned len, unsigned shown, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (unsigned i = 0; i < len && i < shown && at + 4 < size; i++)
        at += (size_t)snprintf(out + at, size - at, i ? " %02x" : "%02x", bytes[i]);
    if (len > shown && at + 3 < size)
        snprintf(out + at, size - at, "..");
    return out;
}
