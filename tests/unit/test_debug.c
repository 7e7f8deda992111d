/* Breakpoints: the matching rule, and the boundaries that the rules leave (17.2, 17.3). */
#include "tests/unit/flat.h"
#include "tests/unit/unit.h"

#include "sim/api/debug.h"

enum { EXECUTE, WRITE, PORT, ACCESS };
#define WATCH(n, rw, len) (1u << 2 * (n) | (u32)((len) << 2 | (rw)) << (16 + 4 * (n)))

static struct arch watching(unsigned n, u32 at, u32 dr7)
{
    struct arch s;
    arch_reset_multiboot(&s, 0x1000, 0);
    s.dr[n] = at;
    s.dr[7] |= dr7;
    return s;
}

static void ranges(void)
{
    static const struct { u8 len; u32 at, la; u8 size; bool hit; } row[] = {
        { 0, 0x100, 0x100, 1, true },  { 0, 0x100, 0x0ff, 1, false }, { 0, 0x100, 0x101, 1, false },
        { 0, 0x100, 0x0fd, 4, true },  { 0, 0x100, 0x0fc, 4, false }, { 1, 0x101, 0x100, 1, true },
        { 1, 0x101, 0x102, 1, false }, { 3, 0x102, 0x103, 1, true },  { 3, 0x102, 0x104, 1, false },
        { 3, 0x100, 0x0fd, 4, true },  { 2, 0x100, 0x107, 1, true },  { 2, 0x100, 0x108, 1, false },
        { 0, 0, 0xfffffffe, 4, true }, { 3, 0xfffffffc, 0xffffffff, 1, true },
        { 3, 0xfffffffc, 0, 4, false },
    };
    for (unsigned i = 0; i < COUNT(row); i++)
        for (unsigned n = 0; n < 4; n++) {
            struct arch s = watching(n, row[i].at, WATCH(n, ACCESS, row[i].len));
            CU_ASSERT(debug_data_hits(&s, row[i].la, row[i].size, false) == (row[i].hit ? BIT(n) : 0));
        }
}

static void kinds(void)
{
    struct arch s = watching(1, 0x80, WATCH(1, WRITE, 0));
    CU_ASSERT(debug_data_hits(&s, 0x80, 1, true) == 2 && !debug_data_hits(&s, 0x80, 1, false));
    CU_ASSERT(!debug_io_hits(&s, 0x80, 1) && debug_armed(&s));
    s = watching(1, 0x80, WATCH(1, PORT, 0));
    CU_ASSERT(!debug_io_hits(&s, 0x80, 1));
    s.cr4 |= CR4_DE;
    CU_ASSERT(debug_io_hits(&s, 0x7f, 2) == 2 && !debug_io_hits(&s, 0x81, 2));
    CU_ASSERT(!debug_data_hits(&s, 0x80, 1, true));
    s = watching(1, 0x80, WATCH(1, ACCESS, 0) << 1); /* G1 */
    s.dr[7] = (s.dr[7] & ~0xffu) | 8;
    CU_ASSERT(debug_armed(&s));
    s.dr[7] &= ~0xffu;
    CU_ASSERT(!debug_armed(&s) && !debug_data_hits(&s, 0x80, 1, true));
}

static void code(void)
{
    struct arch s = watching(2, 0x5000, WATCH(2, EXECUTE, 0));
    s.seg[CS].base = 0x4000;
    CU_ASSERT(debug_code_hits(&s) == 4);
    s.eflags |= FL_RF;
    CU_ASSERT(!debug_code_hits(&s));
    s.eflags &= ~(u32)FL_RF;
    s.shadow = SHADOW_MOV_SS;
    CU_ASSERT(!debug_code_hits(&s));
    s.shadow = SHADOW_STI;
    CU_ASSERT(debug_code_hits(&s) == 4);
    s.eip++;
    CU_ASSERT(!debug_code_hits(&s));
}

static void report(void)
{
    struct arch s;
    arch_reset(&s);
    s.dr[6] = DR6_FIXED | DR6_BS | DR6_BD | 6;
    debug_report(&s, 1);
    CU_ASSERT(s.dr[6] == (DR6_FIXED | DR6_BS | DR6_BD | 1));
}

/* What the boundary after an instruction brings. */
static void boundaries(void)
{
    static struct flat f;
    const struct insn nop = { .op = OP_NOP }, iret = { .op = OP_IRET, .osize = 4 };
    const struct insn iretw = { .op = OP_IRET, .osize = 2 };
    const struct insn rep = { .op = OP_MOVS, .rep = PFX_REP };
    flat_reset(&f);
    f.x.hits = 5;
    CU_ASSERT(isa_retire(&f.x, &nop, FL_1 | FL_TF, f.s.eip) == (DR6_BS | 5) && !f.x.hits);
    f.s.shadow = SHADOW_MOV_SS;
    f.x.hits = 2;
    CU_ASSERT(isa_retire(&f.x, &nop, FL_1 | FL_TF, f.s.eip) == 2); /* the step is lost, the access is not */
    f.s.shadow = 0;
    f.s.eflags |= FL_RF;
    CU_ASSERT(!isa_retire(&f.x, &iret, FL_1 | FL_RF, 0) && (f.s.eflags & FL_RF));
    CU_ASSERT(!isa_retire(&f.x, &nop, FL_1 | FL_RF, 0) && !(f.s.eflags & FL_RF));
    f.s.eflags |= FL_RF; /* a frame of 16 bits has none to give */
    CU_ASSERT(!isa_retire(&f.x, &iretw, FL_1 | FL_RF, 0) && !(f.s.eflags & FL_RF));
    CU_ASSERT(!isa_retire(&f.x, &rep, FL_1, f.s.eip) && (f.s.eflags & FL_RF)); /* goes on */
    CU_ASSERT(!isa_retire(&f.x, &rep, FL_1 | FL_RF, f.s.eip - 2) && !(f.s.eflags & FL_RF));
    f.s.eflags |= FL_RF;
    f.x.switched = true; /* from the new task's TSS */
    CU_ASSERT(!isa_retire(&f.x, &nop, FL_1 | FL_RF, 0) && (f.s.eflags & FL_RF));
}

static const struct unit_case cases[] = {
    { "ranges", ranges }, { "kinds of access", kinds }, { "execution, RF, MOV SS", code },
    { "DR6", report },    { "boundaries", boundaries },
};
UNIT_MAIN("debug registers", cases)
