/* PAE paging: the walk, the pointer registers, VM entry and exit with them.  SDM 3A 4.4; 3C 26.3.1.6, 27.5.4.
 * What instructions do is in tests/system/pae*.S. */
#include "tests/unit/vmx_world.h"

#include <string.h>

enum { TABLES_RAM = 0x4000, DIRECTORY = 0x1000, TABLE_AT = 0x2000, PDPT_AT = 0x3020 };
enum { LINEAR = 0xc0603abc, ENTRY_D = DIRECTORY + 3 * 8, ENTRY_T = TABLE_AT + 3 * 8 };

struct tables { u32 word[TABLES_RAM / 4]; unsigned writes; };

static u32 tables_read(void *owner, u32 pa)
{
    return pa < TABLES_RAM ? ((struct tables *)owner)->word[pa / 4] : ~0u;
}

static void tables_write(void *owner, u32 pa, u32 value)
{
    struct tables *t = owner;
    CU_ASSERT_FATAL(pa < TABLES_RAM);
    t->writes++;
    t->word[pa / 4] = value;
}

static struct tables new_tables(u32 pde, u32 pte)
{
    struct tables t = { .writes = 0 };
    t.word[ENTRY_D / 4] = pde;
    t.word[ENTRY_T / 4] = pte;
    return t;
}

static struct walk walk_pae(struct tables *t, u32 cr4, unsigned access)
{
    struct walk_mem mem = { t, tables_read, tables_write };
    struct arch s = { .cr0 = CR0_PE | CR0_PG, .cr4 = CR4_PAE | cr4, .pdpte = { 0, 0, 0, DIRECTORY | PTE_P } };
    t->writes = 0;
    return paging_walk(&mem, &s, LINEAR, access);
}

static void three_levels(void)
{
    struct tables t = new_tables(TABLE_AT | 7, 0x00777000 | 7);
    struct walk w = walk_pae(&t, 0, ACCESS_WRITE | ACCESS_USER);
    CU_ASSERT(!w.fault && w.pae && !w.large && w.pa == 0x00777abc);
    CU_ASSERT(w.pdpte == (DIRECTORY | PTE_P) && w.pde_pa == ENTRY_D && w.pte_pa == ENTRY_T);
    CU_ASSERT(t.writes == 2 && t.word[ENTRY_D / 4] == (TABLE_AT | 7 | PTE_A));
    CU_ASSERT(t.word[ENTRY_T / 4] == (0x00777000 | 7 | PTE_A | PTE_D));
    CU_ASSERT(t.word[ENTRY_D / 4 + 1] == 0 && t.word[ENTRY_T / 4 + 1] == 0);
    t = new_tables(0x12200000 | PTE_PS | 7, 0);
    for (u32 cr4 = 0; cr4 <= CR4_PSE; cr4 += CR4_PSE) { /* PS counts either way */
        w = walk_pae(&t, cr4, ACCESS_READ);
        CU_ASSERT(!w.fault && w.large && w.pte_pa == 0 && w.pa == (0x12200000 | (LINEAR & 0x1fffff)));
    }
    struct walk_mem mem = { &t, tables_read, tables_write };
    struct arch s = { .cr0 = CR0_PE | CR0_PG, .cr4 = CR4_PAE, .pdpte = { 1, 1, 1, DIRECTORY } };
    w = paging_walk(&mem, &s, LINEAR, ACCESS_READ); /* the pointer is not present */
    CU_ASSERT(w.fault == FAULT_ERR(VEC_PF, 0) && w.pde == 0);
}

/* Every bit of both entries, one at a time: 64 of a directory entry that leads to a table, of one that is a
 * page, and of a table entry.  A present entry that has a reserved one is used by nobody. */
static bool is_reserved(unsigned level, unsigned bit)
{
    static const u64 low[] = { 0, 0x1ff000, 0x80 };
    return bit >= 32 || (low[level] >> bit & 1);
}

static void reserved_bits(void)
{
    static const struct { u32 at, pde, pte; } level[] = {
        { ENTRY_D, TABLE_AT | 7, 0x777007 }, { ENTRY_D, 0x87, 0 }, { ENTRY_T, TABLE_AT | 7, 0x777007 },
    };
    for (unsigned i = 0; i < COUNT(level) * 64; i++) {
        unsigned n = i / 64, bit = i % 64;
        struct tables t = new_tables(level[n].pde, level[n].pte);
        u32 *word = &t.word[level[n].at / 4 + bit / 32];
        if (bit == 0 || (bit == 7 && level[n].at == ENTRY_D) || (n == 0 && bit >= 12 && bit < 32))
            continue; /* P, PS, and where the table is */
        *word |= BIT(bit % 32);
        struct walk w = walk_pae(&t, 0, ACCESS_READ);
        fault_t want = is_reserved(n, bit) ? FAULT_ERR(VEC_PF, PF_PRESENT | PF_RESERVED) : FAULT_NONE;
        CU_ASSERT(w.fault == want);
        t.word[level[n].at / 4] &= ~(u32)PTE_P; /* then nothing is reserved */
        CU_ASSERT(walk_pae(&t, 0, ACCESS_READ).fault == FAULT_ERR(VEC_PF, 0) && t.writes == 0);
    }
}

static void pointers(void)
{
    struct tables t = { .writes = 0 };
    struct walk_mem mem = { &t, tables_read, NULL };
    u32 pdpte[4], before[4] = { 1, 2, 3, 4 };
    for (unsigned bit = 0; bit < 64; bit++) {
        bool good = bit == 0 || bit == 3 || bit == 4 || (bit >= 9 && bit < 32);
        u32 *word = &t.word[PDPT_AT / 4 + 2 * (bit % 4)];
        memset(t.word, 0, sizeof t.word);
        word[bit / 32] = BIT(bit % 32);
        memcpy(pdpte, before, sizeof pdpte);
        CU_ASSERT(paging_read_pdptes(&mem, PDPT_AT | 0x1f, pdpte)); /* not present: anything goes */
        CU_ASSERT(pdpte[bit % 4] == word[0] && pdpte[(bit + 1) % 4] == 0);
        word[0] |= PTE_P;
        memcpy(pdpte, before, sizeof pdpte);
        CU_ASSERT(paging_read_pdptes(&mem, PDPT_AT, pdpte) == good);
        CU_ASSERT(good ? pdpte[bit % 4] == word[0] : memcmp(pdpte, before, sizeof pdpte) == 0);
    }
}

/* ---- VM entry and exit ---- */

enum { GUEST_PDPT = 0xa000, HOST_PDPT = 0xa020 };

static void pdpt_of_world(u32 at)
{
    memset(mem_edit(&world, (mpa_t){ at }, 32), 0, 32);
    poke32(at, 0xc000 | PTE_P);
    memset(mem_edit(&world, (mpa_t){ 0xc000 }, PAGE_SIZE), 0, PAGE_SIZE);
    poke32(0xc000, 0x87 | PTE_A | PTE_D);
    poke32(0xc008, 0x200087 | PTE_A | PTE_D);
}

static void entry_loads(void)
{
    world_up();
    pdpt_of_world(GUEST_PDPT);
    vmcs_set(VMCS_GUEST_CR4, CR4_VMXE | CR4_PAE);
    vmcs_set(VMCS_GUEST_CR3, GUEST_PDPT);
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    CU_ASSERT(world.arch->pdpte[0] == (0xc000 | PTE_P) && world.arch->pdpte[1] == 0);
    world_down();
}

static void exit_checks(void)
{
    for (unsigned bad = 0; bad < 2; bad++) {
        world_up();
        pdpt_of_world(HOST_PDPT);
        poke32(HOST_PDPT + 16, bad ? 3 : 0);
        vmcs_set(VMCS_HOST_CR4, CR4_VMXE | CR4_PAE);
        vmcs_set(VMCS_HOST_CR3, HOST_PDPT);
        vmcs_set(VMCS_GUEST_ACTIVITY, 2); /* refused: the host's state is loaded */
        CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
        CU_ASSERT_FALSE(world.state->vmx.nonroot);
        CU_ASSERT_EQUAL(phys_read32(&world, VMCS_AT + 4), bad ? 2 : 0); /* the VMX-abort indicator */
        CU_ASSERT_EQUAL(world.state->outside.ended, bad ? OUTSIDE_END_SHUTDOWN : OUTSIDE_RUNNING);
        CU_ASSERT(bad || world.arch->pdpte[0] == (0xc000 | PTE_P));
        world_down();
    }
}

static const struct unit_case cases[] = {
    { "three levels, two sizes", three_levels },
    { "reserved bits, one at a time", reserved_bits },
    { "the pointers, bit by bit", pointers },
    { "VM entry loads them", entry_loads },
    { "VM exit checks the host's", exit_checks },
};
UNIT_MAIN("pae", cases)
