/* image_multiboot.c - Multiboot Specification 0.6.96: the header, the information in RAM. */
#include "lessons/image_impl.h"

#include <string.h>

/* Header, 3.1: 32-bit aligned, within the first 8 KB of the file
 *   0 magic   4 flags   8 checksum (the sum of the three is 0)
 *   only with flag 16: 12 header_addr 16 load_addr 20 load_end_addr 24 bss_end_addr 28 entry
 * Flags 0 (align modules) and 1 (memory information) are met by any loader like this one. */
enum { SEARCH = 8192, FLAGS_MET = 0x3, FLAGS_REQUIRED = 0xffff, FLAG_ADDRESSES = 1 << 16 };
#define HEADER_MAGIC 0x1badb002u

/* Information, 3.3: byte offsets in it, and where what it points to is kept; texts are the command
 * lines of the kernel and of its modules, one after the other */
enum { INFO_FLAGS = 0, INFO_MEM_LOWER = 4, INFO_MEM_UPPER = 8, INFO_BOOT_DEVICE = 12,
       INFO_CMDLINE = 16, INFO_MODULES = 20, INFO_MODULE_TABLE = 24, INFO_MMAP_LENGTH = 44,
       INFO_MMAP = 48, INFO_LOADER = 64,
       AT_MMAP = 0x80, AT_LOADER = 0x100, AT_MODULES = 0x140, MODULE_ENTRY = 16,
       AT_TEXTS = AT_MODULES + IMAGE_MODULES * MODULE_ENTRY };
enum { HAS_MEMORY = 1 << 0, HAS_BOOT_DEVICE = 1 << 1, HAS_CMDLINE = 1 << 2, HAS_MODULES = 1 << 3,
       HAS_MMAP = 1 << 6, HAS_LOADER = 1 << 9 };
enum { MMAP_ENTRY = 24 };
#define FIRST_DISK 0x80ffffffu /* drive 80h, no partition */

static bool find_header(const struct image *img, u32 *at)
{
    for (u32 i = 0; i + 12 <= img->file_size && i + 12 <= SEARCH; i += 4) {
        const u8 *h = img->file + i;
        if (image_get32(h) != HEADER_MAGIC || image_get32(h) + image_get32(h + 4) + image_get32(h + 8) != 0)
            continue;
        *at = i;
        return true;
    }
    return false;
}

/* Flag 16: the file, be it ELF, is an image of memory around the header; load_end 0 means all of the file,
 * bss_end 0 means no bss. */
static bool read_addresses(struct image *img, u32 at, const struct complaint *c)
{
    const u8 *h = img->file + at;
    if (at + 32 > img->file_size)
        return complain(c, "truncated: the multiboot header ends at 0x%x, the file at 0x%x",
                        at + 32, img->file_size);
    u32 header = image_get32(h + 12), load = image_get32(h + 16);
    u32 end = image_get32(h + 20), bss = image_get32(h + 24);
    if (end && end < load)
        return complain(c, "multiboot header: load address 0x%x, its end at 0x%x", load, end);
    if (load > header || header - load > at)
        return complain(c, "multiboot header: load address 0x%x, the header at 0x%x", load,
                        header);
    u32 start = at - (header - load);
    u64 size = end ? (u64)end - load : img->file_size - start;
    if (size > img->file_size - start)
        return complain(c, "truncated: multiboot wants %llu bytes, the file has %u",
                        (unsigned long long)size, img->file_size - start);
    u64 top = bss > load + size ? bss : load + size;
    if (top > UINT32_MAX)
        return complain(c, "multiboot header: it does not fit below 4 GB");
    image_add_segment(img, (struct image_segment){
        .pa = load, .file_size = (u32)size, .mem_size = (u32)(top - load), .at = start });
    img->entry = image_get32(h + 28);
    return true;
}

bool image_read_multiboot(struct image *img, bool *addresses, const struct complaint *c)
{
    u32 at;
    *addresses = false;
    if (!find_header(img, &at))
        return true;
    u32 flags = image_get32(img->file + at + 4), unmet = flags & FLAGS_REQUIRED & ~(u32)FLAGS_MET;
    if (unmet)
        return complain(c, "multiboot header: it requires what is not here (flags 0x%x)",
                        unmet);
    img->multiboot = true;
    *addresses = (flags & FLAG_ADDRESSES) != 0;
    return !*addresses || read_addresses(img, at, c);
}

static size_t texts_size(const struct image *img)
{
    size_t size = strlen(img->cmdline) + 1;
    for (u32 i = 0; i < img->module_count; i++)
        size += strlen(img->module[i].cmdline) + 1;
    return size;
}

bool image_fits_multiboot(const struct image *img, const struct complaint *c)
{
    if (texts_size(img) > IMAGE_INFO_SIZE - AT_TEXTS)
        return complain(c, "the command lines are longer than %d bytes together",
                        IMAGE_INFO_SIZE - AT_TEXTS);
    for (u32 i = 0; i < img->segment_count; i++) {
        const struct image_segment *s = &img->segments[i];
        if (s->pa < IMAGE_INFO + IMAGE_INFO_SIZE && s->pa + s->mem_size > IMAGE_INFO)
            return complain(c, "a segment at 0x%x covers 0x%x, where the boot information goes",
                            s->pa, IMAGE_INFO);
    }
    return true;
}

static u32 smaller(u32 a, u32 b)
{
    return a < b ? a : b;
}

static void put_memory(u8 *info, u32 ram)
{
    struct region region[REGIONS];
    unsigned count = image_regions(ram, region);
    image_put32(info + INFO_MEM_LOWER, smaller(ram, LOW_END) / 1024);
    image_put32(info + INFO_MEM_UPPER, ram > MEGABYTE ? (ram - MEGABYTE) / 1024 : 0);
    for (unsigned i = 0; i < count; i++) {
        u8 *at = info + AT_MMAP + i * MMAP_ENTRY;
        image_put32(at, MMAP_ENTRY - 4);
        image_put32(at + 4, region[i].start);
        image_put32(at + 12, region[i].size);
        image_put32(at + 20, region[i].type);
    }
    image_put32(info + INFO_MMAP, IMAGE_INFO + AT_MMAP);
    image_put32(info + INFO_MMAP_LENGTH, count * MMAP_ENTRY);
}

static u32 page_after(u64 address)
{
    return (u32)((address + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1));
}

/* Modules begin at pages behind the kernel, and never below 1 MB: flag 0 is met for everybody. */
static u32 modules_begin(const struct image *img)
{
    return page_after(img->load_high > MEGABYTE ? img->load_high : MEGABYTE);
}

static bool modules_fit(const struct image *img, u32 ram, const struct complaint *c)
{
    u64 at = modules_begin(img);
    for (u32 i = 0; i < img->module_count; i++) {
        const struct image_module *m = &img->module[i];
        u64 end = at + m->size;
        if (end > ram)
            return complain(c, "module %u (%s) needs memory up to 0x%llx, the guest's ends at 0x%x",
                            i + 1, m->cmdline, (unsigned long long)end, ram);
        at = page_after(end);
    }
    return true;
}

static u32 put_text(u8 *info, u32 *at, const char *text)
{
    u32 begin = *at;
    memcpy(info + begin, text, strlen(text) + 1);
    *at += (u32)strlen(text) + 1;
    return IMAGE_INFO + begin;
}

static void put_modules(const struct image *img, const struct image_sink *sink, u8 *info, u32 *text)
{
    u32 at = modules_begin(img);
    for (u32 i = 0; i < img->module_count; i++) {
        const struct image_module *m = &img->module[i];
        u8 *entry = info + AT_MODULES + i * MODULE_ENTRY;
        image_put32(entry, at);
        image_put32(entry + 4, at + m->size);
        image_put32(entry + 8, put_text(info, text, m->cmdline));
        sink->write(sink->owner, at, m->bytes, m->size);
        at = page_after((u64)at + m->size);
    }
    image_put32(info + INFO_MODULES, img->module_count);
    image_put32(info + INFO_MODULE_TABLE, IMAGE_INFO + AT_MODULES);
}

bool image_place_multiboot(const struct image *img, const struct image_sink *sink,
                           const struct complaint *c)
{
    static const char loader[] = "stepvisor";
    u8 info[IMAGE_INFO_SIZE] = { 0 };
    u32 flags = HAS_MEMORY | HAS_CMDLINE | HAS_MMAP | HAS_LOADER, text = AT_TEXTS;
    bool has_disk = img->media[SLOT_DISK].size != 0;
    if (!modules_fit(img, sink->ram_bytes, c))
        return false;
    put_memory(info, sink->ram_bytes);
    image_put32(info + INFO_CMDLINE, put_text(info, &text, img->cmdline));
    image_put32(info + INFO_LOADER, IMAGE_INFO + AT_LOADER);
    memcpy(info + AT_LOADER, loader, sizeof loader);
    if (img->module_count)
        put_modules(img, sink, info, &text);
    if (has_disk)
        image_put32(info + INFO_BOOT_DEVICE, FIRST_DISK);
    image_put32(info + INFO_FLAGS, flags | (img->module_count ? HAS_MODULES : 0) |
                (has_disk ? HAS_BOOT_DEVICE : 0));
    if (sink->ram_bytes >= IMAGE_INFO + IMAGE_INFO_SIZE)
        sink->write(sink->owner, IMAGE_INFO, info, text);
    return true;
}
