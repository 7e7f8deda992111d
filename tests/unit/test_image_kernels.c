/* test_image_kernels.c - what kernels are given: Linux's zero page and initrd, multiboot modules; and
 * boot sectors, which are given nothing. */
#include "tests/unit/image_file.h"

enum { SETUP = 2 * 512, CODE = 0x800, ZERO = 0x10000 };

static void put(struct file *f, u32 at, u32 value)
{
    memcpy(f->bytes + at, &value, 4);
}

/* Protocol 2.15: one sector of setup code; the kernel is 800h bytes that end at 100800, and claims
 * 110000 to 140000 for itself. */
static struct file make_linux(void)
{
    struct file f = { .size = SETUP + CODE };
    memset(f.bytes + SETUP, 0x90, CODE);
    f.bytes[0x1f1] = 1;
    f.bytes[0x1fe] = 0x55;
    f.bytes[0x1ff] = 0xaa;
    memcpy(f.bytes + 0x200, "\xeb\x6aHdrS\x0f\x02", 8);
    f.bytes[0x211] = 1;           /* loaded high */
    put(&f, 0x214, 0x100000);     /* code32_start */
    put(&f, 0x22c, 0x37ffff);     /* initrd_addr_max */
    put(&f, 0x238, 20);           /* cmdline_size */
    put(&f, 0x258, 0x110000);     /* pref_address */
    put(&f, 0x260, 0x30000);      /* init_size */
    return f;
}

/* A file beside the image, for --initrd. */
static const char *side_file(char path[64], size_t len)
{
    int fd;
    strcpy(path, "/tmp/image-side-XXXXXX");
    fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    for (size_t i = 0; i < len; i++)
        CU_ASSERT_EQUAL(write(fd, &"ABCDEFGH"[i % 8], 1), 1);
    close(fd);
    return path;
}

/* ---- the MultiProcessor table, 1.4: by the rules that kernels find it by ---- */

static u8 sum_of(const u8 *at, u32 size)
{
    u8 sum = 0;
    while (size--)
        sum = (u8)(sum + *at++);
    return sum;
}

static void check_mptable(const u8 *ram)
{
    static const u8 size_of[] = { 20, 8, 8, 8, 8 };
    u32 count[5] = { 0 }, to_pin[24] = { 0 }, at = 0;
    for (u32 a = 0xf0000; a < 0x100000 && !at; a += 16)
        at = memcmp(ram + a, "_MP_", 4) ? 0 : a;
    CU_ASSERT_TRUE_FATAL(at && sum_of(ram + at, 16) == 0 && ram[at + 9] == 4 && ram[at + 11] == 0);
    const u8 *table = ram + word(ram + at + 4), *e = table + 44, *end = table + (word(table + 4) & 0xffff);
    CU_ASSERT_FALSE(memcmp(table, "PCMP", 4) || sum_of(table, (u32)(end - table)));
    CU_ASSERT_EQUAL(word(table + 36), 0xfee00000);
    for (; e < end && *e < 5; e += size_of[*e]) {
        count[*e]++;
        if (*e == 2)
            CU_ASSERT_TRUE(word(e + 4) == 0xfec00000 && e[1] == 1 && (e[3] & 1));
        if (*e == 3)
            to_pin[e[7]] = 1u + e[5] + (e[1] == 3 ? 100 : 0);
    }
    CU_ASSERT_PTR_EQUAL(e, end);
    CU_ASSERT_TRUE(count[0] == 1 && count[1] == 2 && count[2] == 1 && count[3] == 16 && count[4] == 2);
    CU_ASSERT_EQUAL(count[0] + count[1] + count[2] + count[3] + count[4], word(table + 34) & 0xffff);
    CU_ASSERT_TRUE(to_pin[0] == 101 && to_pin[2] == 1 && to_pin[1] == 2 && to_pin[15] == 16);
}

static void linux_zero_page(void)
{
    char path[64];
    struct image_options o = { .cmdline = "console=ttyS0", .modules = side_file(path, 5000),
                               .kernel = true };
    struct file f = make_linux();
    struct result r = load_bytes("bz", f.bytes, f.size, &o);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_TRUE(r.img.form == FORM_LINUX && r.img.entry == 0x100000 && !r.img.multiboot);
    CU_ASSERT_TRUE(r.img.load_low == 0x100000 && r.img.load_high == 0x100000 + CODE);
    struct memory *m = place(&r.img);
    const u8 *zero = m->ram + ZERO;
    check_mptable(m->ram);
    CU_ASSERT_EQUAL(memcmp(zero + 0x1f1, f.bytes + 0x1f1, 9), 0);
    CU_ASSERT_EQUAL(memcmp(zero + 0x202, "HdrS\x0f\x02", 6), 0);
    CU_ASSERT_EQUAL(word(zero + 0x260), 0x30000);
    CU_ASSERT_EQUAL(zero[0x210], 0xff);
    CU_ASSERT_EQUAL(word(zero + 0x214), 0x100000);
    CU_ASSERT_STRING_EQUAL(m->ram + word(zero + 0x228), "console=ttyS0");
    CU_ASSERT_EQUAL(word(zero + 0x218), 0x37e000); /* the last whole pages below the limit */
    CU_ASSERT_EQUAL(word(zero + 0x21c), 5000);
    CU_ASSERT_EQUAL(memcmp(m->ram + 0x37e000 + 4992, "ABCDEFGH", 9), 0);
    CU_ASSERT_EQUAL(word(zero + 0x1e0), 3072);
    CU_ASSERT_TRUE(zero[6] == 3 && zero[7] == 80 && zero[0xe] == 25 && zero[0xf] == 1);
    CU_ASSERT_EQUAL(zero[0x1e8], 3);
    static const u32 entry[3][3] = { { 0, 0xa0000, 1 }, { 0xa0000, 0x60000, 2 },
                                     { 0x100000, 0x300000, 1 } };
    for (unsigned i = 0; i < 3; i++) {
        const u8 *e = zero + 0x2d0 + 20 * i;
        CU_ASSERT_TRUE(word(e) == entry[i][0] && word(e + 8) == entry[i][1]);
        CU_ASSERT_TRUE(word(e + 16) == entry[i][2] && !word(e + 4) && !word(e + 12));
    }
    free(m);
    unlink(path);
    image_free(&r.img);
}

static void linux_begins(void)
{
    struct file f = make_linux();
    struct result r = load_file("bz", &f);
    struct arch s;
    CU_ASSERT_TRUE_FATAL(r.ok);
    memset(&s, 0xcc, sizeof s);
    image_start(&r.img, &s);
    CU_ASSERT_TRUE(s.eip == 0x100000 && s.reg[ESI] == ZERO && s.cr0 == (CR0_PE | CR0_ET));
    CU_ASSERT_TRUE(!s.reg[EBX] && !s.reg[EBP] && !s.reg[EDI] && !(s.eflags & FL_IF));
    CU_ASSERT_TRUE(s.seg[CS].sel == 0x10 && s.seg[DS].sel == 0x18 && s.seg[SS].sel == 0x18);
    struct memory *m = place(&r.img);
    const u8 *gdt = m->ram + s.gdtr.base; /* reloading the selectors leads to the same segments */
    CU_ASSERT_EQUAL(s.gdtr.limit, 31);
    CU_ASSERT_TRUE(word(gdt + 0x10) == 0xffff && word(gdt + 0x14) == 0x00cf9b00);
    CU_ASSERT_TRUE(word(gdt + 0x18) == 0xffff && word(gdt + 0x1c) == 0x00cf9300);
    free(m);
    image_free(&r.img);
}

/* Before protocol 2.04 syssize had 16 bits, others behind it, and no truth. */
static void linux_of_2_03(void)
{
    struct file f = make_linux();
    put(&f, 0x1f4, 0x0305ffff);
    f.bytes[0x206] = 3;
    struct result r = load_file("bz", &f);
    CU_ASSERT_TRUE(r.ok && r.img.load_high == 0x100000 + CODE);
    image_free(&r.img);
}

static void expect_linux(struct file f, const char *error)
{
    expect_error(load_file("bz", &f), error);
}

static void bad_linux(void)
{
    struct image_options o = { .cmdline = "twenty-one characters" };
    struct file f = make_linux();
    expect_error(load_bytes("bz", f.bytes, f.size, &o),
                 "bz: the command line is longer than the 20 bytes this kernel takes");
    f.bytes[0x206] = 1;
    expect_linux(f, "bz: boot protocol 2.01 is too old, 2.02 is the first with a command line");
    f = make_linux();
    f.bytes[0x211] = 0;
    expect_linux(f, "bz: a zImage, not a bzImage: it wants to be loaded below 1 MB");
    f = make_linux();
    put(&f, 0x214, 0);
    expect_linux(f, "bz: no 32-bit entry: this kernel starts in real mode and needs a BIOS");
    f = make_linux();
    f.size = SETUP;
    expect_linux(f, "bz: truncated: the kernel begins at 0x400, the file ends at 0x400");
    f = make_linux();
    put(&f, 0x1f4, 0x10000);
    expect_linux(f, "bz: truncated: the kernel has 1048576 bytes at 0x400, the file 2048");
    f = make_linux();
    put(&f, 0x214, 0xffffff00);
    expect_linux(f, "bz: load address 0xffffff00: the kernel does not fit below 4 GB");
    o = (struct image_options){ .has_load = true, .load = 0x7c00 };
    f = make_linux();
    expect_error(load_bytes("bz", f.bytes, f.size, &o),
                 "bz: a load address can be given for flat binaries only");
    o = (struct image_options){ .has_entry = true, .entry = 0x100010 };
    expect_error(load_bytes("bz", f.bytes, f.size, &o),
                 "bz: the boot protocol says where Linux is entered");
}

static void refuses(const struct image *img, u32 ram, const char *want)
{
    struct memory *m = calloc(1, sizeof *m);
    struct image_sink sink = { m, ram, store };
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    expect_no_room(img, &sink, want);
    CU_ASSERT_EQUAL(m->writes, 0);
    free(m);
}

static void linux_needs_room(void)
{
    char path[64];
    struct image_options o = { .modules = side_file(path, 0x2000) };
    struct file f = make_linux();
    struct result r = load_bytes("bz", f.bytes, f.size, &o);
    CU_ASSERT_TRUE_FATAL(r.ok);
    refuses(&r.img, 0x13f000, "bz: needs memory up to 0x140000, the guest's ends at 0x13f000");
    refuses(&r.img, 0x141000,
            "bz: the initrd, 8192 bytes, does not fit between 0x140000 and 0x141000");
    image_free(&r.img);
    unlink(path);
}

static void modules_of_a_kernel(void)
{
    char one[64], two[64], list[200];
    struct image_options o = { .modules = list, .cmdline = "root" };
    struct file f = { .size = 0x234 };
    snprintf(list, sizeof list, "%s arg=1 x, %s", side_file(one, 10), side_file(two, 4097));
    memset(f.bytes, 0x90, f.size);
    put(&f, 0, 0x1badb002);
    put(&f, 4, 3);
    put(&f, 8, -(0x1badb002u + 3));
    struct result r = load_bytes("k.bin", f.bytes, f.size, &o);
    CU_ASSERT_TRUE_FATAL(r.ok);
    struct memory *m = place(&r.img);
    const u8 *info = m->ram + r.img.info, *table = m->ram + word(info + 24);
    char want[200];
    CU_ASSERT_EQUAL(word(info), 0x24d);
    CU_ASSERT_EQUAL(word(info + 20), 2);
    CU_ASSERT_TRUE(word(table) == 0x101000 && word(table + 4) == 0x10100a);
    snprintf(want, sizeof want, "%s arg=1 x", one);
    CU_ASSERT_STRING_EQUAL(m->ram + word(table + 8), want);
    CU_ASSERT_TRUE(word(table + 16) == 0x102000 && word(table + 20) == 0x103001);
    CU_ASSERT_STRING_EQUAL(m->ram + word(table + 24), two);
    CU_ASSERT_STRING_EQUAL(m->ram + word(info + 16), "k.bin root");
    CU_ASSERT_EQUAL(memcmp(m->ram + 0x101000, "ABCDEFGHAB", 11), 0);
    CU_ASSERT_EQUAL(memcmp(m->ram + 0x102000 + 4096, "A", 2), 0);
    free(m);
    snprintf(want, sizeof want, "k.bin: module 2 (%s) needs memory up to 0x103001, the guest's "
             "ends at 0x103000", two);
    refuses(&r.img, 0x103000, want);
    u64 hash = r.img.hash;
    image_free(&r.img);
    o.cmdline = "toor"; /* the guest can read it */
    r = load_bytes("k.bin", f.bytes, f.size, &o);
    CU_ASSERT_TRUE(r.ok && r.img.hash != hash);
    image_free(&r.img);
    unlink(one);
    unlink(two);
}

static void what_kernels_only_are_given(void)
{
    struct image_options o = { .kernel = true };
    expect_error(load_bytes("f.bin", "\x90\x90", 2, &o), "f.bin: no kernel: it is neither a Linux "
                 "bzImage nor has a multiboot header");
    o = (struct image_options){ .cmdline = "x" };
    expect_error(load_bytes("f.bin", "\x90\x90", 2, &o), "f.bin: a command line is for Linux and "
                 "multiboot kernels, this is neither");
    o = (struct image_options){ .modules = "x" };
    expect_error(load_bytes("f.bin", "\x90\x90", 2, &o), "f.bin: modules are for Linux and "
                 "multiboot kernels, this is neither");
    expect_error(load_bytes("f.bin", "\x1f\x8b\x08", 3, NULL),
                 "f.bin: compressed: uncompress it (gunzip) first");
    struct file f = make_linux();
    o.modules = "/nowhere/x";
    expect_error(load_bytes("bz", f.bytes, f.size, &o), "/nowhere/x: No such file or directory");
    o.modules = "/dev/null";
    expect_error(load_bytes("bz", f.bytes, f.size, &o), "/dev/null: the file is empty");
}

static void boot_sectors(void)
{
    struct file f = { .size = 1024 };
    struct arch s;
    memset(f.bytes, 0x90, f.size);
    f.bytes[510] = 0x55;
    f.bytes[511] = 0xaa;
    struct result r = load_file("d.img", &f);
    CU_ASSERT_TRUE_FATAL(r.ok);
    CU_ASSERT_TRUE(r.img.form == FORM_BOOT_SECTOR && r.img.load_high == 0x7e00);
    memset(&s, 0xcc, sizeof s);
    image_start(&r.img, &s);
    CU_ASSERT_TRUE(s.cr0 == CR0_ET && s.eip == 0x7c00 && !s.seg[CS].base && !s.seg[CS].sel);
    CU_ASSERT_TRUE(s.reg[EDX] == 0x80 && s.eflags == FL_1 && s.idtr.limit == 0x3ff);
    struct memory *m = place(&r.img);
    CU_ASSERT_TRUE(m->ram[0x7dff] == 0xaa && m->ram[0x7e00] == 0);
    CU_ASSERT_EQUAL(word(m->ram + 4 * 0x13), 0xf000e039);
    CU_ASSERT_EQUAL(word(m->ram + 0xfe039), 0xe802c4e8); /* call F000:E300 */
    CU_ASSERT_EQUAL(word(m->ram + 0x413) & 0xffff, 640);
    free(m);
    refuses(&r.img, 0xfe000, "d.img: needs memory up to 0xfe365, the guest's ends at 0xfe000");
    image_free(&r.img);
    struct image_options o = { .has_load = true, .load = 0x7c00 }; /* asked to be flat */
    r = load_bytes("d.img", f.bytes, f.size, &o);
    CU_ASSERT_TRUE(r.ok && r.img.form == FORM_FLAT && r.img.load_high == 0x8000);
    image_free(&r.img);
    f.bytes[511] = 0xab;
    r = load_file("d.img", &f);
    CU_ASSERT_TRUE(r.ok && r.img.form == FORM_FLAT);
    image_free(&r.img);
}

static const struct unit_case cases[] = {
    { "Linux: zero page", linux_zero_page },
    { "Linux: first state", linux_begins },
    { "Linux: protocol 2.03", linux_of_2_03 },
    { "Linux: bad files", bad_linux },
    { "Linux: no room", linux_needs_room },
    { "multiboot modules", modules_of_a_kernel },
    { "for kernels only", what_kernels_only_are_given },
    { "boot sectors", boot_sectors },
};

UNIT_MAIN("image_kernels", cases)
