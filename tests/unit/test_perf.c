/* Performance counters: against a count of every tick, their end against single ticks, and under every monitor. */
#include "tests/unit/pc.h"

#include "bt/bt.h"
#include "tests/unit/compare.h"
#include "vt/vt.h"

/* ---- the board alone ---- */

static u64 seed;
static u32 below(u32 n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (u32)((seed >> 33) % n);
}

enum { ON = EVTSEL_ENABLE };

static u32 any_select(unsigned n)
{
    static const u32 some[] = { 0xc0, 0x79, 0x24, 0x0fc0, 0x010000c0, 0x020000c0, 0x028000c0, 0x000400c0 };
    return some[below(COUNT(some)) & (below(3) ? 1 : 7)] | below(4) << 16 | (below(3) ? EVTSEL_INT : 0) |
           (n ? 0 : ON);
}

/* What the page says, for one tick. */
static unsigned counted(u32 select, bool user)
{
    unsigned event = select & 0xff, cmask = select >> 24;
    bool inverted = (select & EVTSEL_INVERT) && cmask;
    if ((event != 0xc0 && event != 0x79) || (select & EVTSEL_EDGE) || !(select & (user ? EVTSEL_USR : EVTSEL_OS)))
        return 0;
    return inverted ? cmask > 1 : cmask <= 1;
}

static void write_msr(struct platform *p, u64 now, u32 msr, u64 value)
{
    CU_ASSERT(platform_wrmsr(p, now, msr, value));
}

static u64 read_msr(const struct platform *p, u64 now, u32 msr)
{
    u64 value = 0;
    CU_ASSERT(platform_rdmsr(p, now, msr, &value));
    return value;
}

/* The first tick at which NMI, INTR or INIT changes, a tick at a time; `most`: not by then. */
static u64 found(const struct platform *p, u64 most)
{
    struct platform q = *p;
    bool intr = platform_intr(&q);
    u8 waits = q.apic.waits;
    for (u64 t = q.now + 1; t < most; t++) {
        platform_advance(&q, t);
        if (platform_intr(&q) != intr || q.apic.waits != waits)
            return t;
    }
    return most;
}

/* Random registers, then ticks, halts and changes of ring; both counters, and when the first end is told. */
static void every_tick(void)
{
    enum { ROUNDS = 300, STEPS = 40, FAR = 400 };
    static const u32 lvt[] = { 0x60, 0x60, 0x10060, 0x400, 0x8, 0x700 };
    unsigned told = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = round;
        struct platform *p = &fresh(false)->p;
        struct platform_out out;
        u64 now = below(50), want[2];
        u32 select[2] = { any_select(0), any_select(1) };
        bool user = false;
        platform_store(p, now, 0xfee00340u, 4, lvt[below(COUNT(lvt))], &out);
        write_msr(p, now, 0x187, select[1]);
        write_msr(p, now, 0x186, select[0]);
        for (unsigned n = 0; n < 2; n++) {
            want[n] = 0xff00000000ull | (0u - below(600));
            write_msr(p, now, 0xc1 + n, want[n]);
            if (!(want[n] & BIT(31))) /* it was 0 */
                want[n] = 0;
        }
        for (unsigned i = 0; i < STEPS; i++) {
            u32 ticks = below(60);
            platform_advance(p, now);
            u64 due = platform_due(p), first = found(p, now + FAR);
            CU_ASSERT_EQUAL(due < now + FAR ? due : now + FAR, first);
            told += first < now + FAR;
            for (unsigned n = 0; n < 2; n++)
                want[n] = (want[n] + (u64)ticks * counted(select[n], user)) & 0xffffffffffull;
            now += ticks;
            for (unsigned n = 0; n < 2; n++)
                CU_ASSERT_EQUAL(read_msr(p, now, 0xc1 + n), want[n]);
            if (below(4) == 0) {
                ticks = below(500);
                platform_halted(p, now, now + ticks);
                now += ticks;
            }
            user ^= below(3) == 0;
            if (perf_minds_cpl(&p->msr.perf))
                platform_cpl(p, now, user ? 3 : 0);
            if (below(3) == 0)
                platform_store(p, now, 0xfee00340u, 4, lvt[below(COUNT(lvt))], &out);
        }
    }
    CU_ASSERT(told > 100);
}

/* ---- guests ---- */

/* USR and OS apart, each telling its end again and again, below a kernel that halts. */
#define PERF_WRITE(msr, value) "mov $" #msr ", %ecx\nmov $" #value ", %eax\nxor %edx, %edx\nwrmsr\n"
GUEST(rings,
    GUEST_LOAD_GDT(rings) GUEST_GATE(rings, 32, rings_irq, 8e) GUEST_GATE(rings, 96, rings_told, 8e)
    GUEST_GATE(rings, 128, rings_sys, ee) GUEST_LOAD_IDT(rings) GUEST_LOAD_TSS GUEST_TIMER(70)
    "movl $0x60, 0xfee00340\n"
    PERF_WRITE(0xc1, -50) PERF_WRITE(0xc2, -90) PERF_WRITE(0x187, 0x120079) PERF_WRITE(0x186, 0x5100c0)
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(rings, rings_user) "\niret\n"
    "rings_user: mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\n"
    "rings_loop: mov $7, %ecx\nloop .\nint $0x80\ncmpl $20, 0x6000\njb rings_loop\nmov $1, %ebx\nint $0x80\n"
    "rings_sys: cmp $1, %ebx\nje rings_exit\nsti\nhlt\ncli\niret\n"
    "rings_exit: EXIT 0x6000\n"
    "rings_irq: push %eax\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "rings_told: push %eax\npush %ecx\npush %edx\nincl 0x6000\nmovl $0, 0xfee000b0\nmovl $0x60, 0xfee00340\n"
    "mov $0xc1, %ecx\nrdmsr\nadd %eax, 0x6004\nmov $1, %ecx\nrdpmc\nadd %eax, 0x6008\n"
    PERF_WRITE(0xc1, -50) PERF_WRITE(0xc2, -90)
    "pop %edx\npop %ecx\npop %eax\niret\n"
    GUEST_GDT(rings));

/* A counter of all rings, read in both by RDPMC and in the kernel by RDMSR, and the time; in user code under each
 * setting of CR4.PCE and TSD: five times #GP. */
GUEST(readers,
    GUEST_LOAD_GDT(readers) GUEST_GATE(readers, 13, readers_gp, 8e) GUEST_GATE(readers, 128, readers_sys, ee)
    GUEST_LOAD_IDT(readers) GUEST_LOAD_TSS PERF_WRITE(0x186, 0x4300c0)
    "xor %ecx, %ecx\nrdpmc\nmov %eax, 0x6004\nrdtsc\nmov %eax, 0x6008\nmov $0xc1, %ecx\nrdmsr\nmov %eax, 0x600c\n"
    "push $0x23\npush $0x90000\npush $2\npush $0x1b\npush $" AT(readers, readers_user) "\niret\n"
    "readers_user: mov $0x23, %eax\nmov %eax, %ds\nmov $4, %ebx\n"
    "1: xor %ecx, %ecx\nrdpmc\nadd %eax, 0x6010\nrdtsc\nadd %eax, 0x6014\nint $0x80\ndec %ebx\njnz 1b\nint $0x80\n"
    "readers_sys: test %ebx, %ebx\njz readers_exit\nmov %ebx, %eax\nand $1, %eax\nshl $8, %eax\n"
    "mov %ebx, %edx\nand $2, %edx\nlea (%eax,%edx,2), %eax\nmov %eax, %cr4\niret\n"
    "readers_exit: EXIT 0x6000\n"
    "readers_gp: incl 0x6000\nadd $4, %esp\naddl $2, (%esp)\niret\n"
    GUEST_GDT(readers));

/* Nothing wakes it: in a halt no counter comes to its end. */
GUEST(nobody,
    "movl $0x60, 0xfee00340\n" PERF_WRITE(0xc1, -100) PERF_WRITE(0x186, 0x5300c0) "sti\nhlt\n");

static const struct engine *const engines[] = { NULL, &engine_bt, &engine_vt, &engine_interp, &engine_direct };

static void alike(void)
{
    for (unsigned i = 1; i < COUNT(engines); i++)
        compare_ticks(engines[i], rings, rings_end);
}

/* None of it is left to the hardware: its counters count the monitor's machine. */
static void read_alike(void)
{
    for (unsigned i = 1; i < COUNT(engines); i++) {
        compare(engines[i], readers, readers_end, 5);
        compare_ticks(engines[i], readers, readers_end);
    }
}

static void nobody_wakes(void)
{
    for (unsigned i = 0; i < COUNT(engines); i++) {
        struct guest_world w;
        world_open(&w, engines[i], nobody, (u32)(nobody_end - nobody));
        world_run(&w, 100000);
        CU_ASSERT_EQUAL(w.stop.kind, STOP_IDLE);
        world_close(&w);
    }
}

static const struct unit_case cases[] = {
    { "every tick", every_tick },
    { "rings and halts under all monitors", alike },
    { "read under all monitors", read_alike },
    { "a counter wakes nobody", nobody_wakes },
};

UNIT_MAIN("perf", cases)
