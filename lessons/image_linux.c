/* image_linux.c - a Linux bzImage, started by the 32-bit boot protocol (Linux,
 * Documentation/x86/boot.rst: "The Linux/x86 Boot Protocol", "32-bit BOOT PROTOCOL").
 *
 *   file:  boot sector and setup code, (setup_sects + 1) * 512 bytes | the kernel, 32-bit code
 *
 * The setup code, which asks a BIOS, is left out: what it would find out is written into the zero page. */
#include "lessons/image_impl.h"

#include <string.h>

/* The setup header, at the same offsets in the file and in the zero page; from protocol .. on */
enum { SETUP_SECTS = 0x1f1, SYSSIZE = 0x1f4, VID_MODE = 0x1fa, BOOT_FLAG = 0x1fe, JUMP_LENGTH = 0x201,
       HEADER = 0x202, VERSION = 0x206, LOADER_TYPE = 0x210, LOADFLAGS = 0x211, CODE32 = 0x214,
       RAMDISK = 0x218, RAMDISK_SIZE = 0x21c, CMD_LINE = 0x228, INITRD_MAX = 0x22c /* 2.03 */,
       CMDLINE_SIZE = 0x238 /* 2.06 */, PREF_ADDRESS = 0x258, INIT_SIZE = 0x260 /* 2.10 */,
       HEADER_MAX = 0x290 };
enum { PROTOCOL_OLDEST = 0x202 /* cmd_line_ptr */, PROTOCOL_INITRD_MAX = 0x203,
       PROTOCOL_SYSSIZE = 0x204 /* of 32 bits; before, 16, not to be trusted */,
       PROTOCOL_CMDLINE_SIZE = 0x206, PROTOCOL_INIT_SIZE = 0x20a };
enum { LOADED_HIGH = 1, LOADER_UNKNOWN = 0xff, VID_NORMAL = 0xffff, SECTOR = 512,
       SETUP_SECTS_OLD = 4, CMDLINE_OLD = 255, INITRD_MAX_OLD = 0x37ffffff };

/* The rest of the zero page: what the setup code would have found out.  The screen: 80x25, VGA. */
enum { SCREEN_MODE = 6, SCREEN_COLUMNS = 7, SCREEN_LINES = 0xe, SCREEN_IS_VGA = 0xf,
       SCREEN_POINTS = 0x10, ALT_MEM_KB = 0x1e0, E820_COUNT = 0x1e8, E820_TABLE = 0x2d0,
       E820_ENTRY = 20 };

static u32 half(const u8 *at)
{
    return at[0] | (u32)at[1] << 8;
}

bool image_is_linux(const struct image *img)
{
    return img->file_size >= HEADER_MAX && memcmp(img->file + HEADER, "HdrS", 4) == 0 &&
           half(img->file + BOOT_FLAG) == 0xaa55;
}

static u32 setup_size(const u8 *file)
{
    u32 sectors = file[SETUP_SECTS] ? file[SETUP_SECTS] : SETUP_SECTS_OLD;
    return (sectors + 1) * SECTOR;
}

bool image_read_linux(struct image *img, const struct complaint *c)
{
    const u8 *h = img->file;
    u32 setup = setup_size(h), version = half(h + VERSION), load = image_get32(h + CODE32);
    img->form = FORM_LINUX;
    if (version < PROTOCOL_OLDEST)
        return complain(c, "boot protocol %u.%02u is too old, 2.02 is the first with a command "
                        "line", version >> 8, version & 0xff);
    if (!(h[LOADFLAGS] & LOADED_HIGH))
        return complain(c, "a zImage, not a bzImage: it wants to be loaded below 1 MB");
    if (load < MEGABYTE)
        return complain(c, "no 32-bit entry: this kernel starts in real mode and needs a BIOS");
    if (setup >= img->file_size)
        return complain(c, "truncated: the kernel begins at 0x%x, the file ends at 0x%x", setup,
                        img->file_size);
    u64 rest = version < PROTOCOL_SYSSIZE ? 0 : (u64)image_get32(h + SYSSIZE) * 16; /* rounded up */
    if (rest > img->file_size - setup + 15u)
        return complain(c, "truncated: the kernel has %llu bytes at 0x%x, the file %u",
                        (unsigned long long)rest, setup, img->file_size - setup);
    if ((u64)load + (img->file_size - setup) > UINT32_MAX)
        return complain(c, "load address 0x%x: the kernel does not fit below 4 GB", load);
    image_add_segment(img, (struct image_segment){ .pa = load, .at = setup,
        .file_size = img->file_size - setup, .mem_size = img->file_size - setup });
    img->entry = load;
    return true;
}

/* The guest's command line has no name in front of it. */
static const char *arguments(const struct image *img)
{
    const char *rest = img->cmdline + strlen(img->name);
    return *rest == ' ' ? rest + 1 : rest;
}

bool image_fits_linux(const struct image *img, const struct complaint *c)
{
    const u8 *h = img->file;
    bool told = half(h + VERSION) >= PROTOCOL_CMDLINE_SIZE;
    u32 most = told ? image_get32(h + CMDLINE_SIZE) : CMDLINE_OLD, room = LOW_END - LINUX_CMDLINE;
    if (most >= room)
        most = room - 1;
    return strlen(arguments(img)) <= most ||
           complain(c, "the command line is longer than the %u bytes this kernel takes", most);
}

/* One past the last byte that the kernel uses before it knows its memory. */
static u64 kernel_end(const struct image *img)
{
    const u8 *h = img->file;
    if (half(h + VERSION) < PROTOCOL_INIT_SIZE)
        return img->load_high;
    u64 end = (u64)image_get32(h + PREF_ADDRESS) + image_get32(h + INIT_SIZE);
    return end > img->load_high ? end : img->load_high;
}

/* As high as it may be; false: said. */
static bool find_initrd(const struct image *img, u32 ram, u32 *at, const struct complaint *c)
{
    const u8 *h = img->file;
    const struct image_module *m = &img->module[0];
    bool told = half(h + VERSION) >= PROTOCOL_INITRD_MAX;
    u64 top = (u64)(told ? image_get32(h + INITRD_MAX) : (u32)INITRD_MAX_OLD) + 1;
    if (top > ram)
        top = ram;
    *at = 0;
    if (!img->module_count)
        return true;
    u64 place = m->size > top ? 0 : (top - m->size) & ~(u64)(PAGE_SIZE - 1);
    *at = (u32)place;
    return place >= kernel_end(img) ||
           complain(c, "the initrd, %u bytes, does not fit between 0x%llx and 0x%llx", m->size,
                    (unsigned long long)kernel_end(img), (unsigned long long)top);
}

static void put_screen(u8 *zero)
{
    zero[SCREEN_MODE] = 3;
    zero[SCREEN_COLUMNS] = 80;
    zero[SCREEN_LINES] = 25;
    zero[SCREEN_IS_VGA] = 1;
    zero[SCREEN_POINTS] = 16;
}

static void put_memory(u8 *zero, u32 ram)
{
    struct region region[REGIONS];
    unsigned count = image_regions(ram, region);
    for (unsigned i = 0; i < count; i++) {
        u8 *at = zero + E820_TABLE + i * E820_ENTRY;
        image_put32(at, region[i].start);
        image_put32(at + 8, region[i].size);
        image_put32(at + 16, region[i].type);
    }
    zero[E820_COUNT] = (u8)count;
    image_put32(zero + ALT_MEM_KB, (ram - MEGABYTE) / 1024);
}

static void put_header(const struct image *img, u8 *zero, u32 initrd)
{
    u32 end = HEADER + img->file[JUMP_LENGTH];
    if (end > HEADER_MAX)
        end = HEADER_MAX;
    memcpy(zero + SETUP_SECTS, img->file + SETUP_SECTS, end - SETUP_SECTS);
    zero[LOADER_TYPE] = LOADER_UNKNOWN;
    zero[VID_MODE] = zero[VID_MODE + 1] = VID_NORMAL & 0xff;
    image_put32(zero + CODE32, img->entry);
    image_put32(zero + RAMDISK, initrd);
    image_put32(zero + RAMDISK_SIZE, img->module_count ? img->module[0].size : 0);
    image_put32(zero + CMD_LINE, LINUX_CMDLINE);
}

/* __BOOT_CS 10h and __BOOT_DS 18h, flat, as the protocol wants them. */
static void place_gdt(const struct image_sink *sink)
{
    static const u32 gdt[8] = { 0, 0, 0, 0, 0x0000ffff, 0x00cf9b00, 0x0000ffff, 0x00cf9300 };
    u8 bytes[sizeof gdt];
    for (unsigned i = 0; i < COUNT(gdt); i++)
        image_put32(bytes + 4 * i, gdt[i]);
    sink->write(sink->owner, LINUX_GDT, bytes, sizeof bytes);
}

bool image_place_linux(const struct image *img, const struct image_sink *sink,
                       const struct complaint *c)
{
    u8 zero[PAGE_SIZE] = { 0 };
    const char *line = arguments(img);
    u32 initrd;
    if (kernel_end(img) > sink->ram_bytes)
        return complain(c, "needs memory up to 0x%llx, the guest's ends at 0x%x",
                        (unsigned long long)kernel_end(img), sink->ram_bytes);
    if (!find_initrd(img, sink->ram_bytes, &initrd, c))
        return false;
    put_screen(zero);
    put_memory(zero, sink->ram_bytes);
    put_header(img, zero, initrd);
    place_gdt(sink);
    sink->write(sink->owner, LINUX_PARAMS, zero, sizeof zero);
    sink->write(sink->owner, LINUX_CMDLINE, line, (u32)strlen(line) + 1);
    if (img->module_count)
        sink->write(sink->owner, initrd, img->module[0].bytes, img->module[0].size);
    return true;
}
