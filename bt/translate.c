#include "bt/translate.h"

#include "bt/emit.h"
#include "bt/event.h"
#include "bt/tc.h"
#include "vmm/charge.h"
#include "vmm/wtrace.h"

/* One guest instruction on its way (the paper's IR object). */
struct ir {
    struct insn in;
    u8 bytes[INSN_MAX];
    u8 offset, len;     /* len 0: cannot be decoded inside its page */
    u8 rule;
};
struct xlat {           /* one unit on its way: fixed cap, so it lives on the stack */
    struct vmm *v;
    u32 eip, gpa;
    unsigned n;
    u16 guest_len;
    struct ir ir[UNIT_MAX];
    struct tc_insn rec[UNIT_MAX];
    struct code code;
};

static bool same_page(u32 a, u32 b)
{
    return PTE_FRAME(a ^ b) == 0;
}

static u32 next_eip(const struct xlat *x, unsigned i)
{
    return x->eip + x->ir[i].offset + x->ir[i].len;
}

static u32 branch_target(const struct xlat *x, unsigned i)
{
    return next_eip(x, i) + x->ir[i].in.imm;
}

/* ---- read and classify ---- */

static bool collect_one(struct xlat *x, const u8 *page, u32 at)
{
    struct ir *ir = &x->ir[x->n];
    u32 left = PAGE_SIZE - at, avail = left < INSN_MAX ? left : INSN_MAX;
    *ir = (struct ir){ .offset = (u8)(at - (x->eip & (PAGE_SIZE - 1))) };
    if (decode(page + at, avail, true, &ir->in) != DECODE_OK) {
        if (x->n > 0)
            return false; /* a unit of its own */
        ir->in.op = OP_UD; /* the monitor fetches it again, whole */
        ir->rule = RULE_CALLOUT;
        x->guest_len = (u16)avail;
        x->n = 1;
        return false;
    }
    for (unsigned i = 0; i < ir->in.len; i++)
        ir->bytes[i] = page[at + i];
    ir->len = ir->in.len;
    ir->rule = (u8)rule_for(&ir->in);
    x->n++;
    x->guest_len = (u16)(ir->offset + ir->len);
    return !rule_ends((enum rule)ir->rule, &ir->in);
}

static void collect(struct xlat *x, const u8 *page)
{
    u32 at = x->eip & (PAGE_SIZE - 1);
    while (x->n < UNIT_MAX && at < PAGE_SIZE && collect_one(x, page, at))
        at += x->ir[x->n - 1].len;
    /* an in-cache sti needs its successor in the unit: recovery finds the STI shadow there.  A repeated
     * one would keep the shadow through all its iterations. */
    for (unsigned i = 0; i < x->n; i++)
        if (x->ir[i].rule == RULE_STI && (i + 1u == x->n || x->ir[i + 1].in.rep))
            x->ir[i].rule = RULE_CALLOUT;
}

/* ---- continuations ---- */

static u32 add_stub(struct xlat *x, enum stub_kind kind, u32 site, u32 eip)
{
    static const u8 none[THUNK_SIZE] = { 0 };
    struct bt_state *b = bt_of(x->v);
    bool here = same_page(eip, x->eip), slot = kind == STUB_SLOT || kind == STUB_THUNK;
    struct stub s = { .kind = (u8)kind, .site = site, .eip = eip, .unit = b->unit_count,
                      .gpa = here ? PTE_FRAME(x->gpa) | (eip & (PAGE_SIZE - 1)) : TC_NONE,
                      .target = TC_NONE, .slot = 0xffff };
    struct code c;
    if (slot)
        s.slot = (u16)tc_add_slot(x->v, b->stub_count);
    u32 index = tc_add_stub(x->v, &s, kind == STUB_THUNK ? THUNK_SIZE : INT_SIZE);
    u32 tc = tc_stub(x->v, index)->tc;
    code_start(&c, tc);
    if (kind == STUB_THUNK)
        emit_jmp_slot(&c, GS_SLOTS + 4u * s.slot);
    if (slot)
        gs_write(x->v, GS_SLOTS + 4u * s.slot, MON_TC + code_here(&c));
    emit_int(&c, VEC_CONTINUE);
    tc_store(x->v, tc, c.byte, none, c.n);
    return index;
}

/* jmp [eip]: closes a unit, or is the taken side of a loop. */
static void emit_goto(struct xlat *x, u32 eip)
{
    u32 site = code_here(&x->code);
    bool here = same_page(eip, x->eip);
    u32 index = add_stub(x, here ? STUB_JUMP : STUB_SLOT, site, eip);
    if (here)
        emit_jmp(&x->code, tc_stub(x->v, index)->tc);
    else
        emit_jmp_slot(&x->code, GS_SLOTS + 4u * tc_stub(x->v, index)->slot);
}

static u32 confirm_block(struct xlat *x, u32 eip)
{
    u32 gpa = PTE_FRAME(x->gpa) | (eip & (PAGE_SIZE - 1));
    u32 index = tc_find_confirm(x->v, eip, gpa);
    return index != TC_NONE ? index : translate_confirm(x->v, eip, gpa);
}

/* The call's half of the return cache.  A return site in the next page is left to the miss. */
static void emit_predict_return(struct xlat *x, u32 ret)
{
    if (!same_page(ret, x->eip))
        return;
    u32 block = tc_stub(x->v, confirm_block(x, ret))->tc;
    emit_gs_word(&x->code, GS_RTC + 4 * (ret & 0xff), MON_TC + block);
}

/* ---- one function a rule ---- */

static void emit_ident(struct xlat *x, unsigned i)
{
    emit_weight(&x->code, 1);
    emit_bytes(&x->code, x->ir[i].bytes, x->ir[i].len);
}

static void emit_rule_jcc(struct xlat *x, unsigned i)
{
    u32 target = branch_target(x, i);
    enum stub_kind kind = same_page(target, x->eip) ? STUB_JCC : STUB_THUNK;
    u32 index = add_stub(x, kind, code_here(&x->code), target);
    emit_weight(&x->code, 1);
    emit_jcc(&x->code, x->ir[i].in.cc, tc_stub(x->v, index)->tc);
    emit_goto(x, next_eip(x, i));
}

/* loop L: the same instruction over a short jump, since its displacement is a byte. */
static void emit_rule_loop(struct xlat *x, unsigned i)
{
    u32 target = branch_target(x, i);
    emit_weight(&x->code, 1);
    if (x->ir[i].in.prefix & PFX_ASIZE)
        emit8(&x->code, 0x67);
    emit8(&x->code, x->ir[i].in.opcode);
    emit8(&x->code, 2);
    emit8(&x->code, 0xeb); /* not taken: over the next jump */
    emit8(&x->code, JUMP_SIZE);
    enum stub_kind kind = same_page(target, x->eip) ? STUB_JUMP : STUB_THUNK;
    u32 index = add_stub(x, kind, code_here(&x->code), target);
    emit_jmp(&x->code, tc_stub(x->v, index)->tc);
    emit_goto(x, next_eip(x, i));
}

static void emit_rule_jmp(struct xlat *x, unsigned i)
{
    emit_weight(&x->code, 1);
    emit_goto(x, branch_target(x, i));
}

static void emit_rule_call(struct xlat *x, unsigned i)
{
    emit_weight(&x->code, 1);
    emit_push_imm(&x->code, next_eip(x, i));
    emit_predict_return(x, next_eip(x, i));
    emit_goto(x, branch_target(x, i));
}

static void emit_rule_ret(struct xlat *x, unsigned i)
{
    const struct insn *in = &x->ir[i].in;
    emit_spill(&x->code);
    emit_weight(&x->code, 1);
    emit8(&x->code, 0x58); /* pop eax: the last that can fault */
    if (in->opnd[0].kind == OPND_IMM) {
        emit8(&x->code, 0x8d); /* lea esp, [esp + n]: add would touch the flags */
        emit8(&x->code, 0xa4);
        emit8(&x->code, 0x24);
        emit32(&x->code, in->imm & 0xffff);
    }
    emit_launch(&x->code);
}

static void emit_rule_indirect(struct xlat *x, unsigned i, bool call)
{
    emit_spill(&x->code);
    if (!call)
        emit_weight(&x->code, 1);
    emit_load_target(&x->code, &x->ir[i].in, x->ir[i].bytes);
    if (call) {
        emit_weight(&x->code, 1);
        emit_push_imm(&x->code, next_eip(x, i));
        emit_predict_return(x, next_eip(x, i));
    }
    emit_launch(&x->code);
}

static void emit_insn(struct xlat *x, unsigned i)
{
    switch ((enum rule)x->ir[i].rule) {
    case RULE_IDENT: emit_ident(x, i); break;
    case RULE_JCC: emit_rule_jcc(x, i); break;
    case RULE_JMP: emit_rule_jmp(x, i); break;
    case RULE_CALL: emit_rule_call(x, i); break;
    case RULE_RET: emit_rule_ret(x, i); break;
    case RULE_LOOP: emit_rule_loop(x, i); break;
    case RULE_CLI:
        emit_weight(&x->code, 1);
        emit_gs_byte(&x->code, GS_VIF, 0);
        break;
    case RULE_STI:
        emit_weight(&x->code, 1);
        emit_sti(&x->code);
        break;
    case RULE_CALLOUT: emit_int(&x->code, VEC_CALLOUT); break;
    case RULE_JMP_INDIRECT: emit_rule_indirect(x, i, false); break;
    case RULE_CALL_INDIRECT: emit_rule_indirect(x, i, true); break;
    case RULE_COUNT: assert(!"no such rule");
    }
}

static void emit_all(struct xlat *x)
{
    for (unsigned i = 0; i < x->n; i++) {
        u32 start = x->code.n;
        emit_insn(x, i);
        x->rec[i] = (struct tc_insn){
            .op = x->ir[i].in.op, .at = (u16)start, .len = (u16)(x->code.n - start),
            .offset = x->ir[i].offset, .guest_len = x->ir[i].len, .rule = x->ir[i].rule,
        };
    }
}

/* Does the guest go on behind the unit's last instruction, and no rule has said so yet? */
static bool falls_through(const struct xlat *x)
{
    const struct ir *last = &x->ir[x->n - 1];
    if (!last->len)
        return false;
    if (last->rule == RULE_CALLOUT)
        return op_info[last->in.op].ends != ENDS_JUMP;
    return !rule_ends((enum rule)last->rule, &last->in);
}

/* ---- the unit ---- */

static u32 commit(struct xlat *x, u32 first_stub, unsigned extra)
{
    struct vmm *v = x->v;
    struct bt_state *b = bt_of(v);
    struct unit u = {
        .eip = x->eip, .gpa = x->gpa, .tc = x->code.at, .tc_len = (u16)x->code.n,
        .guest_len = x->guest_len, .n = (u8)x->n, .extra = (u8)extra, .stub = first_stub,
        .stubs = (u8)(b->stub_count - first_stub),
    };
    x->code.weight[0] = (u8)(x->code.weight[0] + extra);
    tc_store(v, u.tc, x->code.byte, x->code.weight, x->code.n);
    u32 index = tc_add_unit(v, &u, x->rec);
    for (unsigned i = 0; i < x->n; i++)
        vmm_charge(v, COST_TRANSLATE);
    hw_event(v->hw, BT_TRANSLATE, index, x->eip, x->n, MON_TC + u.tc);
    return index;
}

u32 translate_unit(struct vmm *v, u32 eip, gpa_t gpa, const struct elide *over)
{
    struct xlat x = { .v = v, .eip = eip, .gpa = gpa.v };
    mpa_t page;
    bool memory = guestmem_find(v, (gpa_t){ PTE_FRAME(gpa.v) }, &page);
    assert(memory);
    if (!tc_room(v)) {
        assert(!over);
        tc_flush(v, FLUSH_FULL, 0);
    }
    wtrace_add(v, (gpa_t){ PTE_FRAME(gpa.v) }, TRACE_CODE);
    collect(&x, mem_map(v->hw, page));
    /* each iteration of a repeated instruction would count the vanished jumps again */
    if (over && over->extra && x.ir[0].in.rep)
        over = NULL;
    u32 first_stub = bt_of(v)->stub_count;
    code_start(&x.code, over ? over->site : bt_of(v)->next);
    emit_all(&x);
    if (falls_through(&x))
        emit_goto(&x, next_eip(&x, x.n - 1));
    return commit(&x, first_stub, over ? over->extra : 0);
}

u32 translate_confirm(struct vmm *v, u32 eip, u32 gpa)
{
    static const u8 none[CONFIRM_SIZE] = { 0 };
    struct stub s = { .kind = STUB_CONFIRM, .eip = eip, .gpa = gpa, .unit = TC_NONE,
                      .target = TC_NONE, .slot = 0xffff };
    u32 index = tc_add_stub(v, &s, CONFIRM_SIZE);
    u32 tc = tc_stub(v, index)->tc;
    struct code c;
    tc_stub_edit(v, index)->site = tc + CONFIRM_JUMP;
    code_start(&c, tc);
    emit_confirm(&c, eip, tc + CONFIRM_CONTINUE);
    emit_int(&c, VEC_CONTINUE);
    assert(c.n == CONFIRM_SIZE);
    tc_store(v, tc, c.byte, none, c.n);
    return index;
}
