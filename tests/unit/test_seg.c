/* Segment registers, far transfers, system registers: every fault the SDM lists for them. */
#include "tests/unit/flat.h"

/* One attempt to load a segment register: a descriptor, the selector's RPL, the outcome. */
struct load { const char *what; u32 ar; unsigned rpl; fault_t fault; };

/* MOV r/m16 from AX: 8E C0+8*sreg */
static void try_load(struct flat *f, enum sreg which, u16 sel, fault_t want)
{
    f->s.reg[EAX] = sel;
    if (want) {
        flat_refuses(f, want, 0x8e, (u8)(0xc0 | EAX | which << 3));
        return;
    }
    CU_ASSERT(flat_exec(f, 0x8e, (u8)(0xc0 | EAX | which << 3)) == FAULT_NONE);
    CU_ASSERT(f->s.seg[which].sel == sel);
}

/* SDM 2, MOV, "loading DS, ES, FS, GS"; from ring 3 */
static void load_data_segments(void)
{
    static const struct load loads[] = {
        { "data",                     0xc0f3, 3, 0 },
        { "data, RPL 0",              0xc0f3, 0, 0 },
        { "read-only data",           0xc0f1, 3, 0 },
        { "readable code",            0xc0fb, 3, 0 },
        { "execute-only code",        0xc0f9, 3, GP(FREE) },
        { "conforming, DPL 0",        0xc09f, 3, 0 },
        { "conforming, execute-only", 0xc09d, 3, GP(FREE) },
        { "data of ring 2",           0xc0d3, 0, GP(FREE) },
        { "data of ring 0",           0xc093, 3, GP(FREE) },
        { "an LDT",                   0x00e2, 3, GP(FREE) },
        { "a free TSS",               0x00e9, 3, GP(FREE) },
        { "absent data",              0xc073, 3, NP(FREE) },
        { "absent data of ring 0",    0xc013, 3, GP(FREE) }, /* rights come before presence */
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(loads); i++) {
        flat_user(&f);
        set_desc(&f, FREE, loads[i].ar, 0x1234, 0xfff);
        try_load(&f, DS, FREE | loads[i].rpl, loads[i].fault);
        try_load(&f, GS, FREE | loads[i].rpl, loads[i].fault);
        if (!loads[i].fault)
            CU_ASSERT(f.s.seg[GS].base == 0x1234 && f.s.seg[GS].ar == loads[i].ar);
    }
    flat_reset(&f); /* from ring 0, RPL alone can be what is wrong */
    try_load(&f, ES, K_DATA | 1, GP(K_DATA));
}

/* SDM 2, MOV, "loading SS" */
static void load_stack_segment(void)
{
    static const struct load loads[] = {
        { "data",            0xc0f3, 3, 0 },
        { "wrong RPL",       0xc0f3, 0, GP(FREE) },
        { "read-only data",  0xc0f1, 3, GP(FREE) },
        { "code",            0xc0fb, 3, GP(FREE) },
        { "wrong DPL",       0xc0d3, 3, GP(FREE) },
        { "a system type",   0x00e2, 3, GP(FREE) },
        { "absent",          0xc073, 3, SSF(FREE) },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(loads); i++) {
        flat_user(&f);
        set_desc(&f, FREE, loads[i].ar, 0, 0xfff);
        try_load(&f, SS, FREE | loads[i].rpl, loads[i].fault);
        CU_ASSERT(f.s.shadow == (loads[i].fault ? 0 : SHADOW_MOV_SS));
    }
}

static void null_selectors(void)
{
    static struct flat f;
    flat_reset(&f);
    try_load(&f, DS, 0, 0);
    try_load(&f, FS, 3, 0);
    CU_ASSERT(f.s.seg[FS].ar == AR_UNUSABLE);
    try_load(&f, SS, 0, GP(0));
    flat_refuses(&f, GP(0), 0xa1, 0, 0x50, 0, 0); /* mov eax, [0x5000] through a null DS */
}

static void table_limits(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.gdtr.limit = FREE + 6;
    set_desc(&f, FREE, AR_DATA0, 0, 0xfff);
    try_load(&f, DS, FREE, GP(FREE)); /* the descriptor's last byte is outside */
    f.s.gdtr.limit = FREE + 7;
    try_load(&f, DS, FREE, 0);
    set_desc(&f, 0xfc, AR_DATA0, 0x77, 0xfff);
    try_load(&f, DS, 0xfc, 0);
    CU_ASSERT(f.s.seg[DS].base == 0x77);
    try_load(&f, DS, 0x104, GP(0x104));
    f.s.ldtr.ar = AR_UNUSABLE;
    try_load(&f, DS, 0xfc, GP(0xfc));
}

/* A is written back if clear, once everything else was right; #PF there undoes all. */
static void accessed_bit(void)
{
    static struct flat f;
    flat_reset(&f);
    set_desc(&f, FREE, 0xc092, 0, 0xfff);
    try_load(&f, DS, FREE, 0);
    CU_ASSERT(access_byte(&f, FREE) == 0x93 && f.s.seg[DS].ar == 0xc093);
    set_desc(&f, FREE, 0xc012, 0, 0xfff);
    try_load(&f, DS, FREE, NP(FREE));
    CU_ASSERT(access_byte(&f, FREE) == 0x12);
    set_desc(&f, FREE, 0xc092, 0, 0xfff);
    f.page[GDT >> PAGE_SHIFT] = PAGE_READ_ONLY;
    try_load(&f, DS, FREE, PF(PF_PRESENT | PF_WRITE));
    CU_ASSERT(f.x.fault_la == GDT + FREE + 5);
}

static void real_and_v86_loads(void)
{
    static struct flat f;
    flat_v86(&f, 0);
    try_load(&f, DS, 0x1234, 0);
    CU_ASSERT(f.s.seg[DS].base == 0x12340 && f.s.seg[DS].limit == 0xffff);
    flat_reset(&f);
    arch_reset(&f.s);
    f.s.seg[CS].base = 0;
    f.s.seg[ES].limit = 0xffffffffu; /* unreal mode: the limit outlives the load */
    try_load(&f, ES, 0x1111, 0);
    CU_ASSERT(f.s.seg[ES].base == 0x11110 && f.s.seg[ES].limit == 0xffffffffu);
}

static void push_pop_and_pointers(void)
{
    static struct flat f;
    flat_reset(&f);
    CU_ASSERT(flat_exec(&f, 0x0e) == FAULT_NONE); /* push cs */
    CU_ASSERT(f.s.reg[ESP] == STACK0 - 4 && peek32(&f, STACK0 - 4) == K_CODE);
    flat_refuses(&f, GP(K_CODE), 0x17); /* pop ss: code */
    poke32(&f, STACK0 - 4, K_DATA);
    CU_ASSERT(flat_exec(&f, 0x17) == FAULT_NONE);
    CU_ASSERT(f.s.reg[ESP] == STACK0 && f.s.shadow == SHADOW_MOV_SS);
    f.s.shadow = 0;
    poke32(&f, 0x6000, 0xcafe0000);
    poke16(&f, 0x6004, K_DATA);
    CU_ASSERT(flat_exec(&f, 0x0f, 0xb2, 0x25, 0, 0x60, 0, 0) == FAULT_NONE); /* lss esp */
    CU_ASSERT(f.s.reg[ESP] == 0xcafe0000 && f.s.shadow == 0);
    poke16(&f, 0x6004, 0x7f8);
    set_desc(&f, 0x7f8, 0xc019, 0, 0); /* absent */
    flat_refuses(&f, GP(0x7f8), 0xc5, 0x1d, 0, 0x60, 0, 0); /* lds ebx: execute-only */
}

/* ---- questions ---- */

struct question { u32 ar; unsigned rpl; bool lar, lsl, verr, verw; };

static bool asks(struct flat *f, u8 b1, u8 b2, u8 b3, u16 sel)
{
    f->s.reg[EAX] = sel;
    f->s.eflags ^= FL_ZF; /* whatever it was, the answer must be written */
    CU_ASSERT(flat_exec(f, b1, b2, b3) == FAULT_NONE);
    return f->s.eflags & FL_ZF;
}

/* SDM 2, LAR, LSL, VERR: type tables; from ring 3 */
static void questions(void)
{
    static const struct question table[] = {
        { 0xc0f3, 3, 1, 1, 1, 1 }, { 0xc0f1, 3, 1, 1, 1, 0 }, { 0xc0fb, 3, 1, 1, 1, 0 },
        { 0xc0f9, 3, 1, 1, 0, 0 }, { 0xc093, 0, 0, 0, 0, 0 }, { 0xc09f, 3, 1, 1, 1, 0 },
        { 0x00e1, 3, 1, 1, 0, 0 }, { 0x00e2, 3, 1, 1, 0, 0 }, { 0x00e3, 3, 1, 1, 0, 0 },
        { 0x00e4, 3, 1, 0, 0, 0 }, { 0x00e5, 3, 1, 0, 0, 0 }, { 0x00e6, 3, 0, 0, 0, 0 },
        { 0x00e7, 3, 0, 0, 0, 0 }, { 0x00e9, 3, 1, 1, 0, 0 }, { 0x00eb, 3, 1, 1, 0, 0 },
        { 0x00ec, 3, 1, 0, 0, 0 }, { 0x00ee, 3, 0, 0, 0, 0 }, { 0x00ef, 3, 0, 0, 0, 0 },
        { 0x00ea, 3, 0, 0, 0, 0 }, { 0x008b, 0, 0, 0, 0, 0 }, { 0xc073, 3, 1, 1, 1, 1 },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(table); i++) {
        const struct question *q = &table[i];
        flat_user(&f);
        set_desc(&f, FREE, q->ar, 0, 0x5fff);
        CU_ASSERT(asks(&f, 0x0f, 0x02, 0xd8, FREE | q->rpl) == q->lar);
        CU_ASSERT((f.s.reg[EBX] == (q->ar << 8 & 0xf0ff00)) == q->lar);
        f.s.reg[EBX] = 0;
        CU_ASSERT(asks(&f, 0x0f, 0x03, 0xd8, FREE | q->rpl) == q->lsl);
        CU_ASSERT((f.s.reg[EBX] == 0x5fff) == q->lsl);
        CU_ASSERT(asks(&f, 0x0f, 0x00, 0xe0, FREE | q->rpl) == q->verr);
        CU_ASSERT(asks(&f, 0x0f, 0x00, 0xe8, FREE | q->rpl) == q->verw);
    }
    CU_ASSERT(!asks(&f, 0x0f, 0x02, 0xd8, 0));     /* null, outside: no, but no fault */
    CU_ASSERT(!asks(&f, 0x0f, 0x02, 0xd8, 0x800));
    f.page[GDT >> PAGE_SHIFT] = PAGE_ABSENT;
    CU_ASSERT(!asks(&f, 0x0f, 0x02, 0xd8, 0x800)); /* outside: not even read */
    f.s.reg[EAX] = FREE;
    flat_refuses(&f, PF(0), 0x0f, 0x02, 0xd8);     /* a page fault stays a fault */
}

static void arpl(void)
{
    static struct flat f;
    flat_user(&f);
    f.s.reg[EAX] = 0x10;
    f.s.reg[EBX] = 0x23;
    CU_ASSERT(flat_exec(&f, 0x63, 0xd8) == FAULT_NONE); /* arpl ax, bx */
    CU_ASSERT(f.s.reg[EAX] == 0x13 && (f.s.eflags & FL_ZF));
    CU_ASSERT(flat_exec(&f, 0x63, 0xd8) == FAULT_NONE);
    CU_ASSERT(f.s.reg[EAX] == 0x13 && !(f.s.eflags & FL_ZF));
}

/* ---- far jumps and calls ---- */

#define FAR(opcode, sel, off) \
    opcode, (off) & 255, (off) >> 8 & 255, 0, 0, (sel) & 255, (sel) >> 8
#define JMP(sel, off) FAR(0xea, sel, off)
#define CALL(sel, off) FAR(0x9a, sel, off)

/* Straight to a code segment, from ring 3; the same checks for JMP and CALL */
static void far_to_code(void)
{
    static const struct load loads[] = {
        { "same ring",                    0xc0fb, 3, 0 },
        { "RPL below CPL is allowed",     0xc0fb, 0, 0 },
        { "ring 0",                       0xc09b, 3, GP(FREE) },
        { "conforming ring 0",            0xc09f, 3, 0 },
        { "data",                         0xc0f3, 3, GP(FREE) },
        { "absent",                       0xc07b, 3, NP(FREE) },
        { "absent conforming",            0xc01f, 3, NP(FREE) },
        { "an LDT",                       0x00e2, 3, GP(FREE) },
        { "an interrupt gate",            0x00ee, 3, GP(FREE) },
        { "limit below the target",       0x40fb, 3, GP(0) },
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(loads); i++) {
        const struct load *l = &loads[i];
        for (unsigned call = 0; call < 2; call++) {
            flat_user(&f);
            set_desc(&f, FREE, l->ar, 0, l->ar & AR_G ? 0xffffffffu : 0x5fff);
            u8 opcode = call ? 0x9a : 0xea;
            if (l->fault) {
                flat_refuses(&f, l->fault, FAR(opcode, FREE | l->rpl, 0x6000));
                continue;
            }
            CU_ASSERT(flat_exec(&f, FAR(opcode, FREE | l->rpl, 0x6000)) == FAULT_NONE);
            CU_ASSERT(f.s.seg[CS].sel == (FREE | 3) && f.s.eip == 0x6000 && f.s.cpl == 3);
            CU_ASSERT(f.s.reg[ESP] == STACK3 - (call ? 8 : 0));
            if (call)
                CU_ASSERT(peek32(&f, STACK3 - 4) == (U_CODE | 3) &&
                          peek32(&f, STACK3 - 8) == CODE + 7);
        }
    }
    flat_reset(&f);
    flat_refuses(&f, GP(0), JMP(3, 0x6000));             /* null */
    flat_refuses(&f, GP(0x800), JMP(0x800, 0x6000));     /* outside */
    flat_refuses(&f, GP(U_CODE), JMP(U_CODE, 0x6000));   /* outward is for RET alone */
    set_desc(&f, FREE, AR_CODE0, 0, 0xffffffffu);
    flat_refuses(&f, GP(FREE), JMP(FREE | 1, 0x6000));   /* RPL > CPL */
}

static void call_needs_stack(void)
{
    static struct flat f;
    flat_user(&f);
    f.s.seg[SS].limit = STACK3 - 5; /* CS fits nowhere */
    flat_refuses(&f, SSF(0), CALL(U_CODE | 3, 0x6000));
    flat_user(&f);
    f.s.reg[ESP] = 0x9004; /* CS in one page, EIP in the absent one below */
    f.page[8] = PAGE_ABSENT;
    flat_refuses(&f, PF(PF_WRITE | PF_USER), CALL(U_CODE | 3, 0x6000));
    CU_ASSERT(f.x.fault_la == 0x9000 - 4);
}

/* A gate at FREE; `count` parameters */
static void call_gate(struct flat *f, u8 type, u8 dpl, u16 sel, u8 count)
{
    set_gate(f, GDT + FREE, type, dpl, sel, 0x00016000);
    f->ram[GDT + FREE + 4] = count;
}

static void call_gate_faults(void)
{
    static struct flat f;
    flat_user(&f);
    call_gate(&f, SYS_CALL32, 2, K_CODE, 0);
    flat_refuses(&f, GP(FREE), CALL(FREE | 3, 0)); /* gate DPL < CPL */
    call_gate(&f, SYS_CALL32, 3, K_CODE, 0);
    f.ram[GDT + FREE + 5] &= 0x7f;
    flat_refuses(&f, NP(FREE), CALL(FREE | 3, 0)); /* gate absent */
    call_gate(&f, SYS_CALL32, 3, 0, 0);
    flat_refuses(&f, GP(0), CALL(FREE | 3, 0));    /* null target */
    call_gate(&f, SYS_CALL32, 3, 0x800, 0);
    flat_refuses(&f, GP(0x800), CALL(FREE | 3, 0));
    call_gate(&f, SYS_CALL32, 3, K_DATA, 0);
    flat_refuses(&f, GP(K_DATA), CALL(FREE | 3, 0));
    call_gate(&f, SYS_CALL32, 3, K_CODE, 0);
    flat_refuses(&f, GP(K_CODE), JMP(FREE | 3, 0)); /* JMP may not raise privilege */
    set_desc(&f, K_CODE, 0xc01b, 0, 0xffffffffu);
    flat_refuses(&f, NP(K_CODE), CALL(FREE | 3, 0));
    set_desc(&f, K_CODE, 0x409b, 0, 0x5fff);
    flat_refuses(&f, GP(0), CALL(FREE | 3, 0));     /* offset 0x16000 beyond the limit */
}

/* SDM 2, CALL: what can be wrong with the inner stack that the TSS names */
static void inner_stack_faults(void)
{
    static struct flat f;
    flat_user(&f);
    call_gate(&f, SYS_CALL32, 3, K_CODE, 0);
    f.s.tr.limit = 8;
    flat_refuses(&f, TS(K_TSS), CALL(FREE | 3, 0)); /* the TSS ends before SS0 */
    f.s.tr.limit = 9;
    poke16(&f, TSS + TSS_SS0, 0);
    flat_refuses(&f, TS(0), CALL(FREE | 3, 0));
    poke16(&f, TSS + TSS_SS0, 0x800);
    flat_refuses(&f, TS(0x800), CALL(FREE | 3, 0));
    poke16(&f, TSS + TSS_SS0, K_DATA | 1);
    flat_refuses(&f, TS(K_DATA), CALL(FREE | 3, 0)); /* RPL */
    poke16(&f, TSS + TSS_SS0, U_DATA);
    flat_refuses(&f, TS(U_DATA), CALL(FREE | 3, 0)); /* DPL */
    poke16(&f, TSS + TSS_SS0, K_CODE);
    flat_refuses(&f, TS(K_CODE), CALL(FREE | 3, 0)); /* not writable data */
    poke16(&f, TSS + TSS_SS0, K_DATA);
    set_desc(&f, K_DATA, 0xc013, 0, 0xffffffffu);
    flat_refuses(&f, SSF(K_DATA), CALL(FREE | 3, 0)); /* absent */
    set_desc(&f, K_DATA, 0x4093, 0, STACK0 - 5);
    flat_refuses(&f, SSF(K_DATA), CALL(FREE | 3, 0)); /* no room */
    set_desc(&f, K_DATA, AR_DATA0, 0, 0xffffffffu);
    f.page[(STACK0 - 1) >> PAGE_SHIFT] = PAGE_ABSENT;
    flat_refuses(&f, PF(PF_WRITE), CALL(FREE | 3, 0)); /* supervisor: U/S = 0 */
}

static void call_gate_inner(void)
{
    static struct flat f;
    flat_user(&f);
    call_gate(&f, SYS_CALL32, 3, K_CODE | 3, 2);
    f.s.reg[ESP] = STACK3 - 8;
    poke32(&f, STACK3 - 8, 0x11111111);
    poke32(&f, STACK3 - 4, 0x22222222);
    CU_ASSERT(flat_exec(&f, CALL(FREE | 3, 0x9999)) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 0 && f.s.seg[CS].sel == K_CODE && f.s.seg[SS].sel == K_DATA);
    CU_ASSERT(f.s.eip == 0x16000 && f.s.reg[ESP] == STACK0 - 24);
    static const u32 frame[] = { CODE + 7, U_CODE | 3, 0x11111111, 0x22222222, STACK3 - 8,
                                 U_DATA | 3 };
    CU_ASSERT(!memcmp(&f.ram[STACK0 - 24], frame, sizeof(frame)));
    CU_ASSERT(f.told[ISA_CPL] == 1 && f.told[ISA_SEG] == 2);
    f.s.eip = 0x6000;
    CU_ASSERT(flat_exec(&f, 0xca, 8, 0) == FAULT_NONE); /* lret 8: drops both copies */
    CU_ASSERT(f.s.cpl == 3 && f.s.eip == CODE + 7 && f.s.reg[ESP] == STACK3);
    CU_ASSERT(f.s.seg[CS].sel == (U_CODE | 3) && f.s.seg[SS].sel == (U_DATA | 3));
}

/* A 16-bit gate cuts the offset and pushes words; SP alone moves on a 16-bit stack. */
static void call_gate_16(void)
{
    static struct flat f;
    flat_user(&f);
    set_desc(&f, K_DATA, 0x0093, 0, 0xffff);
    call_gate(&f, SYS_CALL16, 3, K_CODE, 1);
    f.s.reg[ESP] = STACK3 - 2;
    poke16(&f, STACK3 - 2, 0x3333);
    CU_ASSERT(flat_exec(&f, CALL(FREE | 3, 0)) == FAULT_NONE);
    static const u16 frame[] = { CODE + 7, U_CODE | 3, 0x3333, STACK3 - 2, U_DATA | 3 };
    CU_ASSERT(f.s.eip == 0x6000 && f.s.reg[ESP] == STACK0 - 10);
    CU_ASSERT(!memcmp(&f.ram[STACK0 - 10], frame, sizeof(frame)));
}

/* Conforming code behind a gate: no change of ring or stack. */
static void call_gate_conforming(void)
{
    static struct flat f;
    flat_user(&f);
    set_desc(&f, K_CODE, 0xc09f, 0, 0xffffffffu);
    call_gate(&f, SYS_CALL32, 3, K_CODE, 3);
    CU_ASSERT(flat_exec(&f, CALL(FREE | 3, 0)) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.seg[CS].sel == (K_CODE | 3));
    CU_ASSERT(f.s.reg[ESP] == STACK3 - 8 && f.s.seg[SS].sel == (U_DATA | 3));
}

static void far_in_real_mode(void)
{
    static struct flat f;
    flat_reset(&f);
    arch_reset(&f.s);
    f.s.seg[CS] = (struct seg){ .sel = 0x500, .base = CODE, .ar = 0x93, .limit = 0xffff };
    f.s.eip = 0;
    f.s.reg[ESP] = 0xabcd0000; /* SP wraps, the upper half stays */
    CU_ASSERT(flat_exec(&f, 0x9a, 0x34, 0x12, 0x00, 0x06) == FAULT_NONE);
    CU_ASSERT(f.s.seg[CS].sel == 0x600 && f.s.seg[CS].base == 0x6000 && f.s.eip == 0x1234);
    CU_ASSERT(f.s.reg[ESP] == 0xabcdfffc && peek32(&f, 0xfffc) == 0x05000005);
    CU_ASSERT(flat_exec(&f, 0xcb) == FAULT_NONE);
    CU_ASSERT(f.s.seg[CS].base == CODE && f.s.eip == 5 && f.s.reg[ESP] == 0xabcd0000);
}

/* ---- far returns ---- */

struct ret { u16 cs, ss; fault_t fault; };

/* SDM 2, RET: from ring 0 to the frame EIP CS ESP SS */
static void far_return_faults(void)
{
    static const struct ret rets[] = {
        { 0, 0, GP(0) }, { 0x800, 0, GP(0x800) }, { K_DATA, 0, GP(K_DATA) },
        { K_CODE | 3, 0, GP(K_CODE) },           /* nonconforming: DPL must be RPL */
        { 0x50 | 3, 0, NP(0x50) },               /* absent code */
        { U_CODE | 3, 0, GP(0) }, { U_CODE | 3, 0x803, GP(0x800) },
        { U_CODE | 3, U_DATA, GP(U_DATA) },      /* RPL of SS is not that of CS */
        { U_CODE | 3, U_CODE | 3, GP(U_CODE) }, { U_CODE | 3, K_DATA | 3, GP(K_DATA) },
        { U_CODE | 3, 0x58 | 3, SSF(0x58) },     /* absent stack */
        { 0x60 | 3, U_DATA | 3, GP(0) },         /* EIP beyond the limit */
        { 0x68 | 1, 0, GP(0x68) },               /* conforming: DPL must not exceed RPL */
    };
    static struct flat f;
    for (unsigned i = 0; i < COUNT(rets); i++) {
        flat_reset(&f);
        set_desc(&f, 0x50, 0xc07b, 0, 0xffffffffu);
        set_desc(&f, 0x58, 0xc073, 0, 0xffffffffu);
        set_desc(&f, 0x60, 0x40fb, 0, 0x5fff);
        set_desc(&f, 0x68, 0xc0ff, 0, 0xffffffffu);
        f.s.reg[ESP] = STACK0 - 16;
        poke32(&f, STACK0 - 16, 0x6000);
        poke32(&f, STACK0 - 12, rets[i].cs);
        poke32(&f, STACK0 - 8, STACK3);
        poke32(&f, STACK0 - 4, rets[i].ss);
        flat_refuses(&f, rets[i].fault, 0xcb);
    }
    flat_user(&f); /* inward: RPL < CPL */
    poke32(&f, STACK3, 0x6000);
    poke32(&f, STACK3 + 4, K_CODE);
    flat_refuses(&f, GP(K_CODE), 0xcb);
    f.s.seg[SS].limit = STACK3 + 3;
    flat_refuses(&f, SSF(0), 0xcb);
}

/* Ring-0 data segments do not survive a return to ring 3; conforming code does. */
static void return_hides_segments(void)
{
    static struct flat f;
    flat_reset(&f);
    f.s.seg[ES] = flat_seg(U_DATA | 3, AR_DATA3);
    f.s.seg[FS] = flat_seg(0x68, 0xc09f);
    f.s.reg[ESP] = STACK0 - 16;
    poke32(&f, STACK0 - 16, 0x6000);
    poke32(&f, STACK0 - 12, U_CODE | 3);
    poke32(&f, STACK0 - 8, STACK3);
    poke32(&f, STACK0 - 4, U_DATA | 3);
    CU_ASSERT(flat_exec(&f, 0xcb) == FAULT_NONE);
    CU_ASSERT(f.s.cpl == 3 && f.s.reg[ESP] == STACK3 && f.s.eip == 0x6000);
    CU_ASSERT(f.s.seg[DS].sel == 0 && f.s.seg[DS].ar == AR_UNUSABLE);
    CU_ASSERT(f.s.seg[GS].sel == 0 && f.s.seg[GS].ar == AR_UNUSABLE);
    CU_ASSERT(f.s.seg[ES].sel == (U_DATA | 3) && f.s.seg[FS].sel == 0x68);
}

/* What CALL pushes at CPL 3 may have to be aligned, as all that the program writes itself. */
static void call_checks_alignment(void)
{
    struct flat f;

    flat_user(&f);
    f.s.cr0 |= CR0_AM;
    f.s.eflags |= FL_AC;
    f.s.reg[ESP] = STACK3 - 1;
    flat_refuses(&f, FAULT_ERR(VEC_AC, 0), CALL(U_CODE | 3, 0x100));
    f.s.reg[ESP] = STACK3;
    CU_ASSERT_EQUAL(flat_exec(&f, CALL(U_CODE | 3, 0x100)), FAULT_NONE);
}

static const struct unit_case cases[] = {
    { "DS ES FS GS", load_data_segments },
    { "SS", load_stack_segment },
    { "null selectors", null_selectors },
    { "table limits", table_limits },
    { "the accessed bit", accessed_bit },
    { "real and virtual-8086 loads", real_and_v86_loads },
    { "PUSH, POP, LSS, LDS", push_pop_and_pointers },
    { "LAR LSL VERR VERW", questions },
    { "ARPL", arpl },
    { "JMP and CALL to code", far_to_code },
    { "CALL needs stack", call_needs_stack },
    { "CALL on an odd stack", call_checks_alignment },
    { "call gate: faults", call_gate_faults },
    { "call gate: the inner stack", inner_stack_faults },
    { "call gate: parameters, and back", call_gate_inner },
    { "call gate: 16 bits", call_gate_16 },
    { "call gate: conforming", call_gate_conforming },
    { "real mode CALL and RETF", far_in_real_mode },
    { "RETF: faults", far_return_faults },
    { "RETF hides inner segments", return_hides_segments },
};
UNIT_MAIN("seg", cases)
