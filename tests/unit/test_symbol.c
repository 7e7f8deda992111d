/* test_symbol.c - the name that an address has: sizes, sections, the spaces between. */
#include "lessons/symbol.h"

#include <string.h>

#include "tests/unit/unit.h"

/* .text and .data high up with a gap between, .bss behind .data; what lies in no section ends at once. */
static struct image_symbol symbols[] = {
    { .name = "start", .address = 0xc0100000, .section_end = 0xc0100100 },
    { .name = "sized", .address = 0xc0100010, .size = 8, .section_end = 0xc0100100 },
    { .name = "last", .address = 0xc01000f0, .section_end = 0xc0100100 },
    { .name = "tss", .address = 0xc0101010, .section_end = 0xc0101040 },
    { .name = "stack_top", .address = 0xc0102040, .section_end = 0xc0102040 },
    { .name = "vector", .address = 0xfffffff0, .section_end = UINT32_MAX },
};
static const struct image img = { .symbols = symbols, .symbol_count = COUNT(symbols) };

static const struct named { u32 address; const char *name; u32 offset; } named[] = {
    { 0xc00fffff, NULL, 0 },             /* below all */
    { 0xc0100000, "start", 0 }, { 0xc010000f, "start", 15 },
    { 0xc0100010, "sized", 0 }, { 0xc0100017, "sized", 7 },
    { 0xc0100018, NULL, 0 },             /* behind its eight bytes */
    { 0xc01000ff, "last", 15 },
    { 0xc0100100, NULL, 0 },             /* between the sections */
    { 0xc0101000, NULL, 0 },             /* .data has no symbol yet */
    { 0xc0101010, "tss", 0 }, { 0xc010103f, "tss", 0x2f },
    { 0xc0101040, NULL, 0 },             /* .bss is not .data's */
    { 0xc010203f, NULL, 0 },
    { 0xc0102040, "stack_top", 0 },      /* its own address, though no section has it */
    { 0xc0102041, NULL, 0 },
    { 0xfffffff0, "vector", 0 }, { 0xffffffff - 1, "vector", 14 },
};

static void names(void)
{
    for (unsigned i = 0; i < COUNT(named); i++) {
        u32 offset = 0;
        const struct image_symbol *s = symbol_at(&img, named[i].address, &offset);
        const char *name = s ? s->name : "none", *want = named[i].name ? named[i].name : "none";
        if (strcmp(name, want))
            printf("\n  %08x: %s, not %s ", named[i].address, name, want);
        CU_ASSERT_STRING_EQUAL(name, want);
        CU_ASSERT_EQUAL(offset, named[i].offset);
    }
    CU_ASSERT_PTR_EQUAL(symbol_at(&img, 0xc0100011, NULL), &symbols[1]);
}

static void ends(void)
{
    static const u32 want[] = { 0xc0100010, 0xc0100018, 0xc0100100, 0xc0101040, 0xc0102040, UINT32_MAX };
    for (unsigned i = 0; i < COUNT(symbols); i++)
        CU_ASSERT_EQUAL(symbol_end(&img, &symbols[i]), want[i]);
}

static void none(void)
{
    CU_ASSERT_PTR_NULL(symbol_at(&(struct image){ 0 }, 0xc0100001, NULL));
}

static const struct unit_case cases[] = {
    { "which name an address has", names }, { "where a symbol ends", ends },
    { "an image without symbols", none },
};
UNIT_MAIN("symbol", cases)
