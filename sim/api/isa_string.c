#include "sim/api/isa_exec.h"

#include "sim/api/debug.h"

/* One iteration of a string instruction; (E)SI and (E)DI move only when all of it succeeded. */

static u32 source(const struct isa *x, const struct insn *in)
{
    return isa_mask_address(in->asize, x->s->reg[ESI]);
}

static u32 destination(const struct isa *x, const struct insn *in)
{
    return isa_mask_address(in->asize, x->s->reg[EDI]);
}

static void step(struct isa *x, const struct insn *in, enum reg reg)
{
    u32 by = x->s->eflags & FL_DF ? 0u - in->osize : in->osize;
    isa_reg_write(x->s, reg, in->asize, x->s->reg[reg] + by);
}

/* A4 A5  MOVS: ES:[(E)DI] = seg:[(E)SI] */
static fault_t movs(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_load(x, (enum sreg)in->seg, source(x, in), in->osize, &value);
    if (!f)
        f = isa_store(x, ES, destination(x, in), in->osize, value);
    if (f)
        return f;
    step(x, in, ESI);
    step(x, in, EDI);
    return FAULT_NONE;
}

/* A6 A7  CMPS: flags of seg:[(E)SI] - ES:[(E)DI] */
static fault_t cmps(struct isa *x, const struct insn *in)
{
    u32 a, b;
    fault_t f = isa_load(x, (enum sreg)in->seg, source(x, in), in->osize, &a);
    if (!f)
        f = isa_load(x, ES, destination(x, in), in->osize, &b);
    if (f)
        return f;
    alu_binary(OP_CMP, in->osize, a, b, &x->s->eflags);
    step(x, in, ESI);
    step(x, in, EDI);
    return FAULT_NONE;
}

/* AA AB  STOS: ES:[(E)DI] = accumulator */
static fault_t stos(struct isa *x, const struct insn *in)
{
    fault_t f = isa_store(x, ES, destination(x, in), in->osize,
                          isa_reg_read(x->s, EAX, in->osize));
    if (f)
        return f;
    step(x, in, EDI);
    return FAULT_NONE;
}

/* AC AD  LODS: accumulator = seg:[(E)SI] */
static fault_t lods(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_load(x, (enum sreg)in->seg, source(x, in), in->osize, &value);
    if (f)
        return f;
    isa_reg_write(x->s, EAX, in->osize, value);
    step(x, in, ESI);
    return FAULT_NONE;
}

/* AE AF  SCAS: flags of accumulator - ES:[(E)DI] */
static fault_t scas(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_load(x, ES, destination(x, in), in->osize, &value);
    if (f)
        return f;
    alu_binary(OP_CMP, in->osize, isa_reg_read(x->s, EAX, in->osize), value, &x->s->eflags);
    step(x, in, EDI);
    return FAULT_NONE;
}

static void port_used(struct isa *x, u16 port, unsigned size)
{
    if (unlikely(debug_armed(x->s)))
        x->hits |= debug_io_hits(x->s, port, size);
}

/* 6C 6D  INS: memory is probed before the port is read, for reading a port has effects */
static fault_t ins(struct isa *x, const struct insn *in)
{
    u32 value, offset = destination(x, in);
    fault_t f = isa_probe_store(x, ES, offset, in->osize);
    if (!f)
        f = x->ops->in(x, (u16)x->s->reg[EDX], in->osize, &value);
    if (!f)
        f = isa_store(x, ES, offset, in->osize, value);
    if (f)
        return f;
    port_used(x, (u16)x->s->reg[EDX], in->osize);
    step(x, in, EDI);
    return FAULT_NONE;
}

/* 6E 6F  OUTS */
static fault_t outs(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = isa_load(x, (enum sreg)in->seg, source(x, in), in->osize, &value);
    if (!f)
        f = x->ops->out(x, (u16)x->s->reg[EDX], in->osize, value);
    if (f)
        return f;
    port_used(x, (u16)x->s->reg[EDX], in->osize);
    step(x, in, ESI);
    return FAULT_NONE;
}

static fault_t iterate(struct isa *x, const struct insn *in)
{
    switch ((enum op)in->op) {
    case OP_MOVS: return movs(x, in);
    case OP_CMPS: return cmps(x, in);
    case OP_STOS: return stos(x, in);
    case OP_LODS: return lods(x, in);
    case OP_SCAS: return scas(x, in);
    case OP_INS: return ins(x, in);
    case OP_OUTS: return outs(x, in);
    default: assert(!"isa_exec_string: not a string operation"); return FAULT(VEC_UD);
    }
}

/* REPE and REPNE look at ZF after CMPS and SCAS only. */
static bool compare_ends(const struct isa *x, const struct insn *in)
{
    bool zero = x->s->eflags & FL_ZF;
    if (in->op != OP_CMPS && in->op != OP_SCAS)
        return false;
    return in->rep == PFX_REP ? !zero : zero;
}

/* A4-A7 AA-AF 6C-6F.  With REP each call is one iteration; EIP stays until the last. */
fault_t isa_exec_string(struct isa *x, const struct insn *in)
{
    u32 count = isa_mask_address(in->asize, x->s->reg[ECX]);
    if (in->rep && count == 0)
        return isa_next(x, in);
    fault_t f = iterate(x, in);
    if (f)
        return f;
    if (!in->rep)
        return isa_next(x, in);
    isa_reg_write(x->s, ECX, in->asize, count - 1);
    if (count == 1 || compare_ends(x, in))
        return isa_next(x, in);
    return FAULT_NONE;
}

/* The port number is checked (isa_io_allowed) before the handler runs. */
static u16 port(const struct isa *x, const struct insn *in, unsigned n)
{
    return (u16)(in->opnd[n].kind == OPND_IMM ? in->imm : x->s->reg[EDX]);
}

/* E4 E5 EC ED  IN */
fault_t isa_exec_in(struct isa *x, const struct insn *in)
{
    u32 value;
    fault_t f = x->ops->in(x, port(x, in, 1), in->osize, &value);
    if (f)
        return f;
    port_used(x, port(x, in, 1), in->osize);
    isa_reg_write(x->s, EAX, in->osize, value);
    return isa_next(x, in);
}

/* E6 E7 EE EF  OUT */
fault_t isa_exec_out(struct isa *x, const struct insn *in)
{
    fault_t f = x->ops->out(x, port(x, in, 0), in->osize, isa_reg_read(x->s, EAX, in->osize));
    if (f)
        return f;
    port_used(x, port(x, in, 0), in->osize);
    return isa_next(x, in);
}
