#include "sim/api/debug.h"
#include "tests/unit/vmx_world.h"

/* Events delivered in non-root operation that do not exit: what they leave (SDM 3C 25.2, 26.5.1, 27.1). */

/* mov 0x600000, %eax, where nothing is, and no stack either: #PF, #PF, #DF, #PF. */
static void page_faults_that_end(u32 bitmap, u32 reason, u32 cr2)
{
    world_up();
    vmcs_set(VMCS_GUEST_RSP, 0x500000);
    poke32(PD + 4, 0);
    vmcs_set(VMCS_EXCEPTION_BITMAP, bitmap);
    world.arch->cr2 = 0x77;
    RUN_GUEST(0xa1, 0, 0, 0x60, 0);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), reason);
    CU_ASSERT_EQUAL(world.arch->cr2, cr2);
    world_down();
}

/* It sets CR2 whatever comes of it, unless it exits itself. */
static void page_faults(void)
{
    page_faults_that_end(BIT(VEC_PF), EXIT_EXCEPTION_NMI, 0x77);
    page_faults_that_end(BIT(VEC_DF), EXIT_EXCEPTION_NMI, 0x4ffffc);
    page_faults_that_end(0, EXIT_TRIPLE_FAULT, 0x4ffffc);
}

/* ---- injection (26.5.1.1) ---- */

enum { INT_LENGTH = 2 };
static const u32 events[] = {
    INTR_INFO(0x30, EVENT_EXTERNAL), INTR_INFO(VEC_NMI, EVENT_NMI), INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION),
    INTR_INFO(VEC_DB, EVENT_HARD_EXCEPTION), INTR_INFO(0x80, EVENT_SOFT_INT),
    INTR_INFO(VEC_BP, EVENT_SOFT_EXCEPTION), INTR_INFO(VEC_DB, EVENT_PRIV_SOFT_INT),
};

static bool is_software(u32 event)
{
    return INTR_TYPE(event) >= EVENT_SOFT_INT;
}

/* The type of a program's own INT n, INT3, INTO, to which the gate's DPL matters. */
static bool is_checked(u32 event)
{
    return INTR_TYPE(event) == EVENT_SOFT_INT || INTR_TYPE(event) == EVENT_SOFT_EXCEPTION;
}

static void inject(u32 event)
{
    vmcs_set(VMCS_ENTRY_INTR_INFO, event);
    vmcs_set(VMCS_ENTRY_INSTRUCTION_LENGTH, INT_LENGTH);
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
}

static void set_gate(unsigned vector, u8 type, u8 dpl, bool present)
{
    struct gate g = { .sel = type == SYS_TASK_GATE ? SEL_TSS2 : SEL_CODE, .type = type, .dpl = dpl,
                      .present = present, .offset = HANDLER + vector * 16 };
    u32 lo, hi;
    gate_pack(&g, &lo, &hi);
    poke32(IDT + vector * 8, lo);
    poke32(IDT + vector * 8 + 4, hi);
}

/* RF is pushed, or saved in the old TSS, as it was loaded, whatever the event: a monitor that injects a
 * fault sets it itself. */
static void pushed_rf(void)
{
    for (unsigned i = 0; i < COUNT(events) * 2; i++) {
        u32 event = events[i / 2], flags = FL_1 | FL_IF | (i % 2 ? FL_RF : 0);
        world_up();
        vmcs_set(VMCS_GUEST_RFLAGS, flags);
        inject(event);
        CU_ASSERT_EQUAL(world.arch->eip, HANDLER + (event & 0xff) * 16);
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 12), CODE + (is_software(event) ? INT_LENGTH : 0));
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 4), flags);
        CU_ASSERT_EQUAL(world.arch->eflags, FL_1);
        world_down();
        world_up();
        vmcs_set(VMCS_GUEST_RFLAGS, flags);
        set_gate(event & 0xff, SYS_TASK_GATE, 3, true);
        inject(event);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), EXIT_TASK_SWITCH);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), event);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RFLAGS), flags);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE);
        world_down();
    }
}

/* What faults while an event is injected is a fault like any other, at the present EIP; EXT says whether
 * the program asked for the event. */
static void nested_fault(void)
{
    for (unsigned i = 0; i < COUNT(events); i++) {
        world_up();
        vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF);
        set_gate(events[i] & 0xff, SYS_INT32, 3, false);
        inject(events[i]);
        CU_ASSERT_EQUAL(world.arch->eip, HANDLER + VEC_NP * 16);
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 16), (events[i] & 0xff) * 8 + 2 + !is_checked(events[i]));
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 12), CODE);
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 4), FL_1 | FL_IF | FL_RF);
        world_down();
    }
}

/* CPL 3 meets a gate of DPL 0: only a program's own INT n, INT3 and INTO are refused. */
static void gate_privilege(void)
{
    for (unsigned i = 0; i < COUNT(events); i++) {
        u32 vector = events[i] & 0xff;
        world_up();
        for (unsigned r = 0; r < SREG_COUNT; r++)
            put_segment(r, r == CS ? SEL_CODE3 : SEL_DATA3, r == CS ? 0xc0fb : 0xc0f3, 0, ~0u);
        vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF);
        set_gate(vector, SYS_INT32, 0, true);
        inject(events[i]);
        CU_ASSERT_EQUAL(world.arch->eip, HANDLER + (is_checked(events[i]) ? VEC_GP : vector) * 16);
        if (is_checked(events[i]))
            CU_ASSERT_EQUAL(peek32(GUEST_STACK - 24), vector * 8 + 2);
        world_down();
    }
}

/* The transition is a branch, a #DB's too: LBR is not cleared before it. */
static void last_branch(void)
{
    for (unsigned i = 0; i < COUNT(events); i++) {
        world_up();
        vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF);
        vmcs_set(VMCS_GUEST_DEBUGCTL, DEBUGCTL_LBR);
        inject(events[i]);
        CU_ASSERT_EQUAL(world.arch->debugctl, DEBUGCTL_LBR);
        CU_ASSERT_EQUAL(world.arch->branch_from, CODE);
        CU_ASSERT_EQUAL(world.arch->branch_to, HANDLER + (events[i] & 0xff) * 16);
        world_down();
    }
}

/* ---- ... into virtual-8086 mode ---- */

enum { V86_CS = 0x1000, V86_STACK = 0x2000, V86_SP = 0x800, IVT_CS = 0x3000, IOMAP = 0x88 };
enum { V86_LINEAR = V86_STACK * 16 + V86_SP };

/* All of 8086's handlers are at IVT_CS:16 v; bitmap: a set bit sends the vector to the IDT. */
static void v86_world(u32 flags, u32 cr4, u32 bitmap)
{
    world_up();
    for (unsigned i = 0; i < SREG_COUNT; i++) {
        u32 sel = i == CS ? V86_CS : V86_STACK;
        put_segment(i, sel, 0xf3, sel * 16, 0xffff);
    }
    put_segment(7, SEL_TSS, 0x8b, TSS, IOMAP);
    for (u32 v = 0; v < 256; v++)
        poke32(v * 4, (u32)IVT_CS << 16 | v * 16);
    for (u32 i = IOMAP - 32; i < IOMAP; i += 4)
        poke32(TSS + i, bitmap);
    poke32(TSS + TSS_TRAP, (u32)IOMAP << 16);
    vmcs_set(VMCS_GUEST_CR4, CR4_VMXE | CR4_PSE | cr4);
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_VM | flags);
    vmcs_set(VMCS_GUEST_RSP, V86_SP);
    vmcs_set(VMCS_GUEST_RIP, 0x100);
}

/* The monitor's INT n went through the IDT, whatever IOPL. */
static void expect_idt(unsigned vector, u32 flags)
{
    CU_ASSERT_EQUAL(world.arch->eip, HANDLER + vector * 16);
    CU_ASSERT_EQUAL(world.arch->eflags & FL_VM, 0);
    CU_ASSERT_EQUAL(peek32(GUEST_STACK - 36), 0x100 + INT_LENGTH);
    CU_ASSERT_EQUAL(peek32(GUEST_STACK - 28), flags);
}

/* ... through the IVT.  pushed: FLAGS as the 8086 program believes them to be; left: EFLAGS after it. */
static void expect_ivt(unsigned vector, u32 pushed, u32 left)
{
    const struct arch *s = world.arch;
    CU_ASSERT_EQUAL(s->seg[CS].sel, IVT_CS);
    CU_ASSERT_EQUAL(s->eip, vector * 16);
    CU_ASSERT_EQUAL(s->reg[ESP], V86_SP - 6);
    CU_ASSERT_EQUAL(peek32(V86_LINEAR - 6), 0x100 + INT_LENGTH + (V86_CS << 16));
    CU_ASSERT_EQUAL(peek32(V86_LINEAR - 2) & 0xffff, pushed & 0xffff);
    CU_ASSERT_EQUAL(s->eflags, left);
}

static void redirection(void)
{
    for (u32 iopl = 0; iopl < 4; iopl++) {
        u32 flags = iopl << 12 | FL_VIF | FL_TF | FL_RF, base = FL_1 | FL_VM | flags;
        u32 cleared = FL_TF | FL_RF | (iopl == 3 ? FL_IF : FL_VIF);
        v86_world(flags, CR4_VME, 0);
        inject(INTR_INFO(0x21, EVENT_SOFT_INT));
        expect_ivt(0x21, iopl == 3 ? base : base | FL_IOPL | FL_IF, base & ~cleared);
        world_down();
        v86_world(flags, CR4_VME, ~0u);
        inject(INTR_INFO(0x21, EVENT_SOFT_INT));
        expect_idt(0x21, base);
        world_down();
        v86_world(flags, 0, 0);
        inject(INTR_INFO(0x21, EVENT_SOFT_INT));
        expect_idt(0x21, base);
        world_down();
    }
}

/* Nothing but INT n looks at the bitmap. */
static void not_redirected(void)
{
    for (unsigned i = 0; i < COUNT(events); i++) {
        u32 event = events[i];
        if (INTR_TYPE(event) == EVENT_SOFT_INT)
            continue;
        v86_world(FL_IF, CR4_VME, 0);
        inject(event);
        CU_ASSERT_EQUAL(world.arch->eip, HANDLER + (event & 0xff) * 16);
        CU_ASSERT_EQUAL(world.arch->eflags, FL_1);
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 36), 0x100 + (is_software(event) ? INT_LENGTH : 0));
        world_down();
    }
}

/* The gate's DPL counts behind the bitmap, not before it; a TSS without one cannot say. */
static void redirection_refused(void)
{
    for (unsigned tss = 0; tss < 2; tss++) {
        v86_world(0, CR4_VME, ~0u);
        if (tss)
            put_segment(7, SEL_TSS, 0x8b, TSS, 0x67 - 1);
        set_gate(0x21, SYS_INT32, 0, true);
        inject(INTR_INFO(0x21, EVENT_SOFT_INT));
        CU_ASSERT_EQUAL(world.arch->eip, HANDLER + VEC_GP * 16);
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 40), tss ? 0 : 0x21 * 8 + 2);
        CU_ASSERT_EQUAL(peek32(GUEST_STACK - 36), 0x100);
        world_down();
    }
    v86_world(0, CR4_VME, 0);
    set_gate(0x21, SYS_INT32, 0, true);
    inject(INTR_INFO(0x21, EVENT_SOFT_INT));
    expect_ivt(0x21, FL_1 | FL_IOPL, FL_1 | FL_VM);
    world_down();
}

/* A fault in the 8086 program's own table or stack is one in the middle of the delivery (27.2.3). */
static void redirection_faults(void)
{
    v86_world(0, CR4_VME, 0);
    vmcs_set(VMCS_GUEST_RSP, 3);
    vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_SS));
    inject(INTR_INFO(0x21, EVENT_SOFT_INT));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), INTR_INFO(VEC_SS, EVENT_HARD_EXCEPTION) | INTR_ERROR);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_ERROR), 0);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), INTR_INFO(0x21, EVENT_SOFT_INT));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH), INT_LENGTH);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), 0x100);
    world_down();
}

/* ... so it is when the program executes INT n itself; where that is not allowed nothing was delivered. */
static void executed_redirection(void)
{
    for (unsigned refused = 0; refused < 2; refused++) {
        v86_world(0, CR4_VME, refused ? ~0u : 0);
        vmcs_set(VMCS_GUEST_RIP, 0);
        vmcs_set(VMCS_GUEST_RSP, 3);
        vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_SS) | BIT(VEC_GP));
        RUN_GUEST(0xcd, 0x21);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO) & 0xff, refused ? VEC_GP : VEC_SS);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_ERROR), 0);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), refused ? 0 : INTR_INFO(0x21, EVENT_SOFT_INT));
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH), refused ? 0 : INT_LENGTH);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), 0);
        world_down();
    }
}

/* NMIs, virtual ones or not, are blocked from the beginning of the delivery, even if that exits (27.1). */
static void nmi_that_exits(void)
{
    for (unsigned is_virtual = 0; is_virtual < 2; is_virtual++) {
        world_up();
        vmcs_set(VMCS_PIN_CONTROLS, 0x16 | (is_virtual ? PIN_NMI | PIN_VIRTUAL_NMI : 0));
        vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_NP));
        set_gate(VEC_NMI, SYS_INT32, 3, false);
        inject(INTR_INFO(VEC_NMI, EVENT_NMI));
        CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), INTR_INFO(VEC_NMI, EVENT_NMI));
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
        CU_ASSERT_EQUAL(world.arch->nmi_blocked, !is_virtual);
        world_down();
    }
}

static const struct unit_case cases[] = {
    { "CR2 of a #PF that becomes a #DF or the end", page_faults },
    { "RF that injection pushes", pushed_rf },
    { "a fault while injecting", nested_fault },
    { "the gate's DPL while injecting", gate_privilege },
    { "injection is a branch", last_branch },
    { "INT n injected into virtual-8086 mode", redirection },
    { "... and other events", not_redirected },
    { "... refused", redirection_refused },
    { "... and a fault in the 8086 program", redirection_faults },
    { "... or in its own INT n", executed_redirection },
    { "an NMI whose delivery exits", nmi_that_exits },
};

UNIT_MAIN("vmx-event", cases)
