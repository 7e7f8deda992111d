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

static bool read_stream(FILE *f, u8 **bytes, u32 *size, const struct complaint *c)
{
    size_t room = 0, got;
    do {
        if (*size == room) {
            room = room ? room * 2 : 64 * 1024;
            if (room > FILE_LIMIT)
                return complain(c, "larger than 1 GB");
            *bytes = realloc(*bytes, room);
            assert(*bytes);
        }
        got = fread(*bytes + *size, 1, room - *size, f);
        *size += (u32)got;
    } while (got);
    return !ferror(f) || complain(c, "%s", strerror(errno));
}

bool image_read_file(const char *path, u8 **bytes, u32 *size, const struct complaint *c)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return complain(c, "%s", strerror(errno));
    bool ok = read_stream(f, bytes, size, c);
    fclose(f);
    return ok && (*size || complain(c, "the file is empty"));
}

static bool is_compressed(const struct image *img)
{
    return img->file_size > 2 && img->file[0] == 0x1f && img->file[1] == 0x8b;
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

/* What a flat file really is. */
static bool read_other(struct image *img, const struct image_options *o, bool addresses,
                       const struct complaint *c)
{
    if (addresses)
        return true;
    if (is_compressed(img) && !o->has_load)
        return complain(c, "compressed: uncompress it (gunzip) first");
    if (!img->multiboot && !o->has_load && !o->has_entry && image_is_boot_sector(img)) {
        image_read_boot_sector(img);
        return true;
    }
    return read_flat(img, o, c);
}

static bool read_form(struct image *img, const struct image_options *o, const struct complaint *c)
{
    bool addresses = false, elf = image_is_elf(img), linux_kernel = image_is_linux(img);
    if (!linux_kernel && !image_read_multiboot(img, &addresses, c))
        return false;
    if (o->has_load && (elf || linux_kernel || addresses))
        return complain(c, "a load address can be given for flat binaries only");
    if (o->has_entry && linux_kernel)
        return complain(c, "the boot protocol says where Linux is entered");
    if (o->kernel && !linux_kernel && !img->multiboot)
        return complain(c, "no kernel: it is neither a Linux bzImage nor has a multiboot header");
    if (linux_kernel)
        return image_read_linux(img, c);
    img->form = elf ? FORM_ELF : FORM_FLAT;
    return elf ? image_read_elf(img, addresses, c) : read_other(img, o, addresses, c);
}

static bool understand(struct image *img, const struct image_options *o,
                       const struct complaint *c)
{
    if (!read_form(img, o, c))
        return false;
    bool told = img->form == FORM_LINUX || img->multiboot;
    if (o->has_entry)
        img->entry = o->entry;
    if (!img->segment_count)
        return complain(c, "nothing to load: no segment has any bytes");
    if (img->entry < img->load_low || img->entry >= img->load_high)
        return complain(c, "entry 0x%x is outside of what is loaded, 0x%x to 0x%x", img->entry,
                        img->load_low, img->load_high);
    if (o->cmdline && !told)
        return complain(c, "a command line is for Linux and multiboot kernels, this is neither");
    if (o->modules && !told)
        return complain(c, "modules are for Linux and multiboot kernels, this is neither");
    return !o->modules || image_read_modules(img, o->modules, c);
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
    if (img->form == FORM_LINUX || img->multiboot)
        hash = fnv1a(hash, img->cmdline, strlen(img->cmdline));
    for (u32 i = 0; i < img->module_count; i++) {
        hash = fnv1a(hash, img->module[i].cmdline, strlen(img->module[i].cmdline));
        hash = fnv1a(hash, img->module[i].bytes, img->module[i].size);
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
        return image_read_file(path, &img->file, &img->file_size, c);
    if (!image_assemble(path, elf_path, c))
        return false;
    bool ok = image_read_file(elf_path, &img->file, &img->file_size, c);
    unlink(elf_path);
    return ok;
}

static void take_name(struct image *img, const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(img->name, sizeof img->name, "%s", slash ? slash + 1 : path);
    img->path = strdup(path);
}

void image_bare(struct image *img, const char *path)
{
    *img = (struct image){ .form = FORM_FIRMWARE };
    take_name(img, path);
    img->cmdline = cmdline_of(img, NULL);
    img->hash = hash_of(img);
    index_names(img);
}

static bool fits_what_is_told(const struct image *img, const struct complaint *c)
{
    if (img->form == FORM_LINUX)
        return image_fits_linux(img, c);
    return !img->multiboot || image_fits_multiboot(img, c);
}

bool image_load(struct image *img, const char *path, const struct image_options *options,
                char *error, size_t error_size)
{
    static const struct image_options none = { 0 };
    const struct image_options *o = options ? options : &none;
    struct complaint c = { error, error_size, path };
    *img = (struct image){ 0 };
    take_name(img, path);
    img->cmdline = cmdline_of(img, o->cmdline);
    if (!read_any(img, path, &c) || !understand(img, o, &c) || !fits_what_is_told(img, &c)) {
        bool missing = img->missing;
        image_free(img);
        img->missing = missing;
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
    free(img->path);
    free(img->file);
    image_free_modules(img);
    image_unplug(img);
    *img = (struct image){ 0 };
}

static bool place_what_is_told(const struct image *img, const struct image_sink *sink,
                               const struct complaint *c)
{
    bool is_linux = img->form == FORM_LINUX;
    if (img->form == FORM_BOOT_SECTOR)
        return image_place_no_bios(sink, c);
    if (!is_linux && !img->multiboot)
        return true;
    if (is_linux ? !image_place_linux(img, sink, c) : !image_place_multiboot(img, sink, c))
        return false;
    image_place_mptable(sink);
    return true;
}

bool image_place(const struct image *img, const struct image_sink *sink, char *error,
                 size_t error_size)
{
    struct complaint c = { error, error_size, img->path ? img->path : img->name };
    if (img->load_high > sink->ram_bytes)
        return complain(&c, "needs memory up to 0x%x, the guest's ends at 0x%x", img->load_high,
                        sink->ram_bytes);
    if (!place_what_is_told(img, sink, &c))
        return false;
    for (u32 i = 0; i < img->segment_count; i++) {
        const struct image_segment *s = &img->segments[i];
        if (s->file_size)
            sink->write(sink->owner, s->pa, img->file + s->at, s->file_size);
    }
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
