/* NMI from the board: IOCHK#, its latch and mask, priority, blocking until IRET, HLT; natively and under
 * every monitor, tick by tick. */
#include "tests/unit/unit.h"

#include "bt/bt.h"
#include "sim/dev/mmio.h"
#include "tests/unit/compare.h"
#include "tests/unit/pc.h"
#include "vt/vt.h"

/* The handler counts at 0x6000, adds what port 61h says at 0x6004 and lets the card ask again early: that NMI
 * must wait for IRET.  Depth at 0x6010.  What faults ends with 0xbad. */
GUEST(nmis,
    GUEST_LOAD_GDT(nmis)
    GUEST_GATE(nmis, 2, nmis_nmi, 8e) GUEST_GATE(nmis, 6, nmis_bad, 8e) GUEST_GATE(nmis, 8, nmis_bad, 8e)
    GUEST_GATE(nmis, 13, nmis_bad, 8e) GUEST_GATE(nmis, 14, nmis_bad, 8e)
    GUEST_GATE(nmis, 32, nmis_irq, 8e) GUEST_GATE(nmis, 129, nmis_done, ee)
    GUEST_LOAD_IDT(nmis) GUEST_LOAD_TSS GUEST_PAGING(nmis)
    GUEST_TIMER(60)
    "sti\n"
    "1: incl 0x6020\nmov $0x10, %eax\nmov %eax, %ss\nincl 0x6024\ncmpl $6, 0x6000\njb 1b\n" /* IF = 1 */
    "cli\n2: incl 0x6028\npush $0x10\npop %ss\nsti\nnop\ncli\ncmpl $10, 0x6000\njb 2b\n"
    "3: hlt\nincl 0x602c\ncmpl $14, 0x6000\njb 3b\n"                  /* IF = 0: NMI alone wakes it */
    "sti\n4: hlt\nincl 0x6030\ncmpl $17, 0x6000\njb 4b\n"
    "mov $0x80, %al\nout %al, $0x70\nmov 0x6000, %ebx\nmov $900, %ecx\n5: loop 5b\n" /* masked */
    "cmp 0x6000, %ebx\njne nmis_bad\n"
    "in $0x61, %al\nand $0x40, %al\njz nmis_bad\n"                   /* but latched */
    "xor %al, %al\nout %al, $0x70\nnop\ncmp 0x6000, %ebx\njae nmis_bad\n"
    "mov $8, %al\nout %al, $0x61\nmov 0x6000, %ebx\nmov $900, %ecx\n6: loop 6b\n"       /* neither */
    "cmp 0x6000, %ebx\njne nmis_bad\n"
    "in $0x61, %al\nand $0x40, %al\njnz nmis_bad\n"
    "xor %al, %al\nout %al, $0x61\n"
    "mov $0x23, %eax\nmov %eax, %ds\nmov %eax, %es\npush $0x23\npush $0x60000\npush $0x202\n"
    "push $0x1b\npush $" AT(nmis, nmis_user) "\niret\n"
    "nmis_user: incl 0x6034\ncmpl $24, 0x6000\njb nmis_user\nint $0x81\n"
    "nmis_done: cli\nEXIT 0x6004\n"
    "nmis_bad: EXIT $0xbad\n"
    "nmis_nmi: pusha\nincl 0x6010\ncmpl $1, 0x6010\njne nmis_bad\nincl 0x6000\n"
    "in $0x61, %al\nand $0xc8, %al\nmovzbl %al, %eax\nadd %eax, 0x6004\n"
    "mov $8, %al\nout %al, $0x61\nxor %al, %al\nout %al, $0x61\n"
    "mov $20, %ecx\n1: loop 1b\ndecl 0x6010\npopa\niret\n"
    "nmis_irq: push %eax\nincl 0x6014\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    GUEST_GDT(nmis));

enum { ENTRIES = 3000, FIRST = 5200, APART = 67 };
static struct journal_entry journal[ENTRIES];

/* Pairs: the second of each comes while the first's handler runs. */
static void fill_journal(void)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        journal[i] = (struct journal_entry){ .tick = FIRST + i / 2 * 4 * APART + i % 2 * 18,
                                             .source = SOURCE_NMI };
}

static void open_with(struct guest_world *w, const struct engine *engine, const u8 *code, const u8 *end)
{
    fill_journal();
    world_open(w, engine, code, (u32)(end - code));
    w->hw.journal = journal;
    w->hw.journal_count = ENTRIES;
}

/* Those that give the guest what a processor gives it come first; `direct` loses IF at IRET. */
enum { FAITHFUL = 3 };
static const struct engine *const monitors[] = { &engine_bt, &engine_vt, &engine_interp, &engine_direct };

static void every_tick(void)
{
    for (unsigned i = 0; i < FAITHFUL; i++) {
        struct guest_world native, other;
        open_with(&native, NULL, nmis, nmis_end);
        open_with(&other, monitors[i], nmis, nmis_end);
        CU_ASSERT_EQUAL(lockstep(&native, &other, 200000), 0);
        CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
        CU_ASSERT_EQUAL(native.stop.arg, world_read(&native, 0x6000) * 0x40);
        CU_ASSERT_TRUE(world_read(&native, 0x6000) >= 24 && world_read(&native, 0x6014) > 10);
        CU_ASSERT_TRUE(same_state(&native, &other));
        world_close(&native);
        world_close(&other);
    }
}

/* An NMI from outside and the timer's interrupt, now and then at the same tick: the NMI is first. */
GUEST(both,
    GUEST_LOAD_GDT(both) GUEST_GATE(both, 2, both_nmi, 8e) GUEST_GATE(both, 32, both_irq, 8e)
    GUEST_LOAD_IDT(both) GUEST_TIMER(60)
    "sti\n1: incl 0x6020\njmp 1b\n"
    "both_nmi: pusha\nmov 32(%esp), %eax\nadd %eax, 0x6000\n"   /* where it came from */
    "mov $8, %al\nout %al, $0x61\nxor %al, %al\nout %al, $0x61\npopa\niret\n"
    "both_irq: push %eax\nincl 0x6014\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    GUEST_GDT(both));

static void at_one_tick(void)
{
    for (unsigned i = 0; i < FAITHFUL; i++) {
        struct guest_world native, other;
        open_with(&native, NULL, both, both_end);
        open_with(&other, monitors[i], both, both_end);
        for (unsigned n = 0; n < ENTRIES; n++)
            journal[n].tick = 1000 + 61 * n;
        CU_ASSERT_EQUAL(lockstep(&native, &other, 30000), 0);
        CU_ASSERT_TRUE(world_read(&native, 0x6000) && world_read(&native, 0x6014) > 100);
        world_close(&native);
        world_close(&other);
    }
}

/* What the board's NMI becomes is for LINT1 of the local APIC to say (SDM 3A 10.5.1): a vector that IF keeps
 * out, nothing, an NMI. */
#define CARD_OFF "mov $8, %al\nout %al, $0x61\nxor %al, %al\nout %al, $0x61\n"
GUEST(lint1,
    GUEST_LOAD_GDT(lint1) GUEST_GATE(lint1, 2, lint1_nmi, 8e) GUEST_GATE(lint1, 48, lint1_fixed, 8e)
    GUEST_LOAD_IDT(lint1)
    "movl $0x30, 0xfee00360\nmov $900, %ecx\n1: loop 1b\ncmpl $0, 0x6004\njne lint1_bad\n"
    "sti\n2: cmpl $3, 0x6004\njb 2b\ncli\n"
    CARD_OFF "movl $0x10400, 0xfee00360\nmov $900, %ecx\n3: loop 3b\n"
    "in $0x61, %al\ntest $0x40, %al\njz lint1_bad\ncmpl $0, 0x6000\njne lint1_bad\n"
    CARD_OFF "movl $0x400, 0xfee00360\n4: cmpl $3, 0x6000\njb 4b\nEXIT $1\n"
    "lint1_bad: EXIT $0xbad\n"
    "lint1_nmi: push %eax\nincl 0x6000\n" CARD_OFF "pop %eax\niret\n"
    "lint1_fixed: push %eax\nincl 0x6004\n" CARD_OFF "movl $0, 0xfee000b0\npop %eax\niret\n"
    GUEST_GDT(lint1));

static void what_lint1_makes_of_it(void)
{
    for (unsigned i = 0; i < FAITHFUL; i++) {
        struct guest_world native, other;
        open_with(&native, NULL, lint1, lint1_end);
        open_with(&other, monitors[i], lint1, lint1_end);
        for (unsigned n = 0; n < ENTRIES; n++)
            journal[n].tick = 300 + 83 * n;
        CU_ASSERT_EQUAL(lockstep(&native, &other, 100000), 0);
        CU_ASSERT_TRUE(native.stop.kind == STOP_EXIT && native.stop.arg == 1);
        CU_ASSERT_TRUE(same_state(&native, &other));
        world_close(&native);
        world_close(&other);
    }
}

/* In one go: blocks, translations and the hardware's own runs. */
static void at_the_end(void)
{
    for (unsigned i = 0; i < FAITHFUL; i++) {
        struct guest_world native, other;
        open_with(&native, NULL, nmis, nmis_end);
        open_with(&other, monitors[i], nmis, nmis_end);
        world_run(&native, FOREVER);
        world_run(&other, FOREVER);
        CU_ASSERT_EQUAL(native.stop.kind, STOP_EXIT);
        CU_ASSERT_NOT_EQUAL(native.stop.arg, 0xbad);
        CU_ASSERT_TRUE(same_state(&native, &other));
        world_close(&native);
        world_close(&other);
    }
}

/* With IF = 0 only an NMI wakes: a byte that comes before it does not end the world, nor does it wake. */
GUEST(sleep_on,
    GUEST_LOAD_GDT(sleep_on) GUEST_GATE(sleep_on, 2, sleep_on_nmi, 8e) GUEST_LOAD_IDT(sleep_on)
    "hlt\nincl 0x6004\nhlt\nEXIT $0xbad\n"
    "sleep_on_nmi: incl 0x6000\nmov $0x3fd, %edx\nin %dx, %al\nmov %al, 0x6008\niret\n"
    GUEST_GDT(sleep_on));

static void halted_for_ever(void)
{
    static const struct journal_entry two[] = { { .tick = 40000, .byte = 'x' },
                                                { .tick = 90000, .source = SOURCE_NMI } };
    for (int i = -1; i < (int)COUNT(monitors); i++) {
        struct guest_world w;
        world_open(&w, i < 0 ? NULL : monitors[i], sleep_on, (u32)(sleep_on_end - sleep_on));
        w.hw.journal = two;
        w.hw.journal_count = COUNT(two);
        world_run(&w, FOREVER);
        CU_ASSERT_EQUAL(w.stop.kind, STOP_IDLE); /* at the second HLT */
        CU_ASSERT_EQUAL(world_read(&w, 0x6000), 1);
        CU_ASSERT_EQUAL(world_read(&w, 0x6004), 1);
        CU_ASSERT_EQUAL(world_read(&w, 0x6008) & 1, 1); /* the byte had come by then */
        CU_ASSERT_EQUAL(hw_count(&w.hw), 90000 + 7);
        world_close(&w);
    }
}

/* An HLT with NMIs blocked and IF = 0 is the end, whatever is still to come. */
GUEST(in_handler,
    GUEST_LOAD_GDT(in_handler) GUEST_GATE(in_handler, 2, in_handler_nmi, 8e) GUEST_LOAD_IDT(in_handler)
    "hlt\nEXIT $0xbad\n"
    "in_handler_nmi: incl 0x6000\nhlt\nEXIT $0xbad\n" GUEST_GDT(in_handler));

static void blocked_and_halted(void)
{
    static const struct journal_entry two[] = { { .tick = 40000, .source = SOURCE_NMI },
                                                { .tick = 90000, .source = SOURCE_NMI } };
    for (int i = -1; i < (int)COUNT(monitors); i++) {
        struct guest_world w;
        world_open(&w, i < 0 ? NULL : monitors[i], in_handler, (u32)(in_handler_end - in_handler));
        w.hw.journal = two;
        w.hw.journal_count = COUNT(two);
        world_run(&w, FOREVER);
        CU_ASSERT_EQUAL(w.stop.kind, STOP_IDLE);
        CU_ASSERT_EQUAL(world_read(&w, 0x6000), 1);
        CU_ASSERT_EQUAL(hw_count(&w.hw), 40000 + 2);
        world_close(&w);
    }
}

/* ---- the board ---- */

static void port_out(struct pc *pc, u16 port, u8 value)
{
    platform_out(&pc->p, pc->p.now, port, 1, value, &pc->out);
}

static unsigned port61(struct pc *pc)
{
    return platform_in(&pc->p, pc->p.now, 0x61, 1, &pc->out) & 0xcf;
}

static bool took(struct pc *pc)
{
    bool there = platform_nmi(&pc->p);
    platform_take_nmi(&pc->p);
    return there;
}

static void latch_and_masks(void)
{
    struct pc *pc = fresh(false);
    platform_input(&pc->p, 10, SOURCE_NMI, 0);
    CU_ASSERT_TRUE(took(pc));
    CU_ASSERT_EQUAL(port61(pc), 0x40);
    platform_input(&pc->p, 20, SOURCE_NMI, 0);
    CU_ASSERT_FALSE(took(pc)); /* the latch was not cleared: no edge */
    port_out(pc, 0x61, 0x0b);
    CU_ASSERT_EQUAL(port61(pc), 0x0b);
    platform_input(&pc->p, 30, SOURCE_NMI, 0);
    CU_ASSERT_EQUAL(port61(pc), 0x0b);
    port_out(pc, 0x61, 0x03);
    CU_ASSERT_FALSE(took(pc)); /* it had been kept clear */
    port_out(pc, 0x70, 0x8f);
    platform_input(&pc->p, 40, SOURCE_NMI, 0);
    CU_ASSERT_EQUAL(port61(pc), 0x43);
    CU_ASSERT_FALSE(took(pc));
    CU_ASSERT_EQUAL(pc->p.rtc.index, 0x0f);
    port_out(pc, 0x70, 0x0f);
    CU_ASSERT_TRUE(took(pc));
    port_out(pc, 0x70, 0x8f);
    port_out(pc, 0x70, 0x0f);
    CU_ASSERT_TRUE(took(pc)); /* the gate behind the latch makes edges, too */
    pc = fresh(true); /* firmware finds it masked */
    platform_input(&pc->p, 10, SOURCE_NMI, 0);
    CU_ASSERT_EQUAL(port61(pc), 0x40);
    CU_ASSERT_FALSE(took(pc));
}

static const struct unit_case cases[] = {
    { "beside an interrupt of the same tick", at_one_tick },
    { "all monitors, every tick", every_tick },
    { "all monitors, in one go", at_the_end },
    { "HLT with IF = 0", halted_for_ever },
    { "HLT in the handler", blocked_and_halted },
    { "ports 61h and 70h", latch_and_masks },
    { "LINT1: fixed, masked, NMI", what_lint1_makes_of_it },
};

UNIT_MAIN("nmi", cases)
