/* reglog_read.c - from the stream of changes to records: the reader's half.
 *
 * The state stays in four host vectors: a step replaces the lanes that its rows name. */
#include "sim/reglog_impl.h"

typedef u32 four __attribute__((vector_size(16)));
typedef u64 pair __attribute__((vector_size(16)));

#define ALL 0xffffffffu
#define REG(n) [1 + (n)] = { { [n] = ALL } }
const struct log_reg_row reglog_reg_row[9] = {
    REG(EAX), REG(ECX), REG(EDX), REG(EBX), REG(ESP), REG(EBP), REG(ESI), REG(EDI),
};
/* Lanes: EIP EFLAGS op step, and dst stepped src. */
#define OP(op) { { 0, ALL, 0, 0 }, { 0, 0, op, 0 }, { ALL, 0, ALL, 0 }, { 0 } }
#define STEP(step) { { 0, ALL, ALL, 0 }, { 0, 0, 0, step }, { 0, ALL, 0, 0 }, { 0 } }
#define SIZES(kind, row, what) [kind] = row(what), [kind + 1] = row((what) + 1), [kind + 2] = row((what) + 2)
const struct log_flags_row reglog_flags_row[LOG_FLAGS_KINDS] = {
    [LOG_NO_FLAGS] = { { 0, ALL, ALL, ALL }, { 0 }, { 0 }, { 0 } },
    SIZES(LOG_ADD, OP, CC_ADD), SIZES(LOG_SUB, OP, CC_SUB), SIZES(LOG_LOGIC, OP, CC_LOGIC),
    SIZES(LOG_RAW, OP, CC_RAW), SIZES(LOG_INC, STEP, CC_INC), SIZES(LOG_DEC, STEP, CC_DEC),
};

struct state { four low, high, flags, lazy; }; /* struct reg_record, EIP 0 */

ALWAYS_INLINE four load(const u32 *at)
{
    four v;
    memcpy(&v, at, sizeof v);
    return v;
}

ALWAYS_INLINE struct state load_state(const u32 *at)
{
    return (struct state){ load(at), load(at + 4), load(at + 8) & (four){ 0, ALL, ALL, ALL }, load(at + 12) };
}

ALWAYS_INLINE void put_record(struct reg_record *out, const struct state *s, u32 eip)
{
    four *to = (four *)out;
    to[0] = s->low;
    to[1] = s->high;
    to[2] = s->flags | (four){ eip, 0, 0, 0 };
    to[3] = s->lazy;
}

/* Lanes of mask from b, others from a. */
ALWAYS_INLINE four chosen(four a, four b, const u32 *mask)
{
    return a ^ ((a ^ b) & *(const four *)mask);
}

ALWAYS_INLINE void take_register(struct state *s, u32 row, four a)
{
    const struct log_reg_row *r = (const void *)((const u8 *)reglog_reg_row + row);
    s->low = chosen(s->low, a, r->mask);
    s->high = chosen(s->high, a, r->mask + 4);
}

ALWAYS_INLINE void take_flags(struct state *s, u32 row, four aab)
{
    const struct log_flags_row *r = (const void *)((const u8 *)reglog_flags_row + row);
    s->flags = (s->flags & *(const four *)r->keep) | *(const four *)r->set;
    s->lazy = chosen(s->lazy, aab, r->mask);
}

ALWAYS_INLINE void take_changes(struct state *s, const struct log_step *step, const u8 *at)
{
    u64 both;
    memcpy(&both, at + step->from, sizeof both);
    four ab = (four)(pair){ both, 0 };
    if (step->reg)
        take_register(s, step->reg, __builtin_shufflevector(ab, ab, 0, 0, 0, 0));
    if (step->flags)
        take_flags(s, step->flags, __builtin_shufflevector(ab, ab, 0, 0, 1, 1));
    s->high += (four){ step->add, 0, 0, 0 };
}

/* The steps of one block; *out moves on by their records. */
ALWAYS_INLINE void read_block(struct state *state, const struct log_step *s, u32 count, const u32 *payload,
                                    struct reg_record **out)
{
    struct state now = *state;
    const u8 *at = (const u8 *)payload;
    u8 *to = (u8 *)*out;
    for (const struct log_step *end = s + count; s < end; s++) {
        if (s->record)
            put_record((struct reg_record *)to, &now, s->eip);
        to += s->record;
        if (unlikely(s->how == LOG_STATE))
            now = load_state((const u32 *)at);
        else
            take_changes(&now, s, at);
        at += s->bytes;
    }
    *state = now;
    *out = (struct reg_record *)to;
}

static bool same_selectors(const struct reglog *log, const u32 *state)
{
    return memcmp(log->sel, state + LOG_RECORD, sizeof log->sel) == 0;
}

/* What is no block. */
static const u32 *read_mark(struct reglog *log, struct state *s, const u32 *at, struct reg_record **out)
{
    u32 mark = at[2];
    const u32 *state = at + LOG_HEAD;
    if (mark == LOG_END)
        return state;
    memcpy(log->sel, state + LOG_RECORD, sizeof log->sel);
    *s = load_state(state);
    if (mark == LOG_ONE)
        put_record((*out)++, s, state[8]);
    return state + LOG_RECORD + LOG_SELECTORS;
}

u32 reglog_read(struct hw *m, struct reg_record *out, u32 max)
{
    assert(m->log.to && max >= REGLOG_READ_MIN);
    struct reglog *log = m->log.to;
    struct state s = load_state(log->now.reg);
    struct reg_record *first = out, *last = out + (max - REGLOG_READ_MIN);
    const u32 *at = log->read, *end = m->log.next;
    while (at < end && out <= last) {
        u32 what = at[2], count = log_steps(what);
        if (count) {
            read_block(&s, &log->step[log_first(what)], count, at + LOG_HEAD, &out);
            at += log_words(what);
        } else {
            if (what != LOG_END && out != first && !same_selectors(log, at + LOG_HEAD))
                break;
            at = read_mark(log, &s, at, &out);
        }
    }
    put_record(&log->now, &s, 0);
    log->read = at;
    if (at == end)
        reglog_rewind(m);
    return (u32)(out - first);
}
