/* rules.h - what the translator does with an instruction. */
#ifndef BT_RULES_H
#define BT_RULES_H

#include "sim/api/insn.h"

enum rule {
    RULE_IDENT, RULE_JCC, RULE_JMP, RULE_CALL, RULE_RET, RULE_LOOP, RULE_CLI, RULE_STI,
    RULE_CALLOUT,
    RULE_JMP_INDIRECT, RULE_CALL_INDIRECT, /* forms of JMP and CALL, chosen by the operand */
    RULE_COUNT
};
const char *rule_name(enum rule r);
/* The rule for this instruction: rules.def, unless its form forbids that. */
enum rule rule_for(const struct insn *in);
/* Does a unit end after it? */
bool rule_ends(enum rule r, const struct insn *in);

#endif
