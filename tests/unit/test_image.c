/* test_image.c - the image loader: what a file becomes, and what is said about bad ones. */
#include "tests/unit/image_file.h"

#include <elf.h>

/* A little executable: 16 bytes of code at 1 MB, 8 more of bss, two symbols, three sections. */
static struct file make_elf(void)
{
    static const char names[] = "\0beta\0alpha\0";
    struct file f = { .size = 0x1000 + 3 * sizeof(Elf32_Shdr) };
    Elf32_Ehdr *e = (void *)f.bytes;
    Elf32_Phdr *p = (void *)(f.bytes + sizeof *e);
    Elf32_Sym *sym = (void *)(f.bytes + 0x200);
    Elf32_Shdr *s = (void *)(f.bytes + 0x1000);
    *e = (Elf32_Ehdr){
        .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT, .e_entry = 0xc0100004,
        .e_phoff = sizeof *e, .e_shoff = 0x1000, .e_ehsize = sizeof *e,
        .e_phentsize = sizeof *p, .e_phnum = 1, .e_shentsize = sizeof *s, .e_shnum = 3 };
    *p = (Elf32_Phdr){ .p_type = PT_LOAD, .p_offset = 0x100, .p_vaddr = 0xc0100000,
                       .p_paddr = 0x100000, .p_filesz = 16, .p_memsz = 24 };
    memcpy(f.bytes + 0x100, "abcdefghijklmnop", 16);
    sym[1] = (Elf32_Sym){ .st_name = 1, .st_value = 0x100008, .st_shndx = 1 };
    sym[2] = (Elf32_Sym){ .st_name = 6, .st_value = 0x100000, .st_size = 4, .st_shndx = 1,
                          .st_info = ELF32_ST_INFO(STB_GLOBAL, STT_FUNC) };
    memcpy(f.bytes + 0x300, names, sizeof names);
    s[1] = (Elf32_Shdr){ .sh_type = SHT_SYMTAB, .sh_offset = 0x200, .sh_size = 3 * sizeof *sym,
                         .sh_link = 2, .sh_entsize = sizeof *sym, .sh_addralign = 4 };
    s[2] = (Elf32_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = 0x300, .sh_size = sizeof names };
    return f;
}

static void elf_is_placed(void)
{
    struct file f = make_elf();
    struct result r = load_file("a.elf", &f);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_STRING_EQUAL(r.img.name, "a.elf");
    CU_ASSERT_EQUAL(r.img.entry, 0x100004); /* linked at 3 GB, loaded at 1 MB */
    CU_ASSERT_EQUAL(r.img.load_low, 0x100000);
    CU_ASSERT_EQUAL(r.img.load_high, 0x100018);
    CU_ASSERT_FALSE(r.img.multiboot || r.img.info);
    struct memory *m = place(&r.img);
    CU_ASSERT_EQUAL(memcmp(m->ram + 0x100000, "abcdefghijklmnop\0\0", 18), 0);
    CU_ASSERT_EQUAL(m->writes, 1);
    free(m);
    image_free(&r.img);
}

static void symbols_by_name(void)
{
    struct file f = make_elf();
    struct result r = load_file("a.elf", &f);
    u32 at = 0;
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_EQUAL(r.img.symbol_count, 2);
    CU_ASSERT_STRING_EQUAL(r.img.symbols[0].name, "alpha");
    CU_ASSERT_TRUE(r.img.symbols[0].is_function && !r.img.symbols[1].is_function);
    CU_ASSERT_TRUE(image_symbol(&r.img, "beta", &at));
    CU_ASSERT_EQUAL(at, 0x100008);
    CU_ASSERT_TRUE(image_symbol(&r.img, "alpha", &at));
    CU_ASSERT_EQUAL(at, 0x100000);
    CU_ASSERT_FALSE(image_symbol(&r.img, "alph", &at));
    image_free(&r.img);
}

/* The one that a symbol is in, if memory has it and it reaches there; else nothing but the symbol's address. */
static void symbols_know_their_section(void)
{
    static const struct { u32 flags, address, alpha, beta; } cases[] = {
        { 0, 0x100000, 0x100000, 0x100008 },         /* 48 bytes, not in memory */
        { SHF_ALLOC, 0x100000, 0x100030, 0x100030 },
        { SHF_ALLOC, 0x100008, 0x100000, 0x100038 }, /* it begins behind alpha */
        { SHF_ALLOC, 0xfffd8, 0x100000 + 8, 0x100008 }, /* and ends where beta is */
        { SHF_ALLOC, 0x200000, 0x100000, 0x100008 },
    };
    for (unsigned i = 0; i < COUNT(cases); i++) {
        struct file f = make_elf();
        Elf32_Shdr *section = (Elf32_Shdr *)(void *)(f.bytes + 0x1000) + 1;
        section->sh_flags = cases[i].flags;
        section->sh_addr = cases[i].address;
        struct result r = load_file("a.elf", &f);
        CU_ASSERT_TRUE_FATAL(r.ok);
        CU_ASSERT_EQUAL(r.img.symbols[0].section_end, cases[i].alpha);
        CU_ASSERT_EQUAL(r.img.symbols[1].section_end, cases[i].beta);
        image_free(&r.img);
    }
}

static void hash_is_of_what_is_loaded(void)
{
    struct file f = make_elf();
    struct result a = load_file("a.elf", &f);
    f.bytes[0x301] = 'B'; /* a symbol's name: no guest can feel that */
    struct result b = load_file("b.elf", &f);
    f.bytes[0x10f] ^= 1;  /* the last byte of code */
    struct result c = load_file("c.elf", &f);
    CU_ASSERT_TRUE_FATAL(a.ok && b.ok && c.ok);
    CU_ASSERT_EQUAL(a.img.hash, b.img.hash);
    CU_ASSERT_NOT_EQUAL(a.img.hash, c.img.hash);
    image_free(&a.img);
    image_free(&b.img);
    image_free(&c.img);
}

static void bad_elf_headers(void)
{
    struct file f = make_elf();
    Elf32_Ehdr *e = (void *)f.bytes;
    f.size = 0x1010;
    expect_error(load_file("a.elf", &f),
                 "a.elf: truncated: section headers end at 0x1078, the file at 0x1010");
    f.size = 20;
    expect_error(load_file("a.elf", &f),
                 "a.elf: truncated: the ELF headers end at 0x34, the file at 0x14");
    f = make_elf();
    e->e_ident[EI_CLASS] = ELFCLASS64;
    expect_error(load_file("a.elf", &f), "a.elf: a 64-bit ELF file; the guest's processor is "
                 "32-bit (use gcc -m32)");
    f = make_elf();
    e->e_machine = EM_ARM;
    expect_error(load_file("a.elf", &f),
                 "a.elf: for another processor (ELF machine 40, not 386)");
    f = make_elf();
    e->e_type = ET_REL;
    expect_error(load_file("a.elf", &f),
                 "a.elf: not an executable (ELF type 1): link it, with -static -no-pie");
    f = make_elf();
    e->e_entry = 5;
    expect_error(load_file("a.elf", &f),
                 "a.elf: entry 0x5 is outside of what is loaded, 0x100000 to 0x100018");
}

static void bad_elf_segments(void)
{
    struct file f = make_elf();
    Elf32_Phdr *p = (void *)(f.bytes + sizeof(Elf32_Ehdr));
    p->p_filesz = p->p_memsz = 0x2000;
    expect_error(load_file("a.elf", &f),
                 "a.elf: truncated: segments end at 0x2100, the file at 0x1078");
    f = make_elf();
    p->p_memsz = 8;
    expect_error(load_file("a.elf", &f), "a.elf: segment 0 makes no sense: 0x8 bytes at "
                 "0x100000, 0x10 of them in file");
    f = make_elf();
    p->p_type = PT_NOTE;
    expect_error(load_file("a.elf", &f), "a.elf: nothing to load: no segment has any bytes");
}

/* Any prefix and any single damaged byte: loaded or refused with one line, never worse. */
static void garbage_is_refused(void)
{
    struct file whole = make_elf();
    unsigned loaded = 0, refused = 0;
    for (u32 i = 0; i < 0x400 + 3 * sizeof(Elf32_Shdr); i++) {
        struct file f = whole;
        u32 at = i < 0x400 ? i : i - 0x400 + 0x1000;
        f.bytes[at] ^= 0xff;
        struct result r = load_bytes("g.elf", f.bytes, f.size, NULL);
        loaded += r.ok;
        refused += !r.ok && strncmp(r.error, "g.elf: ", 7) == 0 && !strchr(r.error, '\n');
        image_free(&r.img);
        if (i && i < whole.size) {
            r = load_bytes("g.elf", whole.bytes, i, NULL);
            CU_ASSERT_FALSE(r.ok && i > 3);
            image_free(&r.img);
        }
    }
    CU_ASSERT_EQUAL(loaded + refused, 0x400 + 3 * sizeof(Elf32_Shdr));
    CU_ASSERT_TRUE(loaded > 100 && refused > 40);
}

static void flat_binaries(void)
{
    struct image_options o = { .has_load = true, .load = 0x7c00, .has_entry = true,
                               .entry = 0x7c02 };
    struct result r = load_bytes("f.bin", "\x90\x90\xf4\xeb", 4, NULL);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_TRUE(r.img.entry == 0x100000 && r.img.load_high == 0x100004 && !r.img.multiboot);
    image_free(&r.img);
    r = load_bytes("f.bin", "\x90\x90\xf4\xeb", 4, &o);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_EQUAL(r.img.entry, 0x7c02);
    struct memory *m = place(&r.img);
    CU_ASSERT_EQUAL(word(m->ram + 0x7c00), 0xebf49090);
    free(m);
    image_free(&r.img);
    o.entry = 0x7c04;
    expect_error(load_bytes("f.bin", "\x90\x90\xf4\xeb", 4, &o),
                 "f.bin: entry 0x7c04 is outside of what is loaded, 0x7c00 to 0x7c04");
    expect_error(load_bytes("f.bin", "", 0, NULL), "f.bin: the file is empty");
    struct file f = make_elf();
    expect_error(load_bytes("a.elf", f.bytes, f.size, &o),
                 "a.elf: a load address can be given for flat binaries only");
}

static void missing_and_too_large(void)
{
    char error[200];
    struct image img;
    struct memory m = { .writes = 0 };
    struct image_sink sink = { &m, 0x100002, store };
    CU_ASSERT_FALSE(image_load(&img, "/nowhere/x.elf", NULL, error, sizeof error));
    CU_ASSERT_STRING_EQUAL(error, "/nowhere/x.elf: No such file or directory");
    CU_ASSERT_FALSE(image_load(&img, "/tmp", NULL, error, sizeof error));
    CU_ASSERT_STRING_EQUAL(error, "/tmp: Is a directory");
    struct result r = load_bytes("f.bin", "\x90\x90\xf4\xeb", 4, NULL);
    CU_ASSERT_TRUE_FATAL(r.ok);
    expect_no_room(&r.img, &sink, "f.bin: needs memory up to 0x100004, the guest's ends at 0x100002");
    CU_ASSERT_EQUAL(m.writes, 0);
    image_free(&r.img);
}

/* A flat file with a multiboot header of eight words, at byte 64. */
static struct file make_multiboot(u32 flags)
{
    struct file f = { .size = 256 };
    const u32 header[8] = { 0x1badb002, flags, -(0x1badb002 + flags), 0x200040, 0x200000,
                            0x200080, 0x200200, 0x200060 };
    memset(f.bytes, 0x90, f.size);
    memcpy(f.bytes + 64, header, sizeof header);
    return f;
}

static void multiboot_information(void)
{
    struct image_options o = { .cmdline = "-v quick" };
    struct file f = make_multiboot(3);
    struct result r = load_bytes("k.bin", f.bytes, f.size, &o);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_TRUE(r.img.multiboot && r.img.info == 0x9000 && r.img.entry == 0x100000);
    struct memory *m = place(&r.img);
    const u8 *info = m->ram + 0x9000, *map = m->ram + word(info + 48);
    CU_ASSERT_EQUAL(word(info), 0x245);
    CU_ASSERT_EQUAL(word(info + 4), 640);
    CU_ASSERT_EQUAL(word(info + 8), 3072);
    CU_ASSERT_STRING_EQUAL(m->ram + word(info + 16), "k.bin -v quick");
    CU_ASSERT_STRING_EQUAL(m->ram + word(info + 64), "stepvisor");
    CU_ASSERT_EQUAL(word(info + 44), 3 * 24);
    static const u32 entry[3][3] = { { 0, 0xa0000, 1 }, { 0xa0000, 0x60000, 2 },
                                     { 0x100000, 0x300000, 1 } };
    for (unsigned i = 0; i < 3; i++, map += word(map) + 4) {
        CU_ASSERT_EQUAL(word(map), 20);
        CU_ASSERT_EQUAL(word(map + 4), entry[i][0]);
        CU_ASSERT_EQUAL(word(map + 12), entry[i][1]);
        CU_ASSERT_EQUAL(word(map + 20), entry[i][2]);
    }
    free(m);
    image_free(&r.img);
}

static void multiboot_addresses(void)
{
    struct file f = make_multiboot(1 << 16);
    struct result r = load_file("k.bin", &f);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_TRUE(r.img.entry == 0x200060 && r.img.load_low == 0x200000);
    CU_ASSERT_TRUE(r.img.load_high == 0x200200 && r.img.segments[0].file_size == 0x80);
    image_free(&r.img);
    f.size = 0x70;
    expect_error(load_file("k.bin", &f),
                 "k.bin: truncated: multiboot wants 128 bytes, the file has 112");
    f = make_multiboot(4);
    expect_error(load_file("k.bin", &f),
                 "k.bin: multiboot header: it requires what is not here (flags 0x4)");
    f = make_multiboot(3);
    f.bytes[72] ^= 1; /* a wrong checksum: no header at all */
    r = load_file("k.bin", &f);
    CU_ASSERT_TRUE(r.ok && !r.img.multiboot && r.img.info == 0);
    image_free(&r.img);
    struct image_options o = { .has_load = true, .load = 0x8ff0 };
    f = make_multiboot(3);
    expect_error(load_bytes("k.bin", f.bytes, f.size, &o), "k.bin: a segment at 0x8ff0 covers "
                 "0x9000, where the boot information goes");
}

/* The header's addresses go before those of ELF (3.1.2); what ELF has besides are the names. */
static void multiboot_addresses_of_elf(void)
{
    const u32 flags = 1 << 16;
    const u32 header[8] = { 0x1badb002, flags, -(0x1badb002 + flags), 0x200400, 0x200000,
                            0x200800, 0, 0x200404 };
    struct file f = make_elf();
    u32 at;
    memcpy(f.bytes + 0x400, header, sizeof header);
    struct result r = load_file("k.elf", &f);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_TRUE(r.img.entry == 0x200404 && r.img.segment_count == 1);
    CU_ASSERT_TRUE(r.img.load_low == 0x200000 && r.img.load_high == 0x200800);
    CU_ASSERT_TRUE(image_symbol(&r.img, "beta", &at) && at == 0x100008);
    image_free(&r.img);
    f.bytes[0x400 + 23] = 0x80; /* load_end_addr */
    f.bytes[0x400 + 19] = 0x90; /* load_addr, header_addr */
    f.bytes[0x400 + 15] = 0x90;
    expect_error(load_file("k.elf", &f),
                 "k.elf: multiboot header: load address 0x90200000, its end at 0x80200800");
}

static void sources_are_assembled(void)
{
    static const char text[] = "#define TWO 2\n.globl _start\nmain_entry: nop\n"
                               "_start: mov $TWO, %eax\nhlt\n.data\nvalue: .long 0x11223344\n";
    u32 at = 0;
    struct result r = load_bytes("s.S", text, sizeof text - 1, NULL);
    if (!r.ok)
        printf("\n  %s\n", r.error);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_EQUAL(r.img.entry, 0x100001);
    CU_ASSERT_TRUE(image_symbol(&r.img, "_start", &at) && at == 0x100001);
    CU_ASSERT_TRUE(image_symbol(&r.img, "value", &at) && at == 0x101000); /* its own page */
    struct memory *m = place(&r.img);
    CU_ASSERT_EQUAL(word(m->ram + 0x100000), 0x0002b890);
    CU_ASSERT_EQUAL(word(m->ram + 0x101000), 0x11223344);
    free(m);
    struct result again = load_bytes("s.S", text, sizeof text - 1, NULL);
    CU_ASSERT_TRUE(again.ok && again.img.hash == r.img.hash);
    image_free(&again.img);
    image_free(&r.img);
}

static void assembler_errors(void)
{
    static const char bad[] = "_start:\n nop\n movv %eax, %ebx\n";
    static const char missing[] = ".globl _start\n_start:\n call nowhere\n";
    struct result r = load_bytes("bad.S", bad, sizeof bad - 1, NULL);
    CU_ASSERT_FALSE(r.ok);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.error, "bad.S:3: Error: no such instruction"));
    CU_ASSERT_PTR_NULL(strchr(r.error, '\n'));
    r = load_bytes("bad.s", missing, sizeof missing - 1, NULL);
    CU_ASSERT_FALSE(r.ok);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.error, "bad.s:3: undefined reference to `nowhere'"));
    char error[200];
    CU_ASSERT_FALSE(image_load(&r.img, "/nowhere/x.S", NULL, error, sizeof error));
    CU_ASSERT_STRING_EQUAL(error, "/nowhere/x.S: No such file or directory");
}

static const struct unit_case cases[] = {
    { "ELF is placed", elf_is_placed },
    { "symbols by name", symbols_by_name },
    { "symbols know their section", symbols_know_their_section },
    { "hash", hash_is_of_what_is_loaded },
    { "bad ELF headers", bad_elf_headers },
    { "bad ELF segments", bad_elf_segments },
    { "garbage", garbage_is_refused },
    { "flat binaries", flat_binaries },
    { "missing, too large", missing_and_too_large },
    { "multiboot information", multiboot_information },
    { "multiboot addresses", multiboot_addresses },
    { "multiboot addresses of ELF", multiboot_addresses_of_elf },
    { "assembly sources", sources_are_assembled },
    { "assembler errors", assembler_errors },
};

UNIT_MAIN("image", cases)
