#include "tui/view.h"

#include "sim/api/desc.h"
#include "sim/tlb.h"
#include "tui/session.h"
#include "vmm/layout.h"
#include <string.h>

enum { SHOWN = 24 };

static const char *type_words(const struct seg *g, char out[32])
{
    static const char *const system[16] = {
        [SYS_TSS16] = "tss16", [SYS_LDT] = "ldt", [SYS_TSS16_BUSY] = "tss16 busy",
        [SYS_CALL16] = "call16", [SYS_TASK_GATE] = "task gate", [SYS_INT16] = "int16",
        [SYS_TRAP16] = "trap16", [SYS_TSS32] = "tss32", [SYS_TSS32_BUSY] = "tss32 busy",
        [SYS_CALL32] = "call gate", [SYS_INT32] = "interrupt gate", [SYS_TRAP32] = "trap gate",
    };
    unsigned type = AR_TYPE(g->ar);
    if (!(g->ar & AR_P))
        return strcpy(out, "not present");
    if (!(g->ar & AR_S))
        snprintf(out, 32, "%s", system[type] ? system[type] : "reserved");
    else
        snprintf(out, 32, "%s%s%s", type & 8 ? "code" : "data",
                 type & 8 ? (type & 2 ? " rx" : " x") : (type & 2 ? " rw" : " r"),
                 type & 1 ? " A" : "");
    return out;
}

/* Eight bytes of a table that the processor itself uses. */
static bool real_entry(const struct view_context *c, const struct dtr *t, u32 i, u32 entry[2])
{
    u32 pa;
    const struct hw *hw = &c->world->hw;
    for (u32 k = 0; k < 2; k++) {
        if (i * 8 + 7 > t->limit || !mmu_peek(hw, t->base + i * 8 + k * 4, &pa))
            return false;
        if (pa > hw->ram_bytes - 4)
            return false;
        memcpy(&entry[k], machine_ram(hw, pa), 4);
    }
    return true;
}

static bool guest_entry(const struct view_context *c, const struct dtr *t, u32 i, u32 entry[2])
{
    return i * 8 + 7 <= t->limit &&
           world_read_linear(c->world, &c->guest.arch, t->base + i * 8, entry, 8);
}

static void add_segment_fields(struct sheet *s, const struct seg *g, const char *const key[4])
{
    char type[32];
    sheet_hex(s, key[0], g->base, 8);
    sheet_hex(s, key[1], g->limit, 8);
    sheet_text(s, key[2], "%u", AR_DPL(g->ar));
    sheet_text(s, key[3], "%s", type_words(g, type));
}

static void gdt(const struct view_context *c, struct sheet *s)
{
    static const char *const keys[4] = { "base", "limit", "dpl", "type" };
    static const char *const real_keys[4] = { "real-base", "real-limit", "real-dpl", "real-type" };
    const struct dtr *t = &c->guest.arch.gdtr;
    u32 e[2], r[2];
    int shown = 0;
    sheet_section(s, SHEET_TABLE, "gdt", "GDT: the guest's, and what the hardware uses");
    for (u32 i = 0; i * 8 + 7 <= t->limit && i < 8192 && shown < SHOWN; i++) {
        if (!guest_entry(c, t, i, e) || !(e[0] | e[1]))
            continue;
        struct seg g = desc_unpack((u16)(i * 8), e[0], e[1]);
        sheet_row(s);
        sheet_hex(s, "sel", i * 8, 4);
        add_segment_fields(s, &g, keys);
        if (c->monitored && real_entry(c, &c->real->gdtr, i, r)) {
            struct seg h = desc_unpack((u16)(i * 8), r[0], r[1]);
            add_segment_fields(s, &h, real_keys);
        }
        shown++;
    }
}

static void monitors_own(const struct view_context *c, struct sheet *s)
{
    static const char *const keys[4] = { "base", "limit", "dpl", "type" };
    u32 e[2];
    sheet_section(s, SHEET_TABLE, "monitor-gdt", "the monitor's own descriptors");
    for (u32 sel = MON_CS0; sel <= 0xfff8; sel += 8) {
        if (!real_entry(c, &c->real->gdtr, sel / 8, e) || !(e[0] | e[1]))
            continue;
        struct seg g = desc_unpack((u16)sel, e[0], e[1]);
        sheet_row(s);
        sheet_hex(s, "sel", sel, 4);
        add_segment_fields(s, &g, keys);
    }
}

static void add_gate(struct sheet *s, const struct view_context *c, u32 e[2], const char *target,
                     const char *about)
{
    struct gate g = gate_unpack(e[0], e[1]);
    char where[64];
    sheet_text(s, target, "%04x:%08x %s", g.sel, g.offset,
               target[0] == 't' ? guest_where(c->world->image, g.offset, where) : "");
    sheet_text(s, about, "%s dpl %u%s", g.type == SYS_INT32 ? "interrupt"
               : g.type == SYS_TRAP32 ? "trap" : g.type == SYS_TASK_GATE ? "task" : "other", g.dpl,
               g.present ? "" : " absent");
}

static void idt(const struct view_context *c, struct sheet *s)
{
    const struct dtr *t = &c->guest.arch.idtr;
    u32 e[2];
    sheet_section(s, SHEET_TABLE, "idt", "IDT: the guest's gates, and the hardware's");
    for (u32 i = 0; i < 256 && i * 8 + 7 <= t->limit; i++) {
        if (!guest_entry(c, t, i, e) || !(e[1] & BIT(15)))
            continue;
        sheet_row(s);
        sheet_hex(s, "vec", i, 2);
        add_gate(s, c, e, "target", "gate");
        if (c->monitored && real_entry(c, &c->real->idtr, i, e))
            add_gate(s, c, e, "real-target", "real-gate");
    }
}

void view_desc(const struct view_context *c, struct sheet *s)
{
    gdt(c, s);
    if (c->monitored && c->real->gdtr.limit >= MON_CS0)
        monitors_own(c, s);
    idt(c, s);
}

void view_tlb(const struct view_context *c, struct sheet *s)
{
    const struct tlb *tlb = &c->world->hw.state->tlb;
    u32 used = 0;
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        used += tlb_entry_is(tlb, &tlb->entry[i], tlb->entry[i].la);
    sheet_section(s, SHEET_PAIRS, "use", NULL);
    sheet_row(s);
    sheet_number(s, "entries", TLB_ENTRIES);
    sheet_number(s, "used", used);
    sheet_section(s, SHEET_TABLE, "tlb", NULL);
    for (u32 i = 0; i < TLB_ENTRIES; i++) {
        const struct tlb_entry *e = &tlb->entry[i];
        if (!tlb_entry_is(tlb, e, e->la))
            continue;
        sheet_row(s);
        sheet_hex(s, "linear", e->la, 8);
        sheet_hex(s, "machine", PTE_FRAME(e->frame), 8);
        sheet_text(s, "rights", "%s %s%s%s", e->frame & PTE_W ? "rw" : "r-",
                   e->frame & PTE_U ? "user" : "kernel", e->frame & PTE_D ? " D" : "",
                   e->frame & PTE_G ? " G" : "");
    }
}
