#include "sim/reglog.h"

#include "sim/flags.h"
#include "sim/icache.h"
#include "sim/uop.h"

/* Blocks are built with or without the marks that write records. */
void machine_log(struct hw *m, struct reg_record *buffer, u32 count)
{
    bool was = m->log.next != NULL;
    assert(!buffer || count > 0);
    m->log = (struct reglog){ buffer, buffer, buffer ? buffer + count : NULL };
    if (was != (buffer != NULL))
        icache_drop(m);
}

u32 machine_logged(const struct hw *m)
{
    return (u32)(m->log.next - m->log.begin);
}

u32 reg_record_eflags(const struct reg_record *r)
{
    const struct lazy_flags cc = { { { r->op, r->step } }, r->dst, r->stepped, r->src };
    return (r->eflags & ~(u32)FL_ARITH) | flags_of(&cc, r->eflags);
}

/* What the host is short of here is stores; but a wide load of words just written one by one would wait for
 * them.  So: narrow loads, put together, wide stores. */
typedef u32 four_words __attribute__((vector_size(16)));

ALWAYS_INLINE void store_four(u32 *to, u32 a, u32 b, u32 c, u32 d)
{
    *(four_words *)to = (four_words){ a, b, c, d };
}

ALWAYS_INLINE void write_record(struct hw *m, const struct arch *c, u32 eip)
{
    struct reg_record *r = m->log.next;
    const volatile u32 *reg = c->reg;
    store_four(r->reg, reg[EAX], reg[ECX], reg[EDX], reg[EBX]);
    store_four(r->reg + 4, reg[ESP], reg[EBP], reg[ESI], reg[EDI]);
    store_four(&r->eip, eip, c->eflags, m->cc.op, m->cc.step);
    store_four(&r->dst, m->cc.dst, m->cc.stepped, m->cc.src, 0);
    m->log.next = r + 1;
}

void reglog_write(struct hw *m)
{
    if (m->log.next)
        write_record(m, m->arch, m->arch->eip);
}

/* The same mark sixteen times, so that the host's branch predictor knows each by its successor.  The run
 * loop's budget covers no more instructions than there is room for (machine.c). */
#define MARKS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define MARK(n) \
    static fault_t log_##n(struct hw *m, struct arch *c, const struct uop *u) \
    { \
        write_record(m, c, u->imm); \
        return uop_next(m, c, u); \
    }
MARKS(MARK)
#undef MARK

uop_fn *uop_log(unsigned place)
{
#define MARK(n) log_##n,
    static uop_fn *const marks[] = { MARKS(MARK) };
#undef MARK
    return marks[place % COUNT(marks)];
}
