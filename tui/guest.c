#include "tui/guest.h"

#include "lessons/symbol.h"
#include "tui/text.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool plug_all(struct image *image, const char *guest, bool firmware,
                     const struct options *o, char *error, size_t error_size, int *code)
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
    if (image->form != FORM_BOOT_SECTOR || o->value[OPT_DISK])
        return true;
    *code = EXIT_CODE_CANNOT_LOAD; /* a boot sector is the first of its disk */
    return image_plug(image, SLOT_DISK, guest, error, error_size);
}

/* A module that is not there is a file that is not there, too. */
static bool load(struct image *image, const char *path, const struct image_options *how,
                 char *error, size_t error_size, int *code)
{
    if (image_load(image, path, how, error, error_size))
        return true;
    if (image->missing)
        *code = EXIT_CODE_NO_FILE;
    return false;
}

struct image *guest_load(const char *path, const struct options *o, char *error, size_t error_size,
                         int *code)
{
    struct image_options how = {
        .has_load = o->given[OPT_LOAD], .load = (u32)o->load,
        .has_entry = o->given[OPT_ENTRY], .entry = (u32)o->entry,
        .cmdline = o->value[OPT_APPEND], .modules = o->value[OPT_INITRD],
        .kernel = o->given[OPT_KERNEL] && !strcmp(path, o->value[OPT_KERNEL]),
    };
    struct image *image = must_alloc(sizeof *image);
    bool firmware = o->given[OPT_ROM] && !strcmp(path, o->value[OPT_ROM]);
    *code = access(path, F_OK) ? EXIT_CODE_NO_FILE : EXIT_CODE_CANNOT_LOAD;
    if (firmware)
        image_bare(image, path);
    else if (!load(image, path, &how, error, error_size, code)) {
        free(image);
        return NULL;
    }
    if (plug_all(image, path, firmware, o, error, error_size, code))
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
    const struct image_symbol *s = image ? symbol_at(image, address, offset) : NULL;
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

void guest_name_target(const struct image *image, char *text, size_t size)
{
    char name[64], *hex = strrchr(text, ' ');
    if (!hex || strncmp(hex, " 0x", 3) || strchr(text, '[') || (text[0] != 'j' && text[0] != 'c'))
        return;
    guest_where(image, (u32)strtoul(hex + 1, NULL, 16), name);
    size_t len = strlen(text);
    if (name[0])
        snprintf(text + len, size - len, " <%s>", name);
}
