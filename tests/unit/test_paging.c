/* The page walk: rights, error codes, accessed and dirty flags.  SDM 3A 4.3, 4.6, 4.7, 4.8. */
#include "sim/api/arch.h"
#include "sim/api/paging_usual.h"
#include "tests/unit/unit.h"

#include <string.h>

/* Memory of the walker: directory at 0x1000, page table at 0x2000; every write is kept. */
enum { DIR = 0x1000, TABLE = 0x2000, RAM = 0x3000, LA = 0x00402abc };
enum { PDE_AT = DIR + 1 * 4, PTE_AT = TABLE + 2 * 4 };

struct memory {
    u32 word[RAM / 4];
    unsigned writes;
    u32 pa[4], value[4];
};

static u32 mem_read(void *owner, u32 pa)
{
    struct memory *m = owner;
    return pa < RAM ? m->word[pa / 4] : 0xffffffffu;
}

static void mem_write(void *owner, u32 pa, u32 value)
{
    struct memory *m = owner;
    CU_ASSERT_FATAL(m->writes < 4 && pa < RAM);
    m->pa[m->writes] = pa;
    m->value[m->writes++] = value;
    m->word[pa / 4] = value;
}

static struct walk walk_at(const struct walk_mem *mem, u32 cr0, u32 cr4, u32 la, unsigned access)
{
    struct arch s = { .cr0 = cr0 | CR0_PG | CR0_PE, .cr3 = DIR, .cr4 = cr4 };
    return paging_walk(mem, &s, la, access);
}

static struct walk walk(struct memory *m, u32 cr0, u32 cr4, unsigned access)
{
    struct walk_mem mem = { m, mem_read, mem_write };
    m->writes = 0;
    return walk_at(&mem, cr0, cr4, LA, access);
}

static struct memory tables(u32 pde, u32 pte)
{
    struct memory m;
    memset(&m, 0, sizeof(m));
    m.word[PDE_AT / 4] = TABLE | pde;
    m.word[PTE_AT / 4] = 0x00777000 | pte;
    return m;
}

/* SDM 3A 4.6.1 as sentences.  A page is a user page if both entries say so; writable too. */
static const struct rule {
    bool user, write, wp;
    const char *may; /* pages this access may touch: s S supervisor r/o r/w, u U user r/o r/w */
} rules[] = {
    { false, false, false, "sSuU" }, /* supervisor reads anything that is present */
    { false, false, true,  "sSuU" },
    { false, true,  false, "sSuU" }, /* and writes anything while WP is clear */
    { false, true,  true,  "SU" },   /* WP: read-only is read-only for the kernel too */
    { true,  false, false, "uU" },   /* user code reads user pages */
    { true,  false, true,  "uU" },
    { true,  true,  false, "U" },    /* and writes writable user pages; WP is not asked */
    { true,  true,  true,  "U" },
};

static char page_letter(u32 pde, u32 pte)
{
    bool user = (pde & PTE_U) && (pte & PTE_U);
    bool writable = (pde & PTE_W) && (pte & PTE_W);
    return user ? (writable ? 'U' : 'u') : (writable ? 'S' : 's');
}

/* What the walk must answer: 0, or the error code plus 0x100. */
static u32 expected_fault(const struct rule *r, u32 pde, u32 pte)
{
    u32 code = 0x100 + (r->user ? 4 : 0) + (r->write ? 2 : 0);
    if (!(pde & PTE_P) || !(pte & PTE_P))
        return code;
    return strchr(r->may, page_letter(pde, pte)) ? 0 : code + 1;
}

static u32 seen_fault(fault_t f)
{
    if (!f)
        return 0;
    CU_ASSERT(fault_vector(f) == VEC_PF && fault_has_error(f));
    return 0x100 + fault_error(f);
}

/* 8 rules x 8 PDE rights x 8 PTE rights x data or fetch */
static void every_right(void)
{
    for (unsigned i = 0; i < COUNT(rules) * 8 * 8 * 2; i++) {
        const struct rule *r = &rules[i % 8];
        u32 pde = i / 8 % 8, pte = i / 64 % 8;
        bool fetch = i / 512;
        struct memory m = tables(pde, pte);
        if (fetch && r->write)
            continue;
        unsigned access = (r->user ? ACCESS_USER : 0) | (r->write ? ACCESS_WRITE : 0) |
                          (fetch ? ACCESS_FETCH : 0);
        struct walk w = walk(&m, r->wp ? CR0_WP : 0, 0, access);
        CU_ASSERT(seen_fault(w.fault) == expected_fault(r, pde, pte));
        CU_ASSERT(w.pde_pa == PDE_AT && w.pde == (TABLE | pde));
        CU_ASSERT(w.pte_pa == (pde & PTE_P ? PTE_AT : 0));
        if (w.fault) {
            CU_ASSERT(m.writes == 0);
            continue;
        }
        CU_ASSERT(w.pa == 0x00777abc && !w.large);
        CU_ASSERT((w.rights & (PTE_W | PTE_U)) == (pde & pte & (PTE_W | PTE_U)));
    }
}

/* Every prior A and D: what is set is set by one write each, and only if it was clear. */
static void accessed_and_dirty(void)
{
    for (unsigned i = 0; i < 16; i++) {
        u32 pde = PTE_P | PTE_W | (i & 1 ? PTE_A : 0);
        u32 pte = PTE_P | PTE_W | (i & 2 ? PTE_A : 0) | (i & 4 ? PTE_D : 0);
        bool write = i & 8;
        u32 after = pte | PTE_A | (write ? PTE_D : 0);
        struct memory m = tables(pde, pte);
        struct walk w = walk(&m, 0, 0, write ? ACCESS_WRITE : ACCESS_READ);
        CU_ASSERT(w.fault == FAULT_NONE);
        CU_ASSERT(m.word[PDE_AT / 4] == (TABLE | pde | PTE_A));
        CU_ASSERT(m.word[PTE_AT / 4] == (0x777000 | after));
        CU_ASSERT(m.writes == !(i & 1) + (unsigned)(after != pte));
        CU_ASSERT(w.pde == (TABLE | pde) && w.pte == (0x777000 | pte));
        CU_ASSERT((w.rights & PTE_D) == (after & PTE_D));
    }
}

static void denied_sets_nothing(void)
{
    struct memory m = tables(PTE_P | PTE_W, PTE_P | PTE_W);
    struct walk w = walk(&m, 0, 0, ACCESS_USER);
    CU_ASSERT(w.fault == FAULT_ERR(VEC_PF, PF_PRESENT | PF_USER));
    CU_ASSERT(m.writes == 0);
    m = tables(PTE_P | PTE_W, PTE_W);
    w = walk(&m, 0, 0, ACCESS_WRITE);
    CU_ASSERT(w.fault == FAULT_ERR(VEC_PF, PF_WRITE));
    CU_ASSERT(m.writes == 0); /* not even A of the page directory entry */
}

static void look_only(void)
{
    struct memory m = tables(PTE_P | PTE_W, PTE_P | PTE_W);
    struct walk_mem mem = { &m, mem_read, NULL };
    struct walk w = walk_at(&mem, 0, 0, LA, ACCESS_WRITE);
    CU_ASSERT(w.fault == FAULT_NONE && w.pa == 0x00777abc);
    CU_ASSERT(!(w.rights & PTE_D));
    CU_ASSERT(m.word[PDE_AT / 4] == (TABLE | PTE_P | PTE_W));
}

static void large_page(void)
{
    struct memory m = tables(0, 0);
    m.word[PDE_AT / 4] = 0x12400000 | PTE_PS | PTE_P | PTE_W;
    struct walk w = walk(&m, 0, CR4_PSE, ACCESS_WRITE);
    CU_ASSERT(w.fault == FAULT_NONE && w.large && w.pte_pa == 0);
    CU_ASSERT(w.pa == (0x12400000 | (LA & 0x3fffff)));
    CU_ASSERT(m.writes == 1 && m.pa[0] == PDE_AT);
    CU_ASSERT(m.value[0] == (0x12400000 | PTE_PS | PTE_P | PTE_W | PTE_A | PTE_D));
    CU_ASSERT(w.rights == (PTE_W | PTE_D));
    CU_ASSERT(walk(&m, 0, CR4_PSE, ACCESS_USER).fault ==
              FAULT_ERR(VEC_PF, PF_PRESENT | PF_USER));
}

/* Without CR4.PSE bit 7 of a PDE means nothing. */
static void ps_without_pse(void)
{
    struct memory m = tables(PTE_P | PTE_PS, PTE_P);
    struct walk w = walk(&m, 0, 0, ACCESS_READ);
    CU_ASSERT(w.fault == FAULT_NONE && !w.large && w.pa == 0x00777abc);
}

/* Bits 21:12 of a 4 MB entry, one at a time (12: PAT is not supported); the free bits 11:9 are allowed. */
static void reserved_bits(void)
{
    for (unsigned bit = 9; bit <= 22; bit++) {
        struct memory m = tables(0, 0);
        m.word[PDE_AT / 4] = 0x12000000 | PTE_PS | PTE_P | BIT(bit);
        struct walk w = walk(&m, 0, CR4_PSE, ACCESS_WRITE | ACCESS_USER);
        u32 code = PF_PRESENT | PF_WRITE | PF_USER;
        if (bit >= 12 && bit <= 21)
            code |= PF_RESERVED;
        CU_ASSERT(w.fault == FAULT_ERR(VEC_PF, code)); /* a kernel page: #PF either way */
        CU_ASSERT(m.writes == 0);
    }
    struct memory m = tables(0, 0);
    m.word[PDE_AT / 4] = 0x003ff000 | PTE_PS; /* not present: nothing is reserved */
    CU_ASSERT(walk(&m, 0, CR4_PSE, ACCESS_READ).fault == FAULT_ERR(VEC_PF, 0));
}

/* Bit 7 of a PTE is that of PAT: reserved when CR4.PSE is set, in a present entry (SDM 3A 4.3). */
static void reserved_bit_of_a_table(void)
{
    for (unsigned bit = 3; bit <= 11; bit++) {
        struct memory m = tables(PTE_P, PTE_P | BIT(bit));
        bool is_reserved = BIT(bit) == PTE_PS;
        CU_ASSERT(walk(&m, 0, 0, ACCESS_READ).fault == FAULT_NONE);
        m = tables(PTE_P, PTE_P | BIT(bit));
        CU_ASSERT(walk(&m, 0, CR4_PSE, ACCESS_READ).fault ==
                  (is_reserved ? FAULT_ERR(VEC_PF, PF_PRESENT | PF_RESERVED) : FAULT_NONE));
        CU_ASSERT(!is_reserved || m.writes == 0);
    }
    struct memory m = tables(PTE_P, PTE_PS);
    CU_ASSERT(walk(&m, 0, CR4_PSE, ACCESS_READ).fault == FAULT_ERR(VEC_PF, 0));
}

static void global_needs_pge(void)
{
    struct memory m = tables(PTE_P | PTE_G, PTE_P | PTE_G);
    CU_ASSERT(!(walk(&m, 0, 0, ACCESS_READ).rights & PTE_G));
    CU_ASSERT(walk(&m, 0, CR4_PGE, ACCESS_READ).rights & PTE_G);
    m = tables(PTE_P | PTE_G, PTE_P); /* the leaf decides */
    CU_ASSERT(!(walk(&m, 0, CR4_PGE, ACCESS_READ).rights & PTE_G));
}

/* A directory that is its own page table: PDE and PTE are one word, read twice. */
static void recursive_directory(void)
{
    struct memory m = tables(0, 0);
    struct walk_mem mem = { &m, mem_read, mem_write };
    m.word[(DIR + 0xffc) / 4] = DIR | PTE_P | PTE_W;
    struct walk w = walk_at(&mem, 0, 0, 0xfffff004, ACCESS_WRITE);
    CU_ASSERT(w.fault == FAULT_NONE && w.pa == DIR + 4);
    CU_ASSERT(w.pde_pa == DIR + 0xffc && w.pte_pa == DIR + 0xffc);
    CU_ASSERT(m.word[(DIR + 0xffc) / 4] == (DIR | PTE_P | PTE_W | PTE_A | PTE_D));
}

/* Where no memory answers, entries read as ones: a present, all-permitting mapping. */
static void tables_outside_memory(void)
{
    struct memory m = tables(PTE_P | PTE_W | PTE_U, 0);
    struct walk_mem mem = { &m, mem_read, NULL };
    m.word[PDE_AT / 4] = 0x00800000 | PTE_P | PTE_W | PTE_U;
    struct walk w = walk_at(&mem, 0, 0, LA, ACCESS_USER | ACCESS_WRITE);
    CU_ASSERT(w.fault == FAULT_NONE && w.pa == 0xfffffabc && w.pte == 0xffffffffu);
}

/* The usual walk, in pieces, on the same entries: what it finds is what the walk finds, and it finds whatever is
 * mapped by 4 KB pages and allowed, but with bit 7 of the PTE, which CR4.PSE makes reserved. */
static void compare_usual(u32 pde, u32 pte, u32 cr0, u32 cr4, unsigned access)
{
    struct memory full = tables(pde, pte), m = full;
    struct walk_mem mem = { &m, mem_read, mem_write };
    struct arch s = { .cr0 = cr0 | CR0_PG | CR0_PE, .cr3 = DIR, .cr4 = cr4 };
    struct usual_walk u;
    struct walk w = walk(&full, cr0, cr4, access);
    bool found = usual_walk_find(&mem, &s, LA, access, &u);
    CU_ASSERT(m.writes == 0);
    CU_ASSERT(found == (w.fault == FAULT_NONE && !((pde | pte) & PTE_PS)));
    if (!found)
        return;
    CU_ASSERT(!usual_walk_marks(&u, access) == (full.writes == 0));
    usual_walk_mark(&mem, &u, access);
    CU_ASSERT(memcmp(&m, &full, sizeof m) == 0);
    CU_ASSERT((PTE_FRAME(u.pte) | (LA & 0xfff)) == w.pa && usual_walk_rights(&u, cr4) == w.rights);
}

static void usual_walk_agrees(void)
{
    enum { BITS = PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | PTE_PS | PTE_G };
    for (u32 pde = 0; pde <= BITS; pde++)
        for (u32 pte = 0; pte <= BITS; pte++) {
            u32 mix = pde * 5 + pte;
            if (((pde | pte) & ~(u32)BITS) || (pde & PTE_G)) /* which a PDE of a table ignores */
                continue;
            u32 cr4 = (mix & 2 ? CR4_PGE : 0) | (mix & 16 ? CR4_PSE : 0);
            compare_usual(pde, pte, mix & 1 ? CR0_WP : 0, cr4, mix >> 2 & 3);
        }
    struct memory m = tables(PTE_P, PTE_P);
    struct walk_mem mem = { &m, mem_read, mem_write };
    struct arch s = { .cr0 = CR0_PG | CR0_PE, .cr3 = DIR, .cr4 = CR4_PAE };
    struct usual_walk u;
    CU_ASSERT(!usual_walk_find(&mem, &s, LA, ACCESS_READ, &u));
}

static const struct unit_case cases[] = {
    { "every combination of rights, access and WP", every_right },
    { "A and D: one write each, only if clear", accessed_and_dirty },
    { "a denied access sets nothing", denied_sets_nothing },
    { "look only", look_only },
    { "4 MB page", large_page },
    { "PS without CR4.PSE", ps_without_pse },
    { "reserved bits of a 4 MB entry", reserved_bits },
    { "the reserved bit of a table's entry", reserved_bit_of_a_table },
    { "G needs CR4.PGE", global_needs_pge },
    { "recursive directory", recursive_directory },
    { "tables outside memory", tables_outside_memory },
    { "the usual walk agrees with the walk", usual_walk_agrees },
};
UNIT_MAIN("paging", cases)
