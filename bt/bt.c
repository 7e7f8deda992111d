#include "bt/bt.h"

#include "bt/chain.h"
#include "bt/event.h"
#include "bt/rtc.h"
#include "bt/run.h"
#include "bt/tc.h"
#include "vmm/charge.h"
#include "vmm/shdesc.h"
#include "vmm/wtrace.h"

static void bt_init(struct vmm *v)
{
    shdesc_init(v, 1); /* the cache raises callouts and continuations from ring 1 */
    tc_init(v);
}

static void bt_handle(struct vmm *v, const struct cause *cause)
{
    switch ((enum bt_cause)cause->arg[0]) {
    case BT_CAUSE_CALLOUT: vmm_emulate_as(v, COST_CALLOUT); break;
    case BT_CAUSE_CONTINUE: chain_continue(v, cause->arg[1]); break;
    case BT_CAUSE_MISS: rtc_miss(v); break;
    }
}

/* A page without translations needs no trace: data often lives next to code. */
static void code_written(struct vmm *v, gpa_t at, u32 size)
{
    u32 page = PTE_FRAME(at.v);
    if (tc_covers(v, at.v, size))
        tc_flush(v, FLUSH_CODE, at.v);
    if (!tc_covers(v, page, PAGE_SIZE))
        wtrace_remove(v, (gpa_t){ page }, TRACE_CODE);
}

static void bt_forget(struct vmm *v, const struct forget *what)
{
    struct bt_state *b = bt_of(v);
    if (!b->units)
        return; /* still being built */
    b->resume.pc = b->resume.after_pc = TC_NONE;
    switch (what->kind) {
    case FORGET_ALL:
        tc_flush(v, FLUSH_ASKED, 0);
        break;
    case FORGET_PAGE:
        code_written(v, what->gpa, what->size);
        break;
    case FORGET_MAPPINGS:
    case FORGET_LINEAR:
        hw_event(v->hw, BT_FORGET, b->slot_count, 0, 0, 0);
        rtc_reset(v);
        chain_forget_slots(v);
        break;
    }
}

const struct engine engine_bt = {
    .id = ENGINE_BT, .name = "bt", .state_size = sizeof(struct bt_state),
    .shares_address_space = true, .init = bt_init, .can_run = run_can, .enter = run_enter,
    .trap = run_trap, .handle = bt_handle, .forget = bt_forget, .peek = run_peek,
};
