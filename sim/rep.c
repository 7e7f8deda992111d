#include "sim/rep.h"

#include <string.h>

#include "sim/uop_mem.h"

static u32 page_room(u32 la, unsigned size) { return (PAGE_SIZE - (la & (PAGE_SIZE - 1))) / size; }

/* Elements that lie below the segment's fast end, from offset on. */
static u64 segment_room(u32 end, u32 offset, unsigned size)
{
    return offset < end ? (end - offset) / size : 0;
}

static u64 least(u64 a, u64 b) { return a < b ? a : b; }

/* One element, then twice as many each time. */
static void fill(u8 *to, u32 value, unsigned size, u64 n)
{
    if (n)
        host_store(to, size, value);
    for (u64 done = size; done < n * size; done *= 2)
        memcpy(to + done, to, least(done, n * size - done));
}

/* Element by element, ascending: an overlap copies what was just written. */
static void copy(u8 *to, const u8 *from, unsigned size, u64 n)
{
    if (to + n * size <= from || from + n * size <= to || to <= from) {
        memmove(to, from, n * size);
        return;
    }
    for (u64 i = 0; i < n; i++)
        host_store(to + i * size, size, host_load(from + i * size, size));
}

u64 rep_plain(struct hw *m, const struct insn *in, u64 most)
{
    struct arch *c = m->arch;
    unsigned size = in->osize;
    bool movs = in->op == OP_MOVS;
    if (in->asize != 4 || (c->eflags & FL_DF) || (!movs && in->op != OP_STOS))
        return 0;
    u8 *to = uop_writable(m, ES, c->reg[EDI], size);
    const u8 *from = movs ? uop_readable(m, in->seg, c->reg[ESI], size) : NULL;
    if (!to || (movs && !from))
        return 0;
    u64 n = least(least(most, c->reg[ECX]), page_room(m->segfast[ES].base + c->reg[EDI], size));
    n = least(n, segment_room(m->segfast[ES].wr_end, c->reg[EDI], size));
    if (movs) {
        n = least(n, page_room(m->segfast[in->seg].base + c->reg[ESI], size));
        n = least(n, segment_room(m->segfast[in->seg].rd_end, c->reg[ESI], size));
        copy(to, from, size, n);
        c->reg[ESI] += (u32)n * size;
    } else {
        fill(to, c->reg[EAX], size, n);
    }
    c->reg[EDI] += (u32)n * size;
    c->reg[ECX] -= (u32)n;
    if (n && c->reg[ECX] == 0)
        c->eip += in->len;
    return n;
}
