/* perf.c - see perf.h. */
#include "sim/dev/perf.h"

#include "sim/api/arch.h"
#include "sim/dev/platform.h"

#define FULL (1ull << 40)

/* Once a tick: INV means below CMASK, else it is reached. */
static bool passes(u32 select)
{
    unsigned cmask = select >> 24;
    if (select & EVTSEL_EDGE)
        return false;
    return cmask <= 1 ? !cmask || !(select & EVTSEL_INVERT) : (select & EVTSEL_INVERT) != 0;
}

static bool has_event(u32 select)
{
    unsigned event = select & 0xff;
    return (event == EVENT_INST_RETIRED || event == EVENT_CPU_CLK_UNHALTED) && passes(select);
}

static bool counts(const struct perf *c, unsigned n)
{
    u32 select = c->select[n];
    return perf_is_on(c) && (select & (c->user ? EVTSEL_USR : EVTSEL_OS)) && has_event(select);
}

bool perf_minds_rings(const struct perf *c)
{
    for (unsigned n = 0; n < PERF_COUNTERS; n++)
        if (!(c->select[n] & EVTSEL_USR) != !(c->select[n] & EVTSEL_OS) && has_event(c->select[n]))
            return true;
    return false;
}

static u64 passed(const struct perf *c, unsigned n, u64 now)
{
    return counts(c, n) && now > c->since ? now - c->since : 0;
}

u64 perf_read(const struct perf *c, unsigned n, u64 now)
{
    return (c->value[n] + passed(c, n, now)) & (FULL - 1);
}

bool perf_advance(struct perf *c, u64 now)
{
    bool tells = false;
    if (!perf_is_on(c) || now <= c->since)
        return false;
    for (unsigned n = 0; n < PERF_COUNTERS; n++) {
        u64 value = c->value[n] + passed(c, n, now);
        tells |= value >= FULL && (c->select[n] & EVTSEL_INT);
        c->value[n] = value & (FULL - 1);
    }
    c->since = now;
    return tells;
}

void perf_write(struct perf *c, unsigned n, u64 value)
{
    c->value[n] = (value & BIT(31) ? 0xff00000000ull : 0) | (u32)value;
}

/* It is written at CPL 0. */
bool perf_select(struct perf *c, unsigned n, u64 now, u64 value)
{
    if (value >> 32 || (value & (n ? EVTSEL_RESERVED | EVTSEL_ENABLE : EVTSEL_RESERVED)))
        return false;
    c->select[n] = (u32)value;
    c->since = now;
    c->user = 0;
    return true;
}

u64 perf_next(const struct perf *c)
{
    u64 first = TIME_NEVER;
    for (unsigned n = 0; n < PERF_COUNTERS; n++) {
        u64 at = c->since + (FULL - c->value[n]);
        if ((c->select[n] & EVTSEL_INT) && counts(c, n) && at < first)
            first = at;
    }
    return first;
}
