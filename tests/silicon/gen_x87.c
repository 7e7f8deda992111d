/* gen_x87.c - FRSTOR of a random state, one x87 instruction with prefixes, FNSAVE: the state is then memory, and
 * compared as such.  Of the transcendentals' results silicon promises only nearness: they are not generated.
 * FXSAVE stands in a program of its own, which brings its image back by FXRSTOR, one byte changed. */
#include "tests/silicon/gen.h"

#include <string.h>

#include "tests/silicon/sim.h"

enum { STATE = DATA_AT + 0x100, AFTER = DATA_AT + 0x300, ENV = 28, ST_BYTES = 10, ESC_BYTES = 6 };

static unsigned put_esc(u8 *p, u8 opcode, u8 row, u32 at)
{
    p[0] = opcode;
    p[1] = (u8)(row << 3 | 5);
    memcpy(p + 2, &at, 4);
    return ESC_BYTES;
}

/* Values of all classes: most are normal and near 1, so that they meet. */
static void put_register(struct gen *g, u8 *p)
{
    u64 mant = (u64)gen_value(g) << 32 | gen_value(g);
    u16 se = (u16)(0x3fff - 40 + gen_draw(g, 80));
    mant |= 1ull << 63;
    switch (gen_draw(g, 12)) {
    case 0: mant = 0; se = 0; break;
    case 1: se = 0x7fff; break;                             /* a NaN */
    case 2: se = 0x7fff; mant = 1ull << 63; break;
    case 3: se = 0; mant &= gen_draw(g, 2) ? ~0ull >> 1 : ~0ull; break;
    case 4: mant &= ~0ull >> 1; break;                      /* unsupported */
    case 5: se = (u16)gen_draw(g, 0x8000); break;
    case 6: case 7: mant &= 0xffull << 56; break;           /* few bits: exact results, ties */
    default: break;
    }
    se |= (u16)(gen_draw(g, 2) << 15);
    memcpy(p, &mant, 8);
    memcpy(p + 8, &se, 2);
}

static bool is_comi(unsigned op) { return op >= OP_FCOMI && op <= OP_FUCOMIP; }

/* C1 stays 0 before FCOMI: this host's processor leaves it alone, SDM 2 clears it. */
static void put_state(struct gen *g, struct job *j, unsigned op)
{
    u32 control = 0x40 | gen_draw(g, 16) << 8 | (gen_draw(g, 3) ? 0x3f : gen_draw(g, 64));
    u32 raised = gen_draw(g, 8) ? 0 : gen_draw(g, 128) & (control | 0x40);
    u32 word[ENV / 4] = { control, gen_draw(g, 8) << 11 | (gen_value(g) & 0x4700) | raised };
    if (is_comi(op))
        word[1] &= ~0x200u;
    if (gen_draw(g, 40) == 0)
        word[1] |= gen_draw(g, 64);                         /* pending, perhaps */
    for (unsigned i = 0; i < 8; i++)
        if (gen_draw(g, 4) == 0)
            word[2] |= 3u << 2 * i;
    memcpy(j->poke, word, sizeof word);
    for (unsigned i = 0; i < 8; i++)
        put_register(g, j->poke + ENV + i * ST_BYTES);
    j->poke_at = STATE;
    j->poke_len = ENV + 8 * ST_BYTES;
}

static bool is_compared(const struct gen *g, const struct insn *in)
{
    bool inexact = in->op >= OP_F2XM1 && in->op <= OP_FSINCOS;
    if (inexact || (in->op == OP_FPU && in->modrm < 0xc0)) /* FISTTP exists */
        return false;
    return g->only < 0 || in->op == g->only;
}

/* Most have none.  LOCK makes each instruction undefined; repetition says nothing. */
static unsigned put_prefixes(struct gen *g, u8 *p)
{
    static const u8 some[] = { 0x66, 0x66, 0x66, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0xf2, 0xf3, 0x67, 0xf0 };
    unsigned n = 0;
    while (n < 3 && gen_draw(g, 4) == 0)
        p[n++] = some[gen_draw(g, COUNT(some))];
    return n;
}

/* The operand's offset, in the segment that the prefixes name. */
static void put_memory_operand(struct gen *g, const struct job *j, u8 *p, unsigned prefixes)
{
    unsigned seg = DS, asize = 4;
    static const u8 override[] = { [ES] = 0x26, [CS] = 0x2e, [SS] = 0x36, [DS] = 0x3e, [FS] = 0x64, [GS] = 0x65 };
    for (unsigned i = 0; i < prefixes; i++) {
        for (unsigned s = 0; s < COUNT(override); s++)
            seg = p[i] == override[s] ? s : seg;
        asize = p[i] == 0x67 ? 2 : asize;
    }
    u32 at = gen_draw(g, 16) ? DATA_AT + gen_draw(g, 0x1000) : gen_address(g);
    if (asize == 2)
        at = LOW_AT + gen_draw(g, 0x1000);
    u8 *esc = p + prefixes;
    (void)put_esc(esc, esc[0], esc[1] >> 3 & 7, at - sim_segment(j->seg[seg]).base);
    if (asize == 2)
        esc[1]++; /* [disp16] */
}

static unsigned put_instruction(struct gen *g, const struct job *j, u8 *p, struct insn *in)
{
    for (;;) {
        unsigned n = put_prefixes(g, p);
        p[n] = (u8)(0xd8 + gen_draw(g, 8));
        p[n + 1] = (u8)gen_draw(g, 256);
        if (p[n + 1] < 0xc0)
            put_memory_operand(g, j, p, n);
        if (gen_draw(g, 64) == 0)
            p[0] = 0x9b, n = 0;
        enum decode_status status = decode(p, INSN_MAX, true, in);
        if (status == DECODE_UD && memchr(p, 0xf0, n) && g->only < 0)
            return n + ESC_BYTES;
        if (status == DECODE_OK && (in->op == OP_FWAIT || is_compared(g, in)))
            if (g->only < 0 || in->op == g->only)
                return in->len;
    }
}

/* ---- FXSAVE, FXRSTOR ---- */

enum { IMAGE = DATA_AT + 0x400, IMAGE_POINTERS = 8, IMAGE_ST = 32, IMAGE_XMM = 160, IMAGE_FREE = 464 };

static bool is_fxsave(int op) { return op == OP_FXSAVE || op == OP_FXRSTOR; }

static unsigned put_bytes(u8 *p, const char *bytes, unsigned count, u32 imm)
{
    memcpy(p, bytes, count);
    memcpy(p + count, &imm, 4);
    return count + 4;
}

/* mov $from, %edi; mov $count, %ecx; rep stosl */
static unsigned put_fill(u8 *p, u32 from, u32 to)
{
    unsigned n = put_bytes(p, "\xbf", 1, from);
    n += put_bytes(p + n, "\xb9", 1, (to - from) / 4);
    p[n++] = 0xf3;
    p[n++] = 0xab;
    return n;
}

/* What an image of this host has and the simulator's has not: MXCSR and XMM, and pointers, which AMD processors save
 * and restore beside a pending exception only. */
static unsigned put_forget(u8 *p, u32 image)
{
    static const u8 clear[] = { 0xfc, 0x31, 0xc0 }; /* cld; xor %eax, %eax */
    unsigned n = sizeof clear;
    memcpy(p, clear, n);
    n += put_fill(p + n, image + IMAGE_POINTERS, image + IMAGE_ST);
    n += put_fill(p + n, image + IMAGE_XMM, image + IMAGE_FREE);
    return n + put_bytes(p + n, "\x66\xa3", 2, image + 6); /* mov %ax: FOP */
}

static u32 image_address(struct gen *g)
{
    switch (gen_draw(g, 12)) {
    case 0: return IMAGE + gen_draw(g, 256);
    case 1: return gen_address(g);
    case 2: return gen_address(g) & ~15u;
    default: return IMAGE;
    }
}

/* FXSAVE; forget; change a byte; FNINIT; FXRSTOR */
static unsigned put_fxsave(struct gen *g, struct job *j, u8 *p)
{
    static const u8 override[] = { 0x2e, 0x36, 0x3e, 0x26 };
    u32 image = image_address(g), change = gen_draw(g, 6 + 8 * 16);
    unsigned n = 0;
    j->seg[ES] = j->seg[DS] = SEL_DATA;
    j->eip = CODE_AT + 0x80 + gen_draw(g, 0xd00); /* all of it: what it forgets must not stay */
    if (gen_draw(g, 8) == 0)
        p[n++] = override[gen_draw(g, COUNT(override))];
    n += put_bytes(p + n, "\x0f\xae\x05", 3, image);
    n += put_forget(p + n, image);
    n += put_bytes(p + n, "\xc6\x05", 2, image + (change < 6 ? change : IMAGE_ST + change - 6));
    p[n++] = (u8)gen_value(g);
    p[n++] = 0xdb;
    p[n++] = 0xe3;
    return n + put_bytes(p + n, "\x0f\xae\x0d", 3, image);
}

bool gen_is_x87(int op)
{
    return op >= OP_FPU && op <= OP_FXRSTOR && !(op >= OP_F2XM1 && op <= OP_FSINCOS);
}

void gen_x87(struct gen *g, struct job *j)
{
    struct insn in = { .op = OP_FXSAVE };
    bool fxsave = g->only < 0 ? gen_draw(g, 8) == 0 : is_fxsave(g->only);
    unsigned n = put_esc(j->code, 0xdd, 4, STATE);
    j->items = 1;
    j->item[0] = (u8)n;
    n += fxsave ? put_fxsave(g, j, j->code + n) : put_instruction(g, j, j->code + n, &in);
    put_state(g, j, in.op);
    n += put_esc(j->code + n, 0xdd, 6, AFTER);
    j->code_len = (u8)n;
}
