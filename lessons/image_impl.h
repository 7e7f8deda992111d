/* image_impl.h - what the parts of the image loader tell each other; not for others. */
#ifndef LESSONS_IMAGE_IMPL_H
#define LESSONS_IMAGE_IMPL_H

#include "lessons/image.h"

struct complaint {
    char *text;
    size_t size;
    const char *name; /* of the file, as the user gave it, in front of each message */
};

/* Writes "name: message"; always false, so that `return complain(...)` reads well. */
bool complain(const struct complaint *c, const char *format, ...) PRINTF_LIKE(2, 3);

void image_unplug(struct image *img); /* image_media.c */
void image_add_segment(struct image *img, struct image_segment segment);

/* image_elf.c: entry, segments, symbols of img->file; placed: the first two are known already. */
bool image_is_elf(const struct image *img);
MUST_CHECK bool image_read_elf(struct image *img, bool placed, const struct complaint *c);

/* image_multiboot.c: the header in img->file, if any.  addresses: flag 16 was set; segment and
 * entry come from the header. */
MUST_CHECK bool image_read_multiboot(struct image *img, bool *addresses,
                                     const struct complaint *c);
MUST_CHECK bool image_fits_multiboot(const struct image *img, const struct complaint *c);
MUST_CHECK bool image_place_multiboot(const struct image *img, const struct image_sink *sink,
                                      const struct complaint *c);

/* image_linux.c: a bzImage by the 32-bit boot protocol. */
enum { LINUX_PARAMS = 0x10000 /* the zero page */, LINUX_GDT = 0x11000, LINUX_CMDLINE = 0x12000 };
bool image_is_linux(const struct image *img);
MUST_CHECK bool image_read_linux(struct image *img, const struct complaint *c);
MUST_CHECK bool image_fits_linux(const struct image *img, const struct complaint *c);
MUST_CHECK bool image_place_linux(const struct image *img, const struct image_sink *sink,
                                  const struct complaint *c);

/* image_boot.c: the first sector of a disk, and the vectors of the BIOS that is not there. */
bool image_is_boot_sector(const struct image *img);
void image_read_boot_sector(struct image *img);
MUST_CHECK bool image_place_no_bios(const struct image_sink *sink, const struct complaint *c);

/* image_map.c: the memory that a guest of `ram` bytes is told of; returns how many regions. */
enum region_type { REGION_RAM = 1, REGION_RESERVED = 2 };
struct region { u32 start, size, type; };
enum { REGIONS = 3, MEGABYTE = 1 << 20, LOW_END = 640 << 10 };
unsigned image_regions(u32 ram, struct region region[REGIONS]);
/* The board's own table, for kernels that find their interrupts by it; segments may cover it. */
void image_place_mptable(const struct image_sink *sink);
u32 image_get32(const u8 *at);          /* little-endian */
void image_put32(u8 *at, u32 value);

/* image_modules.c: files for the kernel. */
MUST_CHECK bool image_read_modules(struct image *img, const char *list, const struct complaint *c);
void image_free_modules(struct image *img);

/* image.c: all of a file, to be freed. */
MUST_CHECK bool image_read_file(const char *path, u8 **bytes, u32 *size,
                                const struct complaint *c);

/* image_asm.c: assembles path into *elf_path, a temporary file that the caller removes. */
bool image_is_source(const char *path);
MUST_CHECK bool image_assemble(const char *path, char elf_path[64], const struct complaint *c);

#endif
