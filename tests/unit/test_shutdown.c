/* test_shutdown.c - what led to a triple fault is told, with every exception and its error code, and
 * alike under every engine; behind it nothing changes any more. */
#include "sim/api/fault.h"
#include "tests/unit/worlds.h"

static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_DIRECT, ENGINE_BT, ENGINE_VT, ENGINE_INTERP };

#define ERR(vector, code) FAULT_ERR(vector, code)
#define EXT 1 /* the event is not the program's own (SDM 3A 6.13) */
#define GATE(vector) ((vector) * 8 + 2)

struct row { const u8 *code, *end; u8 vector; u32 count; fault_t fault[4]; };

enum { TABLES = 0x20000, TABLES_SIZE = 2 * PAGE_SIZE /* GUEST_PAGING */ };

static void expect(const struct row *r)
{
    u8 tables[COUNT(all)][TABLES_SIZE];
    for (unsigned i = 0; i < COUNT(all); i++) {
        struct world *w = guest_world(r->code, (u32)(r->end - r->code), all[i],
                                      (struct world_config){ .ram_bytes = 0 });
        CU_ASSERT_EQUAL(run_on(w, UINT64_MAX, 1000000).kind, STOP_SHUTDOWN);
        const struct outside *o = world_outside(w);
        CU_ASSERT_EQUAL(o->shutdown_vector, r->vector);
        CU_ASSERT_EQUAL(o->shutdown_faults, r->count);
        for (u32 n = 0; n < r->count; n++) {
            if (o->shutdown_fault[n] != r->fault[n])
                printf("\n  %s: %u: %08x, not %08x ", engine_name(all[i]), n, o->shutdown_fault[n], r->fault[n]);
            CU_ASSERT_EQUAL(o->shutdown_fault[n], r->fault[n]);
        }
        CU_ASSERT_TRUE(world_read_physical(w, TABLES, tables[i], TABLES_SIZE));
        CU_ASSERT_EQUAL(memcmp(tables[i], tables[0], TABLES_SIZE), 0);
        world_free(w);
    }
}

/* Every gate lies behind the IDT's limit. */
GUEST(no_idt, "ud2\n");

static void without_idt(void)
{
    expect(&(struct row){ no_idt, no_idt_end, VEC_UD, 4,
                          { FAULT(VEC_UD), ERR(VEC_GP, GATE(VEC_UD) | EXT), ERR(VEC_GP, GATE(VEC_GP) | EXT),
                            ERR(VEC_GP, GATE(VEC_DF) | EXT) } });
}

/* A gate that is not present; the others are none at all. */
GUEST(page_fault,
    GUEST_LOAD_GDT(page_fault) GUEST_GATE(page_fault, 14, page_fault, 0e) GUEST_LOAD_IDT(page_fault)
    GUEST_PAGING(page_fault)
    "mov %eax, 0x800000\n" GUEST_GDT(page_fault));

static void of_a_page_fault(void)
{
    expect(&(struct row){ page_fault, page_fault_end, VEC_PF, 3,
                          { ERR(VEC_PF, 2), ERR(VEC_NP, GATE(VEC_PF) | EXT), ERR(VEC_GP, GATE(VEC_DF) | EXT) } });
}

GUEST(interrupt,
    GUEST_LOAD_GDT(interrupt) GUEST_GATE(interrupt, 32, interrupt, 0e) GUEST_GATE(interrupt, 8, interrupt, 0e)
    GUEST_LOAD_IDT(interrupt) GUEST_TIMER(90) "sti\nhlt\n" GUEST_GDT(interrupt));

static void of_an_interrupt(void)
{
    expect(&(struct row){ interrupt, interrupt_end, 0x20, 3,
                          { ERR(VEC_NP, GATE(0x20) | EXT), ERR(VEC_GP, GATE(VEC_NP) | EXT),
                            ERR(VEC_NP, GATE(VEC_DF) | EXT) } });
}

/* The handlers are there, and the stack is not. */
GUEST(no_stack,
    GUEST_LOAD_GDT(no_stack) GUEST_GATE(no_stack, 6, no_stack_any, 8e) GUEST_GATE(no_stack, 8, no_stack_any, 8e)
    GUEST_GATE(no_stack, 14, no_stack_any, 8e) GUEST_LOAD_IDT(no_stack) GUEST_PAGING(no_stack)
    "mov $0x800000, %esp\nud2\nno_stack_any: jmp no_stack_any\n" GUEST_GDT(no_stack));

static void without_stack(void)
{
    expect(&(struct row){ no_stack, no_stack_end, VEC_UD, 4,
                          { FAULT(VEC_UD), ERR(VEC_PF, 2), ERR(VEC_PF, 2), ERR(VEC_PF, 2) } });
}

/* The gate leads into a task that is all ones: what its first fault leads to happens in that task. */
GUEST(bad_task,
    GUEST_LOAD_GDT(bad_task) GUEST_LOAD_IDT(bad_task) GUEST_LOAD_TSS
    "movl $0x60000067, " AT(bad_task, bad_task_gdt) "+0x20\nmovl $0x00008900, " AT(bad_task, bad_task_gdt) "+0x24\n"
    "cld\nor $-1, %eax\nmov $0x6000, %edi\nmov $26, %ecx\nrep stosl\n"
    "movl $0x00200000, 0x4000+8*32\nmovl $0x00008500, 0x4004+8*32\n"
    GUEST_TIMER(90) "sti\nhlt\n" GUEST_GDT(bad_task));

static void of_a_task(void)
{
    expect(&(struct row){ bad_task, bad_task_end, 0x20, 3,
                          { ERR(VEC_TS, 0xfffc | EXT), ERR(VEC_GP, GATE(VEC_TS) | EXT),
                            ERR(VEC_GP, GATE(VEC_DF) | EXT) } });
}

/* It ends with an interrupt, before the first fetch from a page. */
GUEST(unfetched,
    GUEST_LOAD_GDT(unfetched) GUEST_GATE(unfetched, 32, unfetched, 0e) GUEST_LOAD_IDT(unfetched) GUEST_TIMER(90)
    GUEST_PAGING(unfetched)
    "mov $3000, %ecx\nunfetched_wait: loop unfetched_wait\n"
    "push $0x202\npush $8\npush $" AT(unfetched, unfetched_there) "\niret\n"
    ".org unfetched + 4096\nunfetched_there: jmp unfetched_there\n.org unfetched + 8192\n" GUEST_GDT(unfetched));

static void before_a_fetch(void)
{
    expect(&(struct row){ unfetched, unfetched_end, 0x20, 3,
                          { ERR(VEC_NP, GATE(0x20) | EXT), ERR(VEC_GP, GATE(VEC_NP) | EXT),
                            ERR(VEC_GP, GATE(VEC_DF) | EXT) } });
}

static const struct unit_case cases[] = {
    { "no IDT", without_idt }, { "a page fault", of_a_page_fault }, { "an interrupt", of_an_interrupt },
    { "no stack", without_stack }, { "a task that cannot be", of_a_task },
    { "before a page's first fetch", before_a_fetch },
};

UNIT_MAIN("shutdown", cases)
