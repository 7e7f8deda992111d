/* links.h - when links between decoded blocks hold.
 *
 * A link holds for one epoch, one privilege, one mode (RUN_) and one base and limit of CS: that is its key.
 *
 *   63        13 12   8 7 6    4 3  1 0
 *  |  epoch     | code | 0      |mode|user|     code: 0 flat, else its place in code_seen + 1
 *
 * A new epoch begins whenever a valid TLB entry that leads to code is lost; then links pause, because what
 * they lead to must be fetched anew.  Within the page of the running block that fetch needs no walk, and such
 * a link goes on (icache_relink).  When code is dropped, or code_seen has another segment, links end. */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H

#include <string.h>

#include "sim/machine.h"

enum { LINK_EPOCH_SHIFT = 13 };
#define LINK_NEVER (~0ull)

static inline void link_key_refresh(struct hw *m)
{
    u32 mode = (u32)m->code_at << 8 | m->run_mode << 1 | (m->arch->cpl == 3);
    m->link_key = m->hosttlb->fetch_epoch << LINK_EPOCH_SHIFT | mode;
}

/* Was `key` the machine's in an epoch whose links have not ended? */
static inline bool link_key_may_return(const struct hw *m, u64 key)
{
    return key != LINK_NEVER && key >> LINK_EPOCH_SHIFT >= m->hosttlb->link_epoch &&
           !((key ^ m->link_key) & ((1u << LINK_EPOCH_SHIFT) - 1));
}

static inline void links_pause(struct hw *m)
{
    memset(m->hosttlb->fetched, 0, sizeof m->hosttlb->fetched);
    m->hosttlb->fetch_epoch++;
    link_key_refresh(m);
}

/* A TLB entry was lost: links that rely on it do not hold any more. */
static inline void links_pause_index(struct hw *m, u32 index)
{
    if (m->hosttlb->fetched[index / 64] >> (index % 64) & 1)
        links_pause(m);
}

static inline void links_end(struct hw *m)
{
    links_pause(m);
    m->hosttlb->link_epoch = m->hosttlb->fetch_epoch;
}

#endif
