#include <stdio.h>
#include <string.h>

#include "lessons/lockstep_impl.h"

/* Why an instruction does something else when it is run with less privilege than it was written for:
 * by operation, never by guest.  SDM 2 is the reference of each; the list is Robin and Irvine's. */
struct reason { u16 op; const char *why; };

static const struct reason deprivileged[] = {
    { OP_POPF, "popf leaves IF and IOPL unchanged without a trap (SDM 2 POPF; the paper, 3.1), so "
               "the monitor never learned of it" },
    { OP_PUSHF, "pushf stores the real flags without a trap, and the real IF is always 1 while a "
                "guest runs (SDM 2 PUSHF)" },
    { OP_IRET, "iret leaves IOPL, and IF when IOPL is below CPL, unchanged without a trap (SDM 2 "
               "IRET)" },
    { OP_SGDT, "sgdt does not trap and shows the monitor's descriptor table (SDM 2 SGDT)" },
    { OP_SIDT, "sidt does not trap and shows the monitor's interrupt table (SDM 2 SIDT)" },
    { OP_SLDT, "sldt does not trap and shows the monitor's selector (SDM 2 SLDT)" },
    { OP_STR, "str does not trap and shows the monitor's task register (SDM 2 STR)" },
    { OP_SMSW, "smsw does not trap and shows the real CR0 (SDM 2 SMSW)" },
    { OP_LAR, "lar checks the real CPL and sees the shadow descriptors (SDM 2 LAR)" },
    { OP_LSL, "lsl checks the real CPL and sees the shadow descriptors, truncated below the monitor "
              "(SDM 2 LSL)" },
    { OP_VERR, "verr checks the real CPL against the shadow descriptors (SDM 2 VERR)" },
    { OP_VERW, "verw checks the real CPL against the shadow descriptors (SDM 2 VERW)" },
    { OP_PUSH_SREG, "a stored CS or SS shows the real privilege in its low two bits (SDM 2 PUSH; the "
                    "paper, 3.1)" },
    { OP_MOV_FROM_SREG, "a stored CS or SS shows the real privilege in its low two bits (SDM 2 MOV; "
                        "the paper, 3.1)" },
    { OP_MOV_TO_SREG, "the selector is checked against the real CPL (SDM 2 MOV)" },
    { OP_POP_SREG, "the selector is checked against the real CPL (SDM 2 POP)" },
    { OP_CALL_FAR, "a far call pushes the real CS and checks the real CPL (SDM 2 CALL)" },
    { OP_JMP_FAR, "a far jump checks the real CPL (SDM 2 JMP)" },
    { OP_RET_FAR, "a far return checks the real CPL (SDM 2 RET)" },
    { OP_INT, "int checks the real gate against the real CPL (SDM 2 INT)" },
    { OP_CPUID, "cpuid does not trap outside of VT-x (SDM 2 CPUID)" },
    { OP_FNSTENV, "fnstenv stores the real CS, whose low two bits show the real privilege (SDM 2 FSTENV)" },
    { OP_FNSAVE, "fnsave stores the real CS, whose low two bits show the real privilege (SDM 2 FSAVE)" },
    { OP_FXSAVE, "fxsave stores the real CS, whose low two bits show the real privilege (SDM 2 FXSAVE)" },
    { OP_SYSENTER, "sysenter always goes to the real ring 0 (SDM 2 SYSENTER)" },
};

static const char *reason_for(u16 op)
{
    for (unsigned i = 0; i < COUNT(deprivileged); i++)
        if (deprivileged[i].op == op)
            return deprivileged[i].why;
    return NULL;
}

/* Which of the guest's rings the engine runs on the hardware with less privilege than it has: its
 * kernel (direct), or as it is (user code: nothing is lost but what LEAKS says). */
static bool runs_directly(enum engine_id engine, unsigned guest_cpl)
{
    return engine == ENGINE_DIRECT || (engine == ENGINE_BT && guest_cpl == 3);
}

static void tell_why(enum engine_id engine, const struct culprit *c, char *out, size_t size)
{
    const char *why = c->has_insn ? reason_for(c->in.op) : NULL;
    if (why && runs_directly(engine, c->arch.cpl) && c->arch.cpl == 3)
        snprintf(out, size, ", because user code runs directly, and there %s", why);
    else if (why && runs_directly(engine, c->arch.cpl))
        snprintf(out, size, ", because the guest kernel runs at CPL 1, where %s", why);
    else
        snprintf(out, size, "; no listed rule permits that: one of the two engines is wrong");
}

/* ---- what each of them did ---- */

static void tell_value(const struct difference *d, u64 value, bool is_change, char *out, size_t size)
{
    const char *name = strchr(d->field, '.') && strncmp(d->field, "eflags.", 7) == 0
                           ? d->field + 7 : d->field;
    unsigned long long v = value;
    switch (d->kind) {
    case DIFFERENT_FIELD:
        snprintf(out, size, v > 9 ? "%s %s=0x%llx" : "%s %s=%llu", is_change ? "set" : "left", name,
                 v);
        break;
    case DIFFERENT_RAM:
        snprintf(out, size, "left 0x%08llx in memory at 0x%08x", v, d->gpa);
        break;
    case DIFFERENT_CONSOLE:
        snprintf(out, size, "had written %llu bytes to the console, or others", v);
        break;
    case DIFFERENT_TIME:
        snprintf(out, size, "came to tick %llu", v);
        break;
    case DIFFERENT_END:
        snprintf(out, size, "%s", v == OUTSIDE_END_EXIT ? "ended the guest"
                                  : v == OUTSIDE_END_SHUTDOWN ? "shut the guest down"
                                  : v == OUTSIDE_END_IDLE ? "left the guest halted for ever"
                                  : v == OUTSIDE_END_RESET ? "asked for a reset"
                                                          : "let the guest go on");
        break;
    case DIFFERENT_NOT:
        break;
    }
}

static void tell_instruction(const struct culprit *c, struct divergence *out)
{
    size_t used = 0;
    if (!c->has_insn) {
        snprintf(out->instruction, sizeof out->instruction, "the fetch");
        return;
    }
    used += (size_t)snprintf(out->instruction, sizeof out->instruction, "%s%s (",
                             c->in.rep ? "rep " : "", op_info[c->in.op].text);
    for (unsigned i = 0; i < c->in.len && used + 5 < sizeof out->instruction; i++)
        used += (size_t)snprintf(out->instruction + used, sizeof out->instruction - used,
                                 i ? " %02x" : "%02x", c->bytes[i]);
    snprintf(out->instruction + used, sizeof out->instruction - used, ")");
}

void lockstep_explain(const struct lockstep_config *config, const struct difference *d,
                      const struct culprit *c, struct divergence *out)
{
    enum engine_id reference = config->engines[0], engine = config->engines[d->engine];
    char expected[64], actual[64], why[168];
    tell_instruction(c, out);
    tell_value(d, d->expected, true, expected, sizeof expected);
    tell_value(d, d->actual, d->actual != d->before, actual, sizeof actual);
    tell_why(engine, c, why, sizeof why);
    snprintf(out->sentence, sizeof out->sentence, "%s at 0x%08x %s %s%s; under %s it %s%s",
             c->has_insn ? op_info[c->in.op].text : "the fetch", c->arch.eip, expected,
             reference == ENGINE_NATIVE ? "natively" : "under ",
             reference == ENGINE_NATIVE ? "" : engine_name(reference), engine_name(engine), actual,
             why);
}
