/* step.c - one instruction with every check: fetch, interception, execution, retirement, faults. */
#include "sim/machine_impl.h"
#include "sim/api/debug.h"
#include "sim/flags.h"
#include "sim/gate.h"

#include <string.h>

static unsigned fetch_access(const struct arch *s)
{
    return ACCESS_FETCH | (s->cpl == 3 ? ACCESS_USER : 0);
}

static bool in_window(u32 pa) { return pa - WINDOW_FRAME < WINDOW_PAGES * PAGE_SIZE; }

/* Bytes of code at la, at most `want`, within one page; all ones where there is no memory. */
static fault_t fetch_bytes(struct hw *m, u32 la, u8 *out, unsigned want, u32 *pa)
{
    fault_t f = mmu_translate(m, la, fetch_access(m->arch), pa);
    if (f)
        return f;
    if (in_window(*pa) && m->state->monitored)
        return FAULT_ERR(VEC_GP, 0); /* only CPL 0 in root operation may: machine.c */
    u32 at = phys_where(m, *pa, false);
    memset(out, 0xff, want);
    if (at != STORE_NONE)
        memcpy(out, m->ram + at, want);
    return FAULT_NONE;
}

static fault_t decode_result(enum decode_status status)
{
    switch (status) {
    case DECODE_OK: return FAULT_NONE;
    case DECODE_UD: return FAULT(VEC_UD);
    case DECODE_SHORT: /* the segment ends inside the instruction */
    case DECODE_TOO_LONG: return FAULT_ERR(VEC_GP, 0);
    }
    return FAULT(VEC_UD);
}

fault_t machine_fetch(struct hw *m, struct insn *in, u32 *pa)
{
    const struct arch *s = m->arch;
    const struct seg *cs = &s->seg[CS];
    u8 bytes[INSN_MAX];
    if (s->eip > cs->limit)
        return FAULT_ERR(VEC_GP, 0);
    u32 la = cs->base + s->eip, room = cs->limit - s->eip, pa2;
    unsigned all = room < INSN_MAX - 1 ? room + 1 : INSN_MAX;
    unsigned page = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    unsigned first = all < page ? all : page;
    fault_t f = fetch_bytes(m, la, bytes, first, pa);
    if (f)
        return f;
    enum decode_status status = decode(bytes, first, arch_code32(s), in);
    if (status == DECODE_SHORT && first < all) {
        f = fetch_bytes(m, la + first, bytes + first, all - first, &pa2);
        if (f)
            return f;
        status = decode(bytes, all, arch_code32(s), in);
        first = all;
    }
    if (status == DECODE_UD && machine_wants(m, HW_UNDEFINED)) {
        u32 a[4];
        insn_bytes_pack(bytes, first, in, arch_code32(s), a);
        machine_emit(m, HW_UNDEFINED, a[0], a[1], a[2], a[3]);
    }
    return decode_result(status);
}

unsigned machine_weight(const struct hw *m, u32 pa)
{
    const struct machine_state *st = m->state;
    if (pa - st->tc_base < st->tc_size)
        return m->ram[st->tc_weights + (pa - st->tc_base)] & 15;
    u32 need = m->arch->cpl > 0 || st->vmx.nonroot ? EVTSEL_USR : EVTSEL_OS;
    return st->evtsel & need ? 1 : 0;
}

/* ---- what an instruction did, for whoever listens ---- */

static bool wants_changes(const struct hw *m)
{
    return machine_wants(m, HW_IF) || machine_wants(m, HW_CR) || machine_wants(m, HW_SEG) ||
           machine_wants(m, HW_SILENT) || machine_wants(m, HW_IRET) || machine_wants(m, HW_HLT);
}

static void tell_changes(struct hw *m, const struct arch *old, const struct insn *in)
{
    const struct arch *s = m->arch;
    if ((old->eflags ^ s->eflags) & FL_IF)
        machine_event(m, HW_IF, old->eflags >> 9 & 1, s->eflags >> 9 & 1, in->op, 0);
    if (old->cr0 != s->cr0)
        machine_event(m, HW_CR, 0, old->cr0, s->cr0, 0);
    if (old->cr3 != s->cr3)
        machine_event(m, HW_CR, 3, old->cr3, s->cr3, 0);
    if (old->cr4 != s->cr4)
        machine_event(m, HW_CR, 4, old->cr4, s->cr4, 0);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        if (old->seg[i].sel != s->seg[i].sel || old->seg[i].base != s->seg[i].base)
            machine_event(m, HW_SEG, i, s->seg[i].sel, s->seg[i].base, 0);
    if (in->op == OP_IRET)
        machine_event(m, HW_IRET, s->eip, s->cpl, s->eflags, 0);
    if (s->halted && !old->halted)
        machine_event(m, HW_HLT, 0, 0, 0, 0);
}

/* POPF where CPL > IOPL: IF and IOPL stay, and nobody is told (the paper, 3.1). */
static void tell_silent(struct hw *m, const struct arch *old, const struct insn *in)
{
    if (in->op == OP_POPF && arch_is_protected(old) && !arch_is_v86(old) &&
        old->cpl > EFLAGS_IOPL(old->eflags))
        machine_event(m, HW_SILENT, OP_POPF, old->cpl, m->arch->eflags, 0);
}

static void charge_insn(struct hw *m, enum op op)
{
    struct ledger *l = &m->state->ledger;
    switch (op) {
    case OP_CLI: case OP_STI: ledger_charge(l, COST_CLI_STI); break;
    case OP_POPF: ledger_charge(l, COST_POPF); break;
    case OP_IN: case OP_OUT: case OP_INS: case OP_OUTS: ledger_charge(l, COST_IO); break;
    case OP_MOV_TO_CR: ledger_charge(l, COST_MOV_CR); break;
    case OP_IRET: ledger_charge(l, COST_IRET); break;
    case OP_INT: case OP_INT3: case OP_INTO: case OP_INT1: ledger_charge(l, COST_GATE); break;
    default: break;
    }
}

void machine_retired(struct hw *m, const struct insn *in, u32 old_flags, u32 old_eip, unsigned weight)
{
    struct machine_state *st = m->state;
    st->step++;
    st->retired++;
    st->count += weight;
    st->debug_pending |= (u16)isa_retire(&m->isa, in, old_flags, old_eip);
    charge_insn(m, in->op);
    machine_event(m, HW_RETIRE, in->op, 0, 0, 0);
}

/* ---- faults ---- */

bool machine_deliver_fault(struct hw *m, fault_t f)
{
    const struct fault_chain *c = &m->isa.chain;
    bool done = isa_deliver_fault(&m->isa, f, m->arch->eip);
    fault_t during = c->fault[0];
    for (u32 i = 1; i < c->count; i++) {
        fault_t nested = c->fault[i];
        machine_event(m, HW_NESTED, fault_vector(nested), fault_error(nested), fault_vector(during), 0);
        during = fault_combine(during, nested);
    }
    for (u32 i = 0; !done && i < c->count; i++)
        machine_end_fault(m, c->fault[i]);
    return done;
}

void machine_shutdown(struct hw *m, unsigned vector)
{
    machine_end(m, OUTSIDE_END_SHUTDOWN, vector);
}

static bool deliver_plain(struct hw *m, fault_t f)
{
    struct arch *s = m->arch;
    const struct gate_event e = { .vector = fault_vector(f), .has_error = fault_has_error(f),
                                  .error = fault_error(f), .return_eip = s->eip,
                                  .eflags = s->eflags | FL_RF };
    if (!gate_enter(m, &e))
        return false;
    if (e.vector == VEC_PF)
        s->cr2 = m->isa.fault_la;
    return true;
}

/* op: of the instruction, for who listens; in: the same, where the careful way has it, or NULL. */
static void fault_at(struct hw *m, const struct insn *in, unsigned op, fault_t f)
{
    struct arch *s = m->arch;
    unsigned old_cpl = s->cpl, vector = fault_vector(f);
    u32 detail = vector == VEC_PF ? m->isa.fault_la : 0;
    machine_event(m, HW_FAULT, vector, fault_error(f), detail, op);
    m->state->step++;
    m->isa.hits = 0; /* what it met before it faulted, it will meet again */
    if (m->state->vmx.nonroot) {
        if (vmx_fault(m, in, f, detail))
            return;
    } else if (!deliver_plain(m, f) && !machine_deliver_fault(m, f)) {
        machine_shutdown(m, vector);
        return;
    }
    m->state->debug_pending |= (u16)m->isa.hits;
    gate_charge(m, old_cpl, vector);
    machine_event(m, HW_DELIVER, vector, s->eip, s->cpl, 0);
}

void machine_debug(struct hw *m, u32 bits)
{
    struct arch *s = m->arch;
    if (!m->state->vmx.nonroot) {
        debug_report(s, bits);
        machine_fault(m, FAULT(VEC_DB));
        return;
    }
    m->state->step++;
    m->isa.hits = 0;
    if (vmx_fault(m, NULL, FAULT(VEC_DB), bits))
        return;
    m->state->debug_pending |= (u16)m->isa.hits;
    machine_event(m, HW_DELIVER, VEC_DB, s->eip, s->cpl, 0);
}

void machine_fault(struct hw *m, fault_t f)
{
    fault_at(m, NULL, OP_COUNT, f);
}

void machine_fault_by(struct hw *m, unsigned op, fault_t f)
{
    fault_at(m, NULL, op, f);
}

static void left_by_vmexit(struct hw *m, const struct insn *in)
{
    if (m->state->vmx.task_pending)
        vmx_task_exit(m, in);
    m->state->step++;
}

/* ---- the instruction ---- */

static bool int_plain(struct hw *m, const struct insn *in)
{
    const struct gate_event e = { .vector = (u8)in->imm, .software = true,
                                  .return_eip = m->arch->eip + in->len,
                                  .eflags = m->arch->eflags & ~(u32)FL_RF };
    return gate_enter(m, &e);
}

static fault_t execute(struct hw *m, const struct insn *in)
{
    bool done = false;
    if (m->state->vmx.on && vmx_watches(in->op)) {
        fault_t f = vmx_intercept(m, in, &done);
        if (f)
            return f;
    }
    if (in->op != OP_VMLAUNCH && in->op != OP_VMRESUME) /* VM entry looks at it, and ends it (vmx_exec) */
        m->arch->shadow = 0;
    m->isa.hits = 0;
    m->isa.switched = m->isa.jumped = false;
    if (done || (in->op == OP_INT && int_plain(m, in)) ||
        (in->op == OP_IRET && gate_return(m, in->osize)))
        return FAULT_NONE;
    return isa_exec(&m->isa, in);
}

/* FAULT_NONE: it retired. */
static fault_t attempt(struct hw *m, const struct insn *in, unsigned weight)
{
    struct arch *s = m->arch;
    u32 old_flags = s->eflags, old_eip = s->eip;
    u8 old_shadow = s->shadow;
    fault_t f = execute(m, in);
    if (likely(!f)) {
        machine_retired(m, in, old_flags, old_eip, weight);
    } else if (fault_kind(f) == FAULT_KIND_VMEXIT) {
        left_by_vmexit(m, in);
    } else {
        s->shadow = old_shadow;
        fault_at(m, in, in->op, f);
    }
    return f;
}

static NOINLINE void attempt_told(struct hw *m, const struct insn *in, unsigned weight)
{
    const struct arch old = *m->arch;
    if (attempt(m, in, weight))
        return;
    tell_changes(m, &old, in);
    tell_silent(m, &old, in);
}

void machine_execute(struct hw *m, const struct insn *in, unsigned weight)
{
    m->careful++;
    reglog_write(m);
    if (unlikely(wants_changes(m))) {
        attempt_told(m, in, weight);
        return;
    }
    fault_t f = attempt(m, in, weight);
    (void)f; /* it was delivered */
}

void machine_step_one(struct hw *m)
{
    struct insn in;
    u32 pa, hits = debug_code_hits(m->arch);
    if (unlikely(hits)) {
        machine_debug(m, hits);
        return;
    }
    fault_t f = machine_fetch(m, &in, &pa);
    if (f) {
        machine_fault(m, f);
        return;
    }
    machine_execute(m, &in, machine_weight(m, pa));
}
