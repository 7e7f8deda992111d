#include "sim/api/insn.h"

#include <string.h>

/* Operand notations of decode_map.def. */
enum notation {
    T___, /* none */
    T_Eb, T_Ew, T_Ed, T_Ev, T_En, T_EvMw, T_Mn, T_Mw, T_Md, T_Mp, T_Ma, T_Mq, T_Mt, T_Rd,
    T_Gb, T_Gw, T_Gd, T_Gv, T_Sw, T_Cd, T_Dd,
    T_ST, T_STi, T_Zb, T_Zv, T_AL, T_AX, T_rAX, T_CL, T_DX, T_sES, T_sCS, T_sSS, T_sDS, T_sFS, T_sGS,
    T_Ib, T_Iw, T_Iv, T_sIb, T_I1, T_IwIb, T_Jb, T_Jv, T_Ob, T_Ov, T_Ap,
    T_COUNT
};

/* Where an operand is found. */
enum place {
    AT_NOWHERE, AT_RM, AT_RM_MEM, AT_RM_REG, AT_RM_ST, AT_REG, AT_REG_SREG, AT_REG_CR, AT_REG_DR,
    AT_OPCODE, AT_FIXED, AT_FIXED_SREG, AT_FIXED_ST, AT_IMM, AT_IMM_SIGNED, AT_ONE, AT_ENTER, AT_REL,
    AT_MOFFS, AT_FAR,
};

/* Sizes that depend on the operand size; 0, 1, 2, 4 and 8 stand for themselves. */
enum { SIZE_V = 16, SIZE_POINTER, SIZE_PAIR, SIZE_V_REG_W_MEM };

struct spec { u8 place, size, fixed; };

static const struct spec specs[T_COUNT] = {
    [T_Eb] = { AT_RM, 1, 0 },        [T_Ew] = { AT_RM, 2, 0 },
    [T_Ed] = { AT_RM, 4, 0 },        [T_Ev] = { AT_RM, SIZE_V, 0 },
    [T_En] = { AT_RM, 0, 0 },        [T_EvMw] = { AT_RM, SIZE_V_REG_W_MEM, 0 },
    [T_Mw] = { AT_RM_MEM, 2, 0 },    [T_Md] = { AT_RM_MEM, 4, 0 },
    [T_Mt] = { AT_RM_MEM, 10, 0 },
    [T_Mn] = { AT_RM_MEM, 0, 0 },    [T_Mp] = { AT_RM_MEM, SIZE_POINTER, 0 },
    [T_Ma] = { AT_RM_MEM, SIZE_PAIR, 0 }, [T_Mq] = { AT_RM_MEM, 8, 0 },
    [T_Rd] = { AT_RM_REG, 4, 0 },
    [T_ST] = { AT_FIXED_ST, 10, 0 }, [T_STi] = { AT_RM_ST, 10, 0 },
    [T_Gb] = { AT_REG, 1, 0 },       [T_Gw] = { AT_REG, 2, 0 },
    [T_Gd] = { AT_REG, 4, 0 },       [T_Gv] = { AT_REG, SIZE_V, 0 },
    [T_Sw] = { AT_REG_SREG, 2, 0 },  [T_Cd] = { AT_REG_CR, 4, 0 },
    [T_Dd] = { AT_REG_DR, 4, 0 },
    [T_Zb] = { AT_OPCODE, 1, 0 },    [T_Zv] = { AT_OPCODE, SIZE_V, 0 },
    [T_AL] = { AT_FIXED, 1, EAX },   [T_rAX] = { AT_FIXED, SIZE_V, EAX },
    [T_AX] = { AT_FIXED, 2, EAX },
    [T_CL] = { AT_FIXED, 1, ECX },   [T_DX] = { AT_FIXED, 2, EDX },
    [T_sES] = { AT_FIXED_SREG, 2, ES }, [T_sCS] = { AT_FIXED_SREG, 2, CS },
    [T_sSS] = { AT_FIXED_SREG, 2, SS }, [T_sDS] = { AT_FIXED_SREG, 2, DS },
    [T_sFS] = { AT_FIXED_SREG, 2, FS }, [T_sGS] = { AT_FIXED_SREG, 2, GS },
    [T_Ib] = { AT_IMM, 1, 0 },       [T_Iw] = { AT_IMM, 2, 0 },
    [T_Iv] = { AT_IMM, SIZE_V, 0 },  [T_sIb] = { AT_IMM_SIGNED, SIZE_V, 0 },
    [T_I1] = { AT_ONE, 1, 0 },       [T_IwIb] = { AT_ENTER, 2, 0 },
    [T_Jb] = { AT_REL, 1, 0 },       [T_Jv] = { AT_REL, SIZE_V, 0 },
    [T_Ob] = { AT_MOFFS, 1, 0 },     [T_Ov] = { AT_MOFFS, SIZE_V, 0 },
    [T_Ap] = { AT_FAR, SIZE_POINTER, 0 },
};

enum { LOCK = 1, BYTE = 2, STRING = 4, PLAIN = 8 };
enum form_kind { FORM_UNDEFINED, FORM_OP, FORM_GROUP };
enum group { GRP_1, GRP_1A, GRP_2, GRP_3B, GRP_3V, GRP_4, GRP_5, GRP_6, GRP_7, GRP_7VM, GRP_8,
             GRP_9, GRP_9_66, GRP_9_F3, GRP_11, GRP_15, GRP_COUNT };

struct form { u8 kind, what /* enum op or enum group */, opnd[3], flags; };
_Static_assert(OP_COUNT <= 256, "struct form keeps an operation in a byte");

#define ROW(kind, what, a, b, c, flags) { kind, what, { T_##a, T_##b, T_##c }, flags },

static const struct form one_byte_map[256] = {
#define ONE(opcode, op, a, b, c, flags) [opcode] = ROW(FORM_OP, OP_##op, a, b, c, flags)
#define ONE_GROUP(opcode, group, a, b, c, flags) \
    [opcode] = ROW(FORM_GROUP, GRP_##group, a, b, c, flags)
#define TWO(opcode, op, a, b, c, flags)
#define TWO_GROUP(opcode, group, a, b, c, flags)
#define GROUP(group, row, op, a, b, c, flags)
#include "sim/api/decode_map.def"
#undef ONE
#undef ONE_GROUP
#undef TWO
#undef TWO_GROUP
#undef GROUP
};

static const struct form two_byte_map[256] = {
#define ONE(opcode, op, a, b, c, flags)
#define ONE_GROUP(opcode, group, a, b, c, flags)
#define TWO(opcode, op, a, b, c, flags) [opcode] = ROW(FORM_OP, OP_##op, a, b, c, flags)
#define TWO_GROUP(opcode, group, a, b, c, flags) \
    [opcode] = ROW(FORM_GROUP, GRP_##group, a, b, c, flags)
#define GROUP(group, row, op, a, b, c, flags)
#include "sim/api/decode_map.def"
#undef ONE
#undef ONE_GROUP
#undef TWO
#undef TWO_GROUP
#undef GROUP
};

static const struct form group_map[GRP_COUNT][8] = {
#define ONE(opcode, op, a, b, c, flags)
#define ONE_GROUP(opcode, group, a, b, c, flags)
#define TWO(opcode, op, a, b, c, flags)
#define TWO_GROUP(opcode, group, a, b, c, flags)
#define GROUP(group, row, op, a, b, c, flags) \
    [GRP_##group][row] = ROW(FORM_OP, OP_##op, a, b, c, flags)
#include "sim/api/decode_map.def"
#undef ONE
#undef ONE_GROUP
#undef TWO
#undef TWO_GROUP
#undef GROUP
};

/* ESC: by the low three bits of the opcode; in memory by ModRM bits 5:3, else by ModRM bits 5:0. */
static const struct form esc_memory[8][8] = {
#define ESC_MEMORY(opcode, row, op, a) [(opcode) & 7][row] = ROW(FORM_OP, OP_##op, a, __, __, 0)
#define ESC_REGISTER(opcode, modrm, op, a, b)
#include "sim/api/decode_esc.def"
#undef ESC_MEMORY
#undef ESC_REGISTER
};

static const struct form esc_register[8][256] = {
#define ESC_MEMORY(opcode, row, op, a)
#define ESC_REGISTER(opcode, modrm, op, a, b) [(opcode) & 7][modrm] = ROW(FORM_OP, OP_##op, a, b, __, 0)
#include "sim/api/decode_esc.def"
#undef ESC_MEMORY
#undef ESC_REGISTER
};

static const struct form esc_blank = { FORM_OP, OP_FPU, { T_En, T___, T___ }, 0 };

#undef ROW

/* The reader.  The first reason to stop sticks, and reads then give zeros: the rest runs to its
 * end without further tests, and the reason is what decode() returns. */
struct reader {
    const u8 *bytes;
    unsigned avail, pos;
    enum decode_status status;
    u8 repeat; /* the last of F2, F3 wins: PFX_REPNE, PFX_REP or 0 */
};

static u8 fetch8(struct reader *r)
{
    if (r->status != DECODE_OK)
        return 0;
    if (r->pos >= INSN_MAX)
        r->status = DECODE_TOO_LONG;
    else if (r->pos >= r->avail)
        r->status = DECODE_SHORT;
    else
        return r->bytes[r->pos++];
    return 0;
}

static u32 fetch(struct reader *r, unsigned size)
{
    u32 value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (u32)fetch8(r) << 8 * i;
    return value;
}

static u32 fetch_signed(struct reader *r, unsigned size)
{
    u32 value = fetch(r, size);
    return size == 1 ? (u32)(s8)value : size == 2 ? (u32)(s16)value : value;
}

static void undefined(struct reader *r)
{
    if (r->status == DECODE_OK)
        r->status = DECODE_UD;
}

/* One prefix byte: true if it was one. */
static bool take_prefix(struct reader *r, struct insn *in, u8 byte)
{
    switch (byte) {
    case 0x26: in->seg = ES; in->prefix |= PFX_SEG; return true;
    case 0x2e: in->seg = CS; in->prefix |= PFX_SEG; return true;
    case 0x36: in->seg = SS; in->prefix |= PFX_SEG; return true;
    case 0x3e: in->seg = DS; in->prefix |= PFX_SEG; return true;
    case 0x64: in->seg = FS; in->prefix |= PFX_SEG; return true;
    case 0x65: in->seg = GS; in->prefix |= PFX_SEG; return true;
    case 0x66: in->prefix |= PFX_OSIZE; return true;
    case 0x67: in->prefix |= PFX_ASIZE; return true;
    case 0xf0: in->prefix |= PFX_LOCK; return true;
    case 0xf2: in->prefix |= PFX_REPNE; r->repeat = PFX_REPNE; return true;
    case 0xf3: in->prefix |= PFX_REP; r->repeat = PFX_REP; return true;
    default: return false;
    }
}

static void take_opcode(struct reader *r, struct insn *in, bool code32)
{
    u8 byte = fetch8(r);
    while (take_prefix(r, in, byte)) {
        in->prefix_len++;
        byte = fetch8(r);
    }
    if (byte == 0x0f) {
        in->map = 1;
        byte = fetch8(r);
    }
    in->opcode = byte;
    in->osize = code32 == !(in->prefix & PFX_OSIZE) ? 4 : 2;
    in->asize = code32 == !(in->prefix & PFX_ASIZE) ? 4 : 2;
}

/* 16-bit addressing forms, SDM 2A table 2-1 */
static void take_address16(struct reader *r, struct insn *in)
{
    static const u8 base[8] = { EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX };
    static const u8 index[8] = { ESI, EDI, ESI, EDI, REG_NONE, REG_NONE, REG_NONE, REG_NONE };
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    if (mod == 0 && rm == 6) {
        in->disp = fetch(r, 2);
        return;
    }
    in->base = base[rm];
    in->index = index[rm];
    if (mod != 0)
        in->disp = fetch_signed(r, mod == 1 ? 1 : 2);
}

/* 32-bit addressing forms, SDM 2A tables 2-2 and 2-3 */
static void take_address32(struct reader *r, struct insn *in)
{
    unsigned mod = in->modrm >> 6, base = in->modrm & 7;
    if (base == ESP) {
        u8 sib = fetch8(r);
        base = sib & 7;
        if ((sib >> 3 & 7) != ESP) {
            in->index = sib >> 3 & 7;
            in->scale = sib >> 6;
        }
    }
    if (mod == 0 && base == EBP) {
        in->disp = fetch(r, 4);
        return;
    }
    in->base = (u8)base;
    if (mod != 0)
        in->disp = fetch_signed(r, mod == 1 ? 1 : 4);
}

static void take_address(struct reader *r, struct insn *in)
{
    if (in->asize == 2)
        take_address16(r, in);
    else
        take_address32(r, in);
    if (!(in->prefix & PFX_SEG) && (in->base == EBP || in->base == ESP))
        in->seg = SS;
}

static bool at_modrm(u8 notation)
{
    unsigned place = specs[notation].place;
    return place >= AT_RM && place <= AT_REG_DR;
}

/* ModRM belongs to the opcode even where its mod bits are ignored (MOV CR, DR). */
static void take_modrm(struct reader *r, struct insn *in)
{
    in->modrm = fetch8(r);
    in->has_modrm = 1;
}

/* The group an opcode names, refined by mod and prefixes: a row of group_map. */
static const struct form *group_row(const struct reader *r, const struct insn *in,
                                    enum group group)
{
    unsigned row = in->modrm >> 3 & 7;
    if (group == GRP_7 && in->modrm >= 0xc0 && row == 0)
        return &group_map[GRP_7VM][in->modrm & 7];
    if (group == GRP_9 && r->repeat == PFX_REP)
        group = GRP_9_F3;
    else if (group == GRP_9 && (in->prefix & PFX_OSIZE))
        group = GRP_9_66;
    return &group_map[group][row];
}

static struct form esc_form(struct reader *r, struct insn *in)
{
    take_modrm(r, in);
    const struct form *form = in->modrm < 0xc0 ? &esc_memory[in->opcode & 7][in->modrm >> 3 & 7]
                                               : &esc_register[in->opcode & 7][in->modrm];
    return form->kind == FORM_UNDEFINED ? esc_blank : *form;
}

static struct form find_form(struct reader *r, struct insn *in)
{
    if (!in->map && (in->opcode & 0xf8) == 0xd8)
        return esc_form(r, in);
    struct form form = in->map ? two_byte_map[in->opcode] : one_byte_map[in->opcode];
    if (form.kind == FORM_GROUP) {
        take_modrm(r, in);
        struct form row = *group_row(r, in, (enum group)form.what);
        row.flags |= form.flags;
        if (row.opnd[0] == T___)
            memcpy(row.opnd, form.opnd, sizeof(row.opnd));
        form = row;
    } else if (at_modrm(form.opnd[0]) || at_modrm(form.opnd[1])) {
        take_modrm(r, in);
    }
    return form;
}

static u8 operand_size(const struct insn *in, u8 size)
{
    switch (size) {
    case SIZE_V: return in->osize;
    case SIZE_POINTER: return in->osize + 2;
    case SIZE_PAIR: return in->osize * 2;
    case SIZE_V_REG_W_MEM: return in->modrm >= 0xc0 ? in->osize : 2;
    default: return size;
    }
}

static struct opnd modrm_operand(struct reader *r, const struct insn *in, u8 place, u8 size)
{
    u8 reg = in->modrm >> 3 & 7;
    switch (place) {
    case AT_RM:
        if (size == 0 && in->modrm >= 0xc0)
            return (struct opnd){ .kind = OPND_NONE };
        if (in->modrm >= 0xc0)
            return (struct opnd){ .kind = OPND_REG, .reg = in->modrm & 7, .size = size };
        return (struct opnd){ .kind = OPND_MEM, .size = size };
    case AT_RM_MEM:
        if (in->modrm >= 0xc0)
            undefined(r);
        return (struct opnd){ .kind = OPND_MEM, .size = size };
    case AT_RM_REG:
        return (struct opnd){ .kind = OPND_REG, .reg = in->modrm & 7, .size = size };
    case AT_RM_ST:
        return (struct opnd){ .kind = OPND_ST, .reg = in->modrm & 7, .size = size };
    case AT_REG_SREG:
        if (reg >= SREG_COUNT || (reg == CS && in->op == OP_MOV_TO_SREG))
            undefined(r);
        return (struct opnd){ .kind = OPND_SREG, .reg = reg, .size = size };
    case AT_REG_CR:
        if (reg == 1 || reg > 4)
            undefined(r);
        return (struct opnd){ .kind = OPND_CR, .reg = reg, .size = size };
    case AT_REG_DR:
        return (struct opnd){ .kind = OPND_DR, .reg = reg, .size = size };
    default:
        return (struct opnd){ .kind = OPND_REG, .reg = reg, .size = size };
    }
}

/* Operands that follow ModRM in the bytes, or are in none of them. */
static struct opnd other_operand(struct reader *r, struct insn *in, struct spec spec, u8 size)
{
    switch (spec.place) {
    case AT_OPCODE:
        return (struct opnd){ .kind = OPND_REG, .reg = in->opcode & 7, .size = size };
    case AT_FIXED:
        return (struct opnd){ .kind = OPND_REG, .reg = spec.fixed, .size = size };
    case AT_FIXED_SREG:
        return (struct opnd){ .kind = OPND_SREG, .reg = spec.fixed, .size = size };
    case AT_FIXED_ST:
        return (struct opnd){ .kind = OPND_ST, .reg = spec.fixed, .size = size };
    case AT_IMM:
        in->imm = fetch(r, size);
        in->imm_len = size;
        return (struct opnd){ .kind = OPND_IMM, .size = size };
    case AT_IMM_SIGNED:
        in->imm = fetch_signed(r, 1);
        return (struct opnd){ .kind = OPND_IMM, .size = size };
    case AT_ONE:
        in->imm = 1;
        return (struct opnd){ .kind = OPND_IMM, .size = size };
    case AT_ENTER:
        in->imm = fetch(r, 2);
        in->sel = fetch8(r);
        return (struct opnd){ .kind = OPND_IMM, .size = size };
    case AT_REL:
        in->imm = fetch_signed(r, size);
        return (struct opnd){ .kind = OPND_REL, .size = size };
    case AT_MOFFS:
        in->disp = fetch(r, in->asize);
        return (struct opnd){ .kind = OPND_MEM, .size = size };
    case AT_FAR:
        in->imm = fetch(r, in->osize);
        in->sel = (u16)fetch(r, 2);
        return (struct opnd){ .kind = OPND_FAR, .size = size };
    default:
        return (struct opnd){ .kind = OPND_NONE };
    }
}

static void take_operands(struct reader *r, struct insn *in, const struct form *form)
{
    for (unsigned i = 0; i < 3; i++) {
        struct spec spec = specs[form->opnd[i]];
        u8 size = operand_size(in, spec.size);
        if (at_modrm(form->opnd[i]))
            in->opnd[i] = modrm_operand(r, in, spec.place, size);
        else
            in->opnd[i] = other_operand(r, in, spec, size);
    }
}

/* LOCK is legal only before a read-modify-write of memory (SDM 2A, LOCK). */
static void check_prefixes(struct reader *r, const struct insn *in, u8 flags)
{
    if ((in->prefix & PFX_LOCK) && !((flags & LOCK) && in->opnd[0].kind == OPND_MEM))
        undefined(r);
    if ((flags & PLAIN) && (in->prefix & (PFX_OSIZE | PFX_REP | PFX_REPNE)))
        undefined(r);
}

static bool ignores_mod(const struct form *form)
{
    return form->opnd[0] == T_Rd || form->opnd[1] == T_Rd;
}

static bool has_cc(enum op op) { return op == OP_JCC || op == OP_SETCC || op == OP_CMOVCC; }

static void decode_form(struct reader *r, struct insn *in, const struct form *form)
{
    in->op = form->what;
    if (form->flags & BYTE)
        in->osize = 1;
    if (form->flags & STRING)
        in->rep = r->repeat;
    if (has_cc((enum op)in->op))
        in->cc = in->opcode & 15;
    if (in->has_modrm && in->modrm < 0xc0 && !ignores_mod(form))
        take_address(r, in);
    take_operands(r, in, form);
    check_prefixes(r, in, form->flags);
}

/* A blank row of a group is as long as the others: it is fetched whole, and may end in a page fault or
 * be too long, before it is undefined (SDM 3A 6.9, table 6-2: fetch before decoding). */
static void take_undefined(struct reader *r, struct insn *in, const struct form *form)
{
    if (in->has_modrm && in->modrm < 0xc0)
        take_address(r, in);
    if (in->has_modrm)
        take_operands(r, in, form);
    undefined(r);
}

enum decode_status decode(const u8 *bytes, unsigned avail, bool code32, struct insn *in)
{
    struct reader r = { .bytes = bytes, .avail = avail, .status = DECODE_OK };
    memset(in, 0, sizeof(*in));
    in->seg = DS;
    in->base = in->index = REG_NONE;
    take_opcode(&r, in, code32);
    struct form form = find_form(&r, in);
    if (form.kind != FORM_UNDEFINED)
        decode_form(&r, in, &form);
    else
        take_undefined(&r, in, &form);
    in->len = (u8)r.pos;
    return r.status;
}
