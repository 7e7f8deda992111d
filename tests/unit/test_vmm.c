/* Guests under the monitor end exactly as natively: memory, registers, time, console. */
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

/* Descriptor tables, a fault and its handler, INT, paging, port I/O, a timer; CPL 0 only, and
 * no instruction that de-privileging breaks without a trap. */
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

/* CPL 3 on the hardware itself: system calls, page rights, truncated segments and beyond. */
GUEST(ring3,
    GUEST_LOAD_GDT(ring3)
    GUEST_GATE(ring3, 0, ring3_fault0, 8f)
    GUEST_GATE(ring3, 13, ring3_fault, 8f)
    GUEST_GATE(ring3, 14, ring3_fault, 8f)
    GUEST_GATE(ring3, 128, ring3_sys, ef)
    GUEST_LOAD_IDT(ring3)
    GUEST_LOAD_TSS
    GUEST_PAGING(ring3)
    "movl $5, 0x21000+0x80*4\nmovl $3, 0x21000+0x81*4\nmovl $0x20003, 0x20ffc\n"
    "mov %cr3, %eax\nmov %eax, %cr3\nmov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\n"
    "sti\nnop\npush $0x23\npush $0x90000\npush $0x202\npush $0x1b\n"
    "push $" AT(ring3, ring3_main) "\niret\n"
    "ring3_main: mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %fs\nxor %eax, %eax\n"
    "mov %eax, %gs\nmov $2, %ebx\nint $0x80\npushf\npop 0x6030\n"
    "mov $" AT(ring3, r1) ", %ebp\nmovl $1, 0x80000\nr1: mov $" AT(ring3, r2) ", %ebp\n"
    "mov 0x81000, %eax\nr2: mov $" AT(ring3, r3) ", %ebp\nmov 0xffc00000, %eax\n"
    "r3: mov $" AT(ring3, r4) ", %ebp\nmov %eax, 0xfffffffe\nr4: mov $" AT(ring3, r5) ", %ebp\n"
    "hlt\nr5: mov $" AT(ring3, r6) ", %ebp\nint $0x7d\nr6: mov $" AT(ring3, r7) ", %ebp\n"
    "mov $0xffa1, %eax\nmov %eax, %ds\nr7: mov $" AT(ring3, r8) ", %ebp\nmov %gs:0, %eax\n"
    "r8: mov $" AT(ring3, r9) ", %ebp\nxor %ebx, %ebx\ndiv %ebx\n"
    "r9: mov $" AT(ring3, r10) ", %ebp\n"
    "in $0x40, %al\nr10: rdtsc\nmov %eax, 0x6034\nmov %cs, 0x6038\nmov %ss, 0x603c\n"
    "lar %eax, %ecx\nmov $99, %ebx\nint $0x80\n"
    "ring3_fault0: push $0\nring3_fault: push %eax\nincl 0x6000\nmov 0x6000, %eax\n"
    "mov 4(%esp), %ecx\nmov %ecx, 0x6100(,%eax,8)\nmov %cr2, %ecx\nmov %ecx, 0x6104(,%eax,8)\n"
    "pop %eax\nadd $4, %esp\nmov %ebp, (%esp)\niret\n"
    "ring3_sys: add %ebx, 0x601c\ncmp $99, %ebx\nje 3f\niret\n3: EXIT 0x6000\n"
    GUEST_GDT(ring3));

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

/* ---- input, some of it at the same tick (overruns), some while the guest halts ---- */

GUEST(echo,
    GUEST_LOAD_GDT(echo)
    GUEST_GATE(echo, 36, echo_irq, 8e)
    GUEST_LOAD_IDT(echo)
    GUEST_TIMER(60000)
    "mov $0xef, %al\nout %al, $0x21\nmov $0x3f9, %edx\nmov $1, %al\nout %al, %dx\n"
    "mov $0x3fc, %edx\nmov $8, %al\nout %al, %dx\n"       /* OUT2 opens the interrupt */
    "sti\n1: incl 0x6004\ncmpl $2, 0x6000\njb 1b\n"
    "2: hlt\ncmpl $4, 0x6000\njb 2b\nEXIT 0x6000\n"
    "echo_irq: push %eax\npush %edx\nmov $0x3f8, %edx\nin %dx, %al\nout %al, $0xe9\n"
    "mov 0x6000, %edx\nmov %al, 0x6010(%edx)\nincl 0x6000\n"
    "mov $0x20, %al\nout %al, $0x20\npop %edx\npop %eax\niret\n"
    GUEST_GDT(echo));

static void input(const struct engine *engine)
{
    static const struct journal_entry typed[] = {
        { 500, 'a', { 0 } }, { 700, 'b', { 0 } }, { 700, 'c', { 0 } }, { 50000, 'd', { 0 } },
        { 50000, 'e', { 0 } }, { 60000, 'g', { 0 } },
    };
    struct guest_world native, other;
    world_open(&native, NULL, echo, (u32)(echo_end - echo));
    world_open(&other, engine, echo, (u32)(echo_end - echo));
    native.hw.journal = other.hw.journal = typed;
    native.hw.journal_count = other.hw.journal_count = COUNT(typed);
    world_run(&native, FOREVER);
    world_run(&other, FOREVER);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(world_read(&native, 0x6010), 'a' | 'c' << 8 | 'e' << 16 | 'g' << 24);
    CU_ASSERT_TRUE(same_state(&native, &other));
    world_close(&native);
    world_close(&other);
}
static void input_interp(void) { input(&engine_interp); }
static void input_direct(void) { input(&engine_direct); }

/* ---- states that the hardware must not run as they are: TF, LDT, segments, gates ---- */

GUEST(odd,
    GUEST_LOAD_GDT(odd)
    GUEST_GATE(odd, 1, odd_db, 8e)
    GUEST_GATE(odd, 13, odd_gp, 8e)
    GUEST_GATE(odd, 12, odd_gp, 8e)
    GUEST_LOAD_IDT(odd)
    GUEST_LOAD_TSS
    /* single step, by POPF */
    "push $0x102\npopf\nnop\nmov %eax, %eax\nmov %ss, %edx\nmov %edx, %ss\nnop\nnop\n"
    "andl $0xfffffeff, 0x6010\npush $2\npopf\nnop\n"
    /* an LDT with one data segment of 4 KB at 0x9000 */
    "mov $0x30, %eax\nlldt %ax\nmov $4, %eax\nmov %eax, %fs\nmovl $5, %fs:0x10\n"
    "mov $" AT(odd, odd_1) ", %ebx\nmov %fs:0x1000, %eax\nodd_1:\n"
    /* expand-down: offsets from 0x10000 up */
    "mov $0x38, %eax\nmov %eax, %gs\nmovl $6, %gs:0x20000\n"
    "mov $" AT(odd, odd_2) ", %ebx\nmov %gs:0x100, %eax\nodd_2:\n"
    "mov $0x10, %eax\nmov %eax, %gs\n"
    /* a base in the monitor's range, wrapping to low memory */
    "mov $0x40, %eax\nmov %eax, %fs\nmovl $7, %fs:0x106040\n"
    /* a descriptor changed in memory after it was loaded, then loaded again */
    "movl $0x7000ffff, " AT(odd, odd_data) "\nmovl $8, %es:0x6050\nmov $0x48, %eax\n"
    "mov %eax, %es\nmovl $0x8000ffff, " AT(odd, odd_data) "\nmovl $9, %es:0x60\n"
    "mov %eax, %es\nmovl $10, %es:0x64\n"
    /* flat accesses beyond the monitor's base: no paging, no memory there */
    "movl $1, 0xffd00000\nmov 0xffd00000, %eax\nmov %eax, 0x6070\n"
    /* far call and return, and a call gate to the same level */
    "lcall $8, $" AT(odd, odd_far) "\nlcall $0x50, $0\n"
    "mov $" AT(odd, odd_3) ", %ebx\nmov $0x200, %eax\nmov %eax, %es\nodd_3:\n"
    "EXIT 0x6000\n"
    "odd_db: incl 0x6000\nmov (%esp), %ecx\nmov %ecx, 0x6004\nmov %dr6, %ecx\n"
    "mov %ecx, 0x6008\nxor %ecx, %ecx\nmov %ecx, %dr6\niret\n"
    "odd_gp: incl 0x600c\nmov 0x600c, %ecx\npop 0x6080(,%ecx,4)\nmov %ebx, (%esp)\niret\n"
    "odd_far: incl 0x6074\nlret\n"
    ".balign 8\nodd_gdt: .quad 0\n"
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff\n.quad 0, 0, 0x0000890050000067\n"
    ".quad 0x0000820060a00007, 0x00c096000000000f, 0xffcf92f00000ffff\n"
    "odd_data: .quad 0x00cf92000000ffff\n"
    ".word (odd_far-odd)&0xffff, 8, 0x8c00, 0x10\n"
    "odd_gdtr: .word 0x57\n.long " AT(odd, odd_gdt) "\n");

static void odd_ticks(const struct engine *engine)
{
    struct guest_world native, other;
    static const u32 ldt[2] = { 0x90000fff, 0x00409200 };
    u32 at = 0x60a0;
    world_open(&native, NULL, odd, (u32)(odd_end - odd));
    world_open(&other, engine, odd, (u32)(odd_end - odd));
    machine_poke(&native.hw, at, ldt, 8);
    u32 frame = guestmem_place(at >> 12, GUEST_RAM >> 12) << 12;
    machine_poke(&other.hw, frame | (at & 0xfff), ldt, 8);
    CU_ASSERT_EQUAL(lockstep(&native, &other, 10000), 0);
    CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
    CU_ASSERT_TRUE(native.stop.arg >= 6);
    CU_ASSERT_EQUAL(world_read(&native, 0x600c), 3);
    CU_ASSERT_EQUAL(world_read(&native, 0x6074), 2);
    CU_ASSERT_EQUAL(world_read(&native, 0x7060), 9);
    CU_ASSERT_EQUAL(world_read(&native, 0x8064), 10);
    tell_difference(&native, &other);
    CU_ASSERT_EQUAL(first_difference(&native, &other), GUEST_RAM);
    world_close(&native);
    world_close(&other);
}
static void odd_interp(void) { odd_ticks(&engine_interp); }
static void odd_direct(void) { odd_ticks(&engine_direct); }

/* ---- real mode, 16-bit code and virtual-8086 mode: interpreted under every engine ---- */

GUEST(old,
    GUEST_LOAD_GDT(old)
    GUEST_GATE(old, 13, old_gp, 8e)
    GUEST_LOAD_TSS
    "mov $" AT(old, old_16) ", %esi\nmov $0x7000, %edi\nmov $0x200, %ecx\nrep movsb\n"
    "lidt " AT(old, old_ivt) "\nmovw $0x7000+old_int-old_16, 0x100\nmovw $0, 0x102\n"
    "ljmp $0x18, $0x7000\n"
    "old_back: mov $0x10, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %ss\n"
    "mov $0x80000, %esp\nlidt " AT(old, old_idtr) "\n"
    "push $0\npush $0\npush $0x700\npush $0x700\npush $0x600\npush $0xf0\npush $0x20202\n"
    "push $0x700\npush $old_86-old_16\niret\n"
    "old_gp: mov 12(%esp), %eax\nmov %eax, %ss:0x6010\nmov 4(%esp), %ebx\nEXIT $0x66\n"
    ".code16\nold_16: mov $0x20, %ax\nmov %ax, %ds\nmov %ax, %ss\nmov %ax, %es\n"
    "mov %cr0, %eax\nand $0xfe, %al\nmov %eax, %cr0\nljmp $0, $0x7000+old_real-old_16\n"
    "old_real: xor %ax, %ax\nmov %ax, %ds\nmov %ax, %ss\nmov $0x6f00, %sp\n"
    "mov $0x600, %ax\nmov %ax, %es\nmovw $0x1234, %es:2\nint $0x40\npushf\npop %es:4\n"
    "mov $5, %cx\n1: rol $1, %dx\nloop 1b\nsidt %es:8\nsmsw %bx\n"
    "mov %cr0, %eax\nor $1, %al\nmov %eax, %cr0\n"
    "ljmpl $8, $" AT(old, old_back) "\n"
    "old_int: incw %es:6\nmov %sp, %bp\nmov (%bp), %dx\niret\n"
    "old_86: mov %cs, %ax\nmovw $3, 2\nmov %ds:2, %bx\npush %bx\nint $0x41\nhlt\n"
    ".code32\n.balign 8\nold_gdt: .quad 0\n"
    ".quad 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00009b000000ffff, 0x000093000000ffff\n"
    ".quad 0x0000890050000067\n"
    "old_gdtr: .word 47\n.long " AT(old, old_gdt) "\nold_ivt: .word 0x3ff\n.long 0\n"
    "old_idtr: .word 0x7ff\n.long 0x4000\n");

static void old_interp(void) { compare_ticks(&engine_interp, old, old_end); }
static void old_direct(void) { compare_ticks(&engine_direct, old, old_end); }

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
    { "shutdown and idle, interpreted", ends_interp },
    { "shutdown and idle, direct", ends_direct },
};

UNIT_MAIN("vmm", cases)
