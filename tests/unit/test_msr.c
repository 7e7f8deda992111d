/* The P6's model-specific registers, natively and under every monitor. */
#include "tests/unit/unit.h"

#include "bt/bt.h"
#include "sim/dev/mmio.h"
#include "tests/unit/compare.h"
#include "vt/vt.h"

/* #GP is counted at 0x6000 and skips the two bytes of RDMSR or WRMSR. */
#define REFUSED(insn, msr, n) "mov $" #msr ", %ecx\n" insn "\ncmpl $" #n ", 0x6000\njne msrs_bad\n"
GUEST(msrs,
    GUEST_LOAD_GDT(msrs) GUEST_GATE(msrs, 13, msrs_gp, 8e) GUEST_LOAD_IDT(msrs)
    "mov $0x10, %ecx\nmov $5, %edx\nmov $0xfffffffe, %eax\nwrmsr\n" /* the high half is cleared */
    "rdtsc\nmov %eax, 0x6010\nmov %edx, 0x6014\n"
    "nop\nnop\nmov $0x10, %ecx\nrdmsr\nmov %eax, 0x6018\nmov %edx, 0x601c\n"
    "mov $0x17, %ecx\nrdmsr\nor %edx, %eax\njnz msrs_bad\n"
    "mov $0x8b, %ecx\nmov $-1, %eax\nmov $-1, %edx\nwrmsr\n"
    "mov $1, %eax\ncpuid\nmov $0x8b, %ecx\nrdmsr\ntest %edx, %edx\njnz msrs_bad\n"
    REFUSED("wrmsr", 0x17, 1) REFUSED("rdmsr", 0x1da, 2) REFUSED("rdmsr", 0x210, 3) REFUSED("rdmsr", 0x277, 4)
    REFUSED("wrmsr", 0x179, 5) REFUSED("rdmsr", 0x3a, 6) REFUSED("wrmsr", 0x40000100, 7)
    "mov $0x205, %ecx\nmov $0xfff00800, %eax\nxor %edx, %edx\nwrmsr\n" /* a MTRR; what firmware left in others */
    "rdmsr\nmov %eax, 0x6020\nmov $0x2ff, %ecx\nrdmsr\nmov %eax, 0x6024\n"
    "EXIT $7\nmsrs_bad: EXIT $0xbad\n"
    "msrs_gp: add $4, %esp\nincl 0x6000\naddl $2, (%esp)\niret\n"
    GUEST_GDT(msrs));

/* With LBR and BTF on, across interrupts, faults and ring 3: every tick, and what was recorded. */
#define DEBUGCTL(bits) "mov $0x1d9, %ecx\nmov $" #bits ", %eax\nxor %edx, %edx\nwrmsr\n"
#define RECORD(at) \
    "mov $0x1db, %ecx\nrdmsr\nmov %eax, " #at "\ninc %ecx\nrdmsr\nmov %eax, " #at "+4\n" \
    "inc %ecx\nrdmsr\nmov %eax, " #at "+8\ninc %ecx\nrdmsr\nmov %eax, " #at "+12\n"
GUEST(branches,
    GUEST_LOAD_GDT(branches) GUEST_GATE(branches, 1, branches_db, 8e) GUEST_GATE(branches, 13, branches_gp, 8e)
    GUEST_GATE(branches, 32, branches_irq, 8e) GUEST_LOAD_IDT(branches) GUEST_TIMER(40)
    DEBUGCTL(1) "sti\nmov $200, %ebx\n"
    "branches_loop: test $3, %bl\njz branches_on\ncall branches_leaf\nbranches_on: dec %ebx\njnz branches_loop\n"
    "cli\nmov $0x999, %ecx\nrdmsr\n" RECORD(0x6020)
    DEBUGCTL(3) "pushl $0x102\npopf\nnop\nmov $3, %ecx\nbranches_step: loop branches_step\n"
    "pushl $2\npopf\n" DEBUGCTL(0)
    "EXIT $7\nbranches_leaf: ret\n"
    "branches_gp: add $4, %esp\naddl $2, (%esp)\niret\n"
    "branches_db: push %eax\npush %ecx\npush %edx\nincl 0x6000\n" DEBUGCTL(3) RECORD(0x6040)
    "pop %edx\npop %ecx\npop %eax\niret\n"
    "branches_irq: push %eax\nincl 0x6004\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    GUEST_GDT(branches));

static void alike(void)
{
    static const struct engine *const monitors[] = { &engine_bt, &engine_vt, &engine_interp, &engine_direct };
    for (unsigned i = 0; i < COUNT(monitors); i++) {
        compare(monitors[i], msrs, msrs_end, 7);
        compare_ticks(monitors[i], msrs, msrs_end);
        compare(monitors[i], branches, branches_end, 7);
        compare_ticks(monitors[i], branches, branches_end);
    }
}

static void branches_were_recorded(void)
{
    struct guest_world w;
    world_open(&w, NULL, branches, (u32)(branches_end - branches));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(world_read(&w, 0x6000), 2); /* LOOP is taken twice */
    CU_ASSERT(world_read(&w, 0x6004) > 5);
    CU_ASSERT(world_read(&w, 0x6020) > world_read(&w, 0x6024)); /* #GP's IRET, back */
    CU_ASSERT(world_read(&w, 0x6028) > world_read(&w, 0x602c)); /* the RET before it */
    CU_ASSERT(world_read(&w, 0x6040) == world_read(&w, 0x6044) && world_read(&w, 0x6040) != 0); /* LOOP to itself */
    CU_ASSERT_EQUAL(world_read(&w, 0x6048), world_read(&w, 0x6028)); /* a #DB is none */
    world_close(&w);
}

static void counter_was_written(void)
{
    struct guest_world w;
    world_open(&w, NULL, msrs, (u32)(msrs_end - msrs));
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(world_read(&w, 0x6010), 0xffffffff); /* WRMSR was one tick */
    CU_ASSERT_EQUAL(world_read(&w, 0x6014), 0);
    CU_ASSERT_EQUAL(world_read(&w, 0x6018), 5); /* RDTSC, 2 MOV, 2 NOP, MOV */
    CU_ASSERT_EQUAL(world_read(&w, 0x601c), 1);
    CU_ASSERT_EQUAL(world_read(&w, 0x6020), 0xfff00800);
    CU_ASSERT_EQUAL(world_read(&w, 0x6024), 0xc06);
    world_close(&w);
}

/* ---- the table ---- */

enum { R = 1, W = 2, RW = 3 };
static const struct row { u32 first, last; const char *reset; unsigned access; } rows[] = {
#define M(first, last, name, reset, access, rule, source) { first, last, reset, access },
#include "sim/dev/msr.def"
#undef M
};

static const struct row *row_of(u32 msr)
{
    for (unsigned i = 0; i < COUNT(rows); i++)
        if (msr >= rows[i].first && msr <= rows[i].last)
            return &rows[i];
    return NULL;
}

/* What is there is in the table, and has its value; a written one takes it again. */
static void check_number(struct isa *x, u32 msr)
{
    const struct row *row = row_of(msr);
    u64 value = 0;
    bool there = !isa_rdmsr(x, msr, &value);
    CU_ASSERT_EQUAL(there, row != NULL);
    if (row && msr != MSR_TSC)
        CU_ASSERT_EQUAL(value, strtoull(row->reset, NULL, 16));
    if (msr != MSR_TSC)
        CU_ASSERT_EQUAL(!isa_wrmsr(x, msr, value), row && (row->access & W));
}

#define CHECK_WRITE(x, msr, value, taken, becomes) \
    do { \
        u64 now_; \
        CU_ASSERT_EQUAL(!isa_wrmsr(x, msr, value), taken); \
        CU_ASSERT(!isa_rdmsr(x, msr, &now_)); \
        CU_ASSERT_EQUAL(now_, becomes); \
    } while (0)

static void check_rules(struct isa *x)
{
    const u64 ones = ~0ull;
    for (u32 at = 0; at < 5; at++) {
        CHECK_WRITE(x, 0x400 + 4 * at, 1, false, 0);
        CHECK_WRITE(x, 0x400 + 4 * at, ones, true, at ? ones : 0x040000de);
        CHECK_WRITE(x, 0x401 + 4 * at, 1, false, 0);
        CHECK_WRITE(x, 0x400 + 4 * at, ones >> 1, false, at ? ones : 0x040000de);
    }
    CHECK_WRITE(x, 0x2a, 6, true, 6);
    CHECK_WRITE(x, 0x400, 0, true, 0); /* the same register */
    CHECK_WRITE(x, 0x2a, 0xffff0000, true, 0x04000000);
    CHECK_WRITE(x, 0x40c, 0, true, 0);
    CHECK_WRITE(x, 0x410, ones, true, ones);
    CHECK_WRITE(x, 0x402, 4, false, 0);
    CHECK_WRITE(x, 0x17a, 7, true, 7);
    CHECK_WRITE(x, 0x17a, 8, false, 7);
    CHECK_WRITE(x, 0x17b, ones, true, ones);
    CHECK_WRITE(x, 0x17b, 3, false, ones);
    CHECK_WRITE(x, 0xc1, 0x12345678, true, 0x12345678);
    CHECK_WRITE(x, 0xc2, 0xab80000000, true, 0xff80000000);
    CHECK_WRITE(x, 0x186, 0x530079, true, 0x530079);
    CHECK_WRITE(x, 0x187, 0x130079, true, 0x130079);
    CHECK_WRITE(x, 0x187, 0x530079, false, 0x130079);
    CHECK_WRITE(x, 0x186, 0x200000, false, 0x530079);
    CHECK_WRITE(x, 0x186, 1ull << 32, false, 0x530079);
    CHECK_WRITE(x, 0, ones, true, 0);
}

/* MTRRs: every type and every bit of each kind, alone. */
static void check_mtrrs(struct isa *x)
{
    static const struct { u32 first, last; u64 bits; u32 types; } kinds[] = {
        { 0x200, 0x20f, 0, 0 }, { 0x250, 0x250, 0, 8 }, { 0x258, 0x259, 0, 8 }, { 0x268, 0x26f, 0, 8 },
        { 0x2ff, 0x2ff, 0xc00, 1 },
    };
    for (unsigned k = 0; k < COUNT(kinds); k++)
        for (u32 msr = kinds[k].first; msr <= kinds[k].last; msr++) {
            u32 types = k ? kinds[k].types : !(msr & 1);
            u64 bits = k ? kinds[k].bits : msr & 1 ? 0xfffff800 : 0xfffff000, holds = 0;
            CU_ASSERT(!isa_wrmsr(x, msr, 0));
            for (unsigned i = 0; i < 64; i++) {
                u32 type = (u32)(1ull << i % 8);
                bool fits = bits >> i & 1 || (i / 8 < types && (type == 1 || type == 4));
                holds = fits ? 1ull << i : holds;
                CHECK_WRITE(x, msr, 1ull << i, fits, holds);
            }
            for (u64 type = 0; types && type < 256; type++) {
                bool fits = type == 0 || type == 1 || (type >= 4 && type <= 6);
                holds = fits ? type : holds;
                CHECK_WRITE(x, msr, type, fits, holds);
            }
            CHECK_WRITE(x, msr, (u64)msr << 12 & bits, true, (u64)msr << 12 & bits); /* for check_kept */
        }
}

static void check_kept(struct isa *x)
{
    u64 value;
    for (u32 msr = 0x200; msr < 0x210; msr++)
        CU_ASSERT(!isa_rdmsr(x, msr, &value) && value == msr << 12);
}

static void check_all(const struct engine *engine)
{
    struct guest_world w;
    world_open(&w, engine, msrs, (u32)(msrs_end - msrs));
    struct isa *x = engine ? &w.vmm.isa : &w.hw.isa;
    struct platform *p = engine ? &w.vmm.s->platform : &w.hw.state->platform;
    platform_plug(p, &(struct platform_board){ .firmware = true }); /* which would leave the MTRRs otherwise */
    for (u32 msr = 0; msr < 0x2000; msr++)
        check_number(x, msr);
    for (u32 msr = 0x40000100; msr < 0x40000110; msr++)
        check_number(x, msr);
    check_number(x, 0xc0000080);
    check_rules(x);
    check_mtrrs(x);
    platform_take_init(p);
    check_kept(x);
    CU_ASSERT(!isa_wrmsr(x, MSR_TSC, 1234));
    platform_restart(p);
    CU_ASSERT_EQUAL(msr_tsc(&p->msr, p->now), 0);
    for (u32 msr = 0x20; msr < 0x174; msr++)
        check_number(x, msr);
    for (u32 msr = 0x177; msr < 0x1d9; msr++)
        check_number(x, msr);
    for (u32 msr = 0x200; msr < 0x300; msr++)
        check_number(x, msr);
    for (u32 msr = 0x400; msr < 0x420; msr++)
        check_number(x, msr);
    world_close(&w);
}

static void table(void)
{
    check_all(NULL);
    check_all(&engine_interp);
}

/* What a kernel without firmware finds: all RAM write back, the rest not. */
static void left_by_firmware(void)
{
    struct platform p;
    u64 value;
    platform_reset(&p, 1 << 20);
    for (unsigned i = 0; i < 2; i++) {
        for (u32 msr = 0x200; msr < 0x300; msr++)
            if (row_of(msr)) {
                bool fixed = msr >= 0x250 && msr < 0x270 && msr != 0x259;
                CU_ASSERT(platform_rdmsr(&p, 0, msr, &value));
                CU_ASSERT_EQUAL(value, fixed ? 0x0606060606060606 : msr == 0x200 ? 0xe0000000 :
                                       msr == 0x201 ? 0xe0000800 : msr == 0x2ff ? 0xc06 : 0);
            }
        CU_ASSERT(platform_wrmsr(&p, 0, 0x2ff, 0) && platform_wrmsr(&p, 0, 0x250, 1));
        platform_restart(&p);
    }
}

/* CPUID tells of what is there, and of nothing else. */
static void cpuid_agrees(void)
{
    u32 r[4];
    platform_cpuid(NULL, 1, r);
    CU_ASSERT((r[3] >> 7 & 1) && (r[3] >> 14 & 1)); /* MCE, MCA */
    CU_ASSERT((r[3] >> 12 & 1) && row_of(0xfe) && row_of(0x200) && row_of(0x2ff)); /* MTRR */
    CU_ASSERT(!(r[3] >> 16 & 1) && !row_of(0x277)); /* PAT */
    CU_ASSERT((r[3] >> 11 & 1) && row_of(0x174)); /* SEP */
}

static const struct unit_case cases[] = {
    { "the table", table },
    { "MTRRs without firmware", left_by_firmware },
    { "CPUID agrees", cpuid_agrees },
    { "alike under all monitors", alike },
    { "branches", branches_were_recorded },
    { "the time stamp counter", counter_was_written },
};

UNIT_MAIN("msr", cases)
