/* image_file.h - for the tests of the image loader: files made of bytes, and memory to place them in. */
#ifndef TESTS_UNIT_IMAGE_FILE_H
#define TESTS_UNIT_IMAGE_FILE_H

#include "lessons/image.h"

#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

enum { RAM = 4 << 20, ROOM = 16384 };

struct memory { u8 ram[RAM]; unsigned writes; };
struct file { u8 bytes[ROOM]; u32 size; };
struct result { bool ok; struct image img; char error[200]; };

static inline void store(void *owner, u32 pa, const void *bytes, u32 len)
{
    struct memory *m = owner;
    CU_ASSERT_TRUE_FATAL((u64)pa + len <= RAM);
    memcpy(m->ram + pa, bytes, len);
    m->writes++;
}

static inline u32 word(const void *at)
{
    u32 value;
    memcpy(&value, at, 4);
    return value;
}

/* Loads the bytes from a file of this name, which is gone afterwards; its folder is cut off a complaint. */
static inline struct result load_bytes(const char *name, const void *bytes, size_t len,
                                const struct image_options *options)
{
    char folder[] = "/tmp/image-test-XXXXXX", path[128];
    struct result r = { 0 };
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, len, f), len);
    fclose(f);
    r.ok = image_load(&r.img, path, options, r.error, sizeof r.error);
    size_t cut = strlen(folder) + 1;
    if (strncmp(r.error, path, cut) == 0)
        memmove(r.error, r.error + cut, sizeof r.error - cut);
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0); /* and nothing else was left there */
    return r;
}

/* Placing fails with a message that names the file as it was given; its folder is cut off here, too. */
static inline void expect_no_room(const struct image *img, const struct image_sink *sink, const char *want)
{
    char error[200] = "";
    size_t folder = (size_t)(strrchr(img->path, '/') + 1 - img->path);
    CU_ASSERT_FALSE(image_place(img, sink, error, sizeof error));
    CU_ASSERT_EQUAL(strncmp(error, img->path, folder), 0);
    CU_ASSERT_STRING_EQUAL(error + folder, want);
}

static inline struct result load_file(const char *name, const struct file *f)
{
    return load_bytes(name, f->bytes, f->size, NULL);
}

static inline void expect_error(struct result r, const char *error)
{
    CU_ASSERT_FALSE(r.ok);
    if (strcmp(r.error, error) != 0)
        printf("\n  got:  %s\n  want: %s\n", r.error, error);
    CU_ASSERT_STRING_EQUAL(r.error, error);
    CU_ASSERT_PTR_NULL(r.img.file);
    image_free(&r.img);
}

static inline struct memory *place(const struct image *img)
{
    char error[200] = "";
    struct memory *m = calloc(1, sizeof *m);
    struct image_sink sink = { m, RAM, store };
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_TRUE(image_place(img, &sink, error, sizeof error));
    return m;
}

#endif
