/* test_pc_disk.c - the IDE disk by its task file; and that due times are exact with all devices. */
#include "tests/unit/pc.h"

#define BLOCK (TICKS_PER_SECOND / 10000) /* a tenth of a millisecond */

/* ---- a driver, as small as it can be ---- */

struct task { u8 features, count, number, low, high, device, command; };

static u32 in(struct pc *pc, u64 now, u16 port, unsigned size)
{
    struct line l = { now, IN, port, 0, size };
    return (u32)access(pc, &l);
}

static void out(struct pc *pc, u64 now, u16 port, unsigned size, u32 value)
{
    struct line l = { now, OUT, port, value, size };
    access(pc, &l);
}

static void issue(struct pc *pc, u64 now, struct task t)
{
    const u8 bytes[] = { t.features, t.count, t.number, t.low, t.high, t.device, t.command };
    for (unsigned i = 0; i < sizeof bytes; i++) /* the drive is chosen first, but it is the only one */
        out(pc, now, (u16)(0x1f1 + i), 1, bytes[i]);
}

static void read_sector(struct pc *pc, u64 now, u8 *to)
{
    for (unsigned i = 0; i < ATA_SECTOR; i += 2) {
        u32 word = in(pc, now, 0x1f0, 2);
        to[i] = (u8)word, to[i + 1] = (u8)(word >> 8);
    }
}

static void write_sector(struct pc *pc, u64 now, u8 first)
{
    for (unsigned i = 0; i < ATA_SECTOR; i += 4)
        out(pc, now, 0x1f0, 4, (u32)(first + i) << 24 | (u32)(i & 0xff) << 16 | 0xa55au);
}

static u8 status(struct pc *pc, u64 now) { return (u8)in(pc, now, 0x1f7, 1); }

/* An ATA string: two characters a word, the first in the high byte. */
static bool text_is(const u8 *identity, unsigned word, const char *text)
{
    for (unsigned i = 0; text[i]; i++)
        if (identity[2 * word + (i ^ 1)] != (u8)text[i])
            return false;
    return true;
}

/* ---- the cases ---- */

static void identify(void)
{
    struct pc *pc = fresh(true);
    u8 id[ATA_SECTOR];
    issue(pc, 0, (struct task){ .command = 0xec });
    CU_ASSERT_EQUAL(status(pc, 1), 0xd0);
    CU_ASSERT_EQUAL(platform_due(&pc->p), BLOCK);
    CU_ASSERT_EQUAL(status(pc, BLOCK - 1), 0xd0);
    CU_ASSERT_EQUAL(in(pc, BLOCK, 0x3f6, 1), 0x58);
    read_sector(pc, BLOCK, id);
    CU_ASSERT_EQUAL(status(pc, BLOCK), 0x50);
    CU_ASSERT_EQUAL(id[0], 0x40);
    CU_ASSERT_TRUE(id[2] == 20 && id[6] == 16 && id[12] == 63);
    CU_ASSERT_EQUAL(id[120] | id[121] << 8 | id[122] << 16, SECTORS);
    CU_ASSERT_TRUE(text_is(id, 27, "STEPVISOR"));
    CU_ASSERT_EQUAL(in(pc, BLOCK, 0x1f0, 2), 0xffff); /* no more */
}

/* One sector by LBA and by CHS: the same one; the interrupt waits for the status to be read. */
static void read_one(void)
{
    struct pc *pc = fresh(true);
    static const struct line unmask[] = { PIC_INIT(0), END_ };
    u8 got[ATA_SECTOR];
    play_on(pc, unmask);
    memset(pc->disk[5], 0x55, ATA_SECTOR);
    issue(pc, 0, (struct task){ .count = 1, .number = 5, .device = 0x40, .command = 0x20 });
    CU_ASSERT_EQUAL(platform_due(&pc->p), BLOCK);
    platform_advance(&pc->p, BLOCK);
    CU_ASSERT_TRUE(platform_intr(&pc->p));
    CU_ASSERT_EQUAL(platform_ack(&pc->p), 0x2e);
    CU_ASSERT_EQUAL(status(pc, BLOCK), 0x58);
    CU_ASSERT_FALSE(ata_irq(&pc->p.ata));
    read_sector(pc, BLOCK, got);
    CU_ASSERT_EQUAL(memcmp(got, pc->disk[5], ATA_SECTOR), 0);
    memset(got, 0, sizeof got);
    issue(pc, BLOCK, (struct task){ .count = 1, .number = 6, .device = 0xa0, .command = 0x20 });
    CU_ASSERT_EQUAL(status(pc, 2 * BLOCK), 0x58);
    read_sector(pc, 2 * BLOCK, got);
    CU_ASSERT_EQUAL(memcmp(got, pc->disk[5], ATA_SECTOR), 0);
    CU_ASSERT_EQUAL(in(pc, 2 * BLOCK, 0x1f2, 1), 0);
}

/* Three sectors are three pauses; READ MULTIPLE in blocks of two makes it two. */
static void read_many(void)
{
    struct pc *pc = fresh(true);
    u8 got[3][ATA_SECTOR];
    u64 now = 0;
    for (unsigned i = 0; i < 16; i++)
        memset(pc->disk[i], (int)(0x10 + i), ATA_SECTOR);
    issue(pc, now, (struct task){ .count = 3, .number = 2, .device = 0x40, .command = 0x20 });
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x58);
        read_sector(pc, now, got[i]);
        CU_ASSERT_EQUAL(got[i][511], 0x12 + i);
        CU_ASSERT_EQUAL(in(pc, now, 0x1f3, 1), 2 + i);
    }
    CU_ASSERT_EQUAL(status(pc, now), 0x50);
    issue(pc, now, (struct task){ .count = 3, .device = 0x40, .command = 0xc4 });
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x51); /* no block size was set */
    issue(pc, now, (struct task){ .count = 2, .command = 0xc6 });
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x50);
    issue(pc, now, (struct task){ .count = 3, .number = 2, .device = 0x40, .command = 0xc4 });
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x58);
    read_sector(pc, now, got[0]);
    CU_ASSERT_EQUAL(status(pc, now), 0x58); /* the block goes on at once */
    read_sector(pc, now, got[1]);
    CU_ASSERT_EQUAL(status(pc, now), 0xd0);
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x58);
    read_sector(pc, now, got[2]);
    CU_ASSERT_TRUE(got[0][0] == 0x12 && got[1][0] == 0x13 && got[2][0] == 0x14);
}

/* Written sectors arrive where they belong; the first one is asked for without an interrupt. */
static void write_some(void)
{
    struct pc *pc = fresh(true);
    u64 now = 0;
    issue(pc, now, (struct task){ .count = 2, .number = 8, .device = 0x40, .command = 0x30 });
    CU_ASSERT_EQUAL(in(pc, now, 0x3f6, 1), 0x58);
    CU_ASSERT_FALSE(ata_irq(&pc->p.ata));
    write_sector(pc, now, 1);
    CU_ASSERT_EQUAL(in(pc, now, 0x3f6, 1), 0xd0);
    platform_advance(&pc->p, now += BLOCK);
    CU_ASSERT_TRUE(ata_irq(&pc->p.ata));
    write_sector(pc, now, 2);
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x50);
    CU_ASSERT_TRUE(pc->disk[8][0] == 0x5a && pc->disk[8][1] == 0xa5 && pc->disk[8][3] == 1);
    CU_ASSERT_TRUE(pc->disk[9][3] == 2 && pc->disk[9][511] == (u8)(2 + 508));
    CU_ASSERT_EQUAL(pc->disk[10][0], 0);
}

static void errors(void)
{
    static const struct { struct task t; u8 error; } wrong[] = {
        { { .count = 1, .number = SECTORS & 0xff, .low = SECTORS >> 8 & 0xff, .high = SECTORS >> 16,
            .device = 0x40, .command = 0x20 }, ATA_IDNF },
        { { .count = 1, .number = 0, .device = 0xa0, .command = 0x20 }, ATA_IDNF }, /* no sector 0 */
        { { .count = 1, .number = 64, .device = 0xa0, .command = 0x70 }, ATA_IDNF },
        { { .command = 0xc8 }, ATA_ABRT }, /* READ DMA */
        { { .command = 0xa1 }, ATA_ABRT }, /* IDENTIFY PACKET DEVICE */
        { { .features = 0x77, .command = 0xef }, ATA_ABRT },
        { { .count = 3, .command = 0xc6 }, ATA_ABRT },
        { { .count = 0, .device = 0xaf, .command = 0x91 }, ATA_ABRT },
    };
    struct pc *pc = fresh(true);
    u64 now = 0;
    for (unsigned i = 0; i < COUNT(wrong); i++) {
        issue(pc, now, wrong[i].t);
        CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x51);
        CU_ASSERT_EQUAL(in(pc, now, 0x1f1, 1), wrong[i].error);
    }
    issue(pc, now, (struct task){ .command = 0xe7 });
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x50); /* and all is well again */
}

/* READ SECTORS and READ VERIFY run over the end: the registers tell where, and how much is left. */
static void over_the_end(void)
{
    const u32 last = SECTORS - 2;
    struct task t = { .count = 5, .number = last & 0xff, .low = last >> 8 & 0xff, .high = last >> 16 & 0xff,
                      .device = 0xe0, .command = 0x40 };
    struct pc *pc = fresh(true);
    u8 sector[ATA_SECTOR];
    u64 now = 0;
    for (unsigned i = 0; i < 2; i++, t.command = 0x20) {
        issue(pc, now, t);
        for (unsigned n = 0; n < 2 && t.command == 0x20; n++)
            read_sector(pc, now += BLOCK, sector);
        CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x51);
        CU_ASSERT_EQUAL(in(pc, now, 0x1f1, 1), ATA_IDNF);
        CU_ASSERT_EQUAL(in(pc, now, 0x1f2, 1), 3);
        CU_ASSERT_EQUAL(in(pc, now, 0x1f3, 1) | in(pc, now, 0x1f4, 1) << 8 | in(pc, now, 0x1f5, 1) << 16, SECTORS);
    }
}

/* The drive that is not there, a software reset, other translations, no disk at all. */
static void the_rest(void)
{
    struct pc *pc = fresh(true);
    u64 now = 0;
    out(pc, now, 0x1f6, 1, 0xb0);
    CU_ASSERT_EQUAL(status(pc, now), 0);
    out(pc, now, 0x1f7, 1, 0xec);
    CU_ASSERT_EQUAL(status(pc, now), 0);
    out(pc, now, 0x1f6, 1, 0xa0);
    issue(pc, now, (struct task){ .device = 0xa0, .command = 0xe7 });
    platform_advance(&pc->p, now += BLOCK);
    CU_ASSERT_TRUE(ata_irq(&pc->p.ata));
    out(pc, now, 0x1f6, 1, 0xb0); /* INTRQ is of the drive that is selected */
    CU_ASSERT_FALSE(ata_irq(&pc->p.ata));
    out(pc, now, 0x1f6, 1, 0xa0);
    CU_ASSERT_TRUE(ata_irq(&pc->p.ata));
    out(pc, now, 0x3f6, 1, 6);
    CU_ASSERT_EQUAL(in(pc, now, 0x3f6, 1) & 0x80, 0x80);
    out(pc, now, 0x3f6, 1, 2);
    CU_ASSERT_EQUAL(status(pc, now), 0x50);
    CU_ASSERT_TRUE(in(pc, now, 0x1f1, 1) == 1 && in(pc, now, 0x1f2, 1) == 1 && in(pc, now, 0x1f3, 1) == 1);
    issue(pc, now, (struct task){ .count = 17, .device = 0xa3, .command = 0x91 }); /* 4 heads, 17 */
    CU_ASSERT_EQUAL(status(pc, now += BLOCK), 0x50);
    CU_ASSERT_FALSE(ata_irq(&pc->p.ata)); /* nIEN */
    issue(pc, now, (struct task){ .count = 1, .number = 1, .device = 0xa1, .command = 0x20 });
    CU_ASSERT_EQUAL(pc->p.ata.lba, 17);
    platform_reset(&pc->p, 1 << 20);
    CU_ASSERT_EQUAL(in(pc, 0, 0x1f7, 1), 0xff);
    CU_ASSERT_TRUE(pc->out.unclaimed);
}

/* ---- exactness: jumping to platform_due and stepping by one tick see the same machine ---- */

static void random_access(struct pc *pc, u64 now, u32 *seed)
{
    static const struct { u16 port; u8 value; } some[] = {
        { 0x70, 0x0b }, { 0x71, 0x42 }, { 0x70, 0x0b }, { 0x71, 0x12 }, { 0x70, 0x0c },
        { 0x70, 0x0a }, { 0x71, 0x23 }, { 0x71, 0x26 }, { 0x64, 0x20 }, { 0x64, 0xaa },
        { 0x64, 0x60 }, { 0x60, 0x47 }, { 0x60, 0x07 }, { 0x60, 0xf2 }, { 0x60, 0xee },
        { 0x64, 0xd4 }, { 0x60, 0xf4 }, { 0x64, 0xad }, { 0x64, 0xae }, { 0x64, 0xa7 },
        { 0x64, 0xa8 }, { 0x1f7, 0xec }, { 0x1f7, 0x20 }, { 0x1f7, 0xe7 }, { 0x3f6, 0 },
        { 0x3f6, 2 }, { 0x20, 0x20 }, { 0xa0, 0x20 }, { 0x21, 0 }, { 0xa1, 0 }, { 0x21, 2 },
        { 0xa1, 0x41 }, { 0x43, 0x34 }, { 0x40, 0x00 }, { 0x40, 0x02 },
    };
    static const u16 read[] = { 0x60, 0x60, 0x71, 0x1f7, 0x1f7, 0x64, 0x1f0 };
    u32 r = unit_random(seed);
    if (r % 3 == 0)
        in(pc, now, read[r / 3 % COUNT(read)], 1);
    else
        out(pc, now, some[r / 3 % COUNT(some)].port, 1, some[r / 3 % COUNT(some)].value);
    if (r >> 8 & 1)
        platform_input(&pc->p, now, r >> 9 & 1 ? SOURCE_KEYBOARD : SOURCE_MOUSE, (u8)(r >> 16));
    if (platform_intr(&pc->p) && (r >> 10 & 3)) {
        (void)platform_ack(&pc->p);
        out(pc, now, 0xa0, 1, 0x20);
        out(pc, now, 0x20, 1, 0x20);
    }
}

static void due_is_exact(void)
{
    static const struct line init[] = { PIC_INIT(0), END_ };
    struct score score = { 0 };
    for (u32 run = 1; run <= 60; run++) {
        u32 seed = run * 2654435761u;
        struct pc *pc = play(init);
        for (unsigned i = 0; i < 60; i++) {
            u64 pause = unit_random(&seed) % 8 ? unit_random(&seed) % 200 : 9000;
            random_access(pc, pc->p.now, &seed);
            compare_due(&pc->p, pc->p.now + pause, &score);
            platform_advance(&pc->p, pc->p.now + pause);
        }
    }
    printf(" %u edges, %u quiet ends", score.edges, score.quiet);
    CU_ASSERT_EQUAL(score.wrong, 0);
    CU_ASSERT_TRUE(score.edges > 300 && score.quiet > 300);
}

/* Whatever a guest does to the ports, the owner is asked only for what there is. */
static void random_ports(void)
{
    static const u16 ports[] = { 0x20, 0x40, 0x43, 0x60, 0x64, 0x70, 0x71, 0x92, 0x1f0, 0x1f1,
                                 0x1f2, 0x1f3, 0x1f4, 0x1f5, 0x1f6, 0x1f7, 0x3f6, 0x3c0, 0x3c4,
                                 0x3c5, 0x3c7, 0x3c8, 0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3da,
                                 0x510, 0x511, 0xcf8, 0xcf9, 0xcfc };
    struct pc *pc = fresh(true);
    u32 seed = 77, wrong = 0;
    u64 now = 0;
    for (unsigned i = 0; i < 300000; i++) {
        u32 r = unit_random(&seed);
        u16 port = r % 4 ? ports[r / 4 % COUNT(ports)] : (u16)(r >> 8);
        now += r % 61 ? r >> 24 & 31 : r % 5000000;
        struct line l = { now, r >> 20 & 1 ? IN : OUT, port, unit_random(&seed), 1u << (r >> 21 & 3) % 3 };
        access(pc, &l);
        wrong += pc->out.disk.what && pc->out.disk.sector >= SECTORS;
        wrong += pc->out.option_rom; /* this board has none */
        if (pc->out.reset && r % 101 == 0)
            platform_restart(&pc->p);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct unit_case cases[] = {
    { "identify", identify },
    { "read a sector", read_one },
    { "read several, read multiple", read_many },
    { "write", write_some },
    { "errors", errors },
    { "over the end", over_the_end },
    { "absent drive, reset, translation", the_rest },
    { "due is exact", due_is_exact },
    { "random ports", random_ports },
};

UNIT_MAIN("pc_disk", cases)
