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

/* Bytes that are all the same, as zeros are, at once; others one element, then twice as many each time. */
static void fill(u8 *to, u32 value, unsigned size, u64 n)
{
    u32 low = size == 4 ? value : size == 2 ? (u16)value * 0x10001u : (u8)value * 0x1010101u;
    if (low == (u8)value * 0x1010101u) {
        memset(to, (u8)value, n * size);
        return;
    }
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

/* Elements of seg that can be done at once from offset on. */
static u64 room_at(const struct hw *m, const struct insn *in, unsigned seg, u32 offset, u32 end)
{
    u32 la = m->segfast[seg].base + offset;
    u64 room = least(page_room(la, in->osize), segment_room(end, offset, in->osize));
    if (in->asize == 2) /* the next one stands at 0 */
        room = least(room, (0x10000 - offset) / in->osize);
    return room;
}

/* Within one page of each operand. */
static u64 piece(struct hw *m, const struct insn *in, u64 most)
{
    struct arch *c = m->arch;
    unsigned size = in->osize, asize = in->asize;
    bool movs = in->op == OP_MOVS;
    if ((c->eflags & FL_DF) || (!movs && in->op != OP_STOS))
        return 0;
    u32 di = reg_get(c, EDI, asize), si = reg_get(c, ESI, asize), count = reg_get(c, ECX, asize);
    u8 *to = uop_writable(m, ES, di, size);
    const u8 *from = movs ? uop_readable(m, in->seg, si, size) : NULL;
    if (!to || (movs && !from))
        return 0;
    u64 n = least(least(most, count), room_at(m, in, ES, di, m->segfast[ES].wr_end));
    if (movs) {
        n = least(n, room_at(m, in, in->seg, si, m->segfast[in->seg].rd_end));
        copy(to, from, size, n);
        reg_set(c, ESI, asize, si + (u32)n * size);
    } else {
        fill(to, c->reg[EAX], size, n);
    }
    reg_set(c, EDI, asize, di + (u32)n * size);
    reg_set(c, ECX, asize, count - (u32)n);
    return n;
}

u64 rep_plain(struct hw *m, const struct insn *in, u64 most)
{
    u64 done = 0, n;
    do {
        n = piece(m, in, most - done);
        done += n;
    } while (n && done < most && !m->interrupted);
    if (done && reg_get(m->arch, ECX, in->asize) == 0)
        m->arch->eip += in->len;
    m->bulk += done;
    return done;
}
