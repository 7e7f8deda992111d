/* 16-bit code and stacks, in real, virtual-8086 and protected mode, and mixtures: blocks against the rules. */
#include "tests/unit/two_ways.h"

enum mode { REAL, CODE16_STACK16, CODE16_STACK32, CODE32_STACK16, V86, MODES };

static unsigned emit_modrm(u8 *p, unsigned reg)
{
    unsigned rm = draw(8);
    switch (draw(5)) {
    case 0: p[0] = (u8)(0xc0 | reg << 3 | rm); return 1;
    case 1: /* [disp16]; in 32-bit code [esi] and two bytes more */
        p[0] = (u8)(reg << 3 | 6);
        put16(p + 1, (u16)((draw(60) ? DATA : CODE) + draw(0x900)));
        return 3;
    case 2: p[0] = (u8)(0x40 | reg << 3 | rm); p[1] = (u8)draw(256); return 2;
    case 3: p[0] = (u8)(0x80 | reg << 3 | rm); put16(p + 1, (u16)draw(0x100)); return 3;
    }
    p[0] = (u8)(reg << 3 | (rm == 6 ? 7 : rm));
    return 1;
}

static unsigned immediate(u8 *p, bool wide)
{
    put32(p, draw(0x10000) << 16 | draw(0x10000));
    return wide ? 4 : 2;
}

/* faults: what faults where there are descriptors, but no vectors, too */
static unsigned emit(u8 *p, bool faults)
{
    static const u8 single[] = { 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x98, 0x99, 0x9c,
                                 0x9e, 0x9f, 0xd7, 0xf5, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0x60, 0x61, 0x27, 0x90,
                                 0x06, 0x1e, 0x16, 0x0e, 0xfd, 0xc9, 0x26, 0x2e, 0x36, 0xf0 };
    static const u8 two[] = { 0xb6, 0xb7, 0xbe, 0xbf, 0xaf, 0x45, 0x94, 0xa3, 0xab, 0xc1, 0xb1, 0xa5, 0xbc };
    unsigned n = 0, reg = draw(8), kind = draw(23);
    if (!faults && (kind == 14 || kind == 15))
        kind = 0;
    if (reg == ESP)
        reg = EDX;
    if (!draw(5))
        p[n++] = 0x66;
    bool wide = n != 0;
    if (!draw(8))
        p[n++] = 0x67;
    switch (kind) {
    case 0: case 1: p[n++] = (u8)(draw(8) << 3 | draw(4)); return n + emit_modrm(p + n, reg);
    case 2: p[n++] = 0x83; n += emit_modrm(p + n, draw(8)); p[n++] = (u8)draw(256); return n;
    case 3: p[n++] = 0x81; n += emit_modrm(p + n, draw(8)); return n + immediate(p + n, wide);
    case 4: case 5: p[n++] = (u8)(0x88 | draw(4)); return n + emit_modrm(p + n, reg);
    case 6: p[n++] = (u8)(0x40 | draw(2) << 3 | reg); return n;
    case 7: p[n++] = (u8)(0x50 | draw(8)); return n;
    case 8: p[n++] = (u8)(0x58 | (draw(8) & 3)); return n;
    case 9: p[n++] = (u8)(0x70 | draw(16)); p[n++] = (u8)draw(6); return n;
    case 10: p[n++] = (u8)(0xe0 | draw(4)); p[n++] = (u8)draw(4); return n;
    case 11: p[n++] = (u8)(draw(2) ? 0xc1 : 0xd1); n += emit_modrm(p + n, draw(8)); p[n++] = (u8)draw(20); return n;
    case 12: p[n++] = (u8)(0xf6 | draw(2)); return n + emit_modrm(p + n, 2 + draw(4));
    case 13: p[n++] = 0x0f; p[n++] = two[draw(COUNT(two))]; return n + emit_modrm(p + n, reg);
    case 14: p[n++] = 0x8e; p[n++] = (u8)(0xc0 | (draw(2) ? 0 : 3 + draw(3)) << 3 | draw(4)); return n; /* sreg */
    case 15: p[n++] = (u8)(0x1f & (draw(2) ? 0xff : 0x07)); return n; /* pop ds, es */
    case 16: p[n++] = 0xe8; n += immediate(p + n, wide); memset(p + n - (wide ? 4 : 2), 0, wide ? 4 : 2); return n;
    case 17: p[n++] = 0x68; put32(p + n, (draw(0x10000) << 4 | draw(16)) & 0x4eff); n += wide ? 4 : 2;
             p[n++] = 0x9d; return n; /* push flags, popf; not TF */
    case 18: p[n++] = 0xff; return n + emit_modrm(p + n, draw(2) ? 6 : 0);
    case 19: p[n++] = 0x8d; return n + emit_modrm(p + n, reg);
    case 21: memcpy(p + n, "\x31\xd2\x30\xe4\xb3", 5); n += 5; p[n++] = (u8)(1 + draw(255)); /* dx, ah, bl */
             p[n++] = (u8)(0xf6 | draw(2)); p[n++] = (u8)(0xf3 | draw(2) << 3); return n; /* div, idiv of bl, bx */
    case 20: p[n++] = 0x68; n += immediate(p + n, wide); p[n++] = 0x5b; return n;
    }
    p[n++] = single[draw(COUNT(single) - !faults)];
    return n;
}

static struct seg data(u16 sel, u32 base, u32 ar, u32 limit)
{
    return (struct seg){ .sel = sel, .base = base, .ar = ar, .limit = limit };
}

static void enter(struct hw *m, enum mode mode, u32 program)
{
    static const u32 code_ar[] = { 0x9b, 0x9b, 0x9b, 0x409b, 0xf3 }, stack_ar[] = { 0x93, 0x93, 0x4093, 0x93, 0xf3 };
    struct arch *s = m->arch;
    u32 ar = mode == V86 ? 0xf3 : 0x93, base = program & 1 ? 0 : 0x400;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s->seg[i] = data((u16)(base >> 4), base, i == CS ? code_ar[mode] : i == SS ? stack_ar[mode] : ar,
                         mode == REAL || mode == V86 || i == CS || program % 3 == 0 ? 0xffff : 0xffffffffu);
    if (mode == REAL)
        s->cr0 &= ~(u32)CR0_PE;
    if (mode == V86) {
        s->eflags |= FL_VM | (program & 2 ? FL_IOPL : 0);
        s->cpl = 3;
    }
    s->eip = CODE - base;
    s->idtr = (struct dtr){ 0, mode == REAL ? 0x3ff : 0 };
    for (unsigned r = 0; r < 8; r++)
        s->reg[r] = (s->reg[r] & 0xffff0000u) | (DATA + draw(0x400));
    s->reg[EAX] = s->reg[ECX] = base >> 4;
    s->reg[ESP] = mode == CODE16_STACK32 ? 0xf000 : 0x1000f000;
    machine_arena_replaced(m);
}

static void run_program(u32 program)
{
    u8 code[0x900];
    u32 len = 0;
    enum mode mode = (enum mode)(program % MODES);
    struct hw *m[2];
    seed = program * 977 + 5;
    while (len < 0x500)
        len += emit(code + len, mode == REAL || mode == V86);
    memset(code + len, 0x90, 8);
    len += 8;
    code[len++] = 0xe9; /* and round again, in either size of code */
    s32 back = -(s32)len - 4;
    memcpy(code + len, &back, 4);
    for (unsigned k = 0; k < 2; k++) {
        seed = program;
        m[k] = new_machine(k == 1, code, len + 4, program);
        enter(m[k], mode, program / MODES);
    }
    u64 step = 0;
    for (int stop = 0; stop < 12; stop++) {
        step += draw(400) + 1;
        const struct limits limits = { step, UINT64_MAX };
        struct stop sa = machine_run(m[0], &limits), sb = machine_run(m[1], &limits);
        CU_ASSERT_EQUAL(sa.kind, sb.kind);
        compare(m[0], m[1], program, step);
        if (sa.kind != STOP_STEP)
            break;
    }
    free_machine(m[0]);
    free_machine(m[1]);
}

static void same_as_rules(void)
{
    for (u32 program = 0; program < 2000; program++)
        run_program(program);
}

/* REP with 16-bit addresses goes round at 64 KB, also where the segment is larger. */
static void rep_goes_round(void)
{
    static const u8 code[] = { 0xf3, 0xa4, 0xf3, 0xab, 0x66, 0xf3, 0xa5, 0xeb, 0xfe };
    for (u32 i = 0; i < 300; i++) {
        struct hw *m[2];
        for (unsigned k = 0; k < 2; k++) {
            seed = i;
            m[k] = new_machine(k == 1, code, sizeof code, i);
            enter(m[k], REAL, 0); /* so that 64 KB end within a page */
            for (unsigned s = DS; i & 1 && s < SREG_COUNT; s++)
                m[k]->arch->seg[s].limit = m[k]->arch->seg[ES].limit = 0xffffffffu;
            machine_arena_replaced(m[k]);
            m[k]->arch->reg[ESI] = 0x50000 + (draw(2) ? 0xff00 + draw(0x100) : DATA);
            m[k]->arch->reg[EDI] = 0x60000 + (draw(2) ? 0xff00 + draw(0x100) : DATA + draw(0x2000));
            m[k]->arch->reg[ECX] = 0x70000 + draw(0x600);
            const struct limits limits = { draw(2500) + 1, UINT64_MAX };
            machine_run(m[k], &limits);
        }
        compare(m[0], m[1], i, 0);
        free_machine(m[0]);
        free_machine(m[1]);
    }
}

static void both(const u8 *code, u32 len, u32 limit, u32 ecx, u64 steps, struct hw *m[2])
{
    for (unsigned k = 0; k < 2; k++) {
        const struct limits limits = { steps, UINT64_MAX };
        m[k] = new_machine(k == 1, code, len, 1);
        m[k]->arch->reg[ECX] = ecx;
        m[k]->arch->seg[CS].limit = limit;
        machine_arena_replaced(m[k]);
        machine_run(m[k], &limits);
    }
    compare(m[0], m[1], len, steps);
}

/* A jump that is not taken at the end of the segment retires; what faults is the fetch behind it. */
static void last_instruction_of_the_segment(void)
{
    static const u8 ends[][2] = { { 0x75, 0xfe } /* jnz */, { 0xe2, 0xfe } /* loop */, { 0xe3, 0xfe } /* jecxz */ };
    for (unsigned i = 0; i < COUNT(ends); i++)
        for (u64 steps = 1; steps < 5; steps++) {
            u8 code[] = { 0x31, 0xc0, ends[i][0], ends[i][1] };
            struct hw *m[2];
            both(code, sizeof code, CODE + 3, i == 1 ? 1 : 5, steps, m);
            if (steps == 2) {
                CU_ASSERT_EQUAL(m[0]->arch->eip, CODE + 4);
                CU_ASSERT_EQUAL(m[0]->state->retired, 2);
            }
            free_machine(m[0]);
            free_machine(m[1]);
        }
}

/* A loop that changes where its own jump goes: an odd EDX goes by one way, an even one by another. */
static void patched_jump(void)
{
    static const u8 code[] = {
        0x42,                                    /* 1: inc %edx */
        0x80, 0x35, 0x0b, 0x10, 0, 0, 0x02,      /* xorb $2, the jump's displacement */
        0x90, 0x90, 0xeb, 0x02,                  /* jmp 2f, or 3f */
        0x40, 0x40,                              /* 2: inc %eax; inc %eax */
        0x43,                                    /* 3: inc %ebx */
        0x49, 0x75, 0xee,                        /* dec %ecx; jnz 1b */
        0xeb, 0xfe };
    struct hw *m[2];
    both(code, sizeof code, 0xffffffffu, 20, 1000, m);
    CU_ASSERT_EQUAL(m[0]->arch->reg[ECX], 0);
    CU_ASSERT_EQUAL(m[0]->arch->reg[EAX] - m[0]->arch->reg[EBX], m[1]->arch->reg[EAX] - m[1]->arch->reg[EBX]);
    free_machine(m[0]);
    free_machine(m[1]);
}

/* DS loses its flatness in the middle of a block: what stands behind it minds the limit. */
static void limit_within_a_block(void)
{
    static const u8 code[] = {
        0x8e, 0xd8,                              /* mov %eax, %ds */
        0x8b, 0x1d, 0, 0x80, 0, 0,               /* mov 0x8000, %ebx: beyond the limit */
        0xeb, 0xfe };
    static const u32 gdt[] = { 0, 0, 0x00007fff, 0x00409300 };
    for (unsigned k = 0; k < 2; k++) {
        struct hw *m = new_machine(k == 1, code, sizeof code, 1);
        const struct limits limits = { 4, UINT64_MAX };
        machine_poke(m, 0x30000, gdt, sizeof gdt);
        m->arch->gdtr = (struct dtr){ 0x30000, 15 };
        m->arch->reg[EAX] = 8;
        machine_arena_replaced(m);
        CU_ASSERT_EQUAL(machine_run(m, &limits).kind, STOP_SHUTDOWN); /* #GP, and no IDT */
        CU_ASSERT_EQUAL(m->arch->eip, CODE + 2);
        free_machine(m);
    }
}

static const struct unit_case cases[] = {
    { "DS loses its flatness within a block", limit_within_a_block },
    { "16-bit code: blocks do what the rules do", same_as_rules },
    { "REP with 16-bit addresses", rep_goes_round },
    { "a jump at the end of the segment", last_instruction_of_the_segment },
    { "a jump whose target is changed", patched_jump },
};
UNIT_MAIN("short", cases)
