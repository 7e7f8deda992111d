#include "sim/api/desc.h"

/* SDM 3A 3.4.5: with G set the limit counts 4 KB units and its low 12 bits are ones. */
struct seg desc_unpack(u16 sel, u32 lo, u32 hi)
{
    u32 limit = (lo & 0xffff) | (hi & 0xf0000);
    struct seg s = {
        .sel = sel,
        .ar = hi >> 8 & 0xf0ff,
        .base = lo >> 16 | (hi & 0xff) << 16 | (hi & 0xff000000u),
    };
    s.limit = s.ar & AR_G ? limit << 12 | 0xfff : limit;
    return s;
}

void desc_pack(const struct seg *s, u32 *lo, u32 *hi)
{
    u32 limit = s->ar & AR_G ? s->limit >> 12 : s->limit;

    *lo = s->base << 16 | (limit & 0xffff);
    *hi = (s->base & 0xff000000u) | (s->base >> 16 & 0xff) | (s->ar & 0xf0ff) << 8 |
          (limit & 0xf0000);
}

struct gate gate_unpack(u32 lo, u32 hi)
{
    return (struct gate){
        .sel = (u16)(lo >> 16),
        .type = hi >> 8 & 15,
        .dpl = hi >> 13 & 3,
        .present = hi >> 15 & 1,
        .count = hi & 31,
        .offset = (lo & 0xffff) | (hi & 0xffff0000u),
    };
}

void gate_pack(const struct gate *g, u32 *lo, u32 *hi)
{
    *lo = (u32)g->sel << 16 | (g->offset & 0xffff);
    *hi = (g->offset & 0xffff0000u) | (u32)g->present << 15 | (u32)g->dpl << 13 |
          (u32)g->type << 8 | g->count;
}
