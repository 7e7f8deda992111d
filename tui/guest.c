#include "tui/guest.h"

#include "tui/text.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool plug_all(struct image *image, bool firmware, const struct options *o, char *error,
                     size_t error_size, int *code)
{
    static const struct { enum option option; enum image_slot slot; bool firmware; } files[] = {
        { OPT_ROM, SLOT_ROM, true }, { OPT_VGAROM, SLOT_OPTION_ROM, true },
        { OPT_DISK, SLOT_DISK, false },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *path = o->value[files[i].option];
        if (!path || (files[i].firmware && !firmware))
            continue;
        *code = access(path, F_OK) ? EXIT_CODE_NO_FILE : EXIT_CODE_CANNOT_LOAD;
        if (!image_plug(image, files[i].slot, path, error, error_size))
            return false;
    }
    return true;
}

struct image *guest_load(const char *path, const struct options *o, char *error, size_t error_size,
                         int *code)
{
    struct image_options how = {
        .has_load = o->given[OPT_LOAD], .load = (u32)o->load,
        .has_entry = o->given[OPT_ENTRY], .entry = (u32)o->entry,
        .cmdline = o->value[OPT_APPEND],
    };
    struct image *image = must_alloc(sizeof *image);
    bool firmware = o->given[OPT_ROM] && !strcmp(path, o->value[OPT_ROM]);
    *code = access(path, F_OK) ? EXIT_CODE_NO_FILE : EXIT_CODE_CANNOT_LOAD;
    if (firmware)
        image_bare(image, path);
    else if (!image_load(image, path, &how, error, error_size)) {
        free(image);
        return NULL;
    }
    if (plug_all(image, firmware, o, error, error_size, code))
        return image;
    guest_free(image);
    return NULL;
}

void guest_free(struct image *image)
{
    if (image)
        image_free(image);
    free(image);
}

const char *guest_symbol(const struct image *image, u32 address, u32 *offset)
{
    const struct image_symbol *s = image ? image_symbol_at(image, address, offset) : NULL;
    return s ? s->name : NULL;
}

const char *guest_where(const struct image *image, u32 address, char out[64])
{
    u32 offset;
    const char *name = guest_symbol(image, address, &offset);
    out[0] = 0;
    if (name)
        snprintf(out, 64, offset ? "%.48s+0x%x" : "%.48s", name, offset);
    return out;
}

struct world *guest_world(const struct image *image, enum engine_id engine, const struct options *o,
                          char *error, size_t error_size)
{
    struct world_config config = { .engine = engine, .image = image, .ram_bytes = (u32)o->ram };
    return world_new(&config, error, error_size);
}
