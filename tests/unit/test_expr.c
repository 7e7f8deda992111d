/* Expressions over a world: values, precedence, errors with their place. */
#include "lessons/expr.h"

#include "lessons/debug.h"
#include "tests/unit/worlds.h"

static struct world *world;
static const struct event event = { .kind = HW_OUT, .arg = { 0x3f8, 1, 'A', 7 } };

static s64 value_of(const char *text)
{
    struct expr_context ctx = { .world = world, .event = &event };
    char error[200] = "";
    u64 value = 0;
    int at = -1;
    if (!expr_eval(text, &ctx, &value, error, sizeof error, &at)) {
        printf("\n  %s: %s", text, error);
        CU_FAIL("an expression that should have a value has none");
    }
    return (s64)value;
}

static void fails(const char *text, int where, const char *why)
{
    struct expr_context ctx = { .world = world };
    char error[200] = "";
    u64 value;
    int at = -1;
    CU_ASSERT_FALSE(expr_eval(text, &ctx, &value, error, sizeof error, &at));
    CU_ASSERT_STRING_EQUAL(error, why);
    CU_ASSERT_EQUAL(at, where);
}

static void numbers_and_precedence(void)
{
    CU_ASSERT_EQUAL(value_of("1 + 2 * 3"), 7);
    CU_ASSERT_EQUAL(value_of("(1 + 2) * 3"), 9);
    CU_ASSERT_EQUAL(value_of("10 - 4 - 3"), 3);
    CU_ASSERT_EQUAL(value_of("1 << 4 | 3 & 6 ^ 1"), 0x10 | ((3 & 6) ^ 1));
    CU_ASSERT_EQUAL(value_of("1 < 2 == 1"), 1);
    CU_ASSERT_EQUAL(value_of("0x1F + 0b101 + 'A'"), 31 + 5 + 65);
    CU_ASSERT_EQUAL(value_of("-1 < 0"), 1);
    CU_ASSERT_EQUAL(value_of("~0 & 0xff"), 0xff);
    CU_ASSERT_EQUAL(value_of("!3 + !0"), 1);
    CU_ASSERT_EQUAL(value_of("-7 / 2 * 10 + -7 % 2"), -31);
    CU_ASSERT_EQUAL(value_of("0 ? 1 : 2 ? 3 : 4"), 3);
}

static void what_is_not_reached_is_not_evaluated(void)
{
    CU_ASSERT_EQUAL(value_of("1 || 1 / 0"), 1);
    CU_ASSERT_EQUAL(value_of("0 && byte[0xfffffff0]"), 0);
    CU_ASSERT_EQUAL(value_of("1 ? 5 : 1 / 0"), 5);
    CU_ASSERT_EQUAL(value_of("0 ? 1 / 0 : 6"), 6);
    fails("0 || 1 / 0", 7, "division by zero");
    fails("0 && (", 6, "a number, a name or '(' is missing here");
}

static void registers_and_memory(void)
{
    struct arch *s = world->hw.arch;
    s->reg[EAX] = 0x12345678;
    s->eflags = FL_1 | FL_IF | FL_IOPL;
    CU_ASSERT_EQUAL(value_of("eax"), 0x12345678);
    CU_ASSERT_EQUAL(value_of("$ax"), 0x5678);
    CU_ASSERT_EQUAL(value_of("%ah"), 0x56);
    CU_ASSERT_EQUAL(value_of("EAX % 16"), 8);
    CU_ASSERT_EQUAL(value_of("if + iopl * 10 + cf"), 31);
    CU_ASSERT_EQUAL(value_of("eip"), GUEST_LOAD);
    CU_ASSERT_EQUAL(value_of("cs.limit"), 0xffffffff);
    CU_ASSERT_EQUAL(value_of("byte[eip]"), busy[0]);
    CU_ASSERT_EQUAL(value_of("{u8}(eip + 1)"), busy[1]);
    CU_ASSERT_EQUAL(value_of("*eip"), value_of("dword[eip]"));
    CU_ASSERT_EQUAL(value_of("word[eip] & 0xff"), busy[0]);
    CU_ASSERT_EQUAL(value_of("real.eax == eax"), 1);
    world->hw.state->fpu.reg[5] = (struct fp80){ .mant = 3ull << 62, .se = 0x4001 };
    world->hw.state->fpu.status = 5 << 11;
    CU_ASSERT_EQUAL(value_of("$st0"), (s64)(3ull << 62));
    CU_ASSERT_EQUAL(value_of("$st0.exp"), 0x4001);
    CU_ASSERT_EQUAL(value_of("$fctrl"), 0x40);
    CU_ASSERT_EQUAL(value_of("$fstat"), 5 << 11);
    CU_ASSERT_EQUAL(value_of("$ftag"), 0x5155);
}

static void the_event_that_stopped(void)
{
    CU_ASSERT_EQUAL(value_of("arg0"), 0x3f8);
    CU_ASSERT_EQUAL(value_of("arg3 + kind"), 7 + HW_OUT);
    fails("arg0", 0, "'arg0' belongs to an event, and none stopped here");
}

static void errors_have_a_place(void)
{
    fails("eax +", 5, "a number, a name or '(' is missing here");
    fails("eaxx", 0, "no register, flag or symbol is called 'eaxx'; did you mean 'eax'?");
    fails("eax = 1", 4, "an expression changes nothing; == compares");
    fails("1 2", 2, "an operator is missing before this");
    fails("(1", 2, "')' is missing here");
    fails("0x1g", 3, "'g' is not a digit of a number of base 16");
    fails("99999999999999999999", 0, "this number does not fit in 63 bits");
    fails("byte[0xf0000000]", 0, "no guest memory is mapped at 0xf0000000");
    fails("{u9}eax", 0, "a size is {u8}, {u16} or {u32}");
    fails("'ab'", 0, "a character is written 'c'");
    fails("cost.gat", 0, "no account of the ledger is called 'gat'; did you mean 'gate'?");
    fails("count.callout", 0, "events are not counted here");
    fails("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1", 32,
          "this nests too deeply");
}

static const struct unit_case cases[] = {
    { "numbers and precedence", numbers_and_precedence },
    { "what is not reached is not evaluated", what_is_not_reached_is_not_evaluated },
    { "registers and memory", registers_and_memory },
    { "the event that stopped", the_event_that_stopped },
    { "errors have a place", errors_have_a_place },
};

int main(void)
{
    world = busy_world(ENGINE_NATIVE, (struct world_config){ .ram_bytes = 0 });
    int result = unit_run("expr", cases, COUNT(cases));
    world_free(world);
    return result;
}
