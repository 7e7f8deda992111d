/* retry.c - a walk that sets A or D is part of an instruction that the hardware has begun.  When it begins
 * again it reads its code and its operands again: what the walk has changed there, it must not see. */
#include "vmm/vmm.h"

#include "vmm/interp.h"

static bool has_entry(u32 entry_pa, u32 from, u32 count)
{
    return from - entry_pa < 4 || entry_pa - from < count;
}

static bool is_marked_entry(const struct walk *w, u32 from, u32 count)
{
    return has_entry(w->pde_pa, from, count) || (w->pte_pa && has_entry(w->pte_pa, from, count));
}

/* Does the code at EIP, as long as an instruction can be, hold one of the entries? */
static bool is_in_code(struct vmm *v, const struct walk *w)
{
    const struct arch *s = &v->s->vcpu.arch;
    unsigned access = ACCESS_FETCH | (s->cpl == 3 ? ACCESS_USER : 0);
    u32 la = s->seg[CS].base + s->eip, room = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    u32 first = room < INSN_MAX ? room : INSN_MAX;
    gpa_t at;
    if (!interp_translate(v, la, access, false, &at) && is_marked_entry(w, at.v, first))
        return true;
    return first < INSN_MAX && !interp_translate(v, la + first, access, false, &at) &&
           is_marked_entry(w, at.v, INSN_MAX - first);
}

static bool has_memory_operand(const struct insn *in)
{
    for (unsigned i = 0; i < COUNT(in->opnd); i++)
        if (in->opnd[i].kind == OPND_MEM)
            return true;
    return false;
}

/* Reads and writes one place at most: its walk comes before all it reads. */
static bool is_one_access(const struct insn *in)
{
    switch (in->op) {
    case OP_PUSH: case OP_POP: case OP_CALL:
        return !has_memory_operand(in);
    case OP_PUSHF: case OP_POPF: case OP_RET: case OP_JMP: case OP_STOS: case OP_LODS: case OP_SCAS:
        return true;
    case OP_PUSHA: case OP_POPA: case OP_ENTER: case OP_LEAVE: case OP_CMPXCHG8B:
        return false;
    default:
        return in->op < OP_CLC;
    }
}

bool vmm_may_retry(struct vmm *v, u32 la, unsigned access)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct insn in;
    if (!(access & ACCESS_WRITE) && la == s->seg[CS].base + s->eip)
        return true; /* the fetch itself: nothing has been read */
    struct walk w = interp_walk(v, la, access, false);
    if (is_in_code(v, &w))
        return false;
    return interp_fetch(v, &in, false) != FAULT_NONE || is_one_access(&in);
}

/* ---- an event's delivery, by VT-x ---- */

static bool is_in_table(struct vmm *v, const struct walk *w, u32 base, u32 limit)
{
    gpa_t at;
    for (u32 i = 0; i <= limit; i += PAGE_SIZE - ((base + i) & (PAGE_SIZE - 1))) {
        u32 room = PAGE_SIZE - ((base + i) & (PAGE_SIZE - 1));
        if (!interp_translate(v, base + i, ACCESS_READ, false, &at) && is_marked_entry(w, at.v, room))
            return true;
    }
    return false;
}

bool vmm_may_redeliver(struct vmm *v, u32 la, unsigned access)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct walk w = interp_walk(v, la, access, false);
    return !is_in_table(v, &w, s->idtr.base, s->idtr.limit) &&
           !is_in_table(v, &w, s->gdtr.base, s->gdtr.limit) &&
           !is_in_table(v, &w, s->tr.base, s->tr.limit & 0xffff) &&
           ((s->ldtr.ar & AR_UNUSABLE) || !is_in_table(v, &w, s->ldtr.base, s->ldtr.limit & 0xffff));
}
