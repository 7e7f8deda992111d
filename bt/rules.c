#include "bt/rules.h"

static const u8 op_rule[] = {
#define R(op, rule) [OP_##op] = RULE_##rule,
#include "bt/rules.def"
#undef R
};
enum {
    RULE_ROWS = 0
#define R(op, rule) +1
#include "bt/rules.def"
#undef R
};
_Static_assert((int)RULE_ROWS == (int)OP_COUNT && COUNT(op_rule) == OP_COUNT,
               "bt/rules.def must speak about every op, once");

static const char *const names[] = {
    [RULE_IDENT] = "IDENT", [RULE_JCC] = "JCC", [RULE_JMP] = "JMP", [RULE_CALL] = "CALL",
    [RULE_RET] = "RET", [RULE_LOOP] = "LOOP", [RULE_CLI] = "IN-TC", [RULE_STI] = "IN-TC",
    [RULE_CALLOUT] = "CALLOUT", [RULE_JMP_INDIRECT] = "JMP-IND",
    [RULE_CALL_INDIRECT] = "CALL-IND",
};
_Static_assert(COUNT(names) == RULE_COUNT, "every rule has a name");

const char *rule_name(enum rule r)
{
    return names[r];
}

/* GS is the monitor's in the cache, and CS reaches the monitor's range there (OSR 2010,
 * segmentation): a guest instruction that names one of them is emulated. */
static bool names_our_segment(const struct insn *in)
{
    return (in->prefix & PFX_SEG) && (in->seg == GS || in->seg == CS);
}

enum rule rule_for(const struct insn *in)
{
    enum rule r = (enum rule)op_rule[in->op];
    if (names_our_segment(in))
        return RULE_CALLOUT;
    bool jump = r >= RULE_JCC && r <= RULE_LOOP;
    if (jump && (in->prefix & PFX_OSIZE)) /* 16-bit EIP */
        return RULE_CALLOUT;
    if (r == RULE_JMP && in->opnd[0].kind != OPND_REL)
        return RULE_JMP_INDIRECT;
    if (r == RULE_CALL && in->opnd[0].kind != OPND_REL)
        return RULE_CALL_INDIRECT;
    return r;
}

bool rule_ends(enum rule r, const struct insn *in)
{
    switch (r) {
    case RULE_IDENT: case RULE_CLI: case RULE_STI:
        return false;
    case RULE_CALLOUT:
        return op_info[in->op].ends != ENDS_NOT;
    default:
        return true;
    }
}
