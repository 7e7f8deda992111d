/* image_elf.c - ELF32 executables: segments by physical address, and the symbol table. */
#include "lessons/image_impl.h"

#include <libelf.h>
#include <stdlib.h>
#include <string.h>

bool image_is_elf(const struct image *img)
{
    return img->file_size >= SELFMAG && memcmp(img->file, ELFMAG, SELFMAG) == 0;
}

/* Does [at, at + size) lie in the file?  what names it in the message. */
static bool inside(const struct image *img, u64 at, u64 size, const char *what,
                   const struct complaint *c)
{
    if (at + size <= img->file_size)
        return true;
    return complain(c, "truncated: %s end at 0x%llx, the file at 0x%x", what,
                    (unsigned long long)(at + size), img->file_size);
}

static bool check_ident(const struct image *img, const struct complaint *c)
{
    if (!inside(img, 0, sizeof(Elf32_Ehdr), "the ELF headers", c))
        return false;
    if (img->file[EI_CLASS] == ELFCLASS64)
        return complain(c, "a 64-bit ELF file; the guest's processor is 32-bit (use gcc -m32)");
    if (img->file[EI_CLASS] != ELFCLASS32 || img->file[EI_DATA] != ELFDATA2LSB)
        return complain(c, "not a little-endian 32-bit ELF file");
    return true;
}

static bool check_header(const struct image *img, const Elf32_Ehdr *e,
                         const struct complaint *c)
{
    if (e->e_machine != EM_386)
        return complain(c, "for another processor (ELF machine %u, not 386)", e->e_machine);
    if (e->e_type != ET_EXEC)
        return complain(c, "not an executable (ELF type %u): link it, with -static -no-pie",
                        e->e_type);
    if (!e->e_phnum || e->e_phentsize != sizeof(Elf32_Phdr))
        return complain(c, "not an executable: it has no program headers");
    if (e->e_phoff % 4 || e->e_shoff % 4)
        return complain(c, "damaged ELF file: its headers are not aligned");
    if (!inside(img, e->e_phoff, (u64)e->e_phnum * e->e_phentsize, "program headers", c))
        return false;
    return inside(img, e->e_shoff, (u64)e->e_shnum * e->e_shentsize, "section headers", c);
}

static bool add_segment(struct image *img, const Elf32_Phdr *p, unsigned n,
                        const struct complaint *c)
{
    if (p->p_type != PT_LOAD)
        return true;
    if (!inside(img, p->p_offset, p->p_filesz, "segments", c))
        return false;
    if (p->p_filesz > p->p_memsz || (u64)p->p_paddr + p->p_memsz > UINT32_MAX)
        return complain(c,
                        "segment %u makes no sense: 0x%x bytes at 0x%x, 0x%x of them in file",
                        n, p->p_memsz, p->p_paddr, p->p_filesz);
    image_add_segment(img, (struct image_segment){
        .pa = p->p_paddr, .file_size = p->p_filesz, .mem_size = p->p_memsz,
        .at = p->p_offset });
    return true;
}

/* The entry is a linked address; the guest starts without paging, at the physical one. */
static u32 physical_entry(const Elf32_Ehdr *e, const Elf32_Phdr *p)
{
    for (unsigned i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && e->e_entry - p[i].p_vaddr < p[i].p_memsz)
            return e->e_entry - p[i].p_vaddr + p[i].p_paddr;
    }
    return e->e_entry;
}

static bool read_segments(struct image *img, Elf *elf, bool placed, const struct complaint *c)
{
    const Elf32_Ehdr *e = elf32_getehdr(elf);
    if (!e)
        return complain(c, "damaged ELF file: %s", elf_errmsg(-1));
    if (!check_header(img, e, c))
        return false;
    if (placed)
        return true;
    const Elf32_Phdr *p = elf32_getphdr(elf);
    if (!p)
        return complain(c, "damaged ELF file: %s", elf_errmsg(-1));
    for (unsigned i = 0; i < e->e_phnum; i++) {
        if (!add_segment(img, &p[i], i, c))
            return false;
    }
    img->entry = physical_entry(e, p);
    return true;
}

/* Labels are worth knowing; section and file names, and empty ones, are not. */
static bool is_label(const Elf32_Sym *s, const char *name)
{
    unsigned type = ELF32_ST_TYPE(s->st_info);
    return name && *name && s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_ABS
           && (type == STT_NOTYPE || type == STT_FUNC || type == STT_OBJECT);
}

/* The symbol's own address: it is in none, or at its end. */
static u32 section_end(Elf *elf, const Elf32_Sym *s)
{
    Elf_Scn *section = elf_getscn(elf, s->st_shndx);
    const Elf32_Shdr *h = section ? elf32_getshdr(section) : NULL;
    if (!h || !(h->sh_flags & SHF_ALLOC) || s->st_value - h->sh_addr >= h->sh_size)
        return s->st_value;
    return h->sh_size > UINT32_MAX - h->sh_addr ? UINT32_MAX : h->sh_addr + h->sh_size;
}

static void read_symbols(struct image *img, Elf *elf, Elf_Scn *section)
{
    const Elf32_Shdr *header = elf32_getshdr(section);
    const Elf_Data *data = elf_getdata(section, NULL);
    if (!header || !data || !data->d_buf)
        return;
    const char *table = data->d_buf; /* aligned only in a sound file */
    size_t count = data->d_size / sizeof(Elf32_Sym);
    img->symbols = calloc(count + 1, sizeof *img->symbols);
    assert(img->symbols);
    for (size_t i = 0; i < count; i++) {
        Elf32_Sym s;
        memcpy(&s, table + i * sizeof s, sizeof s);
        const char *name = elf_strptr(elf, header->sh_link, s.st_name);
        if (is_label(&s, name))
            img->symbols[img->symbol_count++] = (struct image_symbol){
                .name = name, .address = s.st_value, .size = s.st_size,
                .section_end = section_end(elf, &s),
                .is_function = ELF32_ST_TYPE(s.st_info) == STT_FUNC };
    }
}

/* By address; of several at one address the longest comes last, and is found first. */
static int compare_symbols(const void *a, const void *b)
{
    const struct image_symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return strcmp(y->name, x->name);
}

static void find_symbols(struct image *img, Elf *elf)
{
    Elf_Scn *section = NULL;
    while (!img->symbols && (section = elf_nextscn(elf, section)) != NULL) {
        const Elf32_Shdr *header = elf32_getshdr(section);
        if (header && header->sh_type == SHT_SYMTAB)
            read_symbols(img, elf, section);
    }
    if (img->symbols)
        qsort(img->symbols, img->symbol_count, sizeof *img->symbols, compare_symbols);
}

/* libelf hands out pointers into the file's bytes, or into memory that goes with its handle:
 * names are copied into one block that follows the symbols. */
static void keep_names(struct image *img)
{
    size_t table = img->symbol_count * sizeof *img->symbols, size = 1;
    for (u32 i = 0; i < img->symbol_count; i++)
        size += strlen(img->symbols[i].name) + 1;
    struct image_symbol *kept = malloc(table + size);
    assert(kept);
    char *to = (char *)kept + table;
    for (u32 i = 0; i < img->symbol_count; i++) {
        kept[i] = img->symbols[i];
        kept[i].name = strcpy(to, img->symbols[i].name);
        to += strlen(to) + 1;
    }
    free(img->symbols);
    img->symbols = kept;
}

bool image_read_elf(struct image *img, bool placed, const struct complaint *c)
{
    if (!check_ident(img, c))
        return false;
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)img->file, img->file_size);
    if (!elf)
        return complain(c, "damaged ELF file: %s", elf_errmsg(-1));
    bool ok = read_segments(img, elf, placed, c);
    if (ok) {
        find_symbols(img, elf);
        keep_names(img);
    }
    elf_end(elf);
    return ok;
}
