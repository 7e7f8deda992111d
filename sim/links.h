/* links.h - when links between decoded blocks stop to hold. */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H

#include <string.h>

#include "sim/machine.h"

/* Links between blocks hold for one epoch, one privilege and flat or other data segments.  The epoch changes
 * whenever a valid TLB entry that leads to code is lost, code is dropped, or CS is not flat. */
#define LINK_NEVER (~0ull)
static inline void link_key_refresh(struct hw *m)
{
    m->link_key = m->hosttlb->fetch_epoch << 2 | (m->run_flat ? 2u : 0) | (m->arch->cpl == 3);
}

static inline void links_drop(struct hw *m)
{
    memset(m->hosttlb->fetched, 0, sizeof m->hosttlb->fetched);
    m->hosttlb->fetch_epoch++;
    link_key_refresh(m);
}

/* A TLB entry was lost: links that rely on it do not hold any more. */
static inline void links_drop_index(struct hw *m, u32 index)
{
    if (m->hosttlb->fetched[index / 64] >> (index % 64) & 1)
        links_drop(m);
}

#endif
