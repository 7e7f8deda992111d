/* pc.h - a platform with a disk, driven by scripts: at this tick, this access, this answer.
 *
 *   S is a second of guest time, MS(n) thousandths of it. */
#ifndef TESTS_PC_H
#define TESTS_PC_H

#include "sim/dev/mmio.h"

#include "tests/unit/unit.h"

#include <string.h>

#define S ((u64)TICKS_PER_SECOND)
#define MS(n) (S * (n) / 1000)

enum what { END, OUT, IN, INTR, ACK, DUE, KEY, MOUSE, SERIAL, CONSOLE };
struct line { u64 at; enum what what; u32 port; u64 value; unsigned size; };
#define OUT_(at, port, value) { at, OUT, port, value, 1 }
#define OUT2_(at, port, value) { at, OUT, port, value, 2 }
#define OUT4_(at, port, value) { at, OUT, port, value, 4 }
#define IN_(at, port, value) { at, IN, port, value, 1 }
#define IN2_(at, port, value) { at, IN, port, value, 2 }
#define IN4_(at, port, value) { at, IN, port, value, 4 }
#define INTR_(at, value) { at, INTR, 0, value, 0 }
#define ACK_(at, vector) { at, ACK, 0, vector, 0 }
#define DUE_(at, value) { at, DUE, 0, value, 0 }
#define KEY_(at, byte) { at, KEY, 0, byte, 0 }
#define MOUSE_(at, byte) { at, MOUSE, 0, byte, 0 }
#define SERIAL_(at, byte) { at, SERIAL, 0, byte, 0 }
#define CONSOLE_(at, byte) { at, CONSOLE, 0, byte, 0 } /* what the last access sent, or NOTHING */
#define END_ { 0, END, 0, 0, 0 }
#define NOTHING ((u64)~0u)
#define NEVER TIME_NEVER

/* Vectors 20h and 28h, everything unmasked. */
#define PIC_INIT(at) \
    OUT_(at, 0x20, 0x11), OUT_(at, 0x21, 0x20), OUT_(at, 0x21, 4), OUT_(at, 0x21, 1), \
    OUT_(at, 0xa0, 0x11), OUT_(at, 0xa1, 0x28), OUT_(at, 0xa1, 2), OUT_(at, 0xa1, 1)
#define EOI_BOTH(at) OUT_(at, 0x20, 0x20), OUT_(at, 0xa0, 0x20)
#define CMOS_IN(at, index, value) OUT_(at, 0x70, index), IN_(at, 0x71, value)
#define CMOS_OUT(at, index, value) OUT_(at, 0x70, index), OUT_(at, 0x71, value)

enum { SECTORS = 16 * 63 * 20 + 5 };
struct pc { struct platform p; u8 disk[16][ATA_SECTOR]; struct platform_out out; };

/* What an owner does for the disk, with sectors 0 to 15. */
static inline void carry(struct pc *pc)
{
    struct ata_request r = pc->out.disk;
    if (r.what && r.sector < COUNT(pc->disk)) {
        u8 *sector = pc->disk[r.sector], *buffer = pc->p.ata.buffer;
        memcpy(r.what == ATA_FILL ? buffer : sector, r.what == ATA_FILL ? sector : buffer,
               ATA_SECTOR);
    }
}

static inline u64 access(struct pc *pc, const struct line *l)
{
    u64 value = l->value;
    if (l->what == OUT)
        platform_out(&pc->p, l->at, (u16)l->port, l->size, (u32)value, &pc->out);
    else
        value = platform_in(&pc->p, l->at, (u16)l->port, l->size, &pc->out);
    carry(pc);
    return value;
}

static inline u64 answer(struct pc *pc, const struct line *l)
{
    struct platform *p = &pc->p;
    if (l->what == OUT || l->what == IN)
        return access(pc, l);
    platform_advance(p, l->at);
    switch (l->what) {
    case INTR: return platform_intr(p);
    case ACK: return platform_ack(p);
    case DUE: return platform_due(p);
    case KEY: platform_input(p, l->at, SOURCE_KEYBOARD, (u8)l->value); break;
    case MOUSE: platform_input(p, l->at, SOURCE_MOUSE, (u8)l->value); break;
    case SERIAL: platform_input(p, l->at, SOURCE_SERIAL, (u8)l->value); break;
    case CONSOLE: return pc->out.console ? pc->out.console_byte : NOTHING;
    default: break;
    }
    return l->value;
}

static inline void play_on(struct pc *pc, const struct line *script)
{
    for (unsigned i = 0; script[i].what != END; i++) {
        u64 got = answer(pc, &script[i]);
        if (got != script[i].value)
            printf("\n  line %u, tick %llu, port %x: got %llx, not %llx", i,
                   (unsigned long long)script[i].at, script[i].port, (unsigned long long)got,
                   (unsigned long long)script[i].value);
        CU_ASSERT_EQUAL(got, script[i].value);
    }
}

static inline struct pc *fresh(bool firmware)
{
    static struct pc pc;
    memset(&pc, 0, sizeof pc);
    platform_reset(&pc.p, 64u << 20);
    platform_plug(&pc.p, &(struct platform_board){ .epoch = PLATFORM_EPOCH, .firmware = firmware,
                                                   .disk_sectors = SECTORS });
    if (firmware) { /* the least that it does: the 8259 reaches the processor through LINT0 */
        platform_store(&pc.p, 0, APIC_BASE_RESET + APIC_SVR, 4, 0x1ff, &pc.out);
        platform_store(&pc.p, 0, APIC_BASE_RESET + APIC_LVT_LINT0, 4, 0x8700, &pc.out);
    }
    return &pc;
}

static inline struct pc *play(const struct line *script)
{
    struct pc *pc = fresh(true);
    play_on(pc, script);
    return pc;
}

/* ---- platform_due tells exactly when a line changes ---- */

struct score { unsigned edges, nmis, inits, quiet, wrong; };

/* From one state: each tick by itself, against jumps from due to due and one to the end. */
static inline void compare_due(const struct platform *from, u64 end, struct score *score)
{
    struct platform step = *from, jump = *from, leap = *from;
    u64 due = platform_due(from);
    for (u64 t = from->now + 1; t <= end; t++) {
        bool intr = platform_intr(&step);
        u8 waits = step.apic.waits; /* NMI, INIT, SMI */
        platform_advance(&step, t);
        bool changed = platform_intr(&step) != intr || step.apic.waits != waits;
        score->wrong += changed != (t == due);
        score->nmis += platform_nmi(&step) && !(waits & LAPIC_WAITS_NMI);
        score->inits += platform_init(&step) && !(waits & LAPIC_WAITS_INIT);
        if (t != due)
            continue;
        platform_advance(&jump, t);
        score->wrong += memcmp(&jump, &step, sizeof step) != 0;
        score->edges++;
        due = platform_due(&jump);
    }
    platform_advance(&jump, end);
    platform_advance(&leap, end);
    score->wrong += memcmp(&jump, &step, sizeof step) != 0;
    score->wrong += memcmp(&leap, &step, sizeof step) != 0;
    score->quiet += due == TIME_NEVER;
}

#endif
