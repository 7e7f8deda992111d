/* The rest of the system instructions, and the table of all of them. */
#include "sim/api/isa_impl.h"

#include "sim/api/isa_sys.h"

#define GP0 FAULT_ERR(VEC_GP, 0)

/* ---- descriptor-table registers ---- */

/* 0F01 /0 /1  Six bytes whatever the operand size: limit, then all 32 bits of base. */
static fault_t store_table(struct isa *x, const struct insn *in, const struct dtr *table)
{
    enum sreg seg = (enum sreg)in->seg;
    u32 at = insn_offset(x->s, in), behind = isa_next_part(in, at, 2);
    fault_t f = isa_probe_store(x, seg, behind, 4);

    if (!f)
        f = isa_store(x, seg, at, 2, table->limit);
    if (!f)
        f = isa_store(x, seg, behind, 4, table->base);
    return f ? f : isa_next(x, in);
}

static fault_t sys_sgdt(struct isa *x, const struct insn *in)
{
    return store_table(x, in, &x->s->gdtr);
}

static fault_t sys_sidt(struct isa *x, const struct insn *in)
{
    return store_table(x, in, &x->s->idtr);
}

/* 0F01 /2 /3  With 16-bit operands the base has 24 bits, as on the 286. */
static fault_t load_table(struct isa *x, const struct insn *in, struct dtr *table,
                          enum isa_change what)
{
    u32 at = insn_offset(x->s, in), limit, base;
    fault_t f = isa_load(x, (enum sreg)in->seg, at, 2, &limit);

    if (!f)
        f = isa_load(x, (enum sreg)in->seg, isa_next_part(in, at, 2), 4, &base);
    if (f)
        return f;
    table->limit = limit;
    table->base = in->osize == 2 ? base & 0xffffff : base;
    sys_tell(x, what, 0);
    return isa_next(x, in);
}

static fault_t sys_lgdt(struct isa *x, const struct insn *in)
{
    return load_table(x, in, &x->s->gdtr, ISA_GDTR);
}

static fault_t sys_lidt(struct isa *x, const struct insn *in)
{
    return load_table(x, in, &x->s->idtr, ISA_IDTR);
}

/* 0F00 /0  SLDT */
static fault_t sys_sldt(struct isa *x, const struct insn *in)
{
    fault_t f = isa_put(x, in, 0, x->s->ldtr.sel);

    return f ? f : isa_next(x, in);
}

/* 0F00 /1  STR */
static fault_t sys_str(struct isa *x, const struct insn *in)
{
    fault_t f = isa_put(x, in, 0, x->s->tr.sel);

    return f ? f : isa_next(x, in);
}

/* A present system descriptor of the GDT; `types`: a bit for each that will do. */
static fault_t read_system(struct isa *x, u16 sel, unsigned types, struct seg *seg)
{
    if (sel & SEL_TI)
        return sel_fault(VEC_GP, sel);
    fault_t f = sys_read_seg(x, sel, VEC_GP, seg);
    if (f)
        return f;
    if ((seg->ar & AR_S) || !(types >> AR_TYPE(seg->ar) & 1))
        return sel_fault(VEC_GP, sel);
    return seg->ar & AR_P ? FAULT_NONE : sel_fault(VEC_NP, sel);
}

/* 0F00 /2  LLDT */
static fault_t sys_lldt(struct isa *x, const struct insn *in)
{
    struct seg ldt;
    u32 sel;
    fault_t f = isa_get(x, in, 0, &sel);

    if (f)
        return f;
    if (SEL_IS_NULL(sel))
        ldt = sys_null_seg((u16)sel);
    else
        f = read_system(x, (u16)sel, 1 << SYS_LDT, &ldt);
    if (f)
        return f;
    x->s->ldtr = ldt;
    sys_tell(x, ISA_LDTR, 0);
    return isa_next(x, in);
}

/* 0F00 /3  LTR: the descriptor becomes busy, no task switch happens */
static fault_t sys_ltr(struct isa *x, const struct insn *in)
{
    struct seg tss;
    u32 sel, la;
    fault_t f = isa_get(x, in, 0, &sel);

    if (f)
        return f;
    if (SEL_IS_NULL(sel))
        return GP0;
    f = read_system(x, (u16)sel, 1 << SYS_TSS16 | 1 << SYS_TSS32, &tss);
    if (f)
        return f;
    bool inside = sys_desc_la(x->s, (u16)sel, &la);
    assert(inside);
    tss.ar |= 2;
    f = isa_sys_write(x, la + 5, 1, tss.ar & 0xff);
    if (f)
        return f;
    x->s->tr = tss;
    sys_tell(x, ISA_TR, 0);
    return isa_next(x, in);
}

/* ---- caches, HLT, time stamp, CPUID ---- */

/* 0F01 /7  INVLPG: the address is not accessed, so no limit applies */
static fault_t sys_invlpg(struct isa *x, const struct insn *in)
{
    sys_tell(x, ISA_INVLPG, x->s->seg[in->seg].base + insn_offset(x->s, in));
    return isa_next(x, in);
}

/* 0F08 0F09  INVD, WBINVD: there are no caches that a guest could feel */
static fault_t sys_invd(struct isa *x, const struct insn *in)
{
    return isa_next(x, in);
}

/* F4  HLT */
static fault_t sys_hlt(struct isa *x, const struct insn *in)
{
    x->s->halted = 1;
    return isa_next(x, in);
}

/* 0F31  RDTSC */
static fault_t sys_rdtsc(struct isa *x, const struct insn *in)
{
    if ((x->s->cr4 & CR4_TSD) && x->s->cpl > 0)
        return GP0;
    sys_set_edx_eax(x->s, x->ops->tsc(x));
    return isa_next(x, in);
}

/* 0FA2  CPUID */
static fault_t sys_cpuid(struct isa *x, const struct insn *in)
{
    u32 regs[4];

    x->ops->cpuid(x, x->s->reg[EAX], regs);
    x->s->reg[EAX] = regs[0];
    x->s->reg[EBX] = regs[1];
    x->s->reg[ECX] = regs[2];
    x->s->reg[EDX] = regs[3];
    return isa_next(x, in);
}

/* ---- SYSENTER, SYSEXIT: flat segments by fiat, no descriptor is read ---- */

enum { AR_FLAT_CODE = 0xc09b, AR_FLAT_DATA = 0xc093 };

static void set_flat(struct isa *x, enum sreg which, u32 sel, u32 ar, unsigned dpl)
{
    isa_set_seg(x, which, (struct seg){ .sel = (u16)((sel & 0xfffc) | dpl),
                                        .ar = ar | dpl << 5, .limit = 0xffffffffu });
}

/* 0F34  SYSENTER; also from virtual-8086 mode */
static fault_t sys_sysenter(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;

    (void)in;
    if (!arch_is_protected(s) || SEL_IS_NULL(s->sysenter_cs))
        return GP0;
    s->eflags &= ~(u32)(FL_VM | FL_IF | FL_RF);
    s->reg[ESP] = s->sysenter_esp;
    s->eip = s->sysenter_eip;
    set_flat(x, CS, s->sysenter_cs, AR_FLAT_CODE, 0);
    set_flat(x, SS, s->sysenter_cs + 8, AR_FLAT_DATA, 0);
    isa_set_cpl(x, 0);
    return FAULT_NONE;
}

/* 0F35  SYSEXIT */
static fault_t sys_sysexit(struct isa *x, const struct insn *in)
{
    struct arch *s = x->s;

    (void)in;
    if (!arch_is_protected(s) || SEL_IS_NULL(s->sysenter_cs))
        return GP0;
    s->eip = s->reg[EDX];
    s->reg[ESP] = s->reg[ECX];
    set_flat(x, CS, s->sysenter_cs + 16, AR_FLAT_CODE, 3);
    set_flat(x, SS, s->sysenter_cs + 24, AR_FLAT_DATA, 3);
    isa_set_cpl(x, 3);
    return FAULT_NONE;
}

/* ---- IRET and VT-x ---- */

static fault_t sys_iret_insn(struct isa *x, const struct insn *in)
{
    return sys_iret(x, in->osize, x->s->eip + in->len);
}

/* Modes, privilege and EIP are the owner's business: a VMLAUNCH that succeeds is followed by
 * the guest's next instruction, a VM exit by the host's. */
static fault_t sys_vmx(struct isa *x, const struct insn *in)
{
    return x->ops->vmx ? x->ops->vmx(x, in) : FAULT(VEC_UD);
}

/* ---- I/O permission ---- */

/* SDM 1 18.5.2: the bitmap of a 32-bit TSS; two bytes are read always, so that a last byte of
 * ones is needed; beyond the limit counts as denied. */
fault_t isa_io_allowed(struct isa *x, u16 port, unsigned size)
{
    const struct arch *s = x->s;
    u32 map, bits, mask = (1u << size) - 1;

    if (!arch_is_protected(s) || (!arch_is_v86(s) && s->cpl <= EFLAGS_IOPL(s->eflags)))
        return FAULT_NONE;
    if (!(AR_TYPE(s->tr.ar) & 8) || s->tr.limit < TSS_SIZE - 1)
        return GP0;
    fault_t f = isa_sys_read(x, s->tr.base + TSS_IOMAP, 2, &map);
    if (f)
        return f;
    u32 at = map + port / 8;
    if (at + 1 > s->tr.limit)
        return GP0;
    f = isa_sys_read(x, s->tr.base + at, 2, &bits);
    if (f)
        return f;
    return bits >> (port & 7) & mask ? GP0 : FAULT_NONE;
}

/* ---- the table ---- */

static sys_fn *const table[OP_COUNT] = {
    [OP_JMP_FAR] = sys_jmp_far, [OP_CALL_FAR] = sys_call_far, [OP_RET_FAR] = sys_ret_far,
    [OP_INT] = sys_int, [OP_INT3] = sys_int3, [OP_INT1] = sys_int1, [OP_INTO] = sys_into,
    [OP_IRET] = sys_iret_insn, [OP_SYSENTER] = sys_sysenter, [OP_SYSEXIT] = sys_sysexit,
    [OP_MOV_FROM_SREG] = sys_mov_from_sreg, [OP_MOV_TO_SREG] = sys_mov_to_sreg,
    [OP_PUSH_SREG] = sys_push_sreg, [OP_POP_SREG] = sys_pop_sreg, [OP_LOAD_FAR] = sys_load_far,
    [OP_ARPL] = sys_arpl, [OP_LAR] = sys_lar, [OP_LSL] = sys_lsl,
    [OP_VERR] = sys_verr, [OP_VERW] = sys_verw,
    [OP_SGDT] = sys_sgdt, [OP_SIDT] = sys_sidt, [OP_LGDT] = sys_lgdt, [OP_LIDT] = sys_lidt,
    [OP_SLDT] = sys_sldt, [OP_STR] = sys_str, [OP_LLDT] = sys_lldt, [OP_LTR] = sys_ltr,
    [OP_SMSW] = sys_smsw, [OP_LMSW] = sys_lmsw, [OP_CLTS] = sys_clts,
    [OP_MOV_FROM_CR] = sys_mov_from_cr, [OP_MOV_TO_CR] = sys_mov_to_cr,
    [OP_MOV_FROM_DR] = sys_mov_from_dr, [OP_MOV_TO_DR] = sys_mov_to_dr,
    [OP_INVLPG] = sys_invlpg, [OP_INVD] = sys_invd, [OP_WBINVD] = sys_invd,
    [OP_HLT] = sys_hlt, [OP_RDTSC] = sys_rdtsc, [OP_RDPMC] = sys_rdpmc,
    [OP_RDMSR] = sys_rdmsr, [OP_WRMSR] = sys_wrmsr, [OP_CPUID] = sys_cpuid,
    [OP_VMCALL] = sys_vmx, [OP_VMLAUNCH] = sys_vmx, [OP_VMRESUME] = sys_vmx,
    [OP_VMXOFF] = sys_vmx, [OP_VMXON] = sys_vmx, [OP_VMCLEAR] = sys_vmx,
    [OP_VMPTRLD] = sys_vmx, [OP_VMPTRST] = sys_vmx, [OP_VMREAD] = sys_vmx,
    [OP_VMWRITE] = sys_vmx,
};

fault_t isa_exec_system(struct isa *x, const struct insn *in)
{
    assert(in->op < OP_COUNT && table[in->op]);
    return table[in->op](x, in);
}
