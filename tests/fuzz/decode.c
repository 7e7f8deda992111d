/* decode - any bytes as one instruction, in 16- and 32-bit code. */
#include "tests/fuzz/fuzz.h"

static void check(const u8 *bytes, unsigned avail, bool code32)
{
    struct insn in, again;
    enum decode_status status = decode(bytes, avail, code32, &in);
    MUST(decode(bytes, avail, code32, &again) == status && !memcmp(&in, &again, sizeof in));
    if (status != DECODE_OK)
        return;
    MUST(in.len >= 1 && in.len <= INSN_MAX && in.len <= avail && in.op < OP_COUNT);
    MUST(in.prefix_len < in.len && in.osize <= 4 && (in.asize == 2 || in.asize == 4));
    MUST(in.base < REG_COUNT && in.index < REG_COUNT && in.scale < 4 && in.seg < SREG_COUNT);
    for (unsigned n = 0; n < COUNT(in.opnd); n++)
        MUST(in.opnd[n].kind <= OPND_FAR || in.op > OP_UD);
    MUST(decode(bytes, in.len, code32, &again) == DECODE_OK && !memcmp(&in, &again, sizeof in));
    MUST(decode(bytes, in.len - 1u, code32, &again) == DECODE_SHORT); /* every byte of it is needed */
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    u8 bytes[INSN_MAX] = { 0 };
    unsigned avail = size < INSN_MAX ? (unsigned)size : INSN_MAX;
    if (size == 0)
        return 0;
    memcpy(bytes, data, avail);
    check(bytes, avail, false);
    check(bytes, avail, true);
    return 0;
}
