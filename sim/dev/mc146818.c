#include "sim/dev/mc146818.h"

#include "sim/dev/platform.h"

/* 244 us of warning and 1984 us of update, in ticks */
enum { UIP_TICKS = (u64)TICKS_PER_SECOND * 2228 / 1000000, RTC_HALF = TICKS_PER_SECOND / 2,
       HOUR_PM = 0x80, ALARM_ANY = 0xc0, SECONDS_A_DAY = 86400 };

/* ---- numbers as register B says ---- */

static unsigned from_bcd(u8 v) { return (v >> 4) * 10u + (v & 15u); }
static u8 to_bcd(unsigned v) { return (u8)(v / 10 << 4 | v % 10); }
static bool is_binary(const struct mc146818 *r) { return r->byte[RTC_B] & RTC_B_BINARY; }

static unsigned get(const struct mc146818 *r, unsigned at)
{
    return is_binary(r) ? r->byte[at] : from_bcd(r->byte[at]);
}

static void put(struct mc146818 *r, unsigned at, unsigned v)
{
    r->byte[at] = is_binary(r) ? (u8)v : to_bcd(v);
}

/* Hours 0-23 as the chip keeps them: with 12 hours, 1-12 and bit 7 for the afternoon. */
static unsigned hour_of(const struct mc146818 *r, u8 kept)
{
    bool pm = kept & HOUR_PM;
    if (r->byte[RTC_B] & RTC_B_24)
        return is_binary(r) ? kept : from_bcd(kept);
    kept &= (u8)~HOUR_PM;
    return (is_binary(r) ? kept : from_bcd(kept)) % 12 + (pm ? 12 : 0);
}

static void put_hour(struct mc146818 *r, unsigned hour)
{
    if (r->byte[RTC_B] & RTC_B_24) {
        put(r, RTC_HOUR, hour);
        return;
    }
    put(r, RTC_HOUR, (hour + 11) % 12 + 1);
    r->byte[RTC_HOUR] |= hour >= 12 ? HOUR_PM : 0;
}

/* ---- the calendar ---- */

static unsigned days_in(unsigned month, unsigned year)
{
    static const u8 days[13] = { 31, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = month == 2 && year % 4 == 0; /* the chip knows two digits: right until 2099 */
    return days[month <= 12 ? month : 0] + leap;
}

static void next_year(struct mc146818 *r)
{
    unsigned year = get(r, RTC_YEAR) + 1;
    put(r, RTC_YEAR, year % 100);
    if (year == 100)
        r->byte[RTC_CENTURY] = to_bcd((from_bcd(r->byte[RTC_CENTURY]) + 1) % 100);
}

static void next_day(struct mc146818 *r)
{
    unsigned month = get(r, RTC_MONTH), day = get(r, RTC_DAY) + 1;
    put(r, RTC_WEEKDAY, get(r, RTC_WEEKDAY) % 7 + 1);
    if (day <= days_in(month, get(r, RTC_YEAR))) {
        put(r, RTC_DAY, day);
        return;
    }
    put(r, RTC_DAY, 1);
    put(r, RTC_MONTH, month % 12 + 1);
    if (month >= 12)
        next_year(r);
}

static void next_second(struct mc146818 *r)
{
    unsigned second = get(r, RTC_SECOND) + 1, minute = get(r, RTC_MINUTE) + (second >= 60);
    put(r, RTC_SECOND, second % 60);
    if (second < 60)
        return;
    put(r, RTC_MINUTE, minute % 60);
    if (minute < 60)
        return;
    unsigned hour = hour_of(r, r->byte[RTC_HOUR]) + 1;
    put_hour(r, hour % 24);
    if (hour >= 24)
        next_day(r);
}

static void set_date(struct mc146818 *r, u64 epoch)
{
    unsigned year = 1970, month = 1;
    u64 days = epoch / SECONDS_A_DAY, second = epoch % SECONDS_A_DAY;
    put(r, RTC_WEEKDAY, (unsigned)(days + 4) % 7 + 1); /* 1970 began on a Thursday; Sunday is 1 */
    for (; days >= 365u + (year % 4 == 0); year++)
        days -= 365u + (year % 4 == 0);
    for (; days >= days_in(month, year); month++)
        days -= days_in(month, year);
    put(r, RTC_SECOND, (unsigned)(second % 60));
    put(r, RTC_MINUTE, (unsigned)(second / 60 % 60));
    put_hour(r, (unsigned)(second / 3600));
    put(r, RTC_DAY, (unsigned)days + 1);
    put(r, RTC_MONTH, month);
    put(r, RTC_YEAR, year % 100);
    r->byte[RTC_CENTURY] = to_bcd(year / 100);
}

/* ---- alarm ---- */

static bool runs(const struct mc146818 *r)
{
    return (r->byte[RTC_A] & RTC_A_DV) == RTC_A_DV_RUN && !(r->byte[RTC_B] & RTC_B_SET);
}

/* Bits 7 and 6 of an alarm byte: it does not matter. */
static bool alarm_matches(const struct mc146818 *r)
{
    for (unsigned i = RTC_SECOND; i <= RTC_HOUR; i += 2) {
        u8 want = r->byte[i + 1];
        if ((want & ALARM_ANY) != ALARM_ANY && want != r->byte[i])
            return false;
    }
    return true;
}

/* Whoever enables the alarm waits for it: look for it second by second, at most a day ahead. */
static void find_alarm(struct mc146818 *r)
{
    struct mc146818 trial = *r;
    r->alarm = TIME_NEVER;
    if (!(r->byte[RTC_B] & RTC_B_AIE) || !runs(r))
        return;
    for (unsigned i = 0; i < SECONDS_A_DAY; i++) {
        next_second(&trial);
        if (alarm_matches(&trial)) {
            r->alarm = r->update + (u64)i * TICKS_PER_SECOND;
            return;
        }
    }
}

/* ---- the 32768 Hz time base ---- */

static u64 clocks_at(u64 tick)
{
    return tick / TICKS_PER_SECOND * RTC_HZ + tick % TICKS_PER_SECOND * RTC_HZ / TICKS_PER_SECOND;
}

static u64 tick_of(u64 clocks)
{
    u64 part = clocks % RTC_HZ * TICKS_PER_SECOND;
    return clocks / RTC_HZ * TICKS_PER_SECOND + (part + RTC_HZ - 1) / RTC_HZ;
}

/* Clocks of the periodic rate, 0: off.  Rates 1 and 2 repeat 8 and 9 (datasheet, table 5). */
static u64 periodic_clocks(const struct mc146818 *r)
{
    unsigned rs = r->byte[RTC_A] & RTC_A_RS;
    if (rs == 0 || (r->byte[RTC_A] & RTC_A_DV) != RTC_A_DV_RUN)
        return 0;
    return 1u << ((rs < 3 ? rs + 7 : rs) - 1);
}

static void raise_flags(struct mc146818 *r)
{
    u8 asks = r->byte[RTC_C] & r->byte[RTC_B] & (RTC_C_PF | RTC_C_AF | RTC_C_UF);
    r->byte[RTC_C] = (u8)((r->byte[RTC_C] & ~RTC_C_IRQF) | (asks ? RTC_C_IRQF : 0));
}

static void update(struct mc146818 *r)
{
    r->update += TICKS_PER_SECOND;
    if (!runs(r))
        return;
    next_second(r);
    r->byte[RTC_C] |= RTC_C_UF;
    if (alarm_matches(r))
        r->byte[RTC_C] |= RTC_C_AF;
}

static u64 next_periodic(const struct mc146818 *r)
{
    u64 period = periodic_clocks(r);
    return period ? tick_of((clocks_at(r->now) / period + 1) * period) : TIME_NEVER;
}

static void find_next(struct mc146818 *r)
{
    u64 periodic = next_periodic(r);
    r->next = periodic < r->update ? periodic : r->update;
}

void mc146818_advance(struct mc146818 *r, u64 now)
{
    u64 period = periodic_clocks(r);
    if (now < r->next) {
        r->now = now;
        return;
    }
    if (period && clocks_at(r->now) / period != clocks_at(now) / period)
        r->byte[RTC_C] |= RTC_C_PF;
    while (r->update <= now)
        update(r);
    r->now = now;
    if (r->alarm <= now)
        find_alarm(r);
    raise_flags(r);
    find_next(r);
}

/* ---- accesses ---- */

void mc146818_reset(struct mc146818 *r, u64 epoch)
{
    *r = (struct mc146818){ .update = TICKS_PER_SECOND, .alarm = TIME_NEVER };
    r->byte[RTC_A] = RTC_A_DV_RUN | 6; /* 1024 Hz, as a PC's firmware sets it */
    r->byte[RTC_B] = RTC_B_24;
    r->byte[RTC_D] = 0x80;
    set_date(r, epoch);
    find_next(r);
}

void mc146818_restart(struct mc146818 *r)
{
    r->byte[RTC_B] &= (u8)~(RTC_B_PIE | RTC_B_AIE | RTC_B_UIE | RTC_B_SQWE);
    r->byte[RTC_C] = 0;
    r->alarm = TIME_NEVER;
}

u8 mc146818_read(struct mc146818 *r)
{
    u8 value = r->byte[r->index];
    if (r->index == RTC_A && runs(r) && r->update - r->now <= UIP_TICKS)
        value |= RTC_A_UIP;
    if (r->index == RTC_C)
        r->byte[RTC_C] = 0;
    return value;
}

static void write_a(struct mc146818 *r, u8 value)
{
    bool ran = (r->byte[RTC_A] & RTC_A_DV) == RTC_A_DV_RUN;
    r->byte[RTC_A] = value & (u8)~RTC_A_UIP;
    if (!ran && (value & RTC_A_DV) == RTC_A_DV_RUN)
        r->update = r->now + RTC_HALF; /* the divider begins half a second before an update */
}

void mc146818_write(struct mc146818 *r, u8 value)
{
    switch (r->index) {
    case RTC_A:
        write_a(r, value);
        break;
    case RTC_B: /* SET clears UIE */
        r->byte[RTC_B] = value & RTC_B_SET ? value & (u8)~RTC_B_UIE : value;
        break;
    case RTC_C:
    case RTC_D:
        return;
    default:
        r->byte[r->index] = value;
        break;
    }
    raise_flags(r);
    find_alarm(r);
    find_next(r);
}

bool mc146818_irq(const struct mc146818 *r) { return r->byte[RTC_C] & RTC_C_IRQF; }

u64 mc146818_next_irq(const struct mc146818 *r)
{
    u64 next = TIME_NEVER;
    if (mc146818_irq(r))
        return TIME_NEVER;
    if (r->byte[RTC_B] & RTC_B_PIE)
        next = next_periodic(r);
    if ((r->byte[RTC_B] & RTC_B_UIE) && runs(r) && r->update < next)
        next = r->update;
    return r->alarm < next ? r->alarm : next;
}
