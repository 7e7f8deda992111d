#include "tui/view.h"

#include "tui/session.h"
#include <string.h>

static const char *const reg_names[8] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
static const char *const seg_names[SREG_COUNT] = { "es", "cs", "ss", "ds", "fs", "gs" };

static void believed(struct sheet *s, const struct arch *a)
{
    static const u8 order[8] = { EAX, EBX, ECX, EDX, ESI, EDI, EBP, ESP };
    char flags[64];
    sheet_section(s, SHEET_PAIRS, "guest", NULL);
    for (int i = 0; i < 8; i += 2) {
        sheet_row(s);
        sheet_hex(s, reg_names[order[i]], a->reg[order[i]], 8);
        sheet_hex(s, reg_names[order[i + 1]], a->reg[order[i + 1]], 8);
    }
    sheet_row(s);
    sheet_hex(s, "eip", a->eip, 8);
    sheet_number(s, "cpl", a->cpl);
    sheet_number(s, "iopl", EFLAGS_IOPL(a->eflags));
    sheet_row(s);
    sheet_text(s, "flags", "%s", view_flags(a->eflags, flags));
    sheet_bare(s);
    sheet_row(s);
    sheet_hex(s, "eflags", a->eflags, 8);
    sheet_text(s, "shadow", "%s", a->shadow & SHADOW_MOV_SS ? "mov-ss"
                                  : a->shadow & SHADOW_STI ? "sti" : "-");
    sheet_bool(s, "halted", a->halted);
    sheet_row(s);
    sheet_hex(s, "cr0", a->cr0, 8);
    sheet_hex(s, "cr2", a->cr2, 8);
    sheet_hex(s, "cr3", a->cr3, 8);
    sheet_hex(s, "cr4", a->cr4, 8);
}

/* The processor under the monitor: what differs is what virtualization hides. */
static void real(struct sheet *s, const struct view_context *c)
{
    const struct arch *g = &c->guest.arch, *r = c->real;
    char flags[64];
    sheet_section(s, SHEET_PAIRS, "real", "the real processor");
    sheet_row(s);
    sheet_hex(s, "eip", r->eip, 8);
    sheet_number(s, "cpl", r->cpl);
    sheet_attr(s, r->cpl != g->cpl ? ATTR_BOLD | ATTR_RED : 0);
    sheet_number(s, "iopl", EFLAGS_IOPL(r->eflags));
    sheet_row(s);
    sheet_text(s, "flags", "%s", view_flags(r->eflags, flags));
    sheet_attr(s, (r->eflags ^ g->eflags) & FL_IF ? ATTR_BOLD | ATTR_RED : 0);
    sheet_row(s);
    sheet_hex(s, "cr0", r->cr0, 8);
    sheet_hex(s, "cr2", r->cr2, 8);
    sheet_hex(s, "cr3", r->cr3, 8);
    sheet_hex(s, "cr4", r->cr4, 8);
    sheet_row(s);
    for (int i = 0; i < 8; i++)
        sheet_hex(s, reg_names[i], r->reg[i], 8);
}

static void add_segment(struct sheet *s, const char *name, const struct seg *g,
                        const struct seg *r)
{
    sheet_row(s);
    sheet_text(s, "seg", "%s", name);
    sheet_hex(s, "sel", g->sel, 4);
    sheet_hex(s, "base", g->base, 8);
    sheet_hex(s, "limit", g->limit, 8);
    sheet_text(s, "rights", "%s%s%s dpl %u", g->ar & AR_UNUSABLE ? "unusable"
               : !(g->ar & AR_S) ? "system" : AR_IS_CODE(g->ar) ? "code" : "data",
               g->ar & AR_S && !AR_IS_CODE(g->ar) && AR_IS_WRITABLE(g->ar) ? " rw" : "",
               g->ar & AR_DB ? " 32" : "", AR_DPL(g->ar));
    if (!r)
        return;
    bool differs = r->sel != g->sel || r->base != g->base || r->limit != g->limit;
    sheet_hex(s, "real-sel", r->sel, 4);
    sheet_attr(s, differs ? ATTR_BOLD : 0);
    sheet_hex(s, "real-base", r->base, 8);
    sheet_hex(s, "real-limit", r->limit, 8);
    sheet_text(s, "real-dpl", "%u", AR_DPL(r->ar));
}

static void segments(struct sheet *s, const struct view_context *c)
{
    const struct arch *g = &c->guest.arch, *r = c->monitored ? c->real : NULL;
    sheet_section(s, SHEET_TABLE, "segments", "segments, with hidden parts");
    for (int i = 0; i < SREG_COUNT; i++)
        add_segment(s, seg_names[i], &g->seg[i], r ? &r->seg[i] : NULL);
    add_segment(s, "ldtr", &g->ldtr, r ? &r->ldtr : NULL);
    add_segment(s, "tr", &g->tr, r ? &r->tr : NULL);
}

static void add_tables(struct sheet *s, const struct arch *a, const char *key, const char *title)
{
    sheet_section(s, SHEET_PAIRS, key, title);
    sheet_row(s);
    sheet_hex(s, "gdtr.base", a->gdtr.base, 8);
    sheet_hex(s, "gdtr.limit", a->gdtr.limit, 4);
    sheet_hex(s, "idtr.base", a->idtr.base, 8);
    sheet_hex(s, "idtr.limit", a->idtr.limit, 4);
    sheet_row(s);
    static const char *const names[8] = { "dr0", "dr1", "dr2", "dr3", "", "", "dr6", "dr7" };
    for (int i = 0; i < 8; i++)
        if (names[i][0])
            sheet_hex(s, names[i], a->dr[i], 8);
}

void view_cpu(const struct view_context *c, struct sheet *s)
{
    believed(s, &c->guest.arch);
    if (c->monitored)
        real(s, c);
    segments(s, c);
    add_tables(s, &c->guest.arch, "tables", "tables and debug registers");
    if (c->monitored)
        add_tables(s, c->real, "real-tables", "the real ones");
}

void view_who(const struct view_context *c, struct sheet *s)
{
    const struct arch *g = &c->guest.arch, *r = c->real;
    int irq = platform_pending_irq(world_platform(c->world));
    sheet_section(s, SHEET_PAIRS, "who", NULL);
    sheet_row(s);
    sheet_text(s, "running", "%s", view_who_name(c->guest.who));
    sheet_attr(s, ATTR_BOLD);
    sheet_text(s, "mode", "%s", g->cpl == 3 ? "user" : "kernel");
    sheet_number(s, "guest-cpl", g->cpl);
    sheet_number(s, "real-cpl", r->cpl);
    sheet_row(s);
    sheet_bool(s, "guest-if", g->eflags & FL_IF);
    sheet_bool(s, "real-if", r->eflags & FL_IF);
    if (irq >= IRQ_APIC)
        sheet_text(s, "pending", "apic %02x", irq - IRQ_APIC);
    else if (irq >= 0)
        sheet_text(s, "pending", "irq%d", irq);
    else
        sheet_text(s, "pending", "none");
}
