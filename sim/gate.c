#include "sim/gate.h"

#include "sim/api/debug.h"
#include "sim/api/desc.h"
#include "sim/uop_mem.h"

/* Supervisor access to `size` bytes, NULL when it needs care. */
static u8 *system_bytes(const struct hw *m, u32 la, unsigned size, unsigned kind)
{
    const struct hostpage *p = &m->hosttlb->page[0][kind][tlb_index(la)];
    return ((u64)la ^ p->tag) <= PAGE_SIZE - size ? p->addend + la : NULL;
}

/* A descriptor of the GDT that is present and accessed. */
static bool descriptor(const struct hw *m, u16 sel, struct seg *out)
{
    const struct dtr *gdt = &m->arch->gdtr;
    u32 at = sel & 0xfff8u;
    if ((sel & SEL_TI) || at == 0 || at + 7 > gdt->limit)
        return false;
    const u8 *p = system_bytes(m, gdt->base + at, 8, HOST_READ);
    if (!p)
        return false;
    *out = desc_unpack(sel, host_load(p, 4), host_load(p + 4, 4));
    return (out->ar & (AR_P | AR_S | AR_DB | 1u)) == (AR_P | AR_S | AR_DB | 1u);
}

static bool code_for(const struct hw *m, u16 sel, u32 eip, struct seg *cs)
{
    return descriptor(m, sel, cs) && AR_IS_CODE(cs->ar) && !AR_IS_CONFORMING(cs->ar) &&
           eip <= cs->limit;
}

static bool stack_for(const struct hw *m, u16 sel, unsigned cpl, struct seg *ss)
{
    return SEL_RPL(sel) == cpl && descriptor(m, sel, ss) && AR_IS_WRITABLE(ss->ar) &&
           !AR_IS_EXPAND_DOWN(ss->ar) && AR_DPL(ss->ar) == cpl;
}

static bool inner_stack(const struct hw *m, unsigned cpl, struct seg *ss, u32 *esp)
{
    const struct seg *tr = &m->arch->tr;
    u32 at = TSS_ESP0 + 8 * cpl;
    if (AR_TYPE(tr->ar) != SYS_TSS32_BUSY || at + 5 > tr->limit)
        return false;
    const u8 *p = system_bytes(m, tr->base + at, 6, HOST_READ);
    if (!p)
        return false;
    *esp = host_load(p, 4);
    return stack_for(m, (u16)host_load(p + 4, 2), cpl, ss);
}

/* Where a frame of `bytes` below esp goes, NULL when it needs care. */
static u8 *frame_space(const struct hw *m, const struct seg *ss, u32 esp, u32 bytes)
{
    u32 sp = esp - bytes;
    if (sp > esp || sp > ss->limit || ss->limit - sp < bytes - 1)
        return NULL;
    return system_bytes(m, ss->base + sp, bytes, HOST_WRITE);
}

static void set_segment(struct hw *m, enum sreg which, const struct seg *value)
{
    m->arch->seg[which] = *value;
    machine_refresh_seg(m, which);
}

static void set_cpl(struct hw *m, unsigned cpl)
{
    m->arch->cpl = (u8)cpl;
    machine_refresh_cpl(m);
}

/* The gate of e and the code it leads to, at a CPL below 3 and not above the present one. */
static bool find_handler(const struct hw *m, const struct gate_event *e, struct gate *g,
                         struct seg *cs)
{
    const struct arch *c = m->arch;
    u32 at = e->vector * 8u;
    const u8 *p = system_bytes(m, c->idtr.base + at, 8, HOST_READ);
    if (at + 7 > c->idtr.limit || !p)
        return false;
    u32 hi = host_load(p + 4, 4);
    *g = gate_unpack(host_load(p, 4), hi);
    if ((g->type != SYS_INT32 && g->type != SYS_TRAP32) || (hi >> 8 & AR_S) || !g->present ||
        (e->software && g->dpl < c->cpl))
        return false;
    return code_for(m, g->sel, g->offset, cs) && AR_DPL(cs->ar) <= c->cpl && AR_DPL(cs->ar) < 3;
}

static void write_frame(u8 *to, const struct arch *c, const struct gate_event *e, bool inner)
{
    if (e->has_error) {
        host_store(to, 4, e->error);
        to += 4;
    }
    host_store(to, 4, e->return_eip);
    host_store(to + 4, 4, c->seg[CS].sel);
    host_store(to + 8, 4, e->eflags);
    if (!inner)
        return;
    host_store(to + 12, 4, c->reg[ESP]);
    host_store(to + 16, 4, c->seg[SS].sel);
}

static bool plain_mode(const struct hw *m)
{
    return (m->arch->cr0 & CR0_PE) && !(m->arch->eflags & FL_VM) && !m->state->vmx.nonroot &&
           !m->config.one_insn_blocks && !machine_wants(m, HW_WRITE) && !debug_armed(m->arch);
}

bool gate_enter(struct hw *m, const struct gate_event *e)
{
    struct arch *c = m->arch;
    struct gate g;
    struct seg cs, ss = c->seg[SS];
    u32 esp = c->reg[ESP];
    if (!plain_mode(m) || e->vector == VEC_NMI || e->vector == VEC_DB || !find_handler(m, e, &g, &cs))
        return false;
    unsigned cpl = AR_DPL(cs.ar);
    bool inner = cpl < c->cpl;
    u32 bytes = 12u + (inner ? 8 : 0) + (e->has_error ? 4 : 0);
    if (inner ? !inner_stack(m, cpl, &ss, &esp) : !(ss.ar & AR_DB) || AR_IS_EXPAND_DOWN(ss.ar))
        return false;
    u8 *to = frame_space(m, &ss, esp, bytes);
    if (!to)
        return false;
    write_frame(to, c, e, inner);
    if (inner)
        set_segment(m, SS, &ss);
    c->reg[ESP] = esp - bytes;
    c->eflags &= ~(u32)(FL_TF | FL_NT | FL_RF | (g.type == SYS_INT32 ? FL_IF : 0));
    cs.sel = (u16)((g.sel & 0xfffcu) | cpl);
    set_segment(m, CS, &cs);
    set_cpl(m, cpl);
    c->eip = g.offset;
    c->shadow = c->halted = 0;
    return true;
}

/* A return to an outer ring takes away what that ring may not have: then the rules do it. */
static bool keeps_data_segments(const struct arch *c, unsigned cpl)
{
    static const u8 which[] = { ES, DS, FS, GS };
    for (unsigned i = 0; i < COUNT(which); i++) {
        u32 ar = c->seg[which[i]].ar;
        if (!(ar & AR_UNUSABLE) && AR_DPL(ar) < cpl)
            return false;
    }
    return true;
}

bool gate_return(struct hw *m)
{
    const u32 mask = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_RF | FL_AC | FL_ID | FL_IOPL | FL_VIF |
                     FL_VIP | FL_IF;
    struct arch *c = m->arch;
    struct seg cs, ss;
    if (!plain_mode(m) || c->cpl != 0 || c->nmi_blocked || (c->eflags & FL_NT) ||
        !(c->seg[SS].ar & AR_DB))
        return false;
    const u8 *p = uop_readable(m, SS, c->reg[ESP], 4);
    const u8 *end = p ? uop_readable(m, SS, c->reg[ESP] + 16, 4) : NULL;
    if (end != p + 16 || end == NULL)
        return false;
    u32 eip = host_load(p, 4), flags = host_load(p + 8, 4);
    u16 sel = (u16)host_load(p + 4, 2);
    unsigned cpl = SEL_RPL(sel);
    if ((flags & FL_VM) || !code_for(m, sel, eip, &cs) || AR_DPL(cs.ar) != cpl)
        return false;
    if (cpl > 0 && (!stack_for(m, (u16)host_load(p + 16, 2), cpl, &ss) || !keeps_data_segments(c, cpl)))
        return false;
    c->eflags = (c->eflags & ~mask) | (flags & mask) | FL_1;
    c->eip = eip;
    c->reg[ESP] = cpl > 0 ? host_load(p + 12, 4) : c->reg[ESP] + 12;
    set_segment(m, CS, &cs);
    if (cpl > 0) {
        set_segment(m, SS, &ss);
        set_cpl(m, cpl);
    }
    return true;
}
