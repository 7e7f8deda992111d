/* links.h - when links between decoded blocks stop to hold. */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H

#include <string.h>

#include "sim/machine.h"

/* Links between blocks hold for one epoch, one privilege, one mode (RUN_) and one base and limit of CS.  The
 * epoch changes whenever a valid TLB entry that leads to code is lost, or code is dropped.
 *
 *   63        13 12   8 7 6    4 3  1 0
 *  |  epoch     | code | 0      |mode|user|     code: 0 flat, else its place in code_seen + 1
 */
#define LINK_NEVER (~0ull)
static inline void link_key_refresh(struct hw *m)
{
    u32 user = m->arch->cpl == 3;
    m->link_key = m->hosttlb->fetch_epoch << 13 | (u64)m->code_at << 8 | m->run_mode << 1 | user;
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
