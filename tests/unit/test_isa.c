/* The instruction rules on a small owner: flat memory, one bad page, a port that remembers.
 * Each case is a few bytes of code, its assembly beside it, and what must be true then. */
#include <string.h>

#include "sim/api/isa.h"
#include "tests/unit/unit.h"

enum { CODE = 0x1000, DATA = 0x4000, BAD = 0x6000 /* to 0x6fff: not present */, STACK = 0x8000,
       MEMORY = 0x10000 };

struct box {
    struct arch s;
    struct isa x;
    u8 memory[MEMORY];
    u16 port;
    u32 port_value;
    unsigned ins, outs;
    bool read_only; /* BAD can be read, not written */
};

static struct box *box_of(struct isa *x) { return x->owner; }

static fault_t box_probe(struct isa *x, u32 la, unsigned size, unsigned access)
{
    bool bad = la + size > BAD && la < BAD + PAGE_SIZE;
    if (bad && !(box_of(x)->read_only && !(access & ACCESS_WRITE))) {
        x->fault_la = la < BAD ? BAD : la;
        return FAULT_ERR(VEC_PF, access & ACCESS_WRITE ? PF_WRITE : 0);
    }
    assert(la + size <= MEMORY);
    return FAULT_NONE;
}

static fault_t box_read(struct isa *x, u32 la, unsigned size, unsigned access, u32 *value)
{
    fault_t f = box_probe(x, la, size, access);
    if (f)
        return f;
    *value = 0;
    memcpy(value, box_of(x)->memory + la, size);
    return FAULT_NONE;
}

static fault_t box_write(struct isa *x, u32 la, unsigned size, unsigned access, u32 value)
{
    fault_t f = box_probe(x, la, size, access);
    if (!f)
        memcpy(box_of(x)->memory + la, &value, size);
    return f;
}

static fault_t box_in(struct isa *x, u16 port, unsigned size, u32 *value)
{
    struct box *b = box_of(x);
    b->port = port;
    b->ins++;
    *value = size == 4 ? b->port_value : b->port_value & ((1u << 8 * size) - 1);
    return FAULT_NONE;
}

static fault_t box_out(struct isa *x, u16 port, unsigned size, u32 value)
{
    struct box *b = box_of(x);
    (void)size;
    b->port = port;
    b->port_value = value;
    b->outs++;
    return FAULT_NONE;
}

static void box_changed(struct isa *x, enum isa_change what, u32 arg)
{
    (void)x, (void)what, (void)arg;
}

static const struct isa_ops box_ops = {
    .read = box_read, .write = box_write, .probe = box_probe, .in = box_in, .out = box_out,
    .changed = box_changed,
};

static void box_init(struct box *b)
{
    memset(b, 0, sizeof(*b));
    arch_reset_multiboot(&b->s, CODE, 0);
    b->s.reg[EAX] = b->s.reg[EBX] = 0;
    b->s.reg[ESP] = STACK;
    b->s.eflags = FL_1;
    b->x = (struct isa){ .s = &b->s, .ops = &box_ops, .owner = b };
}

static fault_t step(struct box *b)
{
    struct insn in;
    const u8 *at = b->memory + b->s.eip;
    CU_ASSERT_FATAL(decode(at, INSN_MAX, arch_code32(&b->s), &in) == DECODE_OK);
    b->s.shadow = 0;
    fault_t f = isa_exec(&b->x, &in);
    CU_ASSERT_EQUAL(b->s.reg[REG_NONE], 0);
    return f;
}

/* Put the code at CODE and execute `count` steps; the first fault ends it. */
static fault_t run(struct box *b, const char *code, unsigned length, unsigned count)
{
    fault_t f = FAULT_NONE;
    memcpy(b->memory + CODE, code, length);
    b->s.eip = CODE;
    while (count-- && !f)
        f = step(b);
    return f;
}

#define RUN(b, count, code) run(b, code, sizeof(code) - 1, count)

static u32 peek(const struct box *b, u32 at, unsigned size)
{
    u32 value = 0;
    memcpy(&value, b->memory + at, size);
    return value;
}

static void poke(struct box *b, u32 at, u32 value) { memcpy(b->memory + at, &value, 4); }

/* A fault must leave the processor as it was. */
static void expect_fault(struct box *b, fault_t want, fault_t got, const struct arch *before)
{
    CU_ASSERT_EQUAL(got, want);
    CU_ASSERT_EQUAL(memcmp(&b->s, before, sizeof(*before)), 0);
}

#define EXPECT_FAULT(b, want, code) \
    do { \
        (b)->s.eip = CODE; \
        struct arch before = (b)->s; \
        fault_t got = RUN(b, 1, code); \
        expect_fault(b, want, got, &before); \
    } while (0)

#define GP0 FAULT_ERR(VEC_GP, 0)
#define SS0 FAULT_ERR(VEC_SS, 0)
#define PF_R FAULT_ERR(VEC_PF, 0)
#define PF_W FAULT_ERR(VEC_PF, PF_WRITE)

static void test_moves(void)
{
    struct box b;
    box_init(&b);
    poke(&b, DATA, 0x8081ff82);
    RUN(&b, 3, "\xa1\x00\x40\x00\x00"         /* mov eax, [0x4000] */
               "\x0f\xbe\x0d\x00\x40\x00\x00" /* movsx ecx, byte [0x4000] */
               "\x0f\xb7\x15\x00\x40\x00\x00" /* movzx edx, word [0x4000] */);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 0x8081ff82);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 0xffffff82);
    CU_ASSERT_EQUAL(b.s.reg[EDX], 0xff82);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 19);
    RUN(&b, 4, "\xb4\x12"             /* mov ah, 0x12 */
               "\x66\xb9\x34\x12"     /* mov cx, 0x1234 */
               "\x0f\xca"             /* bswap edx */
               "\x8d\x5c\x88\x05"     /* lea ebx, [eax + ecx * 4 + 5] */);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 0x80811282);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 0xffff1234);
    CU_ASSERT_EQUAL(b.s.reg[EDX], 0x82ff0000);
    CU_ASSERT_EQUAL(b.s.reg[EBX], 0x80811282 + 0xffff1234u * 4 + 5);
    RUN(&b, 3, "\x98"     /* cwde */
               "\x99"     /* cdq */
               "\x66\x98" /* cbw */);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 0x0000ff82);
    CU_ASSERT_EQUAL(b.s.reg[EDX], 0);
}

static void test_exchanges(void)
{
    struct box b;
    box_init(&b);
    poke(&b, DATA, 100);
    b.s.reg[EAX] = 7;
    b.s.reg[ECX] = 5;
    RUN(&b, 2, "\x87\x05\x00\x40\x00\x00"     /* xchg [0x4000], eax */
               "\x0f\xc1\x0d\x00\x40\x00\x00" /* xadd [0x4000], ecx */);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 100);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 7);
    CU_ASSERT_EQUAL(peek(&b, DATA, 4), 12);
    RUN(&b, 1, "\x0f\xc1\xc9" /* xadd ecx, ecx: the sum stays */);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 14);
    b.s.reg[EAX] = 12;
    RUN(&b, 1, "\xf0\x0f\xb1\x0d\x00\x40\x00\x00" /* lock cmpxchg [0x4000], ecx: equal */);
    CU_ASSERT_EQUAL(peek(&b, DATA, 4), 14);
    CU_ASSERT(b.s.eflags & FL_ZF);
    b.s.reg[EAX] = 1;
    RUN(&b, 1, "\x0f\xb1\x0d\x00\x40\x00\x00" /* cmpxchg [0x4000], ecx: differs */);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 14);
    CU_ASSERT(!(b.s.eflags & FL_ZF));
    b.s.reg[EDX] = 0;
    RUN(&b, 1, "\x0f\xc7\x0d\x00\x40\x00\x00" /* cmpxchg8b [0x4000]: equal */);
    CU_ASSERT(b.s.eflags & FL_ZF);
    CU_ASSERT_EQUAL(peek(&b, DATA + 4, 4), b.s.reg[ECX]);
}

/* CMPXCHG writes whatever it found: an unequal one on a read-only page faults with W set. */
static void test_read_only(void)
{
    struct box b;
    box_init(&b);
    b.read_only = true;
    b.s.reg[EAX] = 1;
    EXPECT_FAULT(&b, PF_W, "\x0f\xb1\x0d\x00\x60\x00\x00" /* cmpxchg [0x6000], ecx */);
    EXPECT_FAULT(&b, PF_W, "\x0f\xc7\x0d\x00\x60\x00\x00" /* cmpxchg8b [0x6000] */);
    EXPECT_FAULT(&b, PF_W, "\xff\x05\x00\x60\x00\x00" /* inc dword [0x6000] */);
    EXPECT_FAULT(&b, PF_W, "\xd3\x25\x00\x60\x00\x00" /* shl dword [0x6000], cl with cl = 0 */);
    CU_ASSERT_EQUAL(RUN(&b, 1, "\x39\x05\x00\x60\x00\x00" /* cmp [0x6000], eax */), FAULT_NONE);
    CU_ASSERT_EQUAL(RUN(&b, 1, "\x0f\xa3\x05\x00\x60\x00\x00" /* bt [0x6000], eax */), 0);
}

static void test_divide_and_bound(void)
{
    struct box b;
    box_init(&b);
    b.s.reg[EAX] = 7, b.s.reg[EDX] = 1, b.s.reg[ECX] = 3;
    RUN(&b, 1, "\xf7\xf1" /* div ecx */);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 0x55555557);
    CU_ASSERT_EQUAL(b.s.reg[EDX], 2);
    b.s.reg[EDX] = 3;
    EXPECT_FAULT(&b, FAULT(VEC_DE), "\xf7\xf1" /* div ecx: does not fit */);
    EXPECT_FAULT(&b, FAULT(VEC_DE), "\xd4\x00" /* aam 0 */);
    poke(&b, DATA, 0xfffffff0);
    poke(&b, DATA + 4, 10);
    b.s.reg[ECX] = 0xfffffff8;
    CU_ASSERT_EQUAL(RUN(&b, 1, "\x62\x0d\x00\x40\x00\x00" /* bound ecx, [0x4000] */), 0);
    b.s.reg[ECX] = 11;
    EXPECT_FAULT(&b, FAULT(VEC_BR), "\x62\x0d\x00\x40\x00\x00");
}

/* A bit offset in a register is signed and goes beyond the operand; an immediate does not. */
static void test_bit_strings(void)
{
    struct box b;
    box_init(&b);
    b.s.reg[ECX] = 32 * 4 + 5;
    RUN(&b, 1, "\x0f\xab\x0d\x00\x40\x00\x00" /* bts [0x4000], ecx */);
    CU_ASSERT_EQUAL(peek(&b, DATA + 16, 4), 1 << 5);
    b.s.reg[ECX] = (u32)-27;
    RUN(&b, 1, "\x0f\xbb\x0d\x14\x40\x00\x00" /* btc [0x4014], ecx: bit 5 of [0x4010] */);
    CU_ASSERT_EQUAL(peek(&b, DATA + 16, 4), 0);
    CU_ASSERT(b.s.eflags & FL_CF);
    b.s.reg[ECX] = 0xffff; /* -1 as 16 bits */
    RUN(&b, 1, "\x66\x0f\xab\x0d\x02\x40\x00\x00" /* bts word [0x4002], cx */);
    CU_ASSERT_EQUAL(peek(&b, DATA, 2), 0x8000);
    RUN(&b, 1, "\x0f\xba\x2d\x08\x40\x00\x00\x21" /* bts dword [0x4008], 33: bit 1 */);
    CU_ASSERT_EQUAL(peek(&b, DATA + 8, 4), 2);
    CU_ASSERT_EQUAL(peek(&b, DATA + 12, 4), 0);
}

static void test_stack(void)
{
    struct box b;
    box_init(&b);
    RUN(&b, 2, "\x54"     /* push esp: the old value */
               "\x6a\xff" /* push -1 */);
    CU_ASSERT_EQUAL(peek(&b, STACK - 4, 4), STACK);
    CU_ASSERT_EQUAL(peek(&b, STACK - 8, 4), 0xffffffff);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK - 8);
    RUN(&b, 1, "\x8f\x44\x24\x10" /* pop [esp + 16]: esp after the pop */);
    CU_ASSERT_EQUAL(peek(&b, STACK - 4 + 16, 4), 0xffffffff);
    RUN(&b, 1, "\x5c" /* pop esp */);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK);
    for (unsigned r = EAX; r <= EDI; r++)
        b.s.reg[r] = r == ESP ? STACK : r * 0x11;
    RUN(&b, 1, "\x60" /* pusha */);
    CU_ASSERT_EQUAL(peek(&b, STACK - 4, 4), 0);
    CU_ASSERT_EQUAL(peek(&b, STACK - 20, 4), STACK);
    CU_ASSERT_EQUAL(peek(&b, STACK - 32, 4), EDI * 0x11);
    memset(b.s.reg, 0, 4 * sizeof(u32));
    RUN(&b, 1, "\x61" /* popa */);
    CU_ASSERT_EQUAL(b.s.reg[EBX], EBX * 0x11);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK);
    CU_ASSERT_EQUAL(RUN(&b, 1, "\x66\x50" /* push ax */), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK - 2);
}

/* PUSHA, POPA, ENTER and CALL into a bad page leave nothing behind. */
static void test_stack_faults(void)
{
    struct box b;
    box_init(&b);
    b.s.reg[ESP] = BAD + PAGE_SIZE + 16;
    memset(b.memory + BAD + PAGE_SIZE, 0x77, 16);
    EXPECT_FAULT(&b, PF_W, "\x60" /* pusha */);
    CU_ASSERT_EQUAL(peek(&b, BAD + PAGE_SIZE + 12, 4), 0x77777777);
    EXPECT_FAULT(&b, PF_W, "\xc8\x10\x00\x00" /* enter 16, 0 */);
    EXPECT_FAULT(&b, PF_W, "\xc8\x00\x00\x05" /* enter 0, 5 */);
    CU_ASSERT_EQUAL(peek(&b, BAD + PAGE_SIZE + 12, 4), 0x77777777);
    b.s.reg[ESP] = BAD - 8;
    EXPECT_FAULT(&b, PF_R, "\x61" /* popa */);
    b.s.reg[ESP] = BAD + PAGE_SIZE;
    EXPECT_FAULT(&b, PF_W, "\xe8\x00\x00\x00\x00" /* call */);
    b.s.reg[ESP] = STACK;
    EXPECT_FAULT(&b, PF_W, "\x8f\x05\x00\x60\x00\x00" /* pop [0x6000] */);
    b.s.reg[EBP] = BAD;
    EXPECT_FAULT(&b, PF_R, "\xc9" /* leave */);
}

static void test_enter(void)
{
    struct box b;
    box_init(&b);
    b.s.reg[EBP] = DATA + 0x100;
    poke(&b, DATA + 0xfc, 0x11111111);
    poke(&b, DATA + 0xf8, 0x22222222);
    RUN(&b, 1, "\xc8\x20\x00\x03" /* enter 32, 3 */);
    CU_ASSERT_EQUAL(peek(&b, STACK - 4, 4), DATA + 0x100);
    CU_ASSERT_EQUAL(peek(&b, STACK - 8, 4), 0x11111111);
    CU_ASSERT_EQUAL(peek(&b, STACK - 12, 4), 0x22222222);
    CU_ASSERT_EQUAL(peek(&b, STACK - 16, 4), STACK - 4);
    CU_ASSERT_EQUAL(b.s.reg[EBP], STACK - 4);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK - 16 - 32);
    RUN(&b, 1, "\xc9" /* leave */);
    CU_ASSERT_EQUAL(b.s.reg[EBP], DATA + 0x100);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK);
}

static void test_jumps(void)
{
    struct box b;
    box_init(&b);
    RUN(&b, 1, "\xe8\xfb\x00\x00\x00" /* call +0x100 */);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 0x100);
    CU_ASSERT_EQUAL(peek(&b, STACK - 4, 4), CODE + 5);
    RUN(&b, 1, "\xc2\x08\x00" /* ret 8 */);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 5);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK + 8);
    b.s.reg[ECX] = 2;
    RUN(&b, 1, "\xe2\xfe" /* loop here */);
    CU_ASSERT_EQUAL(b.s.eip, CODE);
    CU_ASSERT_EQUAL(step(&b), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 2);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 0);
    b.s.reg[ECX] = 0x10000;
    RUN(&b, 1, "\x67\xe3\x10" /* jcxz: cx is 0 */);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 0x13);
    RUN(&b, 1, "\x66\xe9\x00\xf0" /* jmp with a 16-bit operand: eip is cut */);
    CU_ASSERT_EQUAL(b.s.eip, (CODE + 4 + 0xf000) & 0xffff);
    b.s.seg[CS].limit = 0x1fff;
    b.s.reg[ECX] = 5;
    EXPECT_FAULT(&b, GP0, "\xe9\x00\x10\x00\x00" /* jmp beyond the limit */);
    EXPECT_FAULT(&b, GP0, "\xe8\x00\x10\x00\x00" /* call beyond the limit */);
    poke(&b, STACK + 8, 0x2000);
    EXPECT_FAULT(&b, GP0, "\xc3" /* ret beyond the limit */);
    b.s.seg[CS].limit = CODE + 0x10;
    EXPECT_FAULT(&b, GP0, "\xe2\x20" /* loop beyond the limit: ecx stays */);
}

static void test_conditions(void)
{
    for (unsigned cc = 0; cc < 16; cc += 2)
        for (u32 flags = 0; flags < 4096; flags++)
            CU_ASSERT_FATAL(isa_condition(flags, cc) != isa_condition(flags, cc + 1));
    CU_ASSERT(isa_condition(FL_OF, 0) && !isa_condition(0, 0));
    CU_ASSERT(isa_condition(FL_CF, 2) && !isa_condition(FL_ZF, 2));
    CU_ASSERT(isa_condition(FL_ZF, 4) && !isa_condition(FL_CF, 4));
    CU_ASSERT(isa_condition(FL_ZF, 6) && isa_condition(FL_CF, 6) && !isa_condition(0, 6));
    CU_ASSERT(isa_condition(FL_SF, 8) && !isa_condition(FL_OF, 8));
    CU_ASSERT(isa_condition(FL_PF, 10) && !isa_condition(FL_OF, 10));
    CU_ASSERT(isa_condition(FL_SF, 12) && isa_condition(FL_OF, 12));
    CU_ASSERT(!isa_condition(FL_SF | FL_OF, 12) && !isa_condition(FL_ZF, 12));
    CU_ASSERT(isa_condition(FL_ZF, 14) && isa_condition(FL_SF, 14) && !isa_condition(0, 14));
}

/* Each call is one iteration; EIP leaves with the last. */
static void test_repeats(void)
{
    struct box b;
    box_init(&b);
    memcpy(b.memory + DATA, "hello, world", 12);
    b.s.reg[ESI] = DATA, b.s.reg[EDI] = DATA + 0x100, b.s.reg[ECX] = 3;
    RUN(&b, 1, "\xf3\xa5" /* rep movsd */);
    CU_ASSERT_EQUAL(b.s.eip, CODE);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 2);
    RUN(&b, 2, "\xf3\xa5");
    CU_ASSERT_EQUAL(b.s.eip, CODE + 2);
    CU_ASSERT_EQUAL(memcmp(b.memory + DATA + 0x100, "hello, world", 12), 0);
    RUN(&b, 1, "\xf3\xa5" /* ecx = 0: one completed instruction, no access */);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 2);
    CU_ASSERT_EQUAL(b.s.reg[ESI], DATA + 12);
    b.s.reg[EDI] = DATA, b.s.reg[ECX] = 100, b.s.reg[EAX] = ',';
    RUN(&b, 5, "\xf2\xae" /* repne scasb */);
    CU_ASSERT_EQUAL(b.s.eip, CODE);
    CU_ASSERT_EQUAL(step(&b), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 2);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 94);
    CU_ASSERT(b.s.eflags & FL_ZF);
    b.s.reg[ESI] = DATA, b.s.reg[EDI] = DATA + 0x101, b.s.reg[ECX] = 9;
    RUN(&b, 1, "\xf3\xa6" /* repe cmpsb: 'h' - 'e' ends it */);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 2);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 8);
    b.s.eflags |= FL_DF;
    b.s.reg[ECX] = 0x20001, b.s.reg[EDI] = 0x10000 + DATA;
    RUN(&b, 1, "\x67\xf3\xaa" /* rep stosb [di]: cx = 1, di wraps in 16 bits, DF */);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 3);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 0x20000);
    CU_ASSERT_EQUAL(b.s.reg[EDI], 0x10000 + DATA - 1);
    CU_ASSERT_EQUAL(peek(&b, DATA, 1), ',');
}

static void test_repeat_fault(void)
{
    struct box b;
    box_init(&b);
    b.s.reg[EDI] = BAD - 8, b.s.reg[ECX] = 5;
    CU_ASSERT_EQUAL(RUN(&b, 2, "\xf3\xab" /* rep stosd up to the bad page */), FAULT_NONE);
    EXPECT_FAULT(&b, PF_W, "\xf3\xab");
    CU_ASSERT_EQUAL(b.s.reg[ECX], 3);
    CU_ASSERT_EQUAL(b.s.reg[EDI], BAD);
    CU_ASSERT_EQUAL(b.x.fault_la, BAD);
}

static void test_ports(void)
{
    struct box b;
    box_init(&b);
    b.port_value = 0x12345678;
    b.s.reg[EDX] = 0x3f8, b.s.reg[EDI] = BAD;
    EXPECT_FAULT(&b, PF_W, "\x6d" /* insd to a bad page: the port is not read */);
    CU_ASSERT_EQUAL(b.ins, 0);
    b.s.reg[EDI] = DATA;
    RUN(&b, 2, "\x6d" /* insd */ "\xe4\x60" /* in al, 0x60 */);
    CU_ASSERT_EQUAL(peek(&b, DATA, 4), 0x12345678);
    CU_ASSERT_EQUAL(b.port, 0x60);
    CU_ASSERT_EQUAL(b.s.reg[EAX], 0x78);
    b.s.reg[ESI] = DATA, b.s.reg[ECX] = 2;
    RUN(&b, 2, "\xf3\x66\x6f" /* rep outsw */);
    CU_ASSERT_EQUAL(b.outs, 2);
    CU_ASSERT_EQUAL(b.port, 0x3f8);
    CU_ASSERT_EQUAL(b.port_value, 0x1234);
    CU_ASSERT_EQUAL(b.s.reg[ESI], DATA + 4);
}

static void test_segments(void)
{
    struct box b;
    box_init(&b);
    b.s.seg[DS].base = DATA;
    b.s.seg[DS].limit = 0xff;
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xa1\xfc\x00\x00\x00" /* mov eax, [0xfc]: the last */), 0);
    EXPECT_FAULT(&b, GP0, "\xa1\xfd\x00\x00\x00");
    EXPECT_FAULT(&b, GP0, "\xa1\xff\xff\xff\xff" /* and no wrap around 4 GB */);
    b.s.seg[DS].ar = (b.s.seg[DS].ar & ~15u) | 6; /* expand down, writable */
    EXPECT_FAULT(&b, GP0, "\xa1\xff\x00\x00\x00");
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xa1\x00\x01\x00\x00" /* the first above the limit */), 0);
    b.s.seg[DS].ar = (b.s.seg[DS].ar & ~15u) | 0; /* read-only data */
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xa1\x00\x00\x00\x00"), FAULT_NONE);
    EXPECT_FAULT(&b, GP0, "\xa3\x00\x00\x00\x00");
    b.s.seg[ES].ar |= AR_UNUSABLE;
    EXPECT_FAULT(&b, GP0, "\x26\xa1\x00\x00\x00\x00" /* mov eax, es:[0] */);
    EXPECT_FAULT(&b, GP0, "\x2e\xa3\x00\x40\x00\x00" /* mov cs:[0x4000], eax: code */);
    b.s.seg[CS].ar &= ~2u; /* execute-only */
    EXPECT_FAULT(&b, GP0, "\x2e\xa1\x00\x40\x00\x00");
    b.s.seg[SS].limit = 0x7000;
    EXPECT_FAULT(&b, SS0, "\x50" /* push eax at 0x8000 */);
    b.s.reg[EBP] = 0x7000;
    EXPECT_FAULT(&b, SS0, "\x8b\x45\x00" /* mov eax, [ebp] */);
}

/* A 16-bit stack wraps in SP and leaves the upper half of ESP alone. */
static void test_stack16(void)
{
    struct box b;
    box_init(&b);
    b.s.seg[SS].ar &= ~AR_DB;
    b.s.reg[ESP] = 0x12340000;
    b.s.reg[EAX] = 0xabcdef01;
    RUN(&b, 1, "\x50" /* push eax */);
    CU_ASSERT_EQUAL(b.s.reg[ESP], 0x1234fffc);
    CU_ASSERT_EQUAL(peek(&b, 0xfffc, 4), 0xabcdef01);
    RUN(&b, 1, "\x59" /* pop ecx */);
    CU_ASSERT_EQUAL(b.s.reg[ESP], 0x12340000);
    CU_ASSERT_EQUAL(b.s.reg[ECX], 0xabcdef01);
}

static u32 popf_at(unsigned cpl, unsigned iopl, u32 before, u32 image)
{
    struct box b;
    box_init(&b);
    b.s.cpl = (u8)cpl;
    b.s.eflags = FL_1 | iopl << 12 | before;
    poke(&b, STACK, image);
    CU_ASSERT_EQUAL(RUN(&b, 1, "\x9d" /* popf */), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.reg[ESP], STACK + 4);
    return b.s.eflags;
}

static void test_popf(void)
{
    u32 all = 0xffffffff;
    u32 user = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_AC | FL_ID | FL_1;
    CU_ASSERT_EQUAL(popf_at(0, 0, 0, all), user | FL_IF | FL_IOPL);
    CU_ASSERT_EQUAL(popf_at(0, 3, FL_IF | FL_RF, 0), FL_1);
    CU_ASSERT_EQUAL(popf_at(3, 0, 0, all), user);          /* IF and IOPL stay, in silence */
    CU_ASSERT_EQUAL(popf_at(3, 0, FL_IF, 0), FL_1 | FL_IF);
    CU_ASSERT_EQUAL(popf_at(1, 1, 0, all), user | FL_IF | 1 << 12);
    CU_ASSERT_EQUAL(popf_at(3, 3, FL_VIP | FL_VIF, 0), FL_1 | FL_IOPL | FL_VIP | FL_VIF);
}

static void test_interrupt_flag(void)
{
    struct box b;
    box_init(&b);
    RUN(&b, 1, "\xfb" /* sti */);
    CU_ASSERT_EQUAL(b.s.eflags, FL_1 | FL_IF);
    CU_ASSERT_EQUAL(b.s.shadow, SHADOW_STI);
    RUN(&b, 1, "\xfb" /* a second one does not extend the shadow */);
    CU_ASSERT_EQUAL(b.s.shadow, 0);
    b.s.cpl = 3;
    EXPECT_FAULT(&b, GP0, "\xfa" /* cli at CPL 3, IOPL 0 */);
    EXPECT_FAULT(&b, GP0, "\xf4" /* hlt at CPL 3 */);
    b.s.cr4 |= CR4_PVI;
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xfb"), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.eflags, FL_1 | FL_IF | FL_VIF);
    b.s.eflags |= FL_VIP;
    EXPECT_FAULT(&b, GP0, "\xfb" /* sti with an interrupt pending */);
    b.s.eflags = FL_1 | FL_IOPL | FL_IF;
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xfa"), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.eflags, FL_1 | FL_IOPL);
}

/* Virtual-8086 mode, IOPL < 3: PUSHF, POPF and CLI fault, unless VME gives them VIF. */
static void test_v86_flags(void)
{
    struct box b;
    box_init(&b);
    b.s.cpl = 3;
    b.s.eflags = FL_1 | FL_VM | FL_IF;
    b.s.seg[CS].ar &= ~AR_DB;
    b.s.seg[SS].ar &= ~AR_DB;
    EXPECT_FAULT(&b, GP0, "\x9c" /* pushf */);
    EXPECT_FAULT(&b, GP0, "\x9d" /* popf */);
    EXPECT_FAULT(&b, GP0, "\xfa" /* cli */);
    EXPECT_FAULT(&b, FAULT(VEC_UD), "\x0f\x00\xd0" /* lldt ax: not known here */);
    b.s.cr4 |= CR4_VME;
    CU_ASSERT_EQUAL(RUN(&b, 2, "\xfb" /* sti */ "\x9c" /* pushf */), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.eflags, FL_1 | FL_VM | FL_IF | FL_VIF);
    CU_ASSERT_EQUAL(peek(&b, STACK - 2, 2), FL_1 | FL_IF | FL_IOPL);
    EXPECT_FAULT(&b, GP0, "\x66\x9c" /* pushfd */);
    CU_ASSERT_EQUAL(RUN(&b, 2, "\xfa" /* cli */ "\x9c" /* pushf */), FAULT_NONE);
    CU_ASSERT_EQUAL(peek(&b, STACK - 4, 2), FL_1 | FL_IOPL);
    poke(&b, STACK - 4, FL_TF);
    EXPECT_FAULT(&b, GP0, "\x9d" /* popf of TF is for the monitor */);
    poke(&b, STACK - 4, FL_IF | FL_ZF);
    CU_ASSERT_EQUAL(RUN(&b, 1, "\x9d"), FAULT_NONE);
    CU_ASSERT_EQUAL(b.s.eflags, FL_1 | FL_VM | FL_IF | FL_VIF | FL_ZF);
}

static void test_alignment(void)
{
    struct box b;
    box_init(&b);
    b.s.cr0 |= CR0_AM;
    b.s.eflags |= FL_AC;
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xa1\x01\x40\x00\x00" /* mov eax, [0x4001] at CPL 0 */), 0);
    b.s.cpl = 3;
    EXPECT_FAULT(&b, FAULT_ERR(VEC_AC, 0), "\xa1\x01\x40\x00\x00");
    CU_ASSERT_EQUAL(RUN(&b, 1, "\xa0\x01\x40\x00\x00" /* mov al, [0x4001] */), FAULT_NONE);
}

/* Real mode: limits bind, segment types do not, and some instructions are not known. */
static void test_real_mode(void)
{
    struct box b;
    box_init(&b);
    b.s.cr0 &= ~CR0_PE;
    for (unsigned n = 0; n < SREG_COUNT; n++)
        b.s.seg[n] = (struct seg){ .ar = 0x93, .limit = 0xffff };
    b.s.reg[EBX] = 0xffff, b.s.reg[EAX] = 0x1234;
    EXPECT_FAULT(&b, GP0, "\x8b\x07" /* mov ax, [bx] over the end */);
    EXPECT_FAULT(&b, FAULT(VEC_UD), "\x0f\x02\xc0" /* lar ax, ax */);
    EXPECT_FAULT(&b, FAULT(VEC_UD), "\x0f\x00\xd8" /* ltr ax */);
    CU_ASSERT_EQUAL(RUN(&b, 2, "\x2e\xa3\x00\x40" /* mov cs:[0x4000], ax */
                               "\xfa" /* cli */), FAULT_NONE);
    CU_ASSERT_EQUAL(peek(&b, DATA, 4), 0x1234);
    b.s.reg[ESI] = 0x1fffe, b.s.reg[EDI] = DATA, b.s.reg[ECX] = 2;
    RUN(&b, 2, "\xf3\xa5" /* rep movsw: si wraps, the upper halves stay */);
    CU_ASSERT_EQUAL(b.s.reg[ESI], 0x10002);
    CU_ASSERT_EQUAL(b.s.reg[EDI], DATA + 4);
    CU_ASSERT_EQUAL(b.s.eip, CODE + 2);
}

static const struct unit_case cases[] = {
    { "mov movzx movsx lea bswap cwde cdq", test_moves },
    { "xchg xadd cmpxchg cmpxchg8b", test_exchanges },
    { "read-modify-writes of a read-only page", test_read_only },
    { "#DE and #BR", test_divide_and_bound },
    { "bit strings", test_bit_strings },
    { "push pop pusha popa", test_stack },
    { "stack faults leave nothing", test_stack_faults },
    { "enter leave", test_enter },
    { "jmp call ret loop jcxz, limits", test_jumps },
    { "conditions", test_conditions },
    { "rep, repe, repne", test_repeats },
    { "a fault in the middle of rep", test_repeat_fault },
    { "ports", test_ports },
    { "segment checks", test_segments },
    { "16-bit stack", test_stack16 },
    { "popf", test_popf },
    { "cli sti", test_interrupt_flag },
    { "virtual-8086 flags", test_v86_flags },
    { "alignment check", test_alignment },
    { "real mode", test_real_mode },
};

UNIT_MAIN("isa", cases)
