#include "bt/chain.h"

#include "bt/emit.h"
#include "bt/event.h"
#include "bt/tc.h"
#include "bt/translate.h"
#include "vmm/charge.h"
#include "vmm/interp.h"
#include "vmm/wtrace.h"

/* Where the code at eip lies, without a mark in the guest's tables.  They are watched from now on: what runs
 * in the cache walks them no more. */
static bool code_gpa(struct vmm *v, u32 eip, gpa_t *gpa)
{
    struct walk w = interp_walk(v, eip, ACCESS_FETCH, false);
    mpa_t unused;
    *gpa = (gpa_t){ w.pa };
    if (w.fault || !guestmem_find(v, *gpa, &unused))
        return false;
    wtrace_add_tables(v, &w);
    return true;
}

bool chain_find(struct vmm *v, u32 eip, bool plain, u32 *unit)
{
    gpa_t gpa;
    if (eip >= MON_BASE || !code_gpa(v, eip, &gpa))
        return false;
    vmm_charge(v, COST_LOOKUP);
    *unit = tc_find(v, eip, gpa.v, plain);
    if (*unit == TC_NONE)
        *unit = translate_unit(v, eip, gpa, NULL);
    return true;
}

/* ---- elision ---- */

/* How many guest jumps vanish with the closing jump at s->site?  A guest jmp counts; the
 * closing jump of any other rule is ours alone. */
static unsigned jumps_lost(const struct vmm *v, const struct stub *s)
{
    const struct unit *u = tc_unit(v, s->unit);
    const struct tc_insn *last = tc_insn(v, u->insn + u->n - 1u);
    if (last->rule != RULE_JMP)
        return 0;
    return 1u + (u->tc == s->site ? u->extra : 0u);
}

static bool can_elide(const struct vmm *v, const struct stub *s, struct elide *over)
{
    const struct bt_state *b = bt_of(v);
    if (s->kind != STUB_JUMP || s->site + JUMP_SIZE != b->next || !tc_room(v))
        return false;
    *over = (struct elide){ s->site, jumps_lost(v, s) };
    return over->extra <= EXTRA_MAX;
}

/* The unit loses its closing jump: the next one stands there. */
static void shorten(struct vmm *v, u32 unit)
{
    struct unit *u = tc_unit_edit(v, unit);
    u->tc_len = (u16)(u->tc_len - JUMP_SIZE);
    u32 last = u->insn + u->n - 1u, len = u->tc_len;
    mpa_t at = { bt_of(v)->insns + last * (u32)sizeof(struct tc_insn) };
    struct tc_insn *r = mem_edit(v->hw, at, sizeof(*r));
    if ((u32)r->at + r->len > len)
        r->len = (u16)(len - r->at);
}

static void settle(struct vmm *v, u32 stub, enum stub_state state, u32 unit)
{
    struct stub *s = tc_stub_edit(v, stub);
    s->state = (u8)state;
    s->target = unit;
}

/* ---- patching ---- */

static void patch_jump(struct vmm *v, const struct stub *s, u32 unit)
{
    u32 size = s->kind == STUB_JCC ? JCC_SIZE : JUMP_SIZE, target = tc_unit(v, unit)->tc;
    tc_patch32(v, s->site + size - 4, target - (s->site + size));
    vmm_charge(v, COST_CHAIN);
    hw_event(v->hw, BT_CHAIN, s->eip, unit, MON_TC + s->site, 0);
}

static void fill_slot(struct vmm *v, const struct stub *s, u32 unit)
{
    gs_write(v, GS_SLOTS + 4u * s->slot, MON_TC + tc_unit(v, unit)->tc);
    vmm_charge(v, COST_CHAIN);
    hw_event(v->hw, BT_SLOT, s->eip, unit, s->slot, 0);
}

static void chain_to(struct vmm *v, u32 stub, u32 unit)
{
    const struct stub *s = tc_stub(v, stub);
    if (s->slot != 0xffff)
        fill_slot(v, s, unit);
    else
        patch_jump(v, s, unit);
    settle(v, stub, STUB_CHAINED, unit);
}

static void elide_to(struct vmm *v, u32 stub, const struct elide *over)
{
    const struct stub *s = tc_stub(v, stub);
    u32 unit = translate_unit(v, s->eip, (gpa_t){ s->gpa }, over);
    if (tc_unit(v, unit)->tc != over->site) {
        chain_to(v, stub, unit);
        return;
    }
    shorten(v, s->unit);
    settle(v, stub, STUB_ELIDED, unit);
    hw_event(v->hw, BT_ELIDE, s->eip, unit, MON_TC + over->site, 0);
}

void chain_continue(struct vmm *v, u32 stub)
{
    struct stub s = *tc_stub(v, stub);
    u32 generation = bt_of(v)->generation, unit;
    struct elide over;
    if (s.gpa == TC_NONE) {
        if (!chain_find(v, s.eip, true, &unit))
            return; /* the guest faults there, or has no memory: the entry will find out */
    } else {
        vmm_charge(v, COST_LOOKUP);
        unit = tc_find(v, s.eip, s.gpa, true);
        if (unit == TC_NONE && can_elide(v, &s, &over)) {
            elide_to(v, stub, &over);
            return;
        }
        if (unit == TC_NONE)
            unit = translate_unit(v, s.eip, (gpa_t){ s.gpa }, NULL);
    }
    if (bt_of(v)->generation == generation)
        chain_to(v, stub, unit);
}

void chain_forget_slots(struct vmm *v)
{
    const struct bt_state *b = bt_of(v);
    for (u32 i = 0; i < b->slot_count; i++) {
        u32 index = mem_read32(v->hw, (mpa_t){ b->slot_stub + i * 4 });
        const struct stub *s = tc_stub(v, index);
        if (s->state != STUB_CHAINED)
            continue;
        u32 back = s->tc + (s->kind == STUB_THUNK ? THUNK_JUMP : 0);
        gs_write(v, GS_SLOTS + 4 * i, MON_TC + back);
        settle(v, index, STUB_REMAINS, TC_NONE);
    }
}
