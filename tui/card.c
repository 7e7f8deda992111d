#include "tui/card.h"

#include "bt/event.h"
#include "lessons/trace.h"
#include "sim/api/cost.h"
#include "sim/api/event.h"
#include "sim/api/insn.h"
#include "sim/api/vmx.h"
#include "tui/session.h"
#include "tui/undefined.h"
#include "vmm/event.h"
#include <string.h>

/* Accounts that an event of this kind is charged with (docs/ledger.md adds them up), what the monitor does on
 * it, and why it happens. */
struct kind_facts { u16 kind; u8 account[4]; u8 accounts; const char *monitor, *why; };

static const struct kind_facts facts[] = {
    { HW_DELIVER, { COST_GATE }, 1, "nothing: the processor itself goes through the IDT",
      "what interrupts the code goes through a gate of the IDT" },
    { HW_IRET, { COST_IRET }, 1, "nothing: the processor itself returns", "" },
    { HW_IN, { COST_IO }, 1, "nothing: the device answers", "" },
    { HW_OUT, { COST_IO }, 1, "nothing: the device answers", "" },
    { HW_CR, { COST_MOV_CR }, 1, "nothing", "" },
    { HW_SILENT, { COST_POPF }, 1, "nothing: it was never told",
      "above IOPL it may not load them, and need not fault" },
    { HW_TLB_FILL, { COST_TLB_WALK }, 1, "nothing: the processor walks the page tables", "" },
    { HW_VMENTRY, { COST_VMENTRY }, 1, "it resumes the guest",
      "the guest goes on from what the VMCS holds" },
    { HW_VMEXIT, { COST_VMEXIT }, 1, "it reads the exit's fields and handles the reason",
      "the VMCS or non-root operation asks for it" },
    { VMM_EMULATE, { COST_GATE, COST_EMULATE, COST_IRET }, 3,
      "it decodes the instruction, does it on the virtual state, and goes back",
      "it is about the virtual state, not the real one" },
    { VMM_FORWARD, { COST_GATE, COST_FORWARD, COST_IRET }, 3,
      "it pushes the frame on the guest's stack and starts the guest's handler",
      "the guest's own rules say so: its kernel must hear it" },
    { VMM_INJECT, { COST_INJECT }, 1, "it delivers the virtual interrupt through the guest's IDT",
      "a virtual device asked, and the guest's IF is 1" },
    { VMM_HIDDEN, { COST_GATE, COST_PAGE_FAULT, COST_HIDDEN, COST_IRET }, 4,
      "it walks the guest's tables and fills the shadow entry; the guest never knows",
      "shadow entries are made when they are first used" },
    { VMM_TRUE_FAULT, { COST_GATE, COST_PAGE_FAULT, COST_TRUE_FAULT }, 3,
      "it finds that the guest's own tables say no, and forwards the fault",
      "the guest's own tables forbid the access" },
    { VMM_TRACED, { COST_GATE, COST_PAGE_FAULT, COST_TRACED, COST_IRET }, 4,
      "it emulates the write and brings the shadow up to date",
      "the page holds tables or code that were derived from" },
    { VMM_SHADOW, { COST_SHADOW_SWITCH }, 1, "it finds or builds the shadow of the directory",
      "each page directory has a shadow of its own" },
    { VMM_VIN, { COST_VDEVICE }, 1, "its virtual device answers", "" },
    { VMM_VOUT, { COST_VDEVICE }, 1, "its virtual device takes the byte", "" },
    { VMM_WORLD, { COST_WORLD_SWITCH }, 1, "it asks the host", "" },
    { BT_CALLOUT, { COST_GATE, COST_CALLOUT, COST_IRET }, 3,
      "it does the predecoded instruction on the virtual state, and goes back to the cache",
      "at CPL 1 it would trap, or fail in silence" },
    { BT_TRANSLATE, { COST_TRANSLATE }, 1, "it translates a unit (the price is per instruction)",
      "this code had not been run yet" },
    { BT_CHAIN, { COST_CHAIN }, 1, "it patches the jump, so that it will not be asked again",
      "both ends are translated now" },
    { BT_DISPATCH, { COST_LOOKUP }, 1, "it finds the translation and goes there", "" },
    { BT_MISS, { COST_LOOKUP }, 1, "it finds the target by hash and fills the return cache", "" },
    { HW_INTERRUPT, { 0 }, 0, NULL, "the 8259 asked, and IF was 1" },
    { HW_APIC, { 0 }, 0, NULL, "the local APIC asked, and IF was 1" },
    { HW_HLT, { 0 }, 0, NULL, "the guest has nothing to do" },
    { VMM_VIF, { 0 }, 0, NULL, "the guest's IF is a variable of the monitor's" },
    { VMM_IRQ_WAIT, { 0 }, 0, NULL, "the guest must not be interrupted here" },
    { VMM_ABOVE, { 0 }, 0, NULL, "the guest's segments end below the monitor" },
    { VMM_TRACE, { 0 }, 0, NULL, "what is derived from the page must follow it" },
    { BT_ELIDE, { 0 }, 0, NULL, "code that follows needs no jump" },
    { BT_DIRECT, { 0 }, 0, NULL, "user code needs no translation" },
};

static const struct kind_facts *facts_of(unsigned kind)
{
    for (unsigned i = 0; i < COUNT(facts); i++)
        if (facts[i].kind == kind)
            return &facts[i];
    return NULL;
}

u64 card_cost(const struct event *e)
{
    const struct kind_facts *f = facts_of(e->kind);
    u64 sum = 0;
    for (unsigned i = 0; f && i < f->accounts; i++)
        sum += cost_p4_672[f->account[i]].cycles;
    return sum;
}

const char *card_why(const struct event *e)
{
    const struct kind_facts *f = facts_of(e->kind);
    if (e->kind == HW_IF)
        return e->arg[2] == OP_INT ? "an interrupt gate clears IF" : "CPL is not above IOPL: it may load IF";
    return f ? f->why : "";
}

int card_op(const struct event *e)
{
    switch (e->kind) {
    case VMM_EMULATE: case BT_CALLOUT: case HW_SILENT: case HW_RETIRE: case HW_VMFAIL:
        return e->arg[0] < OP_COUNT ? (int)e->arg[0] : -1;
    case VMM_VIF: case HW_IF:
        return e->arg[2] < OP_COUNT ? (int)e->arg[2] : -1;
    default:
        return -1;
    }
}

/* Does a de-privileged guest trap on it?  Only the sensitive ones that do not are a problem. */
static bool traps_deprivileged(unsigned op)
{
    return op_info[op].who == WHO_RING0 || op_info[op].who == WHO_IOPL || op_info[op].who == WHO_IO ||
           op_info[op].direct == DIRECT_TRAPS;
}

void card_prices(unsigned op, char *out, size_t size)
{
    const struct cost_info *p = cost_p4_672;
    char a[32], b[32], v[32];
    u64 trap = p[COST_GATE].cycles + p[COST_EMULATE].cycles + p[COST_IRET].cycles;
    u64 callout = p[COST_GATE].cycles + p[COST_CALLOUT].cycles + p[COST_IRET].cycles;
    u64 exit = p[COST_VMEXIT].cycles + p[COST_VMENTRY].cycles;
    bool in_cache = op == OP_CLI || op == OP_STI;
    snprintf(a, sizeof a, "%s", traps_deprivileged(op) ? with_commas(trap, b)
             : op_info[op].direct == DIRECT_LEAKS ? "wrong result" : "none");
    if (in_cache || (!traps_deprivileged(op) && op_info[op].direct != DIRECT_LEAKS))
        snprintf(v, sizeof v, in_cache ? "in the cache" : "none");
    else
        with_commas(callout, v);
    if (op_info[op].exit == EXIT_NONE || op == OP_CLI || op == OP_STI || op == OP_POPF)
        snprintf(b, sizeof b, "no exit");
    else
        with_commas(exit, b);
    snprintf(out, size, "direct: %s  bt: %s  vt: %s", a, v, b);
}

static const char *mode_words(unsigned mode)
{
    static const char *const words[] = {
        [EVENT_MODE_NATIVE] = "no monitor", [EVENT_MODE_DIRECT] = "guest code on the processor",
        [EVENT_MODE_CACHE] = "in the translation cache",
        [EVENT_MODE_NONROOT] = "guest code in VMX non-root operation",
        [EVENT_MODE_MONITOR] = "in the monitor",
    };
    return mode < COUNT(words) ? words[mode] : "?";
}

static void card_costs(const struct event *e, struct sheet *s)
{
    const struct kind_facts *f = facts_of(e->kind);
    sheet_section(s, SHEET_PAIRS, "cost", "what it cost (cycles)");
    sheet_row(s);
    for (unsigned i = 0; f && i < f->accounts; i++)
        sheet_number(s, cost_p4_672[f->account[i]].name, cost_p4_672[f->account[i]].cycles);
    sheet_number(s, "together", card_cost(e));
    sheet_attr(s, ATTR_BOLD);
    if (card_op(e) >= 0) {
        char prices[160];
        card_prices((unsigned)card_op(e), prices, sizeof prices);
        sheet_row(s);
        sheet_text(s, "elsewhere", "%s", prices);
    }
}

void card_draw(const struct view_context *c, const struct event *e, struct sheet *s)
{
    char words[320];
    const struct event_info *info = event_info(e->kind);
    const struct kind_facts *f = facts_of(e->kind);
    int op = card_op(e);
    event_words(e, c->world->image, words, sizeof words);
    sheet_section(s, SHEET_PAIRS, "where", NULL);
    sheet_row(s);
    sheet_text(s, "event", "%s", info ? info->name : "?");
    sheet_attr(s, ATTR_BOLD);
    sheet_text(s, "layer", "%s", event_layer(e->kind));
    sheet_number(s, "tick", e->tick);
    sheet_number(s, "step", e->step);
    sheet_row(s);
    sheet_hex(s, "eip", e->eip, 8);
    sheet_number(s, "real-cpl", e->cpl);
    sheet_text(s, "mode", "%s", mode_words(e->mode));
    sheet_section(s, SHEET_WORDS, "what", "what happened");
    sheet_words(s, "%s", words);
    if (op >= 0) {
        sheet_section(s, SHEET_WORDS, "guest", "what the guest did");
        sheet_words(s, "it executed %s%s", op_info[op].text, op_info[op].direct == DIRECT_LEAKS
                    ? ", which is sensitive but does not trap when de-privileged" : "");
    }
    if (card_why(e)[0]) {
        sheet_section(s, SHEET_WORDS, "why", "why");
        sheet_words(s, "%s", card_why(e));
    }
    if (f && f->monitor) {
        sheet_section(s, SHEET_WORDS, "monitor", "what the monitor did");
        sheet_words(s, "%s", f->monitor);
    }
    if (info && info->section[0]) {
        sheet_section(s, SHEET_WORDS, "source", "read more");
        sheet_words(s, "%s", info->section);
    }
    card_costs(e, s);
}
