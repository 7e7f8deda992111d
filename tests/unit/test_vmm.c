/* Guests under the monitor end exactly as they do natively: memory, registers, time, console. */
#include "tests/unit/unit.h"

#include "tests/unit/monitor.h"

#include "vmm/event.h"

#define FOREVER 50000000

/* Arithmetic, memory, strings and the console; no tables at all: cached segments. */
GUEST(plain,
    "mov $0x80000, %esp\nmov $1000, %ecx\nxor %eax, %eax\n"
    "1: add %ecx, %eax\npush %eax\npop 0x6000(,%ecx,4)\ndec %ecx\njnz 1b\n"
    "mov $0x6004, %esi\nmov $0x7004, %edi\nmov $1000, %ecx\ncld\nrep movsl\n"
    "mov $'H', %al\nout %al, $0xe9\nmov $'i', %al\nout %al, $0xe9\n"
    "EXIT $0x5a\n");

/* Descriptor tables, a fault and its handler, INT, paging, port I/O, a timer; CPL 0 only, and no
 * instruction that de-privileging breaks without a trap. */
GUEST(kernel,
    GUEST_LOAD_GDT(kernel)
    GUEST_GATE(kernel, 0, kernel_de, 8e)
    GUEST_GATE(kernel, 14, kernel_pf, 8e)
    GUEST_GATE(kernel, 32, kernel_irq, 8e)
    GUEST_GATE(kernel, 128, kernel_sys, ef)
    GUEST_LOAD_IDT(kernel)
    GUEST_PAGING(kernel)
    "xor %ebx, %ebx\nxor %edx, %edx\nmov $7, %eax\ndiv %ebx\n"      /* #DE: handler skips it */
    "mov $3, %ebx\nint $0x80\n"
    "movl $0, 0x21000+0x300*4\ninvlpg 0x300000\nmovl $77, 0x300010\n" /* #PF: handler maps it */
    GUEST_TIMER(200)
    "sti\n"
    "1: incl 0x6004\ncmpl $20, 0x6000\njb 1b\n"
    "cli\nhlt_loop: sti\nhlt\ncli\ncmpl $25, 0x6000\njb hlt_loop\n"
    "EXIT 0x6000\n"
    "kernel_de: incl 0x6010\naddl $2, (%esp)\niret\n"
    "kernel_pf: mov %cr2, %eax\nmov %eax, 0x6014\nmov (%esp), %eax\nmov %eax, 0x6018\n"
    "movl $0x200007, 0x21000+0x300*4\nadd $4, %esp\niret\n"
    "kernel_irq: push %eax\nincl 0x6000\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "kernel_sys: add %ebx, 0x601c\niret\n"
    GUEST_GDT(kernel));

/* User code below a kernel: system calls, faults of the user's, privileged instructions, timer
 * interrupts at CPL 3.  Needs a faithful IRET to CPL 3, and POPF. */
GUEST(user,
    GUEST_LOAD_GDT(user)
    GUEST_GATE(user, 13, user_gp, 8e)
    GUEST_GATE(user, 14, user_pf, 8e)
    GUEST_GATE(user, 32, user_irq, 8e)
    GUEST_GATE(user, 128, user_sys, ee)
    GUEST_LOAD_IDT(user)
    GUEST_LOAD_TSS
    GUEST_PAGING(user)
    GUEST_TIMER(150)
    "pushf\npop %eax\nmov %eax, 0x6030\nor $0x200, %eax\npush %eax\npopf\n"
    "movl $5, 0x21000+0x80*4\ninvlpg 0x80000\n"                     /* user read-only page */
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(user, user_main) "\niret\n"
    "user_main: mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\n"
    "1: mov $2, %ebx\nint $0x80\ncmpl $40, 0x6000\njb 1b\n"
    "movl $1, 0x80000\n"                                            /* true fault: W=0 */
    "cli\n"                                                         /* #GP(0) */
    "int $0x21\n"                                                   /* #GP: DPL 0 gate */
    "pushf\npop %eax\nmov %eax, 0x6034\n"
    "mov $0xdead, %ebx\nint $0x80\n1: jmp 1b\n"
    "user_gp: pop 0x6020\nincl 0x6024\nmov (%esp), %eax\ncmpb $0xfa, (%eax)\n"
    "jne 2f\nincl (%esp)\niret\n2: addl $2, (%esp)\niret\n"
    "user_pf: mov %cr2, %eax\nmov %eax, 0x6014\npop 0x6018\nmovl $0x80007, 0x21000+0x80*4\n"
    "mov %cr3, %eax\nmov %eax, %cr3\niret\n"
    "user_irq: push %eax\nincl 0x6000\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "user_sys: add %ebx, 0x601c\ncmp $0xdead, %ebx\nje 3f\niret\n3: EXIT 0x601c\n"
    GUEST_GDT(user));

static void compare(const struct engine *engine, const u8 *code, const u8 *end, u32 exit_code)
{
    struct guest_world native, other;
    world_open(&native, NULL, code, (u32)(end - code));
    world_open(&other, engine, code, (u32)(end - code));
    world_run(&native, FOREVER);
    world_run(&other, FOREVER);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(native.stop.arg, exit_code);
    CU_ASSERT_TRUE(same_state(&native, &other));
    CU_ASSERT_TRUE(other.vmm.s->entries > 3);
    world_close(&native);
    world_close(&other);
}

static void plain_interp(void) { compare(&engine_interp, plain, plain_end, 0x5a); }
static void plain_direct(void) { compare(&engine_direct, plain, plain_end, 0x5a); }
static void kernel_interp(void) { compare(&engine_interp, kernel, kernel_end, 25); }
static void kernel_direct(void) { compare(&engine_direct, kernel, kernel_end, 25); }
static void user_interp(void)
{
    struct guest_world native;
    world_open(&native, NULL, user, (u32)(user_end - user));
    world_run(&native, FOREVER);
    u32 code = native.stop.arg;
    CU_ASSERT_EQUAL(world_read(&native, 0x6024), 2); /* both #GPs */
    world_close(&native);
    compare(&engine_interp, user, user_end, code);
}

static void compare_ticks(const struct engine *engine, const u8 *code, const u8 *end)
{
    struct guest_world native, other;
    world_open(&native, NULL, code, (u32)(end - code));
    world_open(&other, engine, code, (u32)(end - code));
    CU_ASSERT_EQUAL(lockstep(&native, &other, 100000), 0);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(first_difference(&native, &other), GUEST_RAM);
    world_close(&native);
    world_close(&other);
}

static void kernel_interp_ticks(void) { compare_ticks(&engine_interp, kernel, kernel_end); }
static void kernel_direct_ticks(void) { compare_ticks(&engine_direct, kernel, kernel_end); }
static void user_interp_ticks(void) { compare_ticks(&engine_interp, user, user_end); }

/* ---- what a classical monitor cannot do: x86 does not trap (the paper, 3.1) ---- */

GUEST(silent,
    GUEST_LOAD_GDT(silent)
    "sti\ncli\n"
    "pushf\npop %eax\nmov %eax, 0x6000\n"              /* shows the real IF */
    "mov %cs, %ebx\nmov %ebx, 0x6004\n"                /* shows the real CPL */
    "push $0x202\npopf\n"                             /* asks for IF=1: nobody is told */
    "smsw %ecx\nsidt 0x6010\n"
    "EXIT $1\n"
    GUEST_GDT(silent));

static void silent_failures(void)
{
    struct guest_world native, direct, interp;
    world_open(&native, NULL, silent, (u32)(silent_end - silent));
    world_open(&direct, &engine_direct, silent, (u32)(silent_end - silent));
    world_open(&interp, &engine_interp, silent, (u32)(silent_end - silent));
    world_run(&native, FOREVER);
    world_run(&direct, FOREVER);
    world_run(&interp, FOREVER);
    CU_ASSERT_TRUE(same_state(&native, &interp));
    CU_ASSERT_FALSE(world_read(&native, 0x6000) & FL_IF);
    CU_ASSERT_TRUE(world_read(&direct, 0x6000) & FL_IF);
    CU_ASSERT_EQUAL(world_read(&native, 0x6004), 8);
    CU_ASSERT_EQUAL(world_read(&direct, 0x6004), 9);
    CU_ASSERT_TRUE(native.peek.arch.eflags & FL_IF);
    CU_ASSERT_FALSE(direct.peek.arch.eflags & FL_IF);
    CU_ASSERT_EQUAL(world_read(&native, 0x6012), 0);
    CU_ASSERT_EQUAL(world_read(&direct, 0x6012), MON_IDT);
    CU_ASSERT_EQUAL(native.peek.tick, direct.peek.tick);
    world_close(&native);
    world_close(&direct);
    world_close(&interp);
}

/* ---- the paper's 2030 cycles (3.3) ---- */

GUEST(rdtscs,
    "mov $0x80000, %esp\nmov $8, %ecx\n1: .rept 100\nrdtsc\n.endr\ndec %ecx\njnz 1b\n"
    "mov %eax, %ebx\nEXIT %ebx\n");

static void costs(void)
{
    struct guest_world w;
    world_open(&w, &engine_direct, rdtscs, (u32)(rdtscs_end - rdtscs));
    world_run(&w, 2 + 102 + 5);
    const struct ledger *l = &w.hw.state->ledger;
    u64 total = l->total, gates = l->count[COST_GATE];
    world_run(&w, 2 + 102 + 95);
    CU_ASSERT_EQUAL(l->total - total, 90 * 2030);
    CU_ASSERT_EQUAL(l->count[COST_GATE] - gates, 90);
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(w.stop.arg, 2 + 8 * 102 - 3); /* the last rdtsc saw the ticks before it */
    world_close(&w);
}

/* ---- time travel: the hot part and RAM are all there is ---- */

static void restored(void)
{
    struct guest_world w, again;
    const struct engine *e = &engine_direct;
    world_open(&w, e, kernel, (u32)(kernel_end - kernel));
    world_open(&again, e, kernel, (u32)(kernel_end - kernel));
    world_run(&w, 3000);
    memcpy(again.hw.arena.base, w.hw.arena.base, ARENA_HOT);
    for (u64 at = 0; at < w.hw.ram_bytes; at += PAGE_SIZE)
        machine_poke(&again.hw, (u32)at, machine_ram(&w.hw, (u32)at), PAGE_SIZE);
    machine_arena_replaced(&again.hw);
    u8 *hot = again.hw.arena.base + ((u8 *)w.vmm.s - w.hw.arena.base);
    vmm_attach(&again.vmm, &again.hw, e, hot);
    events_record(&again.hw.events, VMM_EMULATE, true); /* watching changes nothing */
    events_record(&again.hw.events, VMM_HIDDEN, true);
    world_run(&w, FOREVER);
    world_run(&again, FOREVER);
    CU_ASSERT_TRUE(same_state(&w, &again));
    CU_ASSERT_TRUE(again.hw.events.written > 0);
    CU_ASSERT_EQUAL(memcmp(w.hw.arena.base, again.hw.arena.base, ARENA_HOT), 0);
    CU_ASSERT_EQUAL(memcmp(w.hw.ram, again.hw.ram, w.hw.ram_bytes), 0);
    world_close(&w);
    world_close(&again);
}

/* ---- a triple fault, and a halt that nothing ends ---- */

GUEST(triple, GUEST_LOAD_GDT(triple) "lidt " AT(triple, triple_idtr) "\nud2\n"
    "triple_idtr: .word 0\n.long 0\n" GUEST_GDT(triple));
GUEST(idle, "mov $7, %eax\ncli\nhlt\n");

static void ends(const struct engine *engine)
{
    struct guest_world w;
    world_open(&w, engine, triple, (u32)(triple_end - triple));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.kind, STOP_SHUTDOWN);
    world_close(&w);
    world_open(&w, engine, idle, (u32)(idle_end - idle));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.kind, STOP_IDLE);
    CU_ASSERT_EQUAL(w.peek.tick, 3);
    CU_ASSERT_EQUAL(w.peek.arch.reg[EAX], 7);
    world_close(&w);
}
static void ends_interp(void) { ends(&engine_interp); }
static void ends_direct(void) { ends(&engine_direct); }

static const struct unit_case cases[] = {
    { "no tables, interpreted", plain_interp },
    { "no tables, direct", plain_direct },
    { "kernel with faults, paging, timer, interpreted", kernel_interp },
    { "kernel with faults, paging, timer, direct", kernel_direct },
    { "user mode, interpreted", user_interp },
    { "kernel, interpreted, every tick", kernel_interp_ticks },
    { "kernel, direct, every tick", kernel_direct_ticks },
    { "user mode, interpreted, every tick", user_interp_ticks },
    { "what de-privileging breaks in silence", silent_failures },
    { "2030 cycles for a trapped instruction", costs },
    { "a copied arena goes on alike, watched or not", restored },
    { "shutdown and idle, interpreted", ends_interp },
    { "shutdown and idle, direct", ends_direct },
};

UNIT_MAIN("vmm", cases)
