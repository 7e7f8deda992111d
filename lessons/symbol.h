/* symbol.h - which name of the image an address belongs to: what <name+0x10> says. */
#ifndef LESSONS_SYMBOL_H
#define LESSONS_SYMBOL_H

#include "lessons/image.h"

/* The nearest symbol at or below the address, as gdb shows it: one with a size (ELF st_size) has its own
 * bytes and no others; one without, a label of an assembly source, reaches to the next symbol or to the end
 * of its section.  Nothing is named by a symbol of another section, nor what lies in no section, but the
 * symbol's own address always is.  NULL: the address has no name.  offset may be NULL. */
const struct image_symbol *symbol_at(const struct image *img, u32 address, u32 *offset);
/* One past the last byte that the symbol names; of an empty one at a section's end its own address. */
u32 symbol_end(const struct image *img, const struct image_symbol *symbol);

#endif
