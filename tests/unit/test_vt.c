/* Guests under VT-x: tick by tick as natively; which exits they take, and what those cost. */
#include "tests/unit/unit.h"

#include "tests/unit/compare.h"
#include "tests/unit/guests_kernel.h"

#include "vt/event.h"
#include "vt/vt.h"

/* The page-table entry of the stack's page loses A (and D): its shadow goes. */
#define NO_STACK(bits) "andl $~" #bits ", 0x21000+0x7f*4\ninvlpg 0x7f000\n"

/* A kernel stack page whose A bit the kernel clears while interrupts arrive: pushing their
 * frames takes hidden faults in the middle of the delivery; so do INT 80h and #DE there. */
GUEST(again,
    GUEST_LOAD_GDT(again)
    GUEST_GATE(again, 0, again_de, 8e)
    GUEST_GATE(again, 32, again_irq, 8e)
    GUEST_GATE(again, 128, again_sys, 8f)
    GUEST_LOAD_IDT(again)
    GUEST_PAGING(again)
    GUEST_TIMER(90)
    "mov $12, %edi\n"
    "1: sti\n"
    "2: mov 0x6000, %eax\n" NO_STACK(0x20)
    "3: cmp %eax, 0x6000\nje 3b\n"
    "cli\n" NO_STACK(0x20) "int $0x80\n"
    NO_STACK(0x60) "xor %ebx, %ebx\nxor %edx, %edx\ndiv %ebx\n"
    "dec %edi\njnz 1b\n"
    "EXIT 0x6004\n"
    "again_de: addl $2, (%esp)\nincl 0x6004\niret\n"
    "again_irq: push %eax\nincl 0x6000\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "again_sys: incl 0x6004\niret\n"
    GUEST_GDT(again));

/* A page fault whose handler's stack is not there: #DF by a task gate's stack, that is a task
 * switch. */
GUEST(tasks,
    GUEST_LOAD_GDT(tasks)
    GUEST_GATE(tasks, 14, tasks_pf, 8e)
    GUEST_LOAD_IDT(tasks)
    "movl $0x00300000, 0x4000+8*8\nmovl $0x8500, 0x4004+8*8\n"  /* #DF: task gate to 30h */
    GUEST_PAGING(tasks)
    GUEST_LOAD_TSS
    "movl $0x20000, 0x5800+28\nmovl $" AT(tasks, tasks_df) ", 0x5800+32\nmovl $2, 0x5800+36\n"
    "movl $0x60000, 0x5800+56\nmovl $0x10, 0x5800+72\nmovl $8, 0x5800+76\n"
    "movl $0x10, 0x5800+80\nmovl $0x10, 0x5800+84\n"
    "movl $0x10, 0x5800+88\nmovl $0x10, 0x5800+92\n"
    "movl $0, 0x5800+96\n"
    "movl $0x680000, 0x5800+100\n"
    "mov $0x900000, %esp\npush %eax\nud2\n"
    "tasks_pf: EXIT $0xbad\n"
    "tasks_df: str %ax\nmovzwl %ax, %eax\nmov %eax, 0x6000\npop %ebx\nmov %cr2, %ecx\n"
    "mov 0x5038, %edx\nmov %edx, 0x6004\nEXIT 0x6000\n"
    ".balign 8\ntasks_gdt: .quad 0\n"
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff, 0, 0\n"
    ".quad 0x0000890050000067, 0x0000890058000067\n"
    "tasks_gdtr: .word 55\n.long " AT(tasks, tasks_gdt) "\n");

/* The trap of a stepped STI takes a hidden fault: the state cannot be entered again (26.3.1.5). */
GUEST(stepped,
    GUEST_LOAD_GDT(stepped)
    GUEST_GATE(stepped, 1, stepped_db, 8e)
    GUEST_LOAD_IDT(stepped)
    GUEST_PAGING(stepped)
    "mov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\n"
    "pushl $0x102\npush $8\npush $" AT(stepped, stepped_sti) "\n" NO_STACK(0x60)
    "iret\nstepped_sti: sti\nincl 0x6004\nEXIT 0x6000\n"
    "stepped_db: incl 0x6000\nmov (%esp), %eax\nmov %eax, 0x6010\nandl $~0x100, 8(%esp)\niret\n"
    GUEST_GDT(stepped));

/* Exits right behind a MOV SS that is stepped: the trap that the hardware holds then is not to come later. */
GUEST(stepped_ss,
    GUEST_LOAD_GDT(stepped_ss)
    GUEST_GATE(stepped_ss, 1, stepped_ss_db, 8e)
    GUEST_LOAD_IDT(stepped_ss)
    GUEST_PAGING(stepped_ss)
    "mov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\nmov %ss, %ecx\n"
    "mov $0x2400, %eax\nmov %eax, %dr7\npushl $0x102\npopf\n" /* GD: the monitor delivers the first #DB */
    "mov %ecx, %ss\nin $0x61, %al\nmov %ecx, %ss\nmov 0x300000, %eax\nmov %ecx, %ss\nmov %eax, 0x21c04\n"
    "mov %ecx, %ss\nmov %cr3, %eax\nmov %ecx, %ss\nmov %cr0, %eax\nmov %ecx, %ss\npushf\n"
    "andl $~0x100, (%esp)\nmov %ecx, %ss\npopf\nnop\nEXIT 0x6000\n"
    "stepped_ss_db: incl 0x6000\nmov (%esp), %eax\nadd %eax, 0x6004\niret\n"
    GUEST_GDT(stepped_ss));

/* What a processor without VT-x says to it, control registers, MSRs, the time, ports by the
 * word. */
GUEST(sensitive,
    GUEST_LOAD_GDT(sensitive)
    GUEST_GATE(sensitive, 6, sensitive_ud, 8e)
    GUEST_GATE(sensitive, 13, sensitive_gp, 8e)
    GUEST_LOAD_IDT(sensitive)
    "vmcall\nmov $0x1000, %eax\nvmptrld (%eax)\nvmread %eax, %ebx\nvmxoff\n"
    "mov $0x174, %ecx\nmov $0x1234, %eax\nxor %edx, %edx\nwrmsr\nxor %eax, %eax\nrdmsr\n"
    "mov %eax, 0x6010\nmov $0x999, %ecx\nrdmsr\n"
    "rdtsc\nmov %eax, 0x6014\nxor %eax, %eax\ncpuid\nmov %ebx, 0x6018\n"
    "mov %cr0, %eax\nor $8, %eax\nmov %eax, %cr0\nsmsw %ax\nmov %eax, 0x601c\n"
    "clts\nmov %cr0, %eax\nmov %eax, 0x6020\nmov $0xf, %ax\nlmsw %ax\n"
    "mov %cr0, %eax\nmov %eax, 0x6024\n"
    "mov $0x6028, %edi\nmov $0x40, %edx\nmov $3, %ecx\ncld\nrep insb\n"
    "mov $0x10, %eax\nmov %eax, %cr4\nmov %cr4, %eax\nmov %eax, 0x602c\n"
    "mov %eax, %dr0\nmov $0x400, %eax\nmov %eax, %dr7\nmov %dr0, %ebx\nmov %ebx, 0x6030\n"
    "mov $0x2000, %eax\nmov %eax, %cr4\n"
    "pushf\nandl $~0x200, (%esp)\npopf\ncli\nsti\nwbinvd\ninvd\n"
    "mov $0x12345678, %eax\nmov %eax, %cr2\nmov %cr2, %ecx\nmov %cr3, %edx\n"
    "EXIT 0x6000\n"
    "sensitive_ud: incl 0x6000\naddl $3, (%esp)\nret_ud: iret\n"
    "sensitive_gp: incl 0x6004\nmov 4(%esp), %ebx\npop %ebp\ncmpb $0x0f, (%ebx)\njne 1f\n"
    "cmpb $0x22, 1(%ebx)\njne 1f\nincl (%esp)\n1: addl $2, (%esp)\niret\n"
    GUEST_GDT(sensitive));

/* GDT with a second TSS (30h) at 0x5800, whose task counts and returns. */
#define TWO_TASKS(name) \
    ".balign 8\n" #name "_gdt: .quad 0\n" \
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff, 0, 0\n" \
    ".quad 0x0000890050000067, 0x0000890058000067\n" \
    #name "_gdtr: .word 55\n.long " AT(name, name##_gdt) "\n"

/* An instruction that IRET gave RF calls a task: RF goes into the old TSS and comes back. */
GUEST(resumed,
    GUEST_LOAD_GDT(resumed)
    GUEST_PAGING(resumed)
    GUEST_LOAD_TSS
    "movl $0x20000, 0x501c\n"
    "movl $0x20000, 0x5800+28\nmovl $" AT(resumed, resumed_task) ", 0x5800+32\n"
    "movl $2, 0x5800+36\nmovl $0x60000, 0x5800+56\n"
    "movl $0x10, 0x5800+72\nmovl $8, 0x5800+76\nmovl $0x10, 0x5800+80\n"
    "movl $0x10, 0x5800+84\nmovl $0x680000, 0x5800+100\n"
    "pushl $0x10002\npush $8\npush $" AT(resumed, resumed_call) "\niret\n"
    "resumed_call: lcall $0x30, $0\nnop\n"
    "EXIT 0x5024\n" /* EFLAGS in the TSS */
    "resumed_task: incl 0x6000\niret\n"
    TWO_TASKS(resumed));

/* An event whose delivery ends in a #DF through a task gate, to a task that cannot start. */
#define DOOMED(name, how) \
    GUEST(name, GUEST_LOAD_GDT(name) GUEST_LOAD_IDT(name) \
        "movl $0x00300000, 0x4000+8*8\nmovl $0x8500, 0x4004+8*8\n" \
        GUEST_PAGING(name) GUEST_LOAD_TSS "movl $0x20000, 0x5800+28\n" \
        how "jmp .\n" TWO_TASKS(name))
DOOMED(doomed_ud, "ud2\n");
DOOMED(doomed_pf, "mov 0x900000, %eax\n");
DOOMED(doomed_int, "int $0x80\n");
DOOMED(doomed_step, "pushl $0x102\npopf\nnop\n");
DOOMED(doomed_again, "mov $0xffff4ff0, %eax\nmov %eax, %dr6\npushl $0x102\npopf\ncli\n");
DOOMED(doomed_irq, GUEST_TIMER(50) "sti\n");
GUEST(doomed_fault, GUEST_LOAD_GDT(doomed_fault) GUEST_PAGING(doomed_fault) "mov 0x900000, %eax\njmp .\n"
    GUEST_GDT(doomed_fault));
/* Awake in the end, though nothing could be delivered: there is no IDT. */
GUEST(doomed_halt, GUEST_LOAD_GDT(doomed_halt) GUEST_TIMER(50) "sti\nhlt\njmp .\n" GUEST_GDT(doomed_halt));

static void vt_plain(void) { compare_ticks(&engine_vt, plain, plain_end); }
static void vt_kernel(void) { compare_ticks(&engine_vt, kernel, kernel_end); }
static void vt_user(void) { compare_ticks(&engine_vt, user, user_end); }
static void vt_ring3(void) { compare_ticks(&engine_vt, ring3, ring3_end); }
static void vt_odd(void) { odd_ticks(&engine_vt); }
static void vt_old(void) { compare_ticks(&engine_vt, old, old_end); }
static void vt_input(void) { input(&engine_vt); }
static void vt_ends(void) { ends(&engine_vt); }
static void vt_again(void) { compare_ticks(&engine_vt, again, again_end); }
static void vt_tasks(void) { compare_ticks(&engine_vt, tasks, tasks_end); }
static void vt_stepped(void) { compare_ticks(&engine_vt, stepped, stepped_end); }
static void vt_stepped_ss(void) { compare_ticks(&engine_vt, stepped_ss, stepped_ss_end); }
static void vt_resumed(void) { compare_ticks(&engine_vt, resumed, resumed_end); }
static void vt_sensitive(void) { compare_ticks(&engine_vt, sensitive, sensitive_end); }

/* ---- what happened on the way ---- */

static u32 seen[EVENT_KINDS], exits[EXIT_REASON_COUNT];

static void drain(struct guest_world *w)
{
    struct event e;
    while (events_next(&w->hw.events, &e)) {
        seen[e.kind]++;
        if (e.kind == VT_EXIT)
            exits[e.arg[0]]++;
    }
}

static void watch(struct guest_world *w, const u8 *code, const u8 *end)
{
    static const u16 kinds[] = { VT_EXIT, VT_INJECT, VT_REINJECT, VT_WINDOW, VT_COMPLETE,
                                 VT_NO_VTX, VMM_TRACED, VMM_TRUE_FAULT };
    struct limits limits = { .step = 200000000, .tick = TIME_NEVER };
    memset(seen, 0, sizeof seen);
    memset(exits, 0, sizeof exits);
    world_open(w, &engine_vt, code, (u32)(end - code));
    for (unsigned i = 0; i < COUNT(kinds); i++)
        events_record(&w->hw.events, kinds[i], true);
    for (;;) {
        w->stop = machine_run(&w->hw, &limits);
        drain(w);
        if (w->stop.kind == STOP_NATIVE) {
            machine_enter_native(&w->hw, w->stop.arg);
            vmm_entry(&w->vmm, w->stop.arg);
        } else if (w->stop.kind != STOP_RING) {
            break;
        }
    }
    CU_ASSERT_EQUAL(w->stop.kind, STOP_EXIT);
}

/* System calls, CLI, STI, POPF and IRET do not exit (the paper, 4.3): 40 calls and more, few
 * exits. */
static void no_exits(void)
{
    struct guest_world w;
    watch(&w, user, user_end);
    CU_ASSERT_TRUE(seen[VT_EXIT] > 10);
    CU_ASSERT_TRUE(exits[EXIT_EXCEPTION_NMI] > 0 && exits[EXIT_IO] > 0);
    CU_ASSERT_EQUAL(exits[EXIT_CPUID], 0);
    CU_ASSERT_EQUAL(exits[EXIT_TRIPLE_FAULT], 0);
    CU_ASSERT_EQUAL(seen[VT_WINDOW] % 2, 0);
    CU_ASSERT_TRUE(seen[VMM_TRUE_FAULT] >= 1);
    world_close(&w);
}

static void again_events(void)
{
    struct guest_world w;
    watch(&w, again, again_end);
    CU_ASSERT_TRUE(seen[VT_REINJECT] >= 12);
    CU_ASSERT_TRUE(seen[VMM_TRACED] >= 24);
    CU_ASSERT_TRUE(seen[VT_INJECT] >= 12);
    world_close(&w);
}

static void sensitive_exits(void)
{
    struct guest_world w;
    watch(&w, sensitive, sensitive_end);
    CU_ASSERT_EQUAL(seen[VT_NO_VTX], 4);
    CU_ASSERT_EQUAL(exits[EXIT_VMCALL] + exits[EXIT_VMPTRLD] + exits[EXIT_VMREAD], 3);
    CU_ASSERT_EQUAL(exits[EXIT_RDMSR], 2);
    CU_ASSERT_EQUAL(exits[EXIT_WRMSR], 1);
    CU_ASSERT_EQUAL(exits[EXIT_RDTSC], 1);
    CU_ASSERT_EQUAL(exits[EXIT_CPUID], 1);
    CU_ASSERT_EQUAL(exits[EXIT_INVD], 1);
    CU_ASSERT_TRUE(exits[EXIT_CR_ACCESS] >= 5);
    world_close(&w);
}

static void task_exits(void)
{
    struct guest_world w;
    watch(&w, tasks, tasks_end);
    CU_ASSERT_EQUAL(exits[EXIT_TASK_SWITCH], 1);
    CU_ASSERT_EQUAL(w.stop.arg, 0x30);
    world_close(&w);
}

/* The end is told by the number of the event that began it, natively, here and by the interpreter. */
static void dies_of(unsigned vector, const u8 *code, const u8 *end)
{
    const struct engine *const engines[] = { NULL, &engine_vt, &engine_interp };
    struct guest_world w[COUNT(engines)];
    for (unsigned i = 0; i < COUNT(engines); i++) {
        world_open(&w[i], engines[i], code, (u32)(end - code));
        world_run(&w[i], FOREVER);
        CU_ASSERT_EQUAL(w[i].stop.kind, STOP_SHUTDOWN);
        CU_ASSERT_EQUAL(w[i].stop.arg, vector);
        CU_ASSERT_TRUE(same_state(&w[0], &w[i]));
    }
    for (unsigned i = 0; i < COUNT(engines); i++)
        world_close(&w[i]);
}

static void first_vectors(void)
{
    dies_of(VEC_UD, doomed_ud, doomed_ud_end);
    dies_of(VEC_PF, doomed_pf, doomed_pf_end);
    dies_of(VEC_PF, doomed_fault, doomed_fault_end);
    dies_of(VEC_GP, doomed_int, doomed_int_end);
    dies_of(VEC_DB, doomed_step, doomed_step_end);
    dies_of(VEC_DB, doomed_again, doomed_again_end); /* DR6 told of a step before */
    dies_of(32, doomed_irq, doomed_irq_end);
    dies_of(32, doomed_halt, doomed_halt_end);
}

/* An interrupt between two iterations, to a handler whose page is not filled in: RF went into the frame, and is
 * clear where the handler begins, also while its first fetch faults. */
GUEST(between,
    GUEST_LOAD_GDT(between) GUEST_GATE(between, 32, between_irq, 8e) GUEST_LOAD_IDT(between) GUEST_PAGING(between)
    GUEST_TIMER(300)
    "sti\n1: mov $0x200000, %edi\nmov $1000, %ecx\nrep stosb\ncmpl $0, 0x6000\nje 1b\nEXIT 0x6004\n"
    GUEST_GDT(between) ".skip 4096\n"
    "between_irq: incl 0x6000\nmov 8(%esp), %eax\nshr $16, %eax\nmov %eax, 0x6004\niret\n");

/* ... the same to one that begins with INT n, whose frame needs a page that is not filled in. */
GUEST(between_two,
    GUEST_LOAD_GDT(between_two) GUEST_GATE(between_two, 32, between_two_irq, 8e)
    GUEST_GATE(between_two, 128, between_two_int, 8e) GUEST_LOAD_IDT(between_two) GUEST_PAGING(between_two)
    GUEST_TIMER(300)
    "mov $0x7400c, %esp\nsti\n"
    "1: mov $0x200000, %edi\nmov $1000, %ecx\nrep stosb\ncmpl $0, 0x6000\nje 1b\nEXIT 0x6004\n"
    "between_two_irq: int $0x80\nincl 0x6000\nmov 8(%esp), %eax\nshr $16, %eax\nmov %eax, 0x6004\n"
    "between_two_int: iret\n"
    GUEST_GDT(between_two));

static void rf_at_handler(const u8 *code, const u8 *end)
{
    struct guest_world w;
    unsigned found = 0;
    world_open(&w, &engine_vt, code, (u32)(end - code));
    while (w.stop.kind != STOP_EXIT) {
        struct limits limits = { .step = w.hw.state->step + 1, .tick = TIME_NEVER };
        w.stop = machine_run(&w.hw, &limits);
        CU_ASSERT_TRUE(engine_vt.peek(&w.vmm, &w.peek));
        u32 begins = (world_read(&w, 0x4100) & 0xffff) | (world_read(&w, 0x4104) & 0xffff0000u);
        bool handler = w.peek.arch.eip == begins;
        found += handler && w.stop.kind == STOP_NATIVE;
        CU_ASSERT_FALSE(handler && (w.peek.arch.eflags & FL_RF));
        if (w.stop.kind == STOP_NATIVE) {
            machine_enter_native(&w.hw, w.stop.arg);
            vmm_entry(&w.vmm, w.stop.arg);
        }
    }
    CU_ASSERT_EQUAL(w.stop.arg, 1);
    CU_ASSERT_TRUE(found > 0);
    world_close(&w);
}

static void rf_of_a_handler(void)
{
    rf_at_handler(between, between_end);
    rf_at_handler(between_two, between_two_end);
}

/* ---- the paper's figures ---- */

/* `in $0x80, %al` a hundred times after the first. */
GUEST(ports,
    "mov $0x80000, %esp\nin $0x80, %al\nin $0x80, %al\nmov $100, %ecx\n"
    "1: in $0x80, %al\nloop 1b\nEXIT $0\n");
/* The same with a store to a page-table entry: traced; and with a page fault that the guest
 * handles. */
GUEST(stores,
    GUEST_LOAD_GDT(stores) GUEST_GATE(stores, 14, stores_pf, 8e) GUEST_LOAD_IDT(stores)
    GUEST_PAGING(stores)
    "mov $100, %ecx\nmov 0x21000+0x200*4, %eax\nxor $0x200, %eax\n"
    "1: xor $0x200, %eax\nmov %eax, 0x21000+0x200*4\nloop 1b\n"
    "movl $0, 0x21000+0x300*4\nmov $100, %ecx\n"
    "2: mov 0x300000, %al\nloop 2b\nEXIT $0\n"
    "stores_pf: add $4, %esp\naddl $5, (%esp)\niret\n"
    GUEST_GDT(stores));

/* Without page walks: those after the entry's TLB flush are in the paper's figure for the
 * entry. */
static u64 cycles(const struct guest_world *w)
{
    const struct ledger *l = &w->hw.state->ledger;
    return l->total - l->cycles[COST_TLB_WALK];
}

static u64 cycles_between(struct guest_world *w, u64 first, u64 last)
{
    world_run(w, first);
    u64 before = cycles(w);
    world_run(w, last);
    return cycles(w) - before;
}

static void cost_of_io(void)
{
    struct guest_world w;
    world_open(&w, &engine_vt, ports, (u32)(ports_end - ports));
    CU_ASSERT_EQUAL(cycles_between(&w, 4, 4 + 200), 100 * 15826); /* the paper, 6.3 */
    const struct ledger *l = &w.hw.state->ledger;
    u64 per_exit = l->count[COST_VMREAD] * 10 / l->count[COST_VMEXIT];
    CU_ASSERT_TRUE(per_exit >= 95 && per_exit <= 125); /* about ten vmreads (4.4) */
    world_close(&w);
}

/* Ticks to the first iteration: found by looking for EIP, since they depend on the prologue. */
static u64 run_to_count(struct guest_world *w, u32 ecx, u64 from)
{
    for (u64 tick = from;; tick++) {
        world_run(w, tick);
        if (w->peek.arch.reg[ECX] == ecx || w->stop.kind != STOP_TICK)
            return tick;
    }
}

static void cost_of_stores(void)
{
    struct guest_world w;
    world_open(&w, &engine_vt, stores, (u32)(stores_end - stores));
    u64 a = run_to_count(&w, 99, 1);
    u64 b = run_to_count(&w, 59, a); /* before the shadow table is recycled */
    world_close(&w);
    world_open(&w, &engine_vt, stores, (u32)(stores_end - stores));
    CU_ASSERT_EQUAL(cycles_between(&w, a, b), 40 * 12733); /* ptemod */
    u64 c = run_to_count(&w, 100, b), d = run_to_count(&w, 99, c), e = run_to_count(&w, 9, d);
    world_close(&w);
    world_open(&w, &engine_vt, stores, (u32)(stores_end - stores));
    /* pgfault without its handler's instructions; this one stays in its ring */
    u32 same_ring = cost_p4_672[COST_GATE].cycles - cost_p4_672[COST_GATE_SAME].cycles;
    CU_ASSERT_EQUAL(cycles_between(&w, d, e), 90 * (11242 - 139 - same_ring));
    world_close(&w);
}

/* What the guest does not see changes nothing: the same run, all events recorded. */
static void watched(void)
{
    struct guest_world w, unwatched;
    watch(&w, kernel, kernel_end);
    world_open(&unwatched, &engine_vt, kernel, (u32)(kernel_end - kernel));
    world_run(&unwatched, TIME_NEVER);
    CU_ASSERT_EQUAL(memcmp(w.hw.arena.base, unwatched.hw.arena.base, ARENA_HOT), 0);
    CU_ASSERT_EQUAL(memcmp(w.hw.ram, unwatched.hw.ram, w.hw.ram_bytes), 0);
    world_close(&w);
    world_close(&unwatched);
}

static const struct unit_case cases[] = {
    { "no tables", vt_plain },
    { "kernel with faults, paging, timer", vt_kernel },
    { "user mode", vt_user },
    { "CPL 3 and its faults", vt_ring3 },
    { "single steps, LDT, odd segments, gates", vt_odd },
    { "real and virtual-8086 mode", vt_old },
    { "input", vt_input },
    { "a triple fault, and a halt that nothing ends", vt_ends },
    { "hidden faults while events are delivered", vt_again },
    { "... make them injected again", again_events },
    { "a double fault through a task gate", vt_tasks },
    { "... is a task-switch exit", task_exits },
    { "a MOV SS that is stepped", vt_stepped_ss },
    { "RF where a handler begins", rf_of_a_handler },
    { "... that fails, too: the vector that began it", first_vectors },
    { "RF over a task switch", vt_resumed },
    { "a hidden fault while the trap of STI is delivered", vt_stepped },
    { "sensitive instructions", vt_sensitive },
    { "... and their exits", sensitive_exits },
    { "system calls do not exit", no_exits },
    { "15826 cycles for an IN", cost_of_io },
    { "12733 for a traced store, 11242 for a page fault", cost_of_stores },
    { "watching changes nothing", watched },
};

UNIT_MAIN("vt", cases)
