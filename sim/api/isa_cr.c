/* Control and debug registers.  SDM 3A 2.5; SDM 2, MOV CR, MOV DR, LMSW; SDM 3B 17.2. */
#include "sim/api/isa_impl.h"

#include "sim/api/debug.h"
#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

/* Reserved bits of CR0 read as zero whatever is written; ET is wired to 1. */
#define CR0_DEFINED (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | \
                     CR0_NW | CR0_CD | CR0_PG)
#define CR4_DEFINED (CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | \
                     CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_VMXE)
/* With PAE paging on after it, a write that changes one of these loads the PDPTEs (SDM 3A 4.4.1). */
#define CR0_LOADS_PDPTES (CR0_PG | CR0_CD | CR0_NW)
#define CR4_LOADS_PDPTES (CR4_PAE | CR4_PGE | CR4_PSE)
/* DR6: B0-B3 BD BS BT are free, the rest fixed; DR7: bits 11, 12, 14, 15 are 0, bit 10 is 1. */
#define DR6_DEFINED (0xfu | DR6_BD | DR6_BS | DR6_BT)
#define DR7_DEFINED 0xffff27ffu

static u32 read_phys(void *owner, u32 pa)
{
    struct isa *x = owner;
    return x->ops->read_phys(x, pa);
}

fault_t sys_load_pdptes(struct isa *x, u32 cr3)
{
    struct walk_mem mem = { x, read_phys, NULL };
    return paging_read_pdptes(&mem, cr3, x->s->pdpte) ? FAULT_NONE : GP0;
}

static void change_cr0(struct isa *x, u32 value)
{
    u32 changed = x->s->cr0 ^ value;
    x->s->cr0 = value;
    sys_tell(x, ISA_CR0, changed);
}

static fault_t set_cr0(struct isa *x, u32 value)
{
    struct arch *s = x->s;
    fault_t f = FAULT_NONE;

    if ((value & CR0_PG) && !(value & CR0_PE))
        return GP0;
    if ((value & CR0_NW) && !(value & CR0_CD))
        return GP0;
    if (((s->cr0 ^ value) & CR0_LOADS_PDPTES) && paging_is_pae(value, s->cr4))
        f = sys_load_pdptes(x, s->cr3);
    if (f)
        return f;
    change_cr0(x, (value & CR0_DEFINED) | CR0_ET);
    return FAULT_NONE;
}

static fault_t set_cr3(struct isa *x, u32 value)
{
    struct arch *s = x->s;
    fault_t f = FAULT_NONE;

    if (paging_is_pae(s->cr0, s->cr4))
        f = sys_load_pdptes(x, value);
    if (f)
        return f;
    s->cr3 = value; /* low bits are ignored, not reserved (SDM 3A tables 4-3, 4-7) */
    sys_tell(x, ISA_CR3, 0);
    return FAULT_NONE;
}

static fault_t set_cr4(struct isa *x, u32 value)
{
    struct arch *s = x->s;
    fault_t f = FAULT_NONE;

    if (value & ~CR4_DEFINED)
        return GP0;
    if (((s->cr4 ^ value) & CR4_LOADS_PDPTES) && paging_is_pae(s->cr0, value))
        f = sys_load_pdptes(x, s->cr3);
    if (f)
        return f;
    s->cr4 = value;
    sys_tell(x, ISA_CR4, 0);
    return FAULT_NONE;
}

/* 0F20  MOV r32, CRn */
fault_t sys_mov_from_cr(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 value;

    switch (in->opnd[1].reg) {
    case 0: value = s->cr0; break;
    case 2: value = s->cr2; break;
    case 3: value = s->cr3; break;
    case 4: value = s->cr4; break;
    default: return FAULT(VEC_UD);
    }
    isa_reg_write(s, in->opnd[0].reg, 4, value);
    s->eip += in->len;
    return FAULT_NONE;
}

/* 0F22  MOV CRn, r32 */
fault_t sys_mov_to_cr(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 value = isa_reg_read(s, in->opnd[1].reg, 4);
    fault_t f = FAULT_NONE;

    switch (in->opnd[0].reg) {
    case 0: f = set_cr0(x, value); break;
    case 2: s->cr2 = value; break;
    case 3: f = set_cr3(x, value); break;
    case 4: f = set_cr4(x, value); break;
    default: return FAULT(VEC_UD);
    }
    if (!f)
        s->eip += in->len;
    return f;
}

/* 0F01 /4  SMSW */
fault_t sys_smsw(struct isa *x, const struct insn *in)
{
    fault_t f = isa_put(x, in, 0, x->s->cr0);

    if (!f)
        x->s->eip += in->len;
    return f;
}

/* 0F01 /6  LMSW: PE MP EM TS only, and PE cannot be cleared */
fault_t sys_lmsw(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    u32 value;
    fault_t f = isa_get(x, in, 0, &value);

    if (f)
        return f;
    value &= CR0_PE | CR0_MP | CR0_EM | CR0_TS;
    change_cr0(x, (s->cr0 & ~(CR0_MP | CR0_EM | CR0_TS)) | value);
    s->eip += in->len;
    return FAULT_NONE;
}

/* 0F06  CLTS */
fault_t sys_clts(struct isa *x, const struct insn *in)
{
    change_cr0(x, x->s->cr0 & ~CR0_TS);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* DR4 and DR5 are DR6 and DR7, or undefined with CR4.DE.  GD guards all debug registers: #DB
 * before the access, with DR6.BD saying why; it is a fault and pushes RF as one (SDM 3B 17.3.1.1, .3). */
static fault_t check_dr(struct isa *x, unsigned *n)
{
    struct arch *s = x->s;

    if (*n == 4 || *n == 5) {
        if (s->cr4 & CR4_DE)
            return FAULT(VEC_UD);
        *n += 2;
    }
    if (!(s->dr[7] & DR7_GD))
        return FAULT_NONE;
    debug_report(s, DR6_BD);
    s->eflags |= FL_RF;
    return FAULT(VEC_DB);
}

/* 0F21  MOV r32, DRn */
fault_t sys_mov_from_dr(struct isa *x, const struct insn *in)
{
    unsigned n = in->opnd[1].reg;
    fault_t f = check_dr(x, &n);

    if (f)
        return f;
    isa_reg_write(x->s, in->opnd[0].reg, 4, x->s->dr[n]);
    x->s->eip += in->len;
    return FAULT_NONE;
}

/* 0F23  MOV DRn, r32 */
fault_t sys_mov_to_dr(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;
    unsigned n = in->opnd[0].reg;
    u32 value = isa_reg_read(s, in->opnd[1].reg, 4);
    fault_t f = check_dr(x, &n);

    if (f)
        return f;
    if (n == 6)
        value = (value & DR6_DEFINED) | DR6_FIXED;
    if (n == 7)
        value = (value & DR7_DEFINED) | DR7_FIXED;
    s->dr[n] = value;
    if (n != 6) /* enabled or moved: whoever caches breakpoints looks again */
        sys_tell(x, ISA_DR7, 0);
    s->eip += in->len;
    return FAULT_NONE;
}
