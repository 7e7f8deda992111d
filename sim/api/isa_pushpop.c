#include "sim/api/isa_exec.h"

/* 50-57 68 6A FF /6  PUSH: the operand is read before (E)SP moves */
fault_t isa_exec_push(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_get(x, in, 0, &value);
    if (!f)
        f = isa_push(x, in->osize, value);
    return f ? f : isa_next(x, in);
}

/* 58-5F 8F /0  POP: a memory operand is addressed with the (E)SP after the pop, and POP ESP
 * leaves the popped value */
fault_t isa_exec_pop(struct isa *x, const struct insn *in)
{
    u32 value, esp = x->s->reg[ESP];
    fault_t f = isa_pop(x, in->osize, &value);
    if (f)
        return f;
    f = isa_put(x, in, 0, value);
    if (f) {
        x->s->reg[ESP] = esp;
        return f;
    }
    return isa_next(x, in);
}

static u32 slot(const struct isa *x, u32 sp, unsigned osize, unsigned n)
{
    return isa_mask_address(isa_stack_size(x), sp - n * osize);
}

/* Would `count` pushes below sp succeed? */
static fault_t probe_pushes(struct isa *x, u32 sp, unsigned osize, unsigned count)
{
    fault_t f = FAULT_NONE;
    for (unsigned n = 1; n <= count && !f; n++)
        f = isa_probe_store(x, SS, slot(x, sp, osize, n), osize);
    return f;
}

/* 60  PUSHA: AX CX DX BX, SP as it was, BP SI DI */
fault_t isa_exec_pusha(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 sp = s->reg[ESP];
    fault_t f = probe_pushes(x, sp, in->osize, 8);
    for (unsigned reg = EAX; reg <= EDI && !f; reg++)
        f = isa_store(x, SS, slot(x, sp, in->osize, reg + 1), in->osize, s->reg[reg]);
    if (f)
        return f;
    isa_reg_write(s, ESP, isa_stack_size(x), sp - 8 * in->osize);
    return isa_next(x, in);
}

/* 61  POPA: all but (E)SP, which only moves past its slot */
fault_t isa_exec_popa(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    unsigned ssize = isa_stack_size(x);
    u32 value[8], sp = s->reg[ESP];
    for (unsigned n = 0; n < 8; n++) {
        u32 offset = isa_mask_address(ssize, sp + n * in->osize);
        fault_t f = EDI - n == ESP ? FAULT_NONE
                                   : isa_load(x, SS, offset, in->osize, &value[EDI - n]);
        if (f)
            return f;
    }
    for (unsigned reg = EAX; reg <= EDI; reg++)
        if (reg != ESP)
            isa_reg_write(s, reg, in->osize, value[reg]);
    isa_reg_write(s, ESP, ssize, sp + 8 * in->osize);
    return isa_next(x, in);
}

/* ENTER copies the enclosing frames' pointers from below (E)BP: would the reads succeed? */
static fault_t probe_display(struct isa *x, unsigned osize, unsigned count)
{
    fault_t f = FAULT_NONE;
    u32 ignored;
    for (unsigned n = 1; n <= count && !f; n++)
        f = isa_load(x, SS, slot(x, x->s->reg[EBP], osize, n), osize, &ignored);
    return f;
}

/* All of ENTER's accesses: the pushes, the display, and the last word of the new frame. */
static fault_t probe_enter(struct isa *x, const struct insn *in, unsigned level, u32 new_sp)
{
    unsigned pushes = 1 + level; /* (E)BP; level - 1 display words; the new frame pointer */
    fault_t f = probe_pushes(x, x->s->reg[ESP], in->osize, pushes);
    if (!f && level > 1)
        f = probe_display(x, in->osize, level - 1);
    return f ? f : isa_probe_store(x, SS, slot(x, new_sp, in->osize, 0), in->osize);
}

static fault_t copy_display(struct isa *x, unsigned osize, unsigned count)
{
    for (unsigned n = 1; n <= count; n++) {
        u32 value;
        fault_t f = isa_load(x, SS, slot(x, x->s->reg[EBP], osize, n), osize, &value);
        if (!f)
            f = isa_push(x, osize, value);
        if (f)
            return f;
    }
    return FAULT_NONE;
}

/* C8 iw ib  ENTER: word by word, as the manual's loop does, since the frames may overlap */
fault_t isa_exec_enter(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    unsigned level = in->sel & 31, pushes = 1 + level;
    u32 new_sp = s->reg[ESP] - pushes * in->osize - in->imm;
    fault_t f = probe_enter(x, in, level, new_sp);
    if (f)
        return f;
    f = isa_push(x, in->osize, s->reg[EBP]);
    u32 frame = s->reg[ESP];
    if (!f && level > 1)
        f = copy_display(x, in->osize, level - 1);
    if (!f && level > 0)
        f = isa_push(x, in->osize, frame);
    (void)f; /* every access was probed; one that hit the stack's own page table ends the copying */
    isa_reg_write(s, EBP, in->osize, frame);
    isa_reg_write(s, ESP, isa_stack_size(x), new_sp);
    return isa_next(x, in);
}

/* C9  LEAVE: (E)SP = (E)BP by the stack's size, then pop (E)BP by the operand's */
fault_t isa_exec_leave(struct isa *x, const struct insn *in)
{
    unsigned ssize = isa_stack_size(x);
    u32 value, sp = isa_mask_address(ssize, x->s->reg[EBP]);
    fault_t f = isa_load(x, SS, sp, in->osize, &value);
    if (f)
        return f;
    isa_reg_write(x->s, ESP, ssize, sp + in->osize);
    isa_reg_write(x->s, EBP, in->osize, value);
    return isa_next(x, in);
}
