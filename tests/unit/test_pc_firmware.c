/* test_pc_firmware.c - a small ROM of our own: the memory map, A20, reset, the disk's overlay, and that
 * a world with firmware keeps the contracts: time travel, two bases, no caches.
 *
 * The ROM notes what it finds as bytes on port E9h, the test says what they have to be. */
#include <string.h>

#include "lessons/timeline.h"
#include "lessons/typing.h"
#include "tests/unit/agree.h"
#include "tests/unit/guests.h"
#include "tests/unit/unit.h"

enum { ROM_BYTES = 64 << 10, CODE_AT = 0x8000, ROM_RAM = 2 << 20, DISK_BYTES = 64 << 10 };

/* What stands at F000:8000 and FFFF8000.  PAM is at 59h-5Fh of the host bridge. */
asm(".pushsection .rodata\n.code16\nrom_code:\n"
    ".macro SAY value\nmovb \\value, %al\nout %al, $0xe9\n.endm\n"
    ".macro PCI reg, value\nmovl $0x80000000+(\\reg & 0xfc), %eax\nmov $0xcf8, %dx\nout %eax, %dx\n"
    "mov $0xcfc+(\\reg & 3), %dx\nmov \\value, %al\nout %al, %dx\n.endm\n"
    /* still above, in FFFF0000: the first bytes of the ROM, and that writes are lost */
    "SAY %cs:0\nmovb $0x77, %cs:0\nSAY %cs:0\n"
    "ljmp $0xf000, $(1f - rom_code + 0x8000)\n"
    "1: xor %ax, %ax\nmov %ax, %ss\nmov $0x7000, %sp\nmov $0xf000, %ax\nmov %ax, %ds\n"
    "mov $0xffff, %ax\nmov %ax, %es\n"
    "cmpb $0x99, %ss:0x500\nje rom_again\n"
    "SAY 0\nmovb $0x77, 0\nSAY 0\n"                      /* the same ROM below 1 MB */
    /* WE without RE: writes go to RAM, reads still come from the ROM; then RE: the RAM shows */
    "PCI 0x59, $0x20\nmovb $0x55, 0\nSAY 0\n"
    "xor %si, %si\nmov $0xf000, %ax\nmov %ax, %es\nmov $0x8000, %cx\nxor %di, %di\n"
    "cld\nrep movsw\n"                                    /* the ROM onto itself: shadow it */
    "PCI 0x59, $0x30\nSAY 0\nmovb $0x56, 0\nSAY 0\n"
    "PCI 0x59, $0x10\nmovb $0x57, 0\nSAY 0\n"             /* RE alone: write protected */
    "mov $0xd000, %ax\nmov %ax, %ds\nSAY 0\n"             /* nobody */
    /* A20: FFFF:0510 is 100500 or 500 */
    "xor %ax, %ax\nmov %ax, %ds\nmov $0xffff, %ax\nmov %ax, %es\n"
    "movb $1, 0x500\nmovb $2, %es:0x510\nSAY 0x500\n"
    "mov $0, %al\nout %al, $0x92\nSAY %es:0x510\nmovb $3, %es:0x510\nSAY 0x500\n"
    "mov $2, %al\nout %al, $0x92\nSAY %es:0x510\n"
    /* the disk: write sector 3 with what is in memory at 0, read it again to 600h */
    "movb $0xa7, 0\nmov $0x30, %bl\nxor %si, %si\ncall rom_disk\nmov $0x1f0, %dx\n"
    "mov $256, %cx\nrep outsw\ncall rom_wait\n"
    "mov $0x20, %bl\ncall rom_disk\ncall rom_wait\nxor %ax, %ax\nmov %ax, %es\n"
    "mov $0x600, %di\nmov $0x1f0, %dx\nmov $256, %cx\nrep insw\nSAY 0x600\n"
    /* and once more from the start, through the keyboard controller */
    "fninit\nmovb $0x99, 0x500\nmov $0xfe, %al\nout %al, $0x64\n2: jmp 2b\n"
    "rom_again: fnstcw %ss:0x502\nSAY %ss:0x502\nSAY %ss:0x500\nSAY 0\nmov $0x2a, %al\nout %al, $0xf4\nhlt\n"
    "rom_disk: mov $0x1f2, %dx\nmov $1, %al\nout %al, %dx\ninc %dx\nmov $3, %al\nout %al, %dx\n"
    "inc %dx\nmov $0, %al\nout %al, %dx\ninc %dx\nout %al, %dx\ninc %dx\nmov $0xe0, %al\n"
    "out %al, %dx\ninc %dx\nmov %bl, %al\nout %al, %dx\nret\n"
    "rom_wait: mov $0x1f7, %dx\n3: in %dx, %al\ntest $0x80, %al\njnz 3b\nret\n"
    "rom_code_end:\n.purgem SAY\n.purgem PCI\n.code64\n.popsection\n");
extern const u8 rom_code[], rom_code_end[];

/* The reset vector jumps to the code, near: CS keeps its base below 4 GB. */
static const struct image *rom_image(void)
{
    static u8 rom[ROM_BYTES], disk[DISK_BYTES];
    static struct image image;
    static const u8 vector[] = { 0xe9, 0x0d, 0x80 }; /* jmp 8000h */
    memset(rom, 0xf1, sizeof rom);
    rom[0] = 0x11;
    memcpy(rom + CODE_AT, rom_code, (size_t)(rom_code_end - rom_code));
    memcpy(rom + 0xfff0, vector, sizeof vector);
    memset(disk, 0xd1, sizeof disk);
    image = (struct image){ .name = "rom", .form = FORM_FIRMWARE, .media = { [SLOT_ROM] = { rom, sizeof rom },
                                                      [SLOT_DISK] = { disk, sizeof disk } } };
    return &image;
}

static struct world *rom_world(struct world_config config)
{
    char error[200];
    config.image = rom_image();
    config.ram_bytes = ROM_RAM;
    struct world *w = world_new(&config, error, sizeof error);
    if (!w)
        printf("(%s) ", error);
    return w;
}

static const struct limits to_the_end = { UINT64_MAX, UINT64_MAX };

/*   ROM above, write lost; ROM below, write lost; WE: ROM; RE+WE: shadowed, written; RE: protected;
 *   D0000: nobody; A20 on: two bytes; off: one; the disk; after the reset FCW, 99 and the ROM */
static const u8 expected[] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x56, 0x56, 0xff, 0x01, 0x01,
                               0x03, 0x02, 0xa7, 0x11, 0x11, 0x40, 0x99, 0x11 };

static void what_the_rom_found(void)
{
    struct world *w = rom_world((struct world_config){ 0 });
    char got[64];
    struct stop s = world_run(w, &to_the_end);
    CU_ASSERT_TRUE(s.kind == STOP_EXIT && s.arg == 0x2a);
    u32 n = machine_console(&w->hw, got, sizeof got);
    CU_ASSERT_EQUAL(n, sizeof expected);
    for (u32 i = 0; i < n && i < sizeof expected; i++)
        if ((u8)got[i] != expected[i])
            printf("\n  byte %u: %02x, not %02x", i, (u8)got[i], expected[i]);
    CU_ASSERT_FALSE(n != sizeof expected || memcmp(got, expected, n));
    const u8 *disk = w->image->media[SLOT_DISK].bytes;
    CU_ASSERT_EQUAL(disk[3 * 512], 0xd1); /* the file is as it was */
    world_free(w);
}

static u64 hash_of_run(struct world_config config, u64 piece)
{
    struct world *w = rom_world(config);
    struct limits l = { 0, UINT64_MAX };
    do {
        l.step = piece ? world_step(w) + piece : UINT64_MAX;
    } while (world_run(w, &l).kind == STOP_STEP);
    u64 hash = arena_hash(&w->hw.arena);
    world_free(w);
    return hash;
}

static void the_same_however_run(void)
{
    u64 plain = hash_of_run((struct world_config){ 0 }, 0);
    void *elsewhere = (void *)0x312345678000;
    CU_ASSERT_EQUAL(plain, hash_of_run((struct world_config){ 0 }, 997));
    CU_ASSERT_EQUAL(plain, hash_of_run((struct world_config){ .drop_caches = true }, 0));
    CU_ASSERT_EQUAL(plain, hash_of_run((struct world_config){ .one_insn_blocks = true }, 0));
    CU_ASSERT_EQUAL(plain, hash_of_run((struct world_config){ .arena_hint = elsewhere }, 0));
}

/* Back to before the disk was written, the map changed, the board was reset; and there again. */
static void time_travel(void)
{
    struct world *w = rom_world((struct world_config){ 0 });
    struct timeline *t = timeline_new(w);
    u64 at[4], hash[4];
    timeline_run(t, &to_the_end);
    u64 end = world_step(w), last = arena_hash(&w->hw.arena);
    for (unsigned i = 0; i < 4; i++) {
        at[i] = end * (i + 1) / 5;
        timeline_seek(t, at[i]);
        hash[i] = arena_hash(&w->hw.arena);
    }
    for (unsigned i = 4; i-- > 0;) {
        timeline_seek(t, at[i]);
        CU_ASSERT_EQUAL(world_step(w), at[i]);
        CU_ASSERT_EQUAL(hash[i], arena_hash(&w->hw.arena));
    }
    timeline_seek(t, end);
    CU_ASSERT_EQUAL(last, arena_hash(&w->hw.arena));
    timeline_free(t);
}

/* The map, A20, the disk and the reset of a monitor's board are those of the machine's, tick by tick. */
static void under_every_engine(void) { all_agree(rom_image(), ROM_RAM, "code 42"); }

/* ROM and map of a guest with 3 GB still fit into the monitor's own memory. */
static void with_all_the_ram(void)
{
    for (enum engine_id id = 0; id < ENGINE_COUNT; id++) {
        char error[200];
        struct world_config config = { .engine = id, .image = rom_image(), .ram_bytes = 3u << 30 };
        struct world *w = world_new(&config, error, sizeof error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(w);
        struct stop s = world_run(w, &to_the_end);
        CU_ASSERT_TRUE(s.kind == STOP_EXIT && s.arg == 0x2a);
        world_free(w);
    }
}

/* ---- keys, whoever runs the guest ---- */

/* What the keyboard sends, polled: as many bytes as `aA` has, translated to set 1. */
GUEST(keys,
    "mov $10, %ecx\n"
    "keys_wait: in $0x64, %al\ntest $1, %al\njz keys_wait\n"
    "in $0x60, %al\nout %al, $0xe9\nloop keys_wait\n"
    "EXIT $3\n");

static void keys_under_every_engine(void)
{
    static const u8 wanted[] = { 0x1e, 0x9e, 0x2a, 0x1e, 0x9e, 0xaa, 0x02, 0x82, 0x39, 0xb9 };
    struct image_segment segment = { .pa = GUEST_LOAD, .file_size = (u32)(keys_end - keys),
                                     .mem_size = (u32)(keys_end - keys) };
    struct image image = { .name = "keys", .entry = GUEST_LOAD, .load_low = GUEST_LOAD,
                           .load_high = GUEST_LOAD + segment.mem_size, .segments = &segment,
                           .segment_count = 1, .file = (u8 *)(uintptr_t)keys };
    u64 end = 0;
    for (enum engine_id id = 0; id < ENGINE_COUNT; id++) {
        char error[200], got[16];
        struct world_config config = { .engine = id, .image = &image, .ram_bytes = GUEST_RAM };
        struct world *w = world_new(&config, error, sizeof error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(w);
        u64 at = 1000;
        for (const char *c = "aA1 "; *c; c++)
            at = typing_key(w, at, *c);
        struct stop s = world_run(w, &to_the_end);
        CU_ASSERT_TRUE(s.kind == STOP_EXIT && s.arg == 3);
        CU_ASSERT_EQUAL(machine_console(&w->hw, got, sizeof got), sizeof wanted);
        CU_ASSERT_EQUAL(memcmp(got, wanted, sizeof wanted), 0);
        CU_ASSERT_TRUE(end == 0 || world_tick(w) == end);
        end = world_tick(w);
        world_free(w);
    }
}

static const struct unit_case cases[] = {
    { "memory map, A20, disk, reset", what_the_rom_found },
    { "the same however it is run", the_same_however_run },
    { "time travel", time_travel },
    { "under every engine", under_every_engine },
    { "with all the RAM", with_all_the_ram },
    { "keys under every engine", keys_under_every_engine },
};

UNIT_MAIN("pc_firmware", cases)
