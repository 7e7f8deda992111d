/* gen_insn.c - one random instruction: bytes first, then registers and memory that suit it mostly. */
#include "tests/silicon/gen.h"

#include <string.h>

#include "tests/silicon/sim.h"

/* ---- bytes ---- */

static bool is_string_opcode(u8 byte) { return (byte >= 0xa4 && byte <= 0xa7) || (byte >= 0xaa && byte <= 0xaf); }

static bool is_prefix(u8 b)
{
    return b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e || (b >= 0x64 && b <= 0x67) || b == 0xf0 ||
           b == 0xf2 || b == 0xf3;
}

static unsigned put_prefixes(struct gen *g, u8 *p, u8 map, u8 opcode)
{
    static const u8 all[] = { 0x66, 0x67, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf0, 0xf2, 0xf3 };
    unsigned n = 0, more = 0;
    if (gen_draw(g, 4) == 0)
        p[n++] = 0x66;
    if (gen_draw(g, g->low ? 8 : 24) == 0)
        p[n++] = 0x67;
    if (gen_draw(g, 6) == 0)
        p[n++] = all[2 + gen_draw(g, 6)];
    if (gen_draw(g, 12) == 0)
        p[n++] = 0xf0;
    if (gen_draw(g, map == 0 && is_string_opcode(opcode) ? 2 : 16) == 0)
        p[n++] = 0xf2 + (u8)gen_draw(g, 2);
    if (gen_draw(g, 32) == 0)
        more = gen_draw(g, 13 - n); /* up to the limit of 15 bytes, and over it */
    while (more--)
        p[n++] = all[gen_draw(g, gen_draw(g, 3) ? 2 : COUNT(all))];
    return n;
}

/* An instruction of the maps, decoded; how many bytes it has. */
static enum decode_status put_bytes(struct gen *g, u8 *p, struct insn *in, bool alone)
{
    u8 map = gen_draw(g, 5) < 2, opcode = (u8)gen_draw(g, 256);
    while (map == 0 && (opcode == 0x0f || is_prefix(opcode)))
        opcode = (u8)gen_draw(g, 256);
    unsigned n = put_prefixes(g, p, map, opcode);
    if (map)
        p[n++] = 0x0f;
    p[n++] = opcode;
    unsigned modrm = n;
    while (n < INSN_MAX)
        p[n++] = (u8)gen_draw(g, 256);
    if (modrm < INSN_MAX && p[modrm] < 0xc0 && !alone && gen_draw(g, 4))
        p[modrm] = (p[modrm] & 0x38) | 5; /* an address that does not depend on what ran before */
    return decode(p, INSN_MAX, true, in);
}

static bool wanted(struct gen *g, const u8 *p, const struct insn *in, enum decode_status status, bool alone)
{
    if (gen_excluded(p, INSN_MAX))
        return false;
    if (g->only >= 0)
        return status == DECODE_OK && in->op == g->only;
    if (status != DECODE_OK)
        return alone && gen_draw(g, status == DECODE_UD ? 12 : 2) == 0;
    if (alone)
        return true;
    bool plain = op_info[in->op].ends == ENDS_NOT || (in->op == OP_JCC && in->map == 0 && in->len == 2);
    return plain && op_info[in->op].who == WHO_ANYONE && !gen_has_undefined((enum op)in->op);
}

/* ---- addresses ---- */

static const struct opnd *memory_operand(const struct insn *in)
{
    for (unsigned i = 0; i < 3; i++)
        if (in->opnd[i].kind == OPND_MEM)
            return &in->opnd[i];
    return NULL;
}

static void set_disp(const struct insn *in, u8 *p, u32 disp)
{
    unsigned at = in->prefix_len + in->map + 1u;
    if (in->has_modrm)
        at += in->asize == 4 && (in->modrm & 7) == ESP ? 2 : 1;
    memcpy(p + at, &disp, in->asize);
}

static void set_register(struct job *j, unsigned reg, unsigned size, u32 value)
{
    if (size == 4)
        j->reg[reg] = value;
    else
        j->reg[reg] = (j->reg[reg] & 0xffff0000u) | (value & 0xffff);
}

/* Make the memory operand's offset be `offset`. */
static void aim(struct job *j, const struct insn *in, u8 *p, u32 offset)
{
    u32 index = in->index == REG_NONE ? 0 : j->reg[in->index] << in->scale;
    if (in->base == REG_NONE)
        set_disp(in, p, offset - index);
    else if (in->base == in->index)
        set_register(j, in->base, in->asize, (offset - in->disp) / (1 + (1u << in->scale)));
    else
        set_register(j, in->base, in->asize, offset - index - in->disp);
}

static u32 low_address(struct gen *g)
{
    return g->low && gen_draw(g, 12) ? LOW_AT + gen_draw(g, 4096) : LOW_AT + 4096 - gen_draw(g, 8);
}

/* Where the operand lies, linear. */
static u32 place_operand(struct gen *g, struct job *j, const struct insn *in, u8 *p)
{
    struct seg seg = sim_segment(j->seg[in->seg]);
    u32 la = in->asize == 2 ? seg.base + low_address(g) : gen_address(g);
    bool by_esp = in->base == ESP && in->asize == 4;
    if (by_esp)
        la = STACK_AT + gen_draw(g, 4096);
    if (in->asize == 2 && seg.base)
        la = seg.base + gen_draw(g, 0x2000);
    aim(j, in, p, la - seg.base);
    return seg.base + (in->asize == 2 ? (la - seg.base) & 0xffff : la - seg.base);
}

/* ---- what operations like to find ---- */

static void poke(struct job *j, u32 at, const void *bytes, unsigned n)
{
    j->poke_at = at;
    j->poke_len = (u8)n;
    memcpy(j->poke, bytes, n);
}

static void selector_operand(struct gen *g, struct job *j, const struct insn *in, u32 la)
{
    for (unsigned i = 0; i < 2; i++) {
        u16 sel = gen_selector(g);
        if (in->opnd[i].kind == OPND_MEM)
            poke(j, la, &sel, 2);
        else if (in->opnd[i].kind == OPND_REG)
            set_register(j, in->opnd[i].reg, 2, sel);
    }
}

static void far_operand(struct gen *g, struct job *j, const struct insn *in, u8 *p, u32 la, u32 eip)
{
    u32 target = gen_target(g, eip);
    u16 sel = gen_draw(g, 3) ? gen_selector(g) : SEL_CODE;
    u8 pointer[6];
    memcpy(pointer, &target, in->osize);
    memcpy(pointer + in->osize, &sel, 2);
    if (memory_operand(in))
        poke(j, la, pointer, in->osize + 2u);
    else
        memcpy(p + in->len - in->osize - 2, pointer, in->osize + 2u);
}

/* Into INT3, to what follows, or to itself; not into the middle of the program. */
static void short_target(struct gen *g, const struct insn *in, u8 *p)
{
    s32 rel = (s8)p[in->len - 1];
    if (gen_draw(g, 8) == 0)
        rel = gen_draw(g, 2) ? 0 : -in->len;
    else if (rel >= -in->len && rel < 5)
        rel += 32;
    p[in->len - 1] = (u8)rel;
}

static void near_operand(struct gen *g, struct job *j, const struct insn *in, u8 *p, u32 la, u32 eip)
{
    u32 target = gen_target(g, eip);
    if (in->opnd[0].kind == OPND_MEM)
        poke(j, la, &target, 4);
    else if (in->opnd[0].kind == OPND_REG)
        j->reg[in->opnd[0].reg] = target;
    else if (in->opnd[0].size == 1)
        short_target(g, in, p);
    else {
        target -= eip + in->len;
        memcpy(p + in->len - in->opnd[0].size, &target, in->opnd[0].size);
    }
}

/* EIP, CS and EFLAGS on the stack for RET, RETF and IRET; flags or selectors for POPF and POP. */
static void stack_operand(struct gen *g, struct job *j, const struct insn *in, u32 eip)
{
    u32 item[6] = { gen_target(g, eip), SEL_CODE, 0, gen_value(g), SEL_DATA };
    item[2] = (gen_value(g) & ~(u32)(FL_NT | FL_AC)) | (gen_draw(g, 8) ? 0 : FL_TF);
    item[2] &= gen_draw(g, 8) ? ~(u32)FL_TF : ~0u;
    if (gen_draw(g, 3) == 0)
        item[1] = gen_selector(g) | (gen_value(g) & 0xffff0000u);
    if (in->op == OP_POPF)
        item[0] = item[2] | (gen_draw(g, 8) ? 0 : gen_value(g) & (FL_NT | FL_AC));
    if (in->op == OP_POP_SREG)
        item[0] = gen_selector(g) | (gen_value(g) & 0xffff0000u);
    u8 image[24];
    for (unsigned i = 0; i < 6; i++)
        memcpy(image + i * in->osize, &item[i], in->osize);
    poke(j, j->reg[ESP], image, 6u * in->osize);
}

static void bound_operand(struct gen *g, struct job *j, const struct insn *in, u32 la)
{
    u32 index = j->reg[in->opnd[0].reg], pair[2] = { index - gen_draw(g, 3), index + gen_draw(g, 3) };
    u8 bytes[8];
    if (gen_draw(g, 3) == 0)
        pair[gen_draw(g, 2)] = gen_value(g);
    for (unsigned i = 0; i < 2; i++)
        memcpy(bytes + i * in->osize, &pair[i], in->osize);
    poke(j, la, bytes, 2u * in->osize);
}

static void exchange_operand(struct gen *g, struct job *j, const struct insn *in, u32 la)
{
    u32 pair[2] = { j->reg[EAX], j->reg[EDX] };
    if (gen_draw(g, 2))
        return;
    if (in->opnd[0].kind == OPND_REG && in->osize > 1)
        j->reg[in->opnd[0].reg] = j->reg[EAX];
    else
        poke(j, la, pair, in->op == OP_CMPXCHG8B ? 8 : in->osize);
}

static void string_operand(struct gen *g, struct job *j, const struct insn *in)
{
    u32 si = in->asize == 2 ? low_address(g) : gen_address(g) - sim_segment(j->seg[in->seg]).base;
    u32 di = in->asize == 2 ? low_address(g) : gen_address(g) - sim_segment(j->seg[ES]).base;
    if (gen_draw(g, 4) == 0)
        di = si + gen_draw(g, 17) - 8;
    set_register(j, ESI, in->asize, si);
    set_register(j, EDI, in->asize, di);
    if (gen_draw(g, 2) && in->osize > 1)
        set_register(j, EAX, in->osize, gen_memory(g, di) | (u32)gen_memory(g, di + 1) << 8 |
                     (u32)gen_memory(g, di + 2) << 16 | (u32)gen_memory(g, di + 3) << 24);
    if (in->rep)
        set_register(j, ECX, in->asize, gen_draw(g, gen_draw(g, 16) ? 24 : 2500));
}

static void divide_operand(struct gen *g, struct job *j, const struct insn *in)
{
    if (gen_draw(g, 4) == 0)
        return;
    u32 sign = gen_draw(g, 2) && in->op == OP_IDIV ? ~0u : 0;
    if (in->osize == 1)
        set_register(j, EAX, 2, sign << 8 | gen_draw(g, 256));
    else
        set_register(j, EDX, in->osize, sign);
}

static void enter_operand(struct gen *g, const struct insn *in, u8 *p)
{
    if (gen_draw(g, 8))
        p[in->len - 2] &= 1;
    if (gen_draw(g, 2))
        p[in->len - 1] &= 3;
}

static void please(struct gen *g, struct job *j, const struct insn *in, u8 *p, u32 la, u32 eip)
{
    switch ((enum op)in->op) {
    case OP_MOV_TO_SREG: case OP_LAR: case OP_LSL: case OP_VERR: case OP_VERW: case OP_ARPL:
        selector_operand(g, j, in, la); break;
    case OP_LOAD_FAR: case OP_CALL_FAR: case OP_JMP_FAR: far_operand(g, j, in, p, la, eip); break;
    case OP_JMP: case OP_CALL: case OP_JCC: near_operand(g, j, in, p, la, eip); break;
    case OP_IRET: j->eflags &= ~(u32)FL_NT; stack_operand(g, j, in, eip); break;
    case OP_RET: case OP_RET_FAR: case OP_POPF: case OP_POP_SREG: stack_operand(g, j, in, eip); break;
    case OP_BOUND: bound_operand(g, j, in, la); break;
    case OP_CMPXCHG: case OP_CMPXCHG8B: exchange_operand(g, j, in, la); break;
    case OP_MOVS: case OP_CMPS: case OP_STOS: case OP_LODS: case OP_SCAS: string_operand(g, j, in); break;
    case OP_DIV: case OP_IDIV: divide_operand(g, j, in); break;
    case OP_ENTER: enter_operand(g, in, p); break;
    case OP_XLAT:
        set_register(j, EBX, in->asize, in->asize == 2 ? low_address(g) : gen_address(g)); break;
    case OP_BT: case OP_BTS: case OP_BTR: case OP_BTC:
        if (in->opnd[1].kind == OPND_REG && gen_draw(g, 4))
            set_register(j, in->opnd[1].reg, in->osize, gen_draw(g, 0x4000) - 0x2000);
        break;
    case OP_LOOP: case OP_LOOPE: case OP_LOOPNE: case OP_JCXZ:
        if (gen_draw(g, 2))
            set_register(j, ECX, in->asize, gen_draw(g, 5));
        short_target(g, in, p);
        break;
    default: break;
    }
}

unsigned gen_insn(struct gen *g, struct job *j, u8 *p, u32 eip, bool alone)
{
    struct insn in;
    enum decode_status status;
    u32 la = 0;
    do
        status = put_bytes(g, p, &in, alone);
    while (!wanted(g, p, &in, status, alone));
    if (status != DECODE_OK)
        return INSN_MAX;
    bool bits = in.op >= OP_BT && in.op <= OP_BTC;
    if (bits)
        please(g, j, &in, p, 0, eip); /* first the bit, then its address */
    if (memory_operand(&in) || (in.has_modrm && in.modrm < 0xc0))
        la = place_operand(g, j, &in, p);
    if (!bits)
        please(g, j, &in, p, la, eip);
    return in.len;
}
