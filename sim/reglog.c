#include "sim/reglog_impl.h"

#include "sim/icache.h"

/* ---- the reader's side of the machine ---- */

bool reglog_steps_full(const struct hw *m)
{
    return m->log.to->step_count + LOG_FIRST_UNIT + LOG_BLOCK_STEPS > REGLOG_STEPS;
}

void reglog_rewind(struct hw *m)
{
    struct reglog *log = m->log.to;
    log->read = m->log.at = m->log.next = log->word;
    if (!reglog_steps_full(m))
        return;
    icache_drop(m); /* all that the steps are of */
    log->step_count = 0;
}

/* Blocks are built with or without the marks that write. */
void machine_log(struct hw *m, struct reglog *log)
{
    icache_drop(m);
    m->log = (struct log_at){ .to = log };
    if (!log)
        return;
    if (log->limit < LOG_WORST || log->limit > REGLOG_WORDS / 2)
        log->limit = REGLOG_WORDS / 2;
    log->step_count = 0;
    reglog_rewind(m);
}

u32 reg_record_eflags(const struct reg_record *r)
{
    const struct lazy_flags cc = { { { r->op, r->step } }, r->dst, r->stepped, r->src };
    return (r->eflags & ~(u32)FL_ARITH) | flags_of(&cc, r->eflags);
}

u64 reglog_room(const struct hw *m)
{
    const struct reglog *log = m->log.to;
    return (u64)(log->word + 2 * log->limit - m->log.next) / LOG_WORST;
}

bool reglog_is_full(const struct hw *m)
{
    return m->log.next > m->log.to->word + m->log.to->limit || reglog_steps_full(m);
}

/* ---- states ---- */

ALWAYS_INLINE void put_state(u32 *to, const struct hw *m, u32 eip)
{
    const struct arch *c = m->arch;
    for (unsigned i = 0; i < 8; i++)
        to[i] = c->reg[i];
    to[8] = eip;
    to[9] = c->eflags;
    to[10] = m->cc.op;
    to[11] = m->cc.step;
    to[12] = m->cc.dst;
    to[13] = m->cc.stepped;
    to[14] = m->cc.src;
    to[15] = 0;
}

/* The lazy flags as they are, before anything else of the machine changes. */
ALWAYS_INLINE void put_head(struct hw *m, u32 *at, u32 what)
{
    at[0] = m->cc.dst;
    at[1] = m->cc.src;
    at[2] = what;
    at[3] = m->cc.stepped;
    m->log.at = at;
}

static void put_marked_state(struct hw *m, enum log_mark mark, u32 eip)
{
    u32 *to = m->log.next + LOG_HEAD;
    put_head(m, m->log.next, mark);
    put_state(to, m, eip);
    for (unsigned i = 0; i < SREG_COUNT; i += 2)
        to[LOG_RECORD + i / 2] = m->arch->seg[i].sel | (u32)m->arch->seg[i + 1].sel << 16;
    m->log.next = to + LOG_RECORD + LOG_SELECTORS;
}

void reglog_write(struct hw *m)
{
    if (m->log.to)
        put_marked_state(m, LOG_ONE, m->arch->eip);
}

void reglog_sync(struct hw *m)
{
    if (m->log.to)
        put_marked_state(m, LOG_SYNC, 0);
}

void reglog_leave(struct hw *m)
{
    if (!m->log.to)
        return;
    put_head(m, m->log.next, LOG_END);
    m->log.next += LOG_HEAD;
}

/* ---- blocks ---- */

static fault_t log_reg(struct hw *m, struct arch *c, const struct uop *u)
{
    m->log.at[u->disp] = c->reg[u->dst];
    return uop_next(m, c, u);
}

static fault_t log_reg_src(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 *to = m->log.at + u->disp;
    to[0] = c->reg[u->dst];
    to[1] = m->cc.src;
    return uop_next(m, c, u);
}

static fault_t log_flags(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 *to = m->log.at + u->disp;
    to[0] = m->cc.dst;
    to[1] = m->cc.src;
    return uop_next(m, c, u);
}

static fault_t log_stepped(struct hw *m, struct arch *c, const struct uop *u)
{
    m->log.at[u->disp] = m->cc.stepped;
    return uop_next(m, c, u);
}

static fault_t log_state(struct hw *m, struct arch *c, const struct uop *u)
{
    put_state(m->log.at + u->disp, m, 0);
    return uop_next(m, c, u);
}

static fault_t log_count(struct hw *m, struct arch *c, const struct uop *u)
{
    m->log.at[u->disp] = c->reg[ECX] - 1;
    return uop_next(m, c, u);
}

static uop_fn *const marks[LOG_HOW_COUNT] = {
    [LOG_REG] = log_reg, [LOG_REG_SRC] = log_reg_src, [LOG_FLAGS] = log_flags, [LOG_STEPPED] = log_stepped,
    [LOG_STATE] = log_state, [LOG_COUNT] = log_count,
};

/* The number of a step's register; none: 0. */
static u8 register_of(const struct log_step *s)
{
    return s->reg ? (u8)(s->reg / sizeof(struct log_reg_row) - 1) : 0;
}

u32 reglog_add(struct hw *m, struct log_block *b, const struct uop_made *made, u32 eip,
               struct uop mark[LOG_STEPS_MAX])
{
    struct reglog *log = m->log.to;
    struct log_step *s = &log->step[log->step_count];
    u32 n = reglog_plan(&made->in, made->u, b->mode, s), count = 0;
    for (u32 i = 0; i < n; i++) {
        s[i].eip = eip;
        s[i].record = i ? 0 : sizeof(struct reg_record);
        if (s[i].how != LOG_NOTHING)
            mark[count++] = (struct uop){ .exec = marks[s[i].how], .dst = register_of(&s[i]),
                                          .disp = b->words };
        b->words += s[i].bytes / 4u;
    }
    log->step_count += n;
    return count;
}

void reglog_fuse(struct hw *m, struct log_block *b)
{
    struct log_step *s = &m->log.to->step[m->log.to->step_count - 1];
    b->words -= s->bytes / 4u;
    s->from = s->how == LOG_FLAGS ? 0 : 3 * 4; /* dst and src, or stepped, of the next head */
    s->how = LOG_NOTHING;
    s->bytes = 0;
}

static fault_t enter(struct hw *m, struct arch *c, const struct uop *u)
{
    u32 *at = m->log.next;
    put_head(m, at, u->imm);
    m->log.next = at + u->disp;
    return uop_next(m, c, u);
}

struct uop reglog_begin(struct hw *m, unsigned mode, struct log_block *b)
{
    u32 *count = &m->log.to->step_count;
    *count = (*count + LOG_FIRST_UNIT - 1) / LOG_FIRST_UNIT * LOG_FIRST_UNIT;
    *b = (struct log_block){ *count, LOG_HEAD, mode };
    return (struct uop){ .exec = enter };
}

void reglog_end(const struct hw *m, const struct log_block *b, struct uop *entry)
{
    entry->imm = log_block_of(b->first, m->log.to->step_count - b->first, b->words);
    entry->disp = b->words;
}

/* ---- a block that was left ---- */

static fault_t stop(struct hw *m, struct arch *c, const struct uop *u)
{
    (void)m, (void)c, (void)u;
    return FAULT_NONE;
}

/* What its mark would have written. */
static void put_payload(struct hw *m, const struct log_step *s, u32 *to)
{
    const struct uop mark[2] = { { .dst = register_of(s), .disp = (u32)(to - m->log.at) },
                                 { .exec = stop } };
    if (s->how != LOG_NOTHING)
        (void)marks[s->how](m, m->arch, mark);
}

/* Its instructions before u were done, but the mark of the last of them may have been cut off with the rest
 * of the block (icache_cut).  What that one changed is not yet changed by others. */
void reglog_cut(struct hw *m, const struct uop *u, bool faulted)
{
    const struct uop *entry = m->run_entry;
    const struct log_step *first = &m->log.to->step[log_first(entry->imm)], *s = first;
    const struct log_step *end = first + log_steps(entry->imm);
    u32 *to = m->log.at + LOG_HEAD, done = u->idx + 0u, begun = 0;
    for (; s < end; s++) {
        begun += s->record != 0;
        if (begun > done + faulted)
            break;
        if (begun == done)
            put_payload(m, s, to);
        to += s->bytes / 4u;
    }
    u32 steps = (u32)(s - first), words = (u32)(to - m->log.at);
    m->log.at[2] = steps ? log_block_of(log_first(entry->imm), steps, words) : LOG_END;
    m->log.next = to;
}
