#include "vt/vt.h"

#include "sim/api/debug.h"
#include "vmm/charge.h"
#include "vmm/interp.h"
#include "vt/event.h"

/* One function an exit reason.  Software costs are the paper's (6.3): what an exit costs in
 * all, less its vmreads and vmwrites and whatever else has been charged for it already. */

enum { TOTAL_IO = 11486, TOTAL_FAULT = 5809, TOTAL_TRACED = 8393 };

static void set_cost(struct vmm *v, enum account account, u32 total, u32 charged)
{
    struct vt_state *t = vt_of(v);
    t->account = account;
    t->total = total;
    t->charged = charged;
}

void vt_exit_charge(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    u32 spent = t->charged + t->reads * cost_p4_672[COST_VMREAD].cycles +
                t->writes * cost_p4_672[COST_VMWRITE].cycles;
    if (t->total)
        hw_charge(v->hw, t->account, t->total > spent ? t->total - spent : 0);
    t->total = 0;
}

static u32 instruction_length(struct vmm *v)
{
    return vmcs_read(v, VMCS_EXIT_INSTRUCTION_LENGTH);
}

/* Data movement and arithmetic, whose rules look at no segment but the memory operand's. */
static bool uses_one_segment(const struct insn *in)
{
    bool stack = in->op == OP_PUSH || in->op == OP_POP || in->op == OP_PUSHA ||
                 in->op == OP_POPA || in->op == OP_ENTER || in->op == OP_LEAVE;
    return in->op < OP_CLC && !stack;
}

/* The instruction at EIP, on as much of the vcpu as its rules need. */
static void interpret(struct vmm *v, unsigned account)
{
    struct insn in;
    vmcs_read_segment(v, CS);
    if (interp_fetch(v, &in, true)) {
        vmcs_complete(v);
        vmm_emulate_as(v, account);
        return;
    }
    if (uses_one_segment(&in))
        vmcs_read_segment(v, (enum sreg)in.seg);
    else
        vmcs_complete(v);
    vmm_emulate_insn(v, &in, account);
}

/* The instruction that exited, without fetching it. */
static void execute(struct vmm *v, struct insn *in)
{
    in->len = (u8)instruction_length(v);
    vmm_emulate_insn(v, in, COST_DISPATCH);
}

static void execute_op(struct vmm *v, enum op op)
{
    struct insn in = { .op = (u16)op, .osize = 4, .asize = 4 };
    execute(v, &in);
}

static void inject(struct vmm *v, fault_t f)
{
    vmm_inject(v, fault_vector(f), EVENT_HARD_EXCEPTION, fault_has_error(f), fault_error(f));
}

/* ---- page faults ---- */

/* Stop the guest's own page fault from costing a software delivery: the hardware does it. */
static void true_fault(struct vmm *v, fault_t f, u32 la)
{
    v->isa.fault_la = v->s->vcpu.arch.cr2 = la;
    if (v->engine->inject(v, VEC_PF, EVENT_HARD_EXCEPTION, f))
        set_cost(v, COST_VT_PF, TOTAL_FAULT, cost_p4_672[COST_TRUE_FAULT].cycles);
    else
        inject(v, f);
}

static void page_marks(struct vmm *v, u32 la, unsigned access)
{
    vmcs_read_segment(v, CS);
    if (vmm_may_retry(v, la, access)) {
        shadow_mark(v, la, access);
        return;
    }
    vmm_event(v, VMM_MARKS, la, 0, 0);
    interpret(v, COST_EMULATE);
}

static void exit_page_fault(struct vmm *v)
{
    u32 la = vt_of(v)->qualification, error = vmcs_read(v, VMCS_EXIT_INTR_ERROR);
    unsigned access = access_of_fault(error);
    fault_t f;
    switch (shadow_fault(v, la, access, &f)) {
    case SHADOW_FILLED:
        break;
    case SHADOW_MARKS:
        page_marks(v, la, access);
        break;
    case SHADOW_TRUE_FAULT:
        true_fault(v, f, la);
        break;
    case SHADOW_TRACED:
        vmm_event(v, VMM_TRACED, interp_walk(v, la, access, false).pa, la, 0);
        interpret(v, COST_PLAIN); /* the store itself */
        set_cost(v, COST_VT_PTE, TOTAL_TRACED, cost_p4_672[COST_PLAIN].cycles);
        break;
    case SHADOW_DEVICE:
        vmm_event(v, VMM_DEVICE, interp_walk(v, la, access, false).pa, 0, 0);
        interpret(v, COST_EMULATE);
        break;
    case SHADOW_MONITOR: /* nothing of the guest's range is ours */
        hw_panic(v->hw, "a monitor range in a guest's own address space");
    }
}

/* ---- debug exceptions: single steps and INT1; the debug registers are not the hardware's ---- */

/* They exit since a trap cannot be repeated: nothing else would tell that a delivery which came to a
 * bad end began with one. */
static void exit_debug(struct vmm *v)
{
    if (INTR_TYPE(vt_of(v)->intr_info) == EVENT_PRIV_SOFT_INT) {
        interpret(v, COST_EMULATE);
        return;
    }
    debug_report(&v->s->vcpu.arch, vt_of(v)->qualification & DR6_BS);
    inject(v, FAULT(VEC_DB));
}

static bool is_debug(const struct vt_state *t)
{
    return t->reason == EXIT_EXCEPTION_NMI && (t->intr_info & 0xff) == VEC_DB;
}

static void exit_exception(struct vmm *v)
{
    if (is_debug(vt_of(v)))
        exit_debug(v);
    else if ((vt_of(v)->intr_info & 0xff) == VEC_MF)
        interpret(v, COST_EMULATE); /* the guest's own CR0.NE decides: #MF or FERR# */
    else
        exit_page_fault(v); /* the bitmap has no other bit */
}

/* ---- an exit in the middle of an event's delivery (27.2.3) ---- */

static fault_t event_fault(const struct vt_state *t)
{
    unsigned vector = t->vectoring & 0xff;
    if (INTR_TYPE(t->vectoring) != EVENT_HARD_EXCEPTION)
        return FAULT_NONE;
    return t->vectoring & INTR_ERROR ? FAULT_ERR(vector, t->vectoring_error) : FAULT(vector);
}

static bool event_is_software(const struct vt_state *t)
{
    unsigned type = INTR_TYPE(t->vectoring);
    return type == EVENT_SOFT_INT || type == EVENT_SOFT_EXCEPTION ||
           type == EVENT_PRIV_SOFT_INT;
}

/* A software interrupt is executed again: EIP is at it still, and it counts when it
 * completes. */
static void deliver_again(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    if (event_is_software(t))
        return;
    t->event = t->vectoring & (INTR_VALID | INTR_ERROR | 0x7ff);
    t->event_error = t->vectoring_error;
    v->s->vcpu.arch.halted = 0;
    hw_event(v->hw, VT_REINJECT, t->event, 0, 0, 0);
}

/* From the beginning, in the vcpu: the instruction that did not complete, and what it raises. */
static void begin_again(struct vmm *v)
{
    vmcs_complete(v);
    vt_of(v)->software = 1;
    vmm_emulate(v);
    vt_of(v)->software = 0;
}

static bool try_in_software(struct vmm *v, u32 event, u32 error)
{
    vt_of(v)->software = 1;
    bool done = vmm_deliver(v, event & 0xff, (enum event_type)INTR_TYPE(event), (event & INTR_ERROR) != 0,
                            error);
    vt_of(v)->software = 0;
    return done;
}

/* Deliver it in the vcpu, from the event that began it: its stack or tables are where the hardware cannot
 * go, or it comes to an end, and what led there the hardware did not tell.  The end has the number of the
 * event that began it. */
static void deliver_in_software(struct vmm *v)
{
    const struct vt_state *t = vt_of(v);
    if (t->origin == VT_ORIGIN_INSTRUCTION) {
        begin_again(v);
        return;
    }
    v->isa.fault_la = v->s->vcpu.arch.cr2;
    if (!try_in_software(v, t->first, t->first_error))
        vmm_shutdown(v, t->first & 0xff);
}

/* The guest's own fault while its event was delivered: that, or what both make (SDM 3A table
 * 6-5). */
static void nested_fault(struct vmm *v, fault_t f, u32 la)
{
    fault_t both = fault_combine(event_fault(vt_of(v)), f);
    v->s->vcpu.arch.cr2 = la;
    if (!both) {
        deliver_in_software(v);
        return;
    }
    if (fault_vector(both) == VEC_PF)
        true_fault(v, both, la);
    else
        inject(v, both);
}

/* Whatever comes next may have to go through software, and there an instruction begins again. */
static void delivery_marks(struct vmm *v, u32 la, unsigned access)
{
    vmcs_complete(v);
    if (vt_of(v)->origin == VT_ORIGIN_INSTRUCTION || !vmm_may_redeliver(v, la, access)) {
        vmm_event(v, VMM_MARKS, la, 0, 0);
        deliver_in_software(v);
        return;
    }
    shadow_mark(v, la, access);
    deliver_again(v);
}

static void handle_delivery(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    u32 la = t->qualification;
    fault_t f;
    if (t->vectoring & INTR_ERROR)
        t->vectoring_error = vmcs_read(v, VMCS_IDT_VECTORING_ERROR);
    if (t->reason != EXIT_EXCEPTION_NMI || !v->engine->can_run(v)) {
        deliver_in_software(v); /* a task gate, or a single step behind STI */
        return;
    }
    unsigned access = access_of_fault(vmcs_read(v, VMCS_EXIT_INTR_ERROR));
    switch (shadow_fault(v, la, access, &f)) {
    case SHADOW_FILLED:
        deliver_again(v);
        break;
    case SHADOW_MARKS:
        delivery_marks(v, la, access);
        break;
    case SHADOW_TRUE_FAULT:
        nested_fault(v, f, la);
        break;
    default:
        deliver_in_software(v);
        break;
    }
}

/* ---- instructions ---- */

static void exit_cpuid(struct vmm *v) { execute_op(v, OP_CPUID); }
static void exit_hlt(struct vmm *v) { execute_op(v, OP_HLT); }
static void exit_invd(struct vmm *v) { execute_op(v, OP_INVD); }
static void exit_rdpmc(struct vmm *v) { execute_op(v, OP_RDPMC); }
static void exit_rdtsc(struct vmm *v) { execute_op(v, OP_RDTSC); }
static void exit_rdmsr(struct vmm *v) { execute_op(v, OP_RDMSR); }
static void exit_wrmsr(struct vmm *v) { execute_op(v, OP_WRMSR); }

static void exit_invlpg(struct vmm *v)
{
    struct insn in = { .op = OP_INVLPG, .osize = 4, .asize = 4, .base = REG_NONE,
                       .index = REG_NONE, .seg = DS, .disp = vt_of(v)->qualification };
    struct seg ds = v->s->vcpu.arch.seg[DS];
    in.opnd[0].kind = OPND_MEM;
    v->s->vcpu.arch.seg[DS].base = 0; /* the qualification is linear */
    execute(v, &in);
    v->s->vcpu.arch.seg[DS] = ds;
}

static void exit_cr_access(struct vmm *v)
{
    u32 q = vt_of(v)->qualification;
    struct opnd cr = { .kind = OPND_CR, .reg = q & 15, .size = 4 };
    struct opnd gpr = { .kind = OPND_REG, .reg = q >> 8 & 15, .size = 4 };
    struct insn in = { .osize = 4, .asize = 4 };
    switch (q & CR_ACCESS_MASK) {
    case CR_ACCESS_TO:
        in.op = OP_MOV_TO_CR;
        in.opnd[0] = cr;
        in.opnd[1] = gpr;
        execute(v, &in);
        break;
    case CR_ACCESS_FROM:
        in.op = OP_MOV_FROM_CR;
        in.opnd[0] = gpr;
        in.opnd[1] = cr;
        execute(v, &in);
        break;
    case CR_ACCESS_CLTS:
        execute_op(v, OP_CLTS);
        break;
    case CR_ACCESS_LMSW:
        interpret(v, COST_EMULATE);
        break;
    }
}

/* Before the check of the privilege (25.1.3): the rules make that too. */
static void exit_dr_access(struct vmm *v)
{
    u32 q = vt_of(v)->qualification;
    bool from = q & DR_ACCESS_FROM;
    struct insn in = { .op = from ? OP_MOV_FROM_DR : OP_MOV_TO_DR, .osize = 4, .asize = 4 };
    in.opnd[from ? 1 : 0] = (struct opnd){ .kind = OPND_DR, .reg = q & 7, .size = 4 };
    in.opnd[from ? 0 : 1] = (struct opnd){ .kind = OPND_REG, .reg = q >> 8 & 15, .size = 4 };
    execute(v, &in);
}

/* The access arrives decoded (27.2.1); INS and OUTS also move memory. */
static void exit_io(struct vmm *v)
{
    u32 q = vt_of(v)->qualification;
    const struct arch *s = &v->s->vcpu.arch;
    u8 size = (u8)((q & 7) + 1);
    struct opnd al = { .kind = OPND_REG, .reg = EAX, .size = size };
    struct opnd port = { .kind = OPND_IMM, .size = 2 };
    struct insn in = { .op = q & IO_ACCESS_IN ? OP_IN : OP_OUT, .osize = size, .asize = 4,
                       .imm = q >> 16, .len = (u8)instruction_length(v) };
    if ((q & IO_ACCESS_STRING) || arch_is_v86(s) || s->cpl > EFLAGS_IOPL(s->eflags)) {
        interpret(v, COST_PLAIN);
    } else {
        in.opnd[q & IO_ACCESS_IN ? 0 : 1] = al;
        in.opnd[q & IO_ACCESS_IN ? 1 : 0] = port;
        vmm_emulate_insn(v, &in, COST_PLAIN);
    }
    set_cost(v, COST_VT_IO, TOTAL_IO,
                cost_p4_672[COST_VDEVICE].cycles + cost_p4_672[COST_PLAIN].cycles);
}

static void exit_task_switch(struct vmm *v)
{
    interpret(v, COST_EMULATE); /* by CALL, JMP or IRET; through a gate: handle_delivery */
}

static void exit_vmx(struct vmm *v)
{
    hw_event(v->hw, VT_NO_VTX, vt_of(v)->reason, 0, 0, 0);
    inject(v, FAULT(VEC_UD));
}

static void exit_refused(struct vmm *v)
{
    hw_panic(v->hw, "VM entry refused a guest state that vmcs_enterable let pass");
}

typedef void exit_fn(struct vmm *v);
static exit_fn *const handlers[EXIT_REASON_COUNT] = {
    [EXIT_EXCEPTION_NMI] = exit_exception,
    [EXIT_TRIPLE_FAULT] = deliver_in_software,
    [EXIT_TASK_SWITCH] = exit_task_switch,
    [EXIT_CPUID] = exit_cpuid,
    [EXIT_HLT] = exit_hlt,
    [EXIT_INVD] = exit_invd,
    [EXIT_INVLPG] = exit_invlpg,
    [EXIT_RDPMC] = exit_rdpmc,
    [EXIT_RDTSC] = exit_rdtsc,
    [EXIT_VMCALL] = exit_vmx,
    [EXIT_VMCLEAR] = exit_vmx,
    [EXIT_VMLAUNCH] = exit_vmx,
    [EXIT_VMPTRLD] = exit_vmx,
    [EXIT_VMPTRST] = exit_vmx,
    [EXIT_VMREAD] = exit_vmx,
    [EXIT_VMRESUME] = exit_vmx,
    [EXIT_VMWRITE] = exit_vmx,
    [EXIT_VMXOFF] = exit_vmx,
    [EXIT_VMXON] = exit_vmx,
    [EXIT_CR_ACCESS] = exit_cr_access,
    [EXIT_DR_ACCESS] = exit_dr_access,
    [EXIT_IO] = exit_io,
    [EXIT_RDMSR] = exit_rdmsr,
    [EXIT_WRMSR] = exit_wrmsr,
    [EXIT_INVALID_STATE] = exit_refused,
    [EXIT_MSR_LOAD_FAIL] = exit_refused,
};

void vt_exit_handle(struct vmm *v, const struct cause *cause)
{
    unsigned reason = cause->arg[0] & 0xffff;
    if (vt_of(v)->vectoring & INTR_VALID) {
        handle_delivery(v);
        return;
    }
    if (reason >= EXIT_REASON_COUNT || !handlers[reason])
        hw_panic(v->hw, "an exit that the controls do not ask for");
    handlers[reason](v);
}

static enum cause_kind kind_of(struct vmm *v)
{
    const struct vt_state *t = vt_of(v);
    if ((t->vectoring & INTR_VALID) || is_debug(t))
        return CAUSE_DELIVERY;
    if (t->reason == EXIT_EXTERNAL_INTERRUPT)
        return CAUSE_EXTERNAL;
    if (t->reason == EXIT_INTERRUPT_WINDOW)
        return CAUSE_TIMER; /* vmm_service sees that it can interrupt now */
    if (t->reason == EXIT_EXCEPTION_NMI && INTR_TYPE(t->intr_info) == EVENT_NMI)
        return CAUSE_TIMER;
    return CAUSE_ENGINE;
}

static void find_origin(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    bool under_way = (t->vectoring & INTR_VALID) || t->reason == EXIT_TRIPLE_FAULT;
    if (!under_way)
        t->origin = VT_ORIGIN_NONE;
    else if (!vmcs_still_injecting(v, &v->s->vcpu.arch))
        t->origin = VT_ORIGIN_INSTRUCTION;
}

void vt_exit_cause(struct vmm *v, struct cause *cause)
{
    struct vt_state *t = vt_of(v);
    const struct arch *s = &v->s->vcpu.arch;
    *cause = (struct cause){ .kind = kind_of(v), .arg = { t->reason, t->qualification } };
    find_origin(v);
    hw_event(v->hw, VT_EXIT, t->reason, s->seg[CS].base + s->eip, t->qualification, 0);
}
