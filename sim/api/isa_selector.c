/* Instructions that move selectors or ask about them. */
#include "sim/api/isa_impl.h"

#include "sim/api/isa_sys.h"

/* 8C  MOV r/m, Sreg */
fault_t sys_mov_from_sreg(struct isa *x, const struct insn *in)
{
    fault_t f = isa_put(x, in, 0, x->s->seg[in->opnd[1].reg].sel);

    if (!f)
        x->s->eip += in->len;
    return f;
}

/* SDM 3A 6.8.3: a load of SS by MOV or POP holds off interrupts for one instruction, so that
 * the next one can load ESP. */
static void shadow_after(struct arch *s, unsigned which)
{
    if (which == SS)
        s->shadow |= SHADOW_MOV_SS;
}

/* 8E  MOV Sreg, r/m16 */
fault_t sys_mov_to_sreg(struct isa *x, const struct insn *in)
{
    enum sreg which = (enum sreg)in->opnd[0].reg;
    u32 sel;
    fault_t f = isa_get(x, in, 1, &sel);

    if (!f)
        f = isa_load_seg(x, which, (u16)sel);
    if (f)
        return f;
    shadow_after(x->s, which);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* 06 0E 16 1E 0FA0 0FA8  PUSH Sreg, zero-extended to the operand size */
fault_t sys_push_sreg(struct isa *x, const struct insn *in)
{
    fault_t f = isa_push(x, in->osize, x->s->seg[in->opnd[0].reg].sel);

    if (!f)
        x->s->eip += in->len;
    return f;
}

/* 07 17 1F 0FA1 0FA9  POP Sreg: ESP moves only if the selector is good */
fault_t sys_pop_sreg(struct isa *x, const struct insn *in)
{
    enum sreg which = (enum sreg)in->opnd[0].reg;
    u32 esp = x->s->reg[ESP], sel;
    fault_t f = isa_pop(x, in->osize, &sel);

    if (!f)
        f = isa_load_seg(x, which, (u16)sel);
    if (f) {
        x->s->reg[ESP] = esp;
        return f;
    }
    shadow_after(x->s, which);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* C4 C5 0FB2 0FB4 0FB5  LES LDS LSS LFS LGS r, m16:v.  LSS loads both halves of SS:ESP, so it
 * needs no interrupt shadow. */
fault_t sys_load_far(struct isa *x, const struct insn *in)
{
    u32 at = insn_offset(x->s, in), offset, sel;
    fault_t f = isa_load(x, (enum sreg)in->seg, at, in->osize, &offset);

    if (!f)
        f = isa_load(x, (enum sreg)in->seg, isa_next_part(in, at, in->osize), 2, &sel);
    if (!f)
        f = isa_load_seg(x, (enum sreg)in->opnd[2].reg, (u16)sel);
    if (f)
        return f;
    isa_reg_write(x->s, in->opnd[0].reg, in->osize, offset);
    x->s->eip += in->len;
    return FAULT_NONE;
}

static void set_zf(struct arch *s, bool on)
{
    s->eflags = on ? s->eflags | FL_ZF : s->eflags & ~(u32)FL_ZF;
}

/* 63  ARPL r/m16, r16.  SDM 2 lists #GP for a segment that is not writable; the processor measured
 * (tests/silicon) looks at that, and at the page, only when there is something to write: so here. */
fault_t sys_arpl(struct isa *x, const struct insn *in)
{
    u32 dst, src;
    fault_t f = isa_get(x, in, 0, &dst);

    if (!f)
        f = isa_get(x, in, 1, &src);
    if (f)
        return f;
    bool raise = SEL_RPL(dst) < SEL_RPL(src);
    if (raise)
        f = isa_put(x, in, 0, (dst & 0xfffcu) | SEL_RPL(src));
    if (f)
        return f;
    set_zf(x->s, raise);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* What the four questions below have in common: find the descriptor, say no instead of #GP. */
struct answer { bool found; u16 sel; u32 hi; struct seg seg; };

static fault_t look_up(struct isa *x, const struct insn *in, unsigned n, struct answer *a)
{
    u32 sel, lo, la;
    fault_t f = isa_get(x, in, n, &sel);

    if (f)
        return f;
    a->sel = (u16)sel;
    a->found = !SEL_IS_NULL(sel) && sys_desc_la(x->s, a->sel, &la);
    if (!a->found)
        return FAULT_NONE;
    f = isa_read_desc(x, a->sel, VEC_GP, &lo, &a->hi);
    if (!f)
        a->seg = desc_unpack(a->sel, lo, a->hi);
    return f;
}

/* Could this CPL and RPL use the segment?  Conforming code is everyone's. */
static bool has_rights(const struct arch *s, const struct answer *a)
{
    u32 ar = a->seg.ar;

    if (AR_IS_CODE(ar) && AR_IS_CONFORMING(ar))
        return true;
    return s->cpl <= AR_DPL(ar) && SEL_RPL(a->sel) <= AR_DPL(ar);
}

/* System types that LAR and LSL know: SDM 2, LAR table 3-53, LSL table 3-56 */
enum {
    LSL_TYPES = 1 << SYS_TSS16 | 1 << SYS_LDT | 1 << SYS_TSS16_BUSY | 1 << SYS_TSS32 |
                1 << SYS_TSS32_BUSY,
    LAR_TYPES = LSL_TYPES | 1 << SYS_CALL16 | 1 << SYS_TASK_GATE | 1 << SYS_CALL32,
};

static bool is_answered(const struct arch *s, const struct answer *a, unsigned types)
{
    if (!a->found)
        return false;
    if (!(a->seg.ar & AR_S) && !(types >> AR_TYPE(a->seg.ar) & 1))
        return false;
    return has_rights(s, a);
}

/* 0F02  LAR r, r/m16 */
fault_t sys_lar(struct isa *x, const struct insn *in)
{
    struct answer a;
    fault_t f = look_up(x, in, 1, &a);

    if (f)
        return f;
    bool yes = is_answered(x->s, &a, LAR_TYPES);
    if (yes)
        isa_reg_write(x->s, in->opnd[0].reg, in->osize,
                      a.hi & (in->osize == 2 ? 0xff00 : 0x00f0ff00));
    set_zf(x->s, yes);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* 0F03  LSL r, r/m16 */
fault_t sys_lsl(struct isa *x, const struct insn *in)
{
    struct answer a;
    fault_t f = look_up(x, in, 1, &a);

    if (f)
        return f;
    bool yes = is_answered(x->s, &a, LSL_TYPES);
    if (yes)
        isa_reg_write(x->s, in->opnd[0].reg, in->osize, a.seg.limit);
    set_zf(x->s, yes);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* 0F00 /4  VERR r/m16 */
fault_t sys_verr(struct isa *x, const struct insn *in)
{
    struct answer a;
    fault_t f = look_up(x, in, 0, &a);

    if (f)
        return f;
    set_zf(x->s, is_answered(x->s, &a, 0) && AR_IS_READABLE(a.seg.ar));
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* 0F00 /5  VERW r/m16 */
fault_t sys_verw(struct isa *x, const struct insn *in)
{
    struct answer a;
    fault_t f = look_up(x, in, 0, &a);

    if (f)
        return f;
    set_zf(x->s, is_answered(x->s, &a, 0) && AR_IS_WRITABLE(a.seg.ar));
    x->s->eip += in->len;
    return FAULT_NONE;
}
