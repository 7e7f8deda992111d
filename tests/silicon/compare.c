#include "tests/silicon/compare.h"

#include <string.h>

#include "sim/api/fault.h"
#include "tests/silicon/gen.h"

enum when { ALWAYS, UNMASKED_IA, UNMASKED_D /* both of gen_x87.c */, COUNT_NOT_1,
            COUNT_OVER_WIDTH, OSIZE_16, OSIZE_32, FAULTED, FAULTS };

const struct undefined undefined_row[] = {
#define U(op, when, flags, places, host, reference) { OP_##op, when, places, flags, host, reference },
#include "tests/silicon/undefined.def"
#undef U
    { OP_COUNT, 0, 0, 0, "", "" },
};
const unsigned undefined_rows = COUNT(undefined_row) - 1;

bool gen_has_undefined(enum op op)
{
    for (unsigned i = 0; i < undefined_rows; i++)
        if (undefined_row[i].op == op)
            return true;
    return false;
}

/* The masked count of a shift. */
static u32 count_of(const struct job *j, const struct insn *in)
{
    const struct opnd *last = in->opnd[2].kind != OPND_NONE ? &in->opnd[2] : &in->opnd[1];
    return (last->kind == OPND_IMM ? in->imm : j->reg[ECX]) & 31;
}

static bool applies(const struct undefined *u, const struct job *j, const struct insn *in, unsigned faulted)
{
    u32 count = count_of(j, in), width = 8u * in->osize;
    switch ((enum when)u->when) {
    case ALWAYS: return true;
    case UNMASKED_IA: return !(j->poke[0] & 1);
    case UNMASKED_D: return !(j->poke[0] & 2);
    case COUNT_NOT_1: return count > 1;
    case COUNT_OVER_WIDTH: return count > width;
    case OSIZE_16: return in->osize == 2;
    case OSIZE_32: return in->osize == 4;
    case FAULTED: return faulted != 0;
    case FAULTS: return faulted == 2;
    }
    return false;
}

/* Linux forgets the RPL of null selectors when it switches processes. */
static bool same_selector(u16 a, u16 b) { return a == b || (a < 4 && b < 4); }

static u32 differences(const struct result *a, const struct result *b, u32 flags)
{
    u32 d = 0;
    if (a->vector != b->vector || (a->vector == VEC_PF && a->cr2 != b->cr2) ||
        (vector_has_error(a->vector) && a->error != b->error))
        d |= DIFF_FAULT;
    if (a->eip != b->eip)
        d |= DIFF_EIP;
    if ((a->eflags ^ b->eflags) & flags)
        d |= DIFF_FLAGS;
    if (memcmp(a->memory, b->memory, sizeof a->memory))
        d |= DIFF_MEMORY;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        if (!same_selector(a->seg[i], b->seg[i]))
            d |= DIFF_SEGMENTS;
    for (unsigned r = 0; r < 8; r++)
        if (a->reg[r] != b->reg[r])
            d |= DIFF_REG << r;
    return d;
}

/* Did the first operand alone differ, as far as its size goes, and among these bits? */
static u32 destination(const struct insn *in, const struct result *a, const struct result *b, u32 bits)
{
    if (in->opnd[0].kind == OPND_MEM)
        return DIFF_MEMORY;
    unsigned reg = in->opnd[0].reg & 7;
    return (a->reg[reg] ^ b->reg[reg]) & ~bits ? 0 : (u32)DIFF_REG << reg;
}

/* 1: both faulted in the same way; 2: in two ways */
static unsigned how_faulted(const struct job *j, const struct result *host, const struct result *sim)
{
    u32 eip = j->eip + j->item[0];
    if (host->eip != eip || sim->eip != eip)
        return 0;
    return differences(host, sim, 0) & DIFF_FAULT ? 2 : 1;
}

/* What a row leaves open. */
static u32 ignored_by(const struct undefined *u, const struct insn *in, const struct result *a,
                      const struct result *b)
{
    u32 d = 0;
    if (u->places & IGNORE_DEST)
        d |= destination(in, a, b, in->osize == 4 ? ~0u : 0xffff);
    if (u->places & IGNORE_LIMIT)
        d |= destination(in, a, b, 0xf0000);
    if (u->places & IGNORE_MEMORY)
        d |= DIFF_MEMORY;
    if (u->places & IGNORE_FAULT)
        d |= DIFF_FAULT;
    if (u->places & IGNORE_REGISTERS)
        d |= (u32)DIFF_REG * (0xff & ~BIT(ESP));
    return d;
}

u32 compare(const struct job *j, const struct result *host, const struct result *sim, struct need *need)
{
    struct insn in;
    u32 d = differences(host, sim, ~0u), flags = 0, places = 0;
    if (!d || j->items != 1 || decode(j->code + j->item[0], INSN_MAX, true, &in) != DECODE_OK)
        return d;
    u32 differing = host->eflags ^ sim->eflags;
    unsigned faulted = how_faulted(j, host, sim);
    for (unsigned i = 0; i < undefined_rows; i++) {
        const struct undefined *u = &undefined_row[i];
        if (u->op != in.op || !applies(u, j, &in, faulted))
            continue;
        u32 ignored = ignored_by(u, &in, host, sim);
        flags |= u->flags;
        places |= ignored;
        if (need && ((differing & u->flags) || (d & ignored))) {
            need[i].times++;
            need[i].flags |= differing & u->flags;
        }
    }
    if (!(differing & ~flags))
        d &= ~(u32)DIFF_FLAGS;
    return d & ~places;
}
