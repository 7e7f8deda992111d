#include "bt/recover.h"

#include "bt/emit.h"
#include "bt/tc.h"

static void restore_scratch(const struct vmm *v, struct arch *s)
{
    s->reg[EAX] = gs_read(v, GS_EAX);
    s->reg[ECX] = gs_read(v, GS_ECX);
}

/* The guest is behind the instruction: at eip, whose shadow is over. */
static void behind(struct recovered *out, u32 eip)
{
    out->arch.eip = eip;
    out->arch.shadow = 0;
    out->boundary = false;
}

/* An indirect transfer has fetched its target into eax. */
static void launched(const struct vmm *v, struct recovered *out)
{
    behind(out, out->arch.reg[EAX]);
    restore_scratch(v, &out->arch);
}

/* Where the n-th continuation of the unit goes (confirmation blocks are not continuations). */
static u32 continuation_eip(const struct vmm *v, const struct unit *u, unsigned n)
{
    for (unsigned i = 0; i < u->stubs; i++) {
        const struct stub *s = tc_stub(v, u->stub + i);
        if (s->kind != STUB_CONFIRM && n-- == 0)
            return s->eip;
    }
    assert(!"a unit without that continuation");
    return 0;
}

static void in_loop(const struct vmm *v, const struct unit *u, const struct tc_insn *r, u32 at,
                    u32 next, struct recovered *out)
{
    const u8 *code = mem_map(v->hw, tc_mpa(v, u->tc + r->at));
    u32 taken = (code[0] == 0x67 ? 1 : 0) + 4; /* loop +2 ; jmp +5 ; here */
    behind(out, at == taken ? continuation_eip(v, u, 0) : next);
}

static void in_ret(const struct vmm *v, const struct unit *u, const struct tc_insn *r, u32 at,
                   struct recovered *out)
{
    enum { POP = SPILL_SIZE, LEA = POP + 1 };
    if (at <= POP)
        return;
    const u8 *code = mem_map(v->hw, tc_mpa(v, u->tc + r->at + LEA));
    if (at == LEA && code[0] == 0x8d) /* the release is still to come */
        out->arch.reg[ESP] += mem_read32(v->hw, tc_mpa(v, u->tc + r->at + LEA + 3));
    launched(v, out);
}

static void in_indirect(const struct vmm *v, const struct tc_insn *r, u32 at, u32 next,
                        bool call, struct recovered *out)
{
    u32 after = LAUNCH_SIZE + (call ? PUSH_SIZE : 0);
    if (call && PTE_FRAME(next ^ out->arch.eip) == 0)
        after += GS_WORD_SIZE;
    u32 loaded = r->len - after;
    if (at < loaded)
        return;
    if (call && at == loaded)
        restore_scratch(v, &out->arch); /* the push may still fault: the call has not begun */
    else
        launched(v, out);
}

static void in_sti(const struct vmm *v, u32 at, u32 next, struct recovered *out)
{
    bool old = at < STI_PREV ? gs_vif(v) : gs_vif_before_sti(v);
    behind(out, next);
    out->arch.reg[EAX] = gs_read(v, GS_STI);
    out->arch.eflags |= FL_IF;
    out->arch.shadow = old ? 0 : SHADOW_STI;
}

/* at > 0 bytes into the sequence of an instruction. */
static void inside(const struct vmm *v, const struct unit *u, const struct tc_insn *r, u32 at,
                   struct recovered *out)
{
    u32 next = out->arch.eip + r->guest_len;
    out->boundary = false;
    switch ((enum rule)r->rule) {
    case RULE_JCC: behind(out, next); break;
    case RULE_CALL: behind(out, continuation_eip(v, u, 0)); break;
    case RULE_LOOP: in_loop(v, u, r, at, next, out); break;
    case RULE_RET: in_ret(v, u, r, at, out); break;
    case RULE_JMP_INDIRECT: in_indirect(v, r, at, next, false, out); break;
    case RULE_CALL_INDIRECT: in_indirect(v, r, at, next, true, out); break;
    case RULE_STI: in_sti(v, at, next, out); break;
    case RULE_IDENT: case RULE_JMP: case RULE_CLI: case RULE_CALLOUT: case RULE_COUNT:
        assert(!"a sequence of one instruction has no inside");
    }
}

/* The shadow in which the unit's instruction i stands when the one before it is done. */
static u8 shadow_at(const struct vmm *v, const struct unit *u, unsigned i)
{
    bool sti = i > 0 && tc_insn(v, u->insn + i - 1)->rule == RULE_STI;
    return sti && !gs_vif_before_sti(v) ? SHADOW_STI : 0;
}

static void in_unit(const struct vmm *v, u32 pc, const struct unit *u, struct recovered *out)
{
    u32 at = pc - u->tc;
    unsigned i = u->n - 1u;
    while (i && tc_insn(v, u->insn + i)->at > at)
        i--;
    const struct tc_insn *r = tc_insn(v, u->insn + i);
    out->arch.eip = u->eip + r->offset;
    out->arch.shadow = shadow_at(v, u, i);
    if (at >= (u32)r->at + r->len) /* the jump behind a unit that ended early */
        behind(out, out->arch.eip + r->guest_len);
    else if (at > r->at)
        inside(v, u, r, at - r->at, out);
}

/* How many of the unit's elided jumps are done at its first cache instruction? */
static unsigned elided_done(const struct vmm *v, const struct stand_point *p, unsigned extra)
{
    u64 floor = bt_of(v)->floor, done = 0;
    switch (p->why) {
    case STAND_TIMER: done = p->limit > p->count ? p->limit - p->count : 0; break;
    case STAND_STEP: done = floor > p->count ? floor - p->count : 0; break;
    case STAND_FAULT: case STAND_INT: return extra;
    }
    return done < extra ? (unsigned)done : extra;
}

/* `left` jumps stand between the guest and unit `index`; those between are units of one jump
 * each. */
static void before_jumps(const struct vmm *v, u32 index, unsigned left, struct recovered *out)
{
    const struct unit *from = tc_unit(v, index - left);
    out->arch.eip = from->eip + tc_insn(v, from->insn + from->n - 1u)->offset;
    out->arch.shadow = shadow_at(v, from, from->n - 1u); /* the jump behind an STI, elided */
    out->jumps = left;
    for (unsigned i = 0; i < left; i++)
        out->jump_eip[i] = tc_unit(v, index - left + 1 + i)->eip;
}

static void in_code(const struct vmm *v, const struct stand_point *p, struct recovered *out)
{
    u32 index = tc_unit_at(v, p->pc);
    assert(index != TC_NONE);
    const struct unit *u = tc_unit(v, index);
    unsigned extra = p->pc == u->tc ? u->extra : 0, done = elided_done(v, p, extra);
    if (p->why != STAND_INT) {
        out->tick += done;
        out->elided = done;
    }
    if (done == extra) {
        in_unit(v, p->pc, u, out);
        return;
    }
    before_jumps(v, index, extra - done, out);
}

static void in_stubs(const struct vmm *v, u32 pc, struct recovered *out)
{
    const struct stub *s = tc_stub(v, tc_stub_at(v, pc));
    u32 at = pc - s->tc;
    if (s->kind == STUB_MISS || (s->kind == STUB_CONFIRM && at < CONFIRM_JUMP))
        launched(v, out);
    else
        behind(out, s->eip);
}

void recover(const struct vmm *v, const struct stand_point *p, struct recovered *out)
{
    const struct bt_state *b = bt_of(v);
    const u32 ours = FL_ARITH | FL_DF;
    *out = (struct recovered){ .arch = v->s->vcpu.arch, .tick = p->count, .boundary = true };
    for (unsigned i = 0; i < 8; i++)
        out->arch.reg[i] = p->reg[i];
    out->arch.eflags &= ~(ours | FL_IF);
    out->arch.eflags |= (p->eflags & ours) | (gs_vif(v) ? FL_IF : 0);
    if (p->pc >= b->stub_low)
        in_stubs(v, p->pc, out);
    else
        in_code(v, p, out);
    if (out->tick == b->floor) { /* nothing has retired since the entry */
        out->arch.shadow = v->s->vcpu.arch.shadow;
        return;
    }
    out->arch.eflags &= ~(u32)FL_RF;
    /* between two iterations of a string instruction; a fault's frame does not tell (frame_interrupted) */
    out->arch.eflags |= p->eflags & FL_RF;
}
