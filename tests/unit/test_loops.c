/* test_loops.c - a guest is said to repeat itself when it does, under every engine; and never else. */
#include "lessons/loops.h"
#include "tests/unit/worlds.h"

static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT, ENGINE_INTERP };
enum { SETTLED = 20000 };

static struct stop run_world(void *owner, const struct limits *limits) { return world_run(owner, limits); }

static struct loop look(struct world *w, bool more_input, struct stop *stop)
{
    const struct loop_runner r = { .owner = w, .run = run_world, .more_input = more_input };
    return loops_look(w, &r, stop);
}

struct guest { const u8 *code, *end; };
#define CODE(name) (struct guest){ name, name##_end }

static struct world *settled(struct guest g, enum engine_id engine, u64 ram)
{
    struct world *w = guest_world(g.code, (u32)(g.end - g.code), engine,
                                  (struct world_config){ .ram_bytes = (u32)ram });
    CU_ASSERT_EQUAL(run_on(w, SETTLED, UINT64_MAX).kind, STOP_STEP);
    return w;
}

/* One answer from every engine, and the look leaves no stop behind. */
static void expect(struct guest g, bool more_input, struct loop wanted)
{
    for (unsigned i = 0; i < COUNT(all); i++) {
        struct world *w = settled(g, all[i], 0);
        struct stop stop;
        u64 wanted_events = w->hw.events.mask[0];
        struct loop got = look(w, more_input, &stop);
        CU_ASSERT_EQUAL(stop.kind, STOP_NONE);
        CU_ASSERT_EQUAL(w->hw.events.mask[0], wanted_events);
        if (got.kind != wanted.kind)
            printf("\n  %s: kind %d, ticks %llu, vector %d ", engine_name(all[i]), got.kind,
                   (unsigned long long)got.ticks, got.vector);
        CU_ASSERT_EQUAL(got.kind, wanted.kind);
        if (wanted.kind != LOOP_NONE) {
            CU_ASSERT_EQUAL(got.ticks, wanted.ticks);
            CU_ASSERT_EQUAL(got.vector, wanted.vector);
        }
        world_free(w);
    }
}
static void expect_none(struct guest g) { expect(g, false, (struct loop){ .kind = LOOP_NONE, .vector = -1 }); }

/* ---- what repeats itself ---- */

GUEST(spins, "1: incl 0x6000\ndecl 0x6000\njmp 1b\n");
GUEST(spins_open, "sti\n1: jmp 1b\n"); /* nothing is due */
GUEST(spins_timer, "mov $0x34, %al\nout %al, $0x43\nout %al, $0x40\nout %al, $0x40\n1: jmp 1b\n"); /* IF is 0 */

static void spins_for_ever(void)
{
    expect(CODE(spins), true, (struct loop){ .kind = LOOP_SPINS, .ticks = 3, .vector = -1 });
    expect(CODE(spins_timer), true, (struct loop){ .kind = LOOP_SPINS, .ticks = 1, .vector = -1 });
    expect(CODE(spins_open), false, (struct loop){ .kind = LOOP_SPINS, .ticks = 1, .vector = -1 });
    expect(CODE(spins_open), true, (struct loop){ .kind = LOOP_NONE, .vector = -1 }); /* a key may come */
}

GUEST(faults,
    GUEST_LOAD_GDT(faults) GUEST_GATE(faults, 6, faults_ud, 8e) GUEST_LOAD_IDT(faults)
    "ud2\nfaults_ud: iret\n" GUEST_GDT(faults));
/* At CPL 3, with IOPL 0: the IN faults, so that it asks nobody. */
GUEST(faults_in,
    GUEST_LOAD_GDT(faults_in) GUEST_GATE(faults_in, 13, faults_in_gp, 8e) GUEST_LOAD_IDT(faults_in) GUEST_LOAD_TSS
    "push $0x23\npush $0x60000\npush $2\npush $0x1b\npush $" AT(faults_in, faults_in_user) "\niret\n"
    "faults_in_user: in $0x21, %al\njmp faults_in_user\n"
    "faults_in_gp: add $4, %esp\niret\n" GUEST_GDT(faults_in));

static void faults_for_ever(void)
{
    expect(CODE(faults), true, (struct loop){ .kind = LOOP_FAULTS, .ticks = 1, .vector = 6 });
    expect(CODE(faults_in), true, (struct loop){ .kind = LOOP_FAULTS, .ticks = 2, .vector = 13 });
}

/* The handler of #UD is an undefined instruction; SS is of 16 bits (30h), or `esp` is in a flat segment. */
#define NESTED(base, ss, esp) GUEST(base, \
    GUEST_LOAD_GDT(base) GUEST_GATE(base, 6, base##_ud, 8e) GUEST_LOAD_IDT(base) \
    "mov $" #ss ", %eax\nmov %eax, %ss\nmov $" #esp ", %esp\n" #base "_ud: ud2\n" \
    ".balign 8\n" #base "_gdt: .quad 0\n.quad 0x00cf9b000000ffff, 0x00cf93000000ffff\n" \
    ".quad 0x00cffb000000ffff, 0x00cff3000000ffff, 0, 0x000092200000ffff\n" \
    #base "_gdtr: .word 55\n.long " AT(base, base##_gdt) "\n")
NESTED(around, 0x30, 0);
NESTED(nowhere, 0x10, 0x80000000);
NESTED(high, 0x10, 0x1e00000);
NESTED(low, 0x10, 0x300000);

static void delivers_for_ever(void)
{
    expect(CODE(around), true, (struct loop){ .kind = LOOP_DELIVERS, .ticks = 0, .vector = 6 });
}

/* A stack of 32 bits moves on: no proof, and indeed it ends where the frames reach the IDT. */
static void stuck_is_no_proof(void)
{
    struct stop stop;
    expect(CODE(nowhere), true, (struct loop){ .kind = LOOP_STUCK, .ticks = 0, .vector = 6 });
    struct world *w = settled(CODE(high), ENGINE_NATIVE, 32u << 20);
    CU_ASSERT_EQUAL(look(w, false, &stop).kind, LOOP_STUCK);
    CU_ASSERT_EQUAL(run_on(w, 1ull << 23, UINT64_MAX).kind, STOP_SHUTDOWN);
    world_free(w);
    w = settled(CODE(low), ENGINE_NATIVE, 0);
    CU_ASSERT_EQUAL(look(w, false, &stop).kind, LOOP_NONE);
    CU_ASSERT_EQUAL(run_on(w, UINT64_MAX, UINT64_MAX).kind, STOP_SHUTDOWN);
    world_free(w);
}

/* ---- what only looks like it ---- */

GUEST(counts, "1: incl 0x6000\nmov $0, %eax\ncmp %eax, %eax\njmp 1b\n");
GUEST(counts_x87, "fninit\nfld1\nfldz\n1: fadd %st(1), %st\njmp 1b\n");
GUEST(counts_far, "1: incl 0x3ffff0\nmov $0, %eax\ncmp %eax, %eax\njmp 1b\n");
GUEST(long_turn, "1: mov $5000, %ecx\n2: loop 2b\njmp 1b\n");
GUEST(reads_time, "1: rdtsc\nmov $0, %eax\nmov $0, %edx\njmp 1b\n");
GUEST(polls, "1: in $0x61, %al\nmov $0, %eax\njmp 1b\n");
GUEST(reads_apic, "1: mov 0xfee00390, %eax\nmov $0, %eax\njmp 1b\n"); /* the timer's count */
GUEST(writes_apic, "1: movl $0, 0xfee000b0\njmp 1b\n");              /* the end of an interrupt */
GUEST(interrupted,
    GUEST_LOAD_GDT(interrupted) GUEST_GATE(interrupted, 32, interrupted_irq, 8e) GUEST_LOAD_IDT(interrupted)
    GUEST_TIMER(60000) "sti\n1: jmp 1b\n"
    "interrupted_irq: incl 0x6000\nmov $0x20, %al\nout %al, $0x20\niret\n" GUEST_GDT(interrupted));
/* The 8259's line is LINT0, which is an NMI here: IF = 0 does not keep it away. */
GUEST(nmi_timer,
    GUEST_LOAD_GDT(nmi_timer) GUEST_GATE(nmi_timer, 2, nmi_timer_nmi, 8e) GUEST_LOAD_IDT(nmi_timer)
    GUEST_TIMER(60000) "movl $0x1ff, 0xfee000f0\nmovl $0x400, 0xfee00350\n1: jmp 1b\n"
    "nmi_timer_nmi: incl 0x6000\nmov $0x20, %al\nout %al, $0x20\niret\n" GUEST_GDT(nmi_timer));

static void counters(void)
{
    expect_none(CODE(counts));
    expect_none(CODE(counts_x87));
    expect_none(CODE(counts_far));
    expect_none(CODE(long_turn));
}

static void askers(void)
{
    expect_none(CODE(reads_time));
    expect_none(CODE(polls));
    expect_none(CODE(reads_apic));
    expect_none(CODE(writes_apic));
}

static void interruptible(void)
{
    expect_none(CODE(interrupted));
    expect_none(CODE(nmi_timer));
}

/* What was typed comes yet: with IF = 0 a byte changes nothing, an NMI does. */
static void input_is_due(void)
{
    static const struct { struct guest g; enum platform_source from; enum loop_kind wanted; } rows[] = {
        { { spins, spins_end }, SOURCE_SERIAL, LOOP_SPINS },
        { { spins, spins_end }, SOURCE_NMI, LOOP_NONE },
        { { spins_open, spins_open_end }, SOURCE_SERIAL, LOOP_NONE },
        { { spins_open, spins_open_end }, SOURCE_NMI, LOOP_NONE },
    };
    for (unsigned i = 0; i < COUNT(rows) * COUNT(all); i++) {
        struct world *w = settled(rows[i / COUNT(all)].g, all[i % COUNT(all)], 0);
        struct stop stop;
        world_input_from(w, rows[i / COUNT(all)].from, 10000000, 0);
        CU_ASSERT_EQUAL(look(w, false, &stop).kind, rows[i / COUNT(all)].wanted);
        world_free(w);
    }
}

/* The end comes before the second turn: no loop, and the end is not lost. */
GUEST(ends, "mov $1000, %ecx\n1: loop 1b\nEXIT $5\n");
GUEST(deaf, "mov $1000, %ecx\n1: loop 1b\ncli\nhlt\n");

static void the_end_is_told(void)
{
    struct stop stop;
    for (unsigned i = 0; i < COUNT(all); i++) {
        struct world *w = guest_world(ends, (u32)(ends_end - ends), all[i], (struct world_config){ .ram_bytes = 0 });
        CU_ASSERT_EQUAL(look(w, false, &stop).kind, LOOP_NONE);
        CU_ASSERT_EQUAL(run_on(w, UINT64_MAX, UINT64_MAX).kind, STOP_EXIT);
        world_free(w);
        w = guest_world(deaf, (u32)(deaf_end - deaf), all[i], (struct world_config){ .ram_bytes = 0 });
        CU_ASSERT_EQUAL(look(w, false, &stop).kind, LOOP_NONE);
        CU_ASSERT_EQUAL(run_on(w, UINT64_MAX, UINT64_MAX).kind, STOP_IDLE);
        world_free(w);
    }
}

static const struct unit_case cases[] = {
    { "loops that spin", spins_for_ever }, { "handlers that change nothing", faults_for_ever },
    { "deliveries that fault", delivers_for_ever }, { "a stack that moves is no proof", stuck_is_no_proof },
    { "counters", counters }, { "who asks for time or a device", askers },
    { "who may be interrupted", interruptible }, { "input that is due", input_is_due },
    { "the end, while watched", the_end_is_told },
};

UNIT_MAIN("loops", cases)
