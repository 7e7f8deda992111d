/* layout.c - build what layout.h draws, in the monitor's part of RAM. */
#include "vmm/layout.h"

#include "sim/api/window.h"
#include "vmm/vmm.h"

#include <string.h>

enum { TABLE_PAGES = 16, MONITOR_PDE = MON_BASE >> 22 };

static void map_page(struct vmm *v, u32 la, u32 frame)
{
    u32 index = la >> PAGE_SHIFT & 0x3ff;
    mem_write32(v->hw, (mpa_t){ v->s->monitor_pt + index * 4 },
                frame | PTE_P | PTE_W | PTE_A | PTE_D);
}

static u32 map_new(struct vmm *v, u32 la, u32 pages)
{
    u32 frame = vmm_alloc(v, pages).v;
    for (u32 i = 0; i < pages; i++)
        map_page(v, la + i * PAGE_SIZE, frame + i * PAGE_SIZE);
    return frame;
}

static void map_parts(struct vmm *v)
{
    struct vmm_state *s = v->s;
    s->monitor_pt = vmm_alloc(v, 1).v;
    for (u32 i = 0; i < WINDOW_PAGES; i++)
        map_page(v, MON_WINDOW + i * PAGE_SIZE, WINDOW_FRAME + i * PAGE_SIZE);
    s->stack = map_new(v, MON_STACK_TOP - PAGE_SIZE, 1);
    s->idt = map_new(v, MON_IDT, 1);
    s->gdt = map_new(v, MON_GDT, TABLE_PAGES);
    s->ldt = map_new(v, MON_LDT, TABLE_PAGES);
    s->data = map_new(v, MON_DATA, MON_DATA_PAGES);
    map_page(v, MON_DOORBELL, s->data);
    s->tc = map_new(v, MON_TC, TC_SIZE / PAGE_SIZE);
}

/* The stub: `int VEC_STUB`.  The cache's weights start at zero, so the stub never counts. */
static void build_cache(struct vmm *v)
{
    static const u8 stub[] = { 0xcd, VEC_STUB };
    v->s->weights = vmm_alloc(v, TC_SIZE / PAGE_SIZE).v;
    memcpy(mem_edit(v->hw, (mpa_t){ v->s->tc }, sizeof(stub)), stub, sizeof(stub));
    hw_wrmsr(v->hw, MSR_TC_BASE, v->s->tc);
    hw_wrmsr(v->hw, MSR_TC_WEIGHTS, v->s->weights);
    hw_wrmsr(v->hw, MSR_TC_SIZE, TC_SIZE);
}

void layout_build(struct vmm *v)
{
    map_parts(v);
    build_cache(v);
    v->s->host_root = vmm_alloc(v, 1).v;
    mem_write32(v->hw, (mpa_t){ v->s->host_root + MONITOR_PDE * 4 },
                v->s->monitor_pt | PTE_P | PTE_W | PTE_A);
    hw_write_cr(v->hw, 3, v->s->host_root);
    hw_write_cr(v->hw, 4, CR4_TSD);
    hw_write_cr(v->hw, 0, CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET);
    hw_wrmsr(v->hw, MSR_EVTSEL, EVTSEL_USR);
    hw_wrmsr(v->hw, MSR_COUNT_LIMIT, TIME_NEVER);
}
