/* image.c - see image.h: files, placing, symbols; ELF, multiboot and sources are elsewhere. */
#include "lessons/image.h"

#include "lessons/image_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 30 };

bool complain(const struct complaint *c, const char *format, ...)
{
    va_list args;
    int used = snprintf(c->text, c->size, "%s: ", c->name);
    if (used < 0 || (size_t)used >= c->size)
        return false;
    va_start(args, format);
    vsnprintf(c->text + used, c->size - (size_t)used, format, args);
    va_end(args);
    return false;
}

void image_add_segment(struct image *img, struct image_segment segment)
{
    u32 end = segment.pa + segment.mem_size;
    if (!segment.mem_size)
        return;
    size_t bytes = (img->segment_count + 1) * sizeof segment;
    img->segments = realloc(img->segments, bytes);
    assert(img->segments);
    if (!img->segment_count || segment.pa < img->load_low)
        img->load_low = segment.pa;
    if (!img->segment_count || end > img->load_high)
        img->load_high = end;
    img->segments[img->segment_count++] = segment;
}

static bool read_stream(struct image *img, FILE *f, const struct complaint *c)
{
    size_t room = 0, got;
    do {
        if (img->file_size == room) {
            room = room ? room * 2 : 64 * 1024;
            if (room > FILE_LIMIT)
                return complain(c, "larger than 1 GB");
            img->file = realloc(img->file, room);
            assert(img->file);
        }
        got = fread(img->file + img->file_size, 1, room - img->file_size, f);
        img->file_size += (u32)got;
    } while (got);
    return !ferror(f) || complain(c, "%s", strerror(errno));
}

static bool read_file(struct image *img, const char *path, const struct complaint *c)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return complain(c, "%s", strerror(errno));
    bool ok = read_stream(img, f, c);
    fclose(f);
    return ok && (img->file_size || complain(c, "the file is empty"));
}

/* A flat binary: all of the file, at the load address. */
static bool read_flat(struct image *img, const struct image_options *o,
                      const struct complaint *c)
{
    u32 load = o->has_load ? o->load : IMAGE_LOAD;
    if ((u64)load + img->file_size > UINT32_MAX)
        return complain(c, "load address 0x%x: the file does not fit below 4 GB", load);
    image_add_segment(img, (struct image_segment){
        .pa = load, .file_size = img->file_size, .mem_size = img->file_size });
    img->entry = load;
    return true;
}

static bool understand(struct image *img, const struct image_options *o,
                       const struct complaint *c)
{
    bool addresses = false, elf = image_is_elf(img);
    if (!image_read_multiboot(img, &addresses, c))
        return false;
    if (o->has_load && (elf || addresses))
        return complain(c, "a load address can be given for flat binaries only");
    if (elf && !image_read_elf(img, c))
        return false;
    if (!elf && !addresses && !read_flat(img, o, c))
        return false;
    if (o->has_entry)
        img->entry = o->entry;
    if (!img->segment_count)
        return complain(c, "nothing to load: no segment has any bytes");
    if (img->entry < img->load_low || img->entry >= img->load_high)
        return complain(c, "entry 0x%x is outside of what is loaded, 0x%x to 0x%x", img->entry,
                        img->load_low, img->load_high);
    return true;
}

static u64 fnv1a(u64 hash, const void *bytes, size_t len)
{
    const u8 *b = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ b[i]) * 0x100000001b3u;
    return hash;
}

static u64 hash_of(const struct image *img)
{
    u64 hash = fnv1a(0xcbf29ce484222325u, &img->entry, sizeof img->entry);
    for (u32 i = 0; i < img->segment_count; i++) {
        const struct image_segment *s = &img->segments[i];
        hash = fnv1a(hash, &s->pa, sizeof s->pa);
        hash = fnv1a(hash, &s->mem_size, sizeof s->mem_size);
        hash = fnv1a(hash, img->file + s->at, s->file_size);
    }
    return hash;
}

static int compare_names(const void *a, const void *b)
{
    const struct image_symbol *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void index_names(struct image *img)
{
    img->by_name = calloc(img->symbol_count + 1, sizeof *img->by_name);
    assert(img->by_name);
    for (u32 i = 0; i < img->symbol_count; i++)
        img->by_name[i] = &img->symbols[i];
    qsort(img->by_name, img->symbol_count, sizeof *img->by_name, compare_names);
}

static char *cmdline_of(const struct image *img, const char *arguments)
{
    const char *rest = arguments ? arguments : "";
    size_t size = strlen(img->name) + strlen(rest) + 2;
    char *line = malloc(size);
    assert(line);
    snprintf(line, size, "%s%s%s", img->name, *rest ? " " : "", rest);
    return line;
}

static bool read_any(struct image *img, const char *path, const struct complaint *c)
{
    char elf_path[64];
    if (!image_is_source(path))
        return read_file(img, path, c);
    if (!image_assemble(path, elf_path, c))
        return false;
    bool ok = read_file(img, elf_path, c);
    unlink(elf_path);
    return ok;
}

void image_bare(struct image *img, const char *path)
{
    const char *slash = strrchr(path, '/');
    *img = (struct image){ 0 };
    snprintf(img->name, sizeof img->name, "%s", slash ? slash + 1 : path);
    img->cmdline = cmdline_of(img, NULL);
    img->hash = hash_of(img);
    index_names(img);
}

bool image_load(struct image *img, const char *path, const struct image_options *options,
                char *error, size_t error_size)
{
    static const struct image_options none = { 0 };
    const struct image_options *o = options ? options : &none;
    const char *slash = strrchr(path, '/');
    struct complaint c = { error, error_size, slash ? slash + 1 : path };
    *img = (struct image){ 0 };
    snprintf(img->name, sizeof img->name, "%s", c.name);
    img->cmdline = cmdline_of(img, o->cmdline);
    if (!read_any(img, path, &c) || !understand(img, o, &c)
        || (img->multiboot && !image_fits_multiboot(img, &c))) {
        image_free(img);
        return false;
    }
    img->info = img->multiboot ? IMAGE_INFO : 0;
    img->hash = hash_of(img);
    index_names(img);
    return true;
}

void image_free(struct image *img)
{
    free(img->segments);
    free(img->symbols);
    free(img->by_name);
    free(img->cmdline);
    free(img->file);
    image_unplug(img);
    *img = (struct image){ 0 };
}

bool image_place(const struct image *img, const struct image_sink *sink, char *error,
                 size_t error_size)
{
    struct complaint c = { error, error_size, img->name };
    if (img->load_high > sink->ram_bytes)
        return complain(&c, "needs memory up to 0x%x, the guest's ends at 0x%x", img->load_high,
                        sink->ram_bytes);
    for (u32 i = 0; i < img->segment_count; i++) {
        const struct image_segment *s = &img->segments[i];
        if (s->file_size)
            sink->write(sink->owner, s->pa, img->file + s->at, s->file_size);
    }
    if (img->multiboot)
        image_place_multiboot(img, sink);
    return true;
}

bool image_symbol(const struct image *img, const char *name, u32 *address)
{
    u32 low = 0, high = img->symbol_count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        const struct image_symbol *s = img->by_name[middle];
        int order = strcmp(name, s->name);
        if (order == 0) {
            *address = s->address;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

const struct image_symbol *image_symbol_at(const struct image *img, u32 address, u32 *offset)
{
    u32 low = 0, high = img->symbol_count;
    while (low < high) { /* low: how many symbols are at or below address */
        u32 middle = low + (high - low) / 2;
        if (img->symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || address >= img->load_high)
        return NULL;
    const struct image_symbol *s = &img->symbols[low - 1];
    if (s->size && address - s->address >= s->size)
        return NULL;
    if (offset)
        *offset = address - s->address;
    return s;
}
