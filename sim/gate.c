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

/* Unpack a descriptor into `to`; false: it is not a present and accessed one of 32-bit code or data. */
static bool unpack(u16 sel, u64 raw, struct gate_seen *to)
{
    const u32 want = AR_P | AR_S | AR_DB | 1u;
    struct seg s = desc_unpack(sel, (u32)raw, (u32)(raw >> 32));
    if ((s.ar & want) != want)
        return false;
    *to = (struct gate_seen){ .raw = raw, .seg = s, .fast = machine_segfast(&s) };
    return true;
}

/* What the GDT says of sel now, NULL: it needs care.  A descriptor whose bytes are those of last time is what
 * it was then. */
static const struct gate_seen *descriptor(struct hw *m, u16 sel)
{
    const struct dtr *gdt = &m->arch->gdtr;
    u32 at = sel & 0xfff8u;
    if ((sel & SEL_TI) || at == 0 || at + 7 > gdt->limit)
        return NULL;
    const u8 *p = system_bytes(m, gdt->base + at, 8, HOST_READ);
    if (!p)
        return NULL;
    u64 raw = host_load(p, 4) | (u64)host_load(p + 4, 4) << 32;
    struct gate_seen *seen = &m->seen[at / 8 % GATE_SEEN];
    if (likely(seen->raw == raw && seen->seg.sel == sel) || unpack(sel, raw, seen))
        return seen;
    return NULL;
}

/* A copy: the next descriptor may take its place. */
static bool code_for(struct hw *m, u16 sel, u32 eip, struct gate_seen *cs)
{
    const struct gate_seen *seen = descriptor(m, sel);
    if (!seen || !AR_IS_CODE(seen->seg.ar) || AR_IS_CONFORMING(seen->seg.ar) || eip > seen->seg.limit)
        return false;
    *cs = *seen;
    return true;
}

static const struct gate_seen *stack_for(struct hw *m, u16 sel, unsigned cpl)
{
    const struct gate_seen *ss = SEL_RPL(sel) == cpl ? descriptor(m, sel) : NULL;
    return ss && AR_IS_WRITABLE(ss->seg.ar) && !AR_IS_EXPAND_DOWN(ss->seg.ar) && AR_DPL(ss->seg.ar) == cpl
               ? ss : NULL;
}

static const struct gate_seen *inner_stack(struct hw *m, unsigned cpl, u32 *esp)
{
    const struct seg *tr = &m->arch->tr;
    u32 at = TSS_ESP0 + 8 * cpl;
    if (AR_TYPE(tr->ar) != SYS_TSS32_BUSY || at + 5 > tr->limit)
        return NULL;
    const u8 *p = system_bytes(m, tr->base + at, 6, HOST_READ);
    if (!p)
        return NULL;
    *esp = host_load(p, 4);
    return stack_for(m, (u16)host_load(p + 4, 2), cpl);
}

/* Where a frame of `bytes` below esp goes, NULL when it needs care. */
static u8 *frame_space(const struct hw *m, const struct seg *ss, u32 esp, u32 bytes)
{
    u32 sp = esp - bytes;
    if (sp > esp || sp > ss->limit || ss->limit - sp < bytes - 1)
        return NULL;
    return system_bytes(m, ss->base + sp, bytes, HOST_WRITE);
}

static void set_cpl(struct hw *m, unsigned cpl)
{
    m->arch->cpl = (u8)cpl;
    machine_refresh_ring(m);
}

/* The gate of e and the code it leads to, at a CPL below 3 and not above the present one. */
static bool find_handler(struct hw *m, const struct gate_event *e, struct gate *g, struct gate_seen *cs)
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
    return code_for(m, g->sel, g->offset, cs) && AR_DPL(cs->seg.ar) <= c->cpl && AR_DPL(cs->seg.ar) < 3;
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
    return !(m->arch->eflags & FL_VM) && !m->state->vmx.nonroot && !is_stepped(&m->config) &&
           !machine_wants(m, HW_WRITE) && !debug_looks(m->arch) &&
           !m->ring_counts; /* which want the time exact */
}

/* ---- real mode: SDM 3B 20.1.4; limits and rights of CS stay what they are ---- */

static bool is_real_code(const struct hw *m, u32 ip)
{
    const struct seg *cs = &m->arch->seg[CS];
    return !(cs->ar & AR_UNUSABLE) && ip <= cs->limit;
}

static void to_real_code(struct hw *m, u16 sel, u32 ip)
{
    machine_move_seg(m, CS, sel);
    m->arch->eip = ip;
}

static bool real_enter(struct hw *m, const struct gate_event *e)
{
    struct arch *c = m->arch;
    u32 at = e->vector * 4u, sp = (u16)(c->reg[ESP] - 6);
    const u8 *p = system_bytes(m, c->idtr.base + at, 4, HOST_READ);
    u8 *to = uop_writable(m, SS, sp, 6);
    if ((c->seg[SS].ar & AR_DB) || at + 3 > c->idtr.limit || !p || !to || sp > 0xfffa ||
        !is_real_code(m, host_load(p, 2)))
        return false;
    u32 handler = host_load(p, 4);
    host_store(to, 2, e->return_eip);
    host_store(to + 2, 2, c->seg[CS].sel);
    host_store(to + 4, 2, e->eflags);
    reg_set(c, ESP, 2, sp);
    to_real_code(m, (u16)(handler >> 16), (u16)handler);
    c->eflags &= ~(u32)(FL_IF | FL_TF | FL_AC | FL_RF);
    c->shadow = c->halted = 0;
    return true;
}

static bool real_return(struct hw *m)
{
    const u32 mask = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_IF | FL_IOPL;
    struct arch *c = m->arch;
    u32 sp = (u16)c->reg[ESP];
    const u8 *p = uop_readable(m, SS, sp, 6);
    if ((c->seg[SS].ar & AR_DB) || !p || sp > 0xfffa || !is_real_code(m, host_load(p, 2)))
        return false;
    u32 flags = host_load(p + 4, 2);
    to_real_code(m, (u16)host_load(p + 2, 2), host_load(p, 2));
    reg_set(c, ESP, 2, sp + 6);
    c->eflags = (c->eflags & ~mask) | (flags & mask) | FL_1;
    return true;
}

/* ---- protected mode ---- */

/* Into the handler, whose frame is written. */
static void enter(struct hw *m, const struct gate *g, struct gate_seen *cs, const struct gate_seen *ss,
                  u32 esp)
{
    struct arch *c = m->arch;
    unsigned cpl = AR_DPL(cs->seg.ar);
    if (ss)
        machine_set_seg(m, SS, &ss->seg, &ss->fast);
    c->reg[ESP] = esp;
    c->eflags &= ~(u32)(FL_TF | FL_NT | FL_RF | (g->type == SYS_INT32 ? FL_IF : 0));
    cs->seg.sel = (u16)((g->sel & 0xfffcu) | cpl);
    machine_set_seg(m, CS, &cs->seg, &cs->fast);
    set_cpl(m, cpl);
    c->eip = g->offset;
    c->shadow = c->halted = 0;
}

bool gate_enter(struct hw *m, const struct gate_event *e)
{
    struct arch *c = m->arch;
    struct gate g;
    struct gate_seen cs;
    const struct gate_seen *ss = NULL;
    const struct seg *stack = &c->seg[SS];
    u32 esp = c->reg[ESP];
    if (!plain_mode(m) || e->vector == VEC_NMI || e->vector == VEC_DB)
        return false;
    if (!(c->cr0 & CR0_PE))
        return real_enter(m, e);
    if (!find_handler(m, e, &g, &cs))
        return false;
    bool inner = AR_DPL(cs.seg.ar) < c->cpl;
    u32 bytes = 12u + (inner ? 8 : 0) + (e->has_error ? 4 : 0);
    if (inner ? !(ss = inner_stack(m, AR_DPL(cs.seg.ar), &esp))
              : !(stack->ar & AR_DB) || AR_IS_EXPAND_DOWN(stack->ar))
        return false;
    u8 *to = frame_space(m, ss ? &ss->seg : stack, esp, bytes);
    if (!to)
        return false;
    write_frame(to, c, e, inner);
    enter(m, &g, &cs, ss, esp - bytes);
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

/* The frame of IRETD at ESP, at least `bytes` of it; NULL: it needs care. */
static const u8 *frame_at(struct hw *m, u32 bytes)
{
    u32 esp = m->arch->reg[ESP];
    const u8 *p = uop_readable(m, SS, esp, 4), *last = uop_readable(m, SS, esp + bytes - 4, 4);
    return p && last == p + bytes - 4 ? p : NULL;
}

static bool protected_return(struct hw *m)
{
    const u32 mask = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_RF | FL_AC | FL_ID | FL_IOPL | FL_VIF |
                     FL_VIP | FL_IF;
    struct arch *c = m->arch;
    struct gate_seen cs;
    const struct gate_seen *ss = NULL;
    if (c->cpl != 0 || (c->eflags & FL_NT) || !(c->seg[SS].ar & AR_DB))
        return false;
    const u8 *p = frame_at(m, 12);
    if (!p)
        return false;
    u32 eip = host_load(p, 4), flags = host_load(p + 8, 4), esp = c->reg[ESP] + 12;
    u16 sel = (u16)host_load(p + 4, 2);
    unsigned cpl = SEL_RPL(sel);
    if ((flags & FL_VM) || !code_for(m, sel, eip, &cs) || AR_DPL(cs.seg.ar) != cpl)
        return false;
    if (cpl > 0) {
        if (!frame_at(m, 20) || !(ss = stack_for(m, (u16)host_load(p + 16, 2), cpl)) ||
            !keeps_data_segments(c, cpl))
            return false;
        esp = host_load(p + 12, 4);
        machine_set_seg(m, SS, &ss->seg, &ss->fast);
    }
    c->eflags = (c->eflags & ~mask) | (flags & mask) | FL_1;
    c->eip = eip;
    c->reg[ESP] = esp;
    machine_set_seg(m, CS, &cs.seg, &cs.fast);
    if (cpl > 0)
        set_cpl(m, cpl);
    return true;
}

void gate_charge(struct hw *m, unsigned old_cpl, unsigned vector)
{
    struct ledger *l = &m->state->ledger;
    ledger_charge(l, old_cpl != m->arch->cpl ? COST_GATE : COST_GATE_SAME);
    if (vector == VEC_PF)
        ledger_charge(l, COST_PAGE_FAULT);
}

bool gate_return(struct hw *m, unsigned size)
{
    bool real = !(m->arch->cr0 & CR0_PE);
    if (!plain_mode(m) || m->arch->nmi_blocked || size != (real ? 2 : 4))
        return false;
    return real ? real_return(m) : protected_return(m);
}
