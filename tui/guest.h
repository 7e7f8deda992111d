/* guest.h - the guest's file as the debugger uses it: loading by the command line, names of addresses. */
#ifndef TUI_GUEST_H
#define TUI_GUEST_H

#include "lessons/world.h"
#include "tui/options.h"

/* NULL: the message was printed; *code is what to exit with (126, 127). */
struct image *guest_load(const char *path, const struct options *o, char *error, size_t error_size,
                         int *code);
void guest_free(struct image *image);
const char *guest_name(const struct image *image);     /* the file's name without folders */
/* The symbol at or before an address and the distance; NULL: none. */
const char *guest_symbol(const struct image *image, u32 address, u32 *offset);
bool guest_symbol_value(const struct image *image, const char *name, u32 *address);
/* Names one by one, for completion; NULL behind the last. */
const char *guest_symbol_name(const struct image *image, unsigned index);
/* "main+0x10" or "" */
const char *guest_where(const struct image *image, u32 address, char out[64]);
/* A new world for this guest; NULL with one line in error. */
struct world *guest_world(const struct image *image, enum engine_id engine, const struct options *o,
                          char *error, size_t error_size);

#endif
