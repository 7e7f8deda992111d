/* mc146818.h - the clock and its battery-backed memory: Motorola MC146818A datasheet.
 *
 *  00h second  01h alarm   02h minute  03h alarm  04h hour  05h alarm   32h century (a PC's)
 *  06h weekday 07h day     08h month   09h year   then A, B, C, D; the rest is memory
 *
 *  A   7    6 4    3 0         B   7   6   5   4   3    2    1    0        C   7    6   5   4
 *    +-----+-----+-----+         +---+---+---+---+----+----+-----+---+       +----+---+---+---+---
 *    | UIP | DV  | RS  |         |SET|PIE|AIE|UIE|SQWE|bin |24/12|DSE|       |IRQF| PF| AF| UF| 0
 *    +-----+-----+-----+         +---+---+---+---+----+----+-----+---+       +----+---+---+---+---
 *  D bit 7: the battery is good.  DSE is kept and changes nothing, as does SQWE: no daylight saving time.
 *
 * The time base is 32768 Hz.  UIP is up for the 244 + 1984 us that end with an update. */
#ifndef SIM_DEV_MC146818_H
#define SIM_DEV_MC146818_H

#include "sim/api/base.h"

enum { RTC_SECOND, RTC_SECOND_ALARM, RTC_MINUTE, RTC_MINUTE_ALARM, RTC_HOUR, RTC_HOUR_ALARM,
       RTC_WEEKDAY, RTC_DAY, RTC_MONTH, RTC_YEAR, RTC_A, RTC_B, RTC_C, RTC_D, RTC_MEMORY,
       RTC_CENTURY = 0x32, RTC_BYTES = 128, RTC_HZ = 32768 };
enum { RTC_A_UIP = 0x80, RTC_A_DV = 0x70, RTC_A_DV_RUN = 0x20, RTC_A_RS = 0x0f };
enum { RTC_B_SET = 0x80, RTC_B_PIE = 0x40, RTC_B_AIE = 0x20, RTC_B_UIE = 0x10, RTC_B_SQWE = 0x08,
       RTC_B_BINARY = 0x04, RTC_B_24 = 0x02 };
enum { RTC_C_IRQF = 0x80, RTC_C_PF = 0x40, RTC_C_AF = 0x20, RTC_C_UF = 0x10 };

struct mc146818 {
    u64 now;          /* flags are right up to here */
    u64 next;         /* tick of the next change of a flag */
    u64 update;       /* tick at which the next update ends */
    u64 alarm;        /* tick of the next update that sets AF; TIME_NEVER */
    u8 index;         /* port 70h */
    u8 pad[7];
    u8 byte[RTC_BYTES];
};
_Static_assert(sizeof(struct mc146818) == 40 + RTC_BYTES, "no implicit padding");

/* Running, BCD, 24 hours, at `epoch` seconds after 1970; the memory is zero. */
void mc146818_reset(struct mc146818 *r, u64 epoch);
/* The RESET pin: no interrupt is enabled, none is pending; time, divider and memory go on. */
void mc146818_restart(struct mc146818 *r);
void mc146818_advance(struct mc146818 *r, u64 now);
/* Byte r->index, after mc146818_advance. */
u8 mc146818_read(struct mc146818 *r);
void mc146818_write(struct mc146818 *r, u8 value);
bool mc146818_irq(const struct mc146818 *r);
/* The earliest tick > now at which mc146818_irq rises by itself; TIME_NEVER: it does not, or is up. */
u64 mc146818_next_irq(const struct mc146818 *r);

#endif
