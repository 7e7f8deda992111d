/* guest.h - the guest's file as the debugger uses it: loading by the command line, names of addresses. */
#ifndef TUI_GUEST_H
#define TUI_GUEST_H

#include "lessons/image.h"
#include "lessons/world.h"
#include "tui/options.h"

/* NULL: error has one line, *code is what to exit with (126, 127). */
struct image *guest_load(const char *path, const struct options *o, char *error, size_t error_size,
                         int *code);
void guest_free(struct image *image);
/* The symbol that covers an address (lessons/symbol.h) and the distance into it; NULL: none. */
const char *guest_symbol(const struct image *image, u32 address, u32 *offset);
/* "main+0x10" or "" */
const char *guest_where(const struct image *image, u32 address, char out[64]);
/* "call 0x100172" gets the name of what is there. */
void guest_name_target(const struct image *image, char *text, size_t size);
/* A new world for this guest; NULL with one line in error. */
struct world *guest_world(const struct image *image, enum engine_id engine, const struct options *o,
                          char *error, size_t error_size);

#endif
