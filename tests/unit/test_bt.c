/* Guests under the translator: at every tick the processor is what it is natively, and so are
 * memory, console, time and exit code at the end. */
#include "tests/unit/unit.h"

#include "tests/unit/guests_int1.h"
#include "tests/unit/monitor.h"

#include "bt/bt.h"
#include "bt/event.h"
#include "bt/view.h"
#include "sim/api/cost.h"

#define FOREVER 50000000

/* Interrupts every few ticks, at any point of any sequence; the handler calls and returns, too. */
#define TICKING(name, count) \
    GUEST_LOAD_GDT(name) GUEST_GATE(name, 32, name##_irq, 8e) \
    GUEST_GATE(name, 14, name##_pf, 8e) GUEST_GATE(name, 13, name##_gp, 8e) \
    GUEST_LOAD_IDT(name) GUEST_PAGING(name) GUEST_TIMER(count)
#define TICKING_END(name) \
    #name "_irq: pusha\nincl 0x6000\ncall " #name "_eoi\npopa\niret\n" \
    #name "_eoi: mov $0x20, %al\nout %al, $0x20\nret\n" \
    GUEST_GDT(name)
#define NO_FAULTS(name) #name "_pf: EXIT $0xbad1\n" #name "_gp: EXIT $0xbad2\n"

/* Calls and returns of all kinds: near, far pages, through registers and tables, ret n,
 * recursion. */
GUEST(calls,
    TICKING(calls, 40) "sti\n"
    "mov $9, %eax\ncall calls_fib\nmov %eax, 0x6010\n"
    "mov $6, %esi\n"
    "1: mov %esi, %eax\nand $1, %eax\ncall *" AT(calls, calls_table) "(,%eax,4)\n"
    "push $3\npush $4\ncall calls_far\nadd %eax, 0x6014\ndec %esi\njnz 1b\n"
    "mov $" AT(calls, calls_back) ", %eax\npush %eax\nret\nud2\n"
    "calls_back: mov $" AT(calls, calls_on) ", %ecx\njmp *%ecx\nud2\n"
    "calls_on: lea -8(%esp), %ebp\ncall *calls_ind-calls+0x100000\n"
    "mov $5, %ebx\n2: push %ebx\ncall calls_nest\npop %ebx\ndec %ebx\njnz 2b\n"
    "cli\nEXIT 0x6014\n"
    "calls_fib: cmp $2, %eax\njb 3f\npush %eax\ndec %eax\ncall calls_fib\nxchg %eax, (%esp)\n"
    "sub $2, %eax\ncall calls_fib\npop %edx\nadd %edx, %eax\n3: ret\n"
    "calls_a: incl 0x6018\nret\ncalls_b: addl $2, 0x601c\nret\n"
    "calls_nest: call calls_a\ncall calls_b\njmp calls_a\n"
    ".balign 4\ncalls_table: .long " AT(calls, calls_a) ", " AT(calls, calls_b) "\n"
    "calls_ind: .long " AT(calls, calls_b) "\n"
    NO_FAULTS(calls) TICKING_END(calls)
    ".balign 4096\n.skip 4090, 0x90\n"                     /* the call ends the page */
    ".byte 0x90\ncalls_edge: call calls_edge_target\n"
    "mov 4(%esp), %eax\nret $4\n"
    "calls_far: mov 4(%esp), %eax\nadd 8(%esp), %eax\npush %eax\ncall calls_edge\n"
    "ret $8\n"
    "calls_edge_target: ret\n");

/* Flags survive what emitted code does between the guest's instructions; loops by ecx and by
 * cx. */
GUEST(loops,
    TICKING(loops, 30) "sti\n"
    "mov $50, %ecx\nxor %eax, %eax\nstc\n1: adc $3, %eax\nloop 1b\nmov %eax, 0x6010\n"
    "mov $9, %ecx\nmov $0x6100, %esi\nmov $1, %eax\n2: cmp (%esi), %al\nlea 1(%esi), %esi\n"
    "loopne 2b\n"
    "setc 0x6014\nmov $7, %ecx\n3: cmp %eax, %eax\nloope 3b\npushf\npop 0x6018\n"
    "mov $0x50003, %ecx\n4: inc %edx\naddr16 loop 4b\nmov %ecx, 0x601c\n"
    "xor %ecx, %ecx\njecxz 5f\nud2\n5: inc %ecx\njecxz 6f\nstc\njmp 7f\n6: ud2\n"
    "7: setc 0x6020\nmov $4, %ebx\n8: call 9f\ndec %ebx\njnz 8b\njmp 10f\n9: cmp $2, %ebx\n"
    "ret\n"
    "10: setbe 0x6024\nmov $300, %ecx\nmov $0x6200, %edi\njmp 11f\nud2\n"
    "11: rep stosl\ncld\nmov $100, %ecx\nmov $0x6200, %esi\nmov $0x7ff0, %edi\nstd\n"
    "rep movsl\ncld\n"
    "cli\nEXIT 0x6010\n" NO_FAULTS(loops) TICKING_END(loops));

/* cli, sti and what lies in the shadow of sti; popf; hlt; interrupts that wait. */
GUEST(flags,
    TICKING(flags, 9)
    "mov $20, %esi\n"
    "1: sti\nnop\ncli\nincl 0x6010\nsti\ncli\nsti\nsti\nincl 0x6014\npushf\npop %eax\n"
    "add %eax, 0x6018\n"
    "cli\npushf\norl $0x200, (%esp)\npopf\nnop\ncli\nsti\nmov %ss, %eax\nmov %eax, %ss\n"
    "incl 0x601c\n"
    "cli\nmov $30, %ecx\n2: dec %ecx\njnz 2b\nsti\ncall flags_f\ncli\n"
    "mov $40, %ecx\n4: dec %ecx\njnz 4b\nsti\nnop\nnop\nincl 0x6020\ncli\nincl 0x6024\n"
    "dec %esi\njnz 1b\n"
    "3: sti\nhlt\ncli\ncmpl $90, 0x6000\njb 3b\ncli\nEXIT 0x6000\n"
    "flags_f: cli\nsti\nret\n" NO_FAULTS(flags) TICKING_END(flags));

/* Faults inside emitted sequences: the pop of ret, the push of call, loads of targets, both
 * pages. */
GUEST(faults,
    TICKING(faults, 50) "sti\n"
    "mov %esp, %ebp\nmov $12, %edi\n"
    "1: movl $" AT(faults, faults_r) ", 0x300000\nmovl $" AT(faults, faults_g) ", 0x300010\n"
    "movl $0, 0x21c00\ninvlpg 0x300000\n"
    "mov %edi, %eax\nmov %esi, %ecx\nmov $0x300000, %esp\nret\nud2\n"           /* pop faults */
    "faults_r: mov %ebp, %esp\nxor %eax, 0x6024\nxor %ecx, 0x6024\n"
    "movl $" AT(faults, faults_s) ", 0x300000\nmovl $0, 0x21c00\ninvlpg 0x300000\n"
    "mov $0x300000, %esp\nret $8\nud2\n"
    "faults_s: mov %ebp, %esp\nmovl $0, 0x21c00\ninvlpg 0x300000\n"
    "call *0x300010\nmovl $0, 0x21c00\ninvlpg 0x300000\n"                  /* the loads fault */
    "push $" AT(faults, faults_t) "\nmov $0x300000, %ecx\njmp *0x10(%ecx)\n"
    "faults_t: dec %edi\njnz 1b\n"
    "movl $0x300023, 0x21c00\ninvlpg 0x300000\nmov $0x6000, %ebx\n"
    "mov %cs:0x6000, %eax\nmov %gs:(%ebx), %eax\nmov 0xffd00000, %eax\n"     /* the monitor's */
    "mov %eax, 0x6028\ncli\nEXIT 0x6014\n"
    "faults_g: incl 0x6014\nret\n"
    "faults_pf: push %eax\nincl 0x6018\nmov %cr2, %eax\nmov %eax, 0x601c\n"
    "cmp $0xffd00000, %eax\nje 9f\nmov 4(%esp), %eax\nadd %eax, 0x6020\n"
    "movl $0x300007, 0x21c00\npop %eax\nadd $4, %esp\niret\n"
    "9: pop %eax\nadd $4, %esp\naddl $5, (%esp)\niret\n"
    "faults_gp: EXIT $0xbad\n" TICKING_END(faults));

/* Code that changes itself, data beside code, code through two mappings, and one mapping to two
 * pages. */
GUEST(modify,
    TICKING(modify, 60) "sti\n"
    "mov $10, %esi\n1: incl " AT(modify, modify_op) "+1\nmodify_op: mov $0, %eax\n"
    "add %eax, 0x6010\n"
    "incl " AT(modify, modify_data) "\ncall modify_f\ndec %esi\njnz 1b\n"
    "movb $0xc3, 0x301000\nmovl $0x01c283, 0x302000\nmovb $0xc3, 0x302003\n"
    "mov $8, %esi\nxor %edx, %edx\n"
    "2: mov $0x301, %eax\ntest $1, %esi\njz 3f\ninc %eax\n3: shl $12, %eax\nor $7, %eax\n"
    "mov %eax, 0x21c0c\ninvlpg 0x303000\nmov $0x303000, %eax\ncall *%eax\n"
    "call modify_g\n.byte 0xe8\n.long 0x303000-" AT(modify, modify_c) "\nmodify_c: nop\n"
    "dec %esi\njnz 2b\nmov %edx, 0x6014\n"
    "testl $0x20, 0x21c0c\nsetnz 0x6018\n"
    "jmp modify_next\n.byte 0x2e\nmodify_next: cli\nEXIT 0x6014\n"
    "modify_f: nop\nret\nmodify_g: mov $0x303000, %ecx\njmp *%ecx\nmodify_data: .long 0\n"
    NO_FAULTS(modify) TICKING_END(modify));

/* User code runs directly, its kernel translated; int, faults and interrupts between them. */
GUEST(user,
    TICKING(user, 70) GUEST_GATE(user, 128, user_sys, ee) GUEST_LOAD_TSS
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(user, user_main) "\niret\n"
    "user_main: mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\n"
    "1: mov $2, %ebx\nint $0x80\ncall user_f\ncmpl $40, 0x6000\njb 1b\ncli\npushf\npop 0x6030\n"
    "mov %cs, %eax\nmov %eax, 0x6034\nmovl $5, 0x300000\nmov $0xdead, %ebx\nint $0x80\n"
    "user_f: incl 0x6010\nret\n"
    "user_gp: add $4, %esp\nincl 0x6014\nincl (%esp)\niret\n"
    "user_pf: add $4, %esp\nEXIT $0xbad\n"
    "user_sys: add %ebx, 0x601c\ncmp $0xdead, %ebx\nje 2f\niret\n2: EXIT 0x601c\n"
    TICKING_END(user));

/* Single steps of the guest's own; segments with a base; 16-bit operands in control flow. */
GUEST(odd,
    TICKING(odd, 80) GUEST_GATE(odd, 1, odd_db, 8e) "sti\n"
    "mov $3, %esi\n1: pushf\norl $0x100, (%esp)\npopf\nnop\nmov $7, %eax\ncall odd_f\npushf\n"
    "andl $~0x100, (%esp)\npopf\ncall odd_f\ndec %esi\njnz 1b\n"
    "movl $0x6000ffff, " AT(odd, odd_gdt) "+0x10\nmovl $0x00cf9300, " AT(odd, odd_gdt) "+0x14\n"
    "mov $0x10, %eax\nmov %eax, %fs\nmov %fs:0x10, %ebx\nmov %ebx, 0x6020\npush %fs\npop %es\n"
    "mov $0x40, %edi\nmov $4, %ecx\nrep stosl\n"
    "lahf\nmov %eax, 0x6024\nbound %ecx, 0x6030\nrdtsc\nmov %eax, 0x6028\ncpuid\n"
    "cli\nEXIT 0x6010\n"
    "odd_f: addl $5, 0x6010\nret\n"
    "odd_db: incl 0x6014\niret\n" NO_FAULTS(odd) TICKING_END(odd));

/* Bytes from outside, each an interrupt, most of them due among elided jumps. */
GUEST(inputs,
    TICKING(inputs, 200) GUEST_GATE(inputs, 36, inputs_rx, 8e)
    "mov $0xee, %al\nout %al, $0x21\nmov $0x3fc, %edx\nmov $11, %al\nout %al, %dx\n"
    "mov $0x3f9, %edx\nmov $1, %al\nout %al, %dx\nsti\n"
    "1: incl 0x6040\njmp 2f\nud2\n2: jmp 3f\nud2\n3: cmpl $16, 0x6044\njb 1b\n"
    "cli\nEXIT 0x6048\n"
    "inputs_rx: pusha\nmov $0x3f8, %edx\nin %dx, %al\nmovzbl %al, %eax\nadd %eax, 0x6048\n"
    "incl 0x6044\ncall inputs_eoi\npopa\niret\n" NO_FAULTS(inputs) TICKING_END(inputs));

static const struct journal_entry typed[16] = {
#define T(i) { .tick = 5600 + 91 * (i), .byte = 3 * (i) }
    T(0), T(1), T(2), T(3), T(4), T(5), T(6), T(7), T(8), T(9), T(10), T(11), T(12), T(13), T(14),
    T(15)
#undef T
};

static void open_pair(struct guest_world *a, struct guest_world *b, const u8 *code,
                      const u8 *end)
{
    world_open(a, NULL, code, (u32)(end - code));
    world_open(b, &engine_bt, code, (u32)(end - code));
    a->hw.journal = b->hw.journal = typed;
    a->hw.journal_count = b->hw.journal_count = COUNT(typed);
}

static void close_pair(struct guest_world *a, struct guest_world *b)
{
    world_close(a);
    world_close(b);
}

static void at_the_end(const u8 *code, const u8 *end)
{
    struct guest_world native, bt;
    open_pair(&native, &bt, code, end);
    world_run(&native, FOREVER);
    world_run(&bt, FOREVER);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_NOT_EQUAL(native.stop.arg & 0xffff0, 0xbad0);
    CU_ASSERT_NOT_EQUAL(native.stop.arg, 0xbad);
    CU_ASSERT_TRUE(same_state(&native, &bt));
    close_pair(&native, &bt);
}

static void at_every_tick(const u8 *code, const u8 *end)
{
    struct guest_world native, bt;
    open_pair(&native, &bt, code, end);
    CU_ASSERT_EQUAL(lockstep(&native, &bt, 200000), 0);
    CU_ASSERT_EQUAL(bt.stop.kind, STOP_EXIT);
    CU_ASSERT_TRUE(same_state(&native, &bt));
    close_pair(&native, &bt);
}

/* ---- peek between any two machine steps ---- */

static void one_step(struct guest_world *w)
{
    struct limits limits = { .step = w->hw.state->step + 1, .tick = TIME_NEVER };
    w->stop = machine_run(&w->hw, &limits);
    if (w->stop.kind == STOP_NATIVE) {
        machine_enter_native(&w->hw, w->stop.arg);
        vmm_entry(&w->vmm, w->stop.arg);
    }
}

/* The native states of one tick: there are several when an event is delivered. */
struct moment { u64 tick; unsigned count; struct arch state[8]; };

static void next_moment(struct guest_world *native, struct moment *m)
{
    m->count = 0;
    m->tick = hw_count(&native->hw);
    while (hw_count(&native->hw) == m->tick && native->stop.kind != STOP_EXIT && m->count < 8) {
        m->state[m->count++] = *hw_arch(&native->hw);
        one_step(native);
    }
}

static bool is_one_of(const struct moment *m, const struct peek *p)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->tick == p->tick && memcmp(&m->state[i], &p->arch, sizeof p->arch) == 0)
            return true;
    return false;
}

/* Mid-sequence, at the window, in stubs: the guest is always at a moment of its native history. */
static void at_every_step(const u8 *code, const u8 *end)
{
    struct guest_world native, bt;
    struct moment m;
    u64 steps = 0, wrong = 0;
    open_pair(&native, &bt, code, end);
    next_moment(&native, &m);
    for (; bt.stop.kind != STOP_EXIT && !wrong; steps++) {
        CU_ASSERT_TRUE_FATAL(engine_bt.peek(&bt.vmm, &bt.peek));
        while (m.tick < bt.peek.tick && native.stop.kind != STOP_EXIT)
            next_moment(&native, &m);
        wrong += m.tick == bt.peek.tick && !is_one_of(&m, &bt.peek);
        wrong += m.tick > bt.peek.tick;
        one_step(&bt);
    }
    if (wrong)
        printf("\n  step %llu tick %llu, native tick %llu: guest %x, native %x, pc %x",
               (unsigned long long)steps, (unsigned long long)bt.peek.tick,
               (unsigned long long)m.tick, bt.peek.arch.eip, m.state[0].eip, bt.hw.arch->eip);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(steps > 1000);
    close_pair(&native, &bt);
}

/* A kernel that hands the x87 on keeps its translations: of what CR0 says, TS changes none. */
GUEST(lazy,
    GUEST_LOAD_GDT(lazy)
    "mov $100, %ecx\n1: clts\nfninit\nmov %cr0, %eax\nor $8, %eax\nmov %eax, %cr0\nloop 1b\nEXIT $1\n"
    GUEST_GDT(lazy));

static void x87_is_handed_on(void)
{
    struct guest_world w;
    world_open(&w, &engine_bt, lazy, (u32)(lazy_end - lazy));
    world_run(&w, FOREVER);
    CU_ASSERT_TRUE(w.stop.kind == STOP_EXIT && w.stop.arg == 1);
    CU_ASSERT_TRUE(w.hw.state->ledger.count[COST_TRANSLATE] < 50);
    world_close(&w);
}

#define BOTH(name) \
    static void name##_steps_same(void) { at_every_step(name, name##_end); } \
    static void name##_end_same(void) { at_the_end(name, name##_end); } \
    static void name##_ticks_same(void) { at_every_tick(name, name##_end); }
BOTH(calls)
BOTH(loops)
BOTH(flags)
BOTH(faults)
BOTH(modify)
BOTH(user)
BOTH(int1)
BOTH(odd)
BOTH(inputs)

#define ROWS(name, text) { text, name##_end_same }, \
    { text ", every tick", name##_ticks_same }, \
    { text ", every step", name##_steps_same }

static const struct unit_case cases[] = {
    ROWS(calls, "calls and returns"), ROWS(loops, "loops, flags, strings"),
    ROWS(flags, "cli, sti, popf, hlt"), ROWS(faults, "faults inside sequences"),
    ROWS(modify, "changing code and mappings"), ROWS(user, "user code"),
    ROWS(int1, "INT1 in user code"), ROWS(odd, "odd states"), ROWS(inputs, "input from outside"),
    { "the x87 is handed on", x87_is_handed_on },
};

UNIT_MAIN("bt", cases)
