/* image_media.c - files that are parts of the board: ROMs and the disk.
 *
 * They are mapped, not read: a disk of many gigabytes costs what the guest touches, and what hashing
 * reads once.  A private, read-only mapping: the file cannot change by what a guest does. */
#include "lessons/image_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTION_ROM_MAX = 64 << 10, OPTION_UNIT = 512, SECTOR = 512 };
#define DISK_MAX ((u64)0x0fffffff * SECTOR) /* what IDENTIFY can tell (ATA-4, words 60-61) */

static bool fits_rom(const struct image_media *m, const struct complaint *c)
{
    if (m->size == 64 << 10 || m->size == 128 << 10 || m->size == 256 << 10)
        return true;
    return complain(c, "a ROM has 64, 128 or 256 KB, not %llu bytes", (unsigned long long)m->size);
}

/* 55h AAh, then its size in units of 512 bytes. */
static bool fits_option_rom(const struct image_media *m, const struct complaint *c)
{
    if (m->size > OPTION_ROM_MAX || m->size < OPTION_UNIT)
        return complain(c, "an option ROM has 512 bytes to 64 KB, not %llu bytes",
                        (unsigned long long)m->size);
    if (m->bytes[0] != 0x55 || m->bytes[1] != 0xaa)
        return complain(c, "no option ROM: it does not begin with 55 AA");
    return (u64)m->bytes[2] * OPTION_UNIT <= m->size ||
           complain(c, "the option ROM is cut off: it says %u bytes", m->bytes[2] * OPTION_UNIT);
}

static bool fits_disk(const struct image_media *m, const struct complaint *c)
{
    if (m->size % SECTOR)
        return complain(c, "a disk image has whole sectors of 512 bytes, not %llu bytes",
                        (unsigned long long)m->size);
    return m->size <= DISK_MAX || complain(c, "a disk has less than 128 GB");
}

static bool (*const fits[IMAGE_SLOTS])(const struct image_media *m, const struct complaint *c) = {
    [SLOT_ROM] = fits_rom, [SLOT_OPTION_ROM] = fits_option_rom, [SLOT_DISK] = fits_disk,
};

static u64 hash_media(u64 hash, const struct image_media *m)
{
    u64 i = 0;
    for (; i + 8 <= m->size; i += 8) {
        u64 word;
        memcpy(&word, m->bytes + i, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    for (; i < m->size; i++)
        hash = (hash ^ m->bytes[i]) * 0x100000001b3u;
    return hash;
}

static bool map_file(int fd, struct image_media *m, const struct complaint *c)
{
    struct stat st;
    if (fstat(fd, &st))
        return complain(c, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return complain(c, "not a plain file");
    if (st.st_size == 0)
        return complain(c, "the file is empty");
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return complain(c, "%s", strerror(errno));
    *m = (struct image_media){ at, (u64)st.st_size };
    return true;
}

static void unmap(struct image_media *m)
{
    if (m->size)
        munmap((void *)(uintptr_t)m->bytes, m->size);
    *m = (struct image_media){ NULL, 0 };
}

bool image_plug(struct image *img, enum image_slot slot, const char *path, char *error,
                size_t error_size)
{
    struct complaint c = { error, error_size, path };
    struct image_media *m = &img->media[slot];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(&c, "%s", strerror(errno));
    unmap(m);
    bool ok = map_file(fd, m, &c);
    close(fd);
    if (!ok)
        return false;
    if (!fits[slot](m, &c)) {
        unmap(m);
        return false;
    }
    img->hash = hash_media(img->hash ^ slot, m);
    return true;
}

void image_unplug(struct image *img)
{
    for (unsigned i = 0; i < IMAGE_SLOTS; i++)
        unmap(&img->media[i]);
}
