#include "lessons/symbol.h"

#include <elf.h>
#include <string.h>

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

/* Of thread-local storage without bytes the addresses are those of what follows it. */
static bool takes_room(const Elf32_Shdr *s)
{
    return (s->sh_flags & SHF_ALLOC) && !(s->sh_type == SHT_NOBITS && (s->sh_flags & SHF_TLS));
}

/* Where the section that the address is in ends; the address itself: it is in none. */
static u64 section_end(const struct image *img, u32 address)
{
    Elf32_Ehdr e;
    Elf32_Shdr s;
    if (img->file_size < sizeof e)
        return address;
    memcpy(&e, img->file, sizeof e);
    for (u32 i = 0; i < e.e_shnum; i++) {
        u64 at = (u64)e.e_shoff + (u64)i * sizeof s;
        if (at + sizeof s > img->file_size)
            break;
        memcpy(&s, img->file + at, sizeof s);
        if (takes_room(&s) && address - s.sh_addr < s.sh_size)
            return (u64)s.sh_addr + s.sh_size;
    }
    return address;
}

u32 symbol_end(const struct image *img, const struct image_symbol *symbol)
{
    u32 next = symbols_up_to(img, symbol->address);
    u64 end = section_end(img, symbol->address);
    if (symbol->size)
        return symbol->address + symbol->size;
    if (next < img->symbol_count && img->symbols[next].address < end)
        return img->symbols[next].address;
    return end > UINT32_MAX ? UINT32_MAX : (u32)end;
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
