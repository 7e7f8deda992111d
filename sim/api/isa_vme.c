/* Virtual-8086 mode extensions, SDM 3B 20.3: software interrupts that stay in the 8086 program,
 * and the virtual interrupt flag in IRET. */
#include "sim/api/isa_impl.h"

#include "sim/api/debug.h"
#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

/* The software interrupt redirection bitmap: 32 bytes below the I/O bitmap of the TSS; a clear
 * bit keeps the vector inside (SDM 3B 20.3.2). */
static fault_t is_redirected(struct isa *x, unsigned vector, bool *inside)
{
    const struct seg *tr = &x->s->tr;
    u32 map, bits;

    if (!(AR_TYPE(tr->ar) & 8) || tr->limit < TSS_SIZE - 1)
        return GP0;
    fault_t f = isa_sys_read(x, tr->base + TSS_IOMAP, 2, &map);
    if (f)
        return f;
    u32 at = map - 32 + vector / 8;
    if (map < 32 || at > tr->limit)
        return GP0;
    f = isa_sys_read(x, tr->base + at, 1, &bits);
    if (!f)
        *inside = !(bits >> (vector & 7) & 1);
    return f;
}

/* FLAGS as the 8086 program believes them to be: with IOPL < 3 its IF is VIF, its IOPL 3. */
static u32 flags_image(u32 eflags)
{
    if (EFLAGS_IOPL(eflags) == 3)
        return eflags;
    return (eflags & ~(u32)FL_IF) | FL_IOPL | (eflags & FL_VIF ? FL_IF : 0);
}

fault_t sys_vme_int(struct isa *x, unsigned vector, u32 return_eip, bool *inside)
{
    struct arch *s = x->s;
    u32 ip, sel;

    *inside = false;
    if (!arch_is_v86(s) || !(s->cr4 & CR4_VME))
        return FAULT_NONE;
    fault_t f = is_redirected(x, vector, inside);
    if (f || !*inside)
        return f;
    f = isa_sys_read(x, vector * 4, 2, &ip);
    if (!f)
        f = isa_sys_read(x, vector * 4 + 2, 2, &sel);
    if (f)
        return f;
    struct frame fr;
    frame_here(&fr, s, 2);
    frame_push(&fr, flags_image(s->eflags));
    frame_push(&fr, s->seg[CS].sel);
    frame_push(&fr, return_eip);
    f = frame_check(x, &fr);
    if (f)
        return f;
    frame_commit(x, &fr);
    s->eflags &= ~(u32)(FL_TF | FL_RF | (EFLAGS_IOPL(s->eflags) == 3 ? FL_IF : FL_VIF));
    u32 from = s->eip;
    s->eip = ip;
    isa_set_seg(x, CS, sys_v86_seg((u16)sel));
    debug_event(s, from);
    return FAULT_NONE;
}

/* The popped IF goes to VIF; what would let a waiting interrupt in, or trap, is refused. */
fault_t sys_vme_iret(struct isa *x, const u32 slot[3])
{
    struct arch *s = x->s;
    u32 mask = FL_ARITH | FL_DF | FL_NT | FL_TF;

    if ((slot[2] & FL_TF) || ((slot[2] & FL_IF) && (s->eflags & FL_VIP)))
        return GP0;
    s->eip = slot[0];
    s->eflags = (s->eflags & ~(mask | FL_VIF)) | (slot[2] & mask) | FL_1;
    s->eflags |= slot[2] & FL_IF ? FL_VIF : 0;
    sys_set_esp(s, &s->seg[SS], s->reg[ESP] + 6);
    isa_set_seg(x, CS, sys_v86_seg((u16)slot[1]));
    return FAULT_NONE;
}
