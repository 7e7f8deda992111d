/* disasm.h - instructions in words.  Capstone is known here only. */
#ifndef TUI_DISASM_H
#define TUI_DISASM_H

#include "sim/api/base.h"

enum disasm_syntax { DISASM_INTEL, DISASM_ATT };

/* The instruction at `bytes`: its text, and its length; 1 and "(bad)" where none can be read. */
unsigned disasm_one(const u8 *bytes, unsigned avail, u32 address, bool code32,
                    enum disasm_syntax syntax, char *text, size_t size);
/* "fa" "0d 00 02 ..": at most `shown` bytes of an instruction. */
const char *disasm_bytes(const u8 *bytes, unsigned len, unsigned shown, char *out, size_t size);

#endif
