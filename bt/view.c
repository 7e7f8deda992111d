#include "bt/view.h"

#include "bt/tc.h"

bool bt_view_available(const struct vmm *v)
{
    return v->engine->id == ENGINE_BT && bt_of(v)->units != 0;
}

static void count_stubs(const struct vmm *v, struct bt_view *out)
{
    for (u32 i = 0; i < bt_of(v)->stub_count; i++) {
        const struct stub *s = tc_stub(v, i);
        if (s->unit == TC_NONE)
            continue;
        out->continuations++;
        out->remain += s->state == STUB_REMAINS;
        out->chained += s->state == STUB_CHAINED;
        out->elided += s->state == STUB_ELIDED;
    }
}

struct bt_view bt_view_summary(const struct vmm *v)
{
    const struct bt_state *b = bt_of(v);
    struct bt_view out = {
        .units = b->unit_count, .insns = b->insn_count, .used = b->next,
        .stubs = TC_SIZE - b->stub_low, .size = TC_SIZE, .generation = b->generation,
        .slots = b->slot_count,
    };
    for (u32 i = 0; i < b->insn_count; i++)
        out.ident += tc_insn(v, i)->rule == RULE_IDENT;
    count_stubs(v, &out);
    for (unsigned i = 0; i < RTC_SIZE; i++)
        out.return_cache += gs_read(v, GS_RTC + 4 * i) != MON_TC + TC_MISS;
    return out;
}

static unsigned count_continuations(const struct vmm *v, const struct unit *u)
{
    unsigned n = 0;
    for (unsigned i = 0; i < u->stubs; i++)
        n += tc_stub(v, u->stub + i)->unit != TC_NONE;
    return n;
}

struct bt_view_unit bt_view_unit(const struct vmm *v, u32 unit)
{
    const struct unit *u = tc_unit(v, unit);
    return (struct bt_view_unit){
        .eip = u->eip, .gpa = u->gpa, .tc = MON_TC + u->tc, .tc_len = u->tc_len,
        .guest_len = u->guest_len, .insns = u->n, .elided_before = u->extra,
        .continuations = (u8)count_continuations(v, u),
    };
}

struct bt_view_insn bt_view_insn(const struct vmm *v, u32 unit, unsigned i)
{
    const struct unit *u = tc_unit(v, unit);
    assert(i < u->n);
    const struct tc_insn *r = tc_insn(v, u->insn + i);
    return (struct bt_view_insn){
        .eip = u->eip + r->offset, .len = r->guest_len, .op = r->op, .tc_len = r->len,
        .tc = MON_TC + u->tc + r->at, .is_ident = r->rule == RULE_IDENT,
        .rule = rule_name((enum rule)r->rule),
    };
}

struct bt_view_continuation bt_view_continuation(const struct vmm *v, u32 unit, unsigned i)
{
    const struct unit *u = tc_unit(v, unit);
    u32 at = u->stub;
    for (;; at++) { /* confirmation blocks stand between */
        assert(at < u->stub + u->stubs);
        if (tc_stub(v, at)->unit != TC_NONE && i-- == 0)
            break;
    }
    const struct stub *s = tc_stub(v, at);
    return (struct bt_view_continuation){
        .eip = s->eip, .site = MON_TC + s->site, .stub = MON_TC + s->tc, .unit = s->target,
        .state = s->state, .through_slot = s->slot != 0xffff,
    };
}

int bt_view_unit_at(const struct vmm *v, u32 linear)
{
    u32 offset = linear - MON_TC;
    if (offset < TC_FIRST || offset >= bt_of(v)->next)
        return -1;
    u32 index = tc_unit_at(v, offset);
    return index == TC_NONE ? -1 : (int)index;
}

u32 bt_view_bytes(const struct vmm *v, u32 linear, u8 *out, u32 max)
{
    u32 offset = linear - MON_TC;
    if (offset >= TC_SIZE)
        return 0;
    u32 n = TC_SIZE - offset < max ? TC_SIZE - offset : max;
    const u8 *from = mem_map(v->hw, tc_mpa(v, offset));
    for (u32 i = 0; i < n; i++)
        out[i] = from[i];
    return n;
}

bool bt_view_stub_eip(const struct vmm *v, u32 linear, u32 *eip)
{
    u32 offset = linear - MON_TC;
    if (offset >= TC_SIZE || offset < bt_of(v)->stub_low)
        return false;
    const struct stub *s = tc_stub(v, tc_stub_at(v, offset));
    *eip = s->eip;
    return s->kind != STUB_MISS;
}
