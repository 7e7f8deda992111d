#include "sim/api/isa_exec.h"

#include "sim/api/debug.h"

/* Segment types bind in protected mode only; virtual-8086 segments are data at DPL 3. */
static bool has_segment_rights(const struct arch *s, enum sreg which, bool write)
{
    u32 ar = s->seg[which].ar;
    if (!arch_is_protected(s) || arch_is_v86(s))
        return true;
    if (ar & AR_UNUSABLE)
        return false;
    return write ? AR_IS_WRITABLE(ar) : AR_IS_READABLE(ar);
}

/* Limit check of bytes first..last (SDM 3A 5.3).  An access that runs over the end of the
 * offset space faults, also under a 4 GB limit, where the manual leaves the choice. */
static bool is_within_limit(const struct seg *seg, u32 first, u32 last)
{
    if (last < first)
        return false;
    if (!AR_IS_EXPAND_DOWN(seg->ar))
        return last <= seg->limit;
    return first > seg->limit && last <= (seg->ar & AR_DB ? 0xffffffffu : 0xffffu);
}

fault_t isa_linear(const struct isa *x, enum sreg seg, u32 offset, unsigned size, bool write,
                   u32 *la)
{
    const struct seg *s = &x->s->seg[seg];
    u32 last = offset + (size ? size - 1 : 0);
    if (!has_segment_rights(x->s, seg, write) || !is_within_limit(s, offset, last))
        return FAULT_ERR(seg == SS ? VEC_SS : VEC_GP, 0);
    *la = s->base + offset;
    return FAULT_NONE;
}

/* #AC: only what CPL 3 does itself, and only when asked for (SDM 3A 6.15, interrupt 17). */
fault_t isa_check_alignment(const struct isa *x, u32 la, unsigned size)
{
    const struct arch *s = x->s;
    bool wanted = s->cpl == 3 && (s->cr0 & CR0_AM) && (s->eflags & FL_AC);
    return wanted && (la & (size - 1)) ? FAULT_ERR(VEC_AC, 0) : FAULT_NONE;
}

static fault_t locate(const struct isa *x, enum sreg seg, u32 offset, unsigned size, bool write,
                      u32 *la)
{
    fault_t f = isa_linear(x, seg, offset, size, write, la);
    return f ? f : isa_check_alignment(x, *la, size);
}

void isa_accessed(struct isa *x, u32 la, unsigned size, bool write)
{
    if (unlikely(debug_armed(x->s)))
        x->hits |= debug_data_hits(x->s, la, size, write);
}

fault_t isa_load(struct isa *x, enum sreg seg, u32 offset, unsigned size, u32 *value)
{
    u32 la;
    fault_t f = locate(x, seg, offset, size, false, &la);
    if (!f)
        f = x->ops->read(x, la, size, ACCESS_READ | isa_access(x), value);
    if (!f)
        isa_accessed(x, la, size, false);
    return f;
}

fault_t isa_store(struct isa *x, enum sreg seg, u32 offset, unsigned size, u32 value)
{
    u32 la;
    fault_t f = locate(x, seg, offset, size, true, &la);
    if (!f)
        f = x->ops->write(x, la, size, ACCESS_WRITE | isa_access(x), value);
    if (!f)
        isa_accessed(x, la, size, true);
    return f;
}

fault_t isa_probe_store(struct isa *x, enum sreg seg, u32 offset, unsigned size)
{
    u32 la;
    fault_t f = locate(x, seg, offset, size, true, &la);
    return f ? f : x->ops->probe(x, la, size, ACCESS_WRITE | isa_access(x));
}

fault_t isa_load_rmw(struct isa *x, enum sreg seg, u32 offset, unsigned size, u32 *value)
{
    u32 la;
    fault_t f = locate(x, seg, offset, size, true, &la);
    if (!f)
        f = x->ops->read(x, la, size, ACCESS_WRITE | isa_access(x), value);
    if (!f)
        isa_accessed(x, la, size, false);
    return f;
}

u32 isa_reg_read(const struct arch *s, unsigned reg, unsigned size)
{
    switch (size) {
    case 1: return reg < 4 ? s->reg[reg] & 0xff : s->reg[reg - 4] >> 8 & 0xff;
    case 2: return s->reg[reg] & 0xffff;
    default: return s->reg[reg];
    }
}

void isa_reg_write(struct arch *s, unsigned reg, unsigned size, u32 value)
{
    assert(reg <= EDI);
    if (size == 4)
        s->reg[reg] = value;
    else if (size == 2)
        s->reg[reg] = (s->reg[reg] & 0xffff0000u) | (value & 0xffff);
    else if (reg < 4)
        s->reg[reg] = (s->reg[reg] & 0xffffff00u) | (value & 0xff);
    else
        s->reg[reg - 4] = (s->reg[reg - 4] & 0xffff00ffu) | (value & 0xff) << 8;
}

static u32 immediate(const struct insn *in, unsigned size)
{
    return size == 4 ? in->imm : in->imm & ((1u << 8 * size) - 1);
}

fault_t isa_get(struct isa *x, const struct insn *in, unsigned n, u32 *value)
{
    const struct opnd *o = &in->opnd[n];
    switch (o->kind) {
    case OPND_REG:
        *value = isa_reg_read(x->s, o->reg, o->size);
        return FAULT_NONE;
    case OPND_IMM:
        *value = immediate(in, o->size);
        return FAULT_NONE;
    case OPND_MEM:
        return isa_load(x, (enum sreg)in->seg, insn_offset(x->s, in), o->size, value);
    default:
        assert(!"isa_get: not a value operand");
        return FAULT(VEC_UD);
    }
}

fault_t isa_get_rmw(struct isa *x, const struct insn *in, unsigned n, u32 *value)
{
    if (!isa_is_mem(in, n))
        return isa_get(x, in, n, value);
    return isa_load_rmw(x, (enum sreg)in->seg, insn_offset(x->s, in), in->opnd[n].size, value);
}

fault_t isa_put(struct isa *x, const struct insn *in, unsigned n, u32 value)
{
    const struct opnd *o = &in->opnd[n];
    if (o->kind == OPND_MEM)
        return isa_store(x, (enum sreg)in->seg, insn_offset(x->s, in), o->size, value);
    assert(o->kind == OPND_REG);
    isa_reg_write(x->s, o->reg, o->size, value);
    return FAULT_NONE;
}

fault_t isa_push(struct isa *x, unsigned osize, u32 value)
{
    unsigned ssize = isa_stack_size(x);
    u32 sp = isa_mask_address(ssize, x->s->reg[ESP] - osize);
    fault_t f = isa_store(x, SS, sp, osize, value);
    if (f)
        return f;
    isa_reg_write(x->s, ESP, ssize, sp);
    return FAULT_NONE;
}

fault_t isa_pop(struct isa *x, unsigned osize, u32 *value)
{
    unsigned ssize = isa_stack_size(x);
    u32 sp = isa_mask_address(ssize, x->s->reg[ESP]);
    fault_t f = isa_load(x, SS, sp, osize, value);
    if (f)
        return f;
    isa_reg_write(x->s, ESP, ssize, sp + osize);
    return FAULT_NONE;
}

fault_t isa_sys_read(struct isa *x, u32 la, unsigned size, u32 *value)
{
    return x->ops->read(x, la, size, ACCESS_READ, value);
}

fault_t isa_sys_write(struct isa *x, u32 la, unsigned size, u32 value)
{
    return x->ops->write(x, la, size, ACCESS_WRITE, value);
}

fault_t isa_jump_near(struct isa *x, u32 eip)
{
    if (eip > x->s->seg[CS].limit)
        return FAULT_ERR(VEC_GP, 0);
    x->s->eip = eip;
    x->jumped = true;
    return FAULT_NONE;
}
