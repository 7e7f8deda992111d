/* exec_system.c - IN OUT INVLPG MOV CR RDTSC INT IRET: their plain cases, without leaving the loop.
 *
 * Nobody listens, the processor is not in VMX non-root operation, and nothing about the instruction is
 * unusual: then this is what the rules would do.  Else UOP_SLOW, and the rules do it. */
#include "sim/gate.h"
#include "sim/icache.h"
#include "sim/uop_link.h"
#include "sim/uop_mem.h"

static bool is_plain(const struct hw *m)
{
    return machine_unheard(m) && !m->state->vmx.nonroot;
}

static bool is_plain_ring0(const struct hw *m) { return is_plain(m) && m->arch->cpl == 0; }

/* Guest time at u: what its predecessors took is not yet added to the counter. */
static u64 time_at(const struct hw *m, const struct uop *u)
{
    amount_t taken = m->run_all - m->run_left - uop_head(m->run_entry)->amount;
    return m->state->count + (taken >> 32) + u->weight_sum;
}

/* ---- IN, OUT: CPL <= IOPL, not virtual-8086 mode ---- */

static bool may_do_io(const struct hw *m)
{
    const struct arch *c = m->arch;
    return is_plain(m) && !m->state->monitored && !(c->eflags & FL_VM) &&
           c->cpl <= EFLAGS_IOPL(c->eflags);
}

/* A device may ask for something now: then the boundary behind u must be looked at. */
ALWAYS_INLINE fault_t after_io(struct hw *m, struct arch *c, const struct uop *u, bool calm)
{
    ledger_charge(&m->state->ledger, COST_IO);
    return likely(calm) ? uop_next(m, c, u) : uop_fault(m, u + 1, UOP_EXIT);
}

ALWAYS_INLINE fault_t out(struct hw *m, struct arch *c, const struct uop *u, u32 port, unsigned size)
{
    if (unlikely(!may_do_io(m)))
        return uop_fault(m, u, UOP_SLOW);
    return after_io(m, c, u,
                    machine_port_out(m, time_at(m, u), (u16)port, size, reg_get(c, EAX * (size > 1), size)));
}

ALWAYS_INLINE fault_t in(struct hw *m, struct arch *c, const struct uop *u, u32 port, unsigned size)
{
    u32 value;
    if (unlikely(!may_do_io(m)))
        return uop_fault(m, u, UOP_SLOW);
    bool calm = machine_port_in(m, time_at(m, u), (u16)port, size, &value);
    reg_set(c, EAX, size, value);
    return after_io(m, c, u, calm);
}

#define PORTS(bits, size)                                                                      \
    static fault_t out##bits##_i(struct hw *m, struct arch *c, const struct uop *u)            \
    { return out(m, c, u, u->imm & 0xff, size); }                                              \
    static fault_t out##bits##_dx(struct hw *m, struct arch *c, const struct uop *u)           \
    { return out(m, c, u, c->reg[EDX], size); }                                                \
    static fault_t in##bits##_i(struct hw *m, struct arch *c, const struct uop *u)             \
    { return in(m, c, u, u->imm & 0xff, size); }                                               \
    static fault_t in##bits##_dx(struct hw *m, struct arch *c, const struct uop *u)            \
    { return in(m, c, u, c->reg[EDX], size); }

PORTS(8, 1)
PORTS(16, 2)
PORTS(32, 4)

static uop_fn *by_size(unsigned size, uop_fn *one, uop_fn *two, uop_fn *four)
{
    return size == 1 ? one : size == 2 ? two : four;
}

static uop_fn *port_form(const struct insn *in)
{
    bool writes = in->op == OP_OUT;
    if (in->opnd[writes ? 0 : 1].kind == OPND_IMM)
        return writes ? by_size(in->osize, out8_i, out16_i, out32_i)
                      : by_size(in->osize, in8_i, in16_i, in32_i);
    return writes ? by_size(in->osize, out8_dx, out16_dx, out32_dx)
                  : by_size(in->osize, in8_dx, in16_dx, in32_dx);
}

/* ---- mappings ---- */

/* Is the translation of the running code lost?  Then what follows is fetched anew. */
static bool code_is_lost(const struct hw *m)
{
    u32 la = m->arch->seg[CS].base + uop_head(m->run_entry)->eip;
    return (m->arch->cr0 & CR0_PG) &&
           !tlb_entry_is(&m->state->tlb, &m->state->tlb.entry[tlb_index(la)], la);
}

/* 0F01 /7 INVLPG */
static fault_t invlpg(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(!is_plain_ring0(m)))
        return uop_fault(m, u, UOP_SLOW);
    tlb_flush_page(m, m->segfast[u->seg].base + uop_offset(c, u));
    return unlikely(code_is_lost(m)) ? uop_fault(m, u + 1, UOP_RESYNC) : uop_next(m, c, u);
}

/* A mark or the end of the block: what follows is perhaps not yet due, or not of this page. */
static bool refetched(struct hw *m, const struct uop *u) { return u->len != 0 && icache_refetch(m, u); }

/* 0F22 MOV CR3, r32; with PAE it loads more than that */
static fault_t mov_to_cr3(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(!is_plain_ring0(m) || (c->cr4 & CR4_PAE)))
        return uop_fault(m, u, UOP_SLOW);
    ledger_charge(&m->state->ledger, COST_MOV_CR);
    c->cr3 = c->reg[u->src];
    tlb_flush_all(m, true);
    return refetched(m, u + 1) ? uop_next(m, c, u) : uop_fault(m, u + 1, UOP_RESYNC);
}

/* 0F20 MOV r32, CRn */
#define MOV_FROM(n)                                                                            \
    static fault_t mov_from_cr##n(struct hw *m, struct arch *c, const struct uop *u)           \
    {                                                                                          \
        if (unlikely(!is_plain_ring0(m)))                                                      \
            return uop_fault(m, u, UOP_SLOW);                                                  \
        c->reg[u->dst] = c->cr##n;                                                             \
        return uop_next(m, c, u);                                                              \
    }
MOV_FROM(0)
MOV_FROM(2)
MOV_FROM(3)
MOV_FROM(4)

static uop_fn *from_cr(unsigned n)
{
    switch (n) {
    case 0: return mov_from_cr0;
    case 2: return mov_from_cr2;
    case 3: return mov_from_cr3;
    case 4: return mov_from_cr4;
    default: return NULL;
    }
}

/* ---- time ---- */

static fault_t read_counter(struct hw *m, struct arch *c, const struct uop *u)
{
    if (unlikely(!is_plain(m) || ((c->cr4 & CR4_TSD) && c->cpl > 0)))
        return uop_fault(m, u, UOP_SLOW);
    u64 now = msr_tsc(&m->state->platform.msr, time_at(m, u));
    c->reg[EAX] = (u32)now;
    c->reg[EDX] = (u32)(now >> 32);
    return uop_next(m, c, u);
}

/* ---- gates ---- */

/* Into the code at EIP.  RF ends with its first instruction; when that is not run yet, RF stays. */
static fault_t go_on(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 eip = c->eip;
    struct uop_jump *j = uop_jump(m->run_jumps, eip);
    if (unlikely(j->eip != eip || j->link.key != m->link_key || !uop_covered(m, j->link.entry)))
        return uop_out(m, c, u, eip, NULL);
    c->eflags &= ~(u32)FL_RF;
    return uop_enter(m, c, u, eip, &j->link);
}

/* CD INT imm8 */
static fault_t int_n(struct hw *m, struct arch *c, const struct uop *u)
{
    flags_fold(m);
    const struct gate_event e = { .vector = (u8)u->imm, .software = true, .return_eip = u->disp,
                                  .eflags = c->eflags & ~(u32)FL_RF };
    if (unlikely(!is_plain(m) || !gate_enter(m, &e)))
        return uop_fault(m, u, UOP_SLOW);
    ledger_charge(&m->state->ledger, COST_GATE);
    return go_on(m, c, u);
}

/* CF IRET, IRETD: the flags of before need not be known; those that came may want the outer loop */
ALWAYS_INLINE fault_t iret(struct hw *m, struct arch *c, const struct uop *u, unsigned size)
{
    u32 closed = ~c->eflags & FL_IF;
    if (unlikely(!is_plain(m) || !gate_return(m, size)))
        return uop_fault(m, u, UOP_SLOW);
    m->cc.both = CC_EFLAGS;
    ledger_charge(&m->state->ledger, COST_IRET);
    if (unlikely((c->eflags & (FL_TF | FL_AC)) || ((c->eflags & closed) && !nothing_waits(m))))
        return UOP_LEFT;
    return go_on(m, c, u);
}

static fault_t iret16(struct hw *m, struct arch *c, const struct uop *u) { return iret(m, c, u, 2); }
static fault_t iret32(struct hw *m, struct arch *c, const struct uop *u) { return iret(m, c, u, 4); }

uop_fn *uop_system(const struct insn *in)
{
    switch (in->op) {
    case OP_IN: case OP_OUT: return port_form(in);
    case OP_INVLPG: return in->opnd[0].kind == OPND_MEM && in->asize == 4 ? invlpg : NULL;
    case OP_MOV_TO_CR: return in->opnd[0].reg == 3 ? mov_to_cr3 : NULL;
    case OP_MOV_FROM_CR: return from_cr(in->opnd[1].reg);
    case OP_RDTSC: return read_counter;
    case OP_INT: return int_n;
    case OP_IRET: return in->osize == 4 ? iret32 : iret16;
    default: return NULL;
    }
}
