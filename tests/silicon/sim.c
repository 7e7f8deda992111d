#include "tests/silicon/sim.h"

#include <string.h>

#include "sim/api/desc.h"
#include "sim/machine_impl.h"

/* Machine-physical layout; the first 64 KB are also at KERNEL, for CPL 0 alone. */
enum { GDT = 0x0000, IDT = 0x1000, LDT = 0x2000, TSS = 0x3000, STACK_TOP = 0x5000, GATES = 0x8000,
       DIRECTORY = 0x10000, TABLES = 0x11000, USER = 0x20000, CODE_FRAME = USER + PAGES * 0x1000,
       RAM = 0x100000, MOST_STEPS = 20000 };
#define KERNEL 0xc0000000u
enum { KERNEL_CODE = 0x10, KERNEL_DATA = 0x18, GDT_LIMIT = 127, KERNEL_TSS = 0x40, KERNEL_LDT = 0x50 };
enum { AR_CODE0 = 0xc09b, AR_DATA0 = 0xc093, AR_CODE3 = 0xc0fb, AR_DATA3 = 0xc0f3, AR_CODE64 = 0xa0fb,
       AR_CPU = 0x40f5 /* read-only, expands down; Linux keeps the processor's number in its limit */ };

static void poke32(struct hw *m, u32 pa, u32 value) { machine_poke(m, pa, &value, 4); }

/* The rows of segments.def, as modify_ldt makes them: accessed already. */
static struct seg ldt_segment(unsigned row)
{
    static const struct { u32 base, limit; u8 contents, read_only, present, wide, pages; } rows[] = {
#define L(id, base, limit, contents, read_only, present, wide, pages) \
    { base, limit, contents, read_only, present, wide, pages },
#include "tests/silicon/segments.def"
#undef L
    };
    u32 ar = 0x71u | (u32)rows[row].contents << 2 | (rows[row].read_only ? 0 : 2) |
             (rows[row].present ? AR_P : 0) | (rows[row].wide ? AR_DB : 0) | (rows[row].pages ? AR_G : 0);
    u32 limit = rows[row].pages ? rows[row].limit << 12 | 0xfff : rows[row].limit;
    return (struct seg){ .sel = LDT_SEL(row), .ar = ar, .base = rows[row].base, .limit = limit };
}

struct seg sim_segment(u16 sel)
{
    if (sel == SEL_CODE || sel == SEL_DATA)
        return (struct seg){ .sel = sel, .ar = sel == SEL_CODE ? AR_CODE3 : AR_DATA3, .limit = 0xffffffffu };
    if (SEL_IS_NULL(sel))
        return (struct seg){ .sel = sel, .ar = AR_UNUSABLE };
    assert((sel & 7) == 7 && SEL_INDEX(sel) < LDT_ROWS);
    return ldt_segment(SEL_INDEX(sel));
}

static void set_desc(struct hw *m, u32 table, u16 sel, struct seg seg)
{
    u32 lo, hi;
    desc_pack(&seg, &lo, &hi);
    poke32(m, table + (sel & 0xfff8u), lo);
    poke32(m, table + (sel & 0xfff8u) + 4, hi);
}

static void make_descriptors(struct hw *m, const struct shared *shared)
{
    set_desc(m, GDT, KERNEL_CODE, (struct seg){ .ar = AR_CODE0, .limit = 0xffffffffu });
    set_desc(m, GDT, KERNEL_DATA, (struct seg){ .ar = AR_DATA0, .limit = 0xffffffffu });
    set_desc(m, GDT, SEL_CODE, sim_segment(SEL_CODE));
    set_desc(m, GDT, SEL_DATA, sim_segment(SEL_DATA));
    set_desc(m, GDT, SEL_CODE64, (struct seg){ .ar = AR_CODE64, .limit = 0xffffffffu });
    set_desc(m, GDT, SEL_CPU, (struct seg){ .ar = AR_CPU, .limit = shared->cpu });
    for (unsigned i = 0; i < LDT_ROWS && shared->ldt_loaded; i++)
        set_desc(m, LDT, LDT_SEL(i), ldt_segment(i));
    poke32(m, TSS + TSS_ESP0, KERNEL + STACK_TOP);
    poke32(m, TSS + TSS_SS0, KERNEL_DATA);
    poke32(m, TSS + TSS_TRAP, 0xffff0000u); /* no bitmap of ports */
}

/* The handlers are absent: where INT3 and INTO lead, which deliver themselves, shows as a second fault.
 * Linux lets programs use 3, 4 and 0x80; a program that means 0x80 is kept from the host. */
static void make_gates(struct hw *m)
{
    for (unsigned v = 0; v < 256; v++) {
        struct gate g = { .sel = KERNEL_CODE, .type = SYS_INT32, .dpl = v == 3 || v == 4 ? 3 : 0,
                          .present = 1, .offset = KERNEL + GATES + v * 16 };
        u32 lo, hi;
        gate_pack(&g, &lo, &hi);
        poke32(m, IDT + v * 8, lo);
        poke32(m, IDT + v * 8 + 4, hi);
    }
}

static void map_page(struct hw *m, u32 *tables, u32 la, u32 pa, u32 rights)
{
    u32 pde_at = DIRECTORY + (la >> 22) * 4, pde = phys_read32(m, pde_at);
    if (!(pde & PTE_P)) {
        pde = (TABLES + (*tables)++ * 0x1000) | PTE_P | PTE_W | PTE_U;
        poke32(m, pde_at, pde);
    }
    poke32(m, PTE_FRAME(pde) + (la >> 12 & 1023) * 4, pa | rights | PTE_P);
}

static void make_pages(struct hw *m, bool low)
{
    u32 tables = 0;
    for (u32 pa = 0; pa < 0x10000; pa += 0x1000)
        if (pa != GATES)
            map_page(m, &tables, KERNEL + pa, pa, PTE_W);
    for (unsigned p = 0; p < PAGES; p++)
        if (p != PAGE_LOW || low)
            map_page(m, &tables, page_at[p], USER + p * 0x1000, PTE_U | (p < PAGES_WRITABLE ? PTE_W : 0));
    map_page(m, &tables, CODE_AT, CODE_FRAME, PTE_U);
}

static struct arch starting_state(bool with_ldt)
{
    struct arch a;
    arch_reset_multiboot(&a, 0, 0);
    a.cr0 |= CR0_PG | CR0_WP | CR0_AM | CR0_NE;
    a.cr3 = DIRECTORY;
    a.gdtr = (struct dtr){ KERNEL + GDT, GDT_LIMIT };
    a.idtr = (struct dtr){ KERNEL + IDT, 0x7ff };
    a.tr = (struct seg){ .sel = KERNEL_TSS, .ar = 0x8b, .base = KERNEL + TSS, .limit = 0x67 };
    a.ldtr = (struct seg){ .sel = KERNEL_LDT, .ar = with_ldt ? 0x82 : AR_UNUSABLE, .base = KERNEL + LDT,
                           .limit = LDT_ROWS * 8 - 1 };
    a.cpl = 3;
    return a;
}

bool sim_init(struct sim *s, enum way way, const struct shared *shared)
{
    struct hw *m = &s->m;
    struct machine_config config = { .ram_bytes = RAM, .one_insn_blocks = way == BY_RULES };
    if (!machine_init(m, &config))
        return false;
    s->shared = shared;
    s->start = starting_state(shared->ldt_loaded);
    make_descriptors(m, shared);
    make_gates(m);
    make_pages(m, shared->low_mapped);
    machine_poke(m, CODE_FRAME, shared->code, 4096);
    machine_poke(m, USER + PAGE_READ_ONLY * 0x1000, shared->read_only, 4096);
    *m->arch = s->start;
    machine_arena_replaced(m);
    return events_stop_on(&m->events, HW_DELIVER, 0, 0, 255) >= 0;
}

void sim_free(struct sim *s) { machine_free(&s->m); }

static u32 frame_of(unsigned page) { return USER + page * 0x1000; }

/* The user's pages as the batch has them, and what was different. */
static void put_back(struct sim *s, u32 digest[2])
{
    struct hw *m = &s->m;
    for (unsigned p = 0; p < PAGES_WRITABLE; p++) {
        const u8 *now = machine_ram(m, frame_of(p)), *was = s->batch->page[p];
        for (u32 at = 0; at < 4096; at += CHUNK)
            if (chunk_differs(now + at, was + at)) {
                digest_chunk(digest, page_at[p] + at, now + at);
                machine_poke(m, frame_of(p) + at, was + at, CHUNK);
            }
    }
}

void sim_begin(struct sim *s, const struct batch *b)
{
    u32 ignored[2] = { 0 };
    s->batch = b;
    put_back(s, ignored);
}

void sim_pages(const struct sim *s, u8 page[PAGES_WRITABLE][4096])
{
    for (unsigned p = 0; p < PAGES_WRITABLE; p++)
        memcpy(page[p], machine_ram(&s->m, frame_of(p)), 4096);
}

static void poke_user(struct sim *s, const struct job *j)
{
    for (unsigned p = 0; p < PAGES_WRITABLE; p++)
        for (u32 i = 0; i < j->poke_len; i++)
            if (j->poke_at + i - page_at[p] < 4096 && (p != PAGE_LOW || s->shared->low_mapped))
                machine_poke(&s->m, frame_of(p) + (j->poke_at + i - page_at[p]), &j->poke[i], 1);
}

static void place_code(struct sim *s, const struct job *j, bool take)
{
    u8 filler[CODE_MAX];
    u32 at = j->eip - CODE_AT, room = 4096 - at;
    memset(filler, 0xcc, sizeof filler);
    machine_poke(&s->m, CODE_FRAME + at, take ? filler : j->code, j->code_len < room ? j->code_len : room);
}

static void start(struct sim *s, const struct job *j)
{
    struct hw *m = &s->m;
    struct arch *a = m->arch;
    *a = s->start;
    memcpy(a->reg, j->reg, sizeof j->reg);
    a->eflags = j->eflags;
    a->eip = j->eip;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        a->seg[i] = sim_segment(j->seg[i]);
    m->state->debug_pending = 0;
    fpu_reset(&m->state->fpu); /* Linux's: as FNINIT leaves it */
    fpu_init(&m->state->fpu);
    machine_refresh(m);
}

/* The frame that the delivery left on the kernel's stack, and what the gate's address says. */
static void keep(const struct hw *m, struct result *r)
{
    const struct arch *a = m->arch;
    u32 at = a->reg[ESP] - KERNEL;
    bool second = a->eip == KERNEL + GATES + VEC_PF * 16 && !(phys_read32(m, at) & PF_USER);
    at = second ? STACK_TOP - 20 : at;
    r->vector = ((second ? a->cr2 : a->eip) - KERNEL - GATES) / 16;
    bool has_error = at == STACK_TOP - 24;
    r->error = has_error ? phys_read32(m, at) : 0;
    at += has_error ? 4 : 0;
    memcpy(r->reg, a->reg, sizeof r->reg);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        r->seg[i] = a->seg[i].sel;
    r->eip = phys_read32(m, at);
    r->seg[CS] = (u16)phys_read32(m, at + 4);
    r->eflags = phys_read32(m, at + 8);
    r->reg[ESP] = phys_read32(m, at + 12);
    r->seg[SS] = (u16)phys_read32(m, at + 16);
    r->cr2 = r->vector == VEC_PF ? a->cr2 : 0;
}

void sim_digest(struct sim *s, struct result *r) { put_back(s, r->memory); }

enum outcome sim_run(struct sim *s, const struct job *j, struct result *r)
{
    struct hw *m = &s->m;
    *r = (struct result){ 0 };
    poke_user(s, j);
    place_code(s, j, false);
    start(s, j);
    const struct limits limits = { m->state->step + MOST_STEPS, UINT64_MAX };
    struct stop stop = machine_run(m, &limits);
    place_code(s, j, true);
    keep(m, r);
    if (stop.kind == STOP_EVENT)
        return SIM_ENDED;
    m->state->outside.ended = 0;
    return stop.kind == STOP_STEP ? SIM_ENDLESS : SIM_BROKEN;
}
