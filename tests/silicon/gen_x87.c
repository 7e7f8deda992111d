/* gen_x87.c - FRSTOR of a random state, one x87 instruction, FNSAVE: the state is then memory, and compared
 * as such.  Of the transcendentals' results silicon promises only nearness: they are not generated. */
#include "tests/silicon/gen.h"

#include <string.h>

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
    bool inexact = in->op >= OP_F2XM1 && in->op <= OP_FSINCOS, plain = in->prefix == 0 || in->prefix == PFX_OSIZE;
    if (inexact || !plain || (in->op == OP_FPU && in->modrm < 0xc0)) /* FISTTP exists */
        return false;
    return g->only < 0 || in->op == g->only;
}

static unsigned put_instruction(struct gen *g, u8 *p, struct insn *in)
{
    for (;;) {
        unsigned n = 0;
        if (gen_draw(g, 12) == 0)
            p[n++] = 0x66;
        p[n] = (u8)(0xd8 + gen_draw(g, 8));
        p[n + 1] = (u8)gen_draw(g, 256);
        if (p[n + 1] < 0xc0)
            (void)put_esc(p + n, p[n], p[n + 1] >> 3 & 7, gen_draw(g, 16) ? DATA_AT + gen_draw(g, 0x1000)
                                                                           : gen_address(g));
        if (gen_draw(g, 64) == 0)
            p[0] = 0x9b, n = 0;
        if (decode(p, INSN_MAX, true, in) == DECODE_OK && (in->op == OP_FWAIT || is_compared(g, in)))
            if (g->only < 0 || in->op == g->only)
                return in->len;
    }
}

bool gen_is_x87(int op) { return op >= OP_FPU && op < OP_FXSAVE && !(op >= OP_F2XM1 && op <= OP_FSINCOS); }

void gen_x87(struct gen *g, struct job *j)
{
    struct insn in;
    unsigned n = put_esc(j->code, 0xdd, 4, STATE);
    j->items = 1;
    j->item[0] = (u8)n;
    n += put_instruction(g, j->code + n, &in);
    put_state(g, j, in.op);
    n += put_esc(j->code + n, 0xdd, 6, AFTER);
    j->code_len = (u8)n;
}
