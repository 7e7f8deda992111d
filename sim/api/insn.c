#include "sim/api/insn.h"

#include "sim/api/vmx.h"

const struct op_info op_info[OP_COUNT] = {
#define I(id, text, who, rd, wr, exit, ends, direct) \
    [OP_##id] = { text, WHO_##who, ENDS_##ends, DIRECT_##direct, EXIT_##exit, rd, wr },
#include "sim/api/insn.def"
#undef I
};
