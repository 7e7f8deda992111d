#include "sim/api/debug.h"

enum { RW_EXECUTE, RW_WRITE, RW_IO, RW_ACCESS };

static bool is_enabled(u32 dr7, unsigned n) { return dr7 >> (2 * n) & 3; }
static unsigned rw_of(u32 dr7, unsigned n) { return dr7 >> (16 + 4 * n) & 3; }

/* The address bits that LEN makes a breakpoint ignore (17.2.5). */
static u32 span_of(u32 dr7, unsigned n)
{
    static const u8 span[4] = { 0, 1, 7, 3 };
    return span[dr7 >> (18 + 4 * n) & 3];
}

static bool meets(const struct arch *s, unsigned n, u32 first, unsigned size)
{
    u32 span = span_of(s->dr[7], n), start = s->dr[n] & ~span;
    return first - start <= span || start - first < size; /* one begins within the other */
}

u32 debug_code_hits(const struct arch *s)
{
    u32 la = s->seg[CS].base + s->eip, hits = 0;
    if (!debug_armed(s) || (s->eflags & FL_RF) || (s->shadow & SHADOW_MOV_SS))
        return 0;
    for (unsigned n = 0; n < 4; n++)
        if (is_enabled(s->dr[7], n) && rw_of(s->dr[7], n) == RW_EXECUTE && s->dr[n] == la)
            hits |= BIT(n);
    return hits;
}

u32 debug_data_hits(const struct arch *s, u32 la, unsigned size, bool write)
{
    u32 hits = 0;
    for (unsigned n = 0; n < 4; n++) {
        unsigned rw = rw_of(s->dr[7], n);
        bool wanted = rw == RW_ACCESS || (rw == RW_WRITE && write);
        if (is_enabled(s->dr[7], n) && wanted && meets(s, n, la, size))
            hits |= BIT(n);
    }
    return hits;
}

u32 debug_io_hits(const struct arch *s, u16 port, unsigned size)
{
    u32 hits = 0;
    if (!(s->cr4 & CR4_DE))
        return 0;
    for (unsigned n = 0; n < 4; n++)
        if (is_enabled(s->dr[7], n) && rw_of(s->dr[7], n) == RW_IO && meets(s, n, port, size))
            hits |= BIT(n);
    return hits;
}

void debug_branch(struct arch *s, u32 from)
{
    if (!(s->debugctl & DEBUGCTL_LBR))
        return;
    s->branch_from = from;
    s->branch_to = s->eip;
}

void debug_event(struct arch *s, u32 from)
{
    if (!(s->debugctl & DEBUGCTL_LBR))
        return;
    s->exception_from = s->branch_from;
    s->exception_to = s->branch_to;
    debug_branch(s, from);
}

void debug_report(struct arch *s, u32 bits)
{
    s->dr[6] = (s->dr[6] & ~DR6_B) | bits;
}
