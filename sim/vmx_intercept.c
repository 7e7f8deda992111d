#include "sim/vmx.h"

#include "sim/vmx_impl.h"

/* Instructions in VMX operation: which exit, and with what information.  SDM 3C 25.1, 27.2.
 *
 * Faults by privilege and by the I/O permission bitmap come before an exit (25.1.1): then the
 * watcher lets the instruction pass, and it raises them itself. */

static fault_t leave(struct hw *m, const struct insn *in, u32 reason)
{
    return vmx_leave_insn(m, in, reason, 0);
}

static bool passes(const struct hw *m)
{
    return !m->state->vmx.nonroot || m->arch->cpl > 0;
}

/* ---- instructions that a control bit, or nothing, guards ---- */

static fault_t watch_cpuid(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    return m->state->vmx.nonroot ? leave(m, in, EXIT_CPUID) : FAULT_NONE;
}

static fault_t watch_invd(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    return passes(m) ? FAULT_NONE : leave(m, in, EXIT_INVD);
}

static fault_t watch_hlt(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    return passes(m) || !vmx_cpu(m, CPU_HLT) ? FAULT_NONE : leave(m, in, EXIT_HLT);
}

static fault_t watch_invlpg(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    if (passes(m) || !vmx_cpu(m, CPU_INVLPG))
        return FAULT_NONE;
    u32 la = m->arch->seg[in->seg].base + insn_offset(m->arch, in);
    return vmx_leave_insn(m, in, EXIT_INVLPG, la);
}

static fault_t watch_rdtsc(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    bool faults = m->arch->cpl > 0 && (m->arch->cr4 & CR4_TSD);
    if (!m->state->vmx.nonroot || faults || !vmx_cpu(m, CPU_RDTSC))
        return FAULT_NONE;
    return leave(m, in, EXIT_RDTSC);
}

static fault_t watch_rdpmc(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    bool faults = m->arch->cpl > 0 && !(m->arch->cr4 & CR4_PCE);
    if (!m->state->vmx.nonroot || faults || !vmx_cpu(m, CPU_RDPMC))
        return FAULT_NONE;
    return leave(m, in, EXIT_RDPMC);
}

/* ---- debug registers: the exit even precedes #GP by privilege (25.1.3) ---- */

static fault_t watch_mov_dr(struct hw *m, const struct insn *in, bool *done)
{
    bool from = in->op == OP_MOV_FROM_DR;
    unsigned dr = in->opnd[from ? 1 : 0].reg, reg = in->opnd[from ? 0 : 1].reg;
    (void)done;
    if (!m->state->vmx.nonroot)
        return FAULT_NONE;
    if (vmx_cpu(m, CPU_MOV_DR))
        return vmx_leave_insn(m, in, EXIT_DR_ACCESS, dr | (from ? DR_ACCESS_FROM : 0) | reg << 8);
    /* general detect: the #DB that exits leaves DR6 alone (27.1) */
    bool undefined = (dr == 4 || dr == 5) && (m->arch->cr4 & CR4_DE);
    if (m->arch->cpl > 0 || undefined || !(m->arch->dr[7] & DR7_GD))
        return FAULT_NONE;
    return vmx_intercept_fault(m, in, FAULT(VEC_DB), DR6_BD) ? FAULT_VMEXIT : FAULT_NONE;
}

/* ---- MSRs (25.1.3, 24.6.9): four bitmaps of 1 KiB ---- */

static bool msr_exits(const struct hw *m, u32 msr, bool write)
{
    const struct vmcs *c = vmcs_current(m);
    u32 at = write ? 2048 : 0;
    if (!(c->CPU_CONTROLS & CPU_MSR_BITMAPS))
        return true;
    if (msr - 0xc0000000u <= 0x1fff)
        at += 1024;
    else if (msr > 0x1fff)
        return true;
    u32 bit = msr & 0x1fff;
    return vmx_phys8(m, c->MSR_BITMAP, c->MSR_BITMAP_HIGH, at + bit / 8) >> bit % 8 & 1;
}

static fault_t watch_rdmsr(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    bool pass = passes(m) || !msr_exits(m, m->arch->reg[ECX], false);
    return pass ? FAULT_NONE : leave(m, in, EXIT_RDMSR);
}

static fault_t watch_wrmsr(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    bool pass = passes(m) || !msr_exits(m, m->arch->reg[ECX], true);
    return pass ? FAULT_NONE : leave(m, in, EXIT_WRMSR);
}

/* ---- I/O ---- */

static bool port_exits(const struct hw *m, u16 port, unsigned size)
{
    const struct vmcs *c = vmcs_current(m);
    if (!(c->CPU_CONTROLS & CPU_IO_BITMAPS))
        return (c->CPU_CONTROLS & CPU_IO_EXIT) != 0;
    for (u32 p = port; p < (u32)port + size; p++) {
        if (p > 0xffff) /* wraps around */
            return true;
        u32 at = p % 0x8000 / 8;
        u8 bits = p < 0x8000 ? vmx_phys8(m, c->IO_BITMAP_A, c->IO_BITMAP_A_HIGH, at)
                             : vmx_phys8(m, c->IO_BITMAP_B, c->IO_BITMAP_B_HIGH, at);
        if (bits >> p % 8 & 1)
            return true;
    }
    return false;
}

static bool io_is_string(const struct insn *in)
{
    return in->op == OP_INS || in->op == OP_OUTS;
}

static bool io_is_immediate(const struct insn *in)
{
    return in->opcode >= 0xe4 && in->opcode <= 0xe7;
}

/* INS ES:(E)DI; OUTS seg:(E)SI.  Checks on the segment come after the exit (25.1.1). */
static void describe_string(const struct arch *s, const struct insn *in, struct vmx_exit *e)
{
    bool ins = in->op == OP_INS;
    u32 offset = s->reg[ins ? EDI : ESI];
    e->linear = s->seg[ins ? ES : in->seg].base + (in->asize == 2 ? offset & 0xffff : offset);
    e->instruction_info = (in->asize == 2 ? 0u : 1u) << 7 | (u32)(ins ? ES : in->seg) << 15;
    e->qualification |= IO_ACCESS_STRING | (in->rep ? IO_ACCESS_REP : 0);
}

static fault_t watch_io(struct hw *m, const struct insn *in, bool *done)
{
    const struct arch *s = m->arch;
    bool input = in->op == OP_IN || in->op == OP_INS;
    u16 port = (u16)(io_is_immediate(in) ? in->imm & 0xff : s->reg[EDX]);
    unsigned size = in->opcode & 1 ? in->osize : 1;
    (void)done;
    if (!m->state->vmx.nonroot)
        return FAULT_NONE;
    if (in->rep && (in->asize == 2 ? s->reg[ECX] & 0xffff : s->reg[ECX]) == 0)
        return FAULT_NONE; /* no port is accessed */
    if (isa_io_allowed(&m->isa, port, size) || !port_exits(m, port, size))
        return FAULT_NONE;
    struct vmx_exit e = { .reason = EXIT_IO, .length = in->len, .rf = VMX_RF_CLEAR };
    e.qualification = (size - 1) | (input ? IO_ACCESS_IN : 0) | (u32)port << 16;
    if (io_is_immediate(in))
        e.qualification |= IO_ACCESS_IMMEDIATE;
    if (io_is_string(in))
        describe_string(s, in, &e);
    vmx_leave(m, &e);
    return FAULT_VMEXIT;
}

/* ---- software exceptions that the bitmap intercepts (25.2) ---- */

static fault_t watch_soft(struct hw *m, const struct insn *in, unsigned vector, unsigned type)
{
    if (!m->state->vmx.nonroot || !(vmcs_current(m)->EXCEPTION_BITMAP >> vector & 1))
        return FAULT_NONE;
    struct vmx_exit e = { .reason = EXIT_EXCEPTION_NMI, .length = in->len,
                          .intr_info = INTR_INFO(vector, type), .rf = vmx_event_rf(type, vector) };
    vmx_leave(m, &e);
    return FAULT_VMEXIT;
}

static fault_t watch_int3(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    return watch_soft(m, in, VEC_BP, EVENT_SOFT_EXCEPTION);
}

static fault_t watch_into(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    bool traps = (m->arch->eflags & FL_OF) != 0;
    return traps ? watch_soft(m, in, VEC_OF, EVENT_SOFT_EXCEPTION) : FAULT_NONE;
}

static fault_t watch_int1(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    return watch_soft(m, in, VEC_DB, EVENT_PRIV_SOFT_INT);
}

/* 25.3: with virtual NMIs, IRET unblocks those, even if it then faults */
static fault_t watch_iret(struct hw *m, const struct insn *in, bool *done)
{
    struct vmx_state *v = &m->state->vmx;
    (void)in;
    (void)done;
    bool is_virtual = v->nonroot && vmx_pin(m, PIN_VIRTUAL_NMI);
    v->iret_unblocked = is_virtual ? v->virtual_nmi_blocked : m->arch->nmi_blocked;
    v->virtual_nmi_blocked = 0;
    return FAULT_NONE;
}

/* ---- VT-x itself.  Always exits, at any CPL (30.3); operands as in tables 27-9 and 27-12:
 *  31-28 27 26-23 22 21-18 17-15 14-11 10 9-7 6-3 2 1-0
 *  reg2  no base   no index  seg    0  reg asz reg1 0 scale      no: the register is absent */

static u32 operands(const struct insn *in)
{
    unsigned gpr = in->modrm >> 3 & 7, rm = in->modrm & 7;
    bool two = in->op == OP_VMREAD || in->op == OP_VMWRITE;
    u32 info = two ? gpr << 28 : 0;
    if (in->modrm >> 6 == 3)
        return info | BIT(10) | rm << 3;
    info |= in->scale | (in->asize == 2 ? 0u : 1u) << 7 | (u32)in->seg << 15;
    info |= in->index == REG_NONE ? BIT(22) : (u32)in->index << 18;
    return info | (in->base == REG_NONE ? BIT(27) : (u32)in->base << 23);
}

static bool has_operands(enum op op)
{
    return op == OP_VMCLEAR || op == OP_VMPTRLD || op == OP_VMPTRST || op == OP_VMXON ||
           op == OP_VMREAD || op == OP_VMWRITE;
}

static fault_t watch_vmx(struct hw *m, const struct insn *in, bool *done)
{
    (void)done;
    if (!m->state->vmx.nonroot)
        return FAULT_NONE;
    if (in->op != OP_VMCALL && arch_is_v86(m->arch))
        return FAULT(VEC_UD);
    struct vmx_exit e = { .reason = op_info[in->op].exit, .length = in->len,
                          .rf = VMX_RF_CLEAR };
    if (has_operands((enum op)in->op)) {
        e.qualification = in->modrm >> 6 == 3 ? 0 : in->disp;
        e.instruction_info = operands(in);
    }
    vmx_leave(m, &e);
    return FAULT_VMEXIT;
}

static vmx_watch_fn *const watchers[OP_COUNT] = {
    [OP_CPUID] = watch_cpuid,
    [OP_INVD] = watch_invd,
    [OP_HLT] = watch_hlt,
    [OP_INVLPG] = watch_invlpg,
    [OP_RDTSC] = watch_rdtsc,
    [OP_RDPMC] = watch_rdpmc,
    [OP_MOV_FROM_CR] = vmx_mov_from_cr,
    [OP_MOV_TO_CR] = vmx_mov_to_cr,
    [OP_LMSW] = vmx_lmsw,
    [OP_SMSW] = vmx_smsw,
    [OP_CLTS] = vmx_clts,
    [OP_MOV_FROM_DR] = watch_mov_dr,
    [OP_MOV_TO_DR] = watch_mov_dr,
    [OP_RDMSR] = watch_rdmsr,
    [OP_WRMSR] = watch_wrmsr,
    [OP_IN] = watch_io,
    [OP_OUT] = watch_io,
    [OP_INS] = watch_io,
    [OP_OUTS] = watch_io,
    [OP_INT3] = watch_int3,
    [OP_INTO] = watch_into,
    [OP_INT1] = watch_int1,
    [OP_IRET] = watch_iret,
    [OP_VMCALL] = watch_vmx,
    [OP_VMLAUNCH] = watch_vmx,
    [OP_VMRESUME] = watch_vmx,
    [OP_VMXOFF] = watch_vmx,
    [OP_VMXON] = watch_vmx,
    [OP_VMCLEAR] = watch_vmx,
    [OP_VMPTRLD] = watch_vmx,
    [OP_VMPTRST] = watch_vmx,
    [OP_VMREAD] = watch_vmx,
    [OP_VMWRITE] = watch_vmx,
};

bool vmx_watches(enum op op)
{
    return watchers[op] != NULL;
}

fault_t vmx_intercept(struct hw *m, const struct insn *in, bool *done)
{
    assert(m->state->vmx.on);
    *done = false;
    return watchers[in->op] ? watchers[in->op](m, in, done) : FAULT_NONE;
}
