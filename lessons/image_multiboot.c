/* image_multiboot.c - Multiboot Specification 0.6.96: the header, the information in RAM. */
#include "lessons/image_impl.h"

#include <string.h>

/* Header, 3.1: 32-bit aligned, within the first 8 KB of the file
 *   0 magic   4 flags   8 checksum (the sum of the three is 0)
 *   only with flag 16: 12 header_addr 16 load_addr 20 load_end_addr 24 bss_end_addr 28 entry
 * Flags 0 (align modules) and 1 (memory information) are met by any loader like this one. */
enum { SEARCH = 8192, FLAGS_MET = 0x3, FLAGS_REQUIRED = 0xffff, FLAG_ADDRESSES = 1 << 16 };
#define HEADER_MAGIC 0x1badb002u

/* Information, 3.3: byte offsets in it, and where what it points to is kept */
enum { INFO_FLAGS = 0, INFO_MEM_LOWER = 4, INFO_MEM_UPPER = 8, INFO_CMDLINE = 16,
       INFO_MMAP_LENGTH = 44, INFO_MMAP = 48, INFO_LOADER = 64,
       AT_MMAP = 0x80, AT_LOADER = 0x100, AT_CMDLINE = 0x140 };
enum { HAS_MEMORY = 1 << 0, HAS_CMDLINE = 1 << 2, HAS_MMAP = 1 << 6, HAS_LOADER = 1 << 9 };
enum { MMAP_RAM = 1, MMAP_RESERVED = 2, MMAP_ENTRY = 24 };
enum { MEGABYTE = 1 << 20, LOW_END = 640 << 10 };

static u32 word(const u8 *at)
{
    return at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;
}

static void put(u8 *at, u32 value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (u8)(value >> 8 * i);
}

static bool find_header(const struct image *img, u32 *at)
{
    for (u32 i = 0; i + 12 <= img->file_size && i + 12 <= SEARCH; i += 4) {
        const u8 *h = img->file + i;
        if (word(h) != HEADER_MAGIC || word(h) + word(h + 4) + word(h + 8) != 0)
            continue;
        *at = i;
        return true;
    }
    return false;
}

/* Flag 16: the file is an image of memory around the header; load_end 0 means all of the file,
 * bss_end 0 means no bss. */
static bool read_addresses(struct image *img, u32 at, const struct complaint *c)
{
    const u8 *h = img->file + at;
    if (at + 32 > img->file_size)
        return complain(c, "truncated: the multiboot header ends at 0x%x, the file at 0x%x",
                        at + 32, img->file_size);
    u32 header = word(h + 12), load = word(h + 16), end = word(h + 20), bss = word(h + 24);
    if (load > header || header - load > at)
        return complain(c, "multiboot header: load address 0x%x, the header at 0x%x", load,
                        header);
    u32 start = at - (header - load);
    u64 size = end ? (u64)end - load : img->file_size - start;
    if ((end && end < load) || size > img->file_size - start)
        return complain(c, "truncated: multiboot wants %u bytes, the file has %u", end - load,
                        img->file_size - start);
    u64 top = bss > load + size ? bss : load + size;
    if (top > UINT32_MAX)
        return complain(c, "multiboot header: it does not fit below 4 GB");
    image_add_segment(img, (struct image_segment){
        .pa = load, .file_size = (u32)size, .mem_size = (u32)(top - load), .at = start });
    img->entry = word(h + 28);
    return true;
}

bool image_read_multiboot(struct image *img, bool *addresses, const struct complaint *c)
{
    u32 at;
    *addresses = false;
    if (!find_header(img, &at))
        return true;
    u32 flags = word(img->file + at + 4), unmet = flags & FLAGS_REQUIRED & ~(u32)FLAGS_MET;
    if (unmet)
        return complain(c, "multiboot header: it requires what is not here (flags 0x%x)",
                        unmet);
    img->multiboot = true;
    *addresses = (flags & FLAG_ADDRESSES) != 0;
    return !*addresses || read_addresses(img, at, c);
}

bool image_fits_multiboot(const struct image *img, const struct complaint *c)
{
    if (strlen(img->cmdline) >= IMAGE_INFO_SIZE - AT_CMDLINE)
        return complain(c, "the command line is longer than %d bytes",
                        IMAGE_INFO_SIZE - AT_CMDLINE - 1);
    for (u32 i = 0; i < img->segment_count; i++) {
        const struct image_segment *s = &img->segments[i];
        if (s->pa < IMAGE_INFO + IMAGE_INFO_SIZE && s->pa + s->mem_size > IMAGE_INFO)
            return complain(c, "a segment at 0x%x covers 0x%x, where the boot information goes",
                            s->pa, IMAGE_INFO);
    }
    return true;
}

static u32 put_region(u8 *info, u32 at, u32 start, u32 end, u32 type)
{
    if (end <= start)
        return at;
    put(info + at, MMAP_ENTRY - 4);
    put(info + at + 4, start);
    put(info + at + 12, end - start);
    put(info + at + 20, type);
    return at + MMAP_ENTRY;
}

static u32 smaller(u32 a, u32 b)
{
    return a < b ? a : b;
}

void image_place_multiboot(const struct image *img, const struct image_sink *sink)
{
    static const char loader[] = "stepvisor";
    u8 info[IMAGE_INFO_SIZE] = { 0 };
    u32 ram = sink->ram_bytes, low = smaller(ram, LOW_END), at = AT_MMAP;
    u32 used = AT_CMDLINE + (u32)strlen(img->cmdline) + 1;
    put(info + INFO_FLAGS, HAS_MEMORY | HAS_CMDLINE | HAS_MMAP | HAS_LOADER);
    put(info + INFO_MEM_LOWER, low / 1024);
    put(info + INFO_MEM_UPPER, ram > MEGABYTE ? (ram - MEGABYTE) / 1024 : 0);
    at = put_region(info, at, 0, low, MMAP_RAM);
    at = put_region(info, at, LOW_END, smaller(ram, MEGABYTE), MMAP_RESERVED);
    at = put_region(info, at, MEGABYTE, ram, MMAP_RAM);
    put(info + INFO_MMAP, IMAGE_INFO + AT_MMAP);
    put(info + INFO_MMAP_LENGTH, at - AT_MMAP);
    put(info + INFO_LOADER, IMAGE_INFO + AT_LOADER);
    put(info + INFO_CMDLINE, IMAGE_INFO + AT_CMDLINE);
    memcpy(info + AT_LOADER, loader, sizeof loader);
    memcpy(info + AT_CMDLINE, img->cmdline, strlen(img->cmdline));
    if (ram >= IMAGE_INFO + IMAGE_INFO_SIZE)
        sink->write(sink->owner, IMAGE_INFO, info, used);
}
