/* shdesc_monitor.c - the monitor's own descriptors, gates and TSS. */
#include "vmm/shdesc.h"

#include "sim/api/desc.h"

enum {
    AR_CODE = 0xc09b, AR_DATA = 0xc093, /* flat, 32-bit, accessed, DPL 0 */
    AR_RING1 = 1 << 5, AR_LDT = 0x82, AR_TSS = 0x89,
    MON_PAGES_TO_TC = (MON_TC - MON_DATA) / PAGE_SIZE,
};

static void put(struct vmm *v, u16 sel, u32 ar, u32 base, u32 limit)
{
    struct seg s = { .ar = ar, .base = base, .limit = limit };
    u32 lo, hi;
    desc_pack(&s, &lo, &hi);
    mem_write32(v->hw, (mpa_t){ v->s->gdt + (sel & 0xfff8u) }, lo);
    mem_write32(v->hw, (mpa_t){ v->s->gdt + (sel & 0xfff8u) + 4 }, hi);
}

/* Present or not; true when that is a change. */
static bool set_present(struct vmm *v, u16 sel, bool present)
{
    mpa_t at = { v->s->gdt + (sel & 0xfff8u) + 4 };
    u32 hi = mem_read32(v->hw, at), want = present ? hi | AR_P << 8 : hi & ~(AR_P << 8);
    if (hi == want)
        return false;
    mem_write32(v->hw, at, want);
    return true;
}

/* INT1 goes through any gate, whatever its DPL, and returns behind itself: so #DB's is not there,
 * and INT1 faults (SDM 2, INT n). */
static void put_gate(struct vmm *v, unsigned vector, unsigned dpl)
{
    struct gate g = { .sel = MON_CS0, .type = SYS_INT32, .dpl = (u8)dpl,
                      .present = vector != VEC_DB, .offset = MON_WINDOW + vector * 16 };
    u32 lo, hi;
    gate_pack(&g, &lo, &hi);
    mem_write32(v->hw, (mpa_t){ v->s->idt + vector * 8 }, lo);
    mem_write32(v->hw, (mpa_t){ v->s->idt + vector * 8 + 4 }, hi);
}

static void build_gdt(struct vmm *v)
{
    put(v, MON_CS0, AR_CODE, 0, 0xffffffffu);
    put(v, MON_DS0, AR_DATA, 0, 0xffffffffu);
    put(v, MON_TR, AR_TSS, MON_TSS, TSS_SIZE - 1);
    put(v, MON_LDTR, AR_LDT, MON_LDT, 0xffff);
    put(v, MON_CS1, AR_CODE | AR_RING1, 0, 0xffffffffu);
    put(v, MON_GS1, AR_DATA | AR_RING1, MON_DATA, MON_PAGES_TO_TC * PAGE_SIZE - 1);
    put(v, MON_SS1, AR_DATA | AR_RING1, 0, 0xffffffffu);
}

/* No I/O bitmap: every in and out of the guest faults (SDM 1 18.5.2). */
static void build_tss(struct vmm *v)
{
    u32 tss = v->s->idt + (MON_TSS - MON_IDT);
    mem_write32(v->hw, (mpa_t){ tss + TSS_ESP0 }, MON_STACK_TOP);
    mem_write32(v->hw, (mpa_t){ tss + TSS_SS0 }, MON_DS0);
    mem_write32(v->hw, (mpa_t){ tss + 100 }, (u32)TSS_SIZE << 16);
}

void shdesc_init(struct vmm *v, unsigned callout_dpl)
{
    build_gdt(v);
    build_tss(v);
    for (unsigned vector = 0; vector < 256; vector++)
        put_gate(v, vector, 0);
    put_gate(v, VEC_STUB, 1);
    put_gate(v, VEC_CALLOUT, callout_dpl);
    put_gate(v, VEC_CONTINUE, callout_dpl);
    hw_lgdt(v->hw, MON_GDT, 0xffff);
    hw_lidt(v->hw, MON_IDT, 256 * 8 - 1);
    hw_lldt(v->hw, MON_LDTR);
    hw_ltr(v->hw, MON_TR);
    hw_load_seg(v->hw, SS, MON_DS0);
}

void shdesc_gs_present(struct vmm *v, bool present)
{
    set_present(v, MON_GS1, present);
}

void shdesc_stub_present(struct vmm *v, bool present)
{
    set_present(v, MON_SS1, present);
    if (set_present(v, MON_CS1, present))
        put_gate(v, VEC_STUB, present ? 1 : 0);
}
