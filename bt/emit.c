#include "bt/emit.h"

void code_start(struct code *c, u32 at)
{
    *c = (struct code){ .at = at };
}

void emit_weight(struct code *c, unsigned weight)
{
    c->weight[c->n] = (u8)(c->weight[c->n] + weight);
}

void emit8(struct code *c, unsigned byte)
{
    assert(c->n < CODE_MAX - 1);
    c->byte[c->n++] = (u8)byte;
}

void emit32(struct code *c, u32 value)
{
    for (unsigned i = 0; i < 4; i++)
        emit8(c, value >> 8 * i & 0xff);
}

void emit_bytes(struct code *c, const u8 *bytes, u32 n)
{
    for (u32 i = 0; i < n; i++)
        emit8(c, bytes[i]);
}

void emit_int(struct code *c, unsigned vector)
{
    emit8(c, 0xcd);
    emit8(c, vector);
}

void emit_jmp(struct code *c, u32 target)
{
    emit8(c, 0xe9);
    emit32(c, target - (code_here(c) + 4));
}

void emit_jcc(struct code *c, unsigned cc, u32 target)
{
    emit8(c, 0x0f);
    emit8(c, 0x80 | cc);
    emit32(c, target - (code_here(c) + 4));
}

static void gs_op(struct code *c, unsigned opcode)
{
    emit8(c, 0x65);
    emit8(c, opcode);
}

void emit_jmp_slot(struct code *c, u32 gs_at)
{
    gs_op(c, 0xff);
    emit8(c, 0x25);
    emit32(c, gs_at);
}

void emit_push_imm(struct code *c, u32 value)
{
    emit8(c, 0x68);
    emit32(c, value);
}

void emit_gs_byte(struct code *c, u32 gs_at, u8 value)
{
    gs_op(c, 0xc6);
    emit8(c, 0x05);
    emit32(c, gs_at);
    emit8(c, value);
}

void emit_gs_word(struct code *c, u32 gs_at, u32 value)
{
    u32 start = c->n;
    gs_op(c, 0xc7);
    emit8(c, 0x05);
    emit32(c, gs_at);
    emit32(c, value);
    assert(c->n - start == GS_WORD_SIZE);
}

/* mov between gs:[at] and eax or al (the moffs forms), and ecx. */
static void gs_acc(struct code *c, unsigned opcode, u32 gs_at)
{
    gs_op(c, opcode);
    emit32(c, gs_at);
}

static void gs_ecx(struct code *c, unsigned opcode, u32 gs_at)
{
    gs_op(c, opcode);
    emit8(c, 0x0d);
    emit32(c, gs_at);
}

enum { MOV_AL_FROM = 0xa0, MOV_EAX_FROM = 0xa1, MOV_AL_TO = 0xa2, MOV_EAX_TO = 0xa3,
       MOV_TO_RM = 0x89, MOV_FROM_RM = 0x8b };

void emit_spill(struct code *c)
{
    u32 start = c->n;
    gs_acc(c, MOV_EAX_TO, GS_EAX);
    gs_ecx(c, MOV_TO_RM, GS_ECX);
    assert(c->n - start == SPILL_SIZE);
}

static const u8 seg_prefix[SREG_COUNT] = { [ES] = 0x26, [CS] = 0x2e, [SS] = 0x36, [DS] = 0x3e,
                                           [FS] = 0x64, [GS] = 0x65 };

/* The operand of jmp or call (FF /4, FF /2) again, as a load of eax: same addressing bytes. */
void emit_load_target(struct code *c, const struct insn *in, const u8 *bytes)
{
    unsigned modrm_at = in->prefix_len + 1u;
    if (in->prefix & PFX_SEG)
        emit8(c, seg_prefix[in->seg]);
    if (in->prefix & PFX_ASIZE)
        emit8(c, 0x67);
    emit8(c, MOV_FROM_RM);
    emit8(c, in->modrm & 0xc7);
    emit_bytes(c, bytes + modrm_at + 1, in->len - modrm_at - 1);
}

void emit_launch(struct code *c)
{
    u32 start = c->n;
    emit8(c, 0x0f); /* movzx ecx, al */
    emit8(c, 0xb6);
    emit8(c, 0xc8);
    gs_op(c, 0xff); /* jmp *gs:[rtc + 4 * ecx] */
    emit8(c, 0x24);
    emit8(c, 0x8d);
    emit32(c, GS_RTC);
    assert(c->n - start == LAUNCH_SIZE);
}

/* The first store faults when an interrupt waits, with nothing done yet; from then on the guest
 * is behind its sti, and eax is spilled. */
void emit_sti(struct code *c)
{
    u32 start = c->n;
    gs_acc(c, MOV_EAX_TO, GS_DOORBELL + GS_STI);
    gs_acc(c, MOV_AL_FROM, GS_VIF);
    gs_acc(c, MOV_AL_TO, GS_VIF_PREV);
    emit_gs_byte(c, GS_VIF, 1);
    gs_acc(c, MOV_EAX_FROM, GS_STI);
    assert(c->n - start == STI_SIZE);
}

void emit_confirm(struct code *c, u32 expected, u32 target)
{
    u32 start = c->n;
    emit8(c, 0x8d); /* lea ecx, [eax - expected] */
    emit8(c, 0x88);
    emit32(c, 0u - expected);
    emit8(c, 0xe3); /* jecxz over the miss */
    emit8(c, INT_SIZE);
    emit_int(c, VEC_CONTINUE);
    gs_ecx(c, MOV_FROM_RM, GS_ECX);
    gs_acc(c, MOV_EAX_FROM, GS_EAX);
    assert(c->n - start == CONFIRM_JUMP);
    emit_jmp(c, target);
    assert(c->n - start == CONFIRM_CONTINUE);
}
