/* image_impl.h - what the parts of the image loader tell each other; not for others. */
#ifndef LESSONS_IMAGE_IMPL_H
#define LESSONS_IMAGE_IMPL_H

#include "lessons/image.h"

struct complaint {
    char *text;
    size_t size;
    const char *name; /* of the file, in front of each message */
};

/* Writes "name: message"; always false, so that `return complain(...)` reads well. */
bool complain(const struct complaint *c, const char *format, ...) PRINTF_LIKE(2, 3);

void image_unplug(struct image *img); /* image_media.c */
void image_add_segment(struct image *img, struct image_segment segment);

/* image_elf.c: entry, segments, symbols of img->file. */
bool image_is_elf(const struct image *img);
MUST_CHECK bool image_read_elf(struct image *img, const struct complaint *c);

/* image_multiboot.c: the header in img->file, if any.  addresses: flag 16 was set; segment and
 * entry come from the header. */
MUST_CHECK bool image_read_multiboot(struct image *img, bool *addresses,
                                     const struct complaint *c);
MUST_CHECK bool image_fits_multiboot(const struct image *img, const struct complaint *c);
void image_place_multiboot(const struct image *img, const struct image_sink *sink);

/* image_asm.c: assembles path into *elf_path, a temporary file that the caller removes. */
bool image_is_source(const char *path);
MUST_CHECK bool image_assemble(const char *path, char elf_path[64], const struct complaint *c);

#endif
