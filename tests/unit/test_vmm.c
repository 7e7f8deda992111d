/* Guests under the monitor end exactly as they do natively: memory, registers, time, console. */
#include "tests/unit/unit.h"

#include "tests/unit/monitor.h"

#include "vmm/event.h"

#define FOREVER 50000000

/* Arithmetic, memory, strings and the console; no tables at all: cached segments. */
GUEST(plain,
    "mov $0x80000, %esp\nmov $1000, %ecx\nxor %eax, %eax\n"
    "1: add %ecx, %eax\npush %eax\npop 0x6000(,%ecx,4)\ndec %ecx\njnz 1b\n"
    "mov $0x6004, %esi\nmov $0x7004, %edi\nmov $1000, %ecx\ncld\nrep movsd\n"
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

static const struct unit_case cases[] = {
    { "no tables, interpreted", plain_interp },
    { "no tables, direct", plain_direct },
    { "kernel with faults, paging, timer, interpreted", kernel_interp },
    { "kernel with faults, paging, timer, direct", kernel_direct },
    { "user mode, interpreted", user_interp },
};

UNIT_MAIN("vmm", cases)
