/* The block handlers against the rules of isa.h: the same pseudo-random programs run in decoded blocks
 * and one careful instruction at a time; the arenas must be equal byte for byte, also after stops in the
 * middle of blocks. */
#include "tests/unit/two_ways.h"

#include <signal.h>
#include <sys/time.h>

static unsigned emit_modrm(u8 *p, unsigned reg)
{
    switch (draw(4)) {
    case 0: /* register */
        p[0] = (u8)(0xc0 | reg << 3 | draw(8));
        return 1;
    case 1: /* [disp32] in the data page, or in the code page now and then */
        p[0] = (u8)(reg << 3 | 5);
        put32(p + 1, (draw(60) ? DATA : CODE) + draw(0x900));
        return 5;
    case 2: /* [esi+disp8] */
        p[0] = (u8)(0x40 | reg << 3 | ESI);
        p[1] = (u8)draw(256);
        return 2;
    }
    p[0] = (u8)(0x04 | reg << 3); /* [edi+ecx*2], mostly far away */
    p[1] = (u8)(1 << 6 | ECX << 3 | EDI);
    return 2;
}

/* One instruction; families that the handlers cover, and some that they do not. */
static unsigned emit(u8 *p)
{
    static const u8 unary[] = { 0, 2, 3 }, shift_ops[] = { 4, 5, 7, 0, 1 };
    unsigned n = 0, reg = draw(8), kind = draw(24);
    if (reg == ESP && kind < 14)
        reg = EDX;
    if (draw(12) == 0)
        p[n++] = 0x66;
    bool word = n != 0;
    switch (kind) {
    case 0: case 1: case 2: /* add..cmp r/m,r and r,r/m, 8 and 32 bits */
        p[n++] = (u8)(draw(8) << 3 | draw(4));
        return n + emit_modrm(p + n, reg);
    case 3: /* group 1, imm8 */
        p[n++] = draw(2) ? 0x83 : 0x80;
        n += emit_modrm(p + n, draw(8));
        p[n++] = (u8)draw(256);
        return n;
    case 4: /* group 1, imm */
        p[n++] = 0x81;
        n += emit_modrm(p + n, draw(8));
        for (int i = 0; i < (word ? 2 : 4); i++)
            p[n++] = (u8)draw(256);
        return n;
    case 5: p[n++] = (u8)(0x84 | draw(2)); return n + emit_modrm(p + n, reg); /* test */
    case 6: p[n++] = (u8)(0x88 | draw(4)); return n + emit_modrm(p + n, reg); /* mov */
    case 7: p[n++] = (u8)(0x40 | draw(16)); p[n - 1] = (p[n - 1] & 7) == ESP ? 0x90 : p[n - 1]; return n;
    case 8: p[n++] = (u8)(0xf6 | draw(2)); return n + emit_modrm(p + n, unary[draw(2) + 1]); /* not neg */
    case 9: /* shifts */
        p[n++] = (u8)(0xc0 | draw(2));
        n += emit_modrm(p + n, shift_ops[draw(5)]);
        p[n++] = (u8)draw(40);
        return n;
    case 10: p[n++] = 0x0f; p[n++] = (u8)(0xb6 | draw(2) | draw(2) << 3); return n + emit_modrm(p + n, reg);
    case 11: p[n++] = 0x0f; p[n++] = 0xaf; return n + emit_modrm(p + n, reg); /* imul */
    case 12: p[n++] = 0x0f; p[n++] = (u8)(0x90 | draw(16)); return n + emit_modrm(p + n, 0); /* setcc */
    case 13: p[n++] = 0x0f; p[n++] = (u8)(0x40 | draw(16)); return n + emit_modrm(p + n, reg); /* cmov */
    case 21: p[n++] = 0x0f; p[n++] = (u8)(0xa4 | draw(2) << 3); /* shld, shrd by a constant */
        n += emit_modrm(p + n, reg);
        p[n++] = (u8)draw(40);
        return n;
    case 22: p[n++] = 0x0f; p[n++] = (u8)(0xa5 | draw(2) << 3); return n + emit_modrm(p + n, reg);
    case 23: p[n++] = (u8)(0xd2 | draw(2)); return n + emit_modrm(p + n, shift_ops[draw(5)]); /* by CL */
    case 14: p[n++] = (u8)(0x50 | draw(8)); return n; /* push */
    case 15: p[n++] = (u8)(0x58 | (draw(8) & 3)); return n; /* pop eax..ebx */
    case 16: p[n++] = (u8)(0x70 | draw(16)); p[n++] = (u8)draw(6); return n; /* jcc over a little */
    case 17: p[n++] = (u8)(draw(2) ? 0x99 : 0x98); return n;
    case 18: /* push a flag image without TF, popf */
        n = 0;
        p[n++] = 0x68;
        put32(p + n, (draw(0x10000) << 4 | draw(16)) & ~0x100u & 0x244fffu);
        p[n + 4] = 0x9d;
        return n + 5;
    }
    static const u8 odd[] = { 0xf5, 0xf8, 0xf9, 0x9f, 0x9e, 0x27, 0xfc, 0x9c, 0xfa, 0xfb, 0xfb, 0x90 };
    n = 0;
    p[n++] = odd[draw(12)];
    return n;
}

/* Segments that are not flat, in some programs: a base, or a limit that the data passes. */
static void bend_segments(struct hw *m, u32 how)
{
    struct seg *ds = &m->arch->seg[DS], *ss = &m->arch->seg[SS];
    if (how & 1)
        ds->limit = ds->limit >> 12 & (DATA + 0x7ff);
    if (how & 2)
        ss->base = 0x40;
    if (how & 4)
        ds->base = 0x80;
    machine_arena_replaced(m);
}

static void run_program(u32 program)
{
    u8 code[0x900];
    u32 len = 0;
    seed = program * 977 + 1;
    while (len < 0x600)
        len += emit(code + len);
    code[len++] = 0xeb; /* and round again */
    *(s8 *)(code + len++) = 0;
    code[len++] = 0xe9;
    s32 back = -(s32)len - 4;
    memcpy(code + len, &back, 4);
    len += 4;
    struct hw *a = new_machine(false, code, len, program), *b = new_machine(true, code, len, program);
    bend_segments(a, program % 16);
    bend_segments(b, program % 16);
    u64 step = 0;
    for (int stop = 0; stop < 12; stop++) {
        step += draw(900) + 1;
        const struct limits limits = { step, UINT64_MAX };
        struct stop sa = machine_run(a, &limits), sb = machine_run(b, &limits);
        CU_ASSERT_EQUAL(sa.kind, sb.kind);
        compare(a, b, program, step);
        if (sa.kind != STOP_STEP)
            break; /* shut down: there is no IDT, and that is compared too */
    }
    free_machine(a);
    free_machine(b);
}

static void same_as_rules(void)
{
    for (u32 program = 0; program < 1500; program++)
        run_program(program);
}

/* REP by pages against REP one by one, with overlaps, page edges and a stop in the middle. */
static void rep_same_as_rules(void)
{
    for (u32 i = 0; i < 400; i++) {
        seed = i + 77;
        u8 code[16] = { 0xf3, (u8)(draw(2) ? 0xa5 : 0xab), 0xf3, (u8)(draw(2) ? 0xa4 : 0xaa), 0xeb, 0xfe };
        struct hw *m[2];
        for (int k = 0; k < 2; k++) {
            m[k] = new_machine(k == 1, code, sizeof code, i);
            seed = i;
            m[k]->arch->reg[ESI] = DATA + draw(0x1200);
            m[k]->arch->reg[EDI] = draw(3) ? m[k]->arch->reg[ESI] + draw(16) - 8 : DATA + draw(0x3000);
            m[k]->arch->reg[ECX] = draw(3000);
            if (draw(3) == 0)
                m[k]->arch->reg[EAX] = draw(256) * (draw(2) ? 0x1010101u : 0x10001u);
            const struct limits limits = { draw(2500) + 1, UINT64_MAX };
            machine_run(m[k], &limits);
        }
        compare(m[0], m[1], i, 0);
        free_machine(m[0]);
        free_machine(m[1]);
    }
}

/* A program at CPL 3 that asked for alignment checks gets them in blocks, too. */
static void alignment_same_as_rules(void)
{
    static const u8 code[] = { 0xa1, 0x04, 0x80, 0, 0, 0xa1, 0x03, 0x80, 0, 0, 0xeb, 0xfe };
    struct hw *m[2];
    for (int k = 0; k < 2; k++) {
        m[k] = new_machine(k == 1, code, sizeof code, 1);
        struct arch *a = m[k]->arch;
        a->cr0 |= CR0_AM;
        a->eflags |= FL_AC;
        a->cpl = 3;
        for (unsigned i = 0; i < SREG_COUNT; i++)
            a->seg[i].ar |= 0x60;
        machine_arena_replaced(m[k]);
        const struct limits limits = { 20, UINT64_MAX };
        struct stop stop = machine_run(m[k], &limits);
        CU_ASSERT_EQUAL(stop.kind, STOP_SHUTDOWN); /* #AC, and no IDT */
        CU_ASSERT_EQUAL(stop.arg, VEC_AC);
    }
    compare(m[0], m[1], 0, 0);
    free_machine(m[0]);
    free_machine(m[1]);
}

/* Calls into a page that changes its frame: what was linked is looked up anew. */
static void links_end_with_the_mapping(void)
{
    enum { DIRECTORY = 0x10000, TABLE = 0x11000, PAGE = 0x5000, PRESENT = 3 };
    static const u8 code[] = {
        0xe8, 0xfb, 0x3f, 0, 0,                                /* 1: call PAGE */
        0x81, 0x35, 0x14, 0x10, 0x01, 0, 0, 0x10, 0, 0,        /* xorl $0x1000, TABLE + 5 * 4 */
        0x0f, 0x01, 0x3d, 0, 0x50, 0, 0,                       /* invlpg PAGE */
        0x49, 0x75, 0xe7,                                      /* dec %ecx; jnz 1b */
        0xeb, 0xfe };
    static const u8 one[] = { 0x83, 0xc0, 0x01, 0xc3 }, other[] = { 0x83, 0xc0, 0x10, 0xc3 };
    struct hw *m = new_machine(false, code, sizeof code, 1);
    u32 entry = TABLE | PRESENT;
    machine_poke(m, DIRECTORY, &entry, 4);
    for (u32 i = 0; i < RAM / PAGE_SIZE; i++) {
        entry = i * PAGE_SIZE | PRESENT;
        if (i == PAGE / PAGE_SIZE)
            entry = (PAGE + 0x1000) | PRESENT;
        machine_poke(m, TABLE + 4 * i, &entry, 4);
    }
    machine_poke(m, PAGE + 0x1000, one, sizeof one);
    machine_poke(m, PAGE + 0x2000, other, sizeof other);
    m->arch->cr3 = DIRECTORY;
    m->arch->cr0 |= CR0_PG;
    m->arch->reg[EAX] = 0;
    m->arch->reg[ECX] = 12;
    machine_arena_replaced(m);
    const struct limits limits = { 200, UINT64_MAX };
    CU_ASSERT_EQUAL(machine_run(m, &limits).kind, STOP_STEP);
    CU_ASSERT_EQUAL(m->arch->reg[ECX], 0);
    CU_ASSERT_EQUAL(m->arch->reg[EAX], 6 * 0x01 + 6 * 0x10);
    free_machine(m);
}

static struct hw *interrupted;
static void alarm_rings(int signal)
{
    (void)signal;
    machine_interrupt(interrupted);
}

/* Of plain instructions, of instructions that run alone, and of REP. */
static void loops_can_be_interrupted(void)
{
    static const u8 code[][10] = {
        { 0x40, 0xeb, 0xfd },                                     /* 1: inc %eax; jmp 1b */
        { 0xdb, 0xe3, 0xeb, 0xfc },                               /* 1: fninit; jmp 1b */
        { 0x89, 0xf7, 0x66, 0xb9, 0, 8, 0xf3, 0xaa, 0xeb, 0xf6 }, /* 1: mov %esi, %edi; mov $0x800, %cx;
                                                                     rep stosb; jmp 1b */
    };
    for (unsigned i = 0; i < COUNT(code); i++) {
        const struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
        const struct limits limits = { UINT64_MAX, UINT64_MAX };
        struct hw *m = interrupted = new_machine(false, code[i], sizeof code[i], 1);
        m->arch->reg[ECX] = 0;
        m->arch->cr0 &= ~(u32)(CR0_EM | CR0_TS);
        signal(SIGALRM, alarm_rings);
        setitimer(ITIMER_REAL, &soon, NULL);
        CU_ASSERT_EQUAL(machine_run(m, &limits).kind, STOP_INTERRUPT);
        free_machine(m);
    }
}

static const struct unit_case cases[] = {
    { "links between blocks end with the mapping", links_end_with_the_mapping },
    { "decoded blocks do what the rules do", same_as_rules },
    { "alignment checks", alignment_same_as_rules },
    { "loops can be interrupted", loops_can_be_interrupted },
    { "REP by pages does what REP one by one does", rep_same_as_rules },
};
UNIT_MAIN("exec", cases)
