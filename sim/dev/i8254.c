/* i8254.c - see i8254.h.  "Datasheet" is Intel's 8254, order number 231164.
 *
 * With N the count and k the clocks since it was loaded (datasheet, "Mode definitions"):
 *
 *   mode   OUT                                         the count reads
 *   0, 1   low for k < N, then high                    N - k, wrapping
 *   2      low when k mod N = N - 1                    N - k mod N
 *   3      high for the first (N + 1) / 2 of each N    down by two from N, odd N from N - 1
 *   4, 5   low when k = N                              N - k, wrapping
 *
 * N = 1 is illegal in modes 2 and 3; here OUT then stays high. */
#include "sim/dev/i8254.h"

#include "sim/dev/platform.h"

static u64 clock_of(u64 now)
{
    return now / TICKS_PER_PIT_CLOCK;
}

static bool is_periodic(const struct i8254_counter *c)
{
    return c->mode == 2 || c->mode == 3;
}

/* Modes 1 and 5 are started by a rising gate and do not look at its level. */
static bool is_triggered(const struct i8254_counter *c)
{
    return c->mode == 1 || c->mode == 5;
}

static unsigned rw_of(const struct i8254_counter *c) { return c->control >> 4; }

static u32 modulus(const struct i8254_counter *c)
{
    return c->bcd ? 10000 : 65536;
}

static u32 high_part(u32 n)
{
    return (n + 1) / 2;
}

/* Clocks counted since the load. */
static u64 counted(const struct i8254_counter *c, u64 clock)
{
    return (u64)(c->state == PIT_FROZEN ? c->base : (s64)clock - c->base);
}

static bool out_level(const struct i8254_counter *c, u64 clock)
{
    u64 k = counted(c, clock), n = c->count;
    if (c->state == PIT_IDLE)
        return c->mode != 0;
    if (c->state == PIT_FROZEN && is_periodic(c))
        return true;
    switch (c->mode) {
    case 0:
    case 1:
        return k >= n;
    case 2:
        return n == 1 || k % n != n - 1;
    case 3:
        return k % n < high_part(c->count);
    default:
        return k != n;
    }
}

/* The counting element in binary. */
static u32 element(const struct i8254_counter *c, u64 clock)
{
    u64 k = counted(c, clock);
    u32 n = c->count, phase = (u32)(k % n);
    if (c->mode == 2)
        return n - phase;
    if (c->mode == 3) {
        if (phase >= high_part(n))
            phase -= high_part(n);
        return (n & ~1u) - 2 * phase;
    }
    return (n + modulus(c) - (u32)(k % modulus(c))) % modulus(c);
}

static u16 to_bcd(u32 value)
{
    return (u16)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8
                 | value / 1000 % 10 << 12);
}

static u32 from_bcd(u16 value)
{
    return (value & 15u) + (value >> 4 & 15u) * 10 + (value >> 8 & 15u) * 100
           + (value >> 12) * 1000u;
}

static u16 count_of(const struct i8254_counter *c, u64 clock)
{
    if (c->state == PIT_IDLE)
        return c->held;
    u32 value = element(c, clock);
    return c->bcd ? to_bcd(value) : (u16)value;
}

/* At load_at the count register becomes the count.  A running mode 3 loads at the end of a
 * half-period and goes on with the other half: one that starts low began a high part ago. */
static void load(struct i8254_counter *c)
{
    bool low = c->mode == 3 && c->state == PIT_RUNNING && !out_level(c, c->load_at);
    bool runs = c->gate || is_triggered(c);
    c->count = c->cr;
    c->null_count = 0;
    c->held = 0;
    c->state = runs ? PIT_RUNNING : PIT_FROZEN;
    c->base = runs ? (s64)c->load_at : 0;
    if (low)
        c->base -= high_part(c->count);
    c->load_at = TIME_NEVER;
}

static void settle(struct i8254_counter *c, u64 clock)
{
    if (clock >= c->load_at)
        load(c);
}

void i8254_advance(struct i8254 *pit, u64 now)
{
    for (unsigned i = 0; i < COUNT(pit->counter); i++)
        settle(&pit->counter[i], clock_of(now));
}

void i8254_reset(struct i8254 *pit)
{
    for (unsigned i = 0; i < COUNT(pit->counter); i++)
        pit->counter[i] = (struct i8254_counter){
            .load_at = TIME_NEVER, .mode = 3, .control = 3 << 4 | 3 << 1, .gate = i != 2,
        };
}

/* Counting stops and OUT takes the mode's initial level; the count stays to be read. */
static void make_idle(struct i8254_counter *c, u64 clock)
{
    c->held = count_of(c, clock);
    c->state = PIT_IDLE;
    c->base = 0;
    c->count = 0;
    c->load_at = TIME_NEVER;
}

static void latch_count(struct i8254_counter *c, u64 clock)
{
    if (c->latched)
        return; /* datasheet: a second latch before the first is read is ignored */
    c->latch = count_of(c, clock);
    c->latched = rw_of(c) == 3 ? 2 : 1;
    c->read_high = 0;
}

static void latch_status(struct i8254_counter *c, u64 clock)
{
    if (c->status_latched)
        return;
    u8 out = out_level(c, clock) ? PIT_STATUS_OUT : 0;
    u8 null = c->null_count ? PIT_STATUS_NULL : 0;
    c->status = (u8)(out | null | c->control);
    c->status_latched = 1;
}

static void read_back(struct i8254 *pit, u64 clock, u8 value)
{
    for (unsigned i = 0; i < COUNT(pit->counter); i++) {
        if (!(value & 2u << i))
            continue;
        if (!(value & PIT_READBACK_NO_COUNT))
            latch_count(&pit->counter[i], clock);
        if (!(value & PIT_READBACK_NO_STATUS))
            latch_status(&pit->counter[i], clock);
    }
}

void i8254_write_control(struct i8254 *pit, u64 now, u8 value)
{
    unsigned select = value >> 6, rw = value >> 4 & 3, mode = value >> 1 & 7;
    u64 clock = clock_of(now);
    if (select == 3) {
        read_back(pit, clock, value);
        return;
    }
    struct i8254_counter *c = &pit->counter[select];
    if (rw == 0) {
        latch_count(c, clock);
        return;
    }
    make_idle(c, clock);
    c->mode = (u8)(mode > 5 ? mode - 4 : mode); /* x10 and x11: the high bit is not decoded */
    c->bcd = value & PIT_BCD;
    c->control = value & PIT_CONTROL;
    c->cr = 0;
    c->null_count = 1;
    c->write_high = c->write_low = c->read_high = c->latched = c->status_latched = 0;
    c->latch = c->status = 0;
}

/* Where a running mode 2 or 3 takes a new count. */
static u64 end_of_part(const struct i8254_counter *c, u64 clock)
{
    u64 k = counted(c, clock), phase = k % c->count;
    u32 part = c->mode == 3 && phase < high_part(c->count) ? high_part(c->count) : c->count;
    return clock - phase + part;
}

static void set_count(struct i8254_counter *c, u64 clock, u16 value)
{
    u32 n = c->bcd ? from_bcd(value) % 10000 : value;
    c->cr = n ? n : modulus(c);
    c->null_count = 1;
    if (is_triggered(c))
        return;
    if (!is_periodic(c) || c->state == PIT_IDLE)
        c->load_at = clock + 1;
    else if (c->state == PIT_RUNNING)
        c->load_at = end_of_part(c, clock);
}

void i8254_write(struct i8254 *pit, u64 now, unsigned n, u8 value)
{
    struct i8254_counter *c = &pit->counter[n];
    u64 clock = clock_of(now);
    if (c->mode == 0) /* OUT falls at once, and nothing counts until the count is complete */
        make_idle(c, clock);
    if (rw_of(c) == 3 && !c->write_high) {
        c->write_low = value;
        c->write_high = 1;
        return;
    }
    u16 whole = rw_of(c) == 1 ? value : (u16)(value << 8 | c->write_low);
    c->write_high = c->write_low = 0;
    set_count(c, clock, whole);
}

u8 i8254_read(struct i8254 *pit, u64 now, unsigned n)
{
    struct i8254_counter *c = &pit->counter[n];
    if (c->status_latched) {
        c->status_latched = 0;
        return c->status;
    }
    u16 value = c->latched ? c->latch : count_of(c, clock_of(now));
    bool high = rw_of(c) == 2 || (rw_of(c) == 3 && c->read_high);
    if (rw_of(c) == 3)
        c->read_high ^= 1;
    if (c->latched)
        c->latched--;
    return (u8)(high ? value >> 8 : value);
}

static void gate_rises(struct i8254_counter *c, u64 clock)
{
    bool starts = is_triggered(c) || (is_periodic(c) && c->state == PIT_FROZEN);
    if (starts && c->cr) {
        c->load_at = clock + 1;
    } else if (c->state == PIT_FROZEN) {
        c->base = (s64)clock - c->base;
        c->state = PIT_RUNNING;
    }
}

static void gate_falls(struct i8254_counter *c, u64 clock)
{
    if (is_triggered(c) || c->state != PIT_RUNNING)
        return;
    if (is_periodic(c)) /* the period never ends now: the next trigger loads */
        c->load_at = TIME_NEVER;
    c->base = (s64)counted(c, clock);
    c->state = PIT_FROZEN;
}

void i8254_gate(struct i8254 *pit, u64 now, unsigned n, bool level)
{
    struct i8254_counter *c = &pit->counter[n];
    if (level == c->gate)
        return;
    c->gate = level;
    if (level)
        gate_rises(c, clock_of(now));
    else
        gate_falls(c, clock_of(now));
}

bool i8254_out(const struct i8254 *pit, u64 now, unsigned n)
{
    return out_level(&pit->counter[n], clock_of(now));
}

u16 i8254_count(const struct i8254 *pit, u64 now, unsigned n)
{
    return count_of(&pit->counter[n], clock_of(now));
}

/* The first k' > k at which OUT rises (falls), were this count never replaced; 0: never. */
static u64 edge_after(const struct i8254_counter *c, u64 k, bool level)
{
    u64 n = c->count, start = k - k % n, at;
    switch (c->mode) {
    case 0:
    case 1:
        return level && k < n ? n : 0;
    case 2:
    case 3:
        if (n == 1)
            return 0;
        if (level)
            return start + n;
        at = start + (c->mode == 2 ? n - 1 : high_part(c->count));
        return at > k ? at : at + n;
    default:
        at = level ? n + 1 : n;
        return k < at ? at : 0;
    }
}

static u64 next_edge(const struct i8254_counter *c, u64 clock, bool level)
{
    u64 at = TIME_NEVER;
    if (c->state == PIT_RUNNING) {
        u64 k = edge_after(c, counted(c, clock), level);
        if (k)
            at = (u64)(c->base + (s64)k);
    }
    if (at < c->load_at || c->load_at == TIME_NEVER)
        return at;
    struct i8254_counter next = *c; /* the count is replaced before that */
    load(&next);
    if (out_level(&next, c->load_at) == level && out_level(c, c->load_at - 1) != level)
        return c->load_at;
    return next_edge(&next, c->load_at, level);
}

u64 i8254_next_edge(const struct i8254 *pit, u64 now, unsigned n, bool level)
{
    u64 clock = next_edge(&pit->counter[n], clock_of(now), level);
    return clock == TIME_NEVER ? TIME_NEVER : clock * TICKS_PER_PIT_CLOCK;
}
