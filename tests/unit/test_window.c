/* The native window: reached by hardware rules alone, and by nobody else (docs/window.md). */
#include "tests/unit/tiny.h"

static const struct machine_config monitored = { .monitored = true };

static void open_with(struct tiny *t, unsigned cpl, const u8 *code, u32 len)
{
    tiny_open(t, monitored, cpl, TINY_CODE);
    machine_poke(&t->hw, TINY_CODE, code, len);
}
#define OPEN(t, cpl, ...) \
    open_with(t, cpl, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

/* INT n through each gate: the slot, the stack of the TSS, and a true frame in simulated memory. */
static void every_vector(void)
{
    for (unsigned v = 0; v < 256; v++) {
        struct tiny t;
        OPEN(&t, 3, 0xcd, (u8)v);
        u32 flags = t.hw.arch->eflags;
        tiny_run(&t, 10);
        CU_ASSERT_EQUAL(t.stop.kind, STOP_NATIVE);
        CU_ASSERT_EQUAL(t.stop.arg, v);
        CU_ASSERT_EQUAL(hw_window_slot(&t.hw), (int)v);
        CU_ASSERT_EQUAL(t.hw.arch->cpl, 0);
        CU_ASSERT_EQUAL(t.hw.arch->eip, TINY_WINDOW + v * 16);
        CU_ASSERT_EQUAL(t.hw.arch->reg[ESP], TINY_STACK - 20);
        CU_ASSERT_EQUAL(tiny_frame(&t, 0), TINY_CODE + 2);
        CU_ASSERT_EQUAL(tiny_frame(&t, 1), TINY_CS3);
        CU_ASSERT_EQUAL(tiny_frame(&t, 2), flags);
        CU_ASSERT_EQUAL(tiny_frame(&t, 3), TINY_GUEST_STACK);
        CU_ASSERT_EQUAL(tiny_frame(&t, 4), TINY_DS3);
        tiny_close(&t);
    }
}

static void faults_arrive(void)
{
    struct tiny t;
    OPEN(&t, 3, 0xfa); /* cli */
    tiny_run(&t, 10);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_NATIVE);
    CU_ASSERT_EQUAL(t.stop.arg, VEC_GP);
    CU_ASSERT_EQUAL(tiny_frame(&t, 0), 0);         /* error code */
    CU_ASSERT_EQUAL(tiny_frame(&t, 1), TINY_CODE); /* the instruction itself */
    tiny_close(&t);
    OPEN(&t, 3, 0xa1, 0x00, 0x00, 0x40, 0x00); /* mov 0x400000,%eax */
    tiny_run(&t, 10);
    CU_ASSERT_EQUAL(t.stop.arg, VEC_PF);
    CU_ASSERT_EQUAL(tiny_frame(&t, 0), PF_USER);
    CU_ASSERT_EQUAL(t.hw.arch->cr2, 0x400000);
    tiny_close(&t);
}

static void sysenter_arrives(void)
{
    struct tiny t;
    OPEN(&t, 3, 0x0f, 0x34);
    hw_wrmsr(&t.hw, MSR_SYSENTER_CS, TINY_CS0);
    hw_wrmsr(&t.hw, MSR_SYSENTER_ESP, TINY_STACK);
    hw_wrmsr(&t.hw, MSR_SYSENTER_EIP, TINY_WINDOW + SLOT_SYSENTER * 16);
    tiny_run(&t, 10);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_NATIVE);
    CU_ASSERT_EQUAL(t.stop.arg, SLOT_SYSENTER);
    tiny_close(&t);
}

/* The way back is IRET through the frame: forged, it leads elsewhere, as on silicon. */
static void iret_returns(void)
{
    struct tiny t;
    OPEN(&t, 3, 0xcd, 0x80, 0x40, 0x40, 0xcd, 0x81); /* int 80h; inc eax; inc eax; int 81h */
    tiny_run(&t, 10);
    hw_iret(&t.hw);
    tiny_run(&t, 10);
    CU_ASSERT_EQUAL(t.stop.arg, 0x81);
    CU_ASSERT_EQUAL(t.hw.arch->reg[EAX], 2);
    CU_ASSERT_EQUAL(tiny_frame(&t, 0), TINY_CODE + 6);
    tiny_close(&t);
}

/* A monitor that forgets to map its gate page: every fetch from a gate faults, the frames run down the
 * stack, a push faults inside a delivery, then inside #DF: shutdown.  Nobody is told before. */
static void forgotten_page(void)
{
    struct tiny t;
    OPEN(&t, 3, 0xcd, 0x80);
    tiny_poke(&t, TINY_TOP_PT, 0);
    tiny_poke(&t, TINY_PT + 3 * 4, 0); /* what lies below the ring-0 stack */
    machine_arena_replaced(&t.hw);
    tiny_run(&t, 100000);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_SHUTDOWN);
    CU_ASSERT_EQUAL(hw_window_slot(&t.hw), -1);
    CU_ASSERT_TRUE(t.hw.state->step > 200); /* 4096 bytes of frames first */
    tiny_close(&t);
}

static void user_fetch(u32 rights, unsigned vector)
{
    struct tiny t;
    OPEN(&t, 3, 0xb8, 0x00, 0x10, 0xc0, 0xff, 0xff, 0xe0); /* mov $0xffc01000,%eax; jmp *%eax */
    tiny_poke(&t, TINY_TOP_PT + 4, (WINDOW_FRAME + PAGE_SIZE) | rights);
    tiny_run(&t, 2);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_STEP);
    CU_ASSERT_EQUAL(t.hw.arch->eip, TINY_WINDOW + PAGE_SIZE);
    tiny_run(&t, 10);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_NATIVE);
    CU_ASSERT_EQUAL(t.stop.arg, vector);
    CU_ASSERT_EQUAL(tiny_frame(&t, 1), TINY_WINDOW + PAGE_SIZE);
    tiny_close(&t);
}
static void guest_jumps_there(void) { user_fetch(PTE_P, VEC_PF); }
static void guest_maps_it(void) { user_fetch(PTE_P | PTE_U, VEC_GP); }

/* At CPL 0 in non-root operation the frames hold no code: the fetch faults. */
static void nonroot_fetch(void)
{
    struct tiny t;
    struct insn in;
    u32 pa;
    OPEN(&t, 0, 0x90);
    t.hw.arch->eip = TINY_WINDOW;
    t.hw.state->vmx.nonroot = 1;
    CU_ASSERT_EQUAL(machine_fetch(&t.hw, &in, &pa), FAULT_ERR(VEC_GP, 0));
    CU_ASSERT_EQUAL(hw_window_slot(&t.hw), -1);
    tiny_close(&t);
}

/* Without a monitor there is no window: nothing answers there, and all ones are no instruction. */
static void native_fetch(void)
{
    struct tiny t;
    struct insn in;
    u32 pa;
    tiny_open(&t, (struct machine_config){ 0 }, 0, TINY_WINDOW);
    CU_ASSERT_EQUAL(machine_fetch(&t.hw, &in, &pa), FAULT(VEC_UD));
    CU_ASSERT_EQUAL(hw_window_slot(&t.hw), -1);
    tiny_run(&t, 3);
    CU_ASSERT_NOT_EQUAL(t.stop.kind, STOP_NATIVE);
    tiny_close(&t);
}

static void data_there(void)
{
    struct tiny t;
    OPEN(&t, 0, 0xa1, 0x00, 0x00, 0xc0, 0xff, 0xa3, 0x00, 0x00, 0xc0, 0xff); /* read, write */
    tiny_run(&t, 2);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_STEP);
    CU_ASSERT_EQUAL(t.hw.arch->reg[EAX], 0xffffffffu);
    CU_ASSERT_EQUAL(t.hw.arch->eip, TINY_CODE + 10);
    tiny_close(&t);
}

/* Stopping there is not an event of the guest's: asked again, the machine stands where it stood. */
static void asked_twice(void)
{
    struct tiny t;
    OPEN(&t, 3, 0xcd, 0x80);
    tiny_run(&t, 10);
    u64 before = arena_hash(&t.hw.arena);
    tiny_run(&t, 10);
    CU_ASSERT_EQUAL(t.stop.kind, STOP_NATIVE);
    CU_ASSERT_EQUAL(arena_hash(&t.hw.arena), before);
    tiny_close(&t);
}

static const struct unit_case cases[] = {
    { "INT n through every gate", every_vector },
    { "faults arrive with their frames", faults_arrive },
    { "SYSENTER has its slot", sysenter_arrives },
    { "IRET is the way back", iret_returns },
    { "a forgotten gate page ends in shutdown", forgotten_page },
    { "the guest jumps there", guest_jumps_there },
    { "the guest maps it and jumps there", guest_maps_it },
    { "non-root operation", nonroot_fetch },
    { "no monitor, no window", native_fetch },
    { "data accesses find nothing", data_there },
    { "asked twice", asked_twice },
};

UNIT_MAIN("window", cases)
