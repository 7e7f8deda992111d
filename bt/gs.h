/* gs.h - the monitor's side of the data that emitted code reaches through %gs (layout.h). */
#ifndef BT_GS_H
#define BT_GS_H

#include "bt/layout.h"
#include "vmm/vmm.h"

static inline u32 gs_read(const struct vmm *v, u32 at)
{
    return mem_read32(v->hw, (mpa_t){ v->s->data + at });
}

static inline void gs_write(struct vmm *v, u32 at, u32 value)
{
    mem_write32(v->hw, (mpa_t){ v->s->data + at }, value);
}

static inline bool gs_vif(const struct vmm *v)
{
    return (gs_read(v, GS_VIF) & 0xff) != 0;
}

/* The virtual IF as it was before the last sti in the cache. */
static inline bool gs_vif_before_sti(const struct vmm *v)
{
    return (gs_read(v, GS_VIF) >> 8 * GS_VIF_PREV & 0xff) != 0;
}

static inline void gs_set_vif(struct vmm *v, bool on)
{
    *(u8 *)mem_edit(v->hw, (mpa_t){ v->s->data + GS_VIF }, 1) = on;
}

#endif
