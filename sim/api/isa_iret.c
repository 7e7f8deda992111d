/* IRET in all its forms.  SDM 2, IRET; SDM 3A 6.12.1, 7.4; SDM 3B 20.2.1. */
#include "sim/api/isa_impl.h"

#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

enum {
    FLAGS_ANYONE = FL_ARITH | FL_TF | FL_DF | FL_NT,
    FLAGS_ANYONE32 = FL_RF | FL_AC | FL_ID,
    FLAGS_RING0 = FL_IOPL,
    FLAGS_RING0_32 = FL_VIF | FL_VIP,
};

static u32 merge(u32 old, u32 new, u32 mask)
{
    return (old & ~mask) | (new & mask) | FL_1;
}

/* The flags that IRET may change from CPL `cpl`; the size of the frame bounds them too. */
static u32 iret_mask(const struct arch *s, unsigned osize)
{
    u32 mask = FLAGS_ANYONE | (osize == 4 ? FLAGS_ANYONE32 : 0);

    if (s->cpl <= EFLAGS_IOPL(s->eflags))
        mask |= FL_IF;
    if (s->cpl == 0)
        mask |= FLAGS_RING0 | (osize == 4 ? FLAGS_RING0_32 : 0);
    return mask;
}

static fault_t peek_slots(struct isa *x, unsigned osize, unsigned first, unsigned count,
                          u32 *slot)
{
    for (unsigned i = 0; i < count; i++) {
        fault_t f = sys_peek(x, (first + i) * osize, osize, &slot[i]);
        if (f)
            return f;
    }
    return FAULT_NONE;
}

/* Real mode, and virtual-8086 mode with IOPL 3, which keeps IOPL, VIF and VIP. */
static fault_t iret_real(struct isa *x, unsigned osize, const u32 slot[3])
{
    struct arch *s = x->s;
    struct seg cs = sys_real_seg(s, CS, (u16)slot[1]);
    u32 mask = FLAGS_ANYONE | FL_IF | (osize == 4 ? FLAGS_ANYONE32 : 0);

    if (!arch_is_v86(s))
        mask |= FL_IOPL;
    if (slot[0] > cs.limit)
        return GP0;
    s->eip = slot[0];
    s->eflags = merge(s->eflags, slot[2], mask);
    sys_set_esp(s, &s->seg[SS], s->reg[ESP] + 3 * osize);
    isa_set_seg(x, CS, cs);
    return FAULT_NONE;
}

/* SDM 3B 20.2.1: ring 0 only; nine slots EIP CS EFLAGS ESP SS ES DS FS GS. */
static fault_t iret_to_v86(struct isa *x, const u32 slot[3])
{
    struct arch *s = x->s;
    u32 rest[6];
    fault_t f = peek_slots(x, 4, 3, 6, rest);

    if (f)
        return f;
    if (slot[0] > 0xffff)
        return GP0;
    s->eip = slot[0];
    s->eflags = merge(s->eflags, slot[2], iret_mask(s, 4) | FL_VM);
    s->reg[ESP] = rest[0];
    isa_set_seg(x, CS, sys_v86_seg((u16)slot[1]));
    isa_set_seg(x, SS, sys_v86_seg((u16)rest[1]));
    isa_set_seg(x, ES, sys_v86_seg((u16)rest[2]));
    isa_set_seg(x, DS, sys_v86_seg((u16)rest[3]));
    isa_set_seg(x, FS, sys_v86_seg((u16)rest[4]));
    isa_set_seg(x, GS, sys_v86_seg((u16)rest[5]));
    isa_set_cpl(x, 3);
    return FAULT_NONE;
}

static fault_t iret_protected(struct isa *x, unsigned osize, const u32 slot[3])
{
    struct arch *s = x->s;
    struct way_out w = { .cs.sel = (u16)slot[1], .eip = slot[0] };
    u32 mask = iret_mask(s, osize); /* by the CPL that executes IRET */
    fault_t f = sys_check_return(x, osize, 3 * osize, 0, &w);

    if (f)
        return f;
    s->eflags = merge(s->eflags, slot[2], mask);
    sys_commit_return(x, &w);
    return FAULT_NONE;
}

/* SDM 3A 7.4: with NT set the way back is the link of the current TSS. */
static fault_t iret_task(struct isa *x, u32 next_eip)
{
    u32 link;
    fault_t f = isa_sys_read(x, x->s->tr.base + TSS_LINK, 2, &link);

    return f ? f : isa_task_switch(x, (u16)link, TASK_IRET, false, 0, next_eip);
}

/* SDM 3A 6.7.1: executing IRET lets NMIs in, before any fault of its own is delivered. */
static void unblock_nmi(struct isa *x)
{
    if (!x->s->nmi_blocked)
        return;
    x->s->nmi_blocked = 0;
    sys_tell(x, ISA_IRET, 0);
}

fault_t sys_iret(struct isa *x, unsigned osize, u32 next_eip)
{
    struct arch *s = x->s;
    u32 slot[3];

    unblock_nmi(x);
    bool by_vme = arch_is_v86(s) && EFLAGS_IOPL(s->eflags) < 3;
    if (by_vme && !(osize == 2 && (s->cr4 & CR4_VME)))
        return GP0;
    if (sys_has_descriptors(s) && (s->eflags & FL_NT))
        return iret_task(x, next_eip);
    fault_t f = peek_slots(x, osize, 0, 3, slot);
    if (f)
        return f;
    if (by_vme)
        return sys_vme_iret(x, slot);
    if (!sys_has_descriptors(s))
        return iret_real(x, osize, slot);
    if (osize == 4 && s->cpl == 0 && (slot[2] & FL_VM))
        return iret_to_v86(x, slot);
    return iret_protected(x, osize, slot);
}

/* A monitor's IRET has no instruction behind it: a task it leaves resumes where EIP stands. */
fault_t isa_iret(struct isa *x, unsigned osize)
{
    return sys_iret(x, osize, x->s->eip);
}
