/* Guests under the monitor end exactly as natively: memory, registers, time, console. */
#include "tests/unit/unit.h"

#include "tests/unit/compare.h"
#include "tests/unit/guests_int1.h"
#include "tests/unit/guests_kernel.h"

#include "vmm/event.h"

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

static void kernel_interp_ticks(void) { compare_ticks(&engine_interp, kernel, kernel_end); }
static void kernel_direct_ticks(void) { compare_ticks(&engine_direct, kernel, kernel_end); }
static void ring3_interp_ticks(void) { compare_ticks(&engine_interp, ring3, ring3_end); }
static void ring3_direct_ticks(void) { compare_ticks(&engine_direct, ring3, ring3_end); }
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

/* Page walks are not what is counted here; a build may have a TLB of one entry. */
static u64 walks(const struct ledger *l) { return l->cycles[COST_TLB_WALK]; }

GUEST(rdtscs,
    "mov $0x80000, %esp\nmov $8, %ecx\n1: .rept 100\nrdtsc\n.endr\ndec %ecx\njnz 1b\n"
    "mov %eax, %ebx\nEXIT %ebx\n");

static void costs(void)
{
    struct guest_world w;
    world_open(&w, &engine_direct, rdtscs, (u32)(rdtscs_end - rdtscs));
    world_run(&w, 2 + 102 + 5);
    const struct ledger *l = &w.hw.state->ledger;
    u64 total = l->total - walks(l), gates = l->count[COST_GATE];
    world_run(&w, 2 + 102 + 95);
    CU_ASSERT_EQUAL(l->total - walks(l) - total, 90 * 2030);
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

/* ---- input, some of it at the same tick (overruns), some while the guest halts ---- */

static void input_interp(void) { input(&engine_interp); }
static void input_direct(void) { input(&engine_direct); }

/* ---- states that the hardware must not run as they are: TF, LDT, segments, gates ---- */

static void odd_interp(void) { odd_ticks(&engine_interp); }
static void odd_direct(void) { odd_ticks(&engine_direct); }

/* ---- real mode, 16-bit code and virtual-8086 mode: interpreted under every engine ---- */

static void old_interp(void) { compare_ticks(&engine_interp, old, old_end); }
static void old_direct(void) { compare_ticks(&engine_direct, old, old_end); }

/* ---- INT1 asks no gate's DPL, but it is the guest's gate that it goes through ---- */

static void int1_interp(void) { compare_ticks(&engine_interp, int1, int1_end); }
static void int1_direct(void) { compare_ticks(&engine_direct, int1, int1_end); }

/* ---- interrupts are benign, whatever their vector: a fault of their delivery is itself ---- */

/* The timer at vector 8, whose gate is not there. */
GUEST(benign,
    GUEST_LOAD_GDT(benign)
    GUEST_GATE(benign, 11, benign_np, 8e)
    GUEST_GATE(benign, 13, benign_gp, 8e)
    GUEST_LOAD_IDT(benign)
    GUEST_TIMER(50)
    "mov $0x11, %al\nout %al, $0x20\nmov $8, %al\nout %al, $0x21\nmov $4, %al\nout %al, $0x21\n"
    "mov $1, %al\nout %al, $0x21\nmov $0xfe, %al\nout %al, $0x21\n"
    "sti\n1: jmp 1b\n"
    "benign_np: EXIT $0xbad\nbenign_gp: pop %ecx\nEXIT %ecx\n"
    GUEST_GDT(benign));

static void benign_interrupts(void)
{
    compare(&engine_interp, benign, benign_end, 8 * 8 + 3); /* #GP(IDT entry 8, EXT) */
    compare(&engine_direct, benign, benign_end, 8 * 8 + 3);
}

/* ---- a triple fault, and a halt that nothing ends ---- */

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
    { "CPL 3 and its faults, interpreted, every tick", ring3_interp_ticks },
    { "CPL 3 and its faults, direct, every tick", ring3_direct_ticks },
    { "what de-privileging breaks in silence", silent_failures },
    { "2030 cycles for a trapped instruction", costs },
    { "a copied arena goes on alike, watched or not", restored },
    { "input, interpreted", input_interp },
    { "input, direct", input_direct },
    { "odd states, interpreted, every tick", odd_interp },
    { "odd states, direct, every tick", odd_direct },
    { "real and virtual-8086 mode, interpreted, every tick", old_interp },
    { "real and virtual-8086 mode, direct, every tick", old_direct },
    { "INT1, interpreted, every tick", int1_interp },
    { "INT1 in user code, direct, every tick", int1_direct },
    { "an interrupt's delivery faults", benign_interrupts },
    { "shutdown and idle, interpreted", ends_interp },
    { "shutdown and idle, direct", ends_direct },
};

UNIT_MAIN("vmm", cases)
