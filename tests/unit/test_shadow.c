/* The shadow page tables: whose fault it is; they never grant more than the guest's do. */
#include "tests/unit/unit.h"

#include "tests/unit/monitor.h"

#include "vmm/event.h"
#include "vmm/interp.h"
#include "vmm/wtrace.h"

/* Aliases, a 4 MB page, a read-only view with WP=0 and WP=1, recursive directories below and
 * inside the monitor's range, cleared A and D, two spaces, and a table that becomes data. */
GUEST(paging,
    GUEST_LOAD_GDT(paging)
    GUEST_GATE(paging, 14, paging_pf, 8e)
    GUEST_LOAD_IDT(paging)
    "movl $0x83, 0x20004\nmovl $0x21001, 0x20008\nmovl $0x20003, 0x2000c\n"
    "movl $0x20003, 0x20ffc\n"
    "mov %cr4, %eax\nor $0x10, %eax\nmov %eax, %cr4\n"
    GUEST_PAGING(paging)
    "mov %cr0, %eax\nor $0x10000, %eax\nmov %eax, %cr0\n"
    /* large page and read-only view are aliases of low memory */
    "movl $0x11, 0x6000\naddl $0x22, 0x406000\nmov 0x806000, %eax\nmov %eax, 0x6004\n"
    /* WP=1: supervisor write to the read-only view faults; WP=0: it does not */
    "mov $" AT(paging, paging_1) ", %ebx\nmovl $1, 0x806008\npaging_1:\n"
    "mov %cr0, %eax\nand $0xfffeffff, %eax\nmov %eax, %cr0\n"
    "movl $2, 0x80600c\nmov 0x80600c, %ecx\nmovl $3, 0x80600c\n"
    "or $0x10000, %eax\nmov %eax, %cr0\n"
    "mov $" AT(paging, paging_2) ", %ebx\nmovl $4, 0x80600c\npaging_2:\n"
    /* tables as data: below, and where the monitor lives */
    "movl $0x301003, 0xc00c00\ninvlpg 0x300000\nmovl $5, 0x300010\n"
    "movl $0x302003, 0xffc00c00\ninvlpg 0x300000\nmovl $6, 0x300010\n"
    "mov 0xffc00c00, %eax\nmov %eax, 0x6020\nmov 0xfffff000, %eax\nmov %eax, 0x6024\n"
    /* accessed and dirty come back */
    "andl $0xffffff9f, 0x21c00\ninvlpg 0x300000\nmov 0x21c00, %eax\nmov %eax, 0x6030\n"
    "mov 0x300010, %ecx\nmov 0x21c00, %eax\nmov %eax, 0x6034\n"
    "movl $7, 0x300014\nmov 0x21c00, %eax\nmov %eax, 0x6038\n"
    /* not present: the handler goes on at EBX */
    "movb $0, 0x21c00\ninvlpg 0x300000\n"
    "mov $" AT(paging, paging_3) ", %ebx\nmov 0x300010, %eax\npaging_3:\n"
    "mov $" AT(paging, paging_4) ", %ebx\nmov %eax, 0x1000000\npaging_4:\n"
    /* a second space whose table differs at one page */
    "mov $0x21000, %esi\nmov $0x23000, %edi\nmov $1024, %ecx\nrep movsl\n"
    "movl $0x303003, 0x23c00\nmovl $0x23007, 0x22000\nmovl $0x304003, 0x21c00\n"
    "mov $20, %ecx\n1: mov $0x22000, %eax\nmov %eax, %cr3\nincl 0x300000\n"
    "mov $0x20000, %eax\nmov %eax, %cr3\naddl $2, 0x300000\nloop 1b\n"
    /* the second space is given up: its table is plain memory now */
    "mov $0x23000, %edi\nmov $3, %edx\n2: mov $300, %ecx\nmov $0x23000, %edi\n"
    "3: mov %ecx, (%edi)\nadd $4, %edi\nloop 3b\ndec %edx\njnz 2b\n"
    /* the large page becomes a table */
    "movl $0x24003, 0x20004\nmovl $0x305003, 0x24018\nmov %cr3, %eax\nmov %eax, %cr3\n"
    "movl $9, 0x406000\nmov 0x6000, %eax\nmov %eax, 0x6040\n"
    "EXIT 0x6010\n"
    "paging_pf: incl 0x6010\nmov 0x6010, %eax\nmov %cr2, %ecx\nmov %ecx, 0x6100(,%eax,8)\n"
    "pop %ecx\nmov %ecx, 0x6104(,%eax,8)\nmov %ebx, (%esp)\niret\n"
    GUEST_GDT(paging));

static bool entry_allowed(struct vmm *v, u32 la, u32 pte)
{
    struct walk w = interp_walk(v, la, ACCESS_READ, false);
    const struct arch *s = &v->s->vcpu.arch;
    u32 leaf = w.large ? w.pde : w.pte;
    mpa_t frame;
    if (w.fault || !guestmem_find(v, (gpa_t){ PTE_FRAME(w.pa) }, &frame) ||
        frame.v != PTE_FRAME(pte))
        return false;
    if ((s->cr0 & CR0_PG) && !(w.pde & leaf & PTE_A))
        return false;
    if ((pte & PTE_U) && !(w.rights & PTE_U))
        return false;
    if (!(pte & PTE_W))
        return true;
    if (guestmem_traces(v, (gpa_t){ w.pa }) || !(w.rights & PTE_D))
        return false;
    return (w.rights & PTE_W) || (!(s->cr0 & CR0_WP) && !(pte & PTE_U));
}

/* Every present entry of the current shadow against guest tables and pmap; returns how many. */
static u32 check_shadow(struct vmm *v)
{
    u32 count = 0, wrong = 0;
    for (u32 pde = 0; pde < 1023; pde++)
        for (u32 pte = 0; pte < 1024; pte++) {
            u32 la = pde << 22 | pte << 12;
            struct shadow_view view = shadow_peek(v, la);
            if (!(view.pde & PTE_P))
                break;
            if (!(view.pte & PTE_P))
                continue;
            count++;
            wrong += !entry_allowed(v, la, view.pte);
        }
    CU_ASSERT_EQUAL(wrong, 0);
    return count;
}

static void invariants(void)
{
    struct guest_world w;
    u32 most = 0;
    world_open(&w, &engine_direct, paging, (u32)(paging_end - paging));
    for (u64 tick = 1; tick < 20000; tick += 7) {
        world_run(&w, tick);
        u32 count = check_shadow(&w.vmm);
        most = count > most ? count : most;
        if (w.stop.kind == STOP_EXIT)
            break;
    }
    CU_ASSERT_EQUAL(w.stop.kind, STOP_EXIT);
    CU_ASSERT_TRUE(most > 8);
    world_close(&w);
}

static void same_as_native(void)
{
    struct guest_world native, direct;
    world_open(&native, NULL, paging, (u32)(paging_end - paging));
    world_open(&direct, &engine_direct, paging, (u32)(paging_end - paging));
    CU_ASSERT_EQUAL(lockstep(&native, &direct, 100000), 0);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(native.stop.arg, 4); /* page faults of the guest's own */
    CU_ASSERT_EQUAL(first_difference(&native, &direct), GUEST_RAM);
    tell_difference(&native, &direct);
    CU_ASSERT_EQUAL(world_read(&direct, 0x6004), 0x33);
    CU_ASSERT_EQUAL(world_read(&direct, 0x6038) & (PTE_A | PTE_D), PTE_A | PTE_D);
    CU_ASSERT_EQUAL(world_read(&direct, 0x303000), 20);
    CU_ASSERT_EQUAL(world_read(&direct, 0x304000), 40);
    world_close(&native);
    world_close(&direct);
}

/* A world that has just turned paging on in the way of the guest above. */
static void open_at_paging(struct guest_world *w)
{
    world_open(w, &engine_direct, paging, (u32)(paging_end - paging));
    for (u64 tick = 1; !(w->vmm.s->vcpu.arch.cr0 & CR0_WP) && tick < 20000; tick++)
        world_run(w, tick);
    CU_ASSERT_TRUE(w->vmm.s->vcpu.arch.cr0 & CR0_WP);
}

/* What the hardware's fault leads to, A and D set if it comes to that. */
static enum shadow_result settle(struct vmm *v, u32 la, unsigned access, fault_t *f)
{
    enum shadow_result r = shadow_fault(v, la, access, f);
    if (r != SHADOW_MARKS)
        return r;
    shadow_mark(v, la, access);
    return SHADOW_FILLED;
}

static void owners(void)
{
    struct guest_world w;
    fault_t f;
    open_at_paging(&w);
    struct vmm *v = &w.vmm;
    CU_ASSERT_EQUAL(shadow_fault(v, 0x200000, ACCESS_READ, &f), SHADOW_MARKS); /* nothing is done yet */
    CU_ASSERT_FALSE(guestmem_read(v, (gpa_t){ 0x21000 + 0x200 * 4 }, 4) & PTE_A);
    CU_ASSERT_FALSE(shadow_peek(v, 0x200000).pte & PTE_P);
    CU_ASSERT_EQUAL(settle(v, 0x200000, ACCESS_READ, &f), SHADOW_FILLED);
    CU_ASSERT_EQUAL(shadow_peek(v, 0x200000).pte & (PTE_P | PTE_W), PTE_P); /* D=0 */
    CU_ASSERT_EQUAL(shadow_fault(v, 0x200000, ACCESS_READ, &f), SHADOW_FILLED);
    CU_ASSERT_EQUAL(shadow_fault(v, 0x200000, ACCESS_WRITE, &f), SHADOW_MARKS);
    CU_ASSERT_EQUAL(settle(v, 0x200000, ACCESS_WRITE, &f), SHADOW_FILLED);
    CU_ASSERT_EQUAL(shadow_peek(v, 0x200000).pte & (PTE_P | PTE_W), PTE_P | PTE_W);
    CU_ASSERT_EQUAL(PTE_FRAME(shadow_peek(v, 0x200000).pte), 0x201000); /* not the identity */
    CU_ASSERT_EQUAL(settle(v, 0x800000, ACCESS_WRITE, &f), SHADOW_TRUE_FAULT);
    CU_ASSERT_EQUAL(f, FAULT_ERR(VEC_PF, PF_PRESENT | PF_WRITE));
    CU_ASSERT_EQUAL(settle(v, 0x1000000, ACCESS_USER, &f), SHADOW_TRUE_FAULT);
    CU_ASSERT_EQUAL(f, FAULT_ERR(VEC_PF, PF_USER));
    CU_ASSERT_EQUAL(settle(v, 0x21000, ACCESS_WRITE, &f), SHADOW_TRACED);
    CU_ASSERT_EQUAL(settle(v, 0x21000, ACCESS_READ, &f), SHADOW_FILLED);
    CU_ASSERT_EQUAL(settle(v, 0xfffff000, ACCESS_READ, &f), SHADOW_MONITOR);
    guestmem_write(v, (gpa_t){ 0x21000 + 0x301 * 4 }, 4, 0x40000003); /* beyond RAM */
    CU_ASSERT_EQUAL(settle(v, 0x301000, ACCESS_READ, &f), SHADOW_DEVICE);
    world_close(&w);
}

static void traces(void)
{
    struct guest_world w;
    fault_t f;
    gpa_t page = { 0x210000 };
    open_at_paging(&w);
    struct vmm *v = &w.vmm;
    CU_ASSERT_EQUAL(settle(v, page.v, ACCESS_WRITE, &f), SHADOW_FILLED);
    CU_ASSERT_EQUAL(settle(v, 0x400000 + page.v, ACCESS_WRITE, &f), SHADOW_FILLED);
    wtrace_add(v, page, TRACE_CODE); /* both mappings lose their W */
    CU_ASSERT_FALSE(shadow_peek(v, page.v).pte & PTE_W);
    CU_ASSERT_FALSE(shadow_peek(v, 0x400000 + page.v).pte & PTE_W);
    CU_ASSERT_EQUAL(settle(v, page.v, ACCESS_WRITE, &f), SHADOW_TRACED);
    wtrace_remove(v, page, TRACE_CODE);
    CU_ASSERT_EQUAL(settle(v, page.v, ACCESS_WRITE, &f), SHADOW_FILLED);
    /* the guest's entry changes: the shadow's goes */
    guestmem_write(v, (gpa_t){ 0x21000 + 0x210 * 4 }, 4, 0);
    CU_ASSERT_FALSE(shadow_peek(v, page.v).pte & PTE_P);
    CU_ASSERT_TRUE(shadow_peek(v, 0x400000 + page.v).pte & PTE_P);
    guestmem_write(v, (gpa_t){ 0x20006 }, 1, 0xff); /* one byte of the large page's entry */
    CU_ASSERT_FALSE(shadow_peek(v, 0x400000 + page.v).pde & PTE_P);
    world_close(&w);
}

static void guest_cr3(struct vmm *v, u32 cr3)
{
    v->s->vcpu.arch.cr3 = cr3;
    shadow_switch(v);
}

/* A directory that is not current any more is written so often that its watch ends; what its large pages were
 * is forgotten with it. */
static void unwatched_directory(void)
{
    enum { OTHER = 0x100000, LA = 0x800000 };
    struct guest_world w;
    fault_t f;
    open_at_paging(&w);
    struct vmm *v = &w.vmm;
    for (u32 at = 0; at < 8; at += 4)
        guestmem_write(v, (gpa_t){ OTHER + at }, 4, guestmem_read(v, (gpa_t){ 0x20000 + at }, 4));
    guestmem_write(v, (gpa_t){ OTHER + 8 }, 4, 0x83);
    guest_cr3(v, OTHER);
    CU_ASSERT_EQUAL(settle(v, LA + 0x210000, ACCESS_WRITE, &f), SHADOW_FILLED);
    CU_ASSERT_TRUE(shadow_peek(v, LA + 0x210000).pte & PTE_W);
    guest_cr3(v, 0x20000);
    for (u32 i = 0; i < 100; i++)
        guestmem_write(v, (gpa_t){ OTHER + 0x100 }, 4, i << 12);
    CU_ASSERT_FALSE(guestmem_traces(v, (gpa_t){ OTHER }) & TRACE_PT);
    guestmem_write(v, (gpa_t){ OTHER + 8 }, 4, 0xe1); /* read-only now */
    guest_cr3(v, OTHER);
    CU_ASSERT_EQUAL(settle(v, LA + 0x211000, ACCESS_READ, &f), SHADOW_FILLED);
    CU_ASSERT_FALSE(shadow_peek(v, LA + 0x210000).pte & PTE_P);
    check_shadow(v);
    world_close(&w);
}

/* More tables than the pool has: everything is dropped by generation, and filled again. */
static void pool_runs_out(void)
{
    struct guest_world w;
    fault_t f;
    open_at_paging(&w);
    struct vmm *v = &w.vmm;
    u32 before = v->s->shadow.generation;
    for (u32 i = 0; i < 600; i++) {
        guestmem_write(v, (gpa_t){ 0x20000 + (4 + i) * 4 }, 4, 0x83);
        CU_ASSERT_EQUAL(settle(v, (4 + i) << 22, ACCESS_WRITE, &f), SHADOW_FILLED);
        CU_ASSERT_TRUE(shadow_peek(v, (4 + i) << 22).pte & PTE_W);
    }
    CU_ASSERT_EQUAL(v->s->shadow.generation, before + 1);
    CU_ASSERT_EQUAL(hw_read_cr(v->hw, 3), shadow_root(v));
    CU_ASSERT_TRUE(check_shadow(v) > 0);
    world_close(&w);
}

static const struct unit_case cases[] = {
    { "whose fault", owners },
    { "traces take W away and entries follow the guest's", traces },
    { "a full pool", pool_runs_out },
    { "a directory that is data now", unwatched_directory },
    { "no entry grants more than the guest's", invariants },
    { "a guest that plays with its tables, every tick", same_as_native },
};

UNIT_MAIN("shadow", cases)
