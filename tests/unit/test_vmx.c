#include "tests/unit/vmx_world.h"

#include "sim/vmx_impl.h"
#include "vt/vt.h"

/* VT-x instructions, their failures, and the checks of VM entry (SDM 3C 26, 30). */

static void fields(void)
{
    for (unsigned i = 0; i < vmcs_field_count; i++) {
        CU_ASSERT_EQUAL(vmcs_field_index(vmcs_fields[i].encoding), (int)i);
        CU_ASSERT_TRUE(i == 0 || vmcs_fields[i].encoding > vmcs_fields[i - 1].encoding);
        CU_ASSERT_EQUAL(vmcs_fields[i].encoding & 0xffff9000u, 0);
        bool half = (vmcs_fields[i].encoding >> 13 & 3) == 1;
        CU_ASSERT_EQUAL(vmcs_fields[i].width == 64, half);
    }
    CU_ASSERT_EQUAL(vmcs_field_index(0x2012), -1); /* virtual-APIC address: not on this part */
    CU_ASSERT_STRING_EQUAL(exit_reason_name(28), "CR_ACCESS");
    CU_ASSERT_STRING_EQUAL(exit_reason_name(BIT(31) | 33), "INVALID_STATE");
    CU_ASSERT_STRING_EQUAL(exit_reason_name(200), "?");
}

static void capabilities(void)
{
    static const u32 must[] = { 0x16, 0x0401e172, 0x36dff, 0x11ff };
    u64 value;
    for (u32 i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(vmx_rdmsr(0x481 + i, &value));
        CU_ASSERT_EQUAL((u32)value, must[i]);
        CU_ASSERT_EQUAL((u32)value & ~(u32)(value >> 32), 0);
    }
    CU_ASSERT_TRUE(vmx_rdmsr(0x480, &value));
    CU_ASSERT_EQUAL((u32)value, VMCS_REVISION);
    CU_ASSERT_FALSE(vmx_rdmsr(0x48b, &value));
}

#define FAILS(call, number) \
    do { \
        CU_ASSERT_EQUAL(call, VMX_FAIL_VALID); \
        CU_ASSERT_EQUAL(vmcs_get(VMCS_VM_INSTRUCTION_ERROR), number); \
    } while (0)

static void instruction_errors(void)
{
    u32 value;
    world_up();
    FAILS(vmx_clear(&world, VMCS_AT + 4), 2);
    FAILS(vmx_clear(&world, VMXON_AT), 3);
    FAILS(vmx_ptrld(&world, VMCS_AT + 0x800), 9);
    FAILS(vmx_ptrld(&world, VMXON_AT), 10);
    FAILS(vmx_ptrld(&world, GDT & ~0xfffu), 11);
    FAILS(vmx_ptrld(&world, 0xfff00000u), 11); /* no memory there */
    FAILS(vmx_read(&world, 0x2012, &value), 12);
    FAILS(vmx_write(&world, 0x2012, 0), 12);
    FAILS(vmx_write(&world, VMCS_EXIT_REASON, 0), 13);
    FAILS(vmx_on(&world, VMXON_AT), 15);
    FAILS(vmx_enter(&world, false), 5);
    world.arch->shadow = SHADOW_MOV_SS;
    FAILS(vmx_enter(&world, true), 26);
    world_down();
}

static void launch_state(void)
{
    world_up();
    RUN_GUEST(0x0f, 0xa2);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), EXIT_CPUID);
    FAILS(vmx_enter(&world, true), 4);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    world_down();
}

static void without_vmcs(void)
{
    u32 value;
    world_up();
    CU_ASSERT_EQUAL(vmx_clear(&world, VMCS_AT), VMX_SUCCEED);
    CU_ASSERT_EQUAL(world.state->vmx.current, 0xffffffffu);
    CU_ASSERT_EQUAL(vmx_read(&world, VMCS_GUEST_RIP, &value), VMX_FAIL_INVALID);
    CU_ASSERT_EQUAL(vmx_write(&world, VMCS_GUEST_RIP, 0), VMX_FAIL_INVALID);
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_FAIL_INVALID);
    CU_ASSERT_EQUAL(vmx_clear(&world, VMXON_AT), VMX_FAIL_INVALID);
    vmx_off(&world);
    poke32(VMXON_AT, 1);
    CU_ASSERT_EQUAL(vmx_on(&world, VMXON_AT), VMX_FAIL_INVALID);
    CU_ASSERT_FALSE(world.state->vmx.on);
    world_down();
}

/* A field made wrong, and the VMfail number it gives. */
struct wrong { u32 field, value, error; };

static const struct wrong wrong_controls[] = {
    { VMCS_PIN_CONTROLS, 0x14, 7 }, { VMCS_PIN_CONTROLS, 0x56, 7 },
    { VMCS_PIN_CONTROLS, 0x16 | PIN_VIRTUAL_NMI, 7 }, { VMCS_CPU_CONTROLS, 0x172, 7 },
    { VMCS_CPU_CONTROLS, 0x8401e172, 7 }, { VMCS_CPU_CONTROLS, 0x0401e172 | CPU_NMI_WINDOW, 7 },
    { VMCS_CR3_TARGET_COUNT, 5, 7 }, { VMCS_EXIT_CONTROLS, 0, 7 },
    { VMCS_EXIT_CONTROLS, 0x36dff | BIT(9), 7 }, { VMCS_ENTRY_CONTROLS, 0, 7 },
    { VMCS_ENTRY_CONTROLS, 0x11ff | BIT(9), 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_VALID | 1 << 8, 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(3, EVENT_NMI), 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(32, EVENT_HARD_EXCEPTION), 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_GP, EVENT_HARD_EXCEPTION), 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION) | INTR_ERROR, 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION) | BIT(13), 7 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(0x80, EVENT_SOFT_INT), 7 },
    { VMCS_HOST_CR0, CR0_PE | CR0_NE, 8 }, { VMCS_HOST_CR4, 0, 8 },
    { VMCS_HOST_CS_SELECTOR, 0, 8 }, { VMCS_HOST_SS_SELECTOR, 0, 8 },
    { VMCS_HOST_TR_SELECTOR, 0, 8 }, { VMCS_HOST_ES_SELECTOR, 3, 8 },
    { VMCS_HOST_FS_SELECTOR, 4, 8 },
};

static void control_and_host_checks(void)
{
    world_up();
    for (unsigned i = 0; i < COUNT(wrong_controls); i++) {
        const struct wrong *w = &wrong_controls[i];
        u32 good = vmcs_get(w->field);
        vmcs_set(w->field, w->value);
        FAILS(vmx_enter(&world, true), w->error);
        vmcs_set(w->field, good);
    }
    vmcs_set(VMCS_CPU_CONTROLS, 0x0401e172 | CPU_IO_BITMAPS);
    vmcs_set(VMCS_IO_BITMAP_A, 0x10);
    FAILS(vmx_enter(&world, true), 7);
    vmcs_set(VMCS_CPU_CONTROLS, 0x0401e172 | CPU_MSR_BITMAPS);
    vmcs_set(VMCS_MSR_BITMAP_HIGH, 1);
    FAILS(vmx_enter(&world, true), 7);
    vmcs_set(VMCS_CPU_CONTROLS, 0x0401e172);
    vmcs_set(VMCS_EXIT_MSR_LOAD_COUNT, 1);
    vmcs_set(VMCS_EXIT_MSR_LOAD_ADDRESS, 8);
    FAILS(vmx_enter(&world, true), 7);
    CU_ASSERT_FALSE(world.state->vmx.nonroot);
    world_down();
}

static const struct wrong wrong_guest[] = {
    { VMCS_GUEST_CR0, CR0_PE | CR0_NE, 0 }, { VMCS_GUEST_CR4, 0, 0 },
    { VMCS_GUEST_CR4, CR4_VMXE | BIT(14), 0 },
    { VMCS_GUEST_CR4, CR4_VMXE | CR4_PAE, 2 }, /* a PDE is no PDPTE */
    { VMCS_GUEST_DEBUGCTL, 0x80000000u, 0 },
    { VMCS_GUEST_RFLAGS, 0, 0 }, { VMCS_GUEST_RFLAGS, FL_1 | 8, 0 },
    { VMCS_GUEST_CS_AR, 0xc093, 0 }, { VMCS_GUEST_CS_AR, 0xc09a, 0 },
    { VMCS_GUEST_CS_AR, 0xc01b, 0 }, { VMCS_GUEST_CS_AR, 0xc0fb, 0 },
    { VMCS_GUEST_CS_AR, 0x409b, 0 }, { VMCS_GUEST_CS_AR, 0xc19b, 0 },
    { VMCS_GUEST_CS_SELECTOR, SEL_CODE | 3, 0 }, { VMCS_GUEST_SS_AR, 0xc091, 0 },
    { VMCS_GUEST_SS_AR, 0xc0f3, 0 }, { VMCS_GUEST_DS_AR, 0xc092, 0 },
    { VMCS_GUEST_DS_AR, 0xc099, 0 }, { VMCS_GUEST_ES_SELECTOR, SEL_DATA | 3, 0 },
    { VMCS_GUEST_FS_LIMIT, 0x1234, 0 }, { VMCS_GUEST_GS_AR, 0xc083, 0 },
    { VMCS_GUEST_TR_AR, 0x89, 0 }, { VMCS_GUEST_TR_AR, 0x1008b, 0 },
    { VMCS_GUEST_TR_SELECTOR, SEL_TSS | 4, 0 }, { VMCS_GUEST_LDTR_AR, 0x83, 0 },
    { VMCS_GUEST_GDTR_LIMIT, 0x10000, 0 }, { VMCS_GUEST_IDTR_LIMIT, 0x10000, 0 },
    { VMCS_GUEST_ACTIVITY, 2, 0 }, { VMCS_GUEST_INTERRUPTIBILITY, 3, 0 },
    { VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI, 0 },
    { VMCS_GUEST_INTERRUPTIBILITY, 4, 0 }, { VMCS_GUEST_PENDING_DEBUG, 0x10, 0 },
    { VMCS_ENTRY_INTR_INFO, INTR_INFO(0x20, EVENT_EXTERNAL), 0 }, /* IF is 0 */
    { VMCS_GUEST_LINK_POINTER, 0, 4 }, { VMCS_GUEST_LINK_POINTER, VMCS_AT, 4 },
};

/* A wrong guest state is an exit with bit 31: the host runs, nothing of the guest was
 * touched. */
static void guest_checks(void)
{
    world_up();
    for (unsigned i = 0; i < COUNT(wrong_guest); i++) {
        const struct wrong *w = &wrong_guest[i];
        u32 good = vmcs_get(w->field);
        u64 step = world.state->step;
        vmcs_set(w->field, w->value);
        world.arch->eip = 0;
        CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), EXIT_ENTRY_FAILURE | EXIT_INVALID_STATE);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_QUALIFICATION), w->error);
        CU_ASSERT_EQUAL(vmcs_get(w->field), vmcs_fields[vmcs_field_index(w->field)].width == 16
                                                ? (w->value & 0xffff) : w->value);
        CU_ASSERT_EQUAL(world.arch->eip, HOST);
        CU_ASSERT_FALSE(world.state->vmx.nonroot);
        CU_ASSERT_EQUAL(world.state->step, step);
        vmcs_set(w->field, good);
    }
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED); /* still clear, and now valid */
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    world_down();
}

static void nmi_under_sti(void)
{
    world_up();
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF);
    vmcs_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_STI);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_NMI, EVENT_NMI));
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), EXIT_ENTRY_FAILURE | EXIT_INVALID_STATE);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_QUALIFICATION), 3);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_ENTRY_INTR_INFO), INTR_INFO(VEC_NMI, EVENT_NMI));
    world_down();
}

static void put_msr(u32 at, u32 msr, u32 value)
{
    poke32(at, msr);
    poke32(at + 4, 0);
    poke32(at + 8, value);
    poke32(at + 12, 0);
}

static void msr_areas(void)
{
    world_up();
    put_msr(MSR_AREA, MSR_SYSENTER_ESP, 0x1111);
    put_msr(MSR_AREA + 16, MSR_SYSENTER_ESP, 0);
    put_msr(MSR_AREA + 32, MSR_SYSENTER_ESP, 0x3333);
    vmcs_set(VMCS_ENTRY_MSR_LOAD_COUNT, 1);
    vmcs_set(VMCS_ENTRY_MSR_LOAD_ADDRESS, MSR_AREA);
    vmcs_set(VMCS_EXIT_MSR_STORE_COUNT, 1);
    vmcs_set(VMCS_EXIT_MSR_STORE_ADDRESS, MSR_AREA + 16);
    vmcs_set(VMCS_EXIT_MSR_LOAD_COUNT, 1);
    vmcs_set(VMCS_EXIT_MSR_LOAD_ADDRESS, MSR_AREA + 32);
    RUN_GUEST(0x0f, 0xa2);
    CU_ASSERT_EQUAL(peek32(MSR_AREA + 16 + 8), 0x1111);
    CU_ASSERT_EQUAL(world.arch->sysenter_esp, 0x3333);
    put_msr(MSR_AREA, 0x9999, 0); /* no such MSR: the first entry fails */
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), EXIT_ENTRY_FAILURE | EXIT_MSR_LOAD_FAIL);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_QUALIFICATION), 1);
    world_down();
}

/* 27.5.4 comes before 27.6: a host without valid PDPTEs loads no MSR. */
static void abort_order(void)
{
    world_up();
    vmcs_set(VMCS_HOST_CR4, CR4_VMXE | CR4_PAE); /* a PDE is no PDPTE */
    put_msr(MSR_AREA, MSR_SYSENTER_ESP, 0x3333);
    put_msr(MSR_AREA + 16, 0x9999, 0);
    vmcs_set(VMCS_EXIT_MSR_LOAD_COUNT, 2);
    vmcs_set(VMCS_EXIT_MSR_LOAD_ADDRESS, MSR_AREA);
    RUN_GUEST(0x0f, 0xa2);
    CU_ASSERT_EQUAL(peek32(VMCS_AT + 4), 2); /* the abort indicator */
    CU_ASSERT_EQUAL(world.arch->sysenter_esp, 0);
    CU_ASSERT_EQUAL(world.state->outside.ended, OUTSIDE_END_SHUTDOWN);
    world_down();
}

/* The instructions in simulated code, in root operation: flags and EIP. */
static void in_code(void)
{
    static const u8 code[] = {
        0x0f, 0x01, 0xc1,             /* vmcall: error 1 */
        0xb8, 0x1e, 0x68, 0, 0,       /* mov $GUEST_RIP, %eax */
        0x0f, 0x78, 0xc3,             /* vmread %eax, %ebx */
        0x0f, 0x79, 0xc4,             /* vmwrite %esp, %eax */
        0x0f, 0x01, 0xc2,             /* vmlaunch */
    };
    world_up();
    struct arch *s = world.arch;
    machine_poke(&world, HOST, code, sizeof code);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(s->eflags & FL_ARITH, FL_ZF);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_VM_INSTRUCTION_ERROR), 1);
    for (unsigned i = 0; i < 3; i++)
        machine_step_one(&world);
    CU_ASSERT_EQUAL(s->reg[EBX], CODE);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), HOST_STACK);
    CU_ASSERT_EQUAL(s->eflags & FL_ARITH, 0);
    vmcs_set(VMCS_GUEST_RIP, CODE);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(s->eip, CODE);
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    world_down();
}

/* Where an instruction fails its operand is not accessed: VMREAD of no field, VMXON in VMX operation (30.3). */
static void operands_of_failures(void)
{
    static const u8 code[] = { 0x0f, 0x78, 0x05, 0, 0, 0x50, 0,   /* vmread %eax, 0x500000: not mapped */
                               0xf3, 0x0f, 0xc7, 0x35, 0, 0, 0x50, 0 };  /* vmxon 0x500000 */
    world_up();
    machine_poke(&world, HOST, code, sizeof code);
    world.arch->reg[EAX] = 0x2012;
    machine_step_one(&world);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_VM_INSTRUCTION_ERROR), 12);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_VM_INSTRUCTION_ERROR), 15);
    CU_ASSERT_EQUAL(world.arch->eip, HOST + sizeof code);
    world.arch->reg[EAX] = VMCS_GUEST_RIP;
    world.arch->eip = HOST;
    machine_step_one(&world);
    CU_ASSERT_EQUAL(world.arch->eip, HANDLER + VEC_PF * 16);
    world_down();
}

/* A20M: the processor does not enter VMX operation (30.3, VMXON). */
static void without_a20(void)
{
    static const u8 vmxon[] = { 0xf3, 0x0f, 0xc7, 0x35, 0, 0, 1, 0 }; /* of what lies at 10000h */
    world_up();
    vmx_off(&world);
    machine_poke(&world, HOST, vmxon, sizeof vmxon);
    poke32(CODE, VMXON_AT);
    world.state->platform.firmware = 1;
    for (unsigned a20 = 0; a20 < 2; a20++) {
        world.state->platform.a20 = (u8)a20;
        world.arch->eip = HOST;
        machine_step_one(&world);
        CU_ASSERT_EQUAL(world.state->vmx.on, a20);
        CU_ASSERT_EQUAL(world.arch->eip, a20 ? HOST + sizeof vmxon : HANDLER + VEC_GP * 16);
    }
    world_down();
}

/* VMLAUNCH and VMRESUME find the shadow of MOV SS, and end it (30.3). */
static void behind_mov_ss(void)
{
    static const u8 code[] = { 0x8e, 0xd0, 0x0f, 0x01, 0xc2, 0x0f, 0x01, 0xc2 }; /* mov %eax, %ss; vmlaunch; again */
    world_up();
    machine_poke(&world, HOST, code, sizeof code);
    world.arch->reg[EAX] = SEL_DATA;
    machine_step_one(&world);
    CU_ASSERT_EQUAL(world.arch->shadow, SHADOW_MOV_SS);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(world.arch->eflags & FL_ARITH, FL_ZF);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_VM_INSTRUCTION_ERROR), 26);
    CU_ASSERT_EQUAL(world.arch->shadow, 0);
    CU_ASSERT_EQUAL(world.arch->eip, HOST + 5);
    machine_step_one(&world);
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    world_down();
}

static u32 seed = 1;
static u32 draw(u32 n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Mostly what is right, now and then not. */
static struct seg any_segment(unsigned i, unsigned cpl)
{
    static const u32 limit[] = { 0xffffffff, 0xffff, 0xfffff, 0x1fffff, 0, 0x67, 0x12345fff };
    u32 type = i == CS ? 11 : 3, rights = type | AR_S | AR_P | cpl << 5 | AR_DB;
    struct seg g = { .sel = (u16)(draw(4) ? 8 | cpl : draw(32)), .limit = limit[draw(8) ? 0 : draw(COUNT(limit))] };
    if (!draw(3))
        rights ^= BIT(draw(8));
    g.ar = draw(16) ? rights | (g.limit >> 20 ? AR_G : 0) : rights | (draw(2) ? AR_G : AR_UNUSABLE);
    return g;
}

static struct arch any_state(void)
{
    struct arch s = { .cr0 = CR0_PE | (draw(2) ? CR0_PG : 0) | (draw(2) ? CR0_TS : 0), .cr4 = CR4_VME,
                      .eflags = FL_1 };
    s.cpl = (u8)(draw(3) ? 0 : draw(4));
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s.seg[i] = any_segment(i, s.cpl);
    s.eflags |= (draw(2) ? FL_IF : 0) | (draw(4) ? 0 : FL_TF) | (draw(4) ? 0 : FL_NT | FL_AC);
    s.shadow = (u8)(draw(4) ? 0 : s.eflags & FL_IF ? 1 + draw(2) : SHADOW_MOV_SS);
    s.tr = (struct seg){ .sel = (u16)(draw(8) ? SEL_TSS : draw(64)), .limit = 0x67,
                         .ar = draw(8) ? 0x8b : draw(0x100) };
    s.ldtr = (struct seg){ .sel = (u16)(draw(8) ? 16 : draw(64)), .ar = draw(2) ? AR_UNUSABLE : 0x80 + draw(4) };
    if (draw(8))
        return s;
    s.eflags |= FL_VM;
    s.cpl = 3;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s.seg[i] = (struct seg){ .sel = 0x100, .base = 0x1000, .limit = 0xffff, .ar = draw(40) ? 0xf3 : 0x93 };
    return s;
}

/* What the engine says it can enter, this processor enters; and it says so of most that is. */
static void enterable(void)
{
    unsigned entered = 0, wasted = 0;
    world_up();
    for (unsigned n = 0; n < 200000; n++) {
        struct arch s = any_state();
        u32 qualification;
        vmcs_set(VMCS_GUEST_CR0, vmcs_guest_cr0(&s));
        vmcs_set(VMCS_GUEST_CR4, vmcs_guest_cr4(&s));
        vmcs_set(VMCS_GUEST_RFLAGS, s.eflags);
        vmcs_set(VMCS_GUEST_INTERRUPTIBILITY, s.shadow);
        for (unsigned i = 0; i < SREG_COUNT + 2; i++) {
            const struct seg *g = i < SREG_COUNT ? &s.seg[i] : i == SREG_COUNT ? &s.ldtr : &s.tr;
            put_segment(i, g->sel, g->ar, g->base, g->limit);
        }
        bool good = vmx_check_guest(&world, vmcs_current(&world), &qualification), says = vmcs_enterable(&s);
        CU_ASSERT_TRUE_FATAL(good || !says);
        entered += says;
        wasted += good && !says;
    }
    CU_ASSERT_TRUE(entered > 10000 && wasted < entered / 50);
    if (wasted >= entered / 50)
        printf("\n  %u entered, %u not", entered, wasted);
    world_down();
}

/* RF is saved as the event would have pushed it, or the task switch stored it (27.3.3): software events clear it. */
static void rf_of_software_events(void)
{
    static const struct { u8 code[2]; u8 vector; } t[] = { { { 0xcc }, VEC_BP }, { { 0xf1 }, VEC_DB },
                                                           { { 0xcd, 0x80 }, 0x80 } };
    for (unsigned i = 0; i < COUNT(t); i++) {
        struct gate g = { .sel = SEL_TSS2, .type = SYS_TASK_GATE, .dpl = 3, .present = 1 };
        u32 lo, hi;
        world_up();
        gate_pack(&g, &lo, &hi);
        poke32(IDT + 0x80 * 8, lo);
        poke32(IDT + 0x80 * 8 + 4, hi);
        vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_BP) | BIT(VEC_DB));
        vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_RF);
        run_guest(t[i].code, 2);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_REASON), t[i].vector == 0x80 ? EXIT_TASK_SWITCH : EXIT_EXCEPTION_NMI);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RFLAGS), FL_1);
        world_down();
    }
}

/* #UD without VMX operation, #GP at CPL 3, fixed CR0 bits inside it. */
static void instruction_faults(void)
{
    static const u8 code[] = { 0x0f, 0x01, 0xc1, 0x0f, 0x22, 0xc0 }; /* vmcall; mov to cr0 */
    world_up();
    struct arch *s = world.arch;
    machine_poke(&world, HOST, code, sizeof code);
    s->cpl = 3;
    s->seg[CS] = flat(SEL_CODE3, 0xc0fb);
    s->seg[SS] = flat(SEL_DATA3, 0xc0f3);
    machine_refresh(&world);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(s->eip, HANDLER + VEC_GP * 16);
    s->eip = HOST + 3;
    s->reg[EAX] = CR0_PE | CR0_NE; /* PG may not be cleared in VMX operation */
    machine_step_one(&world);
    CU_ASSERT_EQUAL(s->eip, HANDLER + VEC_GP * 16);
    vmx_off(&world);
    s->eip = HOST;
    machine_step_one(&world);
    CU_ASSERT_EQUAL(s->eip, HANDLER + VEC_UD * 16);
    world_down();
}

static const struct unit_case cases[] = {
    { "the table of fields is sorted and complete", fields },
    { "capability MSRs allow what they demand", capabilities },
    { "VMfail numbers of the instructions", instruction_errors },
    { "launch state: VMLAUNCH once, then VMRESUME", launch_state },
    { "without a current VMCS: VMfailInvalid", without_vmcs },
    { "each wrong control or host field fails the entry", control_and_host_checks },
    { "each wrong guest field is an entry-failure exit", guest_checks },
    { "an NMI cannot be injected under STI blocking", nmi_under_sti },
    { "MSR areas are loaded, stored and checked", msr_areas },
    { "the order of VMX aborts", abort_order },
    { "VT-x instructions in simulated code", in_code },
    { "operands of instructions that fail", operands_of_failures },
    { "VMXON with A20 masked", without_a20 },
    { "VMLAUNCH behind MOV SS", behind_mov_ss },
    { "RF of software events", rf_of_software_events },
    { "states that the engine enters", enterable },
    { "faults of VT-x instructions and fixed bits", instruction_faults },
};
UNIT_MAIN("vmx", cases)
