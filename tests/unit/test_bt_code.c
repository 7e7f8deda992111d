/* The code the translator emits, byte for byte: the paper's listing, each rule, chains, what is
 * left of continuations, and the counter's weights. */
#include "tests/unit/unit.h"

#include "tests/unit/monitor.h"

#include "bt/bt.h"
#include "bt/event.h"
#include "bt/layout.h"
#include "bt/rules.h"
#include "bt/tc.h"
#include "bt/view.h"
#include "sim/api/cost.h"

#define FOREVER 50000000

/* isPrime(49) as in the paper, 3.2 (inc esi in its 32-bit form); the caller is a unit of its
 * own page. */
GUEST(prime,
    "mov $0x80000, %esp\nmov $49, %edi\ncall prime_f\nmov %eax, %ebx\nEXIT %ebx\n"
    ".balign 4096\n"
    "prime_f: mov %edi, %ecx\nmov $2, %esi\ncmp %ecx, %esi\njge prime_yes\n"
    "prime_next: mov %ecx, %eax\ncltd\nidiv %esi\ntest %edx, %edx\njz prime_no\n"
    "inc %esi\ncmp %ecx, %esi\njl prime_next\n"
    "prime_yes: mov $1, %eax\nret\n"
    "prime_no: xor %eax, %eax\nret\n");

/* One line of a listing: what stands in the cache. */
struct line {
    u16 op;
    u8 len;
    u8 weight;
    s8 unit;   /* of a jump: the unit it goes to; -1: a continuation; -2: no jump */
};

static u32 weight_at(const struct guest_world *w, u32 linear)
{
    return *(const u8 *)mem_map(w->vmm.hw, (mpa_t){ w->vmm.s->weights + (linear - MON_TC) });
}

static s8 goes_to(const struct guest_world *w, u32 target)
{
    u32 eip;
    if (bt_view_stub_eip(&w->vmm, target, &eip))
        return -1;
    int unit = bt_view_unit_at(&w->vmm, target);
    return bt_view_unit(&w->vmm, (u32)unit).tc == target ? (s8)unit : -3;
}

static void check_listing(const struct guest_world *w, u32 linear, const struct line *want,
                          unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        u8 bytes[INSN_MAX];
        struct insn in;
        u32 n = bt_view_bytes(&w->vmm, linear, bytes, INSN_MAX);
        CU_ASSERT_EQUAL_FATAL(decode(bytes, n, true, &in), DECODE_OK);
        CU_ASSERT_EQUAL(in.op, want[i].op);
        CU_ASSERT_EQUAL(in.len, want[i].len);
        CU_ASSERT_EQUAL(weight_at(w, linear), want[i].weight);
        if (want[i].unit != -2)
            CU_ASSERT_EQUAL(goes_to(w, linear + in.len + in.imm), want[i].unit);
        linear += in.len;
    }
}

static void open_bt(struct guest_world *w, const u8 *code, const u8 *end)
{
    world_open(w, &engine_bt, code, (u32)(end - code));
}

static int unit_of(const struct guest_world *w, u32 eip)
{
    struct bt_view all = bt_view_summary(&w->vmm);
    for (u32 i = 0; i < all.units; i++)
        if (bt_view_unit(&w->vmm, i).eip == eip)
            return (int)i;
    return -1;
}

static void listing(void)
{
    struct guest_world w;
    open_bt(&w, prime, prime_end);
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.arg, 0);
    int f = unit_of(&w, 0x101000);
    CU_ASSERT_FATAL(f >= 0);
    const struct line want[] = {
        { OP_MOV, 2, 1, -2 }, { OP_MOV, 5, 1, -2 }, { OP_CMP, 2, 1, -2 },
        { OP_JCC, 6, 1, -1 },                              /* jge [takenAddr]; falls through */
        { OP_MOV, 2, 1, -2 }, { OP_CWD, 1, 1, -2 }, { OP_IDIV, 2, 1, -2 },
        { OP_TEST, 2, 1, -2 },
        { OP_JCC, 6, 1, (s8)(f + 3) },                     /* jz notPrime' */
        { OP_INC, 1, 1, -2 }, { OP_CMP, 2, 1, -2 },
        { OP_JCC, 6, 1, (s8)(f + 1) },                     /* jl nexti' */
        { OP_JMP, 5, 0, -1 },                              /* jmp [fallthrAddr3] */
        { OP_XOR, 2, 1, -2 },
        { OP_MOV, 6, 0, -2 }, { OP_MOV, 7, 0, -2 }, { OP_POP, 1, 1, -2 },
        { OP_MOVZX, 3, 0, -2 }, { OP_JMP, 8, 0, -2 },      /* jmp *gs:[rtc+4*ecx] */
    };
    check_listing(&w, bt_view_unit(&w.vmm, (u32)f).tc, want, COUNT(want));
    world_close(&w);
}

/* The paper's accounting: six continuations; two remain, two disappeared, two are chains. */
static void accounting(void)
{
    struct guest_world w;
    unsigned state[3] = { 0 };
    open_bt(&w, prime, prime_end);
    world_run(&w, FOREVER);
    int f = unit_of(&w, 0x101000);
    CU_ASSERT_FATAL(f >= 0);
    for (u32 i = (u32)f; i < (u32)f + 4; i++)
        for (unsigned k = 0; k < bt_view_unit(&w.vmm, i).continuations; k++)
            state[bt_view_continuation(&w.vmm, i, k).state]++;
    CU_ASSERT_EQUAL(state[BT_REMAINS], 2);
    CU_ASSERT_EQUAL(state[BT_ELIDED], 2);
    CU_ASSERT_EQUAL(state[BT_CHAINED], 2);
    CU_ASSERT_EQUAL(unit_of(&w, 0x10101a), -1); /* the block that returns 1: never translated */
    const u32 eips[4] = { 0x101000, 0x10100b, 0x101014, 0x10101f };
    for (unsigned i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(bt_view_unit(&w.vmm, (u32)f + i).eip, eips[i]);
    world_close(&w);
}

/* Each rule: the guest's instruction, and what stands for it. */
GUEST(rules,
    "mov $0x80000, %esp\nrules_id: mov $2, %ecx\n1: loop 1b\nrules_cli: cli\n"
    "rules_sti: sti\nnop\nsti\n"
    "jmp 2f\nud2\n2: call 3f\njecxz 4f\n3: ret $4\n4: mov $" AT(rules, rules_5) ", %eax\n"
    "jmp *%eax\n"
    "rules_5: call *rules_6-rules+0x100000\nrules_pushf: pushf\npop %eax\nrules_tsc: rdtsc\n"
    "EXIT $7\n"
    "rules_6: .long " AT(rules, rules_7) "\nrules_7: ret\n");
extern const u8 rules_id[], rules_cli[], rules_sti[], rules_pushf[], rules_tsc[], elide_3[];
#define EIP(name, label) (GUEST_LOAD + (u32)(label - name))

static void expect_bytes(const struct guest_world *w, u32 eip, const u8 *want, u32 len,
                         const char *rule)
{
    struct bt_view all = bt_view_summary(&w->vmm);
    u8 have[64];
    for (u32 u = 0; u < all.units; u++) {
        for (unsigned i = 0; i < bt_view_unit(&w->vmm, u).insns; i++) {
            struct bt_view_insn in = bt_view_insn(&w->vmm, u, i);
            if (in.eip != eip)
                continue;
            CU_ASSERT_STRING_EQUAL(in.rule, rule);
            CU_ASSERT_EQUAL(in.tc_len, len);
            bt_view_bytes(&w->vmm, in.tc, have, sizeof have);
            CU_ASSERT_EQUAL(memcmp(have, want, len), 0);
            return;
        }
    }
    CU_FAIL("never translated");
}

static void each_rule(void)
{
    struct guest_world w;
    open_bt(&w, rules, rules_end);
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.arg, 7);
    const u8 cli[] = { 0x65, 0xc6, 0x05, 0, 0, 0, 0, 0 };
    const u8 sti[] = { 0x65, 0xa3, 0x0c, 0x80, 0, 0, 0x65, 0xa0, 0, 0, 0, 0,
                       0x65, 0xa2, 1, 0, 0, 0,
                       0x65, 0xc6, 0x05, 0, 0, 0, 0, 1, 0x65, 0xa1, 0x0c, 0, 0, 0 };
    const u8 callout[] = { 0xcd, 0x7e };
    const u8 ident[] = { 0xb9, 2, 0, 0, 0 };
    expect_bytes(&w, EIP(rules, rules_id), ident, sizeof ident, "IDENT");
    expect_bytes(&w, EIP(rules, rules_cli), cli, sizeof cli, "IN-TC");
    expect_bytes(&w, EIP(rules, rules_sti), sti, sizeof sti, "IN-TC");
    expect_bytes(&w, EIP(rules, rules_pushf), callout, sizeof callout, "CALLOUT"); /* pushf */
    expect_bytes(&w, EIP(rules, rules_tsc), callout, sizeof callout, "CALLOUT"); /* rdtsc */
    world_close(&w);
}

/* ---- the rules table ---- */

static void table(void)
{
    struct insn in = { .prefix = 0 };
    for (unsigned op = 0; op < OP_COUNT; op++) {
        in.op = (u16)op;
        enum rule r = rule_for(&in);
        /* what may not run, or shows and does something else de-privileged, is never copied */
        if (op_info[op].who == WHO_RING0 || op_info[op].who == WHO_IO ||
            op_info[op].direct != DIRECT_SAME)
            CU_ASSERT_EQUAL(r, RULE_CALLOUT);
        if (op_info[op].who == WHO_IOPL)
            CU_ASSERT_TRUE(r == RULE_CLI || r == RULE_STI);
        if (op_info[op].ends != ENDS_NOT && r != RULE_STI)
            CU_ASSERT_TRUE(rule_ends(r, &in));
    }
    in = (struct insn){ .op = OP_MOV, .prefix = PFX_SEG, .seg = GS };
    CU_ASSERT_EQUAL(rule_for(&in), RULE_CALLOUT);
    in.seg = CS;
    CU_ASSERT_EQUAL(rule_for(&in), RULE_CALLOUT);
    in.seg = FS;
    CU_ASSERT_EQUAL(rule_for(&in), RULE_IDENT);
    in = (struct insn){ .op = OP_JCC, .prefix = PFX_OSIZE };
    CU_ASSERT_EQUAL(rule_for(&in), RULE_CALLOUT);
}

/* ---- elided jumps count with their neighbour; a cached callout costs 1254 (3.3) ---- */

GUEST(elide,
    "mov $3, %esi\n1: mov $1, %eax\njmp 2f\nud2\n2: jmp elide_3\nud2\n"
    "elide_3: mov $2, %ebx\ndec %esi\njnz 1b\n"
    "EXIT $9\n");

static void elided_jumps(void)
{
    struct guest_world w;
    open_bt(&w, elide, elide_end);
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.arg, 9);
    int u = unit_of(&w, EIP(elide, elide_3));
    CU_ASSERT_FATAL(u > 0);
    struct bt_view_unit last = bt_view_unit(&w.vmm, (u32)u);
    CU_ASSERT_EQUAL(last.elided_before, 2);
    CU_ASSERT_EQUAL(weight_at(&w, last.tc), 3); /* jmp, jmp, mov */
    CU_ASSERT_EQUAL(bt_view_unit(&w.vmm, (u32)u - 1).tc_len, 0);
    world_close(&w);
}

/* A deadline between two elided jumps shows each of them done in turn. */
static void among_elided_jumps(void)
{
    struct guest_world native, bt;
    world_open(&native, NULL, elide, (u32)(elide_end - elide));
    open_bt(&bt, elide, elide_end);
    CU_ASSERT_EQUAL(lockstep(&native, &bt, 1000), 0);
    CU_ASSERT_EQUAL(bt.stop.kind, STOP_EXIT);
    world_close(&native);
    world_close(&bt);
}

/* Page walks are not what is counted here; a build may have a TLB of one entry. */
static u64 walks(const struct ledger *l) { return l->cycles[COST_TLB_WALK]; }

GUEST(rdtscs,
    "mov $0x80000, %esp\nmov $4, %ecx\n1: .rept 100\nrdtsc\n.endr\ndec %ecx\njnz 1b\n"
    "EXIT %ecx\n");

static void callout_cost(void)
{
    struct guest_world w;
    open_bt(&w, rdtscs, rdtscs_end);
    world_run(&w, 2 + 102 + 20);
    const struct ledger *l = &w.hw.state->ledger;
    u64 total = l->total - walks(l), callouts = l->count[COST_CALLOUT];
    world_run(&w, 2 + 102 + 90);
    CU_ASSERT_EQUAL(l->count[COST_CALLOUT] - callouts, 70);
    CU_ASSERT_EQUAL(l->total - walks(l) - total, 70 * 1254);
    world_close(&w);
}

/* ---- a full cache starts a new generation ---- */

/* 2 MB of guest code: add $1,%eax ; jmp +0, each a unit of its own. */
GUEST(full,
    "mov $0x80000, %esp\nmov $0x110000, %edi\ncld\n"
    "1: movl $0xeb01c083, (%edi)\nmovb $0, 4(%edi)\nadd $5, %edi\ncmp $0x300000, %edi\njb 1b\n"
    "movb $0xc3, (%edi)\nmov $2, %esi\nxor %eax, %eax\n2: mov $0x110000, %ecx\ncall *%ecx\n"
    "dec %esi\njnz 2b\nEXIT %eax\n");

static void full_cache(void)
{
    struct guest_world native, bt;
    world_open(&native, NULL, full, (u32)(full_end - full));
    open_bt(&bt, full, full_end);
    world_run(&native, FOREVER);
    world_run(&bt, FOREVER);
    CU_ASSERT_TRUE(same_state(&native, &bt));
    CU_ASSERT_EQUAL(bt.stop.kind, STOP_EXIT);
    CU_ASSERT_TRUE(bt_view_summary(&bt.vmm).generation > 3);
    world_close(&native);
    world_close(&bt);
}

GUEST(around,
    "mov $5, %ecx\nmov $" AT(around, around_to) ", %eax\nmov $2000, %edx\n"
    "around_to: dec %ecx\njnz around_to\nmov $1, %ecx\ndec %edx\njz 1f\njmp *%eax\n1: EXIT $9\n");

/* No room for a confirmation block, and nothing left to translate: the cache is emptied for it, else each
 * indirect jump would miss for ever. */
static void no_room_to_confirm(void)
{
    struct guest_world w;
    u64 tick = 0;
    world_open(&w, &engine_bt, around, (u32)(around_end - around));
    do
        world_run(&w, ++tick);
    while (w.peek.arch.reg[EDX] == 2000 || w.peek.arch.eip != w.peek.arch.reg[EAX]);
    u64 entries = w.vmm.s->entries;
    u32 generation = bt_of(&w.vmm)->generation;
    bt_of(&w.vmm)->slot_count = SLOTS;
    world_run(&w, FOREVER);
    CU_ASSERT_EQUAL(w.stop.kind, STOP_EXIT);
    CU_ASSERT_EQUAL(bt_of(&w.vmm)->generation, generation + 1);
    CU_ASSERT_TRUE(w.vmm.s->entries - entries < 40);
    world_close(&w);
}

static const struct unit_case cases[] = {
    { "rules.def agrees with insn.def", table },
    { "isPrime(49): the paper's listing", listing },
    { "isPrime(49): the paper's accounting", accounting },
    { "each rule's bytes", each_rule },
    { "elided jumps count with their neighbour", elided_jumps },
    { "a stop among elided jumps", among_elided_jumps },
    { "1254 cycles a callout", callout_cost },
    { "a full cache", full_cache },
    { "a full cache and an indirect jump", no_room_to_confirm },
};

UNIT_MAIN("bt code", cases)
