/* image_modules.c - files that go into memory beside the kernel: "FILE ARGUMENTS,FILE ..". */
#include "lessons/image_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_file(struct image *img, struct image_module *m, const char *path,
                      const struct complaint *c)
{
    struct complaint mine = { c->text, c->size, path };
    errno = 0;
    if (image_read_file(path, &m->bytes, &m->size, &mine))
        return true;
    img->missing = errno == ENOENT;
    return false;
}

/* The next item of the list, spaces around it removed; to be freed. */
static char *next_item(const char **list)
{
    size_t len = strcspn(*list, ",");
    const char *from = *list;
    *list += len + ((*list)[len] == ',');
    for (; len && *from == ' '; len--)
        from++;
    while (len && from[len - 1] == ' ')
        len--;
    char *item = malloc(len + 1);
    assert(item);
    memcpy(item, from, len);
    item[len] = 0;
    return item;
}

static bool read_module(struct image *img, char *item, const struct complaint *c)
{
    struct image_module *m = &img->module[img->module_count++];
    char path[4096];
    m->cmdline = item;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(item, " "), item);
    if (!*path)
        return complain(c, "a module without a name");
    return read_file(img, m, path, c);
}

/* The whole text is one name: Linux gives no arguments to its initrd. */
static bool read_initrd(struct image *img, const char *path, const struct complaint *c)
{
    struct image_module *m = &img->module[img->module_count++];
    m->cmdline = strdup(path);
    assert(m->cmdline);
    return read_file(img, m, path, c);
}

bool image_read_modules(struct image *img, const char *list, const struct complaint *c)
{
    if (img->form == FORM_LINUX)
        return read_initrd(img, list, c);
    do {
        if (img->module_count == IMAGE_MODULES)
            return complain(c, "more than %d modules", IMAGE_MODULES);
        if (!read_module(img, next_item(&list), c))
            return false;
    } while (*list);
    return true;
}

void image_free_modules(struct image *img)
{
    for (u32 i = 0; i < img->module_count; i++) {
        free(img->module[i].cmdline);
        free(img->module[i].bytes);
    }
}
