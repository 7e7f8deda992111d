/* Decoded blocks under mappings that change: the same pseudo-random programs of MOV CR3, INVLPG, stores into page
 * tables, jumps within and between pages, gates and ports run in blocks and one careful instruction at a
 * time; the arenas, TLB and ledger with them, must be equal byte for byte wherever they are stopped.  Every
 * fifth program runs in ring 3, where much of that is refused. */
#include "tests/unit/unit.h"

#include <string.h>

#include "sim/api/paging.h"
#include "sim/machine.h"

/* Machine-physical; the first megabyte but for the window is mapped onto itself in both directories. */
enum { RAM = 1 << 20, GDT = 0x1000, IDT = 0x1800, TSS_AT = 0x2800, STACK = 0x4000, USER_STACK = 0x7000,
       DIRECTORY = 0x8000, TABLE = 0xa000, WINDOW_TABLE = 0xc000, DATA = 0x10000, CODE_FRAMES = 0x20000 };
/* Linear: CODE pages run, DATA pages are read and written; both are pages of the window. */
enum { WINDOW = 0x400000, CODE_PAGES = 4, DATA_PAGES = 6, FRAMES = 8 };
enum { CODE = WINDOW, DATA_LA = WINDOW + CODE_PAGES * PAGE_SIZE };
enum { SLOTS = 24, SLOT = 64 }; /* a page of code: slots that can be jumped to */

static u32 seed;
static u32 draw(u32 n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static u8 *put(u8 *p, const char *bytes, u32 n)
{
    memcpy(p, bytes, n);
    return p + n;
}
#define PUT(p, bytes) put(p, bytes, sizeof bytes - 1)
static u8 *put32(u8 *p, u32 value)
{
    memcpy(p, &value, 4);
    return p + 4;
}

static u32 slot(u32 page, u32 n) { return CODE + page * PAGE_SIZE + n * SLOT; }
static u32 any_data(void) { return DATA_LA + draw(DATA_PAGES) * PAGE_SIZE + draw(16) * 4; }
static u32 any_page(void) { return WINDOW + draw(CODE_PAGES + DATA_PAGES) * PAGE_SIZE + draw(PAGE_SIZE); }

/* A new entry for a page of the window.  Frames of code hold code of the same slots, so that a program goes on
 * wherever it is moved to; now and then a page is read-only, for the kernel alone, or absent. */
static u32 entry_for(u32 page)
{
    u32 rights = draw(8) ? PTE_P | PTE_U : draw(2) ? PTE_P : 0;
    u32 frame = page < CODE_PAGES ? CODE_FRAMES + draw(FRAMES) * PAGE_SIZE : DATA + draw(FRAMES) * PAGE_SIZE;
    return frame | rights | (draw(6) ? PTE_W : 0) | (draw(2) ? PTE_A : 0) | (draw(2) ? PTE_D : 0) |
           (draw(8) ? 0 : PTE_G);
}

static u8 *store_entry(u8 *p)
{
    u32 space = draw(2), page = draw(CODE_PAGES + DATA_PAGES);
    p = put32(PUT(p, "\xc7\x05"), WINDOW_TABLE + space * PAGE_SIZE + page * 4);
    return put32(p, entry_for(page));
}

static u8 *jump(u8 *p, u32 from)
{
    static const u8 loops[] = { 0xe2, 0xe3 }; /* loop, jecxz: within the page */
    u32 page = (from - CODE) / PAGE_SIZE, to = slot(draw(3) ? page : draw(CODE_PAGES), draw(SLOTS));
    switch (draw(6)) {
    case 0: return put32(PUT(p, "\xe9"), to - (from + 5));
    case 1: return put32(PUT(p, "\xe8"), to - (from + 5));
    case 2: *p++ = 0x0f, *p++ = (u8)(0x80 | draw(16)); return put32(p, to - (from + 6));
    case 3: p = put32(PUT(p, "\xb8"), to); return PUT(p, "\xff\xe0");  /* mov $to, %eax; jmp *%eax */
    case 4: *p++ = loops[draw(2)], *p++ = (u8)(SLOT - (from % SLOT + 2)); return p; /* to the next slot */
    }
    return put32(PUT(p, "\x49\x0f\x85"), to - (from + 7)); /* dec %ecx; jnz */
}

/* One instruction, or few. */
static u8 *emit(u8 *p, u32 from)
{
    switch (draw(26)) {
    case 0: case 1: return put32(PUT(p, "\x03\x1d"), any_data());          /* add data, %ebx */
    case 2: case 3: return put32(PUT(p, "\x89\x1d"), any_data());          /* mov %ebx, data */
    case 4: return put32(PUT(p, "\x01\x1d"), any_data());                  /* add %ebx, data */
    case 5: return put32(PUT(p, "\x8a\x3d"), any_data() | 3);              /* mov data, %bh */
    case 6: return put32(PUT(p, "\x8b\x15"), DATA_LA + PAGE_SIZE - 2);     /* across pages */
    case 7: return put32(PUT(p, "\xff\x35"), any_data());                  /* push data */
    case 8: return put32(PUT(p, "\xc1\x25"), any_data()), p[6] = 3, p + 7; /* shl $3, data */
    case 9: case 10: p = put32(PUT(p, "\xb8"), DIRECTORY + draw(2) * PAGE_SIZE); return PUT(p, "\x0f\x22\xd8");
    case 11: case 12: return put32(PUT(p, "\x0f\x01\x3d"), any_page());    /* invlpg */
    case 13: case 14: case 15: return store_entry(p);
    case 16: return PUT(p, "\x0f\x20\xda");                                /* mov %cr3, %edx */
    case 17: return PUT(p, "\x0f\x31\x01\xc3");                            /* rdtsc; add %eax, %ebx */
    case 18: return PUT(p, "\xcd\x40");                                    /* int, a trap gate that returns */
    case 19: return PUT(p, "\xb0\x55\xe6\x80\xe4\x21");                    /* port 80h, port 21h */
    case 20: return PUT(p, "\xd1\xc3");                                    /* rol %ebx */
    case 21: return put32(PUT(p, "\x89\x1d"), slot(draw(CODE_PAGES), SLOTS) + draw(16) * 4); /* beside code */
    case 22: return put32(PUT(p, "\xc6\x05"), slot(draw(CODE_PAGES), draw(SLOTS)) + 1), p[6] = 0x90, p + 7;
    case 23: return put32(PUT(p, "\x3b\x1d"), any_data());                 /* cmp, perhaps fused with a jump */
    case 24: return PUT(p, "\xc1\xcb\x07");                                /* ror $7, %ebx */
    }
    return jump(p, from);
}

/* A slot: it begins with two harmless bytes, which case 22 makes another harmless instruction, and ends with a
 * jump to the slot behind it. */
static void emit_slot(u8 *code, u32 page, u32 n)
{
    u8 *p = PUT(code, "\xb1\x05"), *begin = code;
    while (p - begin < SLOT - 24)
        p = emit(p, slot(page, n) + (u32)(p - begin));
    p = jump(p, slot(page, n) + (u32)(p - begin));
    *p++ = 0xe9;
    put32(p, slot(page, (n + 1) % SLOTS) - (slot(page, n) + (u32)(p + 4 - begin)));
}

static bool in_ring3(u32 program) { return program % 5 == 4; }

static void poke32(struct hw *m, u32 pa, u32 value) { machine_poke(m, pa, &value, 4); }

static void make_tables(struct hw *m)
{
    for (u32 space = 0; space < 2; space++) {
        poke32(m, DIRECTORY + space * PAGE_SIZE, (TABLE + space * PAGE_SIZE) | 7);
        poke32(m, DIRECTORY + space * PAGE_SIZE + 4, (WINDOW_TABLE + space * PAGE_SIZE) | 7);
        for (u32 i = 0; i < RAM / PAGE_SIZE; i++)
            poke32(m, TABLE + space * PAGE_SIZE + i * 4, i * PAGE_SIZE | 3);
        for (u32 page = 0; page < CODE_PAGES + DATA_PAGES; page++)
            poke32(m, WINDOW_TABLE + space * PAGE_SIZE + page * 4, entry_for(page) | PTE_P);
    }
}

/* 14: the page that is missing gets an entry that does, for both spaces; 64: counts.  Both in ring 0.  Others are
 * not there: what else goes wrong shuts down. */
static void make_gates(struct hw *m)
{
    static const char fault[] =
        "\x60\x0f\x20\xd0"                          /* pusha; mov %cr2, %eax */
        "\x2d\x00\x00\x40\x00\xc1\xe8\x0c"          /* sub $WINDOW, %eax; shr $12, %eax */
        "\x8b\x14\x85\x00\xc0\x00\x00"              /* mov WINDOW_TABLE(, %eax, 4), %edx */
        "\x81\xca\x07\x00\x00\x00"                  /* or $7, %edx */
        "\x89\x14\x85\x00\xc0\x00\x00"              /* mov %edx, WINDOW_TABLE(, %eax, 4) */
        "\x89\x14\x85\x00\xd0\x00\x00"              /* and that of the other space */
        "\x0f\x20\xd0\x0f\x01\x38"                  /* mov %cr2, %eax; invlpg (%eax) */
        "\x61\x83\xc4\x04\xcf";                     /* popa; add $4, %esp; iret */
    static const char count[] = "\xff\x05\x00\x30\x00\x00\xcf"; /* incl 3000h; iret */
    machine_poke(m, 0x3100, fault, sizeof fault - 1);
    machine_poke(m, 0x3200, count, sizeof count - 1);
    poke32(m, IDT + 14 * 8, 0x00083100);
    poke32(m, IDT + 14 * 8 + 4, 0x8e00);
    poke32(m, IDT + 64 * 8, 0x00083200);
    poke32(m, IDT + 64 * 8 + 4, 0xef00);
    poke32(m, GDT + 8, 0x0000ffff);
    poke32(m, GDT + 12, 0x00cf9b00);
    poke32(m, GDT + 16, 0x0000ffff);
    poke32(m, GDT + 20, 0x00cf9300);
}

/* Below ring 0: 13 goes on with the neighbour of the slot that was refused; the window's tables and the stack are
 * the program's own. */
static void make_ring3(struct hw *m, u32 program)
{
    static const char refused[] = "\x83\xc4\x04\x83\x24\x24\xc0"   /* add $4, %esp; andl $~63, (%esp) */
                                  "\x83\x34\x24\x40\xcf";            /* xorl $64, (%esp); iret */
    const struct seg code = { .sel = 27, .ar = 0xc0fb, .limit = UINT32_MAX };
    const struct seg data = { .sel = 35, .ar = 0xc0f3, .limit = UINT32_MAX };
    machine_poke(m, 0x3300, refused, sizeof refused - 1);
    poke32(m, IDT + 13 * 8, 0x00083300);
    poke32(m, IDT + 13 * 8 + 4, 0x8e00);
    poke32(m, GDT + 24, 0x0000ffff);
    poke32(m, GDT + 28, 0x00cffb00);
    poke32(m, GDT + 32, 0x0000ffff);
    poke32(m, GDT + 36, 0x00cff300);
    poke32(m, TSS_AT + 4, TSS_AT);
    poke32(m, TSS_AT + 8, 16);
    for (u32 space = 0; space < 2; space++) {
        u32 table = TABLE + space * PAGE_SIZE;
        for (u32 pa = STACK; pa < USER_STACK; pa += PAGE_SIZE)
            poke32(m, table + pa / PAGE_SIZE * 4, pa | 7);
        for (u32 pa = WINDOW_TABLE; pa < WINDOW_TABLE + 2 * PAGE_SIZE; pa += PAGE_SIZE)
            poke32(m, table + pa / PAGE_SIZE * 4, pa | 7);
    }
    m->arch->gdtr.limit = 39;
    m->arch->tr = (struct seg){ .sel = 48, .ar = 0x8b, .base = TSS_AT, .limit = 0x67 };
    for (unsigned i = 0; i < SREG_COUNT; i++)
        m->arch->seg[i] = i == CS ? code : data;
    m->arch->cpl = 3;
    m->arch->reg[ESP] = USER_STACK;
    m->arch->eflags |= program % 2 ? FL_IOPL : 0;
    m->arch->cr4 |= program % 3 == 1 ? CR4_TSD : 0;
}

static struct hw *new_machine(bool careful, u32 program)
{
    struct hw *m = malloc(sizeof *m);
    struct machine_config config = { .ram_bytes = RAM, .one_insn_blocks = careful };
    CU_ASSERT_FATAL(m && machine_init(m, &config));
    arch_reset_multiboot(m->arch, slot(0, 0), 0);
    seed = program * 7919 + 1;
    u8 page[PAGE_SIZE] = { 0 };
    for (u32 frame = 0; frame < FRAMES; frame++) {
        for (u32 n = 0; n < SLOTS; n++) /* the same code runs as any page: relative jumps stay in the window */
            emit_slot(page + n * SLOT, frame % CODE_PAGES, n);
        machine_poke(m, CODE_FRAMES + frame * PAGE_SIZE, page, sizeof page);
    }
    make_tables(m);
    make_gates(m);
    m->arch->gdtr = (struct dtr){ .base = GDT, .limit = 23 };
    m->arch->idtr = (struct dtr){ .base = IDT, .limit = 65 * 8 - 1 };
    m->arch->seg[CS].sel = 8;
    m->arch->seg[SS].sel = m->arch->seg[DS].sel = 16;
    m->arch->reg[ESP] = STACK;
    m->arch->cr3 = DIRECTORY;
    m->arch->cr0 |= CR0_PG | (program % 3 ? CR0_WP : 0);
    m->arch->cr4 = program % 4 == 3 ? CR4_PGE : 0;
    if (in_ring3(program))
        make_ring3(m, program);
    machine_arena_replaced(m);
    return m;
}

static void free_machine(struct hw *m)
{
    machine_free(m);
    free(m);
}

static bool differ(const struct hw *a, const struct hw *b, u32 program)
{
    if (arena_hash(&a->arena) == arena_hash(&b->arena))
        return false;
    printf("program %u, step %llu: blocks eip %x walks %llu, careful step %llu eip %x walks %llu\n", program,
           (unsigned long long)a->state->step, a->arch->eip,
           (unsigned long long)a->state->ledger.count[COST_TLB_WALK], (unsigned long long)b->state->step,
           b->arch->eip, (unsigned long long)b->state->ledger.count[COST_TLB_WALK]);
    return true;
}

static u64 steps_done, steps_ring3;

static void run_program(u32 program)
{
    struct hw *a = new_machine(false, program), *b = new_machine(true, program);
    u64 step = 0;
    for (int stop = 0; stop < 40; stop++) {
        step += draw(stop % 8 ? 40 : 900) + 1;
        const struct limits limits = { step, UINT64_MAX };
        struct stop sa = machine_run(a, &limits), sb = machine_run(b, &limits);
        bool bad = differ(a, b, program) || sa.kind != sb.kind;
        CU_ASSERT(!bad);
        if (bad || sa.kind != STOP_STEP)
            break; /* shut down */
    }
    steps_done += a->state->step;
    steps_ring3 += in_ring3(program) ? a->state->step : 0;
    free_machine(a);
    free_machine(b);
}

enum { PROGRAMS = 600 };

static void same_as_rules(void)
{
    const char *first = getenv("REMAP_SEED");
    u32 from = first ? (u32)strtoul(first, NULL, 0) : 0;
    for (u32 program = from; program < from + PROGRAMS; program++)
        run_program(program);
    CU_ASSERT(steps_done > PROGRAMS * 500); /* they do not just shut down */
    CU_ASSERT(steps_ring3 > PROGRAMS / 5 * 500);
    printf("%llu steps, %llu of programs in ring 3\n", (unsigned long long)steps_done,
           (unsigned long long)steps_ring3);
}

static const struct unit_case cases[] = {
    { "blocks under changing mappings do what the rules do", same_as_rules },
};
UNIT_MAIN("remap", cases)
