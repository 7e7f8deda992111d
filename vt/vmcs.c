#include "vt/vt.h"

#include "sim/api/window.h"
#include "vt/event.h"

#include <string.h>

/* ---- building (SDM 3C 31.5, 31.6) ---- */

enum { CAPABILITY_PIN = MSR_VMX_BASIC + 1, CAPABILITY_CPU, CAPABILITY_EXIT, CAPABILITY_ENTRY };

/* Control bits that must be 1 on this processor, and ours. */
static u32 controls(struct vmm *v, u32 capability, u32 wanted)
{
    u64 can = hw_rdmsr(v->hw, capability);
    u32 value = (u32)can | wanted;
    if (value & ~(u32)(can >> 32))
        hw_panic(v->hw, "this processor's VT-x lacks a control the engine needs");
    return value;
}

static u32 new_region(struct vmm *v)
{
    mpa_t at = vmm_alloc(v, 1);
    mem_write32(v->hw, at, (u32)hw_rdmsr(v->hw, MSR_VMX_BASIC) & 0x7fffffffu);
    return at.v;
}

static void vmx_on(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    mpa_t vmxon = { new_region(v) };
    t->vmcs = new_region(v);
    hw_write_cr(v->hw, 4, hw_read_cr(v->hw, 4) | CR4_VMXE);
    if (hw_vmxon(v->hw, vmxon) != VMX_SUCCEED ||
        hw_vmclear(v->hw, (mpa_t){ t->vmcs }) != VMX_SUCCEED ||
        hw_vmptrld(v->hw, (mpa_t){ t->vmcs }) != VMX_SUCCEED)
        hw_panic(v->hw, "VMXON, VMCLEAR or VMPTRLD failed");
}

/* The monitor's own address space, stack and tables: nothing is shared with the guest. */
static void write_host(struct vmm *v)
{
    struct hw *hw = v->hw;
    hw_vmwrite(hw, VMCS_HOST_CR0, hw_read_cr(hw, 0));
    hw_vmwrite(hw, VMCS_HOST_CR3, v->s->host_root);
    hw_vmwrite(hw, VMCS_HOST_CR4, hw_read_cr(hw, 4));
    hw_vmwrite(hw, VMCS_HOST_CS_SELECTOR, MON_CS0);
    hw_vmwrite(hw, VMCS_HOST_SS_SELECTOR, MON_DS0);
    hw_vmwrite(hw, VMCS_HOST_TR_SELECTOR, MON_TR);
    hw_vmwrite(hw, VMCS_HOST_TR_BASE, MON_TSS);
    hw_vmwrite(hw, VMCS_HOST_GDTR_BASE, MON_GDT);
    hw_vmwrite(hw, VMCS_HOST_IDTR_BASE, MON_IDT);
    hw_vmwrite(hw, VMCS_HOST_RSP, MON_STACK_TOP);
    hw_vmwrite(hw, VMCS_HOST_RIP, MON_WINDOW + SLOT_HOST_RIP * WINDOW_SLOT_SIZE);
}

static void write_controls(struct vmm *v)
{
    struct vt_known *k = &vt_of(v)->known;
    u32 exiting = CPU_HLT | CPU_INVLPG | CPU_RDPMC | CPU_RDTSC | CPU_CR3_LOAD | CPU_CR3_STORE |
                  CPU_IO_EXIT | CPU_MOV_DR;
    k->controls = controls(v, CAPABILITY_CPU, exiting);
    hw_vmwrite(v->hw, VMCS_PIN_CONTROLS,
               controls(v, CAPABILITY_PIN, PIN_EXTERNAL_INTERRUPT | PIN_NMI));
    hw_vmwrite(v->hw, VMCS_CPU_CONTROLS, k->controls);
    hw_vmwrite(v->hw, VMCS_EXIT_CONTROLS, controls(v, CAPABILITY_EXIT, 0));
    hw_vmwrite(v->hw, VMCS_ENTRY_CONTROLS, controls(v, CAPABILITY_ENTRY, 0));
    hw_vmwrite(v->hw, VMCS_EXCEPTION_BITMAP, BIT(VEC_PF) | BIT(VEC_DB) | BIT(VEC_MF)); /* #PF: all */
    hw_vmwrite(v->hw, VMCS_GUEST_DR7, DR7_FIXED); /* the guest's own is in the vcpu: it has no effect there */
    hw_vmwrite(v->hw, VMCS_CR0_MASK, 0xffffffffu);
    hw_vmwrite(v->hw, VMCS_CR4_MASK, 0xffffffffu);
    hw_vmwrite(v->hw, VMCS_GUEST_LINK_POINTER, 0xffffffffu);
    hw_vmwrite(v->hw, VMCS_GUEST_LINK_POINTER_HIGH, 0xffffffffu);
}

void vmcs_build(struct vmm *v)
{
    vmx_on(v);
    write_host(v);
    write_controls(v);
}

/* ---- can this state be entered?  SDM 3C 26.3.1, as far as a vcpu can violate it ---- */

static bool rights_fit(const struct seg *g)
{
    if ((g->limit & 0xfffu) != 0xfffu && (g->ar & AR_G))
        return false;
    return !(g->limit >> 20) || (g->ar & AR_G);
}

static bool code_fits(const struct arch *s)
{
    const struct seg *cs = &s->seg[CS];
    if (!AR_IS_CODE(cs->ar) || !(cs->ar & 1) || !(cs->ar & AR_P) || (cs->ar & AR_UNUSABLE))
        return false;
    unsigned dpl = AR_DPL(cs->ar);
    return (AR_IS_CONFORMING(cs->ar) ? dpl <= s->cpl : dpl == s->cpl) &&
           (cs->sel & 3) == s->cpl && rights_fit(cs);
}

/* CPL has no field of its own: it is the DPL of SS. */
static bool stack_fits(const struct arch *s)
{
    const struct seg *ss = &s->seg[SS];
    if (AR_DPL(ss->ar) != s->cpl || (ss->sel & 3) != s->cpl)
        return false;
    if (ss->ar & AR_UNUSABLE)
        return true;
    return AR_IS_WRITABLE(ss->ar) && (ss->ar & 1) && (ss->ar & AR_P) && rights_fit(ss);
}

static bool data_fits(const struct seg *g)
{
    if (g->ar & AR_UNUSABLE)
        return true;
    if (!AR_IS_READABLE(g->ar) || !(g->ar & 1) || !(g->ar & AR_P))
        return false;
    bool conforming = AR_IS_CODE(g->ar) && AR_IS_CONFORMING(g->ar);
    return (conforming || AR_DPL(g->ar) >= (g->sel & 3u)) && rights_fit(g);
}

static bool v86_fits(const struct arch *s)
{
    for (unsigned i = 0; i < SREG_COUNT; i++) {
        const struct seg *g = &s->seg[i];
        if (g->base != (u32)g->sel << 4 || g->limit != 0xffff || g->ar != 0xf3)
            return false;
    }
    return s->cpl == 3;
}

static bool system_fits(const struct arch *s)
{
    const struct seg *tr = &s->tr, *ldtr = &s->ldtr;
    if ((tr->ar & (AR_S | AR_P | AR_UNUSABLE | 7u)) != (AR_P | 3u) || (tr->sel & 4))
        return false;
    if ((ldtr->ar & AR_UNUSABLE) || !rights_fit(tr))
        return rights_fit(tr);
    return (ldtr->ar & (AR_S | AR_P | 15u)) == (AR_P | 2u) && !(ldtr->sel & 4) &&
           rights_fit(ldtr);
}

bool vmcs_enterable(const struct arch *s)
{
    if (!arch_is_protected(s) || !system_fits(s))
        return false;
    if ((s->eflags & FL_TF) && s->shadow) /* its trap would have to be pending (26.3.1.5) */
        return false;
    if (arch_is_v86(s))
        return v86_fits(s);
    return code_fits(s) && stack_fits(s) && data_fits(&s->seg[DS]) && data_fits(&s->seg[ES]) &&
           data_fits(&s->seg[FS]) && data_fits(&s->seg[GS]);
}

/* ---- vcpu <- VMCS ---- */

u32 vmcs_read(struct vmm *v, u32 field)
{
    vt_of(v)->reads++;
    return hw_vmread(v->hw, field);
}

/* An event that was delivered has pushed something: were EIP the same again, ESP would not be. */
bool vmcs_still_injecting(const struct vmm *v, const struct arch *s)
{
    const struct vt_state *t = vt_of(v);
    return t->entered_event && t->entered == hw_count(v->hw) && t->entered_eip == s->eip &&
           t->entered_esp == s->reg[ESP];
}

/* How the exit came about, as far as it matters to RF. */
struct way_out { u32 reason, intr_info, vectoring; };

/* A fault saved RF as 1, an instruction's exit as 0 (27.3.3), whatever it was; and what was loaded for an
 * event that is not delivered yet was for its frame.  When no tick has passed since the entry it is still
 * what the vcpu had then; else an instruction has cleared it, or the delivery of the event. */
static u32 flags_before(const struct vmm *v, const struct arch *s, const struct way_out *w, u32 saved)
{
    const struct vt_state *t = vt_of(v);
    bool under_way = (w->vectoring & INTR_VALID) || w->reason == EXIT_TRIPLE_FAULT;
    bool delivered = t->entered_event && !(under_way && vmcs_still_injecting(v, s));
    bool inside = t->entered == hw_count(v->hw) && !delivered;
    return (saved & ~(u32)FL_RF) | (inside ? t->entered_rf : 0);
}

/* Interrupts, NMIs and debug traps save what is; the same events through a task gate. */
static bool saved_rf_is_ours(const struct vmm *v, const struct arch *s, const struct way_out *w)
{
    switch (w->reason) {
    case EXIT_EXCEPTION_NMI:
        return INTR_TYPE(w->intr_info) == EVENT_PRIV_SOFT_INT ||
               (INTR_TYPE(w->intr_info) == EVENT_HARD_EXCEPTION && (w->intr_info & 0xff) != VEC_DB);
    case EXIT_TASK_SWITCH:
        return !(w->vectoring & INTR_VALID) || INTR_TYPE(w->vectoring) >= EVENT_HARD_EXCEPTION;
    case EXIT_EXTERNAL_INTERRUPT:
    case EXIT_INTERRUPT_WINDOW:
        return false;
    case EXIT_TRIPLE_FAULT:
        return vmcs_still_injecting(v, s);
    default:
        return true;
    }
}

/* EFLAGS as the guest has them at an exit that saved these; EIP and ESP are in s already. */
static u32 flags_at_exit(const struct vmm *v, const struct arch *s, const struct way_out *w, u32 saved)
{
    return saved_rf_is_ours(v, s, w) ? flags_before(v, s, w, saved) : saved;
}

/* What no VMCS field holds stays in the processor across exits. */
static void look_outside(const struct vmm *v, struct arch *s)
{
    for (enum reg r = EAX; r <= EDI; r++)
        if (r != ESP)
            s->reg[r] = hw_reg(v->hw, r);
    s->cr2 = hw_read_cr(v->hw, 2);
}

void vmcs_import(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    struct vt_known *k = &t->known;
    struct arch *s = &v->s->vcpu.arch;
    t->reads = t->writes = 0;
    t->reason = vmcs_read(v, VMCS_EXIT_REASON);
    t->qualification = vmcs_read(v, VMCS_EXIT_QUALIFICATION);
    t->vectoring = vmcs_read(v, VMCS_IDT_VECTORING_INFO);
    t->intr_info = t->reason == EXIT_EXCEPTION_NMI ? vmcs_read(v, VMCS_EXIT_INTR_INFO) : 0;
    look_outside(v, s);
    s->eip = k->arch.eip = vmcs_read(v, VMCS_GUEST_RIP);
    s->reg[ESP] = k->arch.reg[ESP] = vmcs_read(v, VMCS_GUEST_RSP);
    k->arch.eflags = vmcs_read(v, VMCS_GUEST_RFLAGS);
    struct way_out way = { t->reason, t->intr_info, t->vectoring };
    s->eflags = flags_at_exit(v, s, &way, k->arch.eflags);
    k->interruptibility = vmcs_read(v, VMCS_GUEST_INTERRUPTIBILITY);
    s->shadow = (u8)(k->interruptibility & INTERRUPTIBILITY_SHADOW);
    k->pending_debug = s->shadow & SHADOW_MOV_SS ? vmcs_read(v, VMCS_GUEST_PENDING_DEBUG) : 0;
    s->seg[SS].ar = vmcs_read(v, VMCS_GUEST_SS_AR);
    s->cpl = (u8)AR_DPL(s->seg[SS].ar);
    s->seg[CS].base = vmcs_read(v, VMCS_GUEST_CS_BASE);
    t->unread = 1;
}

/* Fields of a segment register are two apart, in the order ES CS SS DS FS GS LDTR TR. */
enum { LDTR_INDEX = SREG_COUNT, TR_INDEX, SEGMENTS };

static const struct seg *segment_of(const struct arch *s, unsigned i)
{
    return i == LDTR_INDEX ? &s->ldtr : i == TR_INDEX ? &s->tr : &s->seg[i];
}

static void set_segment(struct arch *s, unsigned i, struct seg value)
{
    if (i == LDTR_INDEX)
        s->ldtr = value;
    else if (i == TR_INDEX)
        s->tr = value;
    else
        s->seg[i] = value;
}

static struct seg read_segment(struct vmm *v, unsigned i)
{
    return (struct seg){
        .sel = (u16)vmcs_read(v, VMCS_GUEST_ES_SELECTOR + i * 2),
        .ar = vmcs_read(v, VMCS_GUEST_ES_AR + i * 2),
        .base = vmcs_read(v, VMCS_GUEST_ES_BASE + i * 2),
        .limit = vmcs_read(v, VMCS_GUEST_ES_LIMIT + i * 2),
    };
}

void vmcs_read_segment(struct vmm *v, enum sreg which)
{
    struct seg *g = &v->s->vcpu.arch.seg[which];
    if (!vt_of(v)->unread)
        return;
    if (which != CS) /* vmcs_import did */
        g->base = vmcs_read(v, VMCS_GUEST_ES_BASE + (u32)which * 2);
    if (which != SS)
        g->ar = vmcs_read(v, VMCS_GUEST_ES_AR + (u32)which * 2);
    g->limit = vmcs_read(v, VMCS_GUEST_ES_LIMIT + (u32)which * 2);
}

void vmcs_complete(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    struct arch *s = &v->s->vcpu.arch, *k = &t->known.arch;
    u32 before = t->reads;
    if (!t->unread)
        return;
    t->unread = 0;
    for (unsigned i = 0; i < SEGMENTS; i++)
        set_segment(s, i, read_segment(v, i));
    s->gdtr.base = vmcs_read(v, VMCS_GUEST_GDTR_BASE);
    s->gdtr.limit = vmcs_read(v, VMCS_GUEST_GDTR_LIMIT);
    s->idtr.base = vmcs_read(v, VMCS_GUEST_IDTR_BASE);
    s->idtr.limit = vmcs_read(v, VMCS_GUEST_IDTR_LIMIT);
    for (unsigned i = 0; i < SEGMENTS; i++)
        set_segment(k, i, *segment_of(s, i));
    k->gdtr = s->gdtr;
    k->idtr = s->idtr;
    hw_event(v->hw, VT_COMPLETE, t->reads - before, 0, 0, 0);
}

/* ---- vcpu -> VMCS ---- */

u32 vmcs_guest_cr0(const struct arch *s)
{
    u32 bound = CR0_MP | CR0_EM | CR0_TS | CR0_AM;
    return CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET | (s->cr0 & bound);
}

/* Paging features are the shadow's business: it has 32-bit entries, 4 KiB pages and nothing
 * global. */
u32 vmcs_guest_cr4(const struct arch *s)
{
    return CR4_VMXE | (s->cr4 & ~(CR4_PSE | CR4_PGE | CR4_PAE));
}

static void put(struct vmm *v, u32 field, u32 value, u32 *known)
{
    if (*known == value)
        return;
    *known = value;
    vt_of(v)->writes++;
    hw_vmwrite(v->hw, field, value);
}

static void put_segment(struct vmm *v, unsigned i)
{
    const struct seg *g = segment_of(&v->s->vcpu.arch, i);
    struct seg known = *segment_of(&vt_of(v)->known.arch, i);
    u32 sel = known.sel;
    put(v, VMCS_GUEST_ES_SELECTOR + i * 2, g->sel, &sel);
    put(v, VMCS_GUEST_ES_AR + i * 2, g->ar, &known.ar);
    put(v, VMCS_GUEST_ES_BASE + i * 2, g->base, &known.base);
    put(v, VMCS_GUEST_ES_LIMIT + i * 2, g->limit, &known.limit);
    set_segment(&vt_of(v)->known.arch, i, *g);
}

static void put_rest(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct arch *k = &vt_of(v)->known.arch;
    for (unsigned i = 0; i < SEGMENTS; i++)
        put_segment(v, i);
    put(v, VMCS_GUEST_GDTR_BASE, s->gdtr.base, &k->gdtr.base);
    put(v, VMCS_GUEST_GDTR_LIMIT, s->gdtr.limit, &k->gdtr.limit);
    put(v, VMCS_GUEST_IDTR_BASE, s->idtr.base, &k->idtr.base);
    put(v, VMCS_GUEST_IDTR_LIMIT, s->idtr.limit, &k->idtr.limit);
}

static void put_control_registers(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct vt_known *k = &vt_of(v)->known;
    put(v, VMCS_GUEST_CR0, vmcs_guest_cr0(s), &k->cr0);
    put(v, VMCS_CR0_SHADOW, s->cr0, &k->cr0_shadow);
    put(v, VMCS_GUEST_CR3, shadow_root(v), &k->cr3);
    put(v, VMCS_GUEST_CR4, vmcs_guest_cr4(s), &k->cr4);
    put(v, VMCS_CR4_SHADOW, s->cr4, &k->cr4_shadow);
    put(v, VMCS_GUEST_SYSENTER_CS, s->sysenter_cs, &k->arch.sysenter_cs);
    put(v, VMCS_GUEST_SYSENTER_ESP, s->sysenter_esp, &k->arch.sysenter_esp);
    put(v, VMCS_GUEST_SYSENTER_EIP, s->sysenter_eip, &k->arch.sysenter_eip);
}

/* A virtual interrupt that IF or a shadow holds back: the exit comes when it can be taken. */
static void put_window(struct vmm *v)
{
    struct vt_known *k = &vt_of(v)->known;
    bool waits = platform_intr(&v->s->platform);
    u32 want = (k->controls & ~CPU_INTERRUPT_WINDOW) | (waits ? CPU_INTERRUPT_WINDOW : 0);
    if (want != k->controls)
        hw_event(v->hw, VT_WINDOW, waits, (v->s->vcpu.arch.eflags & FL_IF) != 0, 0, 0);
    put(v, VMCS_CPU_CONTROLS, want, &k->controls);
}

/* VM entry pushes RF as it is loaded (26.5.1.1), and the frame of a fault has it set: it returns into the
 * instruction (SDM 3B 17.3.1.1). */
static u32 flags_to_load(const struct vmm *v)
{
    u32 event = vt_of(v)->event, vector = event & 0xff;
    bool fault = INTR_TYPE(event) == EVENT_HARD_EXCEPTION && vector != VEC_DB && vector != VEC_MC;
    return v->s->vcpu.arch.eflags | (event && fault ? FL_RF : 0);
}

static void put_event(struct vmm *v)
{
    struct vt_state *t = vt_of(v);
    if (!t->event)
        return;
    t->writes += t->event & INTR_ERROR ? 2 : 1;
    hw_vmwrite(v->hw, VMCS_ENTRY_INTR_INFO, t->event);
    if (t->event & INTR_ERROR)
        hw_vmwrite(v->hw, VMCS_ENTRY_EXCEPTION_ERROR, t->event_error);
    t->event = 0;
}

static void set_outside(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    for (enum reg r = EAX; r <= EDI; r++)
        if (r != ESP)
            hw_set_reg(v->hw, r, s->reg[r]);
    if (hw_read_cr(v->hw, 2) != s->cr2)
        hw_write_cr(v->hw, 2, s->cr2);
}

void vmcs_export(struct vmm *v)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct vt_state *t = vt_of(v);
    struct vt_known *k = &t->known;
    set_outside(v);
    put(v, VMCS_GUEST_RIP, s->eip, &k->arch.eip);
    put(v, VMCS_GUEST_RSP, s->reg[ESP], &k->arch.reg[ESP]);
    put(v, VMCS_GUEST_RFLAGS, flags_to_load(v), &k->arch.eflags);
    put(v, VMCS_GUEST_INTERRUPTIBILITY, s->shadow, &k->interruptibility);
    put(v, VMCS_GUEST_PENDING_DEBUG, 0, &k->pending_debug);
    put_control_registers(v);
    if (!t->unread)
        put_rest(v);
    put_window(v);
    put_event(v);
}

/* ---- looking, for peek ---- */

static u32 look(const struct vmm *v, u32 field)
{
    return hw_vmcs_peek(v->hw, field);
}

static void look_rest(const struct vmm *v, struct arch *s)
{
    for (unsigned i = 0; i < SEGMENTS; i++) {
        struct seg g = { .sel = (u16)look(v, VMCS_GUEST_ES_SELECTOR + i * 2),
                         .ar = look(v, VMCS_GUEST_ES_AR + i * 2),
                         .base = look(v, VMCS_GUEST_ES_BASE + i * 2),
                         .limit = look(v, VMCS_GUEST_ES_LIMIT + i * 2) };
        set_segment(s, i, g);
    }
    s->gdtr = (struct dtr){ look(v, VMCS_GUEST_GDTR_BASE), look(v, VMCS_GUEST_GDTR_LIMIT) };
    s->idtr = (struct dtr){ look(v, VMCS_GUEST_IDTR_BASE), look(v, VMCS_GUEST_IDTR_LIMIT) };
}

/* out holds the vcpu: what the guest cannot change without an exit is right in it already. */
void vmcs_look(const struct vmm *v, struct arch *out)
{
    bool at_exit = hw_window_slot(v->hw) == SLOT_HOST_RIP;
    if (at_exit) {
        struct way_out way = { look(v, VMCS_EXIT_REASON), look(v, VMCS_EXIT_INTR_INFO),
                               look(v, VMCS_IDT_VECTORING_INFO) };
        look_outside(v, out);
        out->eip = look(v, VMCS_GUEST_RIP);
        out->reg[ESP] = look(v, VMCS_GUEST_RSP);
        out->eflags = flags_at_exit(v, out, &way, look(v, VMCS_GUEST_RFLAGS));
        out->shadow = (u8)(look(v, VMCS_GUEST_INTERRUPTIBILITY) & INTERRUPTIBILITY_SHADOW);
        out->cpl = (u8)AR_DPL(look(v, VMCS_GUEST_SS_AR));
    }
    if (at_exit || vt_of(v)->unread)
        look_rest(v, out);
}

void vmcs_look_running(const struct vmm *v, struct arch *out)
{
    const struct arch *s = &v->s->vcpu.arch;
    *out = *hw_arch(v->hw);
    out->cr0 = s->cr0;
    out->cr3 = s->cr3;
    out->cr4 = s->cr4;
    memcpy(out->dr, s->dr, sizeof out->dr);
    memcpy(out->pdpte, s->pdpte, sizeof out->pdpte);
    out->debugctl = s->debugctl;
    out->branch_from = s->branch_from;
    out->branch_to = s->branch_to;
    out->exception_from = s->exception_from;
    out->exception_to = s->exception_to;
}
