/* cpu - random memory as code, stacks, descriptor tables and page tables, in every mode: decoded blocks and
 * the careful way must agree.
 *
 * Input: mode, registers, then bytes that fill the low 64 KB again and again. */
#include "tests/fuzz/fuzz.h"

#include "sim/api/desc.h"
#include "sim/api/paging.h"

enum { RAM = 1 << 18, FILL = 0x10000, CODE = 0x1000, GDT = 0x20000, IDT = 0x21000, TSS = 0x22000,
       PD = 0x23000, PT = 0x24000,
       PAE_PDPT = 0x25000, PAE_PD = 0x26000, PAE_PT = 0x27000, STACK = 0x8000 };
enum { KERNEL_CODE = 8, KERNEL_DATA = 16, USER_CODE = 24 | 3, USER_DATA = 32 | 3, TASK = 40 };
enum { MODE_REAL = 0, MODE_KERNEL = 1, MODE_USER = 2, MODE_16 = 3, MODE_MASK = 3, WITH_PAGING = 4,
       WITH_SMALL_PAGES = 8, WITH_VME = 16, WITH_TRAPS = 32, WITH_PAE = 64 };

static void poke32(struct hw *m, u32 at, u32 value) { machine_poke(m, at, &value, 4); }

static void poke_desc(struct hw *m, u32 at, u32 base, u32 ar, u32 limit)
{
    poke32(m, at, base << 16 | (limit & 0xffff));
    poke32(m, at + 4, (base & 0xff000000u) | (base >> 16 & 0xff) | (limit & 0xf0000u) | ar << 8);
}

static void fill(struct hw *m, const struct bytes *b)
{
    u32 size = (u32)(b->end - b->at), n = 0;
    for (u32 at = CODE; size && at < FILL; at += n) {
        n = size < FILL - at ? size : FILL - at;
        machine_poke(m, at, b->at, n);
    }
}

/* Tables that work, with what the input likes to change in them. */
static void build_tables(struct hw *m, struct bytes *b)
{
    poke_desc(m, GDT + KERNEL_CODE, 0, 0xc09b, 0xfffff);
    poke_desc(m, GDT + KERNEL_DATA, 0, 0xc093, 0xfffff);
    poke_desc(m, GDT + (USER_CODE & ~7), 0, 0xc0fb, 0xfffff);
    poke_desc(m, GDT + (USER_DATA & ~7), 0, 0xc0f3, 0xfffff);
    poke_desc(m, GDT + TASK, TSS, 0x89, 0x67);
    for (u32 i = 6; i < 32; i++) {
        poke32(m, GDT + 8 * i, take32(b));
        poke32(m, GDT + 8 * i + 4, take32(b));
    }
    for (u32 v = 0; v < 64; v++) {
        u32 target = CODE + (take8(b) & 0x7f) * 16;
        poke32(m, IDT + 8 * v, KERNEL_CODE << 16 | (target & 0xffff));
        poke32(m, IDT + 8 * v + 4, (target & 0xffff0000u) | 0x8e00 | (v & 1 ? 0x6000 : 0));
    }
    poke32(m, TSS + 4, STACK + 0x1000);
    poke32(m, TSS + 8, KERNEL_DATA);
}

static void build_pages(struct hw *m, struct bytes *b)
{
    poke32(m, PD, PT | PTE_P | PTE_W | PTE_U);
    poke32(m, PD + 4, take32(b));
    for (u32 i = 0; i < RAM >> PAGE_SHIFT; i++) {
        u32 odd = i & 7 ? 0 : take8(b) & 0x67; /* now and then absent, read-only, supervisor */
        poke32(m, PT + 4 * i, i << PAGE_SHIFT | ((PTE_P | PTE_W | PTE_U) ^ odd));
    }
}

/* The same in the other format: 64-bit entries, in three levels. */
static void build_pae_pages(struct hw *m, struct bytes *b)
{
    poke32(m, PAE_PDPT, PAE_PD | PTE_P);
    poke32(m, PAE_PDPT + 8, take32(b));
    poke32(m, PAE_PD, PAE_PT | PTE_P | PTE_W | PTE_U);
    poke32(m, PAE_PD + 8, take32(b));
    poke32(m, PAE_PD + 12, take8(b) & 1);
    for (u32 i = 0; i < RAM >> PAGE_SHIFT; i++) {
        u32 odd = i & 7 ? 0 : take8(b) & 0x67;
        poke32(m, PAE_PT + 8 * i, i << PAGE_SHIFT | ((PTE_P | PTE_W | PTE_U) ^ odd));
    }
}

static void set_segments(struct arch *s, u16 code, u16 data, u32 ar_code, u32 ar_data)
{
    for (unsigned i = 0; i < SREG_COUNT; i++) {
        bool is_code = i == CS;
        s->seg[i] = (struct seg){ .sel = is_code ? code : data, .ar = is_code ? ar_code : ar_data,
                                  .limit = 0xffffffffu };
    }
    s->cpl = code & 3;
}

static void enter_mode(struct hw *m, unsigned mode)
{
    struct arch *s = m->arch;
    if ((mode & MODE_MASK) == MODE_REAL) {
        arch_reset(s);
        s->seg[CS] = (struct seg){ .sel = 0, .ar = 0x9b, .limit = 0xffff };
        s->idtr = (struct dtr){ 0, 0x3ff };
        s->eip = CODE;
        return;
    }
    arch_reset_multiboot(s, CODE, 0);
    if ((mode & MODE_MASK) == MODE_USER)
        set_segments(s, USER_CODE, USER_DATA, 0xc0fb, 0xc0f3);
    else if ((mode & MODE_MASK) == MODE_16)
        set_segments(s, KERNEL_CODE, KERNEL_DATA, 0x809b, 0x8093);
    else
        set_segments(s, KERNEL_CODE, KERNEL_DATA, 0xc09b, 0xc093);
    s->gdtr = (struct dtr){ GDT, 32 * 8 - 1 };
    s->idtr = (struct dtr){ IDT, 64 * 8 - 1 };
    s->tr = (struct seg){ .sel = TASK, .ar = 0x8b, .base = TSS, .limit = 0x67 };
    if (mode & WITH_PAGING)
        s->cr0 |= CR0_PG | (mode & WITH_SMALL_PAGES ? CR0_WP : 0);
    s->cr3 = mode & WITH_PAE ? PAE_PDPT : PD;
    if (mode & WITH_PAE) { /* as MOV CR3 leaves it */
        s->cr4 |= CR4_PAE;
        s->pdpte[0] = PAE_PD | PTE_P;
    }
    if (mode & WITH_VME)
        s->cr4 |= CR4_VME | CR4_PSE | CR4_PGE | CR4_DE;
}

static void setup(struct hw *m, struct bytes b)
{
    unsigned mode = take8(&b);
    u32 reg[8], flags = take32(&b);
    for (unsigned r = 0; r < 8; r++)
        reg[r] = take8(&b) & 1 ? take32(&b) : CODE + take8(&b) * 64u;
    if ((mode & MODE_MASK) != MODE_REAL)
        build_tables(m, &b);
    if (mode & WITH_PAE)
        build_pae_pages(m, &b);
    else
        build_pages(m, &b);
    fill(m, &b);
    enter_mode(m, mode);
    for (unsigned r = 0; r < 8; r++)
        m->arch->reg[r] = r == ESP ? STACK : reg[r];
    m->arch->eflags = (flags & (FL_ARITH | FL_DF | FL_IF | FL_AC | (mode & WITH_TRAPS ? FL_TF : 0))) | FL_1;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static struct reused pair[2];
    static const u64 stops[] = { 1, 7, 60, 250 };
    const struct two_ways t = { .ram_bytes = RAM, .setup = setup, .input = { data, data + size } };
    fuzz_two_ways(pair, &t, stops, COUNT(stops));
    return 0;
}
