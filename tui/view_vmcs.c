#include "tui/view.h"

#include "sim/api/isa.h"
#include "sim/vmx.h"
#include "tui/session.h"
#include <string.h>

static const char *const groups[] = {
    [VMCS_GUEST] = "guest", [VMCS_HOST] = "host", [VMCS_CONTROL] = "control",
    [VMCS_ENTRY] = "entry", [VMCS_EXIT] = "exit", [VMCS_INFO] = "info",
};
static const char *const group_titles[] = {
    [VMCS_GUEST] = "guest state", [VMCS_HOST] = "host state", [VMCS_CONTROL] = "execution controls",
    [VMCS_ENTRY] = "what the next VM entry injects", [VMCS_EXIT] = "VM-exit information",
    [VMCS_INFO] = "VT-x instructions that failed",
};

static void last_exit(const struct view_context *c, struct sheet *s)
{
    u32 reason = vmx_field_peek(&c->world->hw, VMCS_EXIT_REASON);
    sheet_section(s, SHEET_PAIRS, "last", "the last exit");
    sheet_row(s);
    sheet_text(s, "reason", "%s", exit_reason_name(reason & 0xffff));
    sheet_attr(s, ATTR_BOLD);
    sheet_number(s, "number", reason & 0xffff);
    sheet_bool(s, "entry-failure", reason & EXIT_ENTRY_FAILURE);
    sheet_bool(s, "guest-runs", c->world->hw.state->vmx.nonroot);
}

void view_vmcs(const struct view_context *c, struct sheet *s)
{
    const struct vmx_state *vmx = &c->world->hw.state->vmx;
    if (!vmx->on || vmx->current == (u32)VMX_ADDRESS_NONE) {
        sheet_section(s, SHEET_WORDS, "none", NULL);
        sheet_words(s, "there is no VMCS: the engine %s does not use VT-x",
                    engine_name(c->world->engine));
        return;
    }
    last_exit(c, s);
    static const u8 order[] = { VMCS_EXIT, VMCS_GUEST, VMCS_CONTROL, VMCS_ENTRY, VMCS_INFO,
                                VMCS_HOST };
    for (unsigned g = 0; g < COUNT(order); g++) {
        sheet_section(s, SHEET_TABLE, groups[order[g]], group_titles[order[g]]);
        for (unsigned i = 0; i < vmcs_field_count; i++) {
            const struct vmcs_field_info *f = &vmcs_fields[i];
            if (f->group != order[g])
                continue;
            sheet_row(s);
            sheet_text(s, "field", "%s", f->name);
            sheet_hex(s, "value", vmx_field_peek(&c->world->hw, f->encoding), 8);
            if (!c->width || c->width >= 60)
                sheet_text(s, "meaning", "%s", f->text);
        }
    }
}

/* Counted over the recorded log, in the shape of `perf kvm stat`. */
void view_exits(const struct view_context *c, struct sheet *s)
{
    const struct debug *d = c->session->debug;
    u32 count[EXIT_REASON_COUNT] = { 0 }, total = 0;
    for (u32 i = 0; i < d->log_count; i++) {
        const struct event *e = &d->log[(d->log_first + i) % DEBUG_LOG];
        if (e->kind == HW_VMEXIT && e->step <= world_step(c->world)) {
            u32 reason = e->arg[0] & 0xffff;
            count[reason < EXIT_REASON_COUNT ? reason : EXIT_REASON_COUNT - 1]++;
            total++;
        }
    }
    sheet_section(s, SHEET_PAIRS, "all", NULL);
    sheet_row(s);
    sheet_number(s, "exits", c->world->hw.state->ledger.count[COST_VMEXIT]);
    sheet_number(s, "recorded", total);
    sheet_section(s, SHEET_TABLE, "reasons", "recorded exits by reason");
    for (unsigned done = 0; done < EXIT_REASON_COUNT; done++) {
        unsigned best = 0;
        for (unsigned r = 1; r < EXIT_REASON_COUNT; r++)
            if (count[r] > count[best])
                best = r;
        if (!count[best])
            break;
        sheet_row(s);
        sheet_text(s, "VM-EXIT", "%s", exit_reason_name(best));
        sheet_number(s, "number", best);
        sheet_number(s, "samples", count[best]);
        sheet_text(s, "share", "%5.1f%%", 100.0 * count[best] / total);
        count[best] = 0;
    }
}
