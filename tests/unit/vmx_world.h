/* vmx_world.h - a small machine in VMX operation for tests: identity-mapped by one 4 MB page, a
 * VMCS that is valid in every field, guest code at CODE, the host's entry at HOST.
 *
 *   1000 page directory   2000 VMXON region   3000 VMCS   4000 guest IDT   5000 GDT
 *   6000 I/O bitmaps      8000 MSR bitmap     9000 MSR areas   b000 TSS */
#ifndef TESTS_VMX_WORLD_H
#define TESTS_VMX_WORLD_H

#include <string.h>

#include "sim/api/desc.h"
#include "sim/machine_impl.h"
#include "tests/unit/unit.h"

enum { PD = 0x1000, VMXON_AT = 0x2000, VMCS_AT = 0x3000, IDT = 0x4000, GDT = 0x5000,
       IO_BITMAPS = 0x6000, MSR_BITMAP = 0x8000, MSR_AREA = 0x9000, TSS = 0xb000,
       CODE = 0x10000,
       GUEST_STACK = 0x20000, HOST = 0x30000, HOST_STACK = 0x40000, HANDLER = 0x50000,
       RAM = 1 << 20 };
enum { SEL_CODE = 8, SEL_DATA = 16, SEL_TSS = 24, SEL_CODE3 = 32 | 3, SEL_DATA3 = 40 | 3,
       SEL_TSS2 = 48 };

static struct hw world;

static inline void poke32(u32 at, u32 value)
{
    machine_poke(&world, at, &value, 4);
}

static inline u32 peek32(u32 at)
{
    u32 value;
    memcpy(&value, machine_ram(&world, at), 4);
    return value;
}

static inline void vmcs_set(u32 field, u32 value)
{
    vmx_field_set(&world, field, value);
}

static inline u32 vmcs_get(u32 field)
{
    return vmx_field_peek(&world, field);
}

static inline void put_segment(unsigned index, u32 sel, u32 ar, u32 base, u32 limit)
{
    vmcs_set(VMCS_GUEST_ES_SELECTOR + index * 2, sel);
    vmcs_set(VMCS_GUEST_ES_AR + index * 2, ar);
    vmcs_set(VMCS_GUEST_ES_BASE + index * 2, base);
    vmcs_set(VMCS_GUEST_ES_LIMIT + index * 2, limit);
}

static inline void fill_guest(void)
{
    vmcs_set(VMCS_GUEST_CR0, CR0_PG | CR0_PE | CR0_NE | CR0_ET);
    vmcs_set(VMCS_GUEST_CR3, PD);
    vmcs_set(VMCS_GUEST_CR4, CR4_VMXE | CR4_PSE);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        put_segment(i, i == CS ? SEL_CODE : SEL_DATA, i == CS ? 0xc09b : 0xc093, 0, ~0u);
    put_segment(6, 0, AR_UNUSABLE, 0, 0);
    put_segment(7, SEL_TSS, 0x8b, TSS, 0x67);
    vmcs_set(VMCS_GUEST_GDTR_BASE, GDT);
    vmcs_set(VMCS_GUEST_GDTR_LIMIT, 0xff);
    vmcs_set(VMCS_GUEST_IDTR_BASE, IDT);
    vmcs_set(VMCS_GUEST_IDTR_LIMIT, 0x7ff);
    vmcs_set(VMCS_GUEST_DR7, DR7_FIXED);
    vmcs_set(VMCS_GUEST_RSP, GUEST_STACK);
    vmcs_set(VMCS_GUEST_RIP, CODE);
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1);
    vmcs_set(VMCS_GUEST_LINK_POINTER, 0xffffffffu);
    vmcs_set(VMCS_GUEST_LINK_POINTER_HIGH, 0xffffffffu);
}

static inline void fill_host_and_controls(void)
{
    vmcs_set(VMCS_PIN_CONTROLS, 0x16);
    vmcs_set(VMCS_CPU_CONTROLS, 0x0401e172);
    vmcs_set(VMCS_EXIT_CONTROLS, 0x36dff);
    vmcs_set(VMCS_ENTRY_CONTROLS, 0x11ff);
    vmcs_set(VMCS_HOST_CR0, CR0_PG | CR0_PE | CR0_NE | CR0_ET | CR0_WP);
    vmcs_set(VMCS_HOST_CR3, PD);
    vmcs_set(VMCS_HOST_CR4, CR4_VMXE | CR4_PSE);
    vmcs_set(VMCS_HOST_CS_SELECTOR, SEL_CODE);
    vmcs_set(VMCS_HOST_SS_SELECTOR, SEL_DATA);
    vmcs_set(VMCS_HOST_DS_SELECTOR, SEL_DATA);
    vmcs_set(VMCS_HOST_TR_SELECTOR, SEL_TSS);
    vmcs_set(VMCS_HOST_TR_BASE, TSS);
    vmcs_set(VMCS_HOST_GDTR_BASE, GDT);
    vmcs_set(VMCS_HOST_IDTR_BASE, IDT);
    vmcs_set(VMCS_HOST_RSP, HOST_STACK);
    vmcs_set(VMCS_HOST_RIP, HOST);
}

static inline void put_descriptor(u32 sel, u32 lo, u32 hi)
{
    poke32(GDT + (sel & ~7u), lo);
    poke32(GDT + (sel & ~7u) + 4, hi);
}

/* Guest gates: vector v goes to HANDLER + 16 v, an interrupt gate of DPL 3. */
static inline void put_tables(void)
{
    poke32(PD, 0x87 | PTE_A | PTE_D);
    put_descriptor(SEL_CODE, 0xffff, 0xcf9b00);
    put_descriptor(SEL_DATA, 0xffff, 0xcf9300);
    put_descriptor(SEL_TSS, 0x67 | (u32)(TSS & 0xffff) << 16, TSS >> 16 | 0x8b00);
    put_descriptor(SEL_TSS2, 0x67 | (u32)(TSS & 0xffff) << 16, TSS >> 16 | 0x8900);
    put_descriptor(SEL_CODE3, 0xffff, 0xcffb00);
    put_descriptor(SEL_DATA3, 0xffff, 0xcff300);
    for (u32 v = 0; v < 256; v++) {
        struct gate g = { .sel = SEL_CODE, .type = SYS_INT32, .dpl = 3, .present = 1,
                          .offset = HANDLER + v * 16 };
        u32 lo, hi;
        gate_pack(&g, &lo, &hi);
        poke32(IDT + v * 8, lo);
        poke32(IDT + v * 8 + 4, hi);
    }
    poke32(TSS + TSS_ESP0, GUEST_STACK);
    poke32(TSS + TSS_SS0, SEL_DATA);
    poke32(TSS + TSS_TRAP, 0x68u << 16); /* no I/O bitmap */
}

static inline struct seg flat(u16 sel, u32 ar)
{
    return (struct seg){ .sel = sel, .ar = ar, .limit = 0xffffffffu };
}

static inline void put_root_state(void)
{
    struct arch *s = world.arch;
    s->cr0 = CR0_PG | CR0_PE | CR0_NE | CR0_ET;
    s->cr3 = PD;
    s->cr4 = CR4_VMXE | CR4_PSE;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s->seg[i] = i == CS ? flat(SEL_CODE, 0xc09b) : flat(SEL_DATA, 0xc093);
    s->tr = (struct seg){ .sel = SEL_TSS, .ar = 0x8b, .base = TSS, .limit = 0x67 };
    s->gdtr = (struct dtr){ GDT, 0xff };
    s->idtr = (struct dtr){ IDT, 0x7ff };
    s->reg[ESP] = HOST_STACK;
    s->eip = HOST;
    s->eflags = FL_1;
    s->cpl = 0;
}

/* A machine in VMX operation with a current, clear, valid VMCS. */
static inline void world_up(void)
{
    struct machine_config config = { .ram_bytes = RAM };
    bool ok = machine_init(&world, &config);
    assert(ok);
    put_tables();
    put_root_state();
    machine_arena_replaced(&world);
    poke32(VMXON_AT, VMCS_REVISION);
    poke32(VMCS_AT, VMCS_REVISION);
    enum vmx_result r = vmx_on(&world, VMXON_AT);
    assert(r == VMX_SUCCEED);
    r = vmx_clear(&world, VMCS_AT);
    assert(r == VMX_SUCCEED);
    r = vmx_ptrld(&world, VMCS_AT);
    assert(r == VMX_SUCCEED);
    fill_guest();
    fill_host_and_controls();
}

static inline void world_down(void)
{
    machine_free(&world);
}

/* Put code at CODE, enter the guest there and step until it has left, or 50 steps are over. */
static inline void run_guest(const u8 *code, u32 len)
{
    machine_poke(&world, CODE, code, len);
    enum vmx_result r = vmx_enter(&world, true);
    CU_ASSERT_EQUAL(r, VMX_SUCCEED);
    for (unsigned i = 0; i < 50 && world.state->vmx.nonroot; i++) {
        struct limits limits = { .step = world.state->step + 1, .tick = TIME_NEVER };
        struct stop stop = machine_run(&world, &limits);
        if (stop.kind != STOP_STEP)
            break;
    }
}
#define RUN_GUEST(...) \
    run_guest((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

#endif
