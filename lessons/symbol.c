#include "lessons/symbol.h"

/* How many symbols are at or below the address. */
static u32 symbols_up_to(const struct image *img, u32 address)
{
    u32 low = 0, high = img->symbol_count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (img->symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

u32 symbol_end(const struct image *img, const struct image_symbol *symbol)
{
    u32 next = symbols_up_to(img, symbol->address);
    if (symbol->size)
        return symbol->address + symbol->size;
    if (next < img->symbol_count && img->symbols[next].address < symbol->section_end)
        return img->symbols[next].address;
    return symbol->section_end;
}

const struct image_symbol *symbol_at(const struct image *img, u32 address, u32 *offset)
{
    u32 below = symbols_up_to(img, address);
    const struct image_symbol *s = below ? &img->symbols[below - 1] : NULL;
    if (!s || (address != s->address && address >= symbol_end(img, s)))
        return NULL;
    if (offset)
        *offset = address - s->address;
    return s;
}
