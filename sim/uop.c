#include "sim/icache.h"
#include "sim/uop_link.h"
#include "sim/uop_mem.h"

fault_t uop_end(struct hw *m, struct arch *c, const struct uop *u)
{
    return uop_goto(m, c, u, u->imm, false);
}

fault_t uop_out(struct hw *m, struct arch *c, const struct uop *from, u32 eip, struct uop_link *link)
{
    bool within = eip <= c->seg[CS].limit;
    if (likely(within) && link && link->key != m->link_key && icache_relink(m, link))
        return uop_enter(m, c, from, eip, link);
    c->eip = eip;
    m->run_link = link;
    if (likely(within))
        return FAULT_NONE;
    if (link != uop_link(from, false))
        return uop_fault(m, from, FAULT_ERR(VEC_GP, 0));
    m->run_link = NULL; /* it did not jump: the next fetch faults */
    return FAULT_NONE;
}

fault_t uop_resync(struct hw *m, struct arch *c, const struct uop *u)
{
    (void)c;
    return uop_fault(m, u, UOP_RESYNC);
}

fault_t uop_leave_if_shadow(struct hw *m, struct arch *c, const struct uop *u)
{
    return c->shadow ? uop_fault(m, u + 1, UOP_EXIT) : uop_next(m, c, u);
}

fault_t uop_end_shadow(struct hw *m, struct arch *c, const struct uop *u)
{
    if (!c->shadow)
        return uop_next(m, c, u);
    c->shadow = 0;
    return nothing_waits(m) ? uop_next(m, c, u) : uop_fault(m, u + 1, UOP_EXIT);
}

/* An event wants its time and EIP exact: stores then go the careful way. */
static bool stores_are_told(const struct hw *m)
{
    return machine_wants(m, HW_WRITE) || machine_wants(m, HW_SMC);
}

static fault_t linear(const struct hw *m, unsigned seg, u32 offset, unsigned size, bool write, u32 *la)
{
    const struct segfast *s = &m->segfast[seg];
    *la = s->base + offset;
    if (likely(offset < (write ? s->wr_end : s->rd_end)))
        return FAULT_NONE;
    return isa_linear(&m->isa, (enum sreg)seg, offset, size, write, la);
}

u64 uop_load_slow(struct hw *m, unsigned seg, u32 offset, unsigned size, bool write_too)
{
    u32 la, value = 0;
    unsigned access = (m->arch->cpl == 3 ? ACCESS_USER : 0) | (write_too ? ACCESS_WRITE : 0);
    if (write_too && stores_are_told(m))
        return (u64)UOP_SLOW << 32;
    fault_t f = linear(m, seg, offset, size, write_too, &la);
    if (!f && write_too)
        f = linear(m, seg, offset, size, false, &la);
    if (!f)
        f = mmu_read(m, la, size, access, &value);
    return (u64)f << 32 | value;
}

fault_t uop_store_slow(struct hw *m, unsigned seg, u32 offset, unsigned size, u32 value)
{
    u32 la;
    unsigned access = ACCESS_WRITE | (m->arch->cpl == 3 ? ACCESS_USER : 0);
    if (stores_are_told(m))
        return UOP_SLOW;
    fault_t f = linear(m, seg, offset, size, true, &la);
    return f ? f : mmu_write(m, la, size, access, value);
}

/* Which field of the uop each register operand goes to: destination to dst, second to src; a one-operand
 * instruction has only dst.  IMUL r, r/m, imm takes its source from the second. */
static void fill_operands(const struct insn *in, struct uop *u)
{
    const struct opnd *a = &in->opnd[0], *b = &in->opnd[1];
    u->imm = in->imm;
    u->disp = in->disp;
    u->base = in->base;
    u->index = in->index;
    u->scale = in->scale;
    u->seg = in->seg;
    u->cc = in->cc;
    u->len = in->len;
    if (a->kind == OPND_REG)
        u->dst = uop_reg(a->reg, a->size);
    if (b->kind == OPND_REG)
        u->src = uop_reg(b->reg, b->size);
}

static bool has_memory(const struct insn *in)
{
    return in->opnd[0].kind == OPND_MEM || in->opnd[1].kind == OPND_MEM;
}

static enum uop_addr address_of(const struct insn *in, bool flat)
{
    if (in->asize == 2 && has_memory(in))
        return ADDR_SHORT;
    if (!flat || (in->seg != DS && in->seg != SS))
        return ADDR_ANY;
    return in->index == REG_NONE ? ADDR_FLAT : ADDR_INDEX;
}

/* Instructions whose handlers in the other families know a 32-bit stack, or 32-bit counts and targets. */
static bool is_short(const struct insn *in, unsigned mode)
{
    switch (in->op) {
    case OP_PUSHF: case OP_POPF: return true;
    case OP_PUSH: case OP_PUSH_SREG: case OP_POP: case OP_LEAVE: case OP_CALL: case OP_RET:
        return in->osize == 2 || !(mode & RUN_STACK32);
    case OP_JMP: return in->osize == 2 && in->opnd[0].kind != OPND_REL;
    case OP_LOOP: case OP_JCXZ: return in->asize == 2;
    default: return false;
    }
}

static bool loads_sreg(const struct insn *in) { return in->op == OP_MOV_TO_SREG || in->op == OP_POP_SREG; }

static uop_fn *handler_of(const struct insn *in, unsigned mode, struct uop *u)
{
    uop_fn *f = NULL;
    if (in->prefix & PFX_LOCK)
        return NULL;
    if (loads_sreg(in))
        return uop_load_sreg(in, u);
    if (is_short(in, mode))
        return uop_short(in, mode, u);
    f = uop_alu(in, u);
    f = f ? f : uop_move(in, u);
    f = f ? f : uop_shift(in, u);
    f = f ? f : uop_multiply(in);
    f = f ? f : uop_carry(in, u);
    f = f ? f : uop_flags(in);
    f = f ? f : uop_control(in, u);
    return f ? f : uop_system(in);
}

bool uop_make(const struct insn *in, unsigned mode, struct uop *u)
{
    *u = (struct uop){ 0 };
    fill_operands(in, u);
    u->addr = (u8)address_of(in, mode & RUN_FLAT);
    u->exec = handler_of(in, mode, u);
    if (!u->exec)
        u->exec = uop_by_rule(in);
    return u->exec != NULL;
}

bool uop_keeps_insn(const struct insn *in, const struct uop *u)
{
    switch (in->op) {
    case OP_IN: case OP_OUT: case OP_INVLPG: case OP_MOV_TO_CR: case OP_MOV_FROM_CR: case OP_RDTSC:
    case OP_INT: case OP_IRET: return true;
    default: return u->exec == uop_rule || loads_sreg(in);
    }
}

void uop_place(const struct insn *in, struct uop *u, u32 next_eip)
{
    if (op_info[in->op].ends != ENDS_JUMP)
        return;
    if (in->opnd[0].kind == OPND_REL) {
        u->imm = in->osize == 2 ? (u16)(next_eip + in->imm) : next_eip + in->imm;
        u->disp = next_eip;
    } else if (in->op == OP_CALL) {
        u->imm = next_eip;
    } else if (in->op == OP_INT) {
        u->disp = next_eip;
    }
}

bool uop_fuse(struct uop *u, const struct insn *first, const struct uop *jcc)
{
    uop_fn *f = uop_fused(first, u, jcc->cc);
    if (!f)
        return false;
    u->exec = f;
    return true;
}
