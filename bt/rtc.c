#include "bt/rtc.h"

#include "bt/chain.h"
#include "bt/event.h"
#include "bt/tc.h"
#include "bt/translate.h"

void rtc_reset(struct vmm *v)
{
    u32 *w = mem_edit(v->hw, (mpa_t){ v->s->data + GS_RTC }, 4 * RTC_SIZE);
    for (unsigned i = 0; i < RTC_SIZE; i++)
        w[i] = MON_TC + TC_MISS;
}

/* The entry goes through a confirmation block: other targets share the low byte. */
void rtc_miss(struct vmm *v)
{
    u32 eip = v->s->vcpu.arch.eip, unit;
    if (!chain_find(v, eip, true, &unit))
        return;
    u32 gpa = tc_unit(v, unit)->gpa, block = tc_find_confirm(v, eip, gpa);
    hw_event(v->hw, BT_MISS, eip, unit, 0, 0);
    if (block == TC_NONE) {
        if (!tc_room(v)) { /* nothing may be left to translate: it would miss for ever */
            tc_flush(v, FLUSH_FULL, 0);
            return;
        }
        block = translate_confirm(v, eip, gpa);
    }
    gs_write(v, GS_RTC + 4 * (eip & 0xff), MON_TC + tc_stub(v, block)->tc);
}
